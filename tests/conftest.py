"""What every test shares."""

import pytest
from hypothesis import settings

from language import set_language

# The same examples on every run and no clock: a failure here is a failure anywhere.
settings.register_profile("tests", derandomize=True, deadline=None, database=None)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def english_before_and_after():
    """No test finds the language of another, whatever their order."""
    set_language("en")
    yield
    set_language("en")
