"""Plain descent and momentum, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import QHM, SGD, Momentum, Nesterov
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        SGD: RuleWords(
            N_(
                "Remembers nothing: each step goes straight down the gradient of its batch. In a"
                " narrow valley, a rate that is small enough for the steep sides is too small for"
                " the gentle floor. Where batches are a part of the rows, the steps are noisy, and"
                " with a constant rate the run ends up jumping about near the minimum."
            ),
            (
                N_("PyTorch, Keras, Optax and scikit-learn agree."),
                N_(
                    "Where a book adds up the losses of a batch of B rows instead of averaging"
                    " them, its rate is η / B."
                ),
            ),
        ),
        Momentum: RuleWords(
            N_(
                "Remembers a velocity: the sum of all past gradients, in which each fades by the"
                " factor μ per step. Along a steady slope the steps grow to 1 / (1 − μ) times those"
                " of SGD; across a ravine the gradients change sign and cancel. With too much"
                " momentum it runs past the minimum and swings around it."
            ),
            (
                N_("PyTorch and Optax have this form."),
                N_(
                    "Keras and scikit-learn keep η inside the velocity, v ← μ v − η g. The path is"
                    " the same while η stays the same, and another one as soon as η changes."
                ),
                N_(
                    "Many courses write v ← μ v + (1 − μ) g. Their rate η is η (1 − μ) here: with"
                    " μ = 0.9 they need ten times the rate."
                ),
            ),
        ),
        Nesterov: RuleWords(
            N_(
                "Remembers the same velocity as Momentum, and adds the newest gradient once more:"
                " it steps as if it had looked one step ahead. So it brakes earlier and swings"
                " less. With noisy gradients little of this advantage is left."
            ),
            (
                N_(
                    "PyTorch, Keras, Optax and scikit-learn have this form; Keras and scikit-learn"
                    " keep η inside the velocity, which shows only where η changes."
                ),
                N_(
                    "Sutskever et al. (2013) follow another point: θ here has already gone ahead of"
                    " it by −η μ v."
                ),
                N_(
                    "The code of the book “Deep Learning from Scratch” takes the velocity of the"
                    " wrong step, so its numbers are different."
                ),
            ),
        ),
        QHM: RuleWords(
            N_(
                "Remembers a fading average of its gradients, and steps by a mixture: the share ν"
                " of this average and the share 1 − ν of the newest gradient. So one rule holds"
                " three: ν = 0 is SGD, ν = 1 is Momentum and ν = β is Nesterov, the last two at the"
                " rate η (1 − β). It has two numbers to tune instead of one, and like all three it"
                " has a single rate for steep and gentle directions."
            ),
            (
                N_(
                    "PyTorch, Keras and Optax have no QHM; the authors' code for PyTorch has this"
                    " form."
                ),
                N_(
                    "Momentum here adds up gradients without the factor 1 − β: its rate is η (1 −"
                    " β) where QHM's is η."
                ),
            ),
        ),
    }
)
