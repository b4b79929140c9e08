"""Runs in Optax: the network or function, JAX's gradients, and the training."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Final

from exports.scripts.formula import class_lines, training_lines
from exports.scripts.replay import Library, function_lines, indented

if TYPE_CHECKING:
    from engine import Function, Network
    from exports.scripts.replay import Replay

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
LIBRARY: Final = Library("optax", "Optax", "optax", _IMPORTS)

_STEP: Final = Template("""\
${schedule}optimizer = optax.$rule


@jax.jit
def step(params, state$batch$noise):
    loss, grads = jax.value_and_grad(loss_of)(params$batch)
${noisy}    updates, state = optimizer.update(grads, state, params)
    return optax.apply_updates(params, updates), state, loss


""")
_OWN: Final = Template("""\
own = $own


# Updates are counted with 32 bits, and so divided unless told otherwise.
def schedule(done):
    return own(jnp.asarray(done, float))


""")
_ROWS: Final = Template("""\
rows = table("data.csv", part="training")
inputs = jnp.array([[float(row[f"input_{k + 1}"]) for k in range($n_inputs)] for row in rows])
$targets
""")
_START: Final = Template("""\
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


""")
_LOSS: Final = Template("""\
def loss_of(params, inputs, wanted):
    units = inputs
    for layer in params[:-1]:
        units = units @ layer["weights"].T$bias
        units = $activation
    outputs = units @ params[-1]["weights"].T$last_bias
    outputs = $output_activation
    loss = $loss
$penalty    return loss


""")
_TRAINING: Final = Template("""\
$step
$batches
state = optimizer.init(params)
losses = []
for batch in batches:
    batch = jnp.array(batch)
    params, state, loss = step(params, state, inputs[batch], targets[batch])
    losses.append(float(loss))
""")
_GRADIENT: Final = Template("""\
units = $units


def loss_at(params, inputs, wanted):
    layers, begin = [], 0
    for n_inputs, n_units in zip(units, units[1:]):
        end = begin + n_units * ($columns)
        matrix = params[0, begin:end].reshape(n_units, -1)
        layers.append({"weights": matrix[:, :n_inputs], "biases": matrix[:, n_inputs:].ravel()})
        begin = end
    return loss_of(layers, inputs, wanted)


loss_and_gradient = jax.jit(jax.value_and_grad(loss_at))


def gradient(params, batch):
    \"\"\"Return the loss of a batch and its gradient, in the order of start.csv.\"\"\"
    loss, grads = loss_and_gradient(params, inputs[jnp.array(batch)], targets[jnp.array(batch)])
    return float(loss), np.asarray(grads)


$batches
""")
_VALUE: Final = Template("""\
def loss_of(point):
$function    return value


""")
_FUNCTION: Final = Template("""\
$step
params = jnp.array([float(row[f"seed_{SEED}"]) for row in table("start.csv")])
state = optimizer.init(params)
${noise}losses = []
for number in range($iterations):
    params, state, loss = step(params, state$argument)
    losses.append(float(loss))
""")
_FUNCTION_GRADIENT: Final = Template("""\
loss_and_gradient = jax.jit(jax.value_and_grad(loss_of))
${noise}

def gradient(params, step):
    \"\"\"Return the value and its gradient.\"\"\"
    loss, grads = loss_and_gradient(params[0])
    return float(loss), np.asarray(grads)[None]$noisy


""")


def refusal(_replay: Replay) -> str | None:
    """Return None: Optax can replay every run."""
    return None


def script(replay: Replay) -> str:
    """Return the text of a script."""
    problem, rule = replay.problem, replay.translated(LIBRARY)
    if problem.kind == "network":
        body = _network(replay, problem, rule)
    else:
        body = _function(replay, problem, rule)
    return replay.head(LIBRARY) + body + replay.check()


def _step(replay: Replay, rule: str, batch: str) -> str:
    noisy = bool(replay.read_noise())
    return _STEP.substitute(
        schedule=_schedule(replay),
        rule=rule,
        batch=batch,
        noise=", noise" if noisy else "",
        noisy="    grads = grads + noise\n" if noisy else "",
    )


def _schedule(replay: Replay) -> str:
    """Return the lines that make the schedule, if there is one."""
    if not replay.is_scheduled:
        return ""
    own = replay.own_schedule(LIBRARY)
    if own is not None:
        return _OWN.substitute(own=own)
    rate = replay.settings["learning_rate"]
    return (
        f"{replay.read_factors()}rates = {rate} * jnp.array(factors)\n\n\n"
        "def schedule(done):\n    return rates[done]\n\n\n"
    )


def _network(replay: Replay, network: Network, rule: str | None) -> str:
    rows = _ROWS.substitute(n_inputs=network.dataset.n_features, targets=_targets(network))
    loss = _LOSS.substitute(
        bias=' + layer["biases"]' if network.bias else "",
        last_bias=' + params[-1]["biases"]' if network.bias else "",
        activation=_ACTIVATIONS[network.activation].format("units"),
        output_activation=_ACTIVATIONS[network.output_activation].format("outputs"),
        loss=_LOSSES[network.loss],
        penalty=_penalty(network),
    )
    units, batches = network.layout.units, replay.read_batches()
    if rule is None:
        columns = "n_inputs + 1" if network.bias else "n_inputs"
        gradient = _GRADIENT.substitute(units=units, columns=columns, batches=batches)
        lines = class_lines(replay) + rows + "\n\n" + loss
        return lines + gradient + training_lines(replay)
    if replay.reads_factors(LIBRARY):
        batches += "batches = batches[: len(factors)]\n"
    training = _TRAINING.substitute(step=_step(replay, rule, ", inputs, wanted"), batches=batches)
    return rows + _START.substitute(units=units) + loss + training


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


def _function(replay: Replay, problem: Function, rule: str | None) -> str:
    noise = replay.read_noise()
    value = _VALUE.substitute(function=indented(function_lines(problem, "jnp")))
    if rule is None:
        noisy = " + np.array(noises[step - 1])" if noise else ""
        gradient = _FUNCTION_GRADIENT.substitute(noise=noise, noisy=noisy)
        return class_lines(replay) + value + gradient + training_lines(replay)
    return value + _FUNCTION.substitute(
        step=_step(replay, rule, ""),
        noise=noise,
        argument=", jnp.array(noises[number])" if noise else "",
        iterations=replay.function_updates,
    )
