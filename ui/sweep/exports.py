"""What a reader may download of a sweep: its lanes, its specification, the bundle and the report.

Each file is made at the click on it, of the lanes that are there then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.sweep.look import Look
from exports.bundle import zipped
from exports.sweep.bundle import specification, sweep_bundle
from exports.sweep.report import sweep_report, usual_sweep_title
from exports.sweep.tables import lanes_csv, lanes_parquet
from language import _
from storage.writing import file_name
from ui.shell.brought import tables_here
from ui.shell.figure import close_dialog, later, offer_files
from ui.shell.report import report_button, report_dialog
from ui.shell.store import document, whole_document
from ui.sweep.past import shown_sweep
from ui.sweep.server import shelf, watches
from ui.sweep.settings import settings

if TYPE_CHECKING:
    from sweeps.spec import SweepSpec


def sweep_exports(spec: SweepSpec | None, name: str | None) -> None:
    """Offer the specification of a plan and, if it was started, what has come of it.

    Args:
        spec: what the page plans; None where that does not fit together.
        name: the id of its sweep; None before it is started.
    """
    if name is not None:
        st.caption(
            _(
                "On this server the link also opens the results. Whoever has it can stop and"
                " remove the sweep; elsewhere it opens the plan."
            )
        )
    if spec is not None:
        st.download_button(
            _("Specification (JSON)"),
            later(lambda: specification(spec)),
            file_name="sweep.json",
            mime="application/json",
            help=_("For the command, which trains it on another machine or on a cluster."),
            on_click="ignore",
            width="stretch",
            key="export-specification",
        )
    if name is None:
        st.caption(_("Bundle and report will be ready when the sweep has been started."))
        close_dialog()
        return
    whole, view, page = whole_document(), document().view, settings()
    folder, watched = shelf().folder(name), watches()
    tables = () if spec is None else tables_here(spec)
    st.download_button(
        _("Bundle (zip)"),
        later(
            lambda: zipped(
                sweep_bundle(Look(watched.look(name), view, page), folder, whole, tables)
            )
        ),
        file_name=f"{file_name('sweep')}.zip",
        mime="application/zip",
        help=_("All lanes and settings as tables, charts, the specification, and what was equal."),
        on_click="ignore",
        width="stretch",
        key="export-bundle",
    )
    report_button()
    report_dialog(
        "sweep-report",
        usual_sweep_title(),
        lambda title, notes: sweep_report(Look(watched.look(name), view, page), title, notes),
    )


def lanes_files(look: Look) -> None:
    """Offer all lanes of the sweep on show as CSV and as Parquet."""
    name = shown_sweep()
    if name is None or not look.lanes.status.any():
        return
    folder, watched = shelf().folder(name), watches()
    files = (
        (_("All lanes (CSV)"), "csv", lambda: lanes_csv(folder, watched.look(name))),
        (_("All lanes (Parquet)"), "parquet", lambda: lanes_parquet(folder, watched.look(name))),
    )
    offer_files(files, "sweep-lanes")
