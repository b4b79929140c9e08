"""A function that a reader types: its text, its constants, and what is found out about it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from comparison.edits import change_constant, change_formula, choose_function
from comparison.formulas import EXAMPLES
from comparison.words.errors import explain
from comparison.words.functions import check_words, found_words
from engine.backprop.checks import check
from engine.errors import InvalidInput
from engine.limits import COORDINATE
from engine.problems.formula import Formula
from language import _
from ui.shell.binding import bound
from ui.shell.controls import choice, number
from ui.shell.store import document, edit
from ui.shell.text import escaped

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.backprop.checks import Check
    from engine.problems.specs import Function

_DRAFT: Final = "formula-draft"  # a refused text, its error, and the formula that it was to replace
_OWN: Final = "own"
_FIRST: Final = "dive"  # the example to begin with


def take_first_formula() -> None:
    """Minimise the first of the examples."""
    edit(choose_function, EXAMPLES[_FIRST].formula, EXAMPLES[_FIRST].start)


def formula_text(formula: Formula, taken: Callable[[], object]) -> None:
    """Offer the examples and the text; a text that is refused stays as a draft.

    Args:
        formula: the one in force.
        taken: called after another one has taken its place.
    """
    choice(
        _("Example"),
        _example_of(formula),
        [_OWN, *EXAMPLES],
        "formula-example",
        partial(_take_example, taken),
        names=lambda name: _(EXAMPLES[name].title) if name in EXAMPLES else _("Your own formula"),
        help=_("Formulas of courses and books, to begin with and to change."),
    )
    before, text, error = st.session_state.get(_DRAFT, (None, "", None))
    if before != formula.text:
        text, error = formula.text, None
    bound(
        st.text_area,
        _("Formula of x and y"),
        key="formula-text",
        shown=text,
        report=partial(_take_text, formula.text, taken),
        height=min(320, 92 + 24 * text.count("\n")),
        help=_(
            "Write it as in 0.1x² + 2y^2. You can use + − * / ^ and brackets, x², √x, |x|, sqrt,"
            " abs, sign, exp, ln, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, sigmoid, relu,"
            " max(a, b), min(a, b), e and pi. Any other name is a constant with a slider. A line"
            " can name a result: t = x + y. The last line is f. Press Ctrl + Enter."
        ),
    )
    if error is not None:
        st.warning(escaped(explain(error)))
        st.caption(_("The previous formula is still in force."))


def _example_of(formula: Formula) -> str:
    """Return the example with this text, whatever its constants."""
    texts = {example.formula.text: name for name, example in EXAMPLES.items()}
    return texts.get(formula.text, _OWN)


def _take_example(taken: Callable[[], object], name: str) -> None:
    st.session_state.pop(_DRAFT, None)
    if name in EXAMPLES:
        edit(choose_function, EXAMPLES[name].formula, EXAMPLES[name].start)
        taken()


def _take_text(before: str, taken: Callable[[], object], text: str) -> None:
    """Take a formula, or keep it as a draft with the reason why it was refused."""
    try:
        Formula(text=text)
    except InvalidInput as error:
        st.session_state[_DRAFT] = (before, text, error)
        return
    st.session_state.pop(_DRAFT, None)
    edit(change_formula, text)
    taken()


def formula_constants(formula: Formula, taken: Callable[[], object]) -> None:
    """Offer the values of the constants; ``taken`` is called where the window moves with them."""
    for name, value in formula.constants:
        number(
            name,
            value,
            COORDINATE,
            f"formula-constant-{name}",
            partial(_take_constant, formula, taken, name),
            title=escaped(name),
            stops=_stops(value),
            help=_("The value of a constant of the formula."),
        )


def _stops(value: float) -> list[float]:
    """Return where a slider stops: from -5 to 5, or powers of ten times as far."""
    reach = 5.0
    while abs(value) > reach:
        reach *= 10
    return [reach * step / 10 for step in range(-10, 11)]


def _take_constant(formula: Formula, taken: Callable[[], object], name: str, value: float) -> None:
    edit(change_constant, name, float(value))
    problem = document().experiment.problem
    if problem.kind == "function" and problem.function.window != formula.window:
        taken()


def formula_findings(problem: Function, formula: Formula) -> None:
    """Say what a search found, and how well the gradient at the start was checked."""
    st.caption(found_words(formula))
    start = formula.start if problem.start is None else problem.start
    try:
        found = check(formula, (start[0], start[1]))
    except InvalidInput as error:
        text = _("At the start: {reason}")
        st.warning(text.format(reason=escaped(explain(error))))
        return
    (st.warning if found.kinks else st.caption)(escaped(check_words(found)))
    with st.expander(_("The gradient in numbers")):
        _gradients(found)


def _gradients(found: Check) -> None:
    """Show the gradient by the graph beside the one by the other method."""
    method = {"complex": _("Complex step"), "central": _("Central difference")}[found.method]
    table = pd.DataFrame(
        {_("Graph"): found.gradient, method: found.estimate}, index=["∂f/∂x", "∂f/∂y"]
    )
    st.dataframe(
        table,
        width="stretch",
        key="formula-gradients",
        column_config={
            name: st.column_config.NumberColumn(format="%.12g") for name in table.columns
        },
        placeholder="–",
        alt=_("The gradient at the start by two methods."),
    )
