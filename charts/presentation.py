"""Charts for a projector: large type, thick lines, and as high as the screen has room for."""

from __future__ import annotations

import math
import re
import textwrap
from typing import Any, Final

import plotly.graph_objects as go

from charts import lines, surfaces

FONT: Final = 18  # pixels of numbers and titles at the axes
_SMALLEST: Final = 16  # of any text
_THICKER: Final = 1.8  # times a line's width on a desk
_LARGER: Final = 1.25  # times a text's or a mark's size there
_LABEL: Final = 22  # pixels from one name beside a plot to the next
_LOWEST: Final = 170  # pixels of a plot on 1280 x 720 at 150 %
_TICK: Final = 30  # pixels there from one tick to the next up the side, at least
_SURFACES: Final = ((240, _LOWEST), (480, 2 * _LOWEST))  # width and height of one, there and above
_BAR: Final = _LOWEST - 40  # pixels there of the bar of colours, below its title
_TYPE: Final = 14  # pixels of a text that names no size
_BREAKS: Final = re.compile(r"(?<=,) | (?=\()")  # where a title is broken first
_WIDE, _HIGH = 70, 26  # characters along the plot, and up its side


def enlarged(shown: go.Figure) -> go.Figure:
    """Return a figure for a projector; what it shows is the same, down to its zoom."""
    figure = go.Figure(shown)
    layout = figure.layout
    layout.update(height=None, autosize=True, font={"size": FONT})
    layout.margin.update(r=(layout.margin.r or 0) * _LARGER, t=(layout.margin.t or 0) * _LARGER)
    if layout.legend.font.size:
        layout.legend.font.size = _size(layout.legend.font.size)
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        axis.update(tickfont={"size": _SMALLEST}, title={"font": {"size": FONT}})
    for axes, most in ((figure.select_xaxes(), _WIDE), (figure.select_yaxes(), _HIGH)):
        for axis in axes:
            start, end = axis.domain or (0, 1)
            axis.title.text = axis.title.text and _wrapped(axis.title.text, most * (end - start))
    for axis in figure.select_yaxes():
        _thin(axis)
    for note in layout.annotations:
        note.font.size = _size(note.font.size)
        note.update(xshift=(note.xshift or 0) * _LARGER, yshift=(note.yshift or 0) * _LARGER)
    lines.respaced(figure, _LOWEST, _LABEL)
    surfaces.respaced(figure, _SURFACES)
    for trace in figure.data:
        _enlarge(trace)
    return figure


def _thin(axis: Any) -> None:
    """Leave ticks up the side so far apart, and labels so low, that no two labels can touch."""
    if axis.ticktext:  # names of rows; there is room for a long one in one line
        axis.ticktext = [text.replace("<br>", " ") for text in axis.ticktext]
    if axis.type != "log" or axis.range is None or axis.dtick is None:
        return
    start, end = axis.domain or (0, 1)
    decade = _LOWEST * (end - start) / (axis.range[1] - axis.range[0])
    if axis.dtick != "D2":
        axis.dtick = max(axis.dtick, math.ceil(_TICK / decade))
    elif decade * math.log10(2) < _TICK:
        axis.dtick = math.ceil(_TICK / decade)


def _wrapped(title: str, most: float) -> str:
    """Return the title of an axis in lines that are no longer than the axis, where words allow."""
    parts = title.split("<br>")
    if any(lines.text_columns(part) > most for part in parts):
        parts = [piece for part in parts for piece in _BREAKS.split(part)]
    return "<br>".join(line for part in parts for line in _lines(part, most))


def _lines(part: str, most: float) -> list[str]:
    """Return a part of a title in lines of so many columns; a Korean letter takes two."""
    letters = int(most * len(part) / max(1, lines.text_columns(part)))
    return textwrap.wrap(part, max(1, letters), break_long_words=False, break_on_hyphens=False)


def _size(size: float | None) -> float:
    return max(_SMALLEST, (size or _TYPE) * _LARGER)


def _enlarge(trace: Any) -> None:
    """Make a trace's lines thicker, and its marks and texts larger."""
    if trace.type == "contour" and trace.showscale:
        _enlarge_bar(trace.colorbar)
    if trace.type not in {"scatter", "bar"}:
        return
    if trace.type == "scatter" and trace.line.width:
        trace.line.width *= _THICKER
    if trace.textfont.size:
        trace.textfont.size = _size(trace.textfont.size)
    if trace.type == "scatter" and isinstance(trace.marker.size, (int, float)):
        trace.marker.size *= _LARGER


def _enlarge_bar(bar: Any) -> None:
    """Make the words of a bar of colours larger, and leave out ticks that would touch."""
    bar.update(tickfont={"size": _SMALLEST}, title={"font": {"size": _SMALLEST}})
    every = math.ceil(_TICK * (len(bar.tickvals) + 1) / _BAR)
    bar.update(tickvals=bar.tickvals[::every], ticktext=bar.ticktext[::every])
