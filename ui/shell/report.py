"""The dialog that asks for a report's title and notes, and then offers the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from language import _
from storage.writing import file_name
from ui.shell.figure import DIALOG, close_dialog
from ui.shell.locale import speak
from ui.shell.share import SHARE

if TYPE_CHECKING:
    from collections.abc import Callable

_CHARACTERS: Final = 20_000  # of notes
_TITLE, _NOTES = "report-title", "report-notes"  # of the form
_WRITTEN: Final = "report-written-"  # title and notes of the last report of a kind
_IS_MADE: Final = "report-is-made"  # whether that report is on offer


def open_dialog(name: str) -> None:
    """Open a dialog of the popover from which reports are taken."""
    st.session_state[DIALOG] = name
    st.session_state[SHARE] = False
    _change()


def report_button() -> None:
    """Offer to write a report."""
    st.button(
        _("Report …"), width="stretch", key="open-report", on_click=open_dialog, args=("report",)
    )


def report_dialog(kind: str, usual: str, make: Callable[[str, str], bytes]) -> None:
    """Show the dialog of a report, if it is open.

    A click on the dialog closes the popover, if it was still open, and that runs the page again:
    then the dialog must still be there.

    Args:
        kind: of the report; it is part of the file's name, and title and notes are kept for each.
        usual: the title that is suggested.
        make: returns the page with a title and notes.
    """
    if st.session_state.get(DIALOG) == "report":
        shown = st.dialog(_("Report"), width="medium", on_dismiss=close_dialog)(_fill)
        shown(kind, usual, make)


def _fill(kind: str, usual: str, make: Callable[[str, str], bytes]) -> None:
    """Ask for title and notes, then offer the report with them.

    A text field is sent when it loses the focus. The click on a download beside it would do that,
    and start the download before the script has received what was typed. So a form sends the text
    with a button of its own and then gives way to the download: the file on offer is never older
    than the text on show.
    """
    speak()
    container = st.empty()  # the form disappears at once when the report is being made
    title, notes = st.session_state.get(_WRITTEN + kind, (usual, ""))
    if not st.session_state.get(_IS_MADE):
        with container.form("report-form", border=False):
            st.text_input(_("Title"), title, key=_TITLE)
            st.text_area(_("Notes"), notes, key=_NOTES, max_chars=_CHARACTERS, height=200)
            st.form_submit_button(
                _("Make the report"), type="primary", on_click=_make, args=(kind,)
            )
        return
    with container.container():
        with st.spinner(_("Making the report …")):
            page = make(title, notes)
        st.text_input(_("Title"), title, disabled=True)
        st.text_area(_("Notes"), notes, disabled=True, height=200)
        with st.container(horizontal=True):
            st.download_button(
                _("Save the report (HTML)"),
                page,
                file_name=f"{file_name(kind)}.html",
                mime="text/html",
                type="primary",
                on_click="ignore",
                key="export-report",
            )
            st.button(_("Change title or notes"), key="change-report", on_click=_change)


def _make(kind: str) -> None:
    st.session_state[_WRITTEN + kind] = st.session_state[_TITLE], st.session_state[_NOTES]
    st.session_state[_IS_MADE] = True


def _change() -> None:
    st.session_state[_IS_MADE] = False
