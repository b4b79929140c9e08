"""What all tests of the Compare page begin with."""

import pytest

import ui.shell.session
from comparison.pages import TrainingPage
from language import set_language


@pytest.fixture(autouse=True)
def english():
    set_language("en")


@pytest.fixture
def show(monkeypatch):
    """Function that says which tab a page is opened with."""
    return lambda name: monkeypatch.setitem(
        ui.shell.session._DEFAULTS, "training", TrainingPage(tab=name)
    )
