"""What each rule does, in words, and who writes it differently: a module for each family.

A rule without an entry is shown by its update, its formula and its source.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules import (
    adam_variants,
    adaptive,
    averages,
    layers,
    momentum,
    prodigy,
    second_moments,
    second_order,
    signs,
    wrappers,
)
from comparison.words.rules.told import RuleWords
from comparison.words.typed import typed_formula
from engine.rules import TypedRule
from language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

__all__ = ["RULE_WORDS", "UPDATE", "RuleWords", "formula_of", "source_of"]

# What is done with the direction d of every rule, in LaTeX.
UPDATE: Final = r"\theta_t = \theta_{t-1} - \eta\,d_t"

RULE_WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        **momentum.WORDS,
        **adaptive.WORDS,
        **adam_variants.WORDS,
        **second_moments.WORDS,
        **wrappers.WORDS,
        **prodigy.WORDS,
        **second_order.WORDS,
        **layers.WORDS,
        **signs.WORDS,
        **averages.WORDS,
    }
)


def formula_of(rule: type[Rule]) -> str:
    r"""Return a rule in LaTeX, equations separated by ``\qquad`` or ``\\``."""
    return typed_formula(rule.program) if issubclass(rule, TypedRule) else rule.formula


def source_of(rule: type[Rule]) -> str:
    """Return where a rule was published, or that a reader typed it."""
    return _("A rule that a reader typed.") if issubclass(rule, TypedRule) else rule.source
