"""Paths on the loss surface of a straight line, whose only parameters are w and b."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from charts.surfaces import Field, contour
from comparison.scenes import trails
from comparison.surfaces import Wanted, computed
from engine import batch_size_runs, default_window, exact_plane, parameter_names, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart, RunStyle
    from engine import Experiment, History, Surface
    from engine.analysis.batch_sizes import BatchSize

_POINTS: Final = 61  # along each axis of the surface
_HEIGHT: Final = 470  # pixels
_RECORDS: Final = 2_000  # most updates of a path that are drawn


def is_line(experiment: Experiment) -> bool:
    """Tell whether the parameters are the w and b of a straight line."""
    problem = experiment.problem
    return problem.kind == "network" and problem.n_params == 2 and problem.bias


def compared_sizes(experiment: Experiment, position: int, sizes: Sequence[BatchSize]) -> Experiment:
    """Return the comparison of one run with itself at several batch sizes.

    For a straight line, parameters are recorded often enough to draw paths.

    Args:
        experiment: as for ``engine.batch_size_runs``.
        position: position of the run in it.
        sizes: batch sizes, 1 to the training rows, or "all".

    Raises:
        InvalidInput: as ``engine.batch_size_runs``.
    """
    if not is_line(experiment):
        return batch_size_runs(experiment, position, sizes)
    run = experiment.runs[position]
    most = max(experiment.iterations(run.model_copy(update={"batch_size": size})) for size in sizes)
    return batch_size_runs(experiment, position, sizes, record_every=-(-most // _RECORDS))


def line_surface(history: History) -> Surface:
    """Return the exact training loss over w and b, in a window that holds the paths.

    Raises:
        InvalidInput: it would take too long.
    """
    plane = exact_plane(history.experiment.problem)
    window = default_window(plane, history)
    return computed(Wanted(history.experiment, plane, window, None, _POINTS))


def line_paths(history: History, styles: Sequence[RunStyle], surface: Surface) -> Chart:
    """Return the first seed's path of every run over w and b.

    The largest batch is drawn last, over the others, because its path is the smoothest.

    Args:
        history: the training of a straight line.
        styles: names and colours of its runs.
        surface: result of ``line_surface``.
    """
    experiment = history.experiment
    ways = [path(history, surface.plane, position) for position in range(len(history.runs))]
    drawn = trails(history, styles, ways, "iterations")
    sizes = [experiment.counts(run).batch_size for run in experiment.runs]
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    w, b = parameter_names(experiment.problem)
    field = Field(surface.x, surface.y, surface.losses, (w, b))
    return contour(field, [drawn[position] for position in order], height=_HEIGHT)
