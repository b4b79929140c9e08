"""Plain descent and momentum in other libraries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.rules import SGD, Momentum, Nesterov
from exports.scripts.translations.translation import Translation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule


def _nesterov_in_pytorch(rule: Nesterov) -> str:
    """Return the form; PyTorch has no Nesterov with momentum 0, where it is plain SGD."""
    nesterov = ", nesterov=True" if rule.momentum else ""
    return f"SGD(params, lr=$learning_rate, momentum=$momentum{nesterov})"


FORMS: Final[Mapping[type[Rule], Translation]] = MappingProxyType(
    {
        SGD: Translation(
            pytorch="SGD(params, lr=$learning_rate)",
            keras="SGD(learning_rate=$learning_rate)",
            optax="sgd($learning_rate)",
        ),
        Momentum: Translation(
            pytorch="SGD(params, lr=$learning_rate, momentum=$momentum)",
            keras="SGD(learning_rate=$learning_rate, momentum=$momentum)",
            optax="sgd($learning_rate, momentum=$momentum)",
        ),
        Nesterov: Translation(
            pytorch=_nesterov_in_pytorch,
            keras="SGD(learning_rate=$learning_rate, momentum=$momentum, nesterov=True)",
            optax="sgd($learning_rate, momentum=$momentum, nesterov=True)",
        ),
    }
)
