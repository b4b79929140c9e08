"""Rules that report an average of where they have been, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import AveragedSGD, ScheduleFreeAdamW, ScheduleFreeSGD
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

_TWO_POINTS: Final = N_(
    "The loss of a batch is that at θ, where the gradient is taken; all other losses, scores and"
    " pictures are those at the mean x."
)

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        ScheduleFreeSGD: RuleWords(
            N_(
                "Takes its steps along a sequence z, remembers how far the mean x of all points z"
                " is from it, and asks for the gradient at a point θ between the two. The mean x is"
                " what it reports: it settles down as if the learning rate fell, without a schedule"
                " that has to know when the training ends. It still needs a good rate, and a bad"
                " start stays in the mean for long."
            ),
            (
                N_(
                    "PyTorch and Keras have no such SGD; Optax and the authors' package"
                    " schedulefree have this form."
                ),
                _TWO_POINTS,
            ),
        ),
        ScheduleFreeAdamW: RuleWords(
            N_(
                "Does what Schedule-Free SGD does, with gradients divided by the root of their"
                " fading mean square, as in Adam: each parameter has a rate of its own, and the"
                " reported mean x needs no schedule. The rate must still be a good one, and a bad"
                " start stays in the mean for long."
            ),
            (
                N_("PyTorch has none; Optax and the authors' package schedulefree have this form."),
                N_(
                    "Keras gives all steps the same weight in the mean, c = 1 / t, even while the"
                    " learning rate changes. At a constant rate, without weight decay, its numbers"
                    " are the same."
                ),
                _TWO_POINTS,
            ),
        ),
        AveragedSGD: RuleWords(
            N_(
                "Takes the steps of SGD, remembers the mean of all points that it has been at, and"
                " reports this mean. Where SGD with a constant rate keeps jumping about the"
                " minimum, the mean lies still in the middle of it. But it also holds the long way"
                " from the start, so at first it lags far behind, and between two valleys it may"
                " lie on the ridge."
            ),
            (
                N_(
                    "PyTorch has this form as SGD with an AveragedModel beside it; its ASGD leaves"
                    " the first iterate out of the mean."
                ),
                N_(
                    "Keras and Optax offer a fading mean of the parameters instead, which forgets"
                    " the start."
                ),
                _TWO_POINTS,
            ),
        ),
    }
)
