"""Loss functions: value and gradient, in forms that stay finite and exact for any finite output.

Every loss is a mean over rows. It reads the network's outputs: predictions for the squared errors,
logits for the cross-entropies. Shapes are ``(..., outputs, rows)``; leading axes are lanes (and
iterations). ``encode`` turns the targets once into the form that the loss reads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal, final

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Array, Integers

# exp(709) is the last that float64 can hold. Beyond it the quotients below are under 1.3e-308
# anyway.
_LARGEST_EXPONENT: Final = 709.0
_LOWEST: Final = -np.finfo(np.float64).max


class Loss(ABC):
    """A mean over rows of a per-row loss.

    Attributes:
        name: id in files and links.
        reads: whether the loss reads predictions (any output activation) or logits (identity only).
        formula: the loss in LaTeX: m rows, k outputs, y target, o output.
    """

    name: ClassVar[str]
    reads: ClassVar[Literal["predictions", "logits"]]
    formula: ClassVar[str]

    def n_outputs(self, n_classes: int) -> int:
        """Return the output units of a classification: one for two classes, else one per class."""
        return 1 if n_classes == 2 else n_classes

    @abstractmethod
    def suits(self, n_classes: int) -> bool:
        """Tell whether the loss can be used with this many classes; 0 means regression."""

    @abstractmethod
    def encode(self, classes: Integers, n_classes: int) -> Array:
        """Return targets ``(rows, outputs)`` for class numbers ``(rows,)``."""

    @abstractmethod
    def total(self, outputs: Array, targets: Array) -> Array:
        """Return the loss summed over rows, ``(...)`` for ``(..., outputs, rows)``."""

    @abstractmethod
    def gradient(self, outputs: Array, targets: Array, rows: int, out: Array) -> None:
        """Write d(mean over ``rows``)/d(outputs) into ``out``, shaped like ``outputs``."""

    @abstractmethod
    def classes(self, outputs: Array) -> Integers:
        """Return the predicted class numbers ``(..., rows)``."""

    @abstractmethod
    def constant(self, targets: Array) -> Array:
        """Return the outputs ``(outputs,)`` that, equal for all rows, have the lowest loss.

        Args:
            targets: ``(rows, outputs)``, encoded.
        """


@final
@dataclass(frozen=True)
class SquaredError(Loss):
    """``weight`` x the sum over outputs of (o - y)^2, averaged over rows.

    With k outputs: the mean over all elements has weight 1/k (PyTorch, Keras), its half 1/2k
    (scikit-learn's training loss, the 1/2m of textbooks), the half sum per sample 1/2. The three
    scale the gradients, and so the right learning rate.
    """

    name: str  # type: ignore[misc]  # one class serves three named losses
    formula: str  # type: ignore[misc]  # as above
    halved: bool
    per_output: bool

    reads: ClassVar = "predictions"

    def _weight(self, n_outputs: int) -> float:
        return (0.5 if self.halved else 1.0) / (n_outputs if self.per_output else 1)

    def suits(self, n_classes: int) -> bool:  # noqa: ARG002 - suits any number
        """Return True: classes are numbers as well."""
        return True

    def encode(self, classes: Integers, n_classes: int) -> Array:
        """Return 0 and 1 for two classes, else a one-hot row."""
        return _zero_one(classes, n_classes)

    def total(self, outputs: Array, targets: Array) -> Array:
        """Return the weighted sum of squares."""
        squares = np.square(outputs - targets)
        weight = self._weight(outputs.shape[-2])
        total: Array = _sum_of_rows(squares)
        total *= weight
        return total

    def gradient(self, outputs: Array, targets: Array, rows: int, out: Array) -> None:
        """Write 2 weight (o - y) / rows."""
        np.subtract(outputs, targets, out=out)
        np.multiply(out, 2 * self._weight(outputs.shape[-2]) / rows, out=out)

    def classes(self, outputs: Array) -> Integers:
        """Return the class above one half, or that of the largest output."""
        return _largest(outputs, 0.5)

    def constant(self, targets: Array) -> Array:
        """Return the mean target."""
        mean: Array = targets.mean(axis=0)
        return mean


@final
class BinaryCrossEntropy(Loss):
    """-log p of the true class, with p = sigmoid(logit) for class 1.

    With t = +1 for class 1 and -1 for class 0 the loss is log(1 + exp(-t z)) and its gradient
    -t / (1 + exp(t z)): no logarithm of a rounded probability, no difference of nearly equal
    numbers.
    """

    name = "binary_cross_entropy"
    reads = "logits"
    formula = r"-\tfrac1m\sum\,[y\log\sigma(z) + (1-y)\log(1-\sigma(z))]"

    def suits(self, n_classes: int) -> bool:
        """Tell whether there are two classes."""
        return n_classes == 2

    def encode(self, classes: Integers, n_classes: int) -> Array:  # noqa: ARG002 - always two
        """Return -1 and +1."""
        return np.where(classes[:, None] == 1, 1.0, -1.0)

    def total(self, outputs: Array, targets: Array) -> Array:
        """Return the sum of log(1 + exp(-t z))."""
        margins = outputs * targets
        losses = np.abs(margins)
        np.negative(losses, out=losses)
        np.exp(losses, out=losses)
        np.log1p(losses, out=losses)
        losses -= np.minimum(margins, 0.0, out=margins)
        return _sum_of_rows(losses)

    def gradient(self, outputs: Array, targets: Array, rows: int, out: Array) -> None:
        """Write -t / (1 + exp(t z)) / rows."""
        np.multiply(outputs, targets, out=out)
        np.minimum(out, _LARGEST_EXPONENT, out=out)
        np.exp(out, out=out)
        np.multiply(out, -rows, out=out)
        np.subtract(out, rows, out=out)
        np.divide(targets, out, out=out)

    def classes(self, outputs: Array) -> Integers:
        """Return 1 where the logit is above zero."""
        return _largest(outputs, 0.0)

    def constant(self, targets: Array) -> Array:
        """Return log(p / (1 - p)) of the share p of class 1."""
        share = (targets.mean(axis=0) + 1) / 2
        return _log(share) - _log(1 - share)


@final
class CrossEntropy(Loss):
    """-log p of the true class, with p = softmax(logits)."""

    name = "cross_entropy"
    reads = "logits"
    formula = r"-\tfrac1m\sum\log\frac{e^{z_y}}{\sum_k e^{z_k}}"

    def n_outputs(self, n_classes: int) -> int:
        """Return one unit per class."""
        return n_classes

    def suits(self, n_classes: int) -> bool:
        """Tell whether there are classes."""
        return n_classes >= 2

    def encode(self, classes: Integers, n_classes: int) -> Array:
        """Return a one-hot row per class number."""
        return np.eye(n_classes)[classes]

    def total(self, outputs: Array, targets: Array) -> Array:
        """Return the sum of log(sum_k exp(z_k - z_y))."""
        shifted = outputs - outputs.max(axis=-2, keepdims=True)
        np.maximum(shifted, _LOWEST, out=shifted)  # logits may be further apart than that
        # The largest term is 1. Without it log1p keeps the others, however small they are.
        is_largest = shifted == 0
        others = np.exp(shifted)
        np.copyto(others, 0.0, where=is_largest)
        ties = np.count_nonzero(is_largest, axis=-2, keepdims=True) - 1
        logs = np.log1p(others.sum(axis=-2, keepdims=True) + ties)
        return _sum_of_rows((logs - shifted) * targets)

    def gradient(self, outputs: Array, targets: Array, rows: int, out: Array) -> None:
        """Write (softmax - y) / rows.

        For the true class this is minus the sum of the other probabilities: p - 1 would lose all
        digits where p is near 1.
        """
        np.subtract(outputs, outputs.max(axis=-2, keepdims=True), out=out)
        np.exp(out, out=out)
        total = out.sum(axis=-2, keepdims=True)
        is_true = targets == 1
        np.copyto(out, 0.0, where=is_true)
        np.copyto(out, -out.sum(axis=-2, keepdims=True), where=is_true)
        np.divide(out, rows * total, out=out)

    def classes(self, outputs: Array) -> Integers:
        """Return the class of the largest logit."""
        return np.argmax(outputs, axis=-2)

    def constant(self, targets: Array) -> Array:
        """Return the logarithms of the shares of the classes."""
        return _log(targets.mean(axis=0))


def _log(shares: Array) -> Array:
    """Return logarithms; that of 0 is a finite number, so that no output is infinite."""
    with np.errstate(divide="ignore"):
        logs: Array = np.maximum(np.log(shares), _LOWEST / 4)
    return logs


def _zero_one(classes: Integers, n_classes: int) -> Array:
    one_hot = np.eye(n_classes)[classes]
    return one_hot[:, 1:] if n_classes == 2 else one_hot


def _largest(outputs: Array, threshold: float) -> Integers:
    if outputs.shape[-2] == 1:
        return (outputs[..., 0, :] > threshold).astype(np.int64)
    return np.argmax(outputs, axis=-2)


def _sum_of_rows(losses: Array) -> Array:
    """Sum over outputs and rows, lane by lane: the rows of a lane are contiguous."""
    return losses.reshape(*losses.shape[:-2], -1).sum(axis=-1)


LOSSES: Final[dict[str, Loss]] = {
    loss.name: loss
    for loss in (
        SquaredError(
            "mean_squared_error", r"\tfrac1{mk}\sum(o-y)^2", halved=False, per_output=True
        ),
        SquaredError(
            "half_mean_squared_error", r"\tfrac1{2mk}\sum(o-y)^2", halved=True, per_output=True
        ),
        SquaredError(
            "half_sum_of_squares", r"\tfrac1{2m}\sum(o-y)^2", halved=True, per_output=False
        ),
        BinaryCrossEntropy(),
        CrossEntropy(),
    )
}


def usual_loss(n_classes: int) -> str:
    """Return the id of the usual loss for this many classes; 0 means regression."""
    if n_classes == 0:
        return "mean_squared_error"
    return "binary_cross_entropy" if n_classes == 2 else "cross_entropy"
