"""A rule as a reader meets it: in words, its update and formula, its source, and who differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.words.clipping import CLIPPING_WORDS, clipping_title
from comparison.words.rules import RULE_WORDS, UPDATE
from engine.spec import name_of
from language import _
from language.labels import label

if TYPE_CHECKING:
    from comparison.words.rules import RuleWords
    from engine.rules import Rule
    from engine.rules.clipping import Clipping
    from engine.rules.schedules import Schedule


def rule_words(rule: type[Rule]) -> None:
    """Explain a rule; one without words is shown by its update, formula and source.

    Args:
        rule: one of ``RULES``.
    """
    words = RULE_WORDS.get(rule)
    if words is not None:
        st.markdown(f"**{rule.title}.** {_(words.idea)}")
    st.latex(rf"{UPDATE} \\ {rule.formula}")
    st.caption(rule.source)
    if words is not None:
        _forms(words)


def schedule_words(schedule: type[Schedule]) -> None:
    """Explain a schedule.

    Args:
        schedule: one of ``SCHEDULES``.
    """
    st.markdown(f"**{_('Schedule')}: {label('schedule', name_of(schedule))}.**")
    st.latex(schedule.formula)
    if schedule.source:
        st.caption(schedule.source)


def clipping_words(clipping: type[Clipping]) -> None:
    """Explain a way of clipping gradients.

    Args:
        clipping: one of ``CLIPPINGS``.
    """
    words = CLIPPING_WORDS[clipping]
    st.markdown(f"**{clipping_title(clipping)}.** {_(words.idea)}")
    st.latex(clipping.formula)
    _forms(words)


def _forms(words: RuleWords) -> None:
    title = _("Who has this form, and who differs")
    st.markdown("\n".join([f"**{title}**", "", *(f"- {_(form)}" for form in words.forms)]))
