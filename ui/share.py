"""Taking a comparison away and bringing one back: the address, a link, a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

import streamlit as st

from engine import InvalidInput
from files.document import read_document, to_link
from files.errors import explain
from language import _
from ui.session import (
    is_first_view,
    is_refused_link,
    open_document,
    open_link,
    refuse,
    reset,
    settings,
    show_version,
    version_name,
    whole_document,
)

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

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
    query: dict[str, list[str]] = {}
    comparison = ""
    try:
        query = {} if is_first_view() else to_link(whole_document())
    except InvalidInput:  # too much for an address
        comparison = whole_document().model_dump_json()
    data = {
        "query": f"?{urlencode(query, doseq=True)}" if query else "",
        "comparison": comparison,
        "number": version_name(),
        "answered": st.session_state.get(_ANSWERED, ""),
    }
    with st.container(key="address"):
        _address(key=_ADDRESS, data=data, on_went_change=_go)


def _go() -> None:
    """Show the version that the browser's history has led to."""
    told = st.session_state[_ADDRESS].get("went")
    if told is None or told["name"] == st.session_state.get(_ANSWERED):
        return
    st.session_state[_ANSWERED] = told["name"]
    if show_version(told["number"]):
        return
    if told["comparison"]:
        try:
            open_document(read_document(told["comparison"]))
        except InvalidInput as error:
            refuse(error)
    elif told["query"]:
        open_link(parse_qs(told["query"].removeprefix("?"), keep_blank_values=True))
    else:
        reset()


def share() -> DeltaGenerator:
    """Offer the comparison as a link and as a file, and to open a file.

    Returns:
        A place below for ``ui.exports.exports``, which must wait for the results.
    """
    # With a state of its own, so that what it opens can close it: it would cover a dialog.
    with st.popover(_("Share"), key=SHARE, on_change="rerun"):
        _link()
        st.download_button(
            _("Save experiment"),
            whole_document().model_dump_json(indent=2),
            file_name="descent-lab.json",
            mime="application/json",
            on_click="ignore",
            width="stretch",
        )
        st.file_uploader(
            _("Open experiment"), type="json", key="opened-file", on_change=_open, max_upload_size=1
        )
        return st.container()


def _link() -> None:
    try:
        query = to_link(whole_document())
    except InvalidInput as error:
        st.caption(explain(error) + " " + _("Save it as a file instead."))
        return
    st.caption(_("Copy link: it opens this comparison, seeds included."))
    # Always the first page, which leads on to the page that the link names.
    base = (st.context.url or "").split("?")[0].removesuffix(settings().name)
    st.code(f"{base}?{urlencode(query, doseq=True)}", language=None, wrap_lines=True)


def _open() -> None:
    file = st.session_state["opened-file"]
    if file is None:
        return
    try:
        open_document(read_document(file.getvalue()))
    except InvalidInput as error:
        refuse(error)
        st.toast(explain(error), icon="⚠️", duration="long")  # the open popover hides the notice
