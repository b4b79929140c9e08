"""Files for the tests of reading, and what must be understood of them."""

import pytest

from engine import InvalidInput

# A class, as a Korean spreadsheet saves it.
KOREAN = "키,몸무게,성별\r\n170.5,60,남\r\n161,52.5,여\r\n158,49,여\r\n"


def refusal(do, *given, **named):
    """Return line, cell and reason with which a file is refused, and the facts that it tells."""
    with pytest.raises(InvalidInput) as caught:
        do(*given, **named)
    error = caught.value
    assert error.code == "not_a_table"
    line, cell, reason, facts = error.limits
    return line, cell, reason, dict(facts)


def values(table):
    """Return a table as lists, None for what is missing."""
    return dict(zip(table.names, table.as_json()["columns"], strict=True))
