"""Rules that follow signs, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import Lion, Rprop, Signum
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        Lion: RuleWords(
            N_(
                "Remembers one fading average of its gradients, mixes it with the newest one, and"
                " keeps only the sign: every parameter moves by exactly η, whether its slope is"
                " steep or gentle. That takes half the memory of Adam. Near the minimum the steps"
                " get no shorter, so with a constant rate it jumps about there, and where most"
                " gradients point the wrong way and a few large ones the right way, it follows the"
                " majority."
            ),
            (
                N_("PyTorch has no Lion; Keras, Optax and the authors' code have this form."),
                N_(
                    "Optax has λ = 0.001 unless told otherwise. The paper advises a rate 3 to 10"
                    " times smaller than Adam's, and a λ that is larger by the same factor."
                ),
            ),
        ),
        Signum: RuleWords(
            N_(
                "Remembers a fading average of its gradients and keeps only its sign, so every"
                " parameter moves by exactly η; with β = 0 this is SignSGD. Steep and gentle"
                " directions get steps of the same length, which helps in a narrow valley. Near the"
                " minimum the steps get no shorter, and rare large gradients are outvoted by many"
                " small ones."
            ),
            (
                N_("PyTorch and Keras have no Signum; Optax has this form."),
                N_(
                    "If the average is written m ← β m + g, nothing changes: the factor 1 − β does"
                    " not change a sign."
                ),
            ),
        ),
        Rprop: RuleWords(
            N_(
                "Remembers for each parameter the last sign of its gradient and a step length of"
                " its own: the step grows by η₊ while the sign stays, shrinks by η₋ when it turns,"
                " and then rests for one update. How large a gradient is does not matter, and the"
                " learning rate is only the first step. It needs the gradient of all rows: the"
                " noise of small batches turns signs at random, and the steps shrink to nothing."
            ),
            (
                N_("PyTorch has this form, with a first step of 0.01; the paper starts at 0.1."),
                N_(
                    "Optax 0.2.8 takes each step one update late, so its first update does nothing."
                ),
                N_(
                    "The paper of 1993 takes the last step back when a sign turns. Keras has no"
                    " Rprop."
                ),
            ),
        ),
    }
)
