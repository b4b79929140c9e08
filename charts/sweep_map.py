"""A map of a sweep: a cell for every pair of values, filled while the sweep runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import plotly.graph_objects as go

from charts import marks
from charts.theme import (
    BORDER,
    LOW_IS_DARK,
    ON_PALE,
    TEXT,
    WARNING,
    Chart,
    layout,
    margin,
    translucent,
)
from language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from charts.marks import Mark
    from engine.arrays import Array, Booleans, Integers

_CELL: Final = 46  # pixels that a cell is high
_LOW: Final = 26  # the same in a map of many rows
_MANY_ROWS: Final = 14
_INSET: Final = 0.46  # half the side of a frame, in cells
_WRITTEN: Final = 16  # columns up to which cells hold numbers; with more, hovering tells them
_TOOLS: Final = 36  # pixels for the tools that plotly shows above the cells
_DIVERGED: Final = "✕"
_HIGH_IS_DARK: Final = [
    [low[0], high[1]] for low, high in zip(LOW_IS_DARK, reversed(LOW_IS_DARK), strict=True)
]
_ALL_DIVERGED: Final = translucent(WARNING, 0.25)
_ALL_MISSED: Final = BORDER
Edge: TypeAlias = Literal["left", "right", "down", "up"]
Apart: TypeAlias = Literal["", "rows", "columns", "cells"]
_ARROWS: Final[dict[Edge, str]] = {"left": "←", "right": "→", "down": "↓", "up": "↑"}


@dataclass(frozen=True)
class Side:
    """One side of a map.

    Attributes:
        title: what its values are of; "" where there is nothing to tell.
        names: of its values, in order.
        is_ordered: whether they rise.
    """

    title: str
    names: Sequence[str]
    is_ordered: bool = False


@dataclass(frozen=True, eq=False)
class Tiles:
    """What the cells of a map hold, ``(rows, columns)`` each.

    Attributes:
        values: a median in each; NaN where nothing is trained, +inf (or -inf) where it diverged or
            was not reached.
        n: how many seeds are trained.
        diverged: how many of them diverged.
        settings: the index of the setting that is shown; -1 for none.
        among: how many settings belong to the cell.
        seeds: how many seeds each setting gets.
        higher: whether more is better.
        start: the loss before any update; cells above it are all as pale. None where there is none.
        apart: whether rows, columns or all cells are of different problems, so that each has a best
            of its own, or none.
    """

    values: Array
    n: Integers
    diverged: Integers
    settings: Integers
    among: Integers
    seeds: int
    higher: bool = False
    start: float | None = None
    apart: Apart = ""

    @property
    def is_partial(self) -> bool:
        """Tell whether some cells have fewer seeds than they get."""
        return bool(((self.n < self.seeds) & (self.among > 0)).any())


def sweep_map(
    tiles: Tiles,
    across: Side,
    upwards: Side,
    quantity: str,
    *,
    edges: Collection[Edge] = (),
    picked: int | None = None,
) -> Chart:
    """Return a map of a sweep, with a ring on its best cell and an arrow where that is at an edge.

    Cells of which half of the seeds or more diverged have a colour of their own, and so have those
    that never got there. The points of the last trace are the cells; their ``customdata`` is the
    setting, for what a click picks.

    Args:
        tiles: what the cells hold.
        across: the columns.
        upwards: the rows.
        quantity: what the values are.
        edges: at which ends of what was tried the best cell's setting lies.
        picked: the index of a setting whose cell is framed.
    """
    best = best_cell(tiles)
    bests = _bests(tiles)
    rows = len(upwards.names)
    height = (_CELL if rows <= _MANY_ROWS else _LOW) * rows + 78 + _TOOLS
    form = layout(
        height,
        xaxis=_side(across),
        yaxis=_side(upwards) | _upwards(upwards),
        margin=margin(right=24, top=_TOOLS),
        annotations=[*_texts(tiles, bests), *_arrows(best, edges)],
        shapes=_rings(bests, tiles, picked),
    )
    shades = _shades(tiles)
    scale = _HIGH_IS_DARK if tiles.higher else LOW_IS_DARK
    traces = [
        marks.tiles(shades, scale) | {"xgap": 2, "ygap": 2},
        _failed(tiles),
        _points(tiles, across, upwards, quantity),
    ]
    remarks = _remarks(tiles, across, upwards, is_at_edge=bool(edges))
    return Chart(
        go.Figure({"data": traces, "layout": form}),
        _numbers(tiles, across, upwards, quantity),
        " ".join([_alt(tiles, across, upwards, quantity, best), *remarks]),
        remarks,
    )


def best_cell(tiles: Tiles) -> tuple[int, int] | None:
    """Return row and column of the best cell; None where none has a number, or problems differ."""
    return None if tiles.apart else next(iter(_bests(tiles)), None)


def _bests(tiles: Tiles) -> list[tuple[int, int]]:
    """Return the best cell, or that of each row or column where these are different problems."""
    standing = -tiles.values if tiles.higher else tiles.values
    standing = np.where(np.isfinite(standing), standing, np.inf)
    rows, columns = standing.shape
    if tiles.apart == "cells":
        return []
    if tiles.apart == "rows":
        found = [(row, int(np.argmin(standing[row]))) for row in range(rows)]
    elif tiles.apart == "columns":
        found = [(int(np.argmin(standing[:, column])), column) for column in range(columns)]
    else:
        row, column = divmod(int(np.argmin(standing)), columns)
        found = [(row, column)]
    return [cell for cell in found if np.isfinite(standing[cell])]


def _shades(tiles: Tiles) -> Array:
    """Return what becomes the colour of each cell: the logarithm where all values are above 0.

    What ended no lower than it began is as pale as the start: how far above says little.
    """
    values, start = tiles.values, tiles.start
    finite = np.isfinite(values)
    if start is not None and (values[finite] < start).any():
        values = np.where(finite, np.minimum(values, start), values)
    shades = np.full(values.shape, np.nan)
    if finite.any() and (values[finite] > 0).all():
        shades[finite] = np.log10(values[finite])
    else:
        shades[finite] = values[finite]
    return shades


def _has_diverged(tiles: Tiles) -> Booleans:
    """Tell in which cells the median diverged: half of the seeds or more."""
    return np.isinf(tiles.values) & (2 * tiles.diverged >= tiles.n)


def _has_missed(tiles: Tiles) -> Booleans:
    """Tell in which cells the median did not get there, though it did not diverge."""
    return np.isinf(tiles.values) & ~_has_diverged(tiles)


def _failed(tiles: Tiles) -> Mark:
    """Return the cells without a finite number, in colours that no number has."""
    shades = np.full(tiles.values.shape, np.nan)
    shades[_has_missed(tiles)], shades[_has_diverged(tiles)] = 0.0, 1.0
    colours = [[0.0, _ALL_MISSED], [0.5, _ALL_MISSED], [0.5, _ALL_DIVERGED], [1.0, _ALL_DIVERGED]]
    return marks.tiles(shades, colours) | {"zmin": 0, "zmax": 1, "xgap": 2, "ygap": 2}


def _points(tiles: Tiles, across: Side, upwards: Side, quantity: str) -> Mark:
    """Return a point for each trained cell, not seen, which is hovered over and clicked."""
    rows, columns = np.nonzero(tiles.settings >= 0)
    words = [
        "<br>".join(
            [
                *_where(across, column, upwards, row),
                f"{quantity}: {_number(float(tiles.values[row, column]))}",
                _seed_words(tiles, row, column),
            ]
        )
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    points = marks.dots(columns, rows, TEXT, 26, symbol="square", opacity=0)
    return points | {
        "text": words,
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": tiles.settings[rows, columns],
        "unselected": {"marker": {"opacity": 0}},
        "selected": {"marker": {"opacity": 0}},
    }


def _where(across: Side, column: int, upwards: Side, row: int) -> list[str]:
    """Return which values a cell is of."""
    sides = ((across, column), (upwards, row))
    return [f"{side.title}: {side.names[place]}" for side, place in sides if side.title]


def _seed_words(tiles: Tiles, row: int, column: int) -> str:
    text = _("{n} of {seeds} seeds trained, {diverged} diverged")
    return text.format(
        n=tiles.n[row, column], seeds=tiles.seeds, diverged=tiles.diverged[row, column]
    )


def _texts(tiles: Tiles, bests: Collection[tuple[int, int]]) -> list[Mark]:
    """Return what stands in the cells: the number, what diverged, and n until it is complete."""
    rows, columns = tiles.values.shape
    if columns > _WRITTEN or rows > 2 * _MANY_ROWS:
        return []
    size = 14 if columns <= _WRITTEN // 2 else 12
    has_diverged = _has_diverged(tiles)
    texts = []
    for row, column in zip(*(at.tolist() for at in np.nonzero(tiles.n)), strict=True):
        value = float(tiles.values[row, column])
        n, diverged = int(tiles.n[row, column]), int(tiles.diverged[row, column])
        lines = [_DIVERGED if has_diverged[row, column] else _number(value)]
        if (row, column) in bests:
            lines[0] = f"<b>{lines[0]}</b>"
        details = []
        if diverged and tiles.seeds > 1:
            details.append(f"{_DIVERGED} {diverged}/{n}")
        if n < tiles.seeds:
            details.append(f"n {n}")
        if details and rows <= _MANY_ROWS:
            lines.append(f'<span style="font-size:0.75em">{" · ".join(details)}</span>')
        colour = ON_PALE if np.isfinite(value) else WARNING
        texts.append(marks.note("<br>".join(lines), column, row, colour, size))
    return texts


def _rings(bests: Collection[tuple[int, int]], tiles: Tiles, picked: int | None) -> list[Mark]:
    """Return the rings around the best cells, and a frame around the one that was picked."""
    rings = [_around(cell, WARNING, width=3) for cell in bests]
    if picked is not None:
        for row, column in zip(
            *(at.tolist() for at in np.nonzero(tiles.settings == picked)), strict=True
        ):
            rings.append(_around((row, column), ON_PALE, width=2, dash="dot"))
    return rings


def _around(cell: tuple[int, int], colour: str, **edge: Any) -> Mark:
    row, column = cell
    x, y = (column - _INSET, column + _INSET), (row - _INSET, row + _INSET)
    return marks.frame(*x, *y, colour, **edge)


def _arrows(best: tuple[int, int] | None, edges: Collection[Edge]) -> list[Mark]:
    """Return an arrow at each edge that the best cell lies at: a better one may lie beyond."""
    if best is None:
        return []
    row, column = best
    places = {
        "left": (column - 0.4, row),
        "right": (column + 0.4, row),
        "down": (column + 0.36, row - 0.28),
        "up": (column + 0.36, row + 0.28),
    }
    return [
        marks.note(f"<b>{_ARROWS[edge]}</b>", *places[edge], ON_PALE, 18) for edge in sorted(edges)
    ]


def _side(side: Side) -> dict[str, Any]:
    """Return an axis of cells; plotly must not take names that look like numbers for positions."""
    return {
        "title": side.title,
        "tickvals": list(range(len(side.names))),
        "ticktext": list(side.names),
        "range": [-0.5, len(side.names) - 0.5],
        "showgrid": False,
        "showline": False,
        "ticks": "",
    }


def _upwards(side: Side) -> dict[str, Any]:
    """Return what an axis of rows has: what has no order is read from the top."""
    ends = [-0.5, len(side.names) - 0.5]
    title = {"text": side.title, "standoff": 12}
    return {"title": title, "range": ends if side.is_ordered else ends[::-1]}


def _number(value: float) -> str:
    if np.isinf(value):
        return "∞" if value > 0 else "–"
    return f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def _numbers(
    tiles: Tiles, across: Side, upwards: Side, quantity: str
) -> dict[str, np.ndarray[Any, Any]]:
    rows, columns = tiles.values.shape
    titles = _distinct([upwards.title, across.title, quantity])
    named = {titles[0]: np.repeat(list(upwards.names), columns)} if upwards.title else {}
    return named | {
        titles[1]: np.tile(list(across.names), rows),
        titles[2]: tiles.values.ravel(),
        "n": tiles.n.ravel(),
        "diverged": tiles.diverged.ravel(),
        "settings": tiles.among.ravel(),
        "setting": tiles.settings.ravel(),
    }


def _distinct(titles: Sequence[str]) -> list[str]:
    """Return titles of columns, all different."""
    return [
        title if title not in titles[:place] else f"{title} ({place + 1})"
        for place, title in enumerate(titles)
    ]


def _remarks(tiles: Tiles, across: Side, upwards: Side, *, is_at_edge: bool) -> tuple[str, ...]:
    """Return what the signs mean, and what the best rests on."""
    darker = _("darker is higher") if tiles.higher else _("darker is lower")
    remarks = [darker, *_ring_words(tiles, across, upwards)]
    finite = tiles.values[np.isfinite(tiles.values)]
    if tiles.start is not None and (finite > tiles.start).any() and (finite < tiles.start).any():
        text = _("palest: no lower than at the start, {loss}")
        remarks.append(text.format(loss=_number(tiles.start)))
    if is_at_edge:
        remarks.append(_("it lies at the edge of what was tried: a better one may lie beyond"))
    if tiles.diverged.any():
        remarks.append(_("✕ diverged, with how many of the seeds"))
    if _has_missed(tiles).any():
        remarks.append(_("∞ not reached in the median"))
    if (tiles.among > 1).any():
        remarks.append(
            _("each cell shows the best of its settings, up to {count}").format(
                count=int(tiles.among.max())
            )
        )
    if tiles.seeds > 1:
        text = ngettext("medians of {count} seed", "medians of {count} seeds", tiles.seeds)
        remarks.append(text.format(count=tiles.seeds))
    if (tiles.among == 0).any():
        remarks.append(_("empty: no setting has these values"))
    is_partial = (tiles.n < tiles.seeds) & (tiles.among > 0)
    if is_partial.any():
        text = ngettext(
            "{count} cell is not complete yet",
            "{count} cells are not complete yet",
            int(is_partial.sum()),
        )
        remarks.append(text.format(count=int(is_partial.sum())))
        remarks.append(_("n: how many of its seeds are trained"))
    return tuple(remarks)


def _ring_words(tiles: Tiles, across: Side, upwards: Side) -> list[str]:
    """Return what is ringed."""
    if not _bests(tiles):
        return []
    if tiles.apart:
        side = upwards if tiles.apart == "rows" else across
        ring = _("ringed: the lowest of each")
        if tiles.higher:
            ring = _("ringed: the highest of each")
        text = _("losses and scores with other values of “{field}” say nothing about each other")
        return [ring, text.format(field=side.title)]
    if tiles.is_partial:
        return [_("ringed: the highest so far") if tiles.higher else _("ringed: the lowest so far")]
    return [_("ringed: the highest here") if tiles.higher else _("ringed: the lowest here")]


def _alt(
    tiles: Tiles, across: Side, upwards: Side, quantity: str, best: tuple[int, int] | None
) -> str:
    text = _("Map of {quantity}: {columns} across ({n_columns}), {rows} upwards ({n_rows}).")
    if not upwards.title:
        text = _("Map of {quantity}: {columns} across ({n_columns}).")
    said = text.format(
        quantity=quantity,
        columns=across.title,
        n_columns=len(across.names),
        rows=upwards.title,
        n_rows=len(upwards.names),
    )
    if best is None:
        return said
    row, column = best
    text = _("Best: {value} at {where}.")
    return f"{said} " + text.format(
        value=_number(float(tiles.values[row, column])),
        where=", ".join(_where(across, column, upwards, row)),
    )
