"""Surfaces: the loss surface that each run walks on, and the path it takes, step by step."""

import streamlit as st

from language import _
from ui.locale import fragment, speak
from ui.results import contract_line
from ui.runs import run_actions, run_editor, run_strip
from ui.session import document, follow, looks, work_on
from ui.share import share
from ui.sidebar import sidebar
from ui.surfaces.picture import exact_scene, picture
from ui.training import outcome


@fragment
def comparison() -> None:
    """Show the runs, the surface and the clock; a change to a run leaves the sidebar alone."""
    follow()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title(_("Surfaces"), anchor=False, width="stretch")
        run_actions()
        share()
    run_strip()
    run_editor()
    status = st.container(gap=None)
    with status:
        contract_line()
        shown = outcome(document().experiment, looks(), lambda _history: None)
    if shown is not None:
        now = exact_scene(shown)
        if now is not None:
            moving(now)


@fragment
def moving(now) -> None:
    """Show the picture; the clock reruns no more than this."""
    picture(now)


speak()
work_on("surfaces")
with st.sidebar:
    sidebar()
comparison()
