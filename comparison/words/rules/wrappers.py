"""Rules around another rule, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import SAM, Lookahead
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        Lookahead: RuleWords(
            N_(
                "Lets another rule run ahead for k updates, then goes back to where that set"
                " out and keeps only the share α of the way; the inner rule forgets nothing, and"
                " χ in the formula is 1 at these updates and 0 at all others. So the swings and"
                " the noise of the fast steps average out, and a rate that is somewhat too large"
                " does less harm. Where the inner rule goes straight ahead, the share that is"
                " given back is lost: with α = 0.5 it is half as fast."
            ),
            (
                N_(
                    "PyTorch and Keras have no Lookahead. Optax and the package"
                    " pytorch-optimizer have this form; they keep the slow parameters"
                    " themselves, and o is how far the fast ones are ahead of them."
                ),
                N_(
                    "The paper also tries to reset or to mix what the inner rule remembers"
                    " whenever it goes back; here it stays."
                ),
            ),
        ),
        SAM: RuleWords(
            N_(
                "Goes a distance ρ uphill along the gradient, and gives the gradient that it"
                " finds there to another rule. In a sharp minimum that one points away strongly"
                " and in a flat one hardly, so it ends up where the loss is flat, which often"
                " does better on new data; the price is a second gradient in every update. At a"
                " constant rate it never comes to rest: over SGD it ends up jumping between ±η λ"
                " ρ / (2 − η λ) around a minimum of curvature λ."
            ),
            (
                N_("PyTorch and Keras have no SAM. The package pytorch-optimizer has this form."),
                N_(
                    "Optax divides by ‖g‖ alone, not by ‖g‖ + 1e-12; the steps are the same to"
                    " ten digits where gradients are not tiny."
                ),
            ),
        ),
    }
)
