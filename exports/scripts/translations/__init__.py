"""How other libraries write a rule or a test function: a module for each family of rules.

A rule without a row, or without a form in some library, is exported as its formula in NumPy.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from exports.scripts.translations import (
    adam_variants,
    adaptive,
    averages,
    layers,
    momentum,
    prodigy,
    second_moments,
    second_order,
    signs,
    wrappers,
)
from exports.scripts.translations.functions import VALUES
from exports.scripts.translations.translation import Translation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule

__all__ = ["TRANSLATIONS", "VALUES", "Translation"]

TRANSLATIONS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        **momentum.FORMS,
        **adaptive.FORMS,
        **adam_variants.FORMS,
        **second_moments.FORMS,
        **wrappers.FORMS,
        **prodigy.FORMS,
        **second_order.FORMS,
        **layers.FORMS,
        **signs.FORMS,
        **averages.FORMS,
    }
)
