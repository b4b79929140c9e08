"""The one door through which every chart reaches a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from charts.theme import Chart


def figure(chart: Chart, key: str) -> None:
    """Show a chart; its camera button saves it as SVG under a sensible name."""
    st.plotly_chart(
        chart.figure,
        width="stretch",
        key=f"chart-{key}",
        alt=chart.alt,
        config={
            "displaylogo": False,
            "showSendToCloud": False,
            "toImageButtonOptions": {"format": "svg", "filename": key},
        },
    )
