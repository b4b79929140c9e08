"""The marks that charts are built of, as the plain dictionaries that plotly takes.

Traces (``line``, ``band``, ``dots``, ``texts``, ``bars``, ``tiles``) hold data. Shapes
(``upright``, ``level``, ``region``) run across the whole plot. Annotations (``note``, ``arrow``)
are texts. A mark has what its kind always has; a chart puts its own options over it:
``line(x, y, colour) | SILENT``. Plotly leaves out what is None. Nothing is checked here, but once
with the whole figure, which takes a tenth of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from charts.theme import BAND, HALO, translucent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array

Mark = dict[str, Any]
SILENT: Final[Mark] = {"hoverinfo": "skip"}


def line(x: Any, y: Any, colour: str, width: float = 2, dash: str | None = None) -> Mark:
    """Return a line through points; the width is in pixels."""
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": colour, "width": width, "dash": dash},
    }


def band(lower: tuple[Array, Array], upper: tuple[Array, Array], colour: str) -> Mark:
    """Return the area between two lines, each given as x and y, in the colour of what it is of."""
    (lower_x, lower_y), (upper_x, upper_y) = lower, upper
    return {
        "type": "scatter",
        "x": np.concatenate([lower_x, upper_x[::-1]]),
        "y": np.concatenate([lower_y, upper_y[::-1]]),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": translucent(colour, BAND),
        "hoverinfo": "skip",
    }


def dots(x: Any, y: Any, colour: Any, size: Any, **marker: Any) -> Mark:
    """Return points.

    Args:
        x: places across.
        y: heights.
        colour: of all, or a list with one for each.
        size: pixels, likewise.
        marker: further options of plotly's for markers: symbol, opacity, line.
    """
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "markers",
        "marker": {"color": colour, "size": size, **marker},
    }


def edge(width: float) -> dict[str, Any]:
    """Return the edge that makes dots stand out from what lies below them, as their ``line``."""
    return {"color": HALO, "width": width}


def cross(x: Any, y: Any, colour: str) -> Mark:
    """Return the mark of what diverged, where its line ends."""
    return dots(x, y, colour, 9, symbol="x") | SILENT


def star(x: Any, y: Any, colour: str, size: float, **marker: Any) -> Mark:
    """Return the mark of the best, or of the one to look at; the other arguments are of dots."""
    return dots(x, y, colour, size, symbol="star", **marker)


def texts(x: Any, y: Any, position: str | list[str], colour: str, size: float) -> Mark:
    """Return texts at points; what they say, ``text``, is put over it.

    Args:
        x: of the points.
        y: of the points.
        position: of a text relative to its point, as plotly calls it: "top center".
        colour: of all texts.
        size: pixels.
    """
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "text",
        "textposition": position,
        "textfont": {"size": size, "color": colour},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def bars(x: Any, y: Any, colours: Sequence[str]) -> Mark:
    """Return upright bars, each with its own colour."""
    return {"type": "bar", "x": x, "y": y, "marker": {"color": colours}}


def lying_bars(
    lengths: Any, names: Sequence[str], colours: Sequence[str], texts: Sequence[str], size: int
) -> Mark:
    """Return horizontal bars, each with its name before it and its number behind its end.

    Args:
        lengths: of the bars, in the units of the axis.
        names: of the bars.
        colours: of the bars.
        texts: the numbers, as they are written.
        size: pixels that the numbers are high.
    """
    return bars(lengths, names, colours) | {
        "orientation": "h",
        "text": texts,
        "textposition": "outside",
        "textfont": {"size": size},
        "constraintext": "none",  # else plotly shrinks the number on a thin bar
        "cliponaxis": False,
    }


def tiles(shades: Array, scale: list[list[Any]]) -> Mark:
    """Return a rectangle of tiles whose values become the colours of a scale."""
    return {
        "type": "heatmap",
        "z": shades,
        "colorscale": scale,
        "showscale": False,
        "hoverinfo": "skip",
    }


def upright(x: float, colour: str, width: float = 1, dash: str | None = None) -> Mark:
    """Return a line from the lower to the upper edge of the plot."""
    ends = {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    return ends | {"line": {"color": colour, "width": width, "dash": dash}}


def level(y: float, colour: str, width: float = 1, dash: str | None = None) -> Mark:
    """Return a line from the left to the right edge of the plot."""
    ends = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": y, "y1": y}
    return ends | {"line": {"color": colour, "width": width, "dash": dash}}


def region(left: float, right: float, fill: str) -> Mark:
    """Return a shaded area from the lower to the upper edge of the plot."""
    edges = {"type": "rect", "x0": left, "x1": right, "y0": 0, "y1": 1, "yref": "paper"}
    return edges | {"fillcolor": fill, "line": {"width": 0}}


def frame(left: float, right: float, bottom: float, top: float, colour: str, **edge: Any) -> Mark:
    """Return an empty rectangle with an edge, whose width and dash are given."""
    sides = {"type": "rect", "x0": left, "x1": right, "y0": bottom, "y1": top}
    return sides | {"line": {"color": colour, **edge}}


def note(
    text: str, x: float, y: float, colour: str | None = None, size: float | None = None
) -> Mark:
    """Return a text at a point; without a colour it has that of the page."""
    font = {"color": colour, "size": size}
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": font}


def coloured(mark: str, colour: str) -> str:
    """Return a sign in a colour, to stand before words that have the colour of the page."""
    return f'<span style="color:{colour}">{mark}</span>'


def arrow(start: tuple[float, float], end: tuple[float, float], colour: str) -> Mark:
    """Return an arrow between two points, a few pixels off both."""
    return {
        "x": end[0],
        "y": end[1],
        "ax": start[0],
        "ay": start[1],
        "axref": "x",
        "ayref": "y",
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": 1.6,
        "arrowcolor": colour,
        "standoff": 6,
        "startstandoff": 6,
    }


def legend_above() -> dict[str, Any]:
    """Return a legend in rows above the plot."""
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}


def panel_suffix(number: int) -> str:
    """Return how plotly ends the names of a panel's axes; panels are counted from 0."""
    return "" if number == 0 else str(number + 1)


def on_axes(suffix: str) -> Mark:
    """Return the axes of a panel, for a trace that is drawn on them."""
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
