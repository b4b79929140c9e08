"""Ways between pages: the menu, links and files that lead to a page, and what is drawn anew."""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, NamedTuple, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from comparison.edits import opened, reset
from comparison.link import from_link
from comparison.offers import shared_controls
from comparison.presets import FIRST_VIEWS
from comparison.words.errors import explain
from engine import InvalidInput
from language import N_, _
from ui.shell.brought import checked, lacking
from ui.shell.locale import speak
from ui.shell.store import (
    MADE,
    begin_with,
    comparison_key,
    current_page,
    document,
    enter,
    notices,
    page_name,
    refuse,
    refuse_link,
    take,
    whole_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from comparison.document import Document
    from comparison.edits import Edited

_Arguments = ParamSpec("_Arguments")

_WANTED: Final = "wanted-page"
_WAITING: Final = "waiting-page"
_SHOWING_ROWS: Final = ("training", "surfaces", "epochs")  # pages that need the rows of data
_SENT_SECONDS: Final = 0.03  # in which the first chart is sent
# Settings of a page that its sidebar shows.
_IN_SIDEBAR: Final = MADE | {"surfaces": ("surface",), "epochs": (), "sweep": ()}


class Entry(NamedTuple):
    """A page of the menu.

    Attributes:
        script: its path from the project's root.
        title: what the menu calls it, to be translated.
        section: what the menu calls the section that it is in, to be translated; "" for none.
    """

    script: str
    title: str
    section: str = ""


MENU: Final = {
    "training": Entry("pages/compare/training.py", N_("Compare")),
    "surfaces": Entry("pages/compare/surfaces.py", N_("Surfaces")),
    "epochs": Entry("pages/compare/epochs.py", N_("Epochs")),
    "sweep": Entry("pages/compare/sweep.py", N_("Sweep")),
    "backpropagation": Entry("pages/learn/backpropagation.py", N_("Backpropagation")),
    "data": Entry("pages/own/data.py", N_("Your data"), N_("Your own")),
    "rule": Entry("pages/own/rule.py", N_("Your own rule"), N_("Your own")),
}


def work_on(page: str) -> None:
    """Say which page this is, before anything else of the session is used.

    Opens the link with which the session begins. What was opened for another page leads there; a
    comparison on a table that the reader has not brought leads to where that can be done.
    """
    if enter(page):
        _open_first_link()
    wanted = st.session_state.pop(_WANTED, page)
    if wanted in _SHOWING_ROWS and lacking(whole_document().experiment):
        st.session_state[_WAITING] = wanted
        wanted = "data"
    if wanted != page:
        st.switch_page(MENU[wanted].script)


def waiting_page() -> str:
    """Return the page that waits for the rows of a table, else the one that compares."""
    waiting: str = st.session_state.get(_WAITING, "training")
    return waiting


def go_to(page: str) -> None:
    """Go to another page when the script runs next."""
    st.session_state[_WANTED] = page


# Opening


def open_edited(change: Callable[..., Edited], *args: Any, **kwargs: Any) -> None:
    """Replace the comparison by another one and go to its page, which is drawn as a whole.

    Args:
        change: one of ``comparison.edits`` that is never refused.
        args: what it is called with besides the whole document.
        kwargs: what it is called with besides the whole document.
    """
    speak()  # its notices are in the reader's language
    take(change(whole_document(), *args, **kwargs))
    st.session_state[_WANTED] = page_name()


def open_document(document: Document, notices: Sequence[str] = ()) -> None:
    """Open a comparison from outside and go to its page.

    Args:
        document: the comparison.
        notices: what its reader must know.
    """
    open_edited(lambda _before: opened(document, notices=notices))


def open_first_view() -> None:
    """Go back to the first view of the page, its settings included."""
    open_edited(reset)


def open_link(query: Mapping[str, Sequence[str]]) -> None:
    """Open the comparison of a link's query and go to its page; a wrong one is explained."""
    speak()
    try:
        linked, left_out = _linked(query)
    except InvalidInput as error:
        refuse(error)
    else:
        open_document(linked, left_out)


def _open_first_link() -> None:
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    if not query:
        return
    try:
        linked, left_out = _linked(query)
    except InvalidInput as error:
        text = _("The link could not be opened, so this is the default view. {reason}")
        refuse_link(text.format(reason=explain(error)))
        return
    begin_with(opened(linked, notices=left_out))
    st.session_state[_WANTED] = page_name()


def _linked(query: Mapping[str, Sequence[str]]) -> tuple[Document, list[str]]:
    """Return the comparison of a link's query, and a notice of the parts that are left out.

    Raises:
        InvalidInput: a value is wrong.
    """
    linked, unknown = from_link({"page": [page_name()], **query})
    checked(linked)
    if len(unknown) == len(query):  # it says nothing of a comparison
        linked = FIRST_VIEWS[page_name()]
    text = _("These parts of the link were not recognised and were ignored: {keys}.")
    shown = ", ".join(key[:40] for key in unknown[:5])
    if len(unknown) > 5:
        shown = _("{keys} and {count} more").format(keys=shown, count=len(unknown) - 5)
    return linked, [text.format(keys=shown)] if unknown else []


# Drawing parts of a page anew


def fragment(
    around: Callable[[], object],
    every: Callable[[], float | None] = lambda: None,
) -> Callable[[Callable[_Arguments, None]], Callable[_Arguments, None]]:
    """Make a function a Streamlit fragment: its own reruns leave the rest of the page alone.

    Such a rerun passes no page's ``speak``, so the fragment sets the language. And where it finds
    something changed that is shown around it, it reruns the whole page: no control may show another
    state than the one in force.

    Args:
        around: returns what is shown around the fragment.
        every: returns after how many seconds it is drawn again by itself; None is never.
    """

    def made(fill: Callable[_Arguments, None]) -> Callable[_Arguments, None]:
        def spoken(before: object, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
            speak()
            if before != (st.session_state.get(_WANTED), around()):
                st.rerun()
            fill(*args, **kwargs)

        @wraps(fill)
        def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
            part = st.fragment(spoken, run_every=every())
            part((st.session_state.get(_WANTED), around()), *args, **kwargs)

        return call

    return made


def reruns_alone() -> bool:
    """Tell whether this run of the script is that of a fragment alone."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def let_it_be_sent() -> None:
    """Pause where a fragment runs alone, for what has been drawn so far to be sent.

    What sends it is a thread that would wait for every turn while this one draws on: the first
    chart would come a sixth later.
    """
    if reruns_alone():
        time.sleep(_SENT_SECONDS)


def in_sidebar() -> object:
    """Return what the sidebar shows: what all runs share, and some settings of the page.

    And whether it is shown at all, which it is not in a presentation.
    """
    page, now = current_page(), document()
    shown = [getattr(page, field) for field in _IN_SIDEBAR.get(page.name, ())]
    offered = shared_controls(whole_document()), now.view.presentation
    return comparison_key(), now.experiment.model_copy(update={"runs": ()}), shown, offered


def all_but(*fields: str) -> Callable[[], object]:
    """Return a function that returns all that is shown but some settings of the page."""

    def around() -> object:
        return document(), current_page().model_dump(exclude=set(fields)), notices()

    return around
