"""From a trained comparison to the scenes of the Surfaces page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from charts.surfaces import Field, contour
from engine import (
    GRID_SIZES,
    InvalidInput,
    Window,
    default_window,
    estimate_surface,
    exact_plane,
    parameter_names,
    principal_plane,
    random_plane,
    recorded_params,
    under_both_losses,
    weights_plane,
)
from files.errors import explain
from language import _
from ui.figure import figure
from ui.session import document, settings
from ui.surfaces.computing import Wanted, coarse, refined
from ui.surfaces.scene import scene
from ui.training import trained

if TYPE_CHECKING:
    from engine import History, Plane, Surface
    from ui.surfaces.scene import Scene
    from ui.training import Outcome

_SEEN_SECONDS = 0.4  # a coarse surface is shown while a finer one takes longer


def scenes(shown: Outcome) -> list[Scene]:
    """Return what there is to see, that of the comparison itself first; none while it waits."""
    history = shown.history
    problem = history.experiment.problem
    try:
        if problem.n_params != 2:
            return _slice(shown)
        if problem.kind == "function":
            window = Window(*problem.function.window)
            return _exact([history], shown, window, problem.function.stationary_points)
        histories = _under_both(history)
        plane = exact_plane(problem)
        window = _round([default_window(plane, one) for one in histories])
        return _exact(histories, shown, window)
    except InvalidInput as error:
        st.error(explain(error))
        return []


def _exact(
    histories: list[History], shown: Outcome, window: Window, points: Any = ()
) -> list[Scene]:
    """Return the scenes of a problem with two parameters, all in one window."""
    made = []
    for history in histories:
        plane = exact_plane(history.experiment.problem)
        surface = _surface(Wanted(history.experiment, plane, window, None, GRID_SIZES[-1]))
        if surface is None:
            return []
        clock = made[0].clock.ticks if made else None
        made.append(scene(history, shown.looks, surface, None, points, clock))
    return made


def _under_both(history: History) -> list[History]:
    """Return the histories of a neuron under its own loss and under the other one."""
    problem = history.experiment.problem
    if problem.dataset.task != "classification" or history.experiment.problem.l2:
        return [history]
    both = under_both_losses(history.experiment)
    if history.experiment not in both:
        return [history]
    other = both[0] if history.experiment == both[1] else both[1]
    counterpart = trained(other, "surfaces-counterpart")
    return [history] if counterpart is None else [history, counterpart]


def _slice(shown: Outcome) -> list[Scene]:
    """Return the scene of a network on the chosen plane."""
    history, look = shown.history, settings()
    names = parameter_names(history.experiment.problem)
    titles = (_("Direction 1"), _("Direction 2"))
    plane: Plane
    if look.plane == "principal":
        plane = principal_plane(history)
        titles = (_("Principal component 1"), _("Principal component 2"))
    elif look.plane == "random":
        plane = random_plane(history.experiment.problem, _end(history), look.plane_seed)
    else:
        plane = weights_plane(_end(history), *look.weights)
        titles = (names[look.weights[0]], names[look.weights[1]])
    window = Window((-1.0, 1.0), (-1.0, 1.0))
    if look.plane != "random":
        window = default_window(plane, history)
    rows = None if look.rows is None else min(look.rows, history.experiment.problem.training_rows)
    surface = _surface(Wanted(history.experiment, plane, window, rows, look.fineness))
    return [] if surface is None else [scene(history, shown.looks, surface, titles)]


def _end(history: History) -> Any:
    """Return the last finite parameters of the selected run."""
    return recorded_params(history.runs[document().view.selected])[1][-1]


def _surface(wanted: Wanted) -> Surface | None:
    """Return the surface; where it takes a while, a coarse one is shown meanwhile."""
    rough = coarse(wanted)
    if rough is None or len(rough.x) == wanted.size:
        return rough
    seconds = estimate_surface(wanted.experiment, wanted.size, wanted.rows).seconds
    place = st.empty()
    if seconds > _SEEN_SECONDS:
        with place.container():
            field = Field(rough.x, rough.y, rough.losses)
            figure(contour(field, []), "surfaces-rough")  # the paths come with the finer one
    fine = refined(wanted, rough)
    place.empty()
    return rough if fine is None else fine


def _round(windows: list[Window]) -> Window:
    """Return a window that holds the others, to round numbers: it moves less with the runs."""
    bounds = []
    for axis in ("x", "y"):
        low = min(getattr(window, axis)[0] for window in windows)
        high = max(getattr(window, axis)[1] for window in windows)
        step = 10.0 ** np.floor(np.log10(high - low)) / 2
        bounds.append((float(np.floor(low / step) * step), float(np.ceil(high / step) * step)))
    return Window(*bounds)
