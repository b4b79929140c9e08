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
    slice_of,
    target_range,
)
from charts.lines import shown, spread_rows
from charts.theme import COLOURS, ROWS, SAMPLES
from comparison.motion import packed, packed_bytes
from comparison.scenes import Clock
from comparison.words.cleaned import cleaned
from comparison.words.names import column_words, listed
from comparison.words.remarks import stopped_words
from engine import data, predictions, spread
from engine.analysis.statistics import smoothed
from engine.problems.datasets import OwnTable
from language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.fits import Slice
    from charts.theme import Chart, RunStyle
    from comparison.document import View
    from engine import Experiment, Function, History, Network, RunHistory
    from engine.arrays import Array, Integers
    from engine.problems.datasets import Source

_TICKS: Final = 61  # the most of the clock: each is a picture of every run
_TOLD: Final = 8  # features whose medians are told
_SHADES: Final = 255  # a byte for each point of a picture


def can_be_drawn(problem: Network | Function) -> bool:
    """Tell whether fits can be drawn: classes in a plane of two features, or a curve over one.

    Two pixels say nothing about an image, and one curve nothing about several targets.
    """
    if problem.kind == "function" or problem.dataset.is_image:
        return False
    return problem.dataset.task == "classification" or problem.dataset.n_outputs == 1


def shows_all(problem: Network | Function) -> bool:
    """Tell whether fits can be drawn and show all features, so that none is held."""
    if problem.kind == "function" or not can_be_drawn(problem):
        return False
    return problem.dataset.n_features == len(seen_features(problem, ()))


def seen_features(network: Network, chosen: Sequence[int]) -> tuple[int, ...]:
    """Return the positions of the features that fits are drawn over: across, then upwards.

    Args:
        network: the problem; its fits ``can_be_drawn``.
        chosen: what the reader chose, perhaps of other data; where it does not do, it is the first
            ones.
    """
    count = network.dataset.n_features
    needed = 2 if network.dataset.task == "classification" and count > 1 else 1
    first = tuple(range(needed))
    known = tuple(position for position in chosen if position < count)[:needed]
    return first if needed == count or len(known) < needed else known


def fit_slice(history: History, chosen: Sequence[int]) -> Slice:
    """Return what the fits of a history are drawn over; ``chosen`` is as in ``seen_features``."""
    network = cast("Network", history.experiment.problem)
    return slice_of(data(history.experiment), seen_features(network, chosen))


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


def fits(history: History, styles: Sequence[RunStyle], tick: float, cut: Slice) -> Chart:
    """Return the chart of what every run has learnt by an epoch or an iteration.

    Args:
        history: of the runs; its fits ``can_be_drawn``.
        styles: of the runs.
        tick: as in ``fit_ticks``.
        cut: what they are drawn over.
    """
    panels = [
        Panel(style, params_at(history, position, tick), score_at(history, position, tick))
        for position, style in enumerate(styles)
    ]
    network = cast("Network", history.experiment.problem)
    caption = fits_caption(history, tick)
    return fit_panels(network, cut, panels, caption)._replace(
        alt=fits_alternative(history, styles, tick, cut),
        remarks=(caption, *fits_remarks(history, styles, cut), *_number_words(network, cut)),
    )


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
        # A batch has no loss before the first update, of which there may be none.
        medians = np.append(np.nan, spread(run, series).median)
        steps = np.rint(clock.ticks * _steps_per_unit(history, number)).astype(int)
        steps = np.minimum(steps, run.last_step.max())
        up.append(medians[np.searchsorted(series.steps, steps, side="right")])
        across.append(positions(history, number, steps, view.axis))
    return {
        "runs": [{"colour": styles[number].colour, "last": clock.lasts[number]} for number in seen],
        "x": packed(across),
        "y": "",
        "loss": packed(up),
        "height": "",
    }


def fit_frame(history: History, styles: Sequence[RunStyle], cut: Slice) -> dict[str, Any]:
    """Return what the panels of fits show at every tick, ready for JSON: runs, rows and axes."""
    network, rows = cast("Network", history.experiment.problem), cut.rows
    places = []
    for kind, most in (("training", TRAINING_POINTS), ("validation", VALIDATION_POINTS)):
        inputs, targets = getattr(rows, f"{kind}_inputs"), getattr(rows, f"{kind}_targets")
        chosen = spread_rows(len(inputs), most)
        across, up = inputs.T if cut.is_plane else row_places(inputs, targets)
        classes = targets if cut.is_plane else np.zeros(len(inputs))
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
    if cut.is_plane:
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
    history: History, styles: Sequence[RunStyle], ticks: Sequence[float], cut: Slice
) -> dict[str, Any]:
    """Return what every run has learnt at some ticks, ready for JSON: titles and pictures.

    A run that has diverged has no picture, and its title says so: ``known`` counts each run's
    pictures.
    """
    network = cast("Network", history.experiment.problem)
    points = plane_of(cut.rows).points if cut.is_plane else line_of(cut.rows)[:, None]
    inputs = cut.inputs(points)
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
            outputs = predictions(network, np.array(params), inputs)
            picture = shades(outputs) if cut.is_plane else heights(outputs)
            pictures.append(np.nan_to_num(picture))
    told = {"titles": titles, "known": known}
    if not cut.is_plane:
        return told | {"curves": packed(pictures)}
    step = _SHADES / network.dataset.n_classes
    return told | {"regions": packed_bytes([np.rint(picture * step) for picture in pictures])}


def fits_alternative(history: History, styles: Sequence[RunStyle], tick: float, cut: Slice) -> str:
    """Return the alternative text of the fits at a tick."""
    whole = fits_alt(fits_caption(history, tick), styles)
    return " ".join([whole, *_axis_words(_dataset(history), cut)])


def fits_remarks(history: History, styles: Sequence[RunStyle], cut: Slice) -> tuple[str, ...]:
    """Return what is to be said of the fits: axes, marks, numbers, and what is left out."""
    dataset, marked = _dataset(history), row_words(cut.rows, styles)
    slice_words = _axis_words(dataset, cut) + _held_words(dataset, cut)
    return *slice_words, *marked, score_words(history), *stopped_words(history)


def _dataset(history: History) -> Source:
    return cast("Network", history.experiment.problem).dataset


def _axis_words(dataset: Source, cut: Slice) -> tuple[str, ...]:
    """Return which features are seen, in their own units, and how classes look.

    Nothing where all features of a data set of the house are seen, for their names say nothing.
    """
    is_own = isinstance(dataset, OwnTable)
    if len(cut.held) == len(cut.features) and not is_own:
        return ()
    rows = cut.rows
    names = [dataset.feature_names[position] for position in cut.features]
    values = list((rows.training_inputs * rows.input_scale + rows.input_mean).T)
    if not cut.is_plane and dataset.task == "regression":
        names.append(dataset.target_names[0])
        values.append((rows.training_targets * rows.target_scale + rows.target_mean)[:, 0])
    texts = _("Across: {column}, {low} to {high}."), _("Upwards: {column}, {low} to {high}.")
    told = tuple(
        text.format(column=column_words(dataset, name), low=_said(own.min()), high=_said(own.max()))
        for text, name, own in zip(texts, names, values, strict=False)  # a class has no axis
    )
    return (*told, *_class_words(dataset)) if is_own else told


def _class_words(dataset: Source) -> tuple[str, ...]:
    """Return the names of the classes in the order of their colours."""
    if dataset.task == "regression":
        return ()
    names = listed([cleaned(name) for name in dataset.class_names])
    text = _("Classes, in the order of the colours blue, orange, green …: {classes}.")
    return (text.format(classes=names),)


def _held_words(dataset: Source, cut: Slice) -> tuple[str, ...]:
    """Return at which values the other features are held; nothing where there are none."""
    names = dataset.feature_names
    others = [position for position in range(len(names)) if position not in cut.features]
    if not others:
        return ()
    told = [
        f"{column_words(dataset, names[position])} = {_said(cut.units[position])}"
        for position in others[:_TOLD]
    ]
    values = ", ".join(told)
    if len(others) > _TOLD:
        values = _("{keys} and {count} more").format(keys=values, count=len(others) - _TOLD)
    apart = _("The rows have values of their own there, so they need not lie near the curve.")
    if cut.is_plane:
        apart = _(
            "The rows have values of their own there, so one that is predicted rightly may lie in"
            " the region of another class."
        )
    held = _("All else is held at the medians of the training rows: {values}.")
    return held.format(values=values), apart


def _number_words(network: Network, cut: Slice) -> tuple[str, ...]:
    """Return that the chart's numbers are not in the units of its axes; nothing where they are."""
    is_scaled = network.standardize or network.standardize_targets
    if not is_scaled or len(cut.held) == len(cut.features):
        return ()
    return (_("The numbers of this chart are standardised, as the network sees them."),)


def _said(value: float) -> str:
    return f"{value:,.6g}"
