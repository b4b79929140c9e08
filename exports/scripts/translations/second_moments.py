"""Rules that divide by another measure of the gradients than their mean square, elsewhere."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import AdaBelief, Adan, Yogi
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        AdaBelief: Translation(
            optax=(
                "adabelief(\n    $learning_rate, b1=$beta1, b2=$beta2, eps=$epsilon,"
                " eps_root=$epsilon\n)"
            ),
        ),
        Yogi: Translation(
            # ``optax.yogi`` itself starts both averages at 1e-6.
            optax=(
                "chain(\n    optax.scale_by_yogi("
                "\n        b1=$beta1, b2=$beta2, eps=$epsilon, initial_accumulator_value=0.0"
                "\n    ),\n    optax.scale_by_learning_rate($learning_rate),\n)"
            ),
        ),
        Adan: Translation(
            differences={
                "optax": N_(
                    "Optax weighs the changes of the gradient by 1 − β₂; the paper and this script"
                    " by β₂."
                ),
            },
        ),
    }
)
