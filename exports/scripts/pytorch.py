"""Runs in PyTorch: the network or function, its gradients, and the training."""

from __future__ import annotations

from itertools import pairwise
from string import Template
from typing import TYPE_CHECKING, Final

from exports.scripts.clipping import clipping_in_pytorch
from exports.scripts.formula import class_lines, needs_hessian, training_lines
from exports.scripts.replay import Library, function_lines, indented

if TYPE_CHECKING:
    from engine import Function, Network
    from exports.scripts.replay import Replay

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
LIBRARY: Final = Library("pytorch", "PyTorch", "torch", _IMPORTS)

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
""")
_NETWORK_TRAINING: Final = Template("""\
params = list(model.parameters())
optimizer = torch.optim.$rule
${schedule}losses = []
for batch in batches:
    optimizer.zero_grad()
    outputs, wanted = model(inputs[batch]), targets[batch]
    loss = $loss
$penalty    loss.backward()
$clipping    optimizer.step()
$stepped    losses.append(loss.item())
""")
_NETWORK_GRADIENT: Final = Template("""\
def gradient(params, batch):
    \"\"\"Return the loss of a batch and its gradient, in the order of start.csv.\"\"\"
    flat = torch.tensor(params, requires_grad=True)
    parts, begin = {}, 0
    for name, layer in model.named_children():
        if isinstance(layer, nn.Linear):
            end = begin + sum(part.numel() for part in layer.parameters())
            matrix = flat[0, begin:end].reshape(layer.out_features, -1)
            parts[name + ".weight"] = matrix[:, : layer.in_features]
            if layer.bias is not None:
                parts[name + ".bias"] = matrix[:, -1]
            begin = end
    outputs, wanted = torch.func.functional_call(model, parts, inputs[batch]), targets[batch]
    loss = $loss
$penalty    loss.backward()
    return loss.item(), flat.grad.numpy()


""")

_FUNCTION: Final = Template("""\
start = [float(row[f"seed_{SEED}"]) for row in table("start.csv")]
point = torch.tensor(start, requires_grad=True)
params = [point]
${noise}optimizer = torch.optim.$rule
${schedule}losses = []
for number in range($iterations):
    optimizer.zero_grad()
$function    value.backward()
$noisy$clipping    optimizer.step()
$stepped    losses.append(value.item())
""")
_FUNCTION_GRADIENT: Final = Template("""\
${noise}

def gradient(params, step):
    \"\"\"Return the value and its gradient.\"\"\"
    point = torch.tensor(params[0], requires_grad=True)
$function    value.backward()
    return value.item(), point.grad.numpy()[None]$noisy


""")
_HESSIAN: Final = Template("""\
def value_at(point):
$function    return value


def hessian(params):
    \"\"\"Return the second derivatives of the value, (1, 2, 2).\"\"\"
    return torch.autograd.functional.hessian(value_at, torch.tensor(params[0])).numpy()[None]


""")


def refusal(_replay: Replay) -> str | None:
    """Return None: PyTorch can replay every run."""
    return None


def script(replay: Replay) -> str:
    """Return the text of a script."""
    problem, rule = replay.problem, replay.translated(LIBRARY)
    if problem.kind == "network":
        body = _network(replay, problem, rule)
    elif rule is None:
        body = _function_by_formula(replay, problem)
    else:
        body = _function(replay, problem, rule)
    return replay.head(LIBRARY) + body + replay.check()


def _network(replay: Replay, network: Network, rule: str | None) -> str:
    lines = _NETWORK.substitute(
        n_inputs=network.dataset.n_features,
        targets=_targets(network),
        layers=indented("\n".join(f"{layer}," for layer in _layers(network))),
        batches=replay.read_batches(),
    )
    loss = _LOSSES[network.loss]
    if rule is not None:
        penalty = _penalty(network, "params")
        clipping = clipping_in_pytorch(replay.run.clipping)
        return lines + _NETWORK_TRAINING.substitute(
            rule=rule, loss=loss, penalty=penalty, clipping=clipping, **_scheduled(replay)
        )
    penalty = _penalty(network, "parts.values()")
    gradient = _NETWORK_GRADIENT.substitute(loss=loss, penalty=penalty)
    return class_lines(replay) + lines + gradient + training_lines(replay)


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


def _penalty(network: Network, params: str) -> str:
    if network.l2 == 0:
        return ""
    return f"    loss = loss + {network.l2 / 2!r} * sum((part**2).sum() for part in {params})\n"


def _function(replay: Replay, problem: Function, rule: str) -> str:
    noise = replay.read_noise()
    return _FUNCTION.substitute(
        noise=noise,
        noisy="    point.grad += torch.tensor(noises[number])\n" if noise else "",
        clipping=clipping_in_pytorch(replay.run.clipping),
        rule=rule,
        iterations=replay.function_updates,
        function=indented(function_lines(problem, "torch")),
        **_scheduled(replay),
    )


def _scheduled(replay: Replay) -> dict[str, str]:
    """Return the lines that make the schedule, and the line after each update."""
    if not replay.is_scheduled:
        return {"schedule": "", "stepped": ""}
    own, lines = replay.own_schedule(LIBRARY), ""
    if own is None:
        lines = replay.read_factors()
        if replay.problem.kind == "network":
            lines += "batches = batches[: len(factors)]\n"
        own = (
            "torch.optim.lr_scheduler.LambdaLR(\n"
            "    optimizer, lambda done: factors[min(done, len(factors) - 1)]\n)"
        )
    return {"schedule": f"{lines}scheduler = {own}\n", "stepped": "    scheduler.step()\n"}


def _function_by_formula(replay: Replay, problem: Function) -> str:
    noise, function = replay.read_noise(), indented(function_lines(problem, "torch"))
    lines = _FUNCTION_GRADIENT.substitute(
        noise=noise,
        function=function,
        noisy=" + np.array(noises[step - 1])" if noise else "",
    )
    if needs_hessian(replay):
        lines += _HESSIAN.substitute(function=function)
    return class_lines(replay) + lines + training_lines(replay)
