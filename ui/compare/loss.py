"""The first tab: the loss of every run while it trains and afterwards, and where each ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from comparison.before import are_comparable, changed_runs, with_lines_before
from comparison.catalogue import losses
from comparison.edits import change_view
from comparison.fits import shows_all
from comparison.offers import axes, quantities
from language import _, current_language
from language.labels import inline, label
from ui.compare.fits import beside, fits_beside, fits_words, seen_slice
from ui.compare.results import results_table
from ui.compare.smoothing import smoothing_choice
from ui.shell.binding import bound, folded
from ui.shell.figure import figure, sketch
from ui.shell.navigation import let_it_be_sent
from ui.shell.presentation import is_presented
from ui.shell.store import document, edit, styles
from ui.shell.text import escaped
from ui.shell.training import Place, forget_before, last_outcome, outcome_before

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Chart, RunStyle
    from engine import History
    from ui.compare.comparison import Comparison
    from ui.shell.training import Outcome


_DRAWN_BEFORE: Final = "loss-chart-before"


def loss_tab(comparison: Comparison) -> None:
    """Show the loss, growing while the runs train, beside what they learn, above a table."""
    if not is_presented():
        view_switches()
    is_drawable = shows_all(document().experiment.problem) and not is_presented()
    grid = st.grid(9 if is_drawable else 5, min_column_width=74)
    place = Place(grid.cell(column_span=5))
    right = grid.cell(column_span=4) if is_drawable else None
    below = st.container()
    before = last_outcome()

    def draw(history: History) -> None:
        with place.growing():
            key = f"growing-{history.seconds:.3f}"
            sketch(lambda: _growing_chart(history, styles(), before), key, "loss")

    shown = comparison.train(draw)
    if shown is None:
        return
    with place.settled():
        _final_chart(shown)
    let_it_be_sent()
    with below:
        if right is not None and beside(shown):
            cut = seen_slice(shown)
            with right:
                fits_beside(shown, cut)
            fits_words(shown, cut)
        if not is_presented():
            results_table(shown.history, shown.styles, full=False)


def remarks(chart: Chart | None) -> None:
    """Say below a chart what it leaves out."""
    if chart is not None and chart.remarks:
        st.caption(" ".join(map(escaped, chart.remarks)))


def _final_chart(shown: Outcome) -> None:
    """Show the loss chart of a training that has ended; that of earlier settings is dimmed."""
    earlier = None if shown.stale else _lines_before(shown)

    def make() -> Chart:
        chart = _loss_chart(shown.history, shown.styles)
        if shown.stale:
            chart.figure.update_traces(opacity=0.3)
        return chart if earlier is None else with_lines_before(chart, *earlier)

    chart = sketch(make, "loss", "loss") if shown.stale else figure(make, "loss")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        remarks(chart)
        if earlier is not None:
            forget = _("Forget the faint lines")
            st.button(forget, key="forget", type="tertiary", on_click=forget_before)


def _lines_before(shown: Outcome) -> tuple[Chart, list[str]] | None:
    """Return the loss chart before the change, and which of its runs were changed."""
    before = outcome_before()
    if before is None:
        return None
    now = shown.history.experiment
    if not are_comparable(before.history.experiment.problem, now.problem):
        forget_before()
        return None
    changed = changed_runs(before.history, before.styles, now, shown.styles)
    if not changed:
        return None
    names = [before.styles[position].name for position in changed]
    return _chart_before(before), names


def _chart_before(before: Outcome) -> Chart:
    """Return the loss chart before the change; it is drawn once, however often runs change."""
    view = document().view
    drawn = before.styles, view.quantity, view.axis, view.log, view.smoothing, current_language()
    kept = st.session_state.get(_DRAWN_BEFORE)
    if kept is None or kept[0] is not before.history or kept[1] != drawn:
        kept = before.history, drawn, _loss_chart(before.history, before.styles)
        st.session_state[_DRAWN_BEFORE] = kept
    chart: Chart = kept[2]
    return chart


def _growing_chart(
    history: History, run_styles: Sequence[RunStyle], before: Outcome | None
) -> Chart:
    """Return the loss chart of a training under way, over the dimmed lines of the last result."""
    chart = _loss_chart(history, run_styles)
    if before is not None:
        old = _loss_chart(before.history, before.styles).figure
        dimmed = [
            trace.update(opacity=0.2, hoverinfo="skip")
            for trace in old.data
            if trace.yaxis in {None, "y"}  # not what is below the losses
        ]
        chart.figure.add_traces(dimmed)
    return chart


def _loss_chart(history: History, run_styles: Sequence[RunStyle]) -> Chart:
    """Return the loss chart as the view asks for it."""
    view = document().view
    return losses(
        history, run_styles, view.quantity, view.axis, log=view.log, smoothing=view.smoothing
    )


def view_switches() -> None:
    """Choose which loss is drawn; folded, against what and how."""
    now = document()
    row = st.container(key="views", horizontal=True, vertical_alignment="center", gap="small")
    with row:
        _switch(_("Loss"), "quantity", quantities(now.experiment), now.view.quantity)
        axis_switch(with_log=True)


def axis_switch(*, with_log: bool = False) -> None:
    """Choose, folded, what the curves are drawn against."""
    now = document()
    title = _("Against {axis}").format(axis=inline("quantity", now.view.axis))
    with folded("axis", title):
        _switch(_("Axis"), "axis", axes(now), now.view.axis)
        if not with_log:
            return
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
