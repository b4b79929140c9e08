"""Which charts a comparison has: one list for the bundle of the page and of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from charts.curves import full_gradient_curves, loss_curves, norm_curves, score_curves
from charts.fits import fit_panels
from engine import data, gradient_norms
from language import _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart, Look
    from engine import Function, History, Network, RunHistory
    from engine.arrays import Array
    from files.document import Document, View


def comparison_charts(history: History, looks: Sequence[Look], view: View) -> dict[str, Chart]:
    """Return the charts of a comparison that need no training beyond its own, by their ids.

    Loss and axis are those of the view, fits those of the last epoch.
    """
    charts = {
        "loss": loss_curves(history, looks, view.quantity, view.axis, log=view.log),
        "full_gradient_norm": full_gradient_curves(
            history, looks, gradient_norms(history), view.axis
        ),
        "batch_gradient_norm": norm_curves(history, looks, "batch_gradient_norm", view.axis),
        "update_norm": norm_curves(history, looks, "update_norm", view.axis),
    }
    if history.experiment.problem.kind == "network":
        charts["score"] = score_curves(history, looks, view.axis)
    if can_be_drawn(history.experiment.problem):
        charts["fits"] = fits(history, looks, fit_epochs(history)[-1])[0]
    return charts


def chart_title(name: str, document: Document) -> str:
    """Return what a chart of ``comparison_charts`` is called."""
    if name == "fits":
        return _("Fits")
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
    params = [params_at(run, epoch) for run in history.runs]
    network = cast("Network", history.experiment.problem)  # ``can_be_drawn`` was asked first
    return fit_panels(network, data(history.experiment), params, looks, caption), caption


def params_at(run: RunHistory, epoch: float) -> Array | None:
    """Return the first seed's parameters at an epoch; None where it has diverged by then."""
    last = int(run.last_step[0])
    step = round(epoch * run.per_epoch)
    if run.status[0] == "diverged" and step >= last:
        return None
    position = int((run.params_steps <= min(step, last)).sum()) - 1
    params: Array = run.params[0, position]
    return params
