"""The table at hand on the page, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from comparison.edits import reset, use_table
from comparison.tables.drafts import begun, of_problem, of_typed, read_as
from comparison.tables.reading import DETECTED
from comparison.words.errors import explain
from engine import InvalidInput, Network
from engine.problems.datasets import OwnTable
from ui.shell.brought import bring, brought, checked, lacking, remove
from ui.shell.locale import speak
from ui.shell.navigation import go_to, waiting_page
from ui.shell.store import comparison_of, document, edit, forget_comparison, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from comparison.tables.drafts import Draft
    from comparison.tables.reading import Reading, Understood
    from engine.problems.datasets.table import Kept

_DRAFT: Final = "table-draft"
_REFUSED: Final = "refused-table"


@dataclass(frozen=True, eq=False)
class Refused:
    """What was brought and not taken.

    Attributes:
        why: the reason, in words.
        raw: what was read; empty for rows that were typed.
        is_readable: whether another way to read it may help.
        title: what it was called.
        asked: how it was read.
    """

    why: str
    raw: bytes
    title: str
    asked: Reading
    is_readable: bool


def draft() -> Draft | None:
    """Return the table at hand: what was brought last, else that of the comparison."""
    kept: Draft | None = st.session_state.get(_DRAFT)
    if kept is not None:
        return kept
    problem = document().experiment.problem
    if not isinstance(problem, Network) or lacking(document().experiment):
        return None
    if isinstance(problem.dataset, OwnTable):
        return of_problem(problem, problem.dataset)
    return None


def refused() -> Refused | None:
    """Return what was brought last, if it was refused."""
    kept: Refused | None = st.session_state.get(_REFUSED)
    return kept


def take(
    make: Callable[[], Draft], raw: bytes = b"", title: str = "", asked: Reading = DETECTED
) -> None:
    """Put another table in hand; a refused one is explained, and nothing changes.

    Args:
        make: returns it.
        raw: what it is read from, so that a refused one can be read in another way.
        title: what it is called.
        asked: how it is read.
    """
    speak()
    try:
        made = make()
    except InvalidInput as error:
        has_lines = isinstance(error.limits, tuple) and error.limits[:1] > (0,)
        is_readable = bool(raw) and (has_lines or asked != DETECTED)
        st.session_state[_REFUSED] = Refused(explain(error), raw, title, asked, is_readable)
    else:
        st.session_state[_DRAFT] = made
        st.session_state.pop(_REFUSED, None)


def take_bytes(raw: bytes, title: str, asked: Reading = DETECTED) -> None:
    """Read a file."""
    take(lambda: read_as(raw, title, asked), raw, title, asked)


def take_typed(make: Callable[[], Understood], title: str) -> None:
    """Take rows that were typed; they are corrected where they were typed."""
    take(lambda: of_typed(make(), title))


def take_kept(kept: Kept) -> None:
    """Take one of the tables that were brought before."""
    take(lambda: begun(kept.table, kept.title))


def alter(change: Callable[..., Draft], *args: Any) -> None:
    """Change what is done with the table; a change that does not fit is refused and explained."""
    now = draft()
    if now is None:
        return
    speak()
    try:
        changed = change(now, *args)
        changed.dataset  # noqa: B018 - raises where it does not fit
    except InvalidInput as error:
        refuse(error)
    else:
        st.session_state[_DRAFT] = changed


def alter_fields(**fields: Any) -> None:
    """Change fields of the draft."""
    alter(lambda now: replace(now, **fields))


def compare() -> None:
    """Keep the table, and compare optimizers on it."""
    now = draft()
    if now is None:
        return
    speak()
    try:
        bring(now.table, now.title)
        dataset = now.dataset
    except InvalidInput as error:
        refuse(error)
        return
    edit(
        use_table,
        dataset,
        validation_share=now.share,
        standardize=now.standardize,
        standardize_targets=now.standardize_targets,
    )
    if document().experiment.tables == (dataset,):
        st.session_state.pop(_DRAFT, None)
        go_to("training")


def open_waiting() -> None:
    """Keep the table that the comparison of a link waits for, and go to its page."""
    now = draft()
    if now is not None:
        speak()
        try:
            bring(now.table, now.title)
            checked(comparison_of(waiting_page()))
        except InvalidInput as error:
            refuse(error)
            return
        st.session_state.pop(_DRAFT, None)
    go_to(waiting_page())


def start_anew() -> None:
    """Leave the comparison that waits for its table."""
    forget_comparison(waiting_page())
    edit(reset)


def forget(digest: str) -> None:
    """Remove one of the tables that were brought before."""
    remove(digest)


def others() -> tuple[Kept, ...]:
    """Return the tables that were brought before, without the one at hand."""
    now = draft()
    return tuple(kept for kept in brought() if now is None or kept.table.digest != now.table.digest)
