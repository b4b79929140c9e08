"""Rules with a rate for each parameter, in other libraries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import Adadelta, Adagrad, Adam, AdamW, RMSprop
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

_KERAS_INSIDE_THE_ROOT: Final = N_(
    "Keras adds epsilon inside the square root, sqrt(v + ε); here it is outside, sqrt(v) + ε."
    " The steps differ where gradients are tiny."
)
_OPTAX_INSIDE_THE_ROOT: Final = N_(
    "Optax adds epsilon inside the square root, sqrt(s + ε); here it is outside, sqrt(s) + ε."
    " The steps differ where gradients are tiny."
)
EPSILON_HAT: Final = N_(
    "Keras adds epsilon before the bias correction (the paper's “epsilon hat”); here it is added"
    " afterwards. The steps differ where gradients are tiny."
)


FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        Adagrad: Translation(
            pytorch="Adagrad(params, lr=$learning_rate, eps=$epsilon)",
            differences={"keras": _KERAS_INSIDE_THE_ROOT, "optax": _OPTAX_INSIDE_THE_ROOT},
        ),
        RMSprop: Translation(
            pytorch="RMSprop(params, lr=$learning_rate, alpha=$decay, eps=$epsilon)",
            optax="rmsprop($learning_rate, decay=$decay, eps=$epsilon, eps_in_sqrt=False)",
            differences={"keras": _KERAS_INSIDE_THE_ROOT},
        ),
        Adadelta: Translation(
            pytorch="Adadelta(params, lr=$learning_rate, rho=$decay, eps=$epsilon)",
            keras="Adadelta(learning_rate=$learning_rate, rho=$decay, epsilon=$epsilon)",
            optax="adadelta($learning_rate, rho=$decay, eps=$epsilon)",
        ),
        Adam: Translation(
            pytorch="Adam(params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon)",
            optax="adam($learning_rate, b1=$beta1, b2=$beta2, eps=$epsilon)",
            differences={"keras": EPSILON_HAT},
        ),
        AdamW: Translation(
            pytorch=(
                "AdamW(\n    params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon,"
                " weight_decay=$weight_decay\n)"
            ),
            optax=(
                "adamw(\n    $learning_rate, b1=$beta1, b2=$beta2, eps=$epsilon,"
                " weight_decay=$weight_decay\n)"
            ),
            differences={"keras": EPSILON_HAT},
        ),
    }
)
