"""What every run has learnt by an epoch or iteration, and what a clock needs to move on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, cast

import numpy as np

from charts.curves import positions
from charts.fits import (
    TRAINING_POINTS,
    VALIDATION_POINTS,
    Panel,
    class_scale,
    fit_panels,
    fits_alt,
    heights,
    line_of,
    plane_of,
    row_places,
    row_words,
    shades,
    target_range,
)
from charts.lines import shown, spread_rows
from charts.theme import COLOURS, ROWS, SAMPLES
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
    from engine import Experiment, Function, History, Network, RunHistory
    from engine.arrays import Array, Integers

_TICKS: Final = 61  # the most of the clock: each is a picture of every run
_SHADES: Final = 255  # a byte for each point of a picture


def can_be_drawn(problem: Network | Function) -> bool:
    """Tell whether fits can be drawn: classes in a plane of two features, or a curve over one."""
    if problem.kind == "function" or problem.dataset.n_features > 2:
        return False
    return problem.dataset.n_features == 1 or problem.dataset.task == "classification"


def fit_unit(experiment: Experiment) -> Literal["iterations", "epochs"]:
    """Return the unit in which fits are compared: iterations where the budget gives equally many.

    Elsewhere it is epochs, in which a batch of one row is as far as one of all.
    """
    return "iterations" if experiment.budget.unit == "iterations" else "epochs"


def fit_ticks(history: History) -> list[float]:
    """Return where parameters were recorded, in the ``fit_unit``, rising."""
    return sorted(
        {
            float(step) / _steps_per_unit(history, number)
            for number, run in enumerate(history.runs)
            for step in run.params_steps
        }
    )


def _steps_per_unit(history: History, position: int) -> int:
    is_step = fit_unit(history.experiment) == "iterations"
    return 1 if is_step else history.runs[position].per_epoch


def fits(history: History, styles: Sequence[RunStyle], tick: float) -> Chart:
    """Return the chart of what every run has learnt by an epoch or an iteration.

    Args:
        history: of the runs; its fits ``can_be_drawn``.
        styles: of the runs.
        tick: as in ``fit_ticks``.
    """
    panels = [
        Panel(style, params_at(history, position, tick), score_at(history, position, tick))
        for position, style in enumerate(styles)
    ]
    network = cast("Network", history.experiment.problem)
    caption = fits_caption(history, tick)
    chart = fit_panels(network, data(history.experiment), panels, caption)
    return chart._replace(remarks=(caption, *fits_remarks(history, styles)))


def fits_caption(history: History, tick: float) -> str:
    """Return the epoch or iteration of the fits, and their seed, in words."""
    caption = _("epoch {epoch}").format(epoch=f"{tick:.6g}")
    if fit_unit(history.experiment) == "iterations":
        caption = _("iteration {iteration}").format(iteration=f"{tick:,.6g}")
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


def params_at(history: History, position: int, tick: float) -> Array | None:
    """Return the parameters of a run's first seed at a tick; None if it has diverged by then."""
    run, diverged = history.runs[position], history.divergence(position, 0)
    step = round(tick * _steps_per_unit(history, position))
    if diverged is not None and step >= diverged.step:
        return None
    params: Array = run.params[0, _kept(run, step)]
    return params


def score_at(history: History, position: int, tick: float) -> float | None:
    """Return the score of a run's first seed at a tick, as it was last recorded by then."""
    run = history.runs[position]
    series = run.validation_score or run.training_score
    if series is None:
        return None
    step = min(round(tick * _steps_per_unit(history, position)), int(run.last_step[0]))
    value = series.last[0, _last_by(series.steps, step)]
    return float(value) if np.isfinite(value) else None


def _kept(run: RunHistory, step: int) -> int:
    """Return the position of the parameters of a run's first seed at a step, or last before it."""
    return _last_by(run.params_steps, min(step, int(run.last_step[0])))


def _last_by(steps: Integers, step: int) -> int:
    return max(0, int((steps <= step).sum()) - 1)


def fit_clock(history: History, tick: float | None = None) -> Clock:
    """Return the ticks that the clock of the fits shows: evenly chosen where there are many.

    Args:
        history: of the runs.
        tick: one that is shown in any case, as in ``fit_ticks``; the last one always is.
    """
    recorded = np.array(fit_ticks(history))
    every = -(-(len(recorded) - 1) // (_TICKS - 1)) or 1
    ticks = np.unique([*recorded[::every], recorded[-1], recorded[-1] if tick is None else tick])
    records, lasts = [], []
    for number, run in enumerate(history.runs):
        scale = _steps_per_unit(history, number)
        steps = np.rint(ticks * scale).astype(int)
        records.append(np.array([_kept(run, int(step)) for step in steps]))
        lasts.append(min(int(np.searchsorted(ticks, run.last_step[0] / scale)), len(ticks) - 1))
    return Clock(fit_unit(history.experiment), ticks, tuple(records), tuple(lasts), every)


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
        steps = np.rint(clock.ticks * _steps_per_unit(history, number)).astype(int)
        steps = np.minimum(steps, run.last_step.max())
        found = np.searchsorted(series.steps, steps, side="right") - 1
        known = found >= 0  # a batch has no loss before the first update, if there is any
        up.append(np.full(len(steps), np.nan))
        up[-1][known] = medians[found[known]]
        across.append(positions(history, number, steps, view.axis))
    return {
        "runs": [{"colour": styles[number].colour, "last": clock.lasts[number]} for number in seen],
        "x": packed(across),
        "y": "",
        "loss": packed(up),
        "height": "",
    }


def fit_frame(history: History, styles: Sequence[RunStyle]) -> dict[str, Any]:
    """Return what the panels of fits show at every tick, ready for JSON: runs, rows and axes."""
    network, rows = cast("Network", history.experiment.problem), data(history.experiment)
    is_plane = rows.training_inputs.shape[1] == 2
    places = []
    for kind, most in (("training", TRAINING_POINTS), ("validation", VALIDATION_POINTS)):
        inputs, targets = getattr(rows, f"{kind}_inputs"), getattr(rows, f"{kind}_targets")
        chosen = spread_rows(len(inputs), most)
        across, up = inputs.T if is_plane else row_places(inputs, targets)
        classes = targets if is_plane else np.zeros(len(inputs))
        places.append([across[chosen], up[chosen], np.asarray(classes)[chosen]])
    frame = {
        "runs": [
            {
                "colour": styles[number].colour,
                "width": styles[number].width,
                "dash": SAMPLES[styles[number].dash],
                "selected": styles[number].selected,
            }
            for number in shown(styles)
        ],
        "rows": [packed(parts) for parts in places],
    }
    if is_plane:
        n_classes = network.dataset.n_classes
        plane = plane_of(rows)
        ends = [_ends(axis, (axis[1] - axis[0]) / 2) for axis in (plane.x, plane.y)]
        palette = [COLOURS[number % len(COLOURS)] for number in range(n_classes)]
        scale = {"palette": palette, "scale": class_scale(n_classes)}
        return frame | {"window": [*ends[0], *ends[1]]} | scale
    line = line_of(rows)
    ends = [_ends(line, 0.04 * (line[-1] - line[0])), target_range(rows)]
    return frame | {"window": [*ends[0], *ends[1]], "palette": [ROWS], "line": packed([line])}


def _ends(axis: Array, air: float) -> list[float]:
    return [float(axis[0] - air), float(axis[-1] + air)]


def fit_pictures(
    history: History, styles: Sequence[RunStyle], ticks: Sequence[float]
) -> dict[str, Any]:
    """Return what every run has learnt at some ticks, ready for JSON: titles and pictures.

    A run that has diverged has no picture, and its title says so: ``known`` counts each run's
    pictures.
    """
    network, rows = cast("Network", history.experiment.problem), data(history.experiment)
    is_plane = rows.training_inputs.shape[1] == 2
    points = plane_of(rows).points if is_plane else line_of(rows)[:, None]
    pictures, titles, known = [], [], []
    for number in shown(styles):
        panels = [
            Panel(styles[number], params_at(history, number, tick), score_at(history, number, tick))
            for tick in ticks
        ]
        params = [panel.params for panel in panels if panel.params is not None]
        known.append(len(params))  # what has diverged stays so
        titles.append([panel.title for panel in panels])
        if params:
            outputs = predictions(network, np.array(params), points)
            picture = shades(outputs) if is_plane else heights(outputs)
            pictures.append(np.nan_to_num(picture))
    told = {"titles": titles, "known": known}
    if not is_plane:
        return told | {"curves": packed(pictures)}
    step = _SHADES / network.dataset.n_classes
    return told | {"regions": packed_bytes([np.rint(picture * step) for picture in pictures])}


def fits_alternative(history: History, styles: Sequence[RunStyle], tick: float) -> str:
    """Return the alternative text of the fits at a tick."""
    return fits_alt(fits_caption(history, tick), styles)


def fits_remarks(history: History, styles: Sequence[RunStyle]) -> tuple[str, ...]:
    """Return what is to be said of the fits: marks, numbers, and what is left out."""
    marked = row_words(data(history.experiment), styles)
    return *marked, score_words(history), *stopped_words(history)
