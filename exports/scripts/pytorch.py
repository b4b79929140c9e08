"""Runs in PyTorch, whose forms the engine's rules have where both have the rule."""

from __future__ import annotations

from itertools import pairwise
from string import Template
from typing import TYPE_CHECKING, Final

from exports.scripts.replay import function_lines, indented

if TYPE_CHECKING:
    from engine import Function, Network
    from exports.scripts.replay import Replay

TITLE: Final = "PyTorch"

RULES: Final = {
    "sgd": "SGD(params, lr=$learning_rate)",
    "momentum": "SGD(params, lr=$learning_rate, momentum=$momentum)",
    "nesterov": "SGD(params, lr=$learning_rate, momentum=$momentum, nesterov=True)",
    "adagrad": "Adagrad(params, lr=$learning_rate, eps=$epsilon)",
    "rmsprop": "RMSprop(params, lr=$learning_rate, alpha=$decay, eps=$epsilon)",
    "adam": "Adam(params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon)",
    "adamw": (
        "AdamW(\n    params, lr=$learning_rate, betas=($beta1, $beta2), eps=$epsilon,"
        " weight_decay=$weight_decay\n)"
    ),
}
# PyTorch has no Nesterov without momentum; with none the two are one.
_WITHOUT_MOMENTUM: Final = {"nesterov": "momentum"}
_ACTIVATIONS: Final = {
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU(0.01)",
}
_LOSSES: Final = {
    "mean_squared_error": "((outputs - wanted) ** 2).mean()",
    "half_mean_squared_error": "((outputs - wanted) ** 2).mean() / 2",
    "half_sum_of_squares": "((outputs - wanted) ** 2).sum() / (2 * len(outputs))",
    "binary_cross_entropy": "nn.functional.binary_cross_entropy_with_logits(outputs, wanted)",
    "cross_entropy": "nn.functional.cross_entropy(outputs, wanted)",
}
_IMPORTS: Final = """\
import sys
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)"""

_NETWORK: Final = Template("""\
rows = table("data.csv", part="training")
inputs = torch.tensor([[float(row[f"input_{k + 1}"]) for k in range($n_inputs)] for row in rows])
$targets
model = nn.Sequential(
$layers
)
start = table("start.csv")
layers = [layer for layer in model if isinstance(layer, nn.Linear)]
for number, layer in enumerate(layers, 1):
    values = [
        (row["input"], float(row[f"seed_{SEED}"])) for row in start if row["layer"] == str(number)
    ]
    weights = torch.tensor([value for name, value in values if name != "bias"])
    biases = torch.tensor([value for name, value in values if name == "bias"])
    with torch.no_grad():
        layer.weight.copy_(weights.reshape(layer.weight.shape))
        if layer.bias is not None:
            layer.bias.copy_(biases)

$batches
params = list(model.parameters())
optimizer = torch.optim.$rule
losses = []
for batch in batches:
    optimizer.zero_grad()
    outputs, wanted = model(inputs[batch]), targets[batch]
    loss = $loss
$penalty    loss.backward()
    optimizer.step()
    losses.append(loss.item())
""")

_FUNCTION: Final = Template("""\
start = [float(row[f"seed_{SEED}"]) for row in table("start.csv")]
point = torch.tensor(start, requires_grad=True)
params = [point]
${noise}optimizer = torch.optim.$rule
losses = []
for number in range($iterations):
    optimizer.zero_grad()
$function    value.backward()
$noisy    optimizer.step()
    losses.append(value.item())
""")


def difference(replay: Replay) -> str | None:
    """Return how PyTorch differs; None where it can do the same."""
    return None if replay.run.optimizer.name in RULES else replay.no_translation(TITLE)


def script(replay: Replay) -> str:
    """Return the text of a script."""
    problem = replay.problem
    body = _network(replay, problem) if problem.kind == "network" else _function(replay, problem)
    return replay.head("pytorch", TITLE, "torch", _IMPORTS) + body + replay.check()


def _rule(replay: Replay) -> str:
    name: str = replay.run.optimizer.name
    if getattr(replay.run.optimizer, "momentum", None) == 0:
        name = _WITHOUT_MOMENTUM.get(name, name)
    return Template(RULES[name]).substitute(replay.settings)


def _network(replay: Replay, network: Network) -> str:
    return _NETWORK.substitute(
        n_inputs=network.dataset.n_features,
        targets=_targets(network),
        layers=indented("\n".join(f"{layer}," for layer in _layers(network))),
        batches=replay.read_batches(),
        rule=_rule(replay),
        loss=_LOSSES[network.loss],
        penalty=_penalty(network),
    )


def _layers(network: Network) -> list[str]:
    units, bias = network.layout.units, "" if network.bias else ", bias=False"
    layers = []
    for number, (below, above) in enumerate(pairwise(units), 1):
        is_last = number == len(units) - 1
        activation = network.output_activation if is_last else network.activation
        layers += [f"nn.Linear({below}, {above}{bias})", _ACTIVATIONS.get(activation, "")]
    return [layer for layer in layers if layer]


def _targets(network: Network) -> str:
    columns = network.layout.units[-1]
    if network.dataset.task == "regression":
        listed = f'[[float(row[f"target_{{k + 1}}"]) for k in range({columns})] for row in rows]'
        return f"targets = torch.tensor({listed})"
    classes = 'targets = torch.tensor([int(row["class"]) for row in rows])'
    if network.loss == "cross_entropy":
        return classes
    if columns == 1:
        return f"{classes}.double()[:, None]"
    return f"{classes}\ntargets = nn.functional.one_hot(targets, {columns}).double()"


def _penalty(network: Network) -> str:
    if network.l2 == 0:
        return ""
    return f"    loss = loss + {network.l2 / 2!r} * sum((part**2).sum() for part in params)\n"


def _function(replay: Replay, problem: Function) -> str:
    noise = replay.read_noise()
    return _FUNCTION.substitute(
        noise=noise,
        noisy="    point.grad += torch.tensor(noises[number])\n" if noise else "",
        rule=_rule(replay),
        iterations=replay.function_updates,
        function=indented(function_lines(problem, "torch")),
    )
