"""Gradient clipping in words: its short sign, what it does, and who differs."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from comparison.words.rules.told import RuleWords
from engine.rules.clipping import ClipNorm, ClipValue
from engine.spec import name_of
from language import N_, _
from language.labels import label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules.clipping import Clipping

CLIPPING_WORDS: Final[Mapping[type[Clipping], RuleWords]] = MappingProxyType(
    {
        ClipNorm: RuleWords(
            N_(
                "A gradient that is longer than c is shortened to length c before the optimizer"
                " sees it, all parameters together: its direction stays, so a step still goes"
                " downhill. A single huge gradient can no longer throw a run far away. An optimizer"
                " that divides by the size of its gradients, such as Adam, feels less of it."
            ),
            (
                N_("Optax has this form."),
                N_("PyTorch divides by ‖g‖ + 10⁻⁶, so its gradients are a little shorter."),
                N_(
                    "Keras's `global_clipnorm` is of all parameters together; its `clipnorm` clips"
                    " each layer's weights and biases by themselves, which turns the direction."
                ),
            ),
        ),
        ClipValue: RuleWords(
            N_(
                "Every number of the gradient that is beyond c or −c is cut off there, before the"
                " optimizer sees it. That turns the direction: large numbers shrink, small ones"
                " stay. With a very small c nothing but the signs is left."
            ),
            (N_("PyTorch, Keras and Optax have this form."),),
        ),
    }
)


def clipping_title(clipping: type[Clipping]) -> str:
    """Return what a way of clipping is called where it is explained."""
    title, name = _("Gradient clipping"), label("clipping", name_of(clipping))
    return f"{title}: {name}"


def clipping_sign(clipping: Clipping) -> str:
    """Return a clipping as a name of a run has it: what is at most how large."""
    measured = "‖g‖" if isinstance(clipping, ClipNorm) else "|gᵢ|"
    return f"{measured} ≤ {clipping.threshold:g}"
