"""The tabs that show where a sweep's settings end: map, curves, parallel coordinates and table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from charts.parallel import parallel_alt, parallel_remarks
from comparison.sweep.charts import RATE, curves_chart, map_chart, rate_curves_of
from comparison.sweep.coordinates import (
    brushes,
    coordinates,
    coordinates_chart,
    kept_by_page,
    trained,
)
from comparison.sweep.table import settings_table
from comparison.words.sweeps import table_words
from language import _
from sweeps.dimensions import dimension
from ui.shell.binding import reporting
from ui.shell.figure import figure, offer
from ui.shell.store import set_page
from ui.shell.tables import rate_table
from ui.shell.text import escaped
from ui.sweep.controls import held_controls, quantity_control, side_controls
from ui.sweep.exports import lanes_files
from ui.sweep.parallel import parallel_canvas

if TYPE_CHECKING:
    from comparison.sweep.look import Look
    from exports.printed import Contract

_ROWS: Final = 10_000  # of the table that is sent to the browser


def map_tab(look: Look, caption: Contract) -> None:
    """Show the map over two fields."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        quantity_control(look)
        side_controls(look)
        held_controls(look)
    with st.container(key="sweep-map-place"):  # as wide as its numbers need, see style.css
        chart = figure(lambda: map_chart(look), "sweep-map", caption, pick=pick)
    if chart is not None:
        st.caption(" · ".join(map(escaped, chart.remarks)))


def curves_tab(look: Look, caption: Contract) -> None:
    """Show the final loss of every run against the learning rate."""
    if dimension(look.spec, RATE) is None:
        st.info(_("The curves are drawn against the learning rate: add an axis of it."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        held_controls(look)
    found = rate_curves_of(look)
    if not found.curves:
        st.info(_("Nothing is trained yet."))
        return
    chart = figure(lambda: curves_chart(look, found), "sweep-curves", caption, pick=pick)
    if chart is not None:
        st.caption(" · ".join(map(escaped, chart.remarks)))
    styles = [look.styles[position] for position in found.runs]
    rate_table(found.curves, styles, "sweep-best-rates")


def parallel_tab(look: Look, caption: Contract) -> None:
    """Show a line for every setting through all its values; what is brushed filters all tabs."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        quantity_control(look)
        held_controls(look)
    rows = trained(look)
    if not rows.any():
        st.info(_("Nothing is trained yet."))
        return
    axes, told = coordinates(look, rows), brushes(look)
    parallel_canvas(
        axes,
        told,
        lambda changed: set_page(brushes=kept_by_page(changed)),
        "sweep-parallel",
        parallel_alt(axes, told),
        is_higher_better=look.is_higher_better,
    )
    offer(lambda: coordinates_chart(look), "sweep-parallel", caption)
    remarks = parallel_remarks(axes, told, is_higher_better=look.is_higher_better)
    st.caption(" · ".join(map(escaped, remarks)))


def table_tab(look: Look, _caption: Contract) -> None:
    """Show a row for every setting of the problem, the best first."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        quantity_control(look)
        held_controls(look)
    table = settings_table(look)
    shown = table.head(_ROWS)

    def pick_row(chosen: dict[str, Any]) -> None:
        rows = chosen["selection"]["rows"]
        if rows:
            pick(int(shown.index[rows[0]]))

    reporting(
        st.dataframe,
        shown,
        event="select",
        selection_mode="single-row",
        key="sweep-table",
        report=pick_row,
        width="stretch",
        height=420,
        hide_index=True,
        placeholder="–",
        column_config={
            title: st.column_config.NumberColumn(format="%.4g")
            for title in shown.select_dtypes("float").columns
        },
        alt=_("The settings of the sweep, one row each, the best first."),
    )
    st.caption(table_words(len(shown), len(table), len(look.spec.settings)))
    lanes_files(look)


def pick(setting: int) -> None:
    """Show a setting in full."""
    set_page(setting=setting)
