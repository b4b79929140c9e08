"""Zooms of charts: kept while a reader changes numbers, until the axes mean something else.

Streamlit mounts a chart anew when its figure changes, and the zoom is gone. So a component reads it
off the chart, and the next one is drawn with it.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from charts.zoom import zoomed
from comparison.words.functions import function_name
from ui.shell.store import document

if TYPE_CHECKING:
    import plotly.graph_objects as go

_KEY: Final = "page-zooms"
_ZOOMS: Final = "zooms"  # by name: what is seen of each axis
_CHARTS: Final = "zoomed-charts"  # by key of a chart: the name of its zoom
_MOST: Final = 100  # zooms that a session keeps
_AXIS: Final = re.compile(r"[xy]axis\d{0,2}")

_zooms = st.components.v2.component(
    "descent_zooms", js=(Path(__file__).parent / "zoom.js").read_text("utf-8")
)


def with_zoom(figure: go.Figure, key: str) -> go.Figure:
    """Return a figure with the zoom that its reader has given to what it shows.

    Args:
        figure: stays as it is.
        key: of the chart whose zoom it is.
    """
    name = _meaning(figure, key)
    st.session_state.setdefault(_CHARTS, {})[key] = name
    part = st.session_state.get(_ZOOMS, {}).get(name)
    return figure if part is None else zoomed(figure, part)


def keep_zooms() -> None:
    """Watch the charts that the page has drawn; to be called after the last of them."""
    kept = st.session_state.get(_ZOOMS, {})
    charts = {
        key: {"name": name, "part": kept.get(name, {})}
        for key, name in st.session_state.get(_CHARTS, {}).items()
    }
    with st.container(key="zooms"):
        _zooms(key=_KEY, data={"charts": charts}, on_zoom_change=_take)


def _meaning(figure: go.Figure, key: str) -> str:
    """Return a name that changes when the axes mean something else.

    A number in a title, of seeds or updates, changes nothing of what the axis is.
    """
    problem = document().experiment.problem
    about = (
        function_name(problem.function)
        if problem.kind == "function"
        else f"{problem.dataset.name} {problem.loss}"
    )
    layout = figure.layout
    axes = [f"{axis.title.text} {axis.type}" for axis in (layout.xaxis, layout.yaxis)]
    return " | ".join([key, about, *(re.sub(r"\d+", "", axis) for axis in axes)])


def _take() -> None:
    told = st.session_state.get(_KEY, {}).get("zoom")
    if told is None:  # a late message of a page that is no longer shown
        return
    part = _valid(told.get("part"))
    kept = st.session_state.setdefault(_ZOOMS, {})
    kept.pop(told.get("name"), None)
    if part:
        kept[str(told["name"])] = part
    while len(kept) > _MOST:
        del kept[next(iter(kept))]


def _valid(told: Any) -> dict[str, tuple[float, float]]:
    """Return the axes of what a browser told that can be drawn."""
    return {
        name: (float(low), float(high))
        for name, (low, high) in dict(told).items()
        if _AXIS.fullmatch(name) and math.isfinite(low) and math.isfinite(high) and low != high
    }
