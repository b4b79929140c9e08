"""The chain rule by hand: from name to name, and inside a factor operation by operation."""

from __future__ import annotations

from itertools import chain, islice
from math import prod
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from comparison.words.expressions import (
    aligned,
    digits,
    expression,
    latex_digits,
    lettered,
    local_with_values,
    ratio,
    symbol,
)
from engine.formulas.graph import Factor, chains, differentiate, taken_apart
from language import _
from ui.backpropagation import words
from ui.backpropagation.settings import settings
from ui.backpropagation.shown import figures, shown_point
from ui.backpropagation.variable import variable_choice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.formulas.graph import Derivatives, Graph, Way

_WAYS: Final = 6  # written out at most


def chain_tab() -> None:
    """Write the chain rule of one variable out, and list every number with its digits."""
    variable = variable_choice("backpropagation-variable")
    _written_by_hand(settings().graph, shown_point(), variable)
    names = words.names()
    rows = [
        {
            _("Name"): names.get(name, name),
            _("Value"): digits(value),
            _("Derivative of the output"): digits(slope),
        }
        for name, (value, slope) in figures().items()
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="content",
        key="backpropagation-numbers",
        alt=_("Value and derivative of every named number."),
    )


def _written_by_hand(graph: Graph, point: Mapping[str, float], variable: str) -> None:
    """Write every way from the output to a variable as a product, and their sum."""
    found = differentiate(graph, point)
    number = graph.names[variable]
    whole = Factor(graph.output, number, found.gradients[number])
    ways = _some(chains(graph, found, variable))
    if not ways:
        st.markdown(_("No path leads from the output to this variable, so its derivative is 0."))
        return
    if ways == [(whole,)]:  # nothing named lies between
        _operations(graph, found, {whole: _some(taken_apart(graph, found, whole))})
        return
    _write(graph, found, whole, ways)
    if 1 < len(ways) <= _WAYS:
        st.caption(
            _("{count} paths lead back to it; the products along them add up.").format(
                count=len(ways)
            )
        )
    shown = sorted(
        set(chain.from_iterable(ways[:_WAYS])), reverse=True
    )  # in the order of the way back
    inside = {factor: _some(taken_apart(graph, found, factor)) for factor in shown}
    inside = {
        factor: ways
        for factor, ways in inside.items()
        if ways != [(factor,)] or _computed(graph, found, factor)
    }
    if inside:
        st.markdown(
            _(
                "Where the factors come from. A factor that passes through several operations is"
                " itself such a product or sum:"
            )
        )
        _operations(graph, found, inside, straight=(whole.of, whole.by))


def _some(ways: Iterator[Way]) -> list[Way]:
    return list(islice(ways, _WAYS + 1))


def _computed(graph: Graph, found: Derivatives, factor: Factor) -> str:
    """Return how the derivative of one operation is computed; "" where it needs no computing."""
    position = graph.nodes[factor.of].operands.index(factor.by)
    return local_with_values(graph, factor.of, position, found.values)


def _operations(
    graph: Graph,
    found: Derivatives,
    inside: Mapping[Factor, Sequence[Way]],
    straight: tuple[int, int] | None = None,
) -> None:
    """Write factors as products of local derivatives, with letters for long expressions."""
    steps = chain.from_iterable(chain.from_iterable(ways[:_WAYS] for ways in inside.values()))
    between = {step.by for step in steps if graph.nodes[step.by].operands}
    graph, letters = lettered(graph, between)
    if letters:
        names = words.names()
        texts = [
            f"${symbol(graph, number, names)} = {expression(graph, number, names)}$"
            for number in letters
        ]
        st.markdown(_("Here {letters}.").format(letters=", ".join(texts)))
    for factor, ways in inside.items():
        _write(graph, found, factor, ways, is_straight=factor[:2] == straight)


def _write(
    graph: Graph,
    found: Derivatives,
    whole: Factor,
    ways: Sequence[Way],
    *,
    is_straight: bool = False,
) -> None:
    """Write a derivative as the product of its way's factors, or as the sum over its ways."""
    left = ratio(graph, whole.of, whole.by, words.names())
    left = _straight(left) if is_straight else left
    total = latex_digits(whole.derivative)
    if len(ways) > _WAYS:
        text = _(
            "More than {count} paths lead through {derivative}; the products along them add up to"
            " {total}."
        )
        st.markdown(text.format(count=_WAYS, derivative=f"${left}$", total=f"${total}$"))
        return
    if len(ways) > 1:
        sums = " + ".join(_bracketed(latex_digits(_value(way))) for way in ways)
        rows = [*(_row(graph, way) for way in ways), f"{left} &= {sums} = {total}"]
    elif len(ways[0]) > 1:
        rows = [f"{left} &= {_symbols(graph, ways[0])}", f"&= {_numbers(ways[0])} = {total}"]
    else:
        computed = _computed(graph, found, whole) if ways[0] else ""  # the output by itself
        rows = [f"{left} &= {computed} = {total}" if computed else f"{left} &= {total}"]
    st.latex(aligned(rows, "0.4em"))


def _row(graph: Graph, way: Way) -> str:
    """Return the row of one of several ways."""
    symbols, value = _symbols(graph, way), latex_digits(_value(way))
    if len(way) == 1:
        return f"{_straight(symbols)} &= {value}"
    return f"{symbols} &= {_numbers(way)} = {value}"


def _straight(symbols: str) -> str:
    """Mark a ratio as that of the direct way alone: it must not read as the whole derivative."""
    word = _("direct")
    return rf"\left.{symbols}\right|_{{\text{{{word}}}}}"


def _symbols(graph: Graph, way: Way) -> str:
    return r" \cdot ".join(ratio(graph, factor.of, factor.by, words.names()) for factor in way)


def _numbers(way: Way) -> str:
    return r" \times ".join(_bracketed(latex_digits(factor.derivative)) for factor in way)


def _value(way: Way) -> float:
    return prod(factor.derivative for factor in way)


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text
