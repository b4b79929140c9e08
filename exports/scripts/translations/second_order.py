"""Rules that follow the curvature in other libraries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import LBFGS
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

_OWN_LOSS: Final = N_(
    "L-BFGS in PyTorch asks for a function that computes the loss again. With one iteration"
    " per step and tolerances of 0 its steps are the same."
)
_FIRST_STEP: Final = N_(
    "L-BFGS in Optax bounds the first step by its Euclidean length, here by the sum of its"
    " sizes; and it keeps every pair whose product is not 0, here of those above 1e-10."
)


FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        LBFGS: Translation(differences={"pytorch": _OWN_LOSS, "optax": _FIRST_STEP}),
    }
)
