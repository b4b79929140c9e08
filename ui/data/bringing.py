"""Three ways to bring a table: a file, text that is pasted, a few rows that are typed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from comparison.tables.typed import TYPED_ROWS, typed
from engine.limits import LIMITS
from language import N_, _
from ui.data.draft import (
    draft,
    forget,
    others,
    refused,
    take_bytes,
    take_kept,
    take_typed,
)
from ui.data.preview import corrections
from ui.shell.binding import reporting
from ui.shell.brought import is_used
from ui.shell.share import open_experiment
from ui.shell.tabs import Tab, Tabs
from ui.shell.text import escaped

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_MEGABYTES: Final = int(LIMITS["table_bytes"].high) // 2**20
# The corners of a truth table: change what stands there.
_NAMES: Final = "x1, x2, y"
_CORNERS: Final = (("0", "0", "0"), ("0", "1", "1"), ("1", "0", "1"), ("1", "1", "0"))


def _file() -> None:
    reporting(
        st.file_uploader,
        _("A table as CSV"),
        type=["csv", "tsv", "txt", "json"],
        key="table-file",
        report=_take_file,
        max_upload_size=_MEGABYTES,
        help=_(
            "Up to {rows:,} rows and {columns} columns. Delimiter, decimal sign and encoding are"
            " found out, and you see them before anything is trained. The rows stay on this server"
            " while you are here; no other reader gets them. An experiment that was saved with its"
            " rows (JSON) opens here, too."
        ).format(rows=int(LIMITS["rows"].high), columns=int(LIMITS["table_columns"].high)),
    )


def _take_file(file: UploadedFile) -> None:
    raw = file.getvalue()
    if file.name.endswith(".json"):
        open_experiment(raw)
    else:
        take_bytes(raw, file.name)


def _paste() -> None:
    with st.form("paste-table", border=False):
        text = st.text_area(
            _("Cells copied from a spreadsheet, with the names in the first line"),
            key="pasted-table",
            height=180,
            max_chars=int(LIMITS["table_bytes"].high),
            placeholder=_("height, mass\n1.47, 52.21\n1.50, 53.12"),
        )
        if st.form_submit_button(_("Read the cells"), key="read-pasted"):
            take_bytes((text or "").encode("utf-8", "replace"), _("Pasted table"))
            st.rerun()


def _type() -> None:
    names = st.text_input(
        _("Names of the columns, with commas between them"),
        value=_NAMES,
        key="typed-names",
        max_chars=400,
        help=_("Other names, or more of them, give other columns as soon as you press Enter."),
    )
    columns = _columns(names or "")
    rows = [(*corner, *[""] * len(columns))[: len(columns)] for corner in _CORNERS]
    with st.form("type-table", border=False):
        cells = st.data_editor(
            pd.DataFrame(rows, columns=columns, dtype="str"),
            num_rows="dynamic",
            hide_index=True,
            width="stretch",
            key=f"typed-cells-{'|'.join(columns)}",
        )
        text = _("{low:.0f} to {high:.0f} rows: click below the last one to add another.")
        st.caption(text.format(low=TYPED_ROWS.low, high=TYPED_ROWS.high))
        if st.form_submit_button(_("Use these rows"), key="read-typed"):
            listed = [["" if pd.isna(cell) else cell for cell in row] for row in cells.to_numpy()]
            take_typed(partial(typed, columns, listed), _("Typed table"))
            st.rerun()


def _columns(names: str) -> list[str]:
    """Return different names of columns, for an editor has no two alike."""
    told: list[str] = []
    for part in filter(None, map(str.strip, names.split(","))):
        again = 2
        name = part
        while name in told:
            name, again = f"{part} ({again})", again + 1
        told.append(name)
    return told or ["x", "y"]


TABS: Final = Tabs(
    "data-tabs",
    {
        "file": Tab(N_("File"), _file),
        "paste": Tab(N_("Paste"), _paste),
        "type": Tab(N_("Type"), _type),
    },
)


def bringing() -> None:
    """Offer all ways, say why the last table was not taken, and list those of before."""
    TABS.show()
    failed = refused()
    if failed is not None:
        st.error(escaped(failed.why))
        now = draft()
        is_at_hand = now is not None and now.raw == failed.raw
        if failed.is_readable and not is_at_hand:
            corrections("refused", failed.raw, failed.title, failed.asked, failed.asked)
    for place, kept in enumerate(others()):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text = _("{title}: {rows:,} rows")
            title = kept.title or _("Your table")
            words = text.format(title=title, rows=kept.table.n_rows)
            st.markdown(escaped(words), width="stretch")
            st.button(
                _("Show"),
                key=f"show-table-{place}",
                on_click=take_kept,
                args=(kept,),
                type="tertiary",
            )
            used = is_used(kept.table.digest)
            st.button(
                _("Remove"),
                key=f"remove-table-{place}",
                on_click=forget,
                args=(kept.table.digest,),
                type="tertiary",
                disabled=used,
                help=_("A comparison used it, here or in another tab: undo may need it.")
                if used
                else None,
            )
