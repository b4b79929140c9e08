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
from ui.shell.report import open_dialog, report_button, report_dialog
from ui.shell.store import past, whole_document
from ui.shell.tuning import best_rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.document import Document
    from comparison.scenes import Scene
    from ui.shell.training import Outcome


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
    report_button()
    st.button(_("Code …"), width="stretch", key="open-code", on_click=open_dialog, args=("code",))

    def make(title: str, notes: str) -> bytes:
        tuned = best_rates().tried(now.experiment)
        return report(now, shown.history, title, notes, scenes, tuned=tuned, past=past())

    report_dialog("report", usual_title(), make)
    if st.session_state.get(DIALOG) == "code":
        st.dialog(_("Code"), width="large", on_dismiss=close_dialog)(_code)(now, shown)


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
