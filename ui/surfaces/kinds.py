"""Where a surface comes from: a test function, a line, a neuron, or the Compare page's network."""

from __future__ import annotations

from typing import Final

from comparison.edits import show_surface
from language import N_
from ui.shell.navigation import open_edited
from ui.shell.store import document, set_page
from ui.surfaces.settings import settings

KINDS: Final = {
    "function": N_("Test function"),
    "line": N_("Straight line"),
    "neuron": N_("One neuron"),
    "network": N_("Network of the Compare page"),
}


def kind() -> str:
    """Return what the page shows: "function", "line", "neuron" or "network"."""
    problem = document().experiment.problem
    if problem.kind == "function":
        return settings().surface
    if settings().surface == "network" or problem.layout.units != (1, 1) or not problem.bias:
        return "network"
    return "line" if problem.dataset.task == "regression" else "neuron"


def take_kind(name: str) -> None:
    """Show another kind of surface, beginning with its first view."""
    if name == "network":
        set_page(surface="network", window=None, step=None, tab="step")
        return
    open_edited(show_surface, name)
