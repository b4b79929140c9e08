"""Adam with one of its parts changed, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import Adamax, AMSGrad, NAdam, RAdam
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        AMSGrad: RuleWords(
            N_(
                "Steps as Adam does, but divides by the root of the largest average of squares so"
                " far, so that a steep slope is not forgotten. It solves the problem of Reddi et"
                " al. (2018) on which Adam walks to the worst point there is. But one unusually"
                " large gradient keeps the steps of its parameter short for the rest of the"
                " training."
            ),
            (
                N_("PyTorch has this form, as Adam with amsgrad=True."),
                N_("Keras has it too, but adds ε before the bias correction, as in its Adam."),
                N_(
                    "Optax takes the maximum of the corrected averages, where the first few"
                    " gradients count for ever; the paper corrects nothing. Their paths on"
                    " x²/20 + y² are more than 1 away from this one."
                ),
            ),
        ),
        NAdam: RuleWords(
            N_(
                "Steps as Adam does, but with Nesterov's look ahead: the newest gradient counts in"
                " the mean and once more by itself, as in the next step. The momentum μ"
                " rises from β₁ / 2 to β₁, with ψ = 0.004 half of the way in 4,200 updates. It is"
                " often a little faster than Adam, and fails where Adam fails."
            ),
            (
                N_(
                    "PyTorch has this form; while the gradient stays the same, the first step is"
                    " 1.06 η, the fourth 0.73 η, and later ones near η."
                ),
                N_(
                    "Keras always has ψ = 1, where the momentum is at its end after a hundred"
                    " updates."
                ),
                N_("Optax has β₁ in place of μ: its first step is 1.47 η."),
                N_(
                    "The paper also averages the gradients with μ, and multiplies v̂ by β₂; no"
                    " library does."
                ),
            ),
        ),
        RAdam: RuleWords(
            N_(
                "Steps as Adam does, but does not trust an average of few squares: its steps begin"
                " short and grow to those of Adam, a warm-up that needs no setting. In the first"
                " five updates it does not divide at all and follows the mean gradient, so only"
                " these are long where gradients are large. With β₂ up to 2/3 it never divides."
            ),
            (
                N_("PyTorch has this form."),
                N_(
                    "Optax adds ε after the bias correction, which matters where gradients are"
                    " tiny; Keras has no RAdam."
                ),
                N_(
                    "The paper divides where ρ is above 4, one update earlier, and has no ε. It has"
                    " ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ) for ρ, which is the same number."
                ),
            ),
        ),
        Adamax: RuleWords(
            N_(
                "Steps as Adam does, but divides by the largest recent gradient of each parameter"
                " instead of the root of its average square. While the gradient stays the same,"
                " each step is η. One large gradient keeps the steps of its parameter short for"
                " long: with β₂ = 0.999 it takes 700 updates to count half as much."
            ),
            (
                N_("PyTorch and Optax have this form."),
                N_(
                    "Keras adds ε after the maximum instead of within it, which matters where"
                    " gradients are tiny."
                ),
                N_("The paper has no ε, and divides 0 by 0 until there is a gradient."),
            ),
        ),
    }
)
