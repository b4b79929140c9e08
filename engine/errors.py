"""The one error of the engine.

The engine writes no sentences: an error carries a code, the field, its value and what is allowed
there, and the code that talks to a reader puts this into words.
"""

from __future__ import annotations

import reprlib
from typing import Final

CODES: Final = (
    "wrong_type",  # limits: the name of the expected type
    "not_finite",  # limits: the interval
    "out_of_range",  # limits: the interval
    "unknown_choice",  # limits: the tuple of choices
    "retired",  # an id that is no longer known; limits: the id of its successor
    "unknown_field",  # limits: None
    "missing",  # limits: None
    "wrong_length",  # limits: the interval of lengths
    "duplicate",  # limits: None
    "duplicate_key",  # in a JSON object; limits: None
    "conflict",  # limits: (the other field, its value)
    "too_expensive",  # limits: the interval; value in seconds or bytes
    "not_here",  # rows of a table that nobody keeps here; value: (title, digest); limits: None
    "not_a_table",  # value: the text there; limits: (line, cell, reason, facts), 0 for no place
    "other_values",  # a table that is not the expected one; value: its digest; limits: the other
    "not_json",  # value: the text there; limits: (line, column, "number", "depth" or "")
    # in a formula or a typed rule; value: (place, text there), limits: what was expected. A place
    # is the number of the character, or (line, column), all from 1
    "unexpected",
    "no_value",  # for a formula at a point; value as above, limits: the reason
    "no_derivative",  # the same
)


class InvalidInput(ValueError):  # noqa: N818 - says what happened
    """Input that was refused before anything was allocated.

    Attributes:
        code: what is wrong, one of ``CODES``.
        field: dotted path of the field, e.g. ``"runs.0.learning_rate"``; ``""`` for the whole
            input.
        value: the value that was given.
        limits: what is allowed: an ``Interval``, a tuple of choices, or what ``CODES`` says.
    """

    def __init__(self, code: str, field: str, value: object, limits: object = None) -> None:
        super().__init__(code, field, value, limits)
        self.code, self.field, self.value, self.limits = code, field, value, limits

    def __str__(self) -> str:
        """Return path, code, value and limits on one line, for tracebacks."""
        try:
            shown = reprlib.repr(self.value)
        except ValueError:  # Python writes no integer of more than 4,300 digits
            shown = f"<{type(self.value).__name__}>"
        allowed = "" if self.limits is None else f" (allowed: {self.limits})"
        return f"{self.field or 'input'}: {self.code}: {shown}{allowed}"

    def at(self, field: str) -> InvalidInput:
        """Return the same error for another path."""
        return InvalidInput(self.code, field, self.value, self.limits)
