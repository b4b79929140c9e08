"""Compare: several runs from the same start with the same batches, and their losses."""

from dataclasses import replace

import streamlit as st

from engine import History
from language import _
from ui.exports import exports
from ui.figure import sketch
from ui.locale import fragment, speak
from ui.results import contract_line
from ui.runs import run_actions, run_editor, run_strip
from ui.session import document, follow, looks, offered_presets, use_preset, work_on
from ui.share import address, share
from ui.sidebar import sidebar
from ui.tabs import FILL, TITLES, growing_chart, loss_tab, view_switches
from ui.training import is_quick, last_outcome, outcome, with_seconds

LONG = "long-tab"  # whether a tab is open that trains a sweep, or every run alone to time it


def comparison() -> None:
    """Show the runs and how they did."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title("Descent Lab", anchor=False, width="stretch")
        run_actions(offered_presets(), use_preset)
        away = share()
    run_strip()
    run_editor()
    status = st.container(gap=None)  # so that what comes and goes moves nothing below
    with status:
        contract_line()
    tabs = dict(
        zip(TITLES, st.tabs([_(name) for name in TITLES.values()], on_change="rerun"), strict=True)
    )
    is_long = tabs["rates"].open or tabs["details"].open
    if is_long != st.session_state.get(LONG, False):
        st.session_state[LONG] = is_long
        st.rerun()
    with tabs["loss"]:
        view_switches()
        grid = st.grid(2, min_column_width=400)
        place, right = grid.empty(), grid.cell()

    before = last_outcome()

    def draw(history: History) -> None:
        """Show a training under way in the first tab."""
        if tabs["loss"].open:
            with place.container():
                sketch(growing_chart(history, looks(), before), f"growing-{history.seconds:.3f}")

    with status:
        shown = outcome(document().experiment, looks(), draw)
    if shown is not None:
        asked = document().view.axis == "seconds" or tabs["details"].open
        if asked and not shown.stale:
            with status:
                shown = replace(shown, history=with_seconds(shown.history))
        if tabs["loss"].open:
            loss_tab(shown, place, right)
        for name, fill in FILL.items():
            if tabs[name].open:
                with tabs[name]:
                    fill(shown)
    with away:
        exports(shown)
    address()


def runs_alone() -> bool:
    """Tell whether the comparison may rerun without the rest of the page, which is faster.

    Streamlit never interrupts such a rerun, so nothing that takes long may be trained in it.
    """
    now = document()
    is_long = st.session_state.get(LONG, False) or now.view.axis == "seconds"
    return is_quick(now.experiment) and not is_long


@fragment
def lone_comparison() -> None:
    """Show the comparison; a change to a run leaves the sidebar alone."""
    follow()
    if not runs_alone():
        st.rerun()
    comparison()


speak()
work_on("training")
with st.sidebar:
    sidebar()
if runs_alone():
    lone_comparison()
else:
    comparison()
