"""Rules that the reader of this session typed: they stand in the menus of rules from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from engine.rules import typed_rule

if TYPE_CHECKING:
    from engine.rules import TypedRule

_ACCEPTED: Final = "accepted-rules"  # the text of each by its title, the newest last
_MOST: Final = 12


def accept_rule(rule: type[TypedRule]) -> None:
    """Take a rule into the menus, in place of one with the same name."""
    kept: dict[str, str] = st.session_state.get(_ACCEPTED, {})
    kept = {title: text for title, text in kept.items() if title != rule.title}
    kept[rule.title] = rule.program.text
    st.session_state[_ACCEPTED] = dict(list(kept.items())[-_MOST:])


def accepted_rules() -> list[type[TypedRule]]:
    """Return the rules that were taken into the menus, the oldest first."""
    kept: dict[str, str] = st.session_state.get(_ACCEPTED, {})
    return [typed_rule(title, text) for title, text in kept.items()]
