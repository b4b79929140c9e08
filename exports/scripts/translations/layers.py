"""Rules of whole layers in other libraries: none treats weights and biases as one matrix."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import LAMB, LARS, SOAP, Adafactor, Muon
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

_OF_ARRAYS: Final = N_(
    "The {rule} of {library} takes the weights and the biases of a layer as two; here they are one"
    " matrix."
)
_ROUNDED: Final = N_(
    "{library} has no {rule}. Its axes depend on the last digits of the gradients, and {library}"
    " rounds otherwise: only the first two losses must be equal."
)

FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        Muon: Translation(
            differences={
                "pytorch": N_(
                    "The Muon of PyTorch computes in 16 bits and leaves biases to another"
                    " optimizer; here weights and biases are one matrix."
                ),
                "keras": N_(
                    "The Muon of Keras scales the step in another way and computes in 32 bits; here"
                    " weights and biases are one matrix."
                ),
                "optax": N_(
                    "The Muon of Optax corrects its averages for their start at zero and leaves"
                    " biases to another optimizer; here weights and biases are one matrix."
                ),
            },
        ),
        LAMB: Translation(differences={"keras": _OF_ARRAYS, "optax": _OF_ARRAYS}),
        LARS: Translation(differences={"optax": _OF_ARRAYS}),
        SOAP: Translation(
            differences=dict.fromkeys(("pytorch", "keras", "optax"), _ROUNDED), certain=2
        ),
        Adafactor: Translation(
            differences={"pytorch": _OF_ARRAYS, "keras": _OF_ARRAYS, "optax": _OF_ARRAYS}
        ),
    }
)
