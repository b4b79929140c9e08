"""Adam with one of its parts changed, in other libraries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import Adamax, AMSGrad, NAdam, RAdam
from exports.scripts.translations.adaptive import EPSILON_HAT
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        AMSGrad: Translation(
            pytorch=(
                "Adam(\n    params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon,"
                " amsgrad=True\n)"
            ),
            differences={
                "keras": EPSILON_HAT,
                "optax": N_(
                    "Optax takes the maximum of the averages after their bias correction; here it"
                    " is taken before. The steps differ from the beginning."
                ),
            },
        ),
        NAdam: Translation(
            pytorch=(
                "NAdam(\n    params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon,"
                " momentum_decay=$momentum_decay\n)"
            ),
            differences={
                "keras": N_(
                    "Keras lets the momentum rise at a rate of its own, ψ = 1, which cannot be set."
                ),
                "optax": N_("Optax has no rising momentum in NAdam; it uses β₁ at every step."),
            },
        ),
        RAdam: Translation(
            pytorch="RAdam(params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon)",
            differences={
                "optax": N_(
                    "Optax adds epsilon after the bias correction; here it is added to the"
                    " uncorrected root. The steps differ where gradients are tiny."
                ),
            },
        ),
        Adamax: Translation(
            pytorch="Adamax(params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon)",
            optax="adamax($learning_rate, b1=$beta1, b2=$beta2, eps=$epsilon)",
            differences={
                "keras": N_(
                    "Keras adds epsilon after the maximum; here it is added within. The steps"
                    " differ where gradients are tiny."
                ),
            },
        ),
    }
)
