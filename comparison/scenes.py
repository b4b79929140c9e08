"""What is drawn on the Surfaces page: the loss, the paths on it, and the clock that they share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charts.surfaces import Field, Trail
from engine import PrincipalPlane, path
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from comparison.pages import SurfacesPage
    from engine import Experiment, Function, History, Network, Path, Plane, Surface
    from engine.arrays import Array, Integers
    from engine.problems.function_of_two import StationaryPoint

TICKS = 501  # the most of a clock; a longer training shows only every so many steps


@dataclass(frozen=True, eq=False)
class Clock:
    """The steps that can be shown, the same for all runs.

    Attributes:
        unit: "iterations", or "epochs" if the runs' batches differ in size.
        ticks: steps or epochs, rising, ``(ticks,)``.
        records: for every run the position of its recorded point at each tick, ``(ticks,)``.
        lasts: for every run the first tick at which it has ended.
        every: only every so many recorded steps are shown; 1 means all.
    """

    unit: str
    ticks: Array
    records: tuple[Integers, ...]
    lasts: tuple[int, ...]
    every: int

    def at(self, step: float | None) -> int:
        """Return the tick of a step; the last one for None and for steps beyond the end."""
        if step is None:
            return len(self.ticks) - 1
        return max(0, int(np.searchsorted(self.ticks, step, side="right")) - 1)


@dataclass(frozen=True, eq=False)
class Scene:
    """A surface and the runs on it.

    Attributes:
        history: the history of the runs.
        styles: their names and colours.
        surface: the loss on a grid.
        field: the same for the charts.
        trails: every recorded point of every run.
        clock: the steps that can be shown.
        distances: the distances of every run's points from the plane.
    """

    history: History
    styles: tuple[RunStyle, ...]
    surface: Surface
    field: Field
    trails: tuple[Trail, ...]
    clock: Clock
    distances: tuple[Array, ...]

    @property
    def plane(self) -> Plane:
        """Return the plane of the surface."""
        return self.surface.plane

    @property
    def loss(self) -> str:
        """Return the id of the loss that the runs descend; "" for a test function."""
        problem = self.history.experiment.problem
        return "" if problem.kind == "function" else problem.loss

    def point_at(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the picture, rounded to a thousandth of the surface's size."""
        return _rounded(x, self.field.x), _rounded(y, self.field.y)

    def version(self, *others: object) -> str:
        """Return a name that changes whenever the picture does."""
        parts = (self.history.experiment.key, self.styles, *others)
        digest = hashlib.sha256(repr(parts).encode())
        for array in (self.surface.losses, self.surface.x, self.surface.y):
            digest.update(array.tobytes())
        return digest.hexdigest()[:16]


def _rounded(value: float, axis: Array) -> float:
    digits = 3 - int(np.floor(np.log10(float(axis[-1] - axis[0]))))
    return round(float(value), digits)


def scene(
    history: History,
    styles: Sequence[RunStyle],
    seen: Surface,
    titles: tuple[str, str],
    points: tuple[StationaryPoint, ...] = (),
    ticks: Array | None = None,
) -> Scene:
    """Combine a surface and its paths.

    Args:
        history: the history of the runs.
        styles: their names and colours.
        seen: the loss on a grid in a plane.
        titles: names of the plane's coordinates.
        points: stationary points, known or found.
        ticks: those of another scene's clock that this one is to follow.
    """
    ways = [path(history, seen.plane, run) for run in range(len(history.runs))]
    clock = _clock(history, [one.steps for one in ways], ticks)
    paths = trails(history, styles, ways, clock.unit)
    problem = history.experiment.problem
    found = problem.kind == "function" and not problem.function.is_known
    field = Field(seen.x, seen.y, seen.losses, titles, points, found)
    distances = tuple(one.distances for one in ways)
    return Scene(history, tuple(styles), seen, field, paths, clock, distances)


def trails(
    history: History, styles: Sequence[RunStyle], ways: Sequence[Path], unit: str
) -> tuple[Trail, ...]:
    """Return the first seed's path of every run, as charts draw it.

    Args:
        history: the history of the runs.
        styles: their names and colours.
        ways: the runs' paths on the plane of the chart.
        unit: "iterations" or "epochs", the unit of steps.
    """
    return tuple(
        Trail(
            style,
            way.coordinates[:, 0],
            way.coordinates[:, 1],
            way.losses,
            way.steps / (run.per_epoch if unit == "epochs" else 1),
            unit,
            float(run.last_step[0]) if run.status[0] == "diverged" else None,
        )
        for run, style, way in zip(history.runs, styles, ways, strict=True)
    )


def _clock(history: History, steps: Sequence[Integers], given: Array | None) -> Clock:
    """Return one clock for runs that may have recorded different steps."""
    alike = len({run.per_epoch for run in history.runs}) == 1
    scales = [1 if alike else run.per_epoch for run in history.runs]
    positions = [own / scale for own, scale in zip(steps, scales, strict=True)]
    ticks = np.unique(np.concatenate(positions)) if given is None else given
    every = -(-len(ticks) // TICKS)
    ticks = np.unique(np.append(ticks[::every], ticks[-1]))
    records = tuple(
        np.maximum(np.searchsorted(own, ticks, side="right") - 1, 0) for own in positions
    )
    lasts = tuple(min(int(np.searchsorted(ticks, own[-1])), len(ticks) - 1) for own in positions)
    return Clock("iterations" if alike else "epochs", ticks, records, lasts, every)


def seen_parameters(problem: Network | Function, page: SurfacesPage) -> tuple[int, ...]:
    """Return the positions of the two inspected parameters, or of the only one.

    Positions that a smaller network no longer has become its last ones.
    """
    n_params = problem.n_params
    if n_params <= 2:
        return tuple(range(n_params))
    first, second = (min(one, n_params - 1) for one in page.weights)
    return first, second if second != first else second - 1


def scene_words(scene: Scene) -> tuple[str, ...]:
    """Return what is drawn: whose paths, on which slice, and how much of them it shows."""
    experiment = scene.history.experiment
    problem = experiment.problem
    remarks = list(seed_words(experiment))
    if problem.kind == "function" and np.isnan(scene.field.loss).any():
        remarks.append(_("Where the picture is blank, the function has no value."))
    if problem.n_params <= 2:
        return tuple(remarks)
    remarks.append(
        _(
            "The surface is a slice through the space of {count} parameters. Each path shows its"
            " run's own loss and may lie off the slice."
        ).format(count=f"{problem.n_params:,}")
    )
    plane = scene.plane
    if isinstance(plane, PrincipalPlane):
        first, second = (float(share) for share in plane.explained)
        text = _(
            "The two directions explain {first} and {second} of the variance of {points} recorded"
            " points."
        )
        remarks.append(
            text.format(first=f"{first:.1%}", second=f"{second:.1%}", points=plane.n_points)
        )
        if plane.left_out:
            names = ", ".join(scene.styles[run].name for run in plane.left_out)
            remarks.append(
                _(
                    "These runs diverged and were left out when the directions were"
                    " computed: {runs}."
                ).format(runs=names)
            )
    if scene.surface.is_sampled:
        text = _(
            "The surface is computed from {some} of the {all} training rows, drawn at random with"
            " the data seed."
        )
        rows = (f"{scene.surface.n_rows:,}", f"{problem.training_rows:,}")
        remarks.append(text.format(some=rows[0], all=rows[1]))
    return tuple(remarks)


def seed_words(experiment: Experiment) -> tuple[str, ...]:
    """Return a remark on which seed's runs are drawn, if there are several seeds."""
    seeds = experiment.seeds
    if len(seeds) == 1:
        return ()
    return (
        _("Showing the runs of seed {seed}, the first of {count}.").format(
            seed=seeds[0], count=len(seeds)
        ),
    )
