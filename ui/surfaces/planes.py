"""Controls and captions for the plane through the parameters of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from comparison.scenes import scene_words, seen_parameters
from engine import GRID_SIZES, LIMITS, Interval, parameter_names
from language import N_, _
from ui.shell.binding import bound
from ui.shell.controls import number
from ui.shell.store import document, set_page
from ui.shell.text import escaped
from ui.surfaces.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from comparison.scenes import Scene

_PLANES: Final = {
    "principal": N_("Principal components"),
    "random": N_("Random directions"),
    "weights": N_("Two weights"),
}
_HELP: Final = {
    "principal": N_("The plane that captures most of the movement of all runs' parameters."),
    "random": N_(
        "Through the point where the selected run ended, with directions scaled to the size of"
        " each unit's weights."
    ),
    "weights": N_("The other parameters stay where the selected run ended."),
}
_MANY_ROWS: Final = 500


def plane_controls() -> None:
    """Choose the plane, its fineness, and on how many rows the surface is computed."""
    style, problem = settings(), document().experiment.problem
    if problem.n_params <= 2:
        return
    grid = st.grid(4, min_column_width=170, vertical_alignment="bottom")
    with grid.cell():
        _choice(
            _("Plane"),
            "plane",
            style.plane,
            list(_PLANES),
            lambda name: _(_PLANES[name]),
            lambda name: set_page(plane=name, window=None),
        )
    with grid.cell():
        _choice(
            _("Points"),
            "fineness",
            style.fineness,
            list(GRID_SIZES),
            lambda size: f"{size:d} × {size:d}",
            lambda size: set_page(fineness=size),
        )
    if style.plane == "random":
        with grid.cell(column_span=2):
            _seed(style.plane_seed)
    elif style.plane == "weights":
        for axis in (0, 1):
            with grid.cell():
                _parameter(axis, "plane")
    rows = problem.training_rows
    if rows > _MANY_ROWS or (style.rows is not None and rows > 1):  # one row has no part
        _rows(min(style.rows or rows, rows), rows)
    st.caption(_(_HELP[style.plane]))


def _seed(value: int) -> None:
    number(
        "seed",
        value,
        LIMITS["seed"],
        "surfaces-plane-seed",
        lambda seed: set_page(plane_seed=seed, window=None),
        title=_("Seed of the directions"),
        stops=range(10),
    )


def _rows(taken: int, rows: int) -> None:
    """Choose how many of the training rows the surface is computed on."""
    number(
        "rows",
        taken,
        Interval(2, rows),
        "surfaces-rows",
        lambda count: set_page(rows=None if count == rows else count),
        title=_("Training rows of the surface"),
        stops=[100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, rows],
        help=_("Fewer rows are faster; the paths still show the loss over all rows."),
    )


def plane_caption(scene: Scene) -> None:
    """Say below the picture what it shows, and which steps the clock leaves out."""
    remarks = list(scene_words(scene))
    if scene.clock.every > 1:
        remarks.append(
            _("The player shows one recorded step in {every}.").format(every=scene.clock.every)
        )
    if remarks:
        st.caption(" ".join(map(escaped, remarks)))


def parameter_controls() -> None:
    """Choose the two parameters that a tab looks at, where there are more."""
    if document().experiment.problem.n_params <= 2:
        return
    grid = st.grid(4, min_column_width=170)
    for axis in (0, 1):
        with grid.cell():
            _parameter(axis, "seen")


def _parameter(axis: int, where: str) -> None:
    """Choose one of the two parameters; the other one is not on offer."""
    problem, style = document().experiment.problem, settings()
    now = seen_parameters(problem, style)

    def take(chosen: int) -> None:
        both = (chosen, now[1]) if axis == 0 else (now[0], chosen)
        set_page(weights=both, window=None if style.plane == "weights" else style.window)

    _choice(
        (_("First parameter"), _("Second parameter"))[axis],
        f"{where}-{axis}",
        now[axis],
        [one for one in range(problem.n_params) if one != now[1 - axis]],
        parameter_names(problem).__getitem__,
        take,
    )


def _choice(
    title: str,
    field: str,
    value: Any,
    options: list[Any],
    names: Callable[[Any], str],
    report: Callable[[Any], None],
) -> None:
    """Offer values by their names."""
    bound(
        st.selectbox,
        title,
        options,
        format_func=names,
        key=f"surfaces-{field}",
        shown=value,
        report=report,
    )
