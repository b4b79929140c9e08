"""Parallel coordinates on a canvas: all rows of a sweep as lines, axes that a reader brushes.

A component draws the rows and hears the reader. It tells the script once, on release: the brushes
as places, which become values in ``comparison.parallel``. The rows are large, so the browser keeps
them: once it has told that it holds them, they are sent again only when it asks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from comparison.parallel import (
    parallel_axes,
    parallel_brushes,
    parallel_rows,
    parallel_tenth,
    told_brushes,
)
from language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charts.parallel import Brush, Coordinate

_HERE: Final = Path(__file__).parent
_HELD: Final = "held"  # the version of the rows that the browser holds
_HEARD: Final = "heard"  # the number of the last event that the script has taken
_LARGE: Final = ("places", "shades")  # of the rows

_component = st.components.v2.component(
    "descent_parallel",
    js=(_HERE / "parallel.js").read_text("utf-8"),
    css=(_HERE / "parallel.css").read_text("utf-8"),
)


def parallel_canvas(
    coordinates: Sequence[Coordinate],
    brushes: Sequence[Brush],
    report: Callable[[list[Brush]], None],
    key: str,
    alt: str,
    *,
    is_higher_better: bool = False,
) -> None:
    """Show a line for each row through its values on all axes; the last axis gives the colours.

    A button brushes the best tenth of the last axis.

    Args:
        coordinates: the axes, from left to right; at least one.
        brushes: the parts of axes in force.
        report: called with all brushes when the reader has changed one.
        key: names it.
        alt: what it shows, for those who do not see it.
        is_higher_better: whether the highest value on the last axis is the best, else the lowest.
    """
    known = st.session_state.setdefault(f"{key}-canvas", {_HELD: "", _HEARD: 0})

    def hear() -> None:
        event = st.session_state.get(key, {}).get("brushed")
        if event is None:
            return
        known.update({_HELD: event["version"], _HEARD: event["number"]})
        report(told_brushes(coordinates, event["brushes"]))

    def send_again() -> None:
        known[_HELD] = ""

    data = {
        **_message(coordinates, brushes, known, is_higher_better=is_higher_better),
        "key": key,
        "alt": alt,
    }
    _component(key=key, data=data, on_brushed_change=hear, on_lacks_change=send_again)


def _message(
    coordinates: Sequence[Coordinate],
    brushes: Sequence[Brush],
    known: dict[str, Any],
    *,
    is_higher_better: bool,
) -> dict[str, Any]:
    """Return what the component is sent, ready for JSON.

    Args:
        coordinates: as for ``parallel_canvas``.
        brushes: as for ``parallel_canvas``.
        known: what the browser holds, and the number of its last event.
        is_higher_better: as for ``parallel_canvas``.
    """
    rows = parallel_rows(coordinates, is_higher_better=is_higher_better)
    if rows["version"] == known[_HELD]:
        rows = {name: value for name, value in rows.items() if name not in _LARGE}
    shown = parallel_brushes(coordinates, brushes)
    return {
        "axes": parallel_axes(coordinates),
        "rows": rows,
        "brushes": shown["brushes"],
        "kept": shown["kept"],
        "tenth": parallel_tenth(coordinates, is_higher_better=is_higher_better),
        "heard": known[_HEARD],
        "texts": _texts(),
    }


def _texts() -> dict[str, str]:
    """Return what the component writes."""
    return {
        "from": _("{axis}, from"),
        "to": _("{axis}, to"),
        "lowest": _("lowest"),
        "highest": _("highest"),
        "told": _("{kept} of {rows} rows"),
        "hint": _("Drag along an axis to keep the rows of that part; double-click clears it."),
        "keys": _("Arrow keys move an end, with Shift the whole part; Escape clears it."),
        "tenth": _("Best tenth"),
        "clear": _("Clear"),
    }
