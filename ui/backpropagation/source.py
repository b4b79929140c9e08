"""Where the graph comes from: an example or a formula, and the values of its variables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from comparison.words.errors import explain
from engine.backprop.examples import EXAMPLES
from engine.errors import InvalidInput
from engine.formulas.formula import parse
from engine.formulas.graph import differentiate
from engine.limits import COORDINATE
from language import _
from ui.backpropagation import words
from ui.backpropagation.settings import settings
from ui.backpropagation.shown import descent
from ui.shell.binding import bound
from ui.shell.controls import choice, number
from ui.shell.store import set_page
from ui.shell.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.formulas.graph import Graph

_DRAFT: Final = (
    "backpropagation-draft"  # a refused formula, for the reader to correct, and its error
)
_STOPS: Final = {
    "apples": tuple(range(11)),
    "grapes": tuple(range(11)),
    "tax": tuple(1 + step / 100 for step in range(31)),
}
# Settings that do not carry over to another formula, as they begin.
_ANEW: Final[dict[str, Any]] = {
    "values": (),
    "step": None,
    "minimised": "",
    "moved": (),
    "learning_rate": None,
    "updates": 0,
    "variable": "",
}


def source() -> None:
    """Offer the examples, the formula and its values."""
    page = settings()
    choice(
        _("Example"),
        page.example,
        tuple(words.EXAMPLES),
        "backpropagation-example",
        _take_example,
        names=lambda name: _(words.EXAMPLES[name]),
    )
    _formula()
    _variants()
    st.subheader(_("Values"), anchor=False)
    point, path = page.point, descent() if page.updates else None
    learnt = page.learnt if path is not None else ()
    if path is not None:
        text = _("These are the values at the start; the graph shows them after {count} updates.")
        st.caption(text.format(count=f"{len(path.losses) - 1:,}"))
    for position, (name, value) in enumerate(point.items()):
        number(
            name,
            value,
            COORDINATE,
            f"backpropagation-{page.example}-{position}",
            partial(_change, name),
            title=_("{weight} at the start").format(weight=name)
            if name in learnt
            else words.names().get(name, name),
            stops=_stops(name),
        )
    if page.values:
        st.button(
            _("Back to the example's values") if page.example != "own" else _("All values 1"),
            key="backpropagation-values",
            on_click=lambda: set_page(values=()),
        )


def _take_example(name: str) -> None:
    """Show another example; the reader's own formula begins as the one on show."""
    st.session_state.pop(_DRAFT, None)
    page = settings()
    if name == "own" and not page.formula:
        formula, values = EXAMPLES[page.example].formula, tuple(page.point.values())
        begun = {"example": "own", "formula": formula, "values": values}
        set_page(**_ANEW | begun | _carried(page.graph))
    else:
        set_page(**_ANEW, example=name)


def _formula() -> None:
    """Show the formula; once changed it is the reader's own."""
    page = settings()
    shown = page.formula if page.example == "own" else EXAMPLES[page.example].formula
    draft, error = st.session_state.get(_DRAFT, (shown, None))
    bound(
        st.text_area,
        _("Formula"),
        key="backpropagation-formula",
        shown=draft,
        report=_take_formula,
        height=min(320, 68 + 24 * draft.count("\n")),
        help=_(
            "Name your variables as you like. You can use + − * / ^ and brackets, x², √x, sqrt,"
            " abs, sign, exp, ln, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, sigmoid, relu,"
            " max(a, b) and min(a, b), and the constants e and pi. A line can name a result:"
            " t = x + y. The last line is the output. Press Ctrl + Enter."
        ),
    )
    if error is not None:
        st.warning(escaped(explain(error)))
        st.caption(_("The graph still shows the previous formula."))


def _take_formula(text: str) -> None:
    """Take the reader's formula, or keep it as a draft with the reason why it was refused."""
    try:
        graph = parse(text)
        values = _first_values(graph)
    except InvalidInput as error:
        st.session_state[_DRAFT] = (text, error)
        return
    st.session_state.pop(_DRAFT, None)
    begun = {"example": "own", "formula": text, "values": values}
    set_page(**_ANEW | begun | _carried(graph))


def _carried(graph: Graph) -> dict[str, Any]:
    """Return what gradient descent on another formula keeps: its rate, and what is still there."""
    page = settings()
    kept = page.minimised in graph.names and page.example == "own"
    return {
        "minimised": page.minimised if kept else "",
        "moved": tuple(name for name in page.learnt if name in graph.inputs),
        "learning_rate": page.rate if page.learnt else None,
    }


def _first_values(graph: Graph) -> tuple[float, ...]:
    """Return values at which a formula can be differentiated: the old ones, else 1, 2 or ½ for all.

    Raises:
        InvalidInput: it can be differentiated at none of them.
    """
    before, inputs = settings().point, graph.inputs
    points = [tuple(before.get(name, 1.0) for name in inputs)]
    points += [(value,) * len(inputs) for value in (1.0, 2.0, 0.5)]
    for values in points:
        try:
            differentiate(graph, dict(zip(inputs, values, strict=True)))
        except InvalidInput as error:
            refused = error
        else:
            return values
    raise refused


def _variants() -> None:
    """Offer the variants of an example: its values below, at and above a kink."""
    page = settings()
    if page.example == "own" or not EXAMPLES[page.example].variants:
        return
    variants = EXAMPLES[page.example].variants
    current = next(
        (name for name, change in variants.items() if page.point == page.point | dict(change)), None
    )
    bound(
        st.segmented_control,
        _("z, relative to the kink at 0"),
        list(variants),
        format_func=lambda name: _(words.VARIANTS[name]),
        key="backpropagation-variant",
        shown=current,
        report=_take_variant,
    )


def _take_variant(chosen: str) -> None:
    page = settings()
    point = EXAMPLES[page.example].point | dict(EXAMPLES[page.example].variants[chosen])
    set_page(values=tuple(point[name] for name in page.graph.inputs))


def _change(name: str, value: float) -> None:
    point = settings().point | {name: float(value)}
    set_page(values=tuple(point.values()))


def _stops(name: str) -> Sequence[float]:
    """Return where a slider stops: around the example's own value, or from -5 to 5."""
    page = settings()
    if name in _STOPS and words.names():
        return tuple(float(stop) for stop in _STOPS[name])
    if page.example == "own":
        return tuple(step / 2 for step in range(-10, 11))
    base = EXAMPLES[page.example].point[name]
    reach = max(abs(base), 1.0)
    return tuple(round(base + reach * step / 10, 10) for step in range(-10, 11))
