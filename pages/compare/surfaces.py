"""Surfaces: the loss surface that each run walks on, and the path it takes, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.edits import use_surface_preset
from comparison.presets import SURFACE_PRESETS
from language import _
from ui.setup.runs import comparison_actions, rate_control, run_editor, run_strip, runs_and_actions
from ui.shell.binding import draw_mark
from ui.shell.exports import exports
from ui.shell.heading import heading
from ui.shell.locale import speak
from ui.shell.navigation import all_but, fragment, in_sidebar, open_edited, work_on
from ui.shell.notices import contract_line, preset_line, preset_place
from ui.shell.presentation import is_presented, present_button, presentation
from ui.shell.share import address, share
from ui.shell.store import document, styles
from ui.shell.training import outcome
from ui.shell.zoom import keep_zooms
from ui.surfaces.controls import surface_sidebar
from ui.surfaces.picture import picture, view_switches
from ui.surfaces.planes import plane_caption, plane_controls
from ui.surfaces.scenes import shown_scenes
from ui.surfaces.settings import settings
from ui.surfaces.tabs import TABS
from ui.surfaces.theory import edge_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.scenes import Scene


@fragment(in_sidebar)
def comparison() -> None:
    """Show the runs, the surface and the clock; a change to a run leaves the sidebar alone."""
    if is_presented():
        with presentation(run_strip):
            presented_surface()
        return
    with st.container(gap=None):  # one block, so that what comes and goes moves nothing below
        head = st.container()
        work = st.container(gap=None)
    preset = preset_place()
    with head:
        with heading(_("Surfaces")):
            comparison_actions(
                {name: preset.title for name, preset in SURFACE_PRESETS.items()},
                lambda name: open_edited(use_surface_preset, name),
            )
            present_button()
            popover = share()
        runs_and_actions()
        run_editor()
        status = st.container(gap=None)
        with status:
            edge = st.container()
            contract_line()
        plane_controls()
        view_switches()
    with preset:
        preset_line()
    with status:
        shown = outcome(document().experiment, styles(), lambda _history: None)
    with work:
        draw_mark("controls")
        scenes = [] if shown is None else shown_scenes(shown)
    with edge:
        edge_line(shown)
    with popover:
        exports(shown if scenes else None, scenes)
    if scenes:
        moving(scenes)
    else:
        address()
        draw_mark("page")


def presented_surface() -> None:
    """Show the picture, large, and the learning rate of the selected run."""
    rate_control()
    shown = outcome(document().experiment, styles(), lambda _history: None)
    scenes = [] if shown is None else shown_scenes(shown)
    if scenes:
        presented_picture(scenes)
    else:
        address()
        draw_mark("page")
    contract_line()


@fragment(all_but("step", "camera"))
def presented_picture(scenes: Sequence[Scene]) -> None:
    """Show the picture alone."""
    picture(scenes)
    keep_zooms()
    address()
    draw_mark("page")


def _around_the_picture() -> object:
    """Return all that is shown, except where the clock stands and how the picture was moved."""
    is_whole = settings().window is None  # else a button outside leads back
    return is_whole, all_but("step", "camera", "window", "tab", "slice")()


@fragment(_around_the_picture)
def moving(scenes: Sequence[Scene]) -> None:
    """Show the picture and the tabs; the clock reruns no more than this."""
    picture(scenes)
    plane_caption(scenes[0])
    TABS.show(scenes[0])
    keep_zooms()
    address()
    draw_mark("page")


speak()
work_on("surfaces")
with st.sidebar:
    surface_sidebar()
comparison()
