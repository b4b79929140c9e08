"""Gradient clipping: what is done to every gradient before a rule sees it.

``CLIPPINGS`` is the registry, and ``AnyClipping`` the type of a field that takes any of them. The
gradient of a batch is clipped as a whole, and so is the second gradient of a rule that takes one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, final

import numpy as np
from pydantic import Field

from engine.limits import Interval

if TYPE_CHECKING:
    from engine.arrays import Array

THRESHOLD: Final = Interval(1e-12, 1e12, symbol="c", scale="log")
Threshold = Annotated[float, THRESHOLD]


@dataclass(frozen=True)
class Clipping(ABC):
    """What every clipping has: a name, a threshold and one formula; frozen like a rule.

    Attributes:
        threshold: c, the largest norm or number that is left.
        name: the id in files, links and the registry.
        formula: in LaTeX, as the page shows it.
    """

    threshold: Threshold = 1.0
    name: str = ""

    formula: ClassVar[str]

    @abstractmethod
    def clipped(self, grads: Array) -> Array:
        """Return what is left of gradients ``(lanes, n_params)``, which stay as they are."""


@final
@dataclass(frozen=True)
class ClipNorm(Clipping):
    """Shorten a gradient that is longer than c, all parameters of a lane together.

        g <- g min(1, c / ||g||)

    optax is equal; PyTorch divides by ||g|| + 1e-6.

    Source:
        Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks,
        algorithm 1.
    """

    name: Literal["norm"] = "norm"

    formula: ClassVar = r"g_t \leftarrow g_t \min\left(1, \frac{c}{\lVert g_t \rVert}\right)"

    def clipped(self, grads: Array) -> Array:
        """Return gradients whose norm is at most the threshold."""
        largest = np.maximum(np.abs(grads).max(axis=1, keepdims=True), np.finfo(float).tiny)
        norms = largest * np.sqrt(((grads / largest) ** 2).sum(axis=1, keepdims=True))
        return grads * (self.threshold / np.maximum(norms, self.threshold))


@final
@dataclass(frozen=True)
class ClipValue(Clipping):
    """Cut every number of a gradient off at -c and c.

    PyTorch and optax are equal. The direction changes, which it does not where the norm is clipped.
    """

    name: Literal["value"] = "value"

    formula: ClassVar = r"g_t \leftarrow \max\left(-c, \min(g_t, c)\right)"

    def clipped(self, grads: Array) -> Array:
        """Return gradients of which no number is beyond the threshold."""
        return np.clip(grads, -self.threshold, self.threshold)


CLIPPINGS: Final = (ClipNorm, ClipValue)

if TYPE_CHECKING:
    AnyClipping = Clipping
else:
    AnyClipping = Annotated[ClipNorm | ClipValue, Field(discriminator="name")]
