"""Rules with a rate for each parameter, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules import Adadelta, Adagrad, Adam, AdamW, RMSprop
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
    {
        Adagrad: RuleWords(
            N_(
                "Remembers for each parameter the sum of all its squared gradients, and divides"
                " the gradient by the root of that sum. So parameters with small or rare gradients"
                " take steps as large as the others. The sum never shrinks, so all steps get"
                " smaller and smaller, and a long training stalls."
            ),
            (
                N_("PyTorch has this form."),
                N_(
                    "Keras and Optax start the sum at 0.1 instead of 0 and add ε inside the root,"
                    " √(s + ε). Their first steps are shorter, most of all where gradients are"
                    " small."
                ),
            ),
        ),
        RMSprop: RuleWords(
            N_(
                "Remembers for each parameter a fading average of its squared gradients, and"
                " divides the gradient by its root: steep or gentle, a step is about as long as η."
                " It forgets old gradients, so it does not stall as Adagrad does. But the steps do"
                " not get shorter near the minimum, where a constant rate keeps it jumping about;"
                " the first step is even 1 / √(1 − ρ) times η."
            ),
            (
                N_(
                    "PyTorch has this form, with ρ = 0.99 unless told otherwise; Hinton's lecture"
                    " has 0.9."
                ),
                N_(
                    "Keras and Optax add ε inside the root, √(v + ε), which matters where gradients"
                    " are tiny."
                ),
            ),
        ),
        Adadelta: RuleWords(
            N_(
                "Divides the gradient by the root of a fading average of its squares, as RMSprop"
                " does, and multiplies it by the root of a fading average of its own squared steps:"
                " so a step has the units of the parameter, and the scale of the loss does not"
                " matter. Only ε gives the first steps a size, and it sets the pace for long: while"
                " the gradient stays the same, the first step is 0.0032 η, the hundredth 0.0047 η"
                " and the thousandth 0.011 η. Too slow, it needs a larger ε, or an η above 1."
            ),
            (
                N_(
                    "PyTorch, Optax and Keras have this form, Keras with ρ = 0.95, ε = 10⁻⁷ and"
                    " η = 0.001 unless told otherwise."
                ),
                N_("The paper has no learning rate, which is η = 1 here."),
            ),
        ),
        Adam: RuleWords(
            N_(
                "Remembers two fading averages for each parameter: of its gradients, as Momentum"
                " does, and of their squares, as RMSprop does, both corrected for their start at"
                " zero. The step is the first over the root of the second: about η where gradients"
                " keep their sign, less where they change it. With a constant rate it may keep"
                " jumping about near the minimum, and there are simple problems that it never"
                " solves (Reddi et al. 2018)."
            ),
            (
                N_("PyTorch and Optax have this form, algorithm 1 of the paper."),
                N_(
                    "Keras and scikit-learn add ε before the bias correction (the paper's “epsilon"
                    " hat”), which is ε / √(1 − β₂ᵗ) here: at the first step with β₂ = 0.999 the"
                    " same ε counts 32 times as much."
                ),
                N_(
                    "The weight decay of PyTorch's Adam is an L2 penalty in the gradient, like the"
                    " L2 penalty λ of the loss here. AdamW's decay is something else."
                ),
            ),
        ),
        AdamW: RuleWords(
            N_(
                "Steps as Adam does, and also takes the share η λ off every parameter. The decay is"
                " not divided by √v̂, as that of an L2 penalty in the loss would be, so it pulls all"
                " parameters towards zero alike. It fails where Adam fails, and too large a λ keeps"
                " the network from fitting the data."
            ),
            (
                N_(
                    "PyTorch and Optax have this form, with λ = 0.01 and 0.0001 unless told"
                    " otherwise."
                ),
                N_(
                    "The paper multiplies the decay by the schedule alone and not by the rate: its"
                    " λ is η λ here."
                ),
                N_(
                    "Keras adds ε before the bias correction, as in its Adam, and has λ = 0.004"
                    " unless told otherwise; it offers the same decay with any optimizer."
                ),
            ),
        ),
    }
)
