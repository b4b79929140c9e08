"""Record what PyTorch's optimizers answer to the fixed stream of gradients.

Prints ``params`` of a rule's ``OnStream``, the parameters after a few of the 1,000 steps, float64,
every digit. Which class and settings are meant stands beside them in ``tests/engine/rules/data``.
Only the recording needs PyTorch; from the root of the project::

    pip install torch==2.13.0 numpy
    python -m tests.reference.record_torch adam

Without a rule's id it compares what all files hold with what PyTorch answers now.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import torch

from engine.rules import RULES
from tests.engine.rules.facts import facts
from tests.reference.gradient_stream import (
    LEARNING_RATE,
    RECORDED_STEPS,
    SHA256,
    START,
    fingerprint,
    gradients,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np


def stream() -> np.ndarray:
    """Return the stream of gradients.

    Raises:
        ValueError: the stream on this machine is not the one the hash names.
    """
    made = gradients()
    if fingerprint(made) != SHA256:
        message = f"gradient stream: SHA-256 must be {SHA256}, got {fingerprint(made)}"
        raise ValueError(message)
    return made


def answers(torch_class: str, settings: Mapping[str, Any]) -> dict[int, list[float]]:
    """Feed the stream to one of PyTorch's optimizers.

    Args:
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
    for step, grads in enumerate(torch.tensor(stream()), start=1):
        params.grad = grads
        optimizer.step()
        if step in RECORDED_STEPS:
            recorded[step] = params.tolist()
    return recorded


def main(wanted: list[str]) -> int:
    """Print what PyTorch answers for a rule, or how far every rule's file is from it."""
    asked = {rule.name: facts(rule).on_stream for rule in RULES}
    changed = 0
    for name, answer in asked.items():
        if answer is None or answer.torch is None or name not in (wanted or asked):
            continue
        actual = answers(*answer.torch)
        if wanted:
            print(actual)  # noqa: T201
            continue
        changed += actual != answer.params
        print(f"{name}: {'as recorded' if actual == answer.params else 'CHANGED'}")  # noqa: T201
    return int(changed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
