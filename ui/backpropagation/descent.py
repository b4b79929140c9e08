"""Gradient descent: steps with the derivatives of the graph, and the way to the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from charts.differences import descent_curve
from comparison.document import with_default_view
from comparison.edits import opened
from comparison.pages import AnyPage, SurfacesPage, TrainingPage
from comparison.words.expressions import digits
from engine.backprop.examples import EXAMPLES
from engine.limits import LIMITS
from language import _
from language.names import in_latex
from ui.backpropagation import words
from ui.backpropagation.settings import settings
from ui.backpropagation.shown import caption, descent, figures, output, remarks
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.navigation import open_edited
from ui.shell.store import set_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comparison.document import View
    from engine.backprop.examples import Descent

_UPDATES: Final = (0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1_000)
_RATES: Final = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)


def descent_tab() -> None:
    """Take steps of gradient descent with these derivatives, and carry the example elsewhere."""
    learnt = descent()
    if learnt is None:
        st.info(
            _(
                "This example has nothing to learn. Choose the example with one weight or the"
                " 2-2-2 network: their weights can be trained here."
            )
        )
        return
    rate = settings().learning_rate or EXAMPLES[settings().example].learning_rate
    _controls(rate)
    if learnt.diverged:
        st.warning(
            _(
                "Diverged: after {count} updates the numbers are larger than a computer can hold."
                " The graph shows the last ones before that. Try a smaller learning rate."
            ).format(count=len(learnt.losses) - 1)
        )
    st.caption(_("The graph above shows the weights after these updates."))
    _formula()
    _weights(learnt, rate)
    if len(learnt.losses) > 1:
        loss = output()
        curve = figure(
            lambda: descent_curve(learnt.losses, loss), "backpropagation-descent", caption()
        )
        remarks(curve)
    _to_optimizer(rate)


def _controls(rate: float) -> None:
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
            settings().updates,
            LIMITS["updates"],
            "backpropagation-updates",
            lambda value: set_page(updates=value),
            title=_("Updates taken"),
            stops=_UPDATES,
        )


def _formula() -> None:
    """Show the update of a weight, and that of a bias in words."""
    loss = in_latex(output(), words.names())
    st.latex(rf"w \leftarrow w - \eta \cdot \frac{{\partial {loss}}}{{\partial w}}")
    st.caption(
        _(
            "A bias would be learnt in the same way, with its own derivative and the same rate:"
            " b ← b − η · ∂{output}/∂b."
        ).format(output=output())
    )


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
        alt=_(
            "For each weight: its value at the start, its value now, its derivative, and its value"
            " after one more update."
        ),
    )
    st.markdown(_result_words({name: digits(value) for name, (value, _slope) in found.items()}))


def _result_words(shown: Mapping[str, str]) -> str:
    """Return the loss and every prediction beside its target, from the numbers by their names."""
    text = _("{output} is now {value}.").format(output=output(), value=shown[output()])
    pairs = [
        _("{output} = {value}, target {target}").format(
            output=name, value=shown[name], target=shown[f"t{name[1:]}"]
        )
        for name in shown
        if name[:1] in {"o", "p"} and f"t{name[1:]}" in shown
    ]
    return f"{text} " + " · ".join(pairs)


def _to_optimizer(rate: float) -> None:
    """Offer the example as a comparison of optimizers."""
    st.caption(
        _(
            "Opens the same network, data and starting weights as an experiment, with this"
            " gradient descent beside Momentum and Adam. It replaces the comparison there; Undo"
            " brings that back. Inputs and targets that you changed here are not carried over: the"
            " data are the example's own."
        )
    )
    too_few = len(EXAMPLES[settings().example].weights) < 2
    flat = (
        _("A loss surface needs two weights, and this network has only one.") if too_few else None
    )
    with st.container(horizontal=True, gap="small"):
        for title, page, missing in (
            (_("Compare optimizers on this example"), TrainingPage(), None),
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


def _carry(page: AnyPage, rate: float) -> None:
    """Open the example as a comparison on another page."""
    now = settings()
    example = EXAMPLES[now.example]
    weights = tuple(now.point[name] for name in example.weights)
    shown = with_default_view(example.experiment(weights, rate))
    view: View = shown.view.model_copy(update={"page": page, "axis": "iterations"})
    carried = shown.model_copy(update={"view": view})
    open_edited(lambda _before: opened(carried, "demonstration"))
