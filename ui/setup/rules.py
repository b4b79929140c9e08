"""A rule as a reader meets it: in words, its update and formula, its source, and who differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from comparison.words.clipping import CLIPPING_WORDS, clipping_title
from comparison.words.rules import RULE_WORDS, UPDATE, formula_of, source_of
from comparison.words.scheduled import RATE_WORDS
from comparison.words.schedules import SCHEDULE_WORDS, SCHEDULED, WARM_UP, WARM_UP_WORDS
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
        rule: one of ``RULES``, or a typed one.
    """
    words = RULE_WORDS.get(rule)
    if words is not None:
        st.markdown(f"**{rule.title}.** {_(words.idea)}")
    st.latex(stacked(UPDATE, formula_of(rule)))
    st.caption(source_of(rule))
    if words is not None:
        _forms(words)


def schedule_words(schedule: Schedule) -> None:
    """Explain a schedule, and its warm-up if it has one.

    Args:
        schedule: of a run.
    """
    words = SCHEDULE_WORDS[type(schedule)]
    title, name = _("Schedule"), label("schedule", schedule.name)
    st.markdown(f"**{title}: {name}.** {_(words.idea)}")
    st.latex(stacked(SCHEDULED, schedule.formula))
    st.caption(" ".join(filter(None, (_(RATE_WORDS), schedule.source))))
    if words.forms:
        _forms(words)
    if schedule.warm_up:
        st.markdown(f"**{label('schedule_field', 'warm_up')}.** {_(WARM_UP_WORDS.idea)}")
        st.latex(WARM_UP)
        _forms(WARM_UP_WORDS)


def clipping_words(clipping: type[Clipping]) -> None:
    """Explain a way of clipping gradients.

    Args:
        clipping: one of ``CLIPPINGS``.
    """
    words = CLIPPING_WORDS[clipping]
    st.markdown(f"**{clipping_title(clipping)}.** {_(words.idea)}")
    st.latex(clipping.formula)
    _forms(words)


def stacked(*formulas: str) -> str:
    """Return formulas with each of their equations on a line of its own: the panel is narrow."""
    equations = r" \\ ".join(formulas).replace(r"\qquad", r"\\").split(r"\\")
    return r"\begin{gathered}" + r" \\[0.3em] ".join(equations) + r"\end{gathered}"


def _forms(words: RuleWords) -> None:
    title = _("Who has this form, and who differs")
    st.markdown("\n".join([f"**{title}**", "", *(f"- {_(form)}" for form in words.forms)]))
