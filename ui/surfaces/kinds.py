"""Where a surface comes from: a test function, a line, a neuron, or the Compare page's network."""

from __future__ import annotations

from typing import Final

from comparison.document import with_default_view
from language import N_
from ui.shell.session import (
    FUNCTION_RUN,
    FUNCTION_STEP,
    FUNCTION_VIEW,
    FUNCTION_WINDOW,
    document,
    open_document,
    set_page,
    settings,
)
from ui.surfaces.presets import LINE_VIEW, NEURON_VIEW

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
        return "function" if settings().surface == "function" else "network"
    if settings().surface == "network" or problem.layout.units != (1, 1) or not problem.bias:
        return "network"
    return "line" if problem.dataset.task == "regression" else "neuron"


def take_kind(name: str) -> None:
    """Show another kind of surface, beginning with its first view."""
    if name == "network":
        set_page(surface="network", window=None, step=None, tab="step")
        return
    first, selected, window, step = {
        "function": (FUNCTION_VIEW, FUNCTION_RUN, FUNCTION_WINDOW, FUNCTION_STEP),
        "line": (LINE_VIEW, 0, None, None),
        "neuron": (NEURON_VIEW, 0, None, None),
    }[name]
    shown = with_default_view(first, selected)
    page = settings().model_copy(
        update={"surface": "function", "window": window, "step": step, "tab": "step"}
    )
    view = shown.view.model_copy(update={"page": page})
    open_document(shown.model_copy(update={"view": view}), "surface")
