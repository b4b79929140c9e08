"""The two interfaces that every problem has at work: its batches, and its full losses.

``batches`` gives the gradients of a segment of iterations, ``evaluator`` the losses on all rows,
both for many lanes at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.arrays import Array
    from engine.problems.pieces import Piece
    from engine.work import Work


@dataclass(frozen=True)
class Evaluation:
    """Losses and scores at one step, ``(lanes,)``; scores are NaN where outputs are not finite."""

    training_loss: Array
    validation_loss: Array | None = None
    training_score: Array | None = None
    validation_score: Array | None = None


@dataclass(frozen=True)
class Guess:
    """What the best constant prediction reaches: class shares, or means, of the training rows.

    A network that ignores its inputs does no better. There is no penalty in these losses.

    Attributes:
        training_loss: on the training rows.
        validation_loss: on the validation rows, +inf if only they have a class; None without them.
        training_score: accuracy, or R^2, which is NaN if all targets are equal.
        validation_score: likewise; None without validation rows.
    """

    training_loss: float
    validation_loss: float | None
    training_score: float
    validation_score: float | None


class Batches(Protocol):
    """The batches of a segment of consecutive iterations, for the lanes of a group."""

    @property
    def hessian(self) -> Callable[[Array], Array] | None:
        """Return what gives the Hessians of points, for rules that need them; None if nothing."""

    def load(self, rows: Any) -> None:
        """Take the rows of the segment as ``epochs`` yielded them, equally many of each seed."""

    def pieces(self, position: int, size: int) -> Iterable[Piece]:
        """Return the work that computes the gradients of the batch at ``position``."""

    def losses(self, count: int, last_size: int) -> Array:
        """Return the batch losses ``(lanes, count)``; the last batch has ``last_size`` rows."""


class Evaluator(Protocol):
    """Losses and gradients on all rows."""

    def evaluate(self) -> Work[Evaluation]:
        """Return losses and scores."""

    def gradient(self) -> Work[Array]:
        """Return the full training gradient, ``(lanes, n_params)``."""
