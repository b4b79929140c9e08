"""Gradient descent: steps with the derivatives of the graph, and the way to the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from charts.differences import descent_curve
from comparison.document import with_default_view
from comparison.edits import opened
from comparison.pages import AnyPage, SurfacesPage, TrainingPage
from comparison.words.errors import explain
from comparison.words.expressions import digits
from engine.backprop.examples import EXAMPLES
from engine.limits import LIMITS
from engine.training.history import worst_loss
from language import _
from language.labels import label
from language.names import in_latex
from ui.backpropagation import words
from ui.backpropagation.settings import settings
from ui.backpropagation.shown import caption, descent, figures, output, remarks
from ui.shell.binding import bound
from ui.shell.controls import number
from ui.shell.figure import figure
from ui.shell.navigation import open_edited
from ui.shell.store import set_page
from ui.shell.text import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comparison.document import View
    from engine.backprop.examples import Descent
    from engine.errors import InvalidInput

_UPDATES: Final = (0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1_000, 2_000, 5_000, 10_000)
_RATES: Final = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)


def descent_tab() -> None:
    """Take steps of gradient descent with these derivatives, and carry the example elsewhere."""
    page, path = settings(), descent()
    if page.example == "own":
        _goal()
    if path is None:
        st.info(_nothing_moves())
        return
    _controls()
    if path.diverged:
        st.warning(_diverged(path))
    elif path.ended is not None:
        st.warning(_ended(path, path.ended))
    else:
        st.caption(_("The graph above shows the values after these updates."))
    _formula()
    _weights(path)
    if len(path.losses) > 1:
        loss = output()
        curve = figure(
            lambda: descent_curve(path.losses, loss), "backpropagation-descent", caption()
        )
        remarks(curve)
    if page.example != "own":
        _to_optimizer(page.rate)


def _nothing_moves() -> str:
    if settings().example == "own":
        return _(
            "Choose the variables that may move. Gradient descent then changes them, update by"
            " update, so that the result becomes smaller; all others stay as they are."
        )
    return _(
        "This example has nothing to learn. Choose the example with one weight or the 2-2-2"
        " network, or a formula of your own: there you choose what moves."
    )


def _goal() -> None:
    """Choose the result that is minimised, and the variables that move."""
    page = settings()
    left, right = st.columns(2)
    with left:
        bound(
            st.selectbox,
            label("field", "minimised"),
            page.outputs,
            key="backpropagation-minimised",
            shown=output(),
            report=lambda name: set_page(minimised="" if name == page.outputs[-1] else name),
            among=page.outputs,
            help=_(
                "Any line with a name. The derivatives of the whole page, above too, are those of"
                " this result."
            ),
        )
    with right:
        bound(
            st.multiselect,
            label("field", "moved"),
            page.graph.inputs,
            key="backpropagation-moved",
            shown=list(page.moved),
            report=lambda names: set_page(moved=tuple(names)),
            placeholder=_("None"),
        )


def _diverged(path: Descent) -> str:
    """Return after how many updates gradient descent diverged, and by which law, for Markdown."""
    return _(
        "Diverged: after {count} updates, one more makes {output} larger than {most}, a million"
        " times (1 + its size at the start). The graph shows the last values before that. Try a"
        " smaller learning rate."
    ).format(
        count=len(path.losses) - 1,
        output=escaped(output()),
        most=digits(float(worst_loss(path.losses[0]))),
    )


def _ended(path: Descent, reason: InvalidInput) -> str:
    """Return why gradient descent ended early, and after how many updates, for Markdown."""
    count = len(path.losses) - 1
    if reason.limits == "overflow":
        return _(
            "Diverged: after {count} updates the numbers are larger than a computer can hold."
            " The graph shows the last ones before that. Try a smaller learning rate."
        ).format(count=count)
    return _(
        "Gradient descent ended after {count} of {all} updates. At the next point: {reason} The"
        " graph shows the last point before that. Try a smaller learning rate, or another start."
    ).format(count=count, all=settings().updates, reason=escaped(explain(reason)))


def _controls() -> None:
    page = settings()
    left, right = st.columns(2)
    with left:
        number(
            "learning_rate",
            page.rate,
            LIMITS["learning_rate"],
            "backpropagation-rate",
            lambda value: set_page(learning_rate=value),
            stops=_RATES,
        )
    with right:
        number(
            "updates",
            page.updates,
            page.possible_updates,
            "backpropagation-updates",
            lambda value: set_page(updates=value),
            title=_("Updates taken"),
            stops=_UPDATES,
        )


def _formula() -> None:
    """Show the update of a weight, and that of a bias in words."""
    loss = in_latex(output(), words.names())
    st.latex(rf"w \leftarrow w - \eta \cdot \frac{{\partial {loss}}}{{\partial w}}")
    if settings().example == "own":
        return
    st.caption(
        _(
            "A bias would be learnt in the same way, with its own derivative and the same rate:"
            " b ← b − η · ∂{output}/∂b."
        ).format(output=output())
    )


def _weights(path: Descent) -> None:
    """List what moves: at the start, now, the derivative, and one more update in numbers."""
    rate, found, rows = settings().rate, figures(), []
    for position, name in enumerate(settings().learnt):
        now, slope = found[name]
        rows.append(
            {
                _("Weight"): name,
                _("At the start"): digits(float(path.weights[0, position])),
                _("Now"): digits(now),
                _("Derivative"): digits(slope),
                _("One more update"): f"{digits(now)} − {digits(rate)} · {_factor(slope)}",
                _("After one more update"): digits(now - rate * slope),
            }
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="content",
        key="backpropagation-weights",
        alt=_(
            "For each weight: its value at the start, its value now, its derivative, the next"
            " update in numbers, and its value after it."
        ),
    )
    st.markdown(_result_words({name: digits(value) for name, (value, _slope) in found.items()}))


def _factor(value: float) -> str:
    """Return a number as a factor: in brackets if it is negative."""
    return f"({digits(value)})" if value < 0 else digits(value)


def _result_words(shown: Mapping[str, str]) -> str:
    """Return the loss and every prediction beside its target, from the numbers by their names."""
    text = _("{output} is now {value}.").format(output=escaped(output()), value=shown[output()])
    if settings().example == "own":
        return text
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
