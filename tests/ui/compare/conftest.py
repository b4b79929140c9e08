"""What all tests of the Compare page begin with."""

import pytest

from comparison.document import Document, View
from comparison.pages import TrainingPage
from comparison.presets import FIRST_VIEWS


@pytest.fixture
def show(monkeypatch):
    """Function that says which tab a page is opened with."""
    return lambda name: monkeypatch.setitem(
        FIRST_VIEWS, "training", Document(view=View(page=TrainingPage(tab=name)))
    )
