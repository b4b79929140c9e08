"""Prodigy in other libraries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import Prodigy
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

_CORRECTED: Final = N_(
    "Prodigy in Optax multiplies its steps by √(1 − β₂ᵗ) / (1 − β₁ᵗ); here there is no such"
    " correction."
)


FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        Prodigy: Translation(differences={"optax": _CORRECTED}),
    }
)
