"""Compare: several runs from the same start with the same batches, and their losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.edits import use_preset, use_runs_preset
from comparison.offers import runs_presets
from comparison.presets import COMPARE_PRESETS
from language import _
from ui.compare.comparison import Comparison, runs_alone
from ui.compare.tabs import TABS, way_to_rates
from ui.setup.runs import comparison_actions, rate_control, run_editor, run_strip, runs_and_actions
from ui.setup.sidebar import sidebar
from ui.shell.binding import draw_mark
from ui.shell.exports import exports
from ui.shell.heading import heading
from ui.shell.locale import speak
from ui.shell.navigation import fragment, in_sidebar, open_edited, reruns_alone, work_on
from ui.shell.notices import contract_line, preset_line, preset_place
from ui.shell.presentation import is_presented, present_button, presentation
from ui.shell.share import address, share
from ui.shell.store import document, edit
from ui.shell.zoom import keep_zooms

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def comparison() -> None:
    """Show the runs and how they did."""
    if is_presented():
        with presentation(run_strip):
            presented_comparison()
        return
    head, contract, preset = st.container(), st.container(key="contract", gap=None), preset_place()
    with st.container(gap=None):
        # What comes and goes in the status moves nothing below.
        status, body = st.container(gap=None), st.container()
    shown = Comparison(status)
    # A long training must leave the settings above it usable, so they come first; after a change
    # that is trained in no time, the chart need not wait for them.
    is_alone = reruns_alone()
    if is_alone:
        with body:
            TABS.show(shown)
    with head:
        popover = _settings()
    with contract:
        contract_line(way_to_rates())
    with preset:
        preset_line()
    if not is_alone:
        with body:
            TABS.show(shown)
    with popover:
        exports(shown.outcome)
    keep_zooms()
    address()
    draw_mark("page")


def _settings() -> DeltaGenerator:
    """Show what may be changed; return the popover of what may be shared."""
    about = _("Same network, same start, same order of rows, several optimizers: see what differs.")
    with heading("Descent Lab", about):
        comparison_actions(_presets(), _use)
        present_button()
        popover = share()
    runs_and_actions()
    run_editor()
    return popover


def presented_comparison() -> None:
    """Show the open tab's chart, large, and the learning rate of the selected run."""
    rate_control()
    status = st.container(gap=None)
    TABS.fill(Comparison(status))
    contract_line()
    keep_zooms()
    address()
    draw_mark("page")


def _presets() -> dict[str, str]:
    """Return the titles of whole comparisons, and of runs for the data at hand, by id."""
    titles = {name: preset.title for name, preset in COMPARE_PRESETS.items()}
    return titles | runs_presets(document().experiment)


def _use(name: str) -> None:
    if name in COMPARE_PRESETS:
        open_edited(use_preset, name)
    else:
        edit(use_runs_preset, name)


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
