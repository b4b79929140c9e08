"""What every run has learnt at an epoch, and what a clock needs to move from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from charts.curves import positions
from charts.fits import Panel, class_scale, fit_panels, heights, line_of, plane_of, shades
from charts.lines import shown
from comparison.motion import packed, packed_bytes
from comparison.scenes import Clock
from comparison.words.remarks import stopped_words
from engine import data, predictions, spread
from engine.analysis.statistics import smoothed
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart, RunStyle
    from comparison.document import View
    from engine import Function, History, Network, RunHistory
    from engine.arrays import Array, Integers

_TICKS: Final = 61  # the most of the clock: each is a picture of every run
_SHADES: Final = 255  # a byte for each point of a picture


def can_be_drawn(problem: Network | Function) -> bool:
    """Tell whether fits can be drawn: classes in a plane of two features, or a curve over one."""
    if problem.kind == "function" or problem.dataset.n_features > 2:
        return False
    return problem.dataset.n_features == 1 or problem.dataset.task == "classification"


def fit_epochs(history: History) -> list[float]:
    """Return the epochs at which parameters were recorded."""
    return sorted(
        {float(step) / run.per_epoch for run in history.runs for step in run.params_steps}
    )


def fits(
    history: History, styles: Sequence[RunStyle], epoch: float, height: int | None = None
) -> Chart:
    """Return the chart of what every run has learnt by an epoch.

    Args:
        history: of the runs; its fits ``can_be_drawn``.
        styles: of the runs.
        epoch: as in ``fit_epochs``.
        height: as in ``charts.fits.fit_panels``.
    """
    panels = [
        Panel(style, params_at(history, position, epoch), score_at(history, position, epoch))
        for position, style in enumerate(styles)
    ]
    network = cast("Network", history.experiment.problem)
    caption = fits_caption(history, epoch)
    chart = fit_panels(network, data(history.experiment), panels, caption, height)
    return chart._replace(remarks=(*chart.remarks, score_words(history), *stopped_words(history)))


def fits_caption(history: History, epoch: float) -> str:
    """Return the epoch and the seed of the fits, in words."""
    caption = _("epoch {epoch}").format(epoch=f"{epoch:.6g}")
    seeds = history.experiment.seeds
    if len(seeds) > 1:
        caption += ", " + _("seed {seed}").format(seed=seeds[0])
    return caption


def score_words(history: History) -> str:
    """Return what the number above a panel is."""
    is_validated = history.runs[0].validation_score is not None
    if history.experiment.problem.score == "accuracy":
        if is_validated:
            return _("The number is the accuracy on the validation rows.")
        return _("The number is the accuracy on the training rows.")
    return (
        _("The number is R² on the validation rows.")
        if is_validated
        else _("The number is R² on the training rows.")
    )


def params_at(history: History, position: int, epoch: float) -> Array | None:
    """Return the parameters of a run's first seed at an epoch; None if it has diverged by then."""
    run, diverged = history.runs[position], history.divergence(position, 0)
    step = round(epoch * run.per_epoch)
    if diverged is not None and step >= diverged.step:
        return None
    params: Array = run.params[0, _kept(run, step)]
    return params


def score_at(history: History, position: int, epoch: float) -> float | None:
    """Return the score of a run's first seed at an epoch, as it was last recorded by then."""
    run = history.runs[position]
    series = run.validation_score or run.training_score
    if series is None:
        return None
    step = min(round(epoch * run.per_epoch), int(run.last_step[0]))
    value = series.last[0, _last_by(series.steps, step)]
    return float(value) if np.isfinite(value) else None


def _kept(run: RunHistory, step: int) -> int:
    """Return the position of the parameters of a run's first seed at a step, or last before it."""
    return _last_by(run.params_steps, min(step, int(run.last_step[0])))


def _last_by(steps: Integers, step: int) -> int:
    return max(0, int((steps <= step).sum()) - 1)


def fit_clock(history: History) -> Clock:
    """Return the epochs that the clock of the fits shows: evenly chosen where there are many."""
    epochs = np.array(fit_epochs(history))
    every = -(-(len(epochs) - 1) // (_TICKS - 1)) or 1
    ticks = np.unique(np.append(epochs[::every], epochs[-1]))
    records, lasts = [], []
    for run in history.runs:
        steps = np.rint(ticks * run.per_epoch).astype(int)
        records.append(np.array([_kept(run, int(step)) for step in steps]))
        end = run.last_step[0] / run.per_epoch
        lasts.append(min(int(np.searchsorted(ticks, end)), len(ticks) - 1))
    return Clock("epochs", ticks, tuple(records), tuple(lasts), every)


def moving_heads(
    history: History, styles: Sequence[RunStyle], clock: Clock, view: View
) -> dict[str, Any]:
    """Return where every run is on the chart of its loss at each tick, ready for JSON."""
    across, up = [], []
    seen = shown(styles)
    for number in seen:
        run = history.runs[number]
        series = getattr(run, view.quantity)
        if view.quantity == "batch_loss" and view.smoothing > 1:
            series, _averaged = smoothed(series, view.smoothing)
        medians = spread(run, series).median
        steps = np.minimum(np.rint(clock.ticks * run.per_epoch).astype(int), run.last_step.max())
        found = np.searchsorted(series.steps, steps, side="right") - 1
        known = found >= 0  # a batch has no loss before the first update
        up.append(np.where(known, medians[np.maximum(found, 0)], np.nan))
        across.append(positions(history, number, steps, view.axis))
    return {
        "runs": [{"colour": styles[number].colour, "last": clock.lasts[number]} for number in seen],
        "x": packed(across),
        "y": "",
        "loss": packed(up),
        "height": "",
    }


def moving_fits(history: History, styles: Sequence[RunStyle], clock: Clock) -> dict[str, Any]:
    """Return what every run has learnt at each tick, ready for JSON: pictures, and their titles.

    A run that has diverged has the picture of its last finite parameters, and its title says so.
    """
    network, rows = cast("Network", history.experiment.problem), data(history.experiment)
    is_plane = rows.training_inputs.shape[1] == 2
    points = plane_of(rows).points if is_plane else line_of(rows)[:, None]
    pictures, titles = [], []
    for number in shown(styles):
        run, style = history.runs[number], styles[number]
        kept = run.params[0, clock.records[number]]
        outputs = predictions(network, np.where(np.isfinite(kept), kept, 0.0), points)
        pictures.append(shades(outputs) if is_plane else heights(outputs))
        titles.append(
            [
                Panel(
                    style, params_at(history, number, tick), score_at(history, number, tick)
                ).title
                for tick in clock.ticks
            ]
        )
    if not is_plane:
        return {"titles": titles, "curves": packed(pictures), "line": packed([points[:, 0]])}
    classes = network.dataset.n_classes
    bytes_of = [np.rint(picture * (_SHADES / classes)) for picture in pictures]
    return {
        "titles": titles,
        "regions": packed_bytes(bytes_of),
        "scale": class_scale(classes),
        "plane": [float(end) for axis in plane_of(rows) for end in (axis[0], axis[-1])],
    }
