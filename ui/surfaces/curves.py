"""The tabs of one chart each: effective learning rates, distances from the plane, two losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.catalogue import confident_and_wrong, distances, have_rates, rates
from comparison.scenes import scene_words
from comparison.words.remarks import no_rates_words, stopped_words
from language import _
from ui.shell.figure import figure
from ui.shell.text import escaped
from ui.surfaces.planes import parameter_controls
from ui.surfaces.settings import settings

if TYPE_CHECKING:
    from charts.theme import Chart
    from comparison.scenes import Scene


def rates_tab(scene: Scene) -> None:
    """Show the effective learning rate of two parameters over the whole run, of every run."""
    parameter_controls()
    st.caption(
        _(
            "The learning rate times the factor that the optimizer gives each parameter. The"
            " factor is 1 if the optimizer treats all parameters alike; otherwise it is one over"
            " the size of the parameter's own gradients so far. The update is this number times"
            " the gradient, or times whatever takes the gradient's place in the formula, such as"
            " v, g + μv or the corrected mean; weight decay comes on top. At a constant learning"
            " rate, Adagrad's effective rates die out; those of RMSprop and Adam do not."
        )
    )
    if have_rates(scene.history):
        page = settings()
        _remarks(figure(lambda: rates(scene, page), "surfaces-rates"), scene)
    else:
        for sentence in no_rates_words(scene.history.experiment):
            st.caption(sentence)


def distance_tab(scene: Scene) -> None:
    """Show how far every run lies from the plane, step by step."""
    st.caption(
        _(
            "Each path is drawn at the nearest points of the plane. This chart shows how far away"
            " it really is: at 0 it lies in the plane."
        )
    )
    _remarks(figure(lambda: distances(scene), "surfaces-distance"), scene)


def wrong_tab(_scene: Scene) -> None:
    """Show both losses and their slopes at the logit against the predicted probability."""
    st.caption(
        _(
            "One row of class 1. Where the neuron is sure of class 0, it is confident and wrong:"
            " the cross-entropy is large and its slope at the logit is nearly −1, of size 1, while"
            " the slope of the squared error vanishes because the sigmoid is flat there."
        )
    )
    caption = _("one row of class 1; computed from the two losses, nothing was trained")
    figure(confident_and_wrong, "surfaces-wrong", ([caption], []))


def _remarks(chart: Chart | None, scene: Scene) -> None:
    """Say below a chart what it leaves out, unless it stands below the picture already."""
    above = {*scene_words(scene), *stopped_words(scene.history)}
    remarks = [sentence for sentence in chart.remarks if sentence not in above] if chart else []
    if remarks:
        st.caption(" ".join(map(escaped, remarks)))
