"""The verdict: what has come of a sweep, above the tabs that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.sweep.scores import or_first
from comparison.words.verdict import verdict_words
from sweeps.scoring import scoring
from ui.shell.text import escaped

if TYPE_CHECKING:
    from comparison.sweep.look import Look


def verdict(look: Look) -> None:
    """Say which run ends lowest on the problem shown, once every lane has a result."""
    if not look.lanes.is_whole:
        return
    found = scoring(look.lanes, look.page.choosing)
    problem = or_first(look.page.problem, len(found.problems))
    names = [style.name for style in look.styles]
    answer, *rest = map(escaped, verdict_words(found, problem, names))
    st.markdown(" ".join([f"**{answer}**", *rest]))
