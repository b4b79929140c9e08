"""A whole network: backpropagation against differences for all parameters of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from charts.differences import gradient_times
from comparison.words.contract import contract
from comparison.words.errors import explain
from engine import InvalidInput
from engine.backprop.differences import check_network, width_ladder
from language import _
from ui.shell.figure import figure
from ui.shell.store import document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import Experiment
    from engine.backprop.differences import NetworkCheck

_MEASURED: Final = "backpropagation-measured"


def network_tab() -> None:
    """Compare both ways for all parameters of the Compare page's network."""
    experiment = document().experiment
    st.markdown(
        _(
            "The same check for all parameters of the network on the Compare page: central"
            " differences need two forward passes for every parameter, backpropagation one pass"
            " forward and one back for all of them."
        )
    )
    if experiment.problem.kind == "function":
        st.info(
            _(
                "The Compare page has a test function at the moment. Choose data and a"
                " network there."
            )
        )
        return
    try:
        found, ladder = _measured(experiment)
    except InvalidInput as error:
        st.error(explain(error) + " " + _("Choose a smaller network on the Compare page."))
        return
    _metrics(found)
    st.caption(_check_words(experiment, found))
    _times(experiment, ladder)


def _metrics(found: NetworkCheck) -> None:
    with st.container(horizontal=True):
        st.metric(_("Parameters"), f"{found.parameters:,}")
        st.metric(_("Largest relative difference"), f"{found.difference:.1e}")
        st.metric(_("Forward passes instead of one backward"), f"{found.forward_passes:,}")
        st.metric(_("Time, backpropagation"), f"{found.backward_seconds * 1e3:,.3g} ms")
        st.metric(_("Time, differences"), f"{found.central_seconds * 1e3:,.3g} ms")


def _check_words(experiment: Experiment, found: NetworkCheck) -> str:
    """Return what the difference is relative to, and on which rows it was taken."""
    text = _(
        "The difference is relative to the largest derivative, at the starting point of the first"
        " seed. The loss is the mean over {taken} of {rows} training rows."
    )
    problem = experiment.problem
    text = text.format(taken=f"{found.rows:,}", rows=f"{problem.training_rows:,}")
    if problem.kind == "network" and problem.activation in {"relu", "leaky_relu"}:
        text += " " + _("Where a step crosses the kink of a ReLU, differences are wrong.")
    return text


def _times(experiment: Experiment, ladder: Sequence[NetworkCheck]) -> None:
    """Show the time of both ways against the number of parameters, where several were measured."""
    if len(ladder) < 2:
        st.caption(
            _(
                "Time against the number of parameters is not drawn: it takes at least two"
                " networks that can be checked on all training rows in reasonable time. Try fewer"
                " rows or units on the Compare page."
            )
        )
        return
    figure(
        lambda: gradient_times(ladder), "backpropagation-times", contract(experiment, tuned=None)
    )
    st.caption(
        _(
            "The same data with hidden layers of other widths, timed just now on this machine."
            " Many forward passes go through the network at once; one after the other, they would"
            " take even longer."
        )
    )


def _measured(experiment: Experiment) -> tuple[NetworkCheck, list[NetworkCheck]]:
    """Return both ways for the network and for others of growing width, measured once."""
    kept = st.session_state.get(_MEASURED)
    if kept is None or kept[0] != experiment.key:
        found = check_network(experiment)
        ladder = [check_network(step) for step in width_ladder(experiment)]
        kept = st.session_state[_MEASURED] = (experiment.key, found, ladder)
    return kept[1], kept[2]
