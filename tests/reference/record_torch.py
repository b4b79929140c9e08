"""Record what PyTorch's optimizers answer to the fixed stream of gradients.

Writes ``torch_stream.json`` beside this script: for each rule the parameters after a few of the
1,000 steps, float64, every digit. Only the recording needs PyTorch; from the root of the project::

    pip install torch==2.13.0 numpy
    python -m tests.reference.record_torch
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from tests.reference.gradient_stream import (
    RECORDED_STEPS,
    SHA256,
    START,
    STEPS,
    fingerprint,
    gradients,
)

FILE: Final = Path(__file__).with_name("torch_stream.json")

# Of every rule. With it 1 - rate x weight decay rounds so well that AdamW's forms stay 1e-14 apart.
LEARNING_RATE: Final = 0.01

# The engine's rule and its hyperparameters; PyTorch's class and the settings that mean the same.
RULES: Final[tuple[tuple[str, dict[str, float], str, dict[str, Any]], ...]] = (
    ("SGD", {}, "SGD", {}),
    ("Momentum", {"momentum": 0.9}, "SGD", {"momentum": 0.9, "dampening": 0}),
    ("Nesterov", {"momentum": 0.9}, "SGD", {"momentum": 0.9, "nesterov": True}),
    (
        "Adagrad",
        {"epsilon": 1e-10},
        "Adagrad",
        {"eps": 1e-10, "lr_decay": 0, "initial_accumulator_value": 0},
    ),
    (
        "RMSprop",
        {"decay": 0.9, "epsilon": 1e-8},
        "RMSprop",
        {"alpha": 0.9, "eps": 1e-8, "momentum": 0, "centered": False},
    ),
    (
        "Adam",
        {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        "Adam",
        {"betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": False},
    ),
    (
        "AdamW",
        {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01},
        "AdamW",
        {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01, "amsgrad": False},
    ),
)


def answers(
    stream: np.ndarray,
    torch_class: str,
    settings: dict[str, Any],
) -> dict[str, list[float]]:
    """Feed the stream to one of PyTorch's optimizers.

    Args:
        stream: gradients, ``(steps, n_params)``.
        torch_class: a name in ``torch.optim``.
        settings: its keyword arguments, but for the learning rate.

    Returns:
        The parameters, ``(n_params,)``, after each recorded step; the key is the step, from 1.
    """
    params = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, torch_class)(
        [params],
        lr=LEARNING_RATE,
        foreach=False,
        **settings,
    )
    recorded = {}
    for step, grads in enumerate(torch.tensor(stream), start=1):
        params.grad = grads
        optimizer.step()
        if step in RECORDED_STEPS:
            recorded[str(step)] = params.tolist()
    return recorded


def recording() -> dict[str, Any]:
    """Return everything the file holds.

    Raises:
        ValueError: the stream on this machine is not the one the hash names.
    """
    stream = gradients()
    if fingerprint(stream) != SHA256:
        message = f"gradient stream: SHA-256 must be {SHA256}, got {fingerprint(stream)}"
        raise ValueError(message)
    return {
        "about": "Parameters after some steps on gradient_stream.py, by PyTorch, float64",
        "torch": torch.__version__,
        "numpy": np.__version__,
        "stream": {"sha256": SHA256, "steps": STEPS, "n_params": len(START)},
        "start": START,
        "learning_rate": LEARNING_RATE,
        "rules": {
            rule: {
                "hyperparameters": hyperparameters,
                "torch": {"class": f"torch.optim.{torch_class}", **settings},
                "params": answers(stream, torch_class, settings),
            }
            for rule, hyperparameters, torch_class, settings in RULES
        },
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(recording(), indent=1) + "\n", encoding="utf-8")
