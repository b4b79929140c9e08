"""Charts for a projector: large type, thick lines, and as high as the screen has room for."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go

from charts.lines import respaced

FONT: Final = 18  # pixels of numbers and titles at the axes
_SMALLEST: Final = 16  # of any text
_THICKER: Final = 1.8  # times a line's width on a desk
_LARGER: Final = 1.25  # times a text's or a mark's size there
_LABEL: Final = 22  # pixels from one name beside a plot to the next
_LOWEST: Final = 180  # pixels of a plot on 1280 x 720 at 150 %
_TYPE: Final = 14  # pixels of a text that names no size


def enlarged(shown: go.Figure) -> go.Figure:
    """Return a figure for a projector; what it shows is the same, down to its zoom."""
    figure = go.Figure(shown)
    layout = figure.layout
    layout.update(height=None, autosize=True, font={"size": FONT})
    layout.margin.update(r=(layout.margin.r or 0) * _LARGER)
    if layout.legend.font.size:
        layout.legend.font.size = _size(layout.legend.font.size)
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        axis.update(tickfont={"size": _SMALLEST}, title={"font": {"size": FONT}})
    for axis in figure.select_yaxes():  # as long as the axis is high, at most
        axis.title.text = axis.title.text and axis.title.text.replace(" (", "<br>(")
    for note in layout.annotations:
        note.font.size = _size(note.font.size)
        note.update(xshift=(note.xshift or 0) * _LARGER, yshift=(note.yshift or 0) * _LARGER)
    respaced(figure, _LOWEST, _LABEL)
    for trace in figure.data:
        _enlarge(trace)
    return figure


def _size(size: float | None) -> float:
    return max(_SMALLEST, (size or _TYPE) * _LARGER)


def _enlarge(trace: Any) -> None:
    """Make a trace's lines thicker, and its marks and texts larger."""
    if trace.type not in {"scatter", "bar"}:
        return
    if trace.type == "scatter" and trace.line.width:
        trace.line.width *= _THICKER
    if trace.textfont.size:
        trace.textfont.size = _size(trace.textfont.size)
    if trace.type == "scatter" and isinstance(trace.marker.size, (int, float)):
        trace.marker.size *= _LARGER
