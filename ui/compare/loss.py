"""The first tab: the loss of every run while it trains and afterwards, and where each ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.catalogue import losses
from language import _
from language.labels import label
from ui.compare.results import results_table
from ui.shell.figure import figure, sketch
from ui.shell.session import change_view, document, has_validation_rows, styles
from ui.shell.text import escaped
from ui.shell.training import last_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart, RunStyle
    from comparison.document import Document
    from engine import Experiment, History
    from ui.compare.comparison import Comparison
    from ui.shell.training import Outcome

_AXES = ("epochs", "iterations", "rows_seen", "seconds")


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
    return losses(history, run_styles, view.quantity, view.axis, log=view.log)


def _view_switches() -> None:
    """Choose which loss is drawn, against what, and how."""
    now = document()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _switch(_("Loss"), "quantity", _losses(now.experiment), now.view.quantity)
        _switch(_("Axis"), "axis", _axes(now), now.view.axis)
        st.session_state["log"] = now.view.log
        st.toggle(
            _("Logarithmic"), key="log", on_change=lambda: change_view(log=st.session_state["log"])
        )


def _axes(now: Document) -> tuple[str, ...]:
    """Return the axes to choose from: a test function has no rows, whatever a link asks for."""
    if now.experiment.problem.kind == "network" or now.view.axis == "rows_seen":
        return _AXES
    return tuple(axis for axis in _AXES if axis != "rows_seen")


def _losses(experiment: Experiment) -> tuple[str, ...]:
    """Return the losses to choose from: no validation loss without validation rows."""
    if has_validation_rows(experiment):
        return ("training_loss", "validation_loss", "batch_loss")
    return ("training_loss", "batch_loss")


def _switch(title: str, field: str, options: Sequence[str], value: str) -> None:
    st.session_state[field] = value
    st.segmented_control(
        title,
        options,
        format_func=label,
        key=field,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: change_view(**{field: st.session_state[field]}),
    )
