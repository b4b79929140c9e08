"""Which charts a comparison has: one list for pages, bundles and reports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.curves import full_gradient_curves, loss_curves, norm_curves, score_curves
from charts.schedules import with_factors
from charts.sharpness import aligned, sharpness_chart
from charts.steps import effective_rates, fitted_lines, plane_distances, two_losses
from charts.surfaces import contour, panels, relief
from charts.theme import GREY
from comparison.attempts import attempt
from comparison.fits import can_be_drawn, fit_slice, fit_ticks, fits
from comparison.pages import SurfacesPage, TrainingPage
from comparison.scenes import scene_words, seed_words, seen_parameters
from comparison.words.remarks import (
    bin_words,
    coarse_words,
    no_rates_words,
    reported_words,
    seconds_words,
    stopped_words,
    thinning_words,
)
from engine import (
    data,
    effective_learning_rates,
    gradient_norms,
    parameter_names,
    predictions,
    sigmoid_losses,
)
from engine.rules import TypedRule
from engine.rules.schedules import Constant
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.sharpness import Shown
    from charts.theme import Chart, RunStyle
    from comparison.document import Document, View
    from comparison.scenes import Scene
    from engine import Function, History, Network, Sharpness
    from engine.arrays import Array

NORMS: Final = ("full_gradient_norm", "batch_gradient_norm", "update_norm")
_LOGITS: Final = np.linspace(-12.0, 12.0, 241)
_TO_COME: Final = 0.25  # opacity of what the clock has not reached


def comparison_charts(
    history: History, styles: Sequence[RunStyle], view: View, scenes: Sequence[Scene] = ()
) -> tuple[dict[str, Chart], dict[str, str]]:
    """Return the charts of a comparison that need no training beyond its own, by their ids.

    The loss and the axis are those of the view, fits are those of the last epoch over the features
    that the page shows, and surfaces are those of the scenes.

    Returns:
        The charts, and a sentence for each chart that could not be drawn.
    """
    axis = scenes[0].clock.unit if scenes else view.axis  # as on the Surfaces page
    makers: dict[str, Callable[[], Chart]] = surface_charts(scenes, view)
    makers["loss"] = partial(
        losses, history, styles, view.quantity, axis, log=view.log, smoothing=view.smoothing
    )
    makers |= {name: partial(norms, history, styles, name, axis) for name in NORMS}
    for quantity in ("training_loss", "validation_loss"):
        if quantity != view.quantity and getattr(history.runs[0], quantity) is not None:
            makers[quantity] = partial(losses, history, styles, quantity, axis, log=view.log)
    if history.experiment.problem.kind == "network":
        makers["score"] = partial(score, history, styles, axis)
    if can_be_drawn(history.experiment.problem):
        chosen = view.page.features if isinstance(view.page, TrainingPage) else ()
        makers["fits"] = lambda: fits(
            history, styles, fit_ticks(history)[-1], fit_slice(history, chosen)
        )
    attempts = {name: attempt(make, name) for name, make in makers.items()}
    charts = {name: chart for name, chart in attempts.items() if not isinstance(chart, str)}
    return charts, {name: why for name, why in attempts.items() if isinstance(why, str)}


def losses(
    history: History,
    styles: Sequence[RunStyle],
    quantity: str,
    axis: str,
    *,
    log: bool,
    smoothing: int = 1,
) -> Chart:
    """Return the chart of a loss, with remarks on what it leaves out.

    Where a run has a schedule, the factors of the learning rates are below it.

    Args:
        history: of the runs.
        styles: of the runs.
        quantity: which loss.
        axis: against what.
        log: whether the loss axis is logarithmic.
        smoothing: iterations that a batch loss is averaged over; no other loss is smoothed.
    """
    if quantity != "batch_loss":
        smoothing = 1
    chart = loss_curves(history, styles, quantity, axis, log=log, smoothing=smoothing)
    if any(run.schedule != Constant() for run in history.experiment.runs):
        chart = with_factors(chart, history, styles, quantity, axis)
    binned = bin_words(history, quantity) if smoothing == 1 else ()
    return _with_remarks(chart, *binned, *_line_words(history, axis, quantity))


def _with_remarks(chart: Chart, *remarks: str) -> Chart:
    """Return a chart with further remarks in its caption."""
    return chart._replace(remarks=(*chart.remarks, *remarks))


def _line_words(history: History, axis: str, quantity: str) -> tuple[str, ...]:
    """Return the remarks that the lines of a quantity along a training need."""
    return (
        *reported_words(history.experiment, quantity),
        *thinning_words(history),
        *seconds_words(history, axis),
        *stopped_words(history),
    )


def norms(history: History, styles: Sequence[RunStyle], name: str, axis: str) -> Chart:
    """Return the chart of one of ``NORMS``, with remarks on what it leaves out."""
    if name == "full_gradient_norm":
        chart = full_gradient_curves(history, styles, gradient_norms(history), axis)
        return _with_remarks(chart, *_line_words(history, axis, name))
    chart = norm_curves(history, styles, name, axis)
    return _with_remarks(chart, *bin_words(history, name), *_line_words(history, axis, name))


def sharpness_over_loss(
    measured: Sharpness, history: History, styles: Sequence[RunStyle], shown: Shown, view: View
) -> tuple[Chart, Chart]:
    """Return the chart of a measurement of sharpness, and that of the training loss below it.

    Args:
        measured: result of ``engine.measure_sharpness``.
        history: of the same experiment.
        styles: of the runs.
        shown: what is drawn of the measurement.
        view: says against what, and whether axes are logarithmic.
    """
    chart = sharpness_chart(measured, history, styles, shown, view.axis, log=view.log)
    above = _with_remarks(chart, *seconds_words(history, view.axis), *stopped_words(history))
    below = losses(history, styles, "training_loss", view.axis, log=view.log)
    above, below = aligned(above, below)
    return above, below


def score(history: History, styles: Sequence[RunStyle], axis: str) -> Chart:
    """Return the chart of accuracy or R^2, with a remark that names the rows."""
    is_validated = history.runs[0].validation_score is not None
    rows = _("On the validation rows.") if is_validated else _("On the training rows.")
    binned = bin_words(history, "validation_score" if is_validated else "training_score")
    return _with_remarks(
        score_curves(history, styles, axis), rows, *binned, *_line_words(history, axis, "score")
    )


def surface_charts(scenes: Sequence[Scene], view: View) -> dict[str, Callable[[], Chart]]:
    """Return, by id, functions that draw the Surfaces page's charts of whole runs."""
    makers: dict[str, Callable[[], Chart]] = {}
    page = view.page
    if not isinstance(page, SurfacesPage) or not scenes:
        return makers
    for number, scene in enumerate(scenes, 1):
        ending = "" if number == 1 else f"_{number}"
        makers[f"surface{ending}"] = partial(_at_its_step, surface_from_above, scene, page)
        if page.relief:
            makers[f"relief{ending}"] = partial(_at_its_step, surface_in_relief, scene, page)
    if scenes[0].history.experiment.problem.n_params > 2:
        makers["plane_distance"] = partial(distances, scenes[0])
    if have_rates(scenes[0].history):
        makers["effective_learning_rate"] = partial(rates, scenes[0], page)
    if has_fitted_lines(scenes[0].history.experiment.problem):
        makers["fitted_lines"] = partial(fitted_at_step, scenes[0], page.step)
    return makers


def _at_its_step(
    draw: Callable[[Scene, SurfacesPage], Chart], scene: Scene, page: SurfacesPage
) -> Chart:
    return at_step(draw(scene, page), scene, page.step)


def surface_from_above(scene: Scene, page: SurfacesPage, columns: int | None = None) -> Chart:
    """Return contours with the paths of all runs, in one picture or one panel per run.

    Args:
        scene: what is shown.
        page: how it is shown.
        columns: as for ``charts.surfaces.panels``.
    """
    window = seen_window(page)
    if page.panels:
        chart = panels(scene.field, scene.trails, window, columns)
    else:
        chart = contour(scene.field, scene.trails, window)
    return chart._replace(remarks=_all_words(scene, page))


def surface_in_relief(scene: Scene, page: SurfacesPage) -> Chart:
    """Return the surface in three dimensions."""
    chart = relief(scene.field, scene.trails, seen_window(page), page.camera)
    return chart._replace(remarks=_all_words(scene, page))


def _all_words(scene: Scene, page: SurfacesPage) -> tuple[str, ...]:
    return (
        *scene_words(scene),
        *reported_words(scene.history.experiment),
        *coarse_words(scene, page),
        *stopped_words(scene.history),
    )


def at_step(chart: Chart, scene: Scene, step: float | None) -> Chart:
    """Return a picture of a scene's paths at a step of its clock; later parts are faded.

    Args:
        chart: has one line per run, in their order, as from ``contour``, ``panels`` or ``relief``.
        scene: the scene in the picture.
        step: where the clock is; None is the end.
    """
    clock = scene.clock
    tick = clock.at(step)
    if tick == len(clock.ticks) - 1:
        return chart
    figure = go.Figure(chart.figure)
    paths = [trace for trace in figure.data if "lines" in (getattr(trace, "mode", None) or "")]
    so_far: list[dict[str, Any]] = []
    for path, records in zip(paths, clock.records, strict=True):
        walked = path.to_plotly_json()
        head = {}
        for name in [name for name in ("x", "y", "z", "customdata") if name in walked]:
            walked[name] = walked[name][: records[tick] + 1]
            head[name] = walked[name][-1:]
        dot = {"color": path.line.color, "size": 4 if path.type == "scatter3d" else 11}
        so_far += [walked, walked | head | {"mode": "markers", "marker": dot, "showlegend": False}]
        path.update(opacity=_TO_COME, showlegend=False)
    figure.add_traces(so_far)
    text = {
        "iterations": _("At step {step} of {last}; later steps are faded."),
        "epochs": _("At epoch {step} of {last}; later epochs are faded."),
    }[clock.unit]
    remark = text.format(step=f"{clock.ticks[tick]:,.6g}", last=f"{clock.ticks[-1]:,.6g}")
    return chart._replace(figure=figure, remarks=(remark, *chart.remarks))


def losses_at_step(chart: Chart, scene: Scene, step: float | None) -> Chart:
    """Return a scene's loss curves with a line at a step of its clock, and a dot on each run.

    Args:
        chart: result of ``losses``, over the unit of the clock.
        scene: the scene with the clock.
        step: as for ``at_step``.
    """
    clock = scene.clock
    tick = clock.at(step)
    if tick == len(clock.ticks) - 1:
        return chart
    now = float(clock.ticks[tick])
    records = [own[tick] for own in clock.records]
    spots = [
        (t.style, t.ticks[at], t.loss[at]) for t, at in zip(scene.trails, records, strict=True)
    ]
    figure = go.Figure(chart.figure)
    floor = (figure.layout.meta or {}).get("floor")  # where a logarithmic axis has 0 and below
    figure.add_shape(marks.upright(now, GREY))
    heights = [loss if loss > 0 or floor is None else floor for _style, _x, loss in spots]
    figure.add_traces(
        [
            marks.dots([x], [y], style.colour, 9, line=marks.edge(2)) | marks.SILENT
            for (style, x, _loss), y in zip(spots, heights, strict=True)
        ]
    )
    text = {
        "iterations": _("The line and the dots are at step {step} of {last}."),
        "epochs": _("The line and the dots are at epoch {step} of {last}."),
    }[clock.unit]
    remarks = [text.format(step=f"{now:,.6g}", last=f"{clock.ticks[-1]:,.6g}")]
    seeds = scene.history.experiment.seeds
    if len(seeds) > 1:
        remarks.append(_("The dots are those of seed {seed}.").format(seed=seeds[0]))
    run, unit, *_others = chart.numbers
    known = {run: [style.name for style, *_rest in spots], unit: [x for _look, x, _loss in spots]}
    numbers = {
        name: np.append(values, known.get(name, [np.nan] * len(spots)))
        for name, values in chart.numbers.items()
    }
    before = np.full(len(chart.numbers[run]), np.nan)
    numbers["loss_at_step"] = np.append(before, [loss for *_rest, loss in spots])
    return chart._replace(figure=figure, numbers=numbers, remarks=(*remarks, *chart.remarks))


def has_fitted_lines(problem: Network | Function) -> bool:
    """Tell whether a run learns a line or curve over one input, with no parameters but w and b."""
    return problem.kind == "network" and problem.layout.units == (1, 1) and problem.n_params == 2


def fitted(scene: Scene) -> Chart:
    """Return the rows, and the line or curve that each run of a scene has learnt in the end.

    Only if ``has_fitted_lines``.
    """
    return _fitted(scene, None)


def fitted_at_step(scene: Scene, step: float | None) -> Chart:
    """Return the rows and every run's line at a step of the clock, over its last one.

    Args:
        scene: as for ``fitted``.
        step: where the clock is; None is the end.
    """
    clock = scene.clock
    tick = clock.at(step)
    text = {
        "iterations": _("Solid: at step {step} of {last}. Dotted: at the end."),
        "epochs": _("Solid: at epoch {step} of {last}. Dotted: at the end."),
    }[clock.unit]
    remark = text.format(step=f"{clock.ticks[tick]:,.6g}", last=f"{clock.ticks[-1]:,.6g}")
    more = (*seed_words(scene.history.experiment), *stopped_words(scene.history))
    return _fitted(scene, tick)._replace(remarks=(remark, *more))


def _fitted(scene: Scene, tick: int | None) -> Chart:
    problem = cast("Network", scene.history.experiment.problem)
    rows = data(scene.history.experiment)
    inputs = rows.training_inputs[:, 0]
    targets = np.asarray(rows.training_targets, dtype=float).reshape(len(inputs), -1)[:, 0]
    air = 0.08 * float(np.ptp(inputs) or 1.0)
    at = np.linspace(inputs.min() - air, inputs.max() + air, 101)

    def lines(records: Sequence[int]) -> list[Array]:
        weights = [(t.x[one], t.y[one]) for t, one in zip(scene.trails, records, strict=True)]
        return list(predictions(problem, np.array(weights), at[:, None])[:, 0])

    ends = lines([-1] * len(scene.trails))
    now = [] if tick is None else lines([int(own[tick]) for own in scene.clock.records])
    return fitted_lines(inputs, targets, ends, scene.styles, at, now)


def seen_window(page: SurfacesPage) -> tuple[float, float, float, float] | None:
    """Return the visible part of the surface; None is all of it."""
    return cast("tuple[float, float, float, float] | None", page.window)  # it has four numbers


def distances(scene: Scene) -> Chart:
    """Return the chart of every run's distance from the plane."""
    chart = plane_distances(scene.trails, scene.distances, scene.clock.unit)
    return _with_remarks(chart, *scene_words(scene), *stopped_words(scene.history))


def have_rates(history: History) -> bool:
    """Tell whether effective learning rates are known of some run, which may end at its start."""
    runs = zip(history.runs, history.experiment.runs, strict=True)
    return any(run.last_step[0] and not isinstance(spec.optimizer, TypedRule) for run, spec in runs)


def rates(scene: Scene, page: SurfacesPage) -> Chart:
    """Return the chart of two parameters' effective learning rates over every run."""
    experiment, unit = scene.history.experiment, scene.clock.unit
    which = seen_parameters(experiment.problem, page)
    names = parameter_names(experiment.problem)
    lines = []
    for position, (run, style) in enumerate(zip(scene.history.runs, scene.styles, strict=True)):
        last = int(run.last_step[0])
        if last == 0 or isinstance(experiment.runs[position].optimizer, TypedRule):
            continue
        steps, values = effective_learning_rates(
            experiment, position, experiment.seeds[0], which, last
        )
        lines.append((style, steps / (run.per_epoch if unit == "epochs" else 1), values))
    chart = effective_rates(lines, [names[one] for one in which], unit)
    remarks = (*seed_words(experiment), *stopped_words(scene.history), *no_rates_words(experiment))
    return _with_remarks(chart, *remarks)


def confident_and_wrong() -> Chart:
    """Return the chart of both losses of a sigmoid, and their slopes, on one row of class 1."""
    return two_losses(sigmoid_losses(_LOGITS))


def missing_charts(document: Document) -> dict[str, str]:
    """Return, by id, why other charts of the pages are not among these."""
    problem = document.experiment.problem
    missing = {
        "rates": _("Learning-rate sensitivity needs training runs of its own."),
        "sharpness": _(
            "Sharpness is measured in a training of its own. Export it from the Compare page."
        ),
    }
    if not isinstance(document.view.page, SurfacesPage):
        return missing
    missing["one_parameter"] = _(
        "It shows a single step of one run. Export it from the Surfaces page."
    )
    if has_fitted_lines(problem) and document.experiment.problem.score == "accuracy":
        missing["two_losses"] = _(
            "It is the same for every comparison. Export it from the Surfaces page."
        )
    return missing


def chart_title(name: str, document: Document) -> str:
    """Return the title of a chart of ``comparison_charts`` or ``missing_charts``."""
    titles = {
        "fits": _("Fits"),
        "surface": _("Loss surface"),
        "surface_2": _("Loss surface under the other loss"),
        "relief": _("Loss surface in three dimensions"),
        "relief_2": _("Loss surface in three dimensions, under the other loss"),
        "plane_distance": _("Distance from the plane"),
        "effective_learning_rate": _("Effective learning rates"),
        "rates": _("Learning-rate sensitivity"),
        "one_parameter": _("One parameter"),
        "fitted_lines": _("Fitted lines"),
        "two_losses": _("Confident and wrong"),
    }
    if name in titles:
        return titles[name]
    ids = {"loss": document.view.quantity, "score": document.experiment.problem.score}
    return label("quantity", str(ids.get(name, name)))
