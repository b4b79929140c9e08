"""Rules around another rule in other libraries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import SAM, Lookahead
from exports.scripts.translations.translation import Translation
from language import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

_FAST_AND_SLOW: Final = N_(
    "Lookahead in Optax moves pairs of fast and slow parameters, which no other optimizer"
    " takes; its steps are the same."
)
_NORM_ALONE: Final = N_("SAM in Optax divides by the norm alone, here by the norm + 1e-12.")


FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        Lookahead: Translation(differences={"optax": _FAST_AND_SLOW}),
        SAM: Translation(differences={"optax": _NORM_ALONE}),
    }
)
