"""How charts look: the colours and dashes of runs, the common layout.

Colours are told apart by colour-blind readers (after Okabe and Ito) and have a contrast of at
least 3 : 1 on white and on the dark background; a run's dash differs from its neighbours' as well.
Texts take their colour from the page, so that a chart reads in light and dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import plotly.graph_objects as go

COLOURS: Final = (
    "#0072b2",  # blue
    "#d55e00",  # vermillion
    "#009070",  # green
    "#b8609a",  # mauve
    "#a0740a",  # ochre
    "#3a8fc8",  # sky
    "#7d6bc4",  # violet
    "#7f7f7f",  # grey
)
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
# Never plotly's process-wide default: Streamlit puts placeholder colours there, and exports come
# out black. A template this small is also copied a hundred times faster than a whole theme.
PLAIN: Final = {"layout": {"colorway": list(COLOURS)}}
_GRID: Final = "rgba(128, 128, 128, 0.22)"


@dataclass(frozen=True)
class RunStyle:
    """How a run appears for life.

    Attributes:
        name: what the reader calls it.
        number: its place in the house's list of colour and dash pairs, from 0; 24 pairs are
            different.
    """

    name: str
    number: int

    @property
    def colour(self) -> str:
        """Return the colour of its lines."""
        return COLOURS[self.number % len(COLOURS)]

    @property
    def dash(self) -> str:
        """Return the dash of its lines."""
        return DASHES[self.number % len(DASHES)]


class Chart(NamedTuple):
    """A figure and what belongs to it.

    Attributes:
        figure: what is drawn.
        numbers: the undecimated values behind it, columns by name, all equally long.
        alt: what it shows, for those who do not see it.
        said: what its caption must say of it alone: which step, which run, which rows.
    """

    figure: go.Figure
    numbers: Mapping[str, np.ndarray[Any, Any]]
    alt: str
    said: tuple[str, ...] = ()


def axis(**options: Any) -> dict[str, Any]:
    """Return the common axis with a figure's own options over it."""
    common = {
        "gridcolor": _GRID,
        "zeroline": False,
        "showline": True,
        "linecolor": _GRID,
        "ticks": "outside",
        "tickcolor": _GRID,
        "automargin": True,
    }
    return common | options


def layout(height: int, **options: Any) -> dict[str, Any]:
    """Return the common layout with a figure's own options over it."""
    common: dict[str, Any] = {
        "template": PLAIN,
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 12, "b": 8},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"size": 14},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": axis(**options.pop("xaxis", {})),
        "yaxis": axis(**options.pop("yaxis", {})),
    }
    return common | options
