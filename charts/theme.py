"""How charts look: every colour, the dashes of runs, the common sizes and the common layout.

The colours of runs can be told apart by colour-blind readers (after Okabe and Ito) and have a
contrast of at least 3 : 1 on white and on the dark background; a run's dash differs from those of
its neighbours as well. Texts take their colour from the page, so that a chart can be read in light
and dark. No other module of this package names a colour by its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import plotly.graph_objects as go


def translucent(colour: str, opacity: float) -> str:
    """Return a colour, given as ``#rrggbb``, that lets the page through; opacity is 0 to 1."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def on_paper(colour: str, opacity: float) -> str:
    """Return the colour, as ``#rrggbb``, that a translucent one has on white paper.

    Lines that lie over one another stay as faint as each of them.
    """
    parts = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(255 - opacity * (255 - part)):02x}" for part in parts)


BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"
GREEN: Final = "#009070"
MAUVE: Final = "#b8609a"
OCHRE: Final = "#a0740a"
SKY: Final = "#3a8fc8"
VIOLET: Final = "#7d6bc4"
GREY: Final = "#7f7f7f"
COLOURS: Final = (BLUE, VERMILLION, GREEN, MAUVE, OCHRE, SKY, VIOLET, GREY)  # of runs, in order
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
# The same dashes in pixels, for a sample of a line, where plotly's own are too long.
SAMPLES: Final = {
    "solid": "",
    "dash": "8 4",
    "dot": "3 3",
    "dashdot": "8 3 2 3",
    "longdash": "12 4",
    "longdashdot": "12 3 2 3",
}
WIDTH: Final = 2.0  # pixels of a run's line
SELECTED_WIDTH: Final = 3.5

# What is not a run, by what it stands for.
ROWS: Final = GREY  # training rows
PALE_ROWS: Final = translucent(GREY, 0.55)  # the same, in large numbers behind other marks
HIGHLIGHT: Final = VERMILLION  # the one point or line that a chart is about
WARNING: Final = VERMILLION  # what diverged, overfits or is left out
UNDERFITTING: Final = translucent(OCHRE, 0.1)
OVERFITTING: Final = translucent(WARNING, 0.1)
POSITIVE: Final = BLUE
NEGATIVE: Final = VERMILLION
BAND: Final = 0.18  # opacity of the spread around a line
HALO: Final = "white"  # around a dot, so that it stands out from what lies below it

# Lines that help to read the values.
_REFERENCE: Final = "#808080"
GRID: Final = translucent(_REFERENCE, 0.22)
SCENE_GRID: Final = translucent(_REFERENCE, 0.3)  # in three dimensions
BORDER: Final = translucent(_REFERENCE, 0.7)  # between two parts of a plot
STRONG_BORDER: Final = translucent(_REFERENCE, 0.8)
CLEAR: Final = "rgba(0, 0, 0, 0)"  # the page itself

# A loss surface from above: one hue, thicker where the loss is higher. Its lowest level is the page
# itself, whatever its background: so the order of the levels is plain in light and dark, and the
# runs' colours stand out on it.
LOSS: Final = [
    [0.0, "rgba(88, 112, 158, 0.02)"],
    [0.25, "rgba(88, 112, 158, 0.11)"],
    [0.5, "rgba(86, 106, 152, 0.21)"],
    [0.75, "rgba(84, 98, 146, 0.33)"],
    [1.0, "rgba(80, 88, 140, 0.47)"],
]
CONTOURS: Final = "rgba(110, 122, 150, 0.55)"
# In three dimensions light falls on the surface: colours of their own, legible on both pages.
RELIEF: Final = [
    [0.0, "#eef2f8"],
    [0.25, "#cfd9e8"],
    [0.5, "#adbdd6"],
    [0.75, "#8b9fc2"],
    [1.0, "#6b80ab"],
]
RELIEF_CONTOURS: Final = "rgba(70, 84, 120, 0.6)"
STATIONARY_POINT: Final = "#e8ac00"
STATIONARY_POINT_EDGE: Final = "#6b5200"

# A map: one hue from dark to pale, dark is good. No shade is so dark that its number would have to
# be white: where the colour of the text changed, neighbours nearly equal would look different.
LOW_IS_DARK: Final = [[0.0, "#4594c7"], [0.5, "#97c6e3"], [1.0, "#e8f1fa"]]
ON_PALE: Final = "#0b1016"  # text on any of its shades
ON_DARK: Final = "#ffffff"  # text in a coloured node
INK: Final = [[0, translucent(GREY, 0.05)], [1, translucent(SKY, 1)]]  # of handwritten digits

# Parallel coordinates: one hue over the page, the fainter the higher the value.
FAINTEST: Final = 0.3  # opacity
FADED: Final = 0.2  # opacity of rows beside what is brushed

# A computation graph.
OPERATION: Final = BLUE
OPERAND: Final = "#6b6b6b"
OUTPUT: Final = "#00795c"
EDGE: Final = "#8a8a8a"
RESULT_NAME: Final = "#767676"
VALUE: Final = "#1b80c4"
DERIVATIVE: Final = VERMILLION
RAIL: Final = "#a9b1bb"  # of the slider, and around the buttons
BUTTON: Final = "#e8e8e8"
BUTTON_TEXT: Final = "#222222"

# Text without a colour of its own. ui/shell/style.css knows it by this colour and gives it that of
# the page, which no chart knows; where it cannot, as in three dimensions, this can be read on both.
TEXT: Final = "#777b88"

# Charts as files.
PAPER: Final = "white"
PAPER_TEXT: Final = "#1a1a1a"

HEIGHT: Final = 400  # pixels of a chart that needs no other height
AROUND_PLOT: Final = 82  # pixels of the height that axis title, ticks and margins take in a browser
BAR: Final = 34  # pixels of a horizontal bar with the gap to the next
BAR_GAP: Final = 0.35  # of the distance between two bars

# Never plotly's process-wide default: Streamlit puts placeholder colours there, and exports come
# out black. A template this small is also copied a hundred times faster than a whole theme.
PLAIN: Final = {"layout": {"colorway": list(COLOURS)}}


@dataclass(frozen=True)
class RunStyle:
    """How a run appears: its name, colour and dash for life, and how the reader looks at it now.

    Attributes:
        name: what the reader calls it.
        number: its index in the list of pairs of colour and dash, from 0; 24 pairs are different.
        selected: whether it stands out: its line is wide and lies above the others, its name is
            bold.
        hidden: whether charts leave it out.
    """

    name: str
    number: int
    selected: bool = False
    hidden: bool = False

    @property
    def colour(self) -> str:
        """Return the colour of its lines."""
        return COLOURS[self.number % len(COLOURS)]

    @property
    def dash(self) -> str:
        """Return the dash of its lines."""
        return DASHES[self.number % len(DASHES)]

    @property
    def width(self) -> float:
        """Return the width of its lines in pixels."""
        return SELECTED_WIDTH if self.selected else WIDTH


class Chart(NamedTuple):
    """A figure and what belongs to it.

    Attributes:
        figure: what is drawn.
        numbers: the undecimated values behind it, columns by name, all equally long.
        alt: what it shows, for those who do not see it.
        remarks: sentences for its caption that are true of this chart alone: which step, which run,
            which rows.
    """

    figure: go.Figure
    numbers: Mapping[str, np.ndarray[Any, Any]]
    alt: str
    remarks: tuple[str, ...] = ()


def margin(left: int = 8, right: int = 8, top: int = 12, bottom: int = 8) -> dict[str, int]:
    """Return the pixels around a plot, beyond what its axes need."""
    return {"l": left, "r": right, "t": top, "b": bottom}


def axis(**options: Any) -> dict[str, Any]:
    """Return the common axis with a figure's own options over it."""
    common = {
        "gridcolor": GRID,
        "zeroline": False,
        "showline": True,
        "linecolor": GRID,
        "ticks": "outside",
        "tickcolor": GRID,
        "automargin": True,
    }
    return common | options


def layout(height: int, **options: Any) -> dict[str, Any]:
    """Return the common layout with a figure's own options over it.

    Args:
        height: pixels.
        options: plotly's; ``xaxis`` and ``yaxis`` go over the common axis, all others replace what
            is common.
    """
    common: dict[str, Any] = {
        "template": PLAIN,
        "height": height,
        "margin": margin(),
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"size": 14, "color": TEXT},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": axis(**options.pop("xaxis", {})),
        "yaxis": axis(**options.pop("yaxis", {})),
    }
    return common | options
