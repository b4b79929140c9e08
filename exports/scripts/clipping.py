"""How other libraries clip gradients, and how a script does it that computes a rule's formula."""

from __future__ import annotations

import inspect
from string import Template
from typing import TYPE_CHECKING, Final

from engine.rules.clipping import ClipNorm

if TYPE_CHECKING:
    from engine.rules.clipping import Clipping

_BY_NORM: Final = """\
    # Plain lines: torch.nn.utils.clip_grad_norm_ divides by the norm + 1e-6.
    norm = torch.sqrt(sum((part.grad**2).sum() for part in params))
    for part in params:
        part.grad *= min(1.0, {threshold!r} / norm)
"""
_BY_VALUE: Final = """\
    torch.nn.utils.clip_grad_value_(params, {threshold!r})
"""
_CLASS: Final = Template('''\
@dataclass(frozen=True)
class Clipping:
    """What is done to every gradient before the rule sees it."""

    threshold: float


$source

clipping = $clipping

''')


def clipped(library: str, rule: str, clipping: Clipping | None) -> str:
    """Return a library's form of a rule that clips gradients first, where that is part of it.

    Args:
        library: name of the library in ``FRAMEWORKS``; PyTorch clips elsewhere.
        rule: the form, a call.
        clipping: that of the run.
    """
    if clipping is None or library == "pytorch":
        return rule
    is_norm, threshold = isinstance(clipping, ClipNorm), repr(clipping.threshold)
    if library == "keras":  # whose clipnorm is of each variable by itself
        name = "global_clipnorm" if is_norm else "clipvalue"
        return f"{rule.removesuffix(')').rstrip().removesuffix(',')}, {name}={threshold})"
    call = "clip_by_global_norm" if is_norm else "clip"
    return f"chain(\n    optax.{call}({threshold}),\n    optax.{rule},\n)"


def clipping_in_pytorch(clipping: Clipping | None) -> str:
    """Return the lines between the gradients of ``params`` and the step; none without clipping."""
    if clipping is None:
        return ""
    lines = _BY_NORM if isinstance(clipping, ClipNorm) else _BY_VALUE
    return lines.format(threshold=clipping.threshold)


def clipping_class(clipping: Clipping | None) -> str:
    """Return the lines that define a clipping's own class, word for word, and make ``clipping``."""
    if clipping is None:
        return ""
    kind = type(clipping)
    written = f"{kind.__name__}({clipping.threshold!r})"
    return _CLASS.substitute(source=inspect.getsource(kind), clipping=written)
