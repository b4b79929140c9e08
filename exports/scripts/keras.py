"""Runs in Keras: the network, its gradients, and the training."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Final

from exports.scripts.formula import class_lines, training_lines
from exports.scripts.replay import Library
from language import _

if TYPE_CHECKING:
    from engine import Network
    from exports.scripts.replay import Replay

_ACTIVATIONS: Final = {
    "sigmoid": 'keras.layers.Activation("sigmoid")',
    "tanh": "keras.layers.Activation(tanh)",
    "relu": "keras.layers.ReLU()",
    "leaky_relu": "keras.layers.LeakyReLU(negative_slope=0.01)",
    "identity": "",
}
_LOSSES: Final = {
    "mean_squared_error": "ops.sum((outputs - wanted) ** 2) / (outputs.shape[0] * $n_outputs)",
    "half_mean_squared_error": (
        "ops.sum((outputs - wanted) ** 2) / (2 * outputs.shape[0] * $n_outputs)"
    ),
    "half_sum_of_squares": "ops.sum((outputs - wanted) ** 2) / (2 * outputs.shape[0])",
    "binary_cross_entropy": (
        "ops.sum(ops.softplus(outputs) - wanted * outputs) / outputs.shape[0]"
    ),
    "cross_entropy": (
        "ops.sum(ops.logsumexp(outputs, axis=-1) - ops.sum(wanted * outputs, axis=-1))"
        " / outputs.shape[0]"
    ),
}
_IMPORTS: Final = """\
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")  # others compute in float32 here and there
os.environ.setdefault("JAX_ENABLE_X64", "true")

import keras
import numpy as np
from keras import ops

keras.config.set_floatx("float64")"""
LIBRARY: Final = Library("keras", "Keras", "keras jax", _IMPORTS)

_NETWORK: Final = Template("""\
rows = table("data.csv", part="training")
inputs = np.array([[float(row[f"input_{k + 1}"]) for k in range($n_inputs)] for row in rows])
$targets
$penalty

# Keras's own tanh, means and losses (3.15) compute in float32 whatever they are given.
def tanh(values):
    return 2 * ops.sigmoid(2 * values) - 1


def loss_of(wanted, outputs):
    return $loss


model = keras.Sequential([
    keras.Input(($n_inputs,)),
$layers
])
start = table("start.csv")
layers = [layer for layer in model.layers if layer.weights]
for number, layer in enumerate(layers, 1):
    values = [
        (row["input"], float(row[f"seed_{SEED}"])) for row in start if row["layer"] == str(number)
    ]
    weights = np.array([value for name, value in values if name != "bias"])
    biases = np.array([value for name, value in values if name == "bias"])
    n_inputs, n_units = layer.weights[0].shape
    layer.set_weights([weights.reshape(n_units, n_inputs).T, biases][: len(layer.weights)])

$batches
""")
_TRAINING: Final = Template("""\
${schedule}model.compile(
    optimizer=keras.optimizers.$rule,
    loss=loss_of,
)
losses = []
for batch in batches:
    model.reset_metrics()
    losses.append(float(model.train_on_batch(inputs[batch], targets[batch])))
""")
_TABLE: Final = Template("""\
batches = batches[: len(factors)]


class Table(keras.optimizers.schedules.LearningRateSchedule):
    rates = $rate * np.array(factors)

    def __call__(self, step):
        return ops.take(ops.convert_to_tensor(self.rates), ops.cast(step, "int32"))


schedule = Table()
""")
_GRADIENT: Final = """\
import jax


def loss_at(params, inputs, wanted):
    parts, begin = [], 0
    for layer in layers:
        n_inputs, n_units = layer.weights[0].shape
        end = begin + layer.count_params()
        matrix = params[0, begin:end].reshape(n_units, -1)
        parts += [matrix[:, :n_inputs].T, matrix[:, -1]][: len(layer.weights)]
        begin = end
    outputs, _, penalties = model.stateless_call(parts, [], inputs, return_losses=True)
    return loss_of(wanted, outputs) + sum(penalties)


loss_and_gradient = jax.jit(jax.value_and_grad(loss_at))


def gradient(params, batch):
    \"\"\"Return the loss of a batch and its gradient, in the order of start.csv.\"\"\"
    loss, grads = loss_and_gradient(params, inputs[batch], targets[batch])
    return float(loss), np.asarray(grads)


"""


def refusal(replay: Replay) -> str | None:
    """Return why Keras cannot replay a run; None if it can."""
    if replay.problem.kind == "function":
        return _("Keras trains layers; a test function has none.")
    return None


def script(replay: Replay) -> str:
    """Return the text of a script."""
    network, rule = replay.problem, replay.translated(LIBRARY)
    if network.kind != "network":
        raise TypeError(network.kind)
    body = _NETWORK.substitute(
        n_inputs=network.dataset.n_features,
        targets=_targets(network),
        penalty=_penalty(network),
        layers="\n".join(f"    {layer}," for layer in _layers(network)),
        batches=replay.read_batches(),
        loss=Template(_LOSSES[network.loss]).substitute(n_outputs=network.layout.units[-1]),
    )
    if rule is None:
        body = class_lines(replay) + body + _GRADIENT + training_lines(replay)
    else:
        body += _TRAINING.substitute(rule=rule, schedule=_schedule(replay))
    return replay.head(LIBRARY) + body + replay.check()


def _schedule(replay: Replay) -> str:
    """Return the lines that make the schedule, if there is one."""
    if not replay.is_scheduled:
        return ""
    own = replay.own_schedule(LIBRARY)
    if own is not None:
        return f"schedule = {own}\n"
    return replay.read_factors() + _TABLE.substitute(rate=replay.settings["learning_rate"])


def _layers(network: Network) -> list[str]:
    units = network.layout.units
    options = "" if network.bias else ", use_bias=False"
    if network.l2:
        options += ", kernel_regularizer=l2, bias_regularizer=l2"
    layers = []
    for number, above in enumerate(units[1:], 1):
        is_last = number == len(units) - 1
        activation = network.output_activation if is_last else network.activation
        layers += [f"keras.layers.Dense({above}{options})", _ACTIVATIONS[activation]]
    return [layer for layer in layers if layer]


def _targets(network: Network) -> str:
    columns = network.layout.units[-1]
    if network.dataset.task == "regression":
        listed = f'[[float(row[f"target_{{k + 1}}"]) for k in range({columns})] for row in rows]'
        return f"targets = np.array({listed})"
    classes = 'targets = np.array([int(row["class"]) for row in rows])'
    if columns == 1:
        return f"{classes}.astype(float)[:, None]"
    return f"{classes}\ntargets = np.eye({columns})[targets]"


def _penalty(network: Network) -> str:
    return f"l2 = keras.regularizers.L2({network.l2 / 2!r})\n" if network.l2 else ""
