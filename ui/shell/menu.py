"""The pages: where each lies, and what the menu calls it."""

from __future__ import annotations

from typing import Final, NamedTuple

from language import N_


class Entry(NamedTuple):
    """A page of the menu.

    Attributes:
        script: its path from the project's root.
        title: what the menu calls it, to be translated.
    """

    script: str
    title: str


MENU: Final = {
    "training": Entry("pages/compare/training.py", N_("Compare")),
    "surfaces": Entry("pages/compare/surfaces.py", N_("Surfaces")),
    "epochs": Entry("pages/compare/epochs.py", N_("Epochs")),
    "backpropagation": Entry("pages/learn/backpropagation.py", N_("Backpropagation")),
}
