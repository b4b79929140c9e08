"""Sweep: from one run to many thousands, which settings of what end lowest."""

from __future__ import annotations

from typing import Final

import streamlit as st

from comparison.sweep.contract import sweep_contract
from comparison.sweep.look import Look
from comparison.words.sweeps import axes_words
from language import _
from ui.setup.sidebar import sidebar
from ui.shell.binding import draw_mark
from ui.shell.heading import heading
from ui.shell.locale import speak
from ui.shell.navigation import all_but, fragment, work_on
from ui.shell.notices import show_notices, state
from ui.shell.presentation import is_presented, present_button, presentation
from ui.shell.share import address, share
from ui.shell.store import document
from ui.shell.text import escaped
from ui.shell.undo import undo_buttons
from ui.shell.zoom import keep_zooms
from ui.sweep.exports import sweep_exports
from ui.sweep.past import is_elsewhere, keep_ids, list_of_sweeps, shown_sweep
from ui.sweep.picked import ways_on
from ui.sweep.plan import plan, start_line
from ui.sweep.planned import planned
from ui.sweep.server import why_no_shelf
from ui.sweep.settings import settings
from ui.sweep.status import kind_of, redrawn, seen, status_line
from ui.sweep.tabs import TABS
from ui.sweep.verdict import verdict

# Settings of the page that nothing outside of the results shows.
_OF_RESULTS: Final = (
    "tab",
    "shown",
    "target",
    "across",
    "upwards",
    "held",
    "brushes",
    "setting",
    "run",
    "choosing",
    "reference",
    "p_values",
    "problem",
)


def sweep() -> None:
    """Show the plan, and what has come of it if it was started."""
    name = shown_sweep()
    if is_presented():
        with presentation(present_title):
            if name is None:
                st.info(_("There is no sweep to present: leave the presentation and start one."))
                finish()
            else:
                presented(name)
        return
    # Two blocks, so that what comes and goes in the first leaves the second where it is: results
    # that are drawn anew by themselves would else stand beside their old place.
    plan_place, results_place = st.container(), st.container()
    with plan_place:
        planning(name)
    draw_mark("controls")
    with results_place:
        if name is not None:
            results(name)
        else:
            finish()


def planning(name: str | None) -> None:
    """Show the plan and what can be done with all of it.

    Args:
        name: the id of its sweep, if it has been started.
    """
    now = planned()
    with heading(
        _("Sweep"),
        _("Many settings, several seeds: which rule, which rate, which batch size ends lowest?"),
    ):
        list_of_sweeps()
        undo_buttons()
        if name is not None:
            present_button()
        popover = share()
    show_notices()
    if name is None and is_elsewhere():
        st.info(
            _(
                "This server does not have the sweep of this link, which may have been removed. Its"
                " plan is below: start it to have its results here."
            )
        )
    title = _("What is swept") if now.spec is None else escaped(axes_words(now.spec))
    is_there = name is not None
    key = f"sweep-plan-{is_there}"  # it folds when the sweep starts
    with st.expander(title, expanded=not is_there, icon=":material/tune:", key=key):
        plan()
    why_not = why_no_shelf()
    if why_not is None:
        start_line(now, is_there=is_there)
    else:
        st.error(escaped(now.why_not or why_not))
    with popover:
        sweep_exports(now.spec, name)


def _around() -> object:
    """Return what is shown around the results, and whether they still grow."""
    name = shown_sweep()
    return all_but(*_OF_RESULTS)(), name, kind_of(name)


@fragment(_around, every=lambda: redrawn(shown_sweep()))
def results(name: str) -> None:
    """Show how far a sweep is, and what it has found; this is drawn anew as it grows."""
    status, lanes = seen(name)
    look = Look(lanes, document().view, settings())
    status_line(name, status, lanes)
    caption = sweep_contract(look)
    state(caption)
    verdict(look)
    TABS.show(look, caption)
    ways_on(look)
    finish()


def present_title() -> None:
    """Show what the presentation is of."""
    spec = planned().spec
    title = _("Sweep") if spec is None else axes_words(spec)
    st.title(escaped(title), anchor=False, width="stretch")


@fragment(_around, every=lambda: redrawn(shown_sweep()))
def presented(name: str) -> None:
    """Show the open tab alone, large."""
    status, lanes = seen(name)
    look = Look(lanes, document().view, settings())
    status_line(name, status, lanes)
    caption = sweep_contract(look)
    verdict(look)
    TABS.fill(look, caption)
    state(caption)
    finish()


def finish() -> None:
    """Keep zooms, the address and the ids, after all that is shown."""
    keep_zooms()
    address()
    keep_ids()
    draw_mark("page")


speak()
work_on("sweep")
with st.sidebar:
    sidebar()
sweep()
