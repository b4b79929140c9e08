"""What is shown of a sweep: the quantity, the sides of the map, and where the rest is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from comparison.sweep.look import is_of_problem, quantity_title
from comparison.words.fields import field_title
from language import _
from sweeps.cells import quantities
from ui.shell.binding import bound
from ui.shell.store import set_page
from ui.sweep.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from comparison.sweep.look import Look
    from sweeps.dimensions import Dimension

_BEST = "best"  # over the values of a field


def quantity_control(look: Look) -> None:
    """Offer what is shown of every setting."""
    titles: dict[str, tuple[str, int]] = {}
    for name in quantities(look.lanes):
        count = len(look.spec.targets) if name.endswith("to_target") else 1
        for target in range(count):
            titles[quantity_title(look.lanes, name, target)] = name, target
    _select(
        _("Quantity shown"),
        list(titles),
        look.quantity_title,
        "sweep-quantity",
        lambda title: set_page(shown=titles[title][0], target=titles[title][1]),
        width=260,
    )


def side_controls(look: Look) -> None:
    """Offer the fields of the map."""
    across, upwards = look.sides
    fields = [one.field for one in look.dimensions]
    if len(fields) < 2:
        return
    for title, key, shown, other in (
        (_("Horizontal axis"), "across", across, upwards),
        (_("Vertical axis"), "upwards", upwards, across),
    ):
        _select(
            title,
            fields,
            shown.field,
            f"sweep-{key}",
            _side_changer(key, shown, other),
            format_func=field_title,
        )


def _side_changer(key: str, shown: Dimension, other: Dimension) -> Callable[[str], None]:
    """Return what gives a side another field; the one of the other side changes places with it."""
    swapped = "upwards" if key == "across" else "across"

    def change(field: str) -> None:
        taken = {swapped: shown.field} if field == other.field else {swapped: other.field}
        set_page(**{key: field}, **taken)

    return change


def held_controls(look: Look) -> None:
    """Offer to hold each field that the open tab does not show, or the best over its values.

    One of the problem is always held: no loss of one problem is better than one of another.
    """
    for one in look.others:
        names = look.names(one)
        options: list[Any] = [*range(len(one))]
        if not is_of_problem(one.field):
            options.insert(0, _BEST)

        def written(place: Any, names: list[str] = names) -> str:
            return _("best over all") if place == _BEST else names[place]

        _select(
            field_title(one.field),
            options,
            look.held.get(one.field, _BEST),
            f"sweep-held-{one.field}",
            _holder(one.field),
            format_func=written,
        )


def _holder(field: str) -> Callable[[Any], None]:
    def hold(place: Any) -> None:
        kept = [one for one in settings().held if one.field != field]
        added = [] if place == _BEST else [{"field": field, "place": place}]
        set_page(held=[*kept, *added])

    return hold


def _select(
    title: str,
    options: list[Any],
    shown: object,
    key: str,
    report: Callable[[Any], None],
    **settings: Any,
) -> None:
    settings = {"width": 200, "format_func": str} | settings
    bound(
        st.selectbox,
        title,
        options,
        key=key,
        shown=shown,
        report=report,
        among=options,
        **settings,
    )
