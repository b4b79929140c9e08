"""PyTorch's eager loop as people write it: one model, one optimizer, one run after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import nn

from benchmarks import workloads
from benchmarks.workloads import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.workloads import Run, Work

_LOSSES: Final[dict[str, Callable[[], nn.Module]]] = {
    "binary_cross_entropy": nn.BCEWithLogitsLoss,
    "cross_entropy": nn.CrossEntropyLoss,
    "mean_squared_error": nn.MSELoss,
}

torch.set_num_threads(1)


class Training:
    """One training; see ``workloads.Training``."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._inputs, self._targets = torch.tensor(work.inputs), torch.tensor(work.targets)
        self._epochs = [torch.tensor(order).split(work.case.batch_size) for order in work.orders]

    def run(self) -> None:
        """Train one run after another."""
        self._results = [self._train(run) for run in self._work.case.runs]

    def answer(self) -> Answer:
        """Return the parameters as vectors."""
        models, losses, evaluations = zip(*self._results, strict=True)
        params = [[part.detach().numpy() for part in model.parameters()] for model in models]
        return Answer(
            np.array([workloads.flat([parts]) for parts in params]),
            np.array(losses),
            np.array(evaluations) if self._work.case.evaluates else None,
        )

    def _train(self, run: Run) -> tuple[nn.Sequential, list[float], list[float]]:
        """Return the trained model, the loss of each batch and of all rows after each epoch."""
        case, inputs, targets = self._work.case, self._inputs, self._targets
        model, loss_function = _model(self._work), _LOSSES[case.loss]()
        optimizer = _optimizer(run, model)
        losses, evaluations = [], []
        for batches in self._epochs:
            for batch in batches:
                optimizer.zero_grad()
                loss = loss_function(model(inputs[batch]), targets[batch])
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            if case.evaluates:
                with torch.no_grad():
                    evaluations.append(loss_function(model(inputs), targets).item())
        return model, losses, evaluations


def _model(work: Work) -> nn.Sequential:
    """Return linear layers with tanh between them, at the given start."""
    parts: list[nn.Module] = []
    for weights, biases in work.start:
        linear = nn.Linear(weights.shape[1], weights.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weights))
            linear.bias.copy_(torch.tensor(biases))
        parts += [linear, nn.Tanh()]
    return nn.Sequential(*parts[:-1])


def _optimizer(run: Run, model: nn.Module) -> torch.optim.Rule:
    """Return PyTorch's optimizer in the engine's form of the rule."""
    params, rate = model.parameters(), run.learning_rate
    match run.rule:
        case "SGD":
            return torch.optim.SGD(params, lr=rate)
        case "Momentum":
            return torch.optim.SGD(params, lr=rate, momentum=workloads.MOMENTUM)
        case "Adagrad":
            return torch.optim.Adagrad(params, lr=rate, eps=workloads.EPSILON_OF_ADAGRAD)
        case "RMSprop":
            return torch.optim.RMSprop(
                params, lr=rate, alpha=workloads.DECAY, eps=workloads.EPSILON
            )
        case "Adam":
            betas = (workloads.BETA1, workloads.BETA2)
            return torch.optim.Adam(params, lr=rate, betas=betas, eps=workloads.EPSILON)
