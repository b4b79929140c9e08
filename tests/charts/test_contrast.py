"""Words can be read: text about a run has 4.5 : 1 on both pages, whatever the run's colour."""

import re

import numpy as np
import pytest

from charts.curves import loss_curves
from charts.differences import error_curves, gradient_times
from charts.fits import Panel, fit_panels, slice_of
from charts.overfitting import two_losses as losses_of_epochs
from charts.steps import Tangent, effective_rates, one_parameter, two_losses
from charts.surfaces import Field, Trail, contour, panels
from charts.theme import COLOURS, RunStyle
from engine import Budget, Experiment, Run, data, fit, sigmoid_losses
from engine.analysis.overfitting import judged
from engine.backprop.differences import NetworkCheck, error_curve
from engine.formulas.formula import parse
from engine.rules import SGD
from tests.charts.test_theme import THEME, contrast

STYLES = [RunStyle(f"run {number}", number, selected=number == 0) for number in range(3)]
CURVE = np.linspace(-2.0, 2.0, 9)


def curves():
    runs = [Run(optimizer=SGD(), learning_rate=rate) for rate in (0.1, 0.5, 1e7)]
    history = fit(Experiment(runs=runs, budget=Budget(amount=2)))
    params = [history.runs[0].params[0, 0], None, None]
    fits = [Panel(style, own) for style, own in zip(STYLES, params, strict=True)]
    problem = history.experiment.problem
    yield loss_curves(history, STYLES, "training_loss", "epochs", log=True)
    yield fit_panels(problem, slice_of(data(history.experiment), (0, 1)), fits, "epoch 0")


def of_steps():
    step = Tangent(1.0, 1.0, 2.0, 0.5, 0.25, ("slope of the mini-batch", 1.0))
    yield one_parameter(CURVE, CURVE**2, step, STYLES[1], "w")
    yield two_losses(sigmoid_losses(CURVE))
    rates = [(style, CURVE, np.ones((9, 2))) for style in STYLES]
    yield effective_rates(rates, ["w", "b"], "iterations")


def of_surfaces():
    field = Field(CURVE, CURVE, CURVE[:, None] ** 2 + CURVE**2)
    trails = [Trail(style, CURVE, CURVE, CURVE, CURVE, "iterations") for style in STYLES]
    yield contour(field, trails)
    yield panels(field, trails)


def of_one_run():
    losses = judged(np.exp(-CURVE), np.cosh(CURVE))
    yield losses_of_epochs(losses, 6, log=True)
    yield error_curves(error_curve(parse("x^3"), {"x": 1.0}, "x"), "x", {})
    checks = [NetworkCheck(n, 4, CURVE, CURVE, 2 * n, 1e-3, n * 1e-3) for n in (10, 100)]
    yield gradient_times(checks)


def words(chart):
    """The texts that have letters, and their colours; None is the page's."""
    for note in chart.figure.layout.annotations:
        text = re.sub(r"<span[^>]*>[^<]*</span>", "", note.text)
        if re.search(r"\w", text):
            yield text, note.font.color
    for trace in chart.figure.data:
        if "text" in (getattr(trace, "mode", None) or ""):
            yield str(trace.text), trace.textfont.color


@pytest.mark.parametrize("make", [curves, of_steps, of_surfaces, of_one_run])
def test_what_is_written_about_a_run_has_a_colour_that_can_be_read_on_both_pages(make):
    for chart in make():
        written = list(words(chart))
        assert written
        for text, colour in written:
            if colour is not None:
                for page in ("light", "dark"):
                    assert contrast(colour, THEME[page]["backgroundColor"]) >= 4.5, text


@pytest.mark.parametrize("page", ["light", "dark"])
def test_the_colour_of_the_page_itself_can_be_read(page):
    assert contrast(THEME[page]["textColor"], THEME[page]["backgroundColor"]) >= 4.5
    assert min(contrast(colour, THEME[page]["backgroundColor"]) for colour in COLOURS) < 4.5
