"""What a reader may download of a whole comparison: the bundle, the report, scripts of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine import timed
from exports.bundle import bundle, zipped
from exports.report import report, usual_title
from exports.scripts import FRAMEWORKS, code
from exports.scripts.replay import script_name
from language import _
from storage.writing import file_name
from ui.shell.figure import DIALOG, close_dialog, later
from ui.shell.locale import speak
from ui.shell.share import SHARE
from ui.shell.store import past, whole_document
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.document import Document
    from comparison.scenes import Scene
    from ui.shell.training import Outcome

_CHARACTERS = 20_000  # of notes
_TITLE, _NOTES = "report-title", "report-notes"  # of the form
_WRITTEN = "report-written"  # title and notes of the last report
_IS_MADE = "report-is-made"  # whether that report is on offer


def exports(shown: Outcome | None, scenes: Sequence[Scene] = ()) -> None:
    """Offer a trained comparison; no file is made before the reader asks for it.

    Args:
        shown: the outcome of its training; None while that waits.
        scenes: its surfaces.
    """
    if shown is None or shown.stale:
        st.caption(_("Bundle, report and code will be ready when the training has finished."))
        close_dialog()
        return
    now = whole_document()
    tuned, led_here = best_rates().tried(now.experiment), past()
    st.download_button(
        _("Bundle (zip)"),
        later(
            lambda: zipped(bundle(now, timed(shown.history), scenes, tuned=tuned, past=led_here))
        ),
        file_name=f"{file_name('bundle')}.zip",
        mime="application/zip",
        help=_(
            "Results, histories, charts, data, starting weights, batches, and scripts that replay"
            " the runs."
        ),
        on_click="ignore",
        width="stretch",
        key="export-bundle",
    )
    st.button(_("Report …"), width="stretch", key="open-report", on_click=_open, args=("report",))
    st.button(_("Code …"), width="stretch", key="open-code", on_click=_open, args=("code",))
    # A click on the dialog closes the popover, if it was still open, and that runs the page again:
    # then the dialog must still be there.
    if st.session_state.get(DIALOG) == "report":
        st.dialog(_("Report"), width="medium", on_dismiss=close_dialog)(_report)(now, shown, scenes)
    elif st.session_state.get(DIALOG) == "code":
        st.dialog(_("Code"), width="large", on_dismiss=close_dialog)(_code)(now, shown)


def _open(dialog: str) -> None:
    st.session_state[DIALOG] = dialog
    st.session_state[SHARE] = False
    _change()


def _report(now: Document, shown: Outcome, scenes: Sequence[Scene]) -> None:
    """Ask for title and notes, then offer the report with them.

    A text field is sent when it loses the focus. The click on a download beside it would do that,
    and start the download before the script has received what was typed. So a form sends the text
    with a button of its own and then gives way to the download: the file on offer is never older
    than the text on show.
    """
    speak()
    container = st.empty()  # the form disappears at once when the report is being made
    title, notes = st.session_state.get(_WRITTEN, (usual_title(), ""))
    if not st.session_state.get(_IS_MADE):
        with container.form("report-form", border=False):
            st.text_input(_("Title"), title, key=_TITLE)
            st.text_area(_("Notes"), notes, key=_NOTES, max_chars=_CHARACTERS, height=200)
            st.form_submit_button(_("Make the report"), type="primary", on_click=_make)
        return
    with container.container():
        with st.spinner(_("Making the report …")):
            tuned = best_rates().tried(now.experiment)
            page = report(now, shown.history, title, notes, scenes, tuned=tuned, past=past())
        st.text_input(_("Title"), title, disabled=True)
        st.text_area(_("Notes"), notes, disabled=True, height=200)
        with st.container(horizontal=True):
            st.download_button(
                _("Save the report (HTML)"),
                page,
                file_name=f"{file_name('report')}.html",
                mime="text/html",
                type="primary",
                on_click="ignore",
                key="export-report",
            )
            st.button(_("Change title or notes"), key="change-report", on_click=_change)


def _make() -> None:
    st.session_state[_WRITTEN] = st.session_state[_TITLE], st.session_state[_NOTES]
    st.session_state[_IS_MADE] = True


def _change() -> None:
    st.session_state[_IS_MADE] = False


def _code(now: Document, shown: Outcome) -> None:
    speak()
    names = [style.name for style in shown.styles]
    position = st.selectbox(
        _("Run"),
        range(len(names)),
        index=min(now.view.selected, len(names) - 1),
        format_func=names.__getitem__,
        key="code-run",
    )
    framework = st.segmented_control(
        _("Library"),
        tuple(FRAMEWORKS),
        default=next(iter(FRAMEWORKS)),
        format_func=lambda name: FRAMEWORKS[name].LIBRARY.title,
        key="code-library",
        required=True,
    )
    written = code(framework, now.experiment, position, names[position])
    if written.remark:
        st.info(written.remark)
    if written.text is None:
        return
    st.caption(_("It is in the bundle as well, next to the files it reads."))
    st.download_button(
        _("Save the script"),
        written.text,
        file_name=script_name(framework, position),
        mime="text/x-python",
        on_click="ignore",
        key="export-script",
    )
    st.code(written.text, language="python", height=480)
