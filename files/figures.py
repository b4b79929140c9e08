"""Which charts a comparison has: one list for the bundle and report of a page and of the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import plotly.graph_objects as go

from charts.curves import full_gradient_curves, loss_curves, norm_curves, score_curves
from charts.fits import fit_panels
from charts.steps import effective_rates, plane_distances
from charts.surfaces import contour, panels, relief
from engine import data, effective_learning_rates, gradient_norms, parameter_names
from files.pages import SurfacesPage
from files.remarks import bin_words, coarse_words, seconds_words, stopped_words, thinning_words
from files.scenes import scene_words, seed_words, seen_parameters
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart, Look
    from engine import Function, History, Network
    from engine.arrays import Array
    from files.document import Document, View
    from files.scenes import Scene

NORMS: Final = ("full_gradient_norm", "batch_gradient_norm", "update_norm")
_TO_COME: Final = 0.25  # opacity of what a clock has not reached


def comparison_charts(
    history: History, looks: Sequence[Look], view: View, scenes: Sequence[Scene] = ()
) -> dict[str, Chart]:
    """Return the charts of a comparison that need no training beyond its own, by their ids.

    "loss" and axis are those of the view, fits those of the last epoch, surfaces those of the
    scenes.
    """
    axis = scenes[0].clock.unit if scenes else view.axis  # as the page of surfaces draws them
    charts = surface_charts(scenes, view) | {
        "loss": losses(history, looks, view.quantity, axis, log=view.log),
        **{name: norms(history, looks, name, axis) for name in NORMS},
    }
    for quantity in ("training_loss", "validation_loss"):
        if quantity != view.quantity and getattr(history.runs[0], quantity) is not None:
            charts[quantity] = losses(history, looks, quantity, axis, log=view.log)
    if history.experiment.problem.kind == "network":
        charts["score"] = score(history, looks, axis)
    if can_be_drawn(history.experiment.problem):
        charts["fits"] = fits(history, looks, fit_epochs(history)[-1])[0]
    return charts


def losses(
    history: History, looks: Sequence[Look], quantity: str, axis: str, *, log: bool
) -> Chart:
    """Return a loss of every run, and in words what is not all of it."""
    said = (*bin_words(history, quantity), *_line_words(history, axis))
    return loss_curves(history, looks, quantity, axis, log=log)._replace(said=said)


def norms(history: History, looks: Sequence[Look], name: str, axis: str) -> Chart:
    """Return one of ``NORMS`` of every run, and in words what is not all of it."""
    if name == "full_gradient_norm":
        chart = full_gradient_curves(history, looks, gradient_norms(history), axis)
        return chart._replace(said=_line_words(history, axis))
    said = (*bin_words(history, name), *_line_words(history, axis))
    return norm_curves(history, looks, name, axis)._replace(said=said)


def score(history: History, looks: Sequence[Look], axis: str) -> Chart:
    """Return accuracy or R^2 of every run, and in words on which rows."""
    is_validated = history.runs[0].validation_score is not None
    said = _("On the validation rows.") if is_validated else _("On the training rows.")
    binned = bin_words(history, "validation_score" if is_validated else "training_score")
    said_all = (said, *binned, *_line_words(history, axis))
    return score_curves(history, looks, axis)._replace(said=said_all)


def _line_words(history: History, axis: str) -> tuple[str, ...]:
    """Return what lines of a training do not tell of themselves."""
    return *thinning_words(history), *seconds_words(history, axis), *stopped_words(history)


def surface_charts(scenes: Sequence[Scene], view: View) -> dict[str, Chart]:
    """Return what the Surfaces page shows of whole runs."""
    charts: dict[str, Chart] = {}
    page = view.page
    if not isinstance(page, SurfacesPage) or not scenes:
        return charts
    for number, scene in enumerate(scenes, 1):
        ending = "" if number == 1 else f"_{number}"
        above = surface_from_above(scene, page)
        charts[f"surface{ending}"] = at_step(above, scene, page.step)
        if page.relief:
            charts[f"relief{ending}"] = at_step(surface_in_relief(scene, page), scene, page.step)
    if scenes[0].history.experiment.problem.n_params > 2:
        charts["plane_distance"] = distances(scenes[0])
    if any(run.last_step[0] for run in scenes[0].history.runs):  # a run may end where it starts
        charts["effective_learning_rate"] = rates(scenes[0], page)
    return charts


def surface_from_above(scene: Scene, page: SurfacesPage) -> Chart:
    """Return contours with every run's path, in one picture or one panel per run."""
    draw = panels if page.panels else contour
    chart = draw(scene.field, scene.trails, _window(page))
    return chart._replace(said=_all_words(scene, page))


def surface_in_relief(scene: Scene, page: SurfacesPage) -> Chart:
    """Return the surface in three dimensions."""
    chart = relief(scene.field, scene.trails, _window(page), page.camera)
    return chart._replace(said=_all_words(scene, page))


def _all_words(scene: Scene, page: SurfacesPage) -> tuple[str, ...]:
    return *scene_words(scene), *coarse_words(scene, page), *stopped_words(scene.history)


def at_step(chart: Chart, scene: Scene, step: float | None) -> Chart:
    """Return a picture of a scene's paths as its clock shows it: what is to come is faded.

    Args:
        chart: one line per run, in their order, as ``contour``, ``panels`` and ``relief`` draw it.
        scene: what it shows.
        step: where the clock stands; None is at the end, where nothing is to come.
    """
    clock = scene.clock
    tick = clock.at(step)
    if tick == len(clock.ticks) - 1:
        return chart
    figure = go.Figure(chart.figure)
    paths = [trace for trace in figure.data if "lines" in (getattr(trace, "mode", None) or "")]
    so_far: list[dict[str, Any]] = []
    for path, places in zip(paths, clock.places, strict=True):
        walked = path.to_plotly_json()
        head = {}
        for name in [name for name in ("x", "y", "z", "customdata") if name in walked]:
            walked[name] = walked[name][: places[tick] + 1]
            head[name] = walked[name][-1:]
        dot = {"color": path.line.color, "size": 4 if path.type == "scatter3d" else 11}
        so_far += [walked, walked | head | {"mode": "markers", "marker": dot, "showlegend": False}]
        path.update(opacity=_TO_COME, showlegend=False)
    figure.add_traces(so_far)
    text = {
        "iterations": _("At step {step} of {last}; what comes later is faded."),
        "epochs": _("At epoch {step} of {last}; what comes later is faded."),
    }[clock.unit]
    said = text.format(step=f"{clock.ticks[tick]:,.6g}", last=f"{clock.ticks[-1]:,.6g}")
    return chart._replace(figure=figure, said=(said, *chart.said))


def _window(page: SurfacesPage) -> tuple[float, float, float, float] | None:
    return cast("tuple[float, float, float, float] | None", page.window)  # it has four numbers


def distances(scene: Scene) -> Chart:
    """Return how far every run lies from the plane, step by step."""
    chart = plane_distances(scene.trails, scene.distances, scene.clock.unit)
    return chart._replace(said=(*scene_words(scene), *stopped_words(scene.history)))


def rates(scene: Scene, page: SurfacesPage) -> Chart:
    """Return the effective learning rate of two parameters over the whole of every run."""
    experiment, unit = scene.history.experiment, scene.clock.unit
    which = seen_parameters(experiment.problem, page)
    names = parameter_names(experiment.problem)
    lines = []
    for position, (run, look) in enumerate(zip(scene.history.runs, scene.looks, strict=True)):
        last = int(run.last_step[0])
        if last == 0:
            continue
        steps, values = effective_learning_rates(
            experiment, position, experiment.seeds[0], which, last
        )
        lines.append((look, steps / (run.per_epoch if unit == "epochs" else 1), values))
    chart = effective_rates(lines, [names[one] for one in which], unit)
    return chart._replace(said=(*seed_words(experiment), *stopped_words(scene.history)))


def missing_charts(document: Document) -> dict[str, str]:
    """Return the charts of the pages that are not among these, by their ids, each with why not."""
    problem = document.experiment.problem
    missing = {"rates": _("The learning-rate sensitivity needs trainings of its own.")}
    if not isinstance(document.view.page, SurfacesPage):
        return missing
    missing["one_parameter"] = _("It shows one step of one run; the Surfaces page exports it.")
    if problem.kind == "network" and problem.layout.units == (1, 1) and problem.bias:
        missing["fitted_lines"] = _("They move with the clock; the Surfaces page exports them.")
        if problem.dataset.task == "classification":
            missing["two_losses"] = _("It is the same for all; the Surfaces page exports it.")
    return missing


def chart_title(name: str, document: Document) -> str:
    """Return what a chart of ``comparison_charts`` or ``missing_charts`` is called."""
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
    return label(str(ids.get(name, name)))


def can_be_drawn(problem: Network | Function) -> bool:
    """Tell whether there is a plane of two features with classes, or a curve over one."""
    if problem.kind == "function" or problem.dataset.n_features > 2:
        return False
    return problem.dataset.n_features == 1 or problem.dataset.task == "classification"


def fit_epochs(history: History) -> list[float]:
    """Return the epochs at which the parameters of a run were kept."""
    return sorted(
        {float(step) / run.per_epoch for run in history.runs for step in run.params_steps}
    )


def fits(history: History, looks: Sequence[Look], epoch: float) -> tuple[Chart, str]:
    """Return what every run has learnt by an epoch, and in words which epoch and seed that is."""
    caption = _("epoch {epoch}").format(epoch=f"{epoch:.6g}")
    seeds = history.experiment.seeds
    if len(seeds) > 1:
        caption += ", " + _("seed {seed}").format(seed=seeds[0])
    params = [params_at(history, position, epoch) for position in range(len(history.runs))]
    network = cast("Network", history.experiment.problem)  # ``can_be_drawn`` was asked first
    chart = fit_panels(network, data(history.experiment), params, looks, caption)
    return chart._replace(said=(*chart.said, *stopped_words(history))), caption


def params_at(history: History, position: int, epoch: float) -> Array | None:
    """Return a run's first seed's parameters at an epoch; None where it has diverged by then."""
    run, diverged = history.runs[position], history.divergence(position, 0)
    step = round(epoch * run.per_epoch)
    if diverged is not None and step >= diverged.step:
        return None
    kept = int((run.params_steps <= min(step, int(run.last_step[0]))).sum()) - 1
    params: Array = run.params[0, kept]
    return params
