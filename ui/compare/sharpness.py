"""The tab that measures sharpness along the training, beside each run's edge of stability."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.catalogue import sharpness_over_loss
from comparison.words.errors import explain
from comparison.words.sharpness import (
    every_words,
    limits_of_claims,
    price_words,
    sharpness_words,
)
from engine import InvalidInput, estimate_sharpness
from engine.analysis.sharpness import usual_every
from language import _
from language.labels import label
from ui.compare.comparison import after_training
from ui.compare.loss import axis_switch, remarks
from ui.compare.settings import settings
from ui.shell.binding import bound
from ui.shell.figure import figure, sketch
from ui.shell.presentation import is_presented
from ui.shell.store import document, set_page
from ui.shell.text import escaped
from ui.shell.training import Place, measured

if TYPE_CHECKING:
    from charts.theme import Chart
    from engine import Experiment, Sharpness
    from ui.shell.training import Outcome

_SHOWN: Final = ("sharpness", "step_share")
_STOPS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)  # a link may ask for any other number


@after_training
def sharpness_tab(shown: Outcome) -> None:
    """Measure the runs, show how sharp the loss is where they go, and the loss below it."""
    experiment = shown.history.experiment
    every = settings().sharpness_every or usual_every(experiment)
    _controls(experiment, every)
    if shown.stale:
        st.info(_("These settings have not been trained yet."))
        return
    try:
        price = estimate_sharpness(experiment, every)
    except InvalidInput as error:
        st.error(explain(error))
        return
    if not is_presented():
        st.caption(price_words(price))
    status, place, below = st.container(), Place(st.container()), st.container()

    def draw(so_far: Sharpness) -> None:
        with place.growing():
            points = sum(len(run.steps) for run in so_far.runs)
            sketch(lambda: _charts(so_far, shown)[0], f"growing-{points}", _chart_id())

    with status:
        found = measured(experiment, every, "sharpness", draw)
    if found is None:
        return
    both = cache(lambda: _charts(found, shown))
    with place.settled():
        chart = figure(lambda: both()[0], _chart_id())
    with below:
        if is_presented():
            remarks(chart)
            return
        st.markdown("  \n".join(map(escaped, sharpness_words(found, shown.styles))))
        remarks(chart)
        st.caption(" ".join(map(escaped, limits_of_claims(experiment))))
        remarks(figure(lambda: both()[1], "training_loss"))


def _charts(found: Sharpness, shown: Outcome) -> tuple[Chart, Chart]:
    """Return the chart of a measurement, and that of the loss below it."""
    view = document().view
    return sharpness_over_loss(found, shown.history, shown.styles, settings().sharpness, view)


def _chart_id() -> str:
    """Return what names the chart, by what is drawn."""
    return settings().sharpness


def _controls(experiment: Experiment, every: int) -> None:
    """Choose what is drawn, against what, and how often it is measured."""
    stops = sorted({*_STOPS, usual_every(experiment), every})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        bound(
            st.segmented_control,
            label("field", "sharpness"),
            _SHOWN,
            format_func=partial(label, "quantity"),
            key="sharpness-shown",
            shown=settings().sharpness,
            report=lambda chosen: set_page(sharpness=chosen),
            required=True,
            label_visibility="collapsed",
        )
        axis_switch(with_log=True)
        bound(
            st.selectbox,
            label("field", "sharpness_every"),
            stops,
            format_func=partial(every_words, experiment),
            key="sharpness-every",
            shown=every,
            report=lambda chosen: set_page(sharpness_every=chosen),
            among=stops,
            label_visibility="collapsed",
            width=230,
        )
