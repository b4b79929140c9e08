"""Numerical differentiation: differences held against backpropagation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from charts.differences import error_curves
from comparison.words.expressions import digits
from engine.backprop.differences import METHODS, error_curve, measure
from language import _
from language.labels import label
from ui.backpropagation import words
from ui.backpropagation.settings import settings
from ui.backpropagation.shown import caption, remarks, shown_point, sides
from ui.backpropagation.variable import variable_choice
from ui.shell.figure import figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.backprop.differences import ErrorCurve, Measured


def differences_tab() -> None:
    """Compare difference formulas with backpropagation: their errors, their calls, their times."""
    st.markdown(
        _(
            "Numerical differentiation needs no graph: it nudges one variable and watches how far"
            " the output moves. It is simple, but every variable needs evaluations of its own."
        )
    )
    graph, point, names = settings().graph, shown_point(), words.names()
    measured = measure(graph, point)
    kinked = _kinked(measured[0].gradient)
    _methods(measured)
    if any(math.isnan(found.error) for found in measured):
        st.caption(
            _("No value: the formula itself has no finite value at the point this method steps to.")
        )
    if kinked:
        st.caption(_kink_words(kinked))
    variable = variable_choice("backpropagation-differences-variable")
    curve = error_curve(graph, point, variable)
    remarks(
        figure(lambda: error_curves(curve, variable, names), "backpropagation-errors", caption())
    )
    st.markdown(_curve_words(curve, is_kinked=variable in kinked))


def _methods(measured: Sequence[Measured]) -> None:
    """List the whole gradient by every method, with its error and what it took."""
    rows = [_row(found) for found in measured]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        key="backpropagation-methods",
        alt=_("The whole gradient by backpropagation and by three difference formulas."),
    )
    st.caption(
        _(
            "The error is the largest difference from backpropagation. Times are processor time on"
            " this machine, the best of several tries, and they vary: a factor of less than two"
            " may mean nothing."
        )
    )


def _row(found: Measured) -> dict[str, Any]:
    """Return what one method found, by the titles of the table's columns."""
    method, names = METHODS.get(found.name), words.names()
    return {
        _("Method"): label("method", found.name),
        _("Step size h"): f"{method.step:.1e}" if method else "",
        _("Largest error"): _or_none(found.error, ".1e") if method else _("exact"),
        _("Forward passes"): found.forward_passes,
        _("Backward passes"): found.backward_passes,
        _("Time (µs)"): round(found.seconds * 1e6, 1),
    } | {names.get(name, name): _or_none(slope) for name, slope in found.gradient.items()}


def _kink_words(variables: Sequence[str]) -> str:
    """Return what each method finds at a kink, or at a jump."""
    beside, names = sides(), words.names()
    jumps = [name for name in variables if not all(map(math.isfinite, beside[name]))]
    titles = ", ".join(names.get(name, name) for name in jumps or variables)
    if jumps:
        return _(
            "There is a jump here in {variables}: the smaller the step, the steeper it looks to"
            " forward and central differences. The errors listed are distances from the value that"
            " backpropagation uses by convention."
        ).format(variables=titles)
    return _(
        "There is a kink here in {variables}: the slopes on the left and on the right differ. A"
        " forward difference finds the right-hand slope, a central difference the mean of the two,"
        " a complex step the slope of the branch it computes. The errors listed are distances from"
        " the value that backpropagation uses by convention."
    ).format(variables=titles)


def _curve_words(curve: ErrorCurve, *, is_kinked: bool) -> str:
    """Return why the error depends on the step as it does."""
    if is_kinked:
        return _(
            "A kink has no single derivative, so the gap between the methods does not shrink with"
            " the step."
        )
    if not curve.truncation["forward"].any():
        return _(
            "The output is a straight line in this variable: differences leave nothing out, and"
            " the only error is rounding. To see both branches, choose a network or the softmax."
        )
    return _(
        "On the right, smaller steps help: the part of the Taylor series that is left out shrinks"
        " with h (forward) or h² (central), the dashed lines. On the left, they hurt: subtracting"
        " two nearly equal numbers leaves few digits, and the error grows as 1/h, the dotted"
        " lines. A complex step subtracts nothing and has no such branch."
    )


def _kinked(gradient: Mapping[str, float]) -> list[str]:
    """Return the variables in which the output has a kink at its point."""
    beside = sides()
    return [name for name, slope in gradient.items() if words.has_kink(slope, beside[name])]


def _or_none(value: float, form: str = "") -> str:
    """Return a number for the table, or the words for a missing one."""
    if math.isnan(value):
        return _("no value")
    return f"{value:{form}}" if form else digits(value)
