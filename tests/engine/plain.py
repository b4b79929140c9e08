"""A network written as plainly as can be, one lane at a time: what the engine is compared with.

Nothing here comes from the engine. Every formula also takes complex parameters, so that a
derivative is the imaginary part of a step of 1e-30: no difference of nearly equal numbers, hence
all digits.
"""

from itertools import pairwise

import numpy as np

STEP = 1e-30


def sigmoid(z):
    positive = np.real(z) >= 0
    power = np.exp(np.where(positive, -z, z))
    return np.where(positive, 1 / (1 + power), power / (1 + power))


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(np.real(z) > 0, z, 0),
    "leaky_relu": lambda z: np.where(np.real(z) > 0, z, 0.01 * z),
}


def binary_cross_entropy(z, y):
    """-log sigmoid(z) of class 1, -log(1 - sigmoid(z)) of class 0."""
    margin = np.where(y == 1, z, -z)
    positive = np.real(margin) >= 0
    tail = np.log1p(np.exp(np.where(positive, -margin, margin)))
    return np.where(positive, tail, tail - margin)


def cross_entropy(z, y):
    """-log softmax(z) of the class where y is 1; axes (..., rows, classes)."""
    shifted = z - np.real(z).max(axis=-1, keepdims=True)
    return y * (np.log(np.exp(shifted).sum(axis=-1, keepdims=True)) - shifted)


# Sum over outputs, mean over rows; o and y are (..., rows, outputs).
LOSSES = {
    "mean_squared_error": lambda o, y: (o - y) ** 2 / y.shape[-1],
    "half_mean_squared_error": lambda o, y: (o - y) ** 2 / (2 * y.shape[-1]),
    "half_sum_of_squares": lambda o, y: (o - y) ** 2 / 2,
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
}


def one_hot(classes, n_outputs):
    """A column of 0 and 1 for one output, else a column per class."""
    return classes[:, None] if n_outputs == 1 else np.eye(n_outputs)[classes]


def layers(units, bias, params):
    """Weights (..., out, in) and biases (..., out), from (..., n_params)."""
    actual, start = [], 0
    for n_in, n_out in pairwise(units):
        size = n_out * (n_in + bias)
        matrix = params[..., start : start + size].reshape(*params.shape[:-1], n_out, n_in + bias)
        actual.append((matrix[..., :n_in], matrix[..., n_in] if bias else 0 * matrix[..., 0]))
        start += size
    assert start == params.shape[-1]
    return actual


def outputs(units, spec, params, inputs):
    """Outputs (..., rows, outputs) and the sums that went into the activations, layer by layer."""
    sums, values = [], inputs
    stack = layers(units, spec.bias, params)
    for position, (weights, biases) in enumerate(stack):
        z = values @ np.swapaxes(weights, -1, -2) + biases[..., None, :]
        sums.append(z)
        last = position == len(stack) - 1
        values = ACTIVATIONS[spec.output_activation if last else spec.activation](z)
    return values, sums


def loss(units, spec, params, inputs, targets):
    """Mean over rows plus the penalty, one number for each leading index of ``params``."""
    o, _ = outputs(units, spec, params, inputs)
    per_row = LOSSES[spec.loss](o, targets).sum(axis=-1)
    return per_row.mean(axis=-1) + spec.l2 / 2 * (params**2).sum(axis=-1)


def complex_gradient(function, params):
    """Gradient of ``function`` of (n, n_params) at ``params`` (n_params,) by complex steps."""
    return np.imag(function(params + 1j * STEP * np.eye(len(params)))) / STEP


def central_gradient(function, params, step=1e-6):
    """Gradient by central differences."""
    offsets = step * np.eye(len(params))
    return (function(params + offsets) - function(params - offsets)) / (2 * step)


def relative_error(actual, expected):
    """Norm of the difference over the norm of what was expected."""
    return np.linalg.norm(actual - expected) / np.linalg.norm(expected)
