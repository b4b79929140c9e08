"""Runs in Optax: the rules whose form is the engine's, and how the other differs."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Final

from exports.scripts.replay import function_lines, indented
from language import N_, _

if TYPE_CHECKING:
    from engine import Function, Network
    from exports.scripts.replay import Replay

TITLE: Final = "Optax"

RULES: Final = {
    "sgd": "sgd($learning_rate)",
    "momentum": "sgd($learning_rate, momentum=$momentum)",
    "nesterov": "sgd($learning_rate, momentum=$momentum, nesterov=True)",
    "rmsprop": "rmsprop($learning_rate, decay=$decay, eps=$epsilon, eps_in_sqrt=False)",
    "adam": "adam($learning_rate, b1=$beta1, b2=$beta2, eps=$epsilon)",
    "adamw": (
        "adamw(\n    $learning_rate, b1=$beta1, b2=$beta2, eps=$epsilon,"
        " weight_decay=$weight_decay\n)"
    ),
}
DIFFERENCES: Final = {
    "adagrad": N_(
        "Optax adds epsilon inside the square root, sqrt(s + ε); here it is outside, sqrt(s) + ε."
        " The steps differ where gradients are tiny."
    ),
}
_ACTIVATIONS: Final = {
    "sigmoid": "jax.nn.sigmoid({})",
    "tanh": "jnp.tanh({})",
    "relu": "jax.nn.relu({})",
    "leaky_relu": "jax.nn.leaky_relu({}, 0.01)",
    "identity": "{}",
}
_LOSSES: Final = {
    "mean_squared_error": "((outputs - wanted) ** 2).mean()",
    "half_mean_squared_error": "((outputs - wanted) ** 2).mean() / 2",
    "half_sum_of_squares": "((outputs - wanted) ** 2).sum() / (2 * len(outputs))",
    "binary_cross_entropy": "optax.sigmoid_binary_cross_entropy(outputs, wanted).mean()",
    "cross_entropy": "optax.softmax_cross_entropy_with_integer_labels(outputs, wanted).mean()",
}
_IMPORTS: Final = """\
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)"""

_STEP: Final = Template("""\
optimizer = optax.$rule


@jax.jit
def step(params, state$batch$noise):
    loss, grads = jax.value_and_grad(loss_of)(params$batch)
${noisy}    updates, state = optimizer.update(grads, state, params)
    return optax.apply_updates(params, updates), state, loss


""")
_NETWORK: Final = Template("""\
rows = table("data.csv", part="training")
inputs = jnp.array([[float(row[f"input_{k + 1}"]) for k in range($n_inputs)] for row in rows])
$targets
start = table("start.csv")
units = $units
params = []
for number, (n_inputs, n_units) in enumerate(zip(units, units[1:]), 1):
    values = [
        (row["input"], float(row[f"seed_{SEED}"])) for row in start if row["layer"] == str(number)
    ]
    layer = {
        "weights": jnp.array([value for name, value in values if name != "bias"]),
        "biases": jnp.array([value for name, value in values if name == "bias"]),
    }
    layer["weights"] = layer["weights"].reshape(n_units, n_inputs)
    params.append(layer)


def loss_of(params, inputs, wanted):
    units = inputs
    for layer in params[:-1]:
        units = units @ layer["weights"].T$bias
        units = $activation
    outputs = units @ params[-1]["weights"].T$last_bias
    outputs = $output_activation
    loss = $loss
$penalty    return loss


$step
$batches
state = optimizer.init(params)
losses = []
for batch in batches:
    batch = jnp.array(batch)
    params, state, loss = step(params, state, inputs[batch], targets[batch])
    losses.append(float(loss))
""")
_FUNCTION: Final = Template("""\
def loss_of(point):
$function    return value


$step
params = jnp.array([float(row[f"seed_{SEED}"]) for row in table("start.csv")])
state = optimizer.init(params)
${noise}losses = []
for number in range($iterations):
    params, state, loss = step(params, state$argument)
    losses.append(float(loss))
""")


def difference(replay: Replay) -> str | None:
    """Return how Optax differs; None where it can do the same."""
    name = replay.run.optimizer.name
    if name in DIFFERENCES:
        return _(DIFFERENCES[name])
    return None if name in RULES else replay.no_translation(TITLE)


def script(replay: Replay) -> str:
    """Return the text of a script."""
    problem = replay.problem
    body = _network(replay, problem) if problem.kind == "network" else _function(replay, problem)
    return replay.head("optax", TITLE, "optax", _IMPORTS) + body + replay.check()


def _step(replay: Replay, batch: str) -> str:
    rule = Template(RULES[replay.run.optimizer.name]).substitute(replay.settings)
    noisy = bool(replay.read_noise())
    return _STEP.substitute(
        rule=rule,
        batch=batch,
        noise=", noise" if noisy else "",
        noisy="    grads = grads + noise\n" if noisy else "",
    )


def _network(replay: Replay, network: Network) -> str:
    return _NETWORK.substitute(
        n_inputs=network.dataset.n_features,
        units=network.layout.units,
        targets=_targets(network),
        bias=' + layer["biases"]' if network.bias else "",
        last_bias=' + params[-1]["biases"]' if network.bias else "",
        activation=_ACTIVATIONS[network.activation].format("units"),
        output_activation=_ACTIVATIONS[network.output_activation].format("outputs"),
        loss=_LOSSES[network.loss],
        penalty=_penalty(network),
        step=_step(replay, ", inputs, wanted"),
        batches=replay.read_batches(),
    )


def _targets(network: Network) -> str:
    columns = network.layout.units[-1]
    if network.dataset.task == "regression":
        listed = f'[[float(row[f"target_{{k + 1}}"]) for k in range({columns})] for row in rows]'
        return f"targets = jnp.array({listed})"
    classes = 'targets = jnp.array([int(row["class"]) for row in rows])'
    if network.loss == "cross_entropy":
        return classes
    if columns == 1:
        return f"{classes}.astype(float)[:, None]"
    return f"{classes}\ntargets = jnp.eye({columns})[targets]"


def _penalty(network: Network) -> str:
    if network.l2 == 0:
        return ""
    squares = "sum((part**2).sum() for part in jax.tree.leaves(params))"
    return f"    loss = loss + {network.l2 / 2!r} * {squares}\n"


def _function(replay: Replay, problem: Function) -> str:
    noise = replay.read_noise()
    return _FUNCTION.substitute(
        function=indented(function_lines(problem, "jnp")),
        step=_step(replay, ""),
        noise=noise,
        argument=", jnp.array(noises[number])" if noise else "",
        iterations=replay.function_updates,
    )
