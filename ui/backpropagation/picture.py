"""The graph, and the step at which it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from charts.graph import graph_drawing, is_wide, long_width
from comparison.words.expressions import (
    aligned,
    expression,
    latex_digits,
    local_with_values,
    ratio,
    symbol,
    with_values,
)
from comparison.words.expressions import lines as formula_lines
from engine.formulas.graph import differentiate, steps
from language import _
from ui.backpropagation import words
from ui.backpropagation.clock import WORDS, clock, first_step
from ui.backpropagation.settings import settings
from ui.backpropagation.shown import caption, formula, shown_point
from ui.shell.binding import bound, draw_mark
from ui.shell.figure import offer, sketch
from ui.shell.navigation import all_but, fragment
from ui.shell.share import address
from ui.shell.store import set_page

if TYPE_CHECKING:
    from engine.formulas.graph import Derivatives, Graph, Step

_CHART: Final = "backpropagation"
_ABREAST: Final = 4  # lines, from which a formula has two columns


@fragment(all_but("step"))
def picture() -> None:
    """Show the graph at its step, and below it what happens there, in numbers."""
    page = settings()
    graph, names = page.graph, words.names()
    point = shown_point()
    found = differentiate(graph, point)
    moments = steps(graph)
    step = len(moments) - 1 if page.step is None else page.step
    _formula(formula_lines(graph, names))
    version = "\n".join([formula(), *map(repr, point.values())])
    began = first_step(version, step)
    frame = "wide" if is_wide(graph) else "narrow"
    with st.container(key=f"backpropagation-{frame}"):
        with st.container(key="graph-room", width=long_width(graph) or "stretch"):
            sketch(lambda: graph_drawing(graph, found, began, names), _CHART)
        offer(lambda: graph_drawing(graph, found, step, names), _CHART, caption())
    st.caption(
        _(
            "Blue, above an edge: the value that flows forward. Orange, below it: the derivative"
            " of the output that flows back. Σ adds up the derivatives of a value that is used"
            " several times. Drag the picture to move it; zoom with the buttons at its upper"
            " right."
        )
    )
    with st.container(key=WORDS):
        _step_field(moments, step)
        _what_happens(graph, found, moments[step])
    clock(_CHART, version, step, len(moments) - 1)
    address()
    draw_mark("picture")


def _formula(lines: list[str]) -> None:
    """Show the lines of the formula; many of them two abreast, the last one alone."""
    cells = [line.replace(" = ", " &= ", 1) for line in lines]
    if len(cells) > _ABREAST:
        *above, last = cells
        st.latex(aligned([r" &\quad ".join(above[n : n + 2]) for n in range(0, len(above), 2)]))
        cells = [last]
    st.latex(aligned(cells))


def _step_field(moments: list[Step], step: int) -> None:
    """Offer the step to type or count up and down, and buttons that lead to three of them."""
    last = len(moments) - 1
    forward = next(n for n, moment in enumerate(moments) if moment.kind == "start") - 1
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        bound(
            st.number_input,
            _("Step, 0 to {last}").format(last=last),
            0,
            last,
            key="backpropagation-step",
            shown=step,
            report=lambda chosen: set_page(step=chosen),
            width=180,
        )
        # Without an operation two of these steps are one.
        for name, title, goal in (
            ("inputs", _("Inputs"), 0),
            ("forward", _("Forward done"), forward),
            ("back", _("Back done"), last),
        ):
            st.button(
                title,
                key=f"backpropagation-to-{name}",
                on_click=set_page,
                kwargs={"step": goal},
                disabled=step == goal,
            )


def _what_happens(graph: Graph, found: Derivatives, moment: Step) -> None:
    """Write a step out: the operation in numbers, or local derivative × incoming gradient."""
    names = words.names()
    output = symbol(graph, graph.output, names)
    if moment.kind == "given":
        st.markdown(_("**Forward.** The inputs are given; each operation waits for its operands."))
    elif moment.kind == "start":
        text = _("**Back.** It begins at the output, whose derivative with respect to itself is 1.")
        st.markdown(text)
        st.latex(rf"\frac{{\partial {output}}}{{\partial {output}}} = 1")
    elif moment.kind == "forward":
        st.markdown(_("**Forward.** The operation computes its value and keeps it."))
        parts = [
            expression(graph, moment.node, names),
            with_values(graph, moment.node, found.values),
            latex_digits(found.values[moment.node]),
        ]
        if graph.nodes[moment.node].name:
            parts.insert(0, symbol(graph, moment.node, names))
        st.latex(" = ".join(parts))
    else:
        st.markdown(
            _("**Back.** {rule}").format(rule=_(words.RULES[graph.nodes[moment.node].operation]))
        )
        st.latex(_products(graph, found, moment.node))


def _products(graph: Graph, found: Derivatives, number: int) -> str:
    """Return local derivative x incoming gradient = product for every operand, in LaTeX."""
    names, node = words.names(), graph.nodes[number]
    titles = (_("local derivative"), _("incoming gradient"))
    local_word, incoming_word = (rf"}}_{{\text{{{title}}}}}" for title in titles)
    incoming = latex_digits(found.gradients[number])
    rows = []
    for position, (operand, local) in enumerate(
        zip(node.operands, found.local[number], strict=True)
    ):
        if not graph.varies[operand]:
            continue
        variable = symbol(graph, operand, names)
        derivative = ratio(graph, number, operand, names)
        computed = local_with_values(graph, number, position, found.values)
        derivative += f" = {computed}" if computed else ""
        rows.append(
            rf"{variable}: &&\underbrace{{{derivative} = {latex_digits(local)}{local_word}"
            rf"\times \underbrace{{{incoming}{incoming_word}"
            rf" &= {latex_digits(local * found.gradients[number])}"
        )
    shared = [
        operand
        for operand in dict.fromkeys(node.operands)
        # Going back, the first of its uses is the last one to hand its gradient over.
        if graph.varies[operand] and len(graph.uses[operand]) > 1
        if graph.uses[operand][0][0] == number
    ]
    rows += [_sum(graph, found, operand) for operand in shared]
    return aligned(rows, "2.2em")


def _sum(graph: Graph, found: Derivatives, number: int) -> str:
    """Return a row with the sum of what all uses of a number have handed back."""
    uses = graph.uses[number]
    parts = [
        latex_digits(found.local[user][position] * found.gradients[user]) for user, position in uses
    ]
    written = " + ".join(f"({part})" if part.startswith("-") else part for part in parts)
    whole = ratio(graph, graph.output, number, words.names())
    return rf"\sum\; {whole}: && {written} &= {latex_digits(found.gradients[number])}"
