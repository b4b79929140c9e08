"""Rules that follow signs, in other libraries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import Lion, Rprop, Signum
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule


def _signum_in_optax(rule: Signum) -> str:
    """Return the form; without momentum it is the one of SignSGD."""
    return "signum($learning_rate, beta=$momentum)" if rule.momentum else "sign_sgd($learning_rate)"


FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        Lion: Translation(
            keras=(
                "Lion(\n        learning_rate=$learning_rate, beta_1=$beta1, beta_2=$beta2,"
                "\n        weight_decay=$weight_decay,\n    )"
            ),
            optax="lion($learning_rate, b1=$beta1, b2=$beta2, weight_decay=$weight_decay)",
        ),
        Signum: Translation(optax=_signum_in_optax),
        Rprop: Translation(
            pytorch=(
                "Rprop(\n    params, lr=$learning_rate, etas=($shrink, $grow),"
                " step_sizes=($smallest, $largest)\n)"
            ),
            differences={
                "optax": N_(
                    "Optax takes each step one update late, so its first update does nothing."
                )
            },
        ),
    }
)
