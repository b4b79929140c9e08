"""Rules that divide by another measure of the gradients than their mean square, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import AdaBelief, Adan, Yogi
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        AdaBelief: RuleWords(
            N_(
                "Steps as Adam does, but divides by how far gradients are from their mean: long"
                " steps where they agree, short ones where they contradict each other. Where they"
                " hardly change, little holds it back: while the gradient stays the same, the"
                " hundredth step is 5 η and the thousandth 20 η. ε is added at every update, so it"
                " counts for much more than in Adam."
            ),
            (
                N_(
                    "PyTorch and Keras have no AdaBelief; the authors' package adabelief-pytorch"
                    " has this form with rectify=False, and so has Optax with ε for both of its"
                    " epsilons."
                ),
                N_(
                    "Unless told otherwise, adabelief-pytorch warms up as RAdam does, which is"
                    " another path."
                ),
                N_("The authors advise ε = 10⁻⁸ where SGD does better than Adam."),
            ),
        ),
        Yogi: RuleWords(
            N_(
                "Steps as Adam does, but v moves towards the newest square by a share of this"
                " square, however far away it is. So v hardly changes where gradients become small,"
                " and the steps do not suddenly get long. For the same reason they stay short after"
                " one huge gradient, for longer than Adam's."
            ),
            (
                N_(
                    "PyTorch and Keras have no Yogi; Optax has this form, but starts both averages"
                    " at 10⁻⁶ instead of 0 unless told otherwise."
                ),
                N_("The paper corrects neither average for its start."),
            ),
        ),
        Adan: RuleWords(
            N_(
                "Remembers fading averages of the gradients, of their changes from update to"
                " update, and of squares, and divides the mean gradient with its expected change by"
                " the root of the squares: Nesterov's look ahead without a second gradient. While"
                " the gradient stays the same, each step is η. It remembers four numbers for each"
                " parameter, and with small batches most changes are noise."
            ),
            (
                N_(
                    "PyTorch and Keras have no Adan; timm has this form without its proximal decay."
                ),
                N_(
                    "The paper, and timm unless told otherwise, divide the new parameters by"
                    " 1 + η λ instead of taking the share η λ off. The paper also writes 1 − β for"
                    " each β here."
                ),
                N_(
                    "Optax 0.2.8 weighs the changes by 1 − β₂ = 0.08 where the paper has"
                    " β₂ = 0.92, by mistake."
                ),
            ),
        ),
    }
)
