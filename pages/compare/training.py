"""Compare: several runs from the same start with the same batches, and their losses."""

import streamlit as st

from comparison.edits import use_runs_preset
from comparison.offers import runs_presets
from language import _
from ui.compare.comparison import Comparison, runs_alone
from ui.compare.tabs import TABS, way_to_rates
from ui.setup.runs import run_actions, run_editor, run_strip
from ui.setup.sidebar import sidebar
from ui.shell.binding import draw_mark
from ui.shell.exports import exports
from ui.shell.locale import speak
from ui.shell.navigation import fragment, in_sidebar, work_on
from ui.shell.notices import contract_line
from ui.shell.share import address, share
from ui.shell.store import document, edit
from ui.shell.zoom import keep_zooms


def comparison() -> None:
    """Show the runs and how they did."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title("Descent Lab", anchor=False, width="stretch")
        run_actions(runs_presets(document().experiment), lambda name: edit(use_runs_preset, name))
        popover = share()
    st.caption(
        _(
            "Train the same network with several optimizers, from the same starting weights and on"
            " the same batches, and see what differs."
        )
    )
    run_strip()
    run_editor()
    status = st.container(gap=None)  # what comes and goes in it moves nothing below
    with status:
        contract_line(way_to_rates())
    shown = Comparison(status)
    TABS.show(shown)
    with popover:
        exports(shown.outcome)
    keep_zooms()
    address()
    draw_mark("page")


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
