"""The first tab: the loss of every run while it trains and afterwards, and where each ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from comparison.catalogue import losses
from comparison.edits import change_view
from comparison.offers import axes, quantities
from language import _
from language.labels import label
from ui.compare.results import results_table
from ui.compare.smoothing import smoothing_choice
from ui.shell.binding import bound
from ui.shell.figure import figure, sketch
from ui.shell.store import document, edit, styles
from ui.shell.text import escaped
from ui.shell.training import last_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart, RunStyle
    from engine import History
    from ui.compare.comparison import Comparison
    from ui.shell.training import Outcome


def loss_tab(comparison: Comparison) -> None:
    """Show the loss, growing while the runs train, beside a table of where they ended."""
    _view_switches()
    grid = st.grid(2, min_column_width=400)
    left, right = grid.empty(), grid.cell()
    before = last_outcome()

    def draw(history: History) -> None:
        with left.container():
            key = f"growing-{history.seconds:.3f}"
            sketch(lambda: _growing_chart(history, styles(), before), key, "loss")

    shown = comparison.train(draw)
    if shown is None:
        return
    with left.container():
        remarks(_final_chart(shown))
    with right:
        results_table(shown.history, shown.styles, full=False)


def remarks(chart: Chart | None) -> None:
    """Say below a chart what it leaves out."""
    if chart is not None and chart.remarks:
        st.caption(" ".join(map(escaped, chart.remarks)))


def _final_chart(shown: Outcome) -> Chart | None:
    """Show the loss chart of a training that has ended; that of earlier settings is dimmed."""

    def make() -> Chart:
        chart = _loss_chart(shown.history, shown.styles)
        if shown.stale:
            chart.figure.update_traces(opacity=0.3)
        return chart

    return sketch(make, "loss", "loss") if shown.stale else figure(make, "loss")


def _growing_chart(
    history: History, run_styles: Sequence[RunStyle], before: Outcome | None
) -> Chart:
    """Return the loss chart of a training under way, over the dimmed lines of the last result."""
    chart = _loss_chart(history, run_styles)
    if before is not None:
        old = _loss_chart(before.history, before.styles).figure
        dimmed = [trace.update(opacity=0.2, hoverinfo="skip") for trace in old.data]
        chart.figure.add_traces(dimmed)
    return chart


def _loss_chart(history: History, run_styles: Sequence[RunStyle]) -> Chart:
    """Return the loss chart as the view asks for it."""
    view = document().view
    return losses(
        history, run_styles, view.quantity, view.axis, log=view.log, smoothing=view.smoothing
    )


def _view_switches() -> None:
    """Choose which loss is drawn, against what, and how."""
    now = document()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _switch(_("Loss"), "quantity", quantities(now.experiment), now.view.quantity)
        _switch(_("Axis"), "axis", axes(now), now.view.axis)
        bound(
            st.toggle,
            _("Logarithmic"),
            key="log",
            shown=now.view.log,
            report=lambda on: edit(change_view, log=on),
        )
        smoothing_choice()


def _switch(title: str, field: str, options: Sequence[str], value: str) -> None:
    bound(
        st.segmented_control,
        title,
        options,
        format_func=partial(label, "quantity"),
        key=field,
        shown=value,
        report=lambda chosen: edit(change_view, **{field: chosen}),
        required=True,
        label_visibility="collapsed",
    )
