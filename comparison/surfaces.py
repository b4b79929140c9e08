"""Which surface shows a comparison: the same for the page, the bundle and the command line.

The page trains and computes with progress and Stop, the others without. Each passes its own way to
``scenes``, so all get the same pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from charts.surfaces import round_step
from comparison.scenes import scene, seen_parameters
from engine import (
    GRID_SIZES,
    LIMITS,
    Interval,
    InvalidInput,
    Window,
    default_window,
    estimate_surface,
    exact_plane,
    finish,
    fit,
    parameter_names,
    principal_plane,
    random_plane,
    recorded_params,
    surface,
    under_both_losses,
    weights_plane,
)
from engine.analysis.quadratics import quadratic
from engine.problems.function_of_two import StationaryPoint
from language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.theme import RunStyle
    from comparison.pages import SurfacesPage
    from comparison.scenes import Scene
    from engine import Experiment, Function, History, Network, Plane, Surface


_AIR: Final = 0.05  # of a window's width, around the start
_NEAR: Final = 2.0  # widths from a window, within which it grows around the start


@dataclass(frozen=True, eq=False)
class Wanted:
    """The surface that is wanted.

    Attributes:
        experiment: gives the problem and its data.
        plane: the plane.
        window: the part of it.
        rows: training rows on which the loss is computed; None means all.
        size: points along each axis in the end.
    """

    experiment: Experiment
    plane: Plane
    window: Window
    rows: int | None
    size: int

    @property
    def key(self) -> tuple[object, ...]:
        """Return what the surface depends on, apart from its size."""
        problem = self.experiment.problem.model_copy(update={"start": None})
        return (
            problem.model_dump_json(warnings=False),
            self.experiment.data_seed,
            self.plane.origin.tobytes(),
            self.plane.directions.tobytes(),
            self.window,
            self.rows,
        )


def drawn_start(problem: Network | Function, seed: int) -> tuple[float, float]:
    """Return a random point of a surface from which runs can start, to two decimals.

    Args:
        problem: a problem with two parameters.
        seed: seed of the point.
    """
    window = problem.function.window if problem.kind == "function" else ((-5.0, 5.0), (-5.0, 5.0))
    low, high = np.transpose(window)
    x, y = np.random.default_rng(seed).uniform(low, high).round(2)
    return float(x), float(y)


def computed(wanted: Wanted) -> Surface:
    """Return a surface, computed without a pause.

    Raises:
        InvalidInput: as for ``engine.surface``, or it would take longer than the limit.
    """
    estimate_surface(wanted.experiment, wanted.size, wanted.rows).check_time()
    return finish(surface(wanted.experiment, wanted.plane, wanted.window, wanted.size, wanted.rows))


def scenes(
    history: History,
    styles: Sequence[RunStyle],
    page: SurfacesPage,
    selected: int,
    train: Callable[[Experiment], History | None] = fit,
    compute: Callable[[Wanted], Surface | None] = computed,
) -> list[Scene]:
    """Return what the Surfaces page shows of a comparison, its own loss first.

    Args:
        history: the history of the comparison.
        styles: names and colours of its runs.
        page: settings of the page.
        selected: position of the run at whose end a plane that is not principal is placed.
        train: trains a neuron under its other loss; returns None while it has to wait.
        compute: makes a surface; returns None while it has to wait: then there are no scenes.

    Raises:
        InvalidInput: there is no such plane, as with a single parameter, or the surface would cost
            too much.
    """
    problem = history.experiment.problem
    if problem.n_params < 2:
        needed = Interval(2, LIMITS["parameters"].high)
        raise InvalidInput("out_of_range", "parameters", problem.n_params, needed)
    if problem.n_params > 2:
        return _slice(history, styles, page, selected, compute)
    if problem.kind == "function":
        points = problem.function.stationary_points
        return _exact([history], styles, function_window(problem), compute, points)
    histories = _under_both(history, train)
    plane = exact_plane(problem)
    window = _round([default_window(plane, one) for one in histories])
    return _exact(histories, styles, window, compute)


def function_window(problem: Function) -> Window:
    """Return the part of a function that is shown.

    One that a search found grows around a start beside it, unless that is far away.
    """
    found = problem.function.window
    if problem.function.is_known or problem.start is None:
        return Window(*found)
    sides = []
    for (low, high), at in zip(found, problem.start, strict=True):
        air, width = _AIR * (high - low), high - low
        near = low - _NEAR * width <= at <= high + _NEAR * width
        sides.append((min(low, at - air), max(high, at + air)) if near else (low, high))
    return Window(*found) if tuple(sides) == found else _round([Window(*sides)])


def _exact(
    histories: Sequence[History],
    styles: Sequence[RunStyle],
    window: Window,
    compute: Callable[[Wanted], Surface | None],
    points: tuple[StationaryPoint, ...] = (),
) -> list[Scene]:
    """Return the scenes of a problem with two parameters, all in one window.

    The minimum of a quadratic loss is among their stationary points.
    """
    drawn: list[Scene] = []
    for history in histories:
        problem = history.experiment.problem
        surface = compute(
            Wanted(history.experiment, exact_plane(problem), window, None, GRID_SIZES[-1])
        )
        if surface is None:
            return []
        names = parameter_names(problem)
        ticks = drawn[0].clock.ticks if drawn else None
        known = points or _lowest(history.experiment)
        drawn.append(scene(history, styles, surface, (names[0], names[1]), known, ticks))
    return drawn


def _lowest(experiment: Experiment) -> tuple[StationaryPoint, ...]:
    """Return the minimum of a quadratic loss; nothing for any other loss."""
    loss = quadratic(experiment)
    if loss is None:
        return ()
    x, y = (float(value) for value in loss.minimum)
    return (StationaryPoint(x, y, "minimum", is_global=True),)


def _under_both(history: History, train: Callable[[Experiment], History | None]) -> list[History]:
    """Return the histories of a neuron under its own loss and under the other one."""
    problem = history.experiment.problem
    if problem.kind == "function" or problem.dataset.task != "classification":
        return [history]
    both = under_both_losses(history.experiment)
    if history.experiment not in both:
        return [history]
    other = both[0] if history.experiment == both[1] else both[1]
    counterpart = train(other)
    return [history] if counterpart is None else [history, counterpart]


def _slice(
    history: History,
    styles: Sequence[RunStyle],
    page: SurfacesPage,
    selected: int,
    compute: Callable[[Wanted], Surface | None],
) -> list[Scene]:
    """Return the scene of a network on the chosen plane."""
    problem = cast("Network", history.experiment.problem)  # functions have two parameters
    names = parameter_names(problem)
    end = recorded_params(history.runs[selected])[1][-1]
    titles = (_("Direction 1"), _("Direction 2"))
    plane: Plane
    if page.plane == "principal":
        plane = principal_plane(history)
        titles = (_("Principal component 1"), _("Principal component 2"))
    elif page.plane == "random":
        plane = random_plane(problem, end, page.plane_seed)
    else:
        first, second = seen_parameters(problem, page)
        plane = weights_plane(end, first, second)
        titles = (names[first], names[second])
    window = Window((-1.0, 1.0), (-1.0, 1.0))
    if page.plane != "random":
        window = default_window(plane, history)
    rows = None if page.rows is None else min(page.rows, problem.training_rows)
    surface = compute(Wanted(history.experiment, plane, window, rows, page.fineness))
    return [] if surface is None else [scene(history, styles, surface, titles)]


def _round(windows: Sequence[Window]) -> Window:
    """Return a window around another with round bounds, so that it moves less with the runs.

    A bound moves outwards by less than a fifth of the width.
    """
    bounds = []
    for axis in ("x", "y"):
        low = min(getattr(window, axis)[0] for window in windows)
        high = max(getattr(window, axis)[1] for window in windows)
        step = round_step((high - low) / 10)
        bounds.append((float(np.floor(low / step) * step), float(np.ceil(high / step) * step)))
    return Window(*bounds)
