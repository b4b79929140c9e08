"""What the graph is good for: meaning, the chain rule by hand, descent, and differences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from charts.differences import descent_curve, error_curves, gradient_times, influence_bars
from comparison.document import with_default_view
from comparison.pages import SurfacesPage, TrainingPage
from comparison.words.contract import contract
from comparison.words.errors import explain
from comparison.words.expressions import digits
from engine import InvalidInput
from engine.backprop.differences import METHODS, check_network, error_curve, measure, width_ladder
from engine.backprop.examples import EXAMPLES
from engine.formulas.graph import differentiate, one_sided
from engine.limits import LIMITS
from language import N_, _
from language.labels import label
from language.names import in_latex
from ui.backpropagation import words
from ui.backpropagation.chain import written_by_hand
from ui.backpropagation.picture import descent, figures, said, shown_point
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.session import document, open_document, set_page, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from charts.theme import Chart
    from comparison.document import View
    from engine import Experiment
    from engine.backprop.differences import NetworkCheck
    from engine.backprop.examples import Descent

TITLES: Final = {
    "meaning": N_("What it means"),
    "chain": N_("Chain rule by hand"),
    "descent": N_("Gradient descent"),
    "differences": N_("Numerical differentiation"),
    "network": N_("A whole network"),
}
_MEASURED: Final = "backpropagation-measured"
_UPDATES: Final = (0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1_000)
_RATES: Final = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)


def meaning_tab() -> None:
    """Say each derivative in words, and show all as bars."""
    names, found, output, sides = words.names(), figures(), _output(), _sides()
    slopes = {name: found[name][1] for name in settings().graph.inputs}
    sentences, bars = st.columns(2)
    with sentences:
        st.markdown(
            "\n".join(
                "- " + words.meaning(name, output, slope, sides[name])
                for name, slope in slopes.items()
            )
        )
    with bars:
        figure(lambda: influence_bars(slopes, output, names), "backpropagation-influence", said())


def _sides() -> dict[str, tuple[float, float]]:
    """Return the slopes of the output left and right of every variable's value."""
    graph = settings().graph
    found = differentiate(graph, shown_point())
    return {name: one_sided(graph, found, name) for name in graph.inputs}


def chain_tab() -> None:
    """Write the chain rule of one variable out, and list every number with its digits."""
    page, names = settings(), words.names()
    graph = page.graph
    variable = page.variable or _first_variable()
    st.session_state["backpropagation-variable"] = variable
    st.segmented_control(
        _("Derivative by"),
        graph.inputs,
        format_func=lambda name: names.get(name, name),
        key="backpropagation-variable",
        required=True,
        on_change=lambda: set_page(variable=st.session_state["backpropagation-variable"]),
    )
    written_by_hand(settings().graph, shown_point(), variable)
    rows = [
        {
            _("Name"): names.get(name, name),
            _("Value"): digits(value),
            _("Derivative of the output by it"): digits(slope),
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


def _first_variable() -> str:
    """Return the variable that is worked out by hand: in the network w5."""
    inputs = settings().graph.inputs
    return "w5" if settings().example == "sigmoid_network" else inputs[0]


def descent_tab() -> None:
    """Take steps of gradient descent with these derivatives, and carry the example elsewhere."""
    learnt = descent()
    if learnt is None:
        st.info(
            _(
                "Nothing is learnt in this example. Choose the one with one weight or the 2-2-2"
                " network: their weights can be trained here."
            )
        )
        return
    page = settings()
    example = EXAMPLES[page.example]
    rate = page.learning_rate or example.learning_rate
    left, right = st.columns(2)
    with left:
        number(
            "learning_rate",
            rate,
            LIMITS["learning_rate"],
            "backpropagation-rate",
            lambda value: set_page(learning_rate=value),
            stops=_RATES,
        )
    with right:
        number(
            "updates",
            page.updates,
            LIMITS["updates"],
            "backpropagation-updates",
            lambda value: set_page(updates=value),
            title=_("Updates taken"),
            stops=_UPDATES,
        )
    if learnt.diverged:
        st.warning(
            _(
                "Diverged: after {count} updates the numbers are beyond what a computer holds."
                " The graph shows the last ones. Take a smaller learning rate."
            ).format(count=len(learnt.losses) - 1)
        )
    st.caption(_("The graph above shows the weights after these updates."))
    output = in_latex(_output(), words.names())
    st.latex(rf"w \leftarrow w - \eta \cdot \frac{{\partial {output}}}{{\partial w}}")
    st.caption(
        _(
            "A bias would be learnt in the same way, with its own derivative and the same rate:"
            " b ← b − η · ∂{output}/∂b."
        ).format(output=_output())
    )
    _weights(learnt, rate)
    if len(learnt.losses) > 1:
        output_name = _output()
        _captioned(
            figure(
                lambda: descent_curve(learnt.losses, output_name), "backpropagation-descent", said()
            )
        )
    _to_optimizer(rate)


def _captioned(chart: Chart | None) -> None:
    """Say below a chart what it does not show as it is."""
    for sentence in chart.said if chart is not None else ():
        st.caption(sentence)


def _output() -> str:
    graph = settings().graph
    return graph.nodes[graph.output].name


def _weights(learnt: Descent, rate: float) -> None:
    """List the weights: at the start, now, their derivative, and after one more update."""
    found = figures()
    rows = []
    for position, name in enumerate(EXAMPLES[settings().example].weights):
        now, slope = found[name]
        rows.append(
            {
                _("Weight"): name,
                _("At the start"): digits(float(learnt.weights[0, position])),
                _("Now"): digits(now),
                _("Derivative"): digits(slope),
                _("After one more update"): digits(now - rate * slope),
            }
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="content",
        key="backpropagation-weights",
        alt=_("Every weight at the start, now, its derivative, and after one more update."),
    )
    shown = {name: digits(value) for name, (value, _slope) in found.items()}
    text = _("{output} is now {value}.").format(output=_output(), value=shown[_output()])
    pairs = [
        _("{output} = {value}, target {target}").format(
            output=name, value=shown[name], target=shown[f"t{name[1:]}"]
        )
        for name in shown
        if name[:1] in {"o", "p"} and f"t{name[1:]}" in shown
    ]
    st.markdown(f"{text} " + " · ".join(pairs))


def _to_optimizer(rate: float) -> None:
    """Offer the example as a comparison of optimizers."""
    st.caption(
        _(
            "The same network, data and starting weights as an experiment: this gradient descent"
            " beside Momentum and Adam. It takes the place of the comparison there, which Undo"
            " brings back. Changed inputs and targets stay here: the data are the example's own."
        )
    )
    too_few = len(EXAMPLES[settings().example].weights) < 2
    flat = _("A surface lies over two weights, and this network has one.") if too_few else None
    with st.container(horizontal=True, gap="small"):
        for title, page, missing in (
            (_("Compare optimizers on it"), TrainingPage(), None),
            (_("See it on the loss surface"), SurfacesPage(surface="network"), flat),
        ):
            st.button(
                title,
                key=f"backpropagation-to-{page.name}",
                on_click=_carry,
                args=(page, rate),
                disabled=missing is not None,
                help=missing,
            )


def _carry(page: Any, rate: float) -> None:
    now = settings()
    example = EXAMPLES[now.example]
    weights = tuple(now.point[name] for name in example.weights)
    opened = with_default_view(example.experiment(weights, rate))
    view: View = opened.view.model_copy(update={"page": page, "axis": "iterations"})
    open_document(opened.model_copy(update={"view": view}), "demonstration")


def differences_tab() -> None:
    """Hold differences against backpropagation: their error, their calls, their time."""
    page = settings()
    graph, point, names = page.graph, shown_point(), words.names()
    st.markdown(
        _(
            "Numerical differentiation needs no graph: it moves one variable a little and looks how"
            " far the output moves. It is simple, and it pays for every variable anew."
        )
    )
    measured = measure(graph, point)
    rows = []
    for found in measured:
        method = METHODS.get(found.name)
        rows.append(
            {
                _("Method"): label("method", found.name),
                _("Step size h"): f"{method.step:.1e}" if method else "",
                _("Largest error"): _or_none(found.error, ".1e") if method else _("exact"),
                _("Forward passes"): found.forward_passes,
                _("Backward passes"): found.backward_passes,
                _("Time (µs)"): round(found.seconds * 1e6, 1),
            }
            | {names.get(name, name): _or_none(slope) for name, slope in found.gradient.items()}
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        key="backpropagation-methods",
        alt=_("The whole gradient by backpropagation and by three difference formulas."),
    )
    st.caption(
        _(
            "The error is the largest difference from backpropagation. Times are processor time of"
            " this machine, the best of some, and vary: what is less than twice as long may be as"
            " fast."
        )
    )
    if any(math.isnan(found.error) for found in measured):
        st.caption(
            _("No value: where this method steps to, the formula has no finite value itself.")
        )
    kinked = _kinked(measured[0].gradient)
    if kinked:
        st.caption(
            _(
                "There is a kink here in {variables}: the slopes to the left and to the right"
                " differ. A forward difference finds the right one, a central difference the mean"
                " of both, a complex step that of the branch it computes. What is listed as their"
                " error is the distance to the value that backpropagation takes by convention."
            ).format(variables=", ".join(names.get(name, name) for name in kinked))
        )
    variable = page.variable or _first_variable()
    st.session_state["backpropagation-differences-variable"] = variable
    st.segmented_control(
        _("Derivative by"),
        graph.inputs,
        format_func=lambda name: names.get(name, name),
        key="backpropagation-differences-variable",
        required=True,
        on_change=lambda: set_page(
            variable=st.session_state["backpropagation-differences-variable"]
        ),
    )
    curve = error_curve(graph, point, variable)
    _captioned(
        figure(lambda: error_curves(curve, variable, names), "backpropagation-errors", said())
    )
    if variable in kinked:
        st.markdown(
            _(
                "At a kink there is no single derivative, so that the distance between the methods"
                " does not shrink with the step."
            )
        )
        return
    if not curve.truncation["forward"].any():
        st.markdown(
            _(
                "The output is a straight line in this variable: there is nothing that differences"
                " could leave out, and only rounding is left. A network or the softmax shows both"
                " branches."
            )
        )
        return
    st.markdown(
        _(
            "From the right, smaller steps help: what Taylor's series leaves out shrinks with h"
            " (forward) or h² (central), the dashed lines. From the left they hurt: subtracting two"
            " nearly equal numbers keeps few digits, and the error grows as 1/h, the dotted lines."
            " A complex step subtracts nothing and has no such branch."
        )
    )


def _kinked(gradient: Mapping[str, float]) -> list[str]:
    """Return the variables by which the derivative is a choice."""
    sides = _sides()
    return [name for name, slope in gradient.items() if words.has_kink(slope, sides[name])]


def _or_none(value: float, form: str = "") -> str:
    """Return a number for the table, or the words for a missing one."""
    if math.isnan(value):
        return _("no value")
    return f"{value:{form}}" if form else digits(value)


def network_tab() -> None:
    """Compare both ways for all parameters of the Compare page's network."""
    experiment = document().experiment
    st.markdown(
        _(
            "The same for the network of the Compare page, all of its parameters: central"
            " differences take two forward passes for every parameter, backpropagation one pass"
            " forward and one back for all of them."
        )
    )
    if experiment.problem.kind == "function":
        st.info(_("The Compare page has a test function now: choose data and a network there."))
        return
    try:
        found, ladder = _measured(experiment)
    except InvalidInput as error:
        st.error(explain(error) + " " + _("Choose a smaller network on the Compare page."))
        return
    with st.container(horizontal=True):
        st.metric(_("Parameters"), f"{found.parameters:,}")
        st.metric(_("Largest relative difference"), f"{found.difference:.1e}")
        st.metric(_("Forward passes, against one backward"), f"{found.forward_passes:,}")
        st.metric(_("Time, backpropagation"), f"{found.backward_seconds * 1e3:,.3g} ms")
        st.metric(_("Time, differences"), f"{found.central_seconds * 1e3:,.3g} ms")
    _rows_taken(found, experiment.problem.training_rows)
    if len(ladder) > 1:
        equal, unequal = contract(experiment, tuned=False)
        figure(lambda: gradient_times(ladder), "backpropagation-times", (equal, unequal))
        st.caption(
            _(
                "The same data with hidden layers of other widths, measured here just now. The"
                " forward passes go through the network many at a time; one after the other they"
                " would take longer still."
            )
        )
    else:
        st.caption(
            _(
                "Time against the number of parameters is not drawn: that takes two networks at"
                " least which all training rows can be checked with in good time. Fewer rows or"
                " units on the Compare page make that possible."
            )
        )


def _rows_taken(found: NetworkCheck, rows: int) -> None:
    text = _(
        "The difference is relative to the largest derivative, where the first seed starts. The"
        " loss is the mean over {taken} of {rows} training rows."
    )
    text = text.format(taken=f"{found.rows:,}", rows=f"{rows:,}")
    if document().experiment.problem.activation in {"relu", "leaky_relu"}:
        text += " " + _("Where a step crosses the kink of a ReLU, differences are wrong.")
    st.caption(text)


def _measured(experiment: Experiment) -> tuple[NetworkCheck, list[NetworkCheck]]:
    """Return both ways for the network and for others of growing width, measured once."""
    kept = st.session_state.get(_MEASURED)
    if kept is None or kept[0] != experiment.key:
        found = check_network(experiment)
        ladder = [check_network(step) for step in width_ladder(experiment)]
        kept = st.session_state[_MEASURED] = (experiment.key, found, ladder)
    return kept[1], kept[2]


FILL: Final[Mapping[str, Callable[[], None]]] = {
    "meaning": meaning_tab,
    "chain": chain_tab,
    "descent": descent_tab,
    "differences": differences_tab,
    "network": network_tab,
}
