"""Activation functions, each with its derivative expressed in its own output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.arrays import Array

LEAK: Final = (
    0.01  # slope of the leaky ReLU below zero (Maas, Hannun and Ng, 2013; PyTorch's default)
)
# exp(709) is the last that float64 can hold. Below -709 the sigmoid is under 1.2e-308 anyway.
_LARGEST_EXPONENT: Final = 709.0


@dataclass(frozen=True)
class Activation:
    """An elementwise function and the chain rule through it.

    Attributes:
        name: id in files and links.
        apply: ``apply(z, out)`` writes f(z) into ``out``; ``out`` may be ``z``.
        backward: ``backward(grad, output, scratch)`` multiplies ``grad`` in place by f'(z), where
            ``output`` = f(z); ``scratch`` has the same shape and is overwritten.
    """

    name: str
    apply: Callable[[Array, Array], None]
    backward: Callable[[Array, Array, Array], None]


def _identity(z: Array, out: Array) -> None:
    if out is not z:
        np.copyto(out, z)


def _identity_backward(grad: Array, output: Array, scratch: Array) -> None:
    """Derivative 1."""


def sigmoid(z: Array, out: Array) -> None:
    """Write 1 / (1 + exp(-z)) into ``out``: no overflow, relative error <= 4 eps for |z| <= 700."""
    np.negative(z, out=out)
    np.minimum(out, _LARGEST_EXPONENT, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.reciprocal(out, out=out)


def _sigmoid_backward(grad: Array, output: Array, scratch: Array) -> None:
    """Derivative f (1 - f)."""
    np.multiply(output, output, out=scratch)
    np.subtract(output, scratch, out=scratch)
    np.multiply(grad, scratch, out=grad)


def _tanh(z: Array, out: Array) -> None:
    np.tanh(z, out=out)


def _tanh_backward(grad: Array, output: Array, scratch: Array) -> None:
    """Derivative 1 - f^2."""
    np.multiply(output, output, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    np.multiply(grad, scratch, out=grad)


def _relu(z: Array, out: Array) -> None:
    np.maximum(z, 0.0, out=out)


def _relu_backward(grad: Array, output: Array, scratch: Array) -> None:
    """Derivative 1 above zero, 0 at and below it."""
    np.sign(output, out=scratch)
    np.multiply(grad, scratch, out=grad)


def _leaky_relu(z: Array, out: Array) -> None:
    # max(z, LEAK z); a layer may pass out=z, so the product gets an array of its own.
    np.maximum(z, LEAK * z, out=out)


def _leaky_relu_backward(grad: Array, output: Array, scratch: Array) -> None:
    """Derivative 1 above zero, ``LEAK`` at and below it."""
    np.copyto(scratch, LEAK)
    np.copyto(scratch, 1.0, where=output > 0)
    np.multiply(grad, scratch, out=grad)


ACTIVATIONS: Final = {
    activation.name: activation
    for activation in (
        Activation("sigmoid", sigmoid, _sigmoid_backward),
        Activation("tanh", _tanh, _tanh_backward),
        Activation("relu", _relu, _relu_backward),
        Activation("leaky_relu", _leaky_relu, _leaky_relu_backward),
        Activation("identity", _identity, _identity_backward),
    )
}
