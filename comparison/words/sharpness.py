"""What a measurement of sharpness shows of every run, and what is not claimed.

Every sentence about a run is derived from its numbers. What theory knows of the edge of stability
is about gradient descent on all rows, so of other runs the numbers are given, and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from comparison.words.results import written
from engine.rules.schedules import Constant
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import RunStyle
    from engine import Experiment, Run, RunSharpness, Sharpness, SharpnessPrice
    from engine.arrays import Array

NEAR: Final = 0.05  # distance from the edge, as a share of it, at which a run hovers there
_FEWEST: Final = 3  # measurements that show where a run stays


class _Course(NamedTuple):
    """How the sharpness of a run went; medians over its seeds.

    Attributes:
        first: at the first measurement.
        last: at the last one.
        edge: the threshold at the last measurement; None where none is known.
        began: sharpness over the edge at the first measurement.
        stayed: its median over the later half.
        highest: the largest one.
        points: how many measurements lie in the later half.
    """

    first: float
    last: float
    edge: float | None
    began: float
    stayed: float
    highest: float
    points: int


def sharpness_words(measured: Sharpness, styles: Sequence[RunStyle]) -> list[str]:
    """Return a sentence about every run that is shown."""
    experiment = measured.experiment
    return [
        _of_run(experiment, run, one, style.name)
        for run, one, style in zip(experiment.runs, measured.runs, styles, strict=True)
        if not style.hidden
    ]


def limits_of_claims(experiment: Experiment) -> list[str]:
    """Return sentences on what the edge is, for which runs it is meant, and what is not claimed."""
    said = [
        _(
            "Above its edge a run is thrown out of a minimum; it does not follow that a run comes"
            " to its edge. Many converge before, and nothing is claimed of trainings that are not"
            " shown."
        )
    ]
    runs = experiment.runs
    if not all(map(experiment.is_full_batch, runs)):
        said.append(_noise_words(experiment))
    if any(run.schedule != Constant() for run in runs):
        said.append(_("Where a schedule changes the learning rate, the edge moves with it."))
    if any(run.clipping is not None for run in runs):
        said.append(_("A run whose gradients are clipped has no edge that is known."))
    if any(run.optimizer.name in {"adam", "rmsprop"} for run in runs):
        said.append(
            _(
                "The edges of Adam and RMSprop are those of a preconditioner that stands still;"
                " theirs moves along, so that they come near the edge rather than to it."
            )
        )
    problem = experiment.problem
    if problem.kind == "network" and problem.model.loss.name.endswith("cross_entropy"):
        said.append(
            _(
                "Under a cross-entropy, sharpness usually falls again once nearly all rows are"
                " right."
            )
        )
    return said


def _noise_words(experiment: Experiment) -> str:
    if experiment.problem.kind == "function":
        return _(
            "The edge is that of descent without noise. With noisy gradients, nothing is claimed."
        )
    return _(
        "The edge is that of full-batch descent. With mini-batches sharpness usually stays below"
        " it, and nothing is claimed."
    )


def every_words(experiment: Experiment, every: int) -> str:
    """Return how often it is measured."""
    if experiment.problem.kind == "function":
        text = ngettext("every {count} iteration", "every {count} iterations", every)
    else:
        text = ngettext("every {count} epoch", "every {count} epochs", every)
    return text.format(count=f"{every:,}")


def price_words(price: SharpnessPrice) -> str:
    """Return what measuring costs."""
    text = ngettext(
        "{count} measurement takes {gradients} gradients of all training rows, beside the"
        " {training} of the training itself: about {seconds} s in all.",
        "{count} measurements take {gradients} gradients of all training rows, beside the"
        " {training} of the training itself: about {seconds} s in all.",
        price.measurements,
    )
    return text.format(
        count=f"{price.measurements:,}",
        gradients=f"{price.gradients:,}",
        training=f"{price.training_gradients:,}",
        seconds=f"{max(price.cost.seconds, 0.1):.1f}",
    )


def _of_run(experiment: Experiment, run: Run, measured: RunSharpness, name: str) -> str:
    lost = measured.status.count("diverged")
    course = _course(measured)
    if course is None:
        return _("{run}: diverged before it was measured.").format(run=name)
    if 2 * lost >= len(measured.status):
        return _diverged(name, course, lost, len(measured.status))
    if course.edge is None:
        text = _("{run}: sharpness went from {first} to {last}; no edge is known for it.")
        return text.format(run=name, first=written(course.first), last=written(course.last))
    if not experiment.is_full_batch(run):
        return _with_noise(experiment, name, course)
    said = _beside_the_edge(course).format(
        run=name,
        first=written(course.first),
        last=written(course.last),
        edge=written(course.edge),
        ratio=_ratio(course.stayed),
    )
    if lost:
        text = _("{count} of {seeds} seeds diverged.")
        said += " " + text.format(count=lost, seeds=len(measured.status))
    return said


def _course(measured: RunSharpness) -> _Course | None:
    """Return how a run went; None if there is no measurement."""
    known = np.isfinite(measured.values).any(axis=1)
    if not known.any():
        return None
    values = _medians(measured.values[known])
    late = measured.later_half[known]
    if not late.any():  # it ended soon after a measurement
        late[-1] = True
    if measured.thresholds is None:
        nothing = float("nan")
        points = int(late.sum())
        return _Course(values[0], values[-1], None, nothing, nothing, nothing, points)
    edges = measured.thresholds[known]
    ratios = values / edges
    return _Course(
        first=float(values[0]),
        last=float(values[-1]),
        edge=float(edges[-1]),
        began=float(ratios[0]),
        stayed=float(np.median(ratios[late])),
        highest=float(ratios.max()),
        points=int(late.sum()),
    )


def _medians(values: Array) -> Array:
    """Return the median of each row of what is known, ``(points,)``."""
    return np.array([np.median(row[np.isfinite(row)]) for row in values])


def _beside_the_edge(course: _Course) -> str:
    """Return how a run of full-batch descent went, with places for its name and numbers."""
    if course.points < _FEWEST:
        return _(
            "{run}: sharpness went from {first} to {last}, {ratio} times its edge of {edge}; there"
            " are too few measurements to say where it stays."
        )
    if abs(course.stayed - 1) <= NEAR:
        if course.began < 1 - NEAR:
            return _(
                "{run}: sharpness rises from {first} to the edge at {edge} and hovers there, at"
                " {ratio} times the edge over the later half."
            )
        if course.began > 1 + NEAR:
            return _(
                "{run}: sharpness begins at {first}, above the edge, falls to the edge at {edge}"
                " and hovers there, at {ratio} times the edge over the later half."
            )
        return _(
            "{run}: sharpness stays at the edge at {edge}: {ratio} times the edge over the later"
            " half."
        )
    return _above_or_below(course)


def _above_or_below(course: _Course) -> str:
    """Return how a run went that did not come to its edge, or did not stay there."""
    if course.stayed > 1:
        return _(
            "{run}: sharpness stays above the edge at {edge}, at {ratio} times the edge over the"
            " later half: it has not settled at a minimum."
        )
    if course.highest > 1 + NEAR:
        return _(
            "{run}: sharpness was above the edge at {edge} and stays below it in the later half,"
            " at {ratio} times the edge."
        )
    return _(
        "{run}: sharpness goes from {first} to {last} and stays below the edge at {edge}, at"
        " {ratio} times the edge over the later half."
    )


def _with_noise(experiment: Experiment, name: str, course: _Course) -> str:
    """Return the numbers of a run whose gradients are noisy, of which nothing is claimed."""
    text = _(
        "{run}: sharpness goes from {first} to {last}; over the later half it is {ratio} times the"
        " edge of full-batch descent."
    )
    if experiment.problem.kind == "function":
        text = _(
            "{run}: sharpness goes from {first} to {last}; over the later half it is {ratio} times"
            " the edge of descent without noise."
        )
    first, last = written(course.first), written(course.last)
    return text.format(run=name, first=first, last=last, ratio=_ratio(course.stayed))


def _diverged(name: str, course: _Course, lost: int, seeds: int) -> str:
    if course.edge is None:
        text = _("{run}: diverged; its sharpness was {last} when it was measured last.")
    else:
        text = _(
            "{run}: diverged; its sharpness was {last} when it was measured last, beside an edge"
            " at {edge}."
        )
    edge = "" if course.edge is None else written(course.edge)
    said = text.format(run=name, last=written(course.last), edge=edge)
    if seeds > 1:
        count = _("{count} of {seeds} seeds diverged.").format(count=lost, seeds=seeds)
        said += " " + count
    return said


def _ratio(ratio: float) -> str:
    return f"{ratio:.3f}" if 0.1 <= ratio < 10 else f"{ratio:.3g}"
