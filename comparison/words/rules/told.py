"""How a rule is told: in a few sentences, and who writes it differently."""

from __future__ import annotations

from typing import NamedTuple


class RuleWords(NamedTuple):
    """A rule in words.

    Attributes:
        idea: what it remembers, what it does with it, where it fails: up to three sentences, to be
            translated.
        forms: who has this form, who has another and how its numbers are converted; one or two
            sentences each, to be translated.
    """

    idea: str
    forms: tuple[str, ...]
