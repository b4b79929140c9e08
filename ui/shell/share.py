"""Links and files: the address of the page, a link to copy, a file to save and to open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

import streamlit as st

from comparison.document import FILE_BYTES, ROWS_BYTES, read_document, read_saved, saved_text
from comparison.link import from_link, to_link
from comparison.words.errors import explain
from engine import InvalidInput
from language import _
from ui.shell.binding import reporting
from ui.shell.brought import bring, checked, tables_here
from ui.shell.navigation import open_document, open_first_view, open_link
from ui.shell.store import (
    bring_back,
    is_first_view,
    is_refused_link,
    page_name,
    refuse,
    show_version,
    version_name,
    whole_document,
    works,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.delta_generator import DeltaGenerator
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from comparison.document import Document

SHARE: Final = "share"  # whether the popover is open
_ADDRESS: Final = "page-address"
_ANSWERED: Final = "answered-address"  # the last step in the browser's history that was answered

_address = st.components.v2.component(
    "descent_address", js=(Path(__file__).parent / "address.js").read_text("utf-8")
)


def address() -> None:
    """Keep the page's address a link to what it shows; that of a first view is bare.

    A link that was refused stays, for its reader to mend, until something else is shown. Back and
    Forward of the browser lead to other versions: to those of this session by their numbers, to
    others by what their entries hold.
    """
    if is_refused_link() and is_first_view():
        return
    text = "" if is_first_view() else _as_text(whole_document())
    is_link = text.startswith("?")  # else it is too much for an address
    data = {
        "query": text if is_link else "",
        "comparison": "" if is_link else text,
        "number": version_name(),
        "answered": st.session_state.get(_ANSWERED, ""),
        "works": json.dumps({key: _as_text(work) for key, work in works().items()}),
    }
    with st.container(key="address"):
        _address(key=_ADDRESS, data=data, on_went_change=_go)


def _as_text(whole: Document) -> str:
    """Return a comparison as the query of a link, or as JSON where that would be too long."""
    try:
        return f"?{urlencode(to_link(whole), doseq=True)}"
    except InvalidInput:
        return whole.model_dump_json()


def _from_text(text: str) -> Document:
    """Return the comparison of such a text.

    Raises:
        InvalidInput: a value is wrong.
    """
    if not text.startswith("?"):
        return read_document(text)
    return from_link(parse_qs(text.removeprefix("?"), keep_blank_values=True))[0]


def _go() -> None:
    """Show the version that the browser's history leads to, or what was there before a reload."""
    entry = st.session_state.get(_ADDRESS, {}).get("went")
    if entry is None or entry["name"] == st.session_state.get(_ANSWERED):
        return
    st.session_state[_ANSWERED] = entry["name"]
    _lead_to(entry)
    if entry["works"]:
        _bring_back(entry["works"])


def _lead_to(entry: Mapping[str, str]) -> None:
    """Show the version of an entry, else the comparison that it holds, else that of its link."""
    if show_version(entry["number"]):
        return
    if entry["comparison"]:
        try:
            open_document(read_document(entry["comparison"]))
        except InvalidInput as error:
            refuse(error)
    elif entry["query"]:
        open_link(parse_qs(entry["query"].removeprefix("?"), keep_blank_values=True))
    else:
        open_first_view()


def _bring_back(text: str) -> None:
    """Restore what the browser kept of the session before, except what is damaged there."""
    kept = {}
    for key, work in json.loads(text).items():
        try:
            kept[key] = _from_text(work)
        except InvalidInput as error:
            refuse(error)
    bring_back(kept)


def share() -> DeltaGenerator:
    """Offer the comparison as a link and as a file, and to open a file.

    Returns:
        A container below them for ``ui.shell.exports.exports``, which must wait for the results.
    """
    # With a state of its own, so that what it opens can close it: it would cover a dialog.
    with st.popover(_("Share"), key=SHARE, on_change="rerun"):
        _link()
        _save()
        reporting(
            st.file_uploader,
            _("Open experiment"),
            type="json",
            key="opened-file",
            report=_open,
            max_upload_size=FILE_BYTES // 2**20,
        )
        return st.container()


def _save() -> None:
    """Offer the comparison as a file, with the rows of the reader's table unless there are many."""
    now = whole_document().for_files()
    tables = tables_here(now.experiment)
    # A number takes 8 bytes, and 3 letters or more; what takes far more than fits is not tried.
    fit = sum(table.size for table in tables) <= 4 * ROWS_BYTES
    fit = fit and sum(len(table.text.encode()) for table in tables) <= ROWS_BYTES
    text = saved_text(now, tables if fit else ())
    if not fit:
        st.caption(
            _(
                "The file would be too large with the rows of your table. Pass the table on as"
                " well, or the bundle, which holds both."
            )
        )
    elif tables:
        st.caption(_("The file holds the rows of your table, the link does not."))
    st.download_button(
        _("Save experiment"),
        text,
        file_name="descent-lab.json",
        mime="application/json",
        on_click="ignore",
        width="stretch",
    )


def _link() -> None:
    try:
        query = to_link(whole_document())
    except InvalidInput as error:
        st.caption(explain(error) + " " + _("Save it as a file instead."))
        return
    st.caption(_("Copy link: it opens this comparison, seeds included."))
    # Always the first page, which leads on to the page that the link names.
    base = (st.context.url or "").split("?")[0].removesuffix(page_name())
    st.code(f"{base}?{urlencode(query, doseq=True)}", language=None, wrap_lines=True)


def _open(file: UploadedFile) -> None:
    open_experiment(file.getvalue())


def open_experiment(raw: bytes) -> None:
    """Open the experiment in a file, with the rows that it carries; a wrong one is explained."""
    try:
        document, tables = read_saved(raw)
        titles = {one.digest: one.title for one in document.experiment.tables}
        for table in tables:
            if table.digest in titles:
                bring(table, titles[table.digest])
        open_document(checked(document))
    except InvalidInput as error:
        refuse(error)
        st.toast(explain(error), icon="⚠️", duration="long")  # the open popover hides the notice
