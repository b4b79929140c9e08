"""What each rule does, in words, and who writes it differently: an entry for each, if it has one.

A rule without an entry is shown by its update, its formula and its source.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.rules import SGD, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSprop
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

# What is done with the direction d of every rule, in LaTeX.
UPDATE: Final = r"\theta_t = \theta_{t-1} - \eta\,d_t"


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


RULE_WORDS: Final[Mapping[type[Rule], RuleWords]] = MappingProxyType(
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
