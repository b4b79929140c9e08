"""The reader's language: chosen in the sidebar, now or the last time, else the browser's."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from language import LANGUAGES, _, closest_language, current_language, set_language
from ui.shell.binding import bound
from ui.shell.brought import COOKIE, name_to_keep

_KEY = "language"
_COOKIE = "descent_language"  # holds the choice, so that a reload keeps it

_document = st.components.v2.component(
    "descent_document", js=(Path(__file__).parent / "document.js").read_text("utf-8")
)


def speak() -> None:
    """Set the language of this script run; every page calls it before its first sentence."""
    set_language(_chosen() or closest_language(st.context.locale))


def language_switch() -> None:
    """Offer the languages, each by its own name."""
    # The widget has a key of its own: Streamlit forgets a widget's value on a page without it.
    bound(
        st.segmented_control,
        _("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="language-switch",
        label_visibility="collapsed",
        required=True,
        shown=current_language(),
        report=_keep,
    )


def mark_document() -> None:
    """Tell the browser the language of the page, for those who have it read to them."""
    first = st.session_state.setdefault("is-first-session", not _visits())
    _visits()[:] = [True]
    data = {
        "language": current_language(),
        "first": first,
        "cookie": _COOKIE,
        "chosen": _chosen(),
        "readerCookie": COOKIE,
        "reader": name_to_keep(),
    }
    _document(key="document-language", data=data)


@st.cache_resource
def _visits() -> list[bool]:
    """Return a list that is empty until the server's first page was shown."""
    return []


def _keep(code: str) -> None:
    st.session_state[_KEY] = code


def _chosen() -> str | None:
    code = st.session_state.get(_KEY) or st.context.cookies.get(_COOKIE)
    return code if code in LANGUAGES else None
