"""Prodigy, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import Prodigy
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        Prodigy: RuleWords(
            N_(
                "Begins with tiny steps, watches how far they lead away from the start, and"
                " takes the largest estimate of that distance so far, D, as the size of Adam's"
                " steps. So η can stay near 1 whatever the problem, and multiplying the loss by"
                " a number changes nothing. D never shrinks: without a schedule it may keep"
                " jumping about near the minimum, and on a loss that falls for ever it grows"
                " without bound."
            ),
            (
                N_(
                    "PyTorch and Keras have no Prodigy. The package prodigyopt of its authors"
                    " and pytorch-optimizer have this form."
                ),
                N_(
                    "Optax always multiplies η by √(1 − β₂ᵗ) / (1 − β₁ᵗ), the bias correction"
                    " of Adam, which is 0.32 at the first step; in prodigyopt that is an option."
                ),
            ),
        ),
    }
)
