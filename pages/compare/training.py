"""Compare: several runs from the same start with the same batches, and their losses."""

from dataclasses import replace

import streamlit as st

from comparison.edits import use_runs_preset
from comparison.offers import runs_presets
from engine import History
from ui.compare.settings import settings
from ui.compare.tabs import FILL, TITLES, growing_chart, loss_tab, view_switches
from ui.setup.runs import run_actions, run_editor, run_strip
from ui.setup.sidebar import sidebar
from ui.shell.binding import draw_mark
from ui.shell.controls import open_tabs
from ui.shell.exports import exports
from ui.shell.figure import sketch
from ui.shell.locale import speak
from ui.shell.navigation import fragment, in_sidebar, work_on
from ui.shell.results import contract_line
from ui.shell.share import address, share
from ui.shell.store import document, edit, styles
from ui.shell.training import is_quick, last_outcome, outcome, with_seconds
from ui.shell.zoom import keep_zooms


def comparison() -> None:
    """Show the runs and how they did."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title("Descent Lab", anchor=False, width="stretch")
        run_actions(runs_presets(document().experiment), lambda name: edit(use_runs_preset, name))
        away = share()
    run_strip()
    run_editor()
    status = st.container(gap=None)  # so that what comes and goes moves nothing below
    with status:
        contract_line()
    tabs = open_tabs(TITLES, "compare-tab", settings().tab)
    with tabs["loss"]:
        view_switches()
        grid = st.grid(2, min_column_width=400)
        place, right = grid.empty(), grid.cell()

    before = last_outcome()

    def draw(history: History) -> None:
        """Show a training under way in the first tab."""
        if tabs["loss"].open:
            with place.container():
                key = f"growing-{history.seconds:.3f}"
                sketch(lambda: growing_chart(history, styles(), before), key, "loss")

    with status:
        shown = outcome(document().experiment, styles(), draw)
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
    keep_zooms()
    address()
    draw_mark("page")


def runs_alone() -> bool:
    """Tell whether the comparison may rerun without the rest of the page, which is faster.

    Streamlit never interrupts such a rerun, so nothing that takes long may be trained in it.
    """
    now = document()
    # A sweep is trained there, or every run alone to time it.
    is_long = settings().tab in {"rates", "details"} or now.view.axis == "seconds"
    return is_quick(now.experiment) and not is_long


@fragment(in_sidebar)
def lone_comparison() -> None:
    """Show the comparison; a change to a run leaves the sidebar alone."""
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
