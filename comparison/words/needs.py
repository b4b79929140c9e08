"""What a rule makes no sense without, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from language import N_, _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rules import Rule
    from engine.rules.rule import Need

_NEEDS: Final[Mapping[Need, str]] = {
    "layers": N_("{rule} works on the layers of a network"),
    "hessian": N_("{rule} needs the second derivatives of a test function"),
    "all_rows": N_("{rule} needs the gradient of all rows, without noise"),
}


def needs_words(rule: type[Rule]) -> str:
    """Return what a rule needs, without a full stop; "" if nothing."""
    return "; ".join(_(_NEEDS[need]).format(rule=rule.title) for need in sorted(rule.needs))
