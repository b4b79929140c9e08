"""As much of PyTorch as exported optimizers call, over NumPy: what they say can be evaluated."""

import contextlib
import sys
from types import ModuleType

import numpy as np


class Tensor(np.ndarray):
    """An array with the methods of a tensor, and its gradient."""

    grad = None

    def clamp(self, **bounds):
        return np.clip(self, bounds.get("min"), bounds.get("max"))

    def sub_(self, change):
        self -= change

    def numel(self):
        return self.size

    def view_as(self, other):
        return self.reshape(other.shape)

    def split(self, sizes):
        return np.split(self, np.cumsum(sizes)[:-1])


def tensor(values):
    return np.array(values, dtype=float).view(Tensor)


class Optimizer:
    """What an optimizer inherits."""

    def __init__(self, params, defaults):
        self.param_groups = [{"params": list(params), **defaults}]
        self._states = {}

    @property
    def state(self):
        return self

    def __getitem__(self, parameter):  # arrays have no hash
        return self._states.setdefault(id(parameter), {})


def module():
    """The module ``torch``."""
    torch = ModuleType("torch")
    for name in ("sqrt", "abs", "sign", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
        setattr(torch, name, getattr(np, name))
    torch.zeros_like, torch.maximum, torch.minimum = np.zeros_like, np.maximum, np.minimum
    for name, numpy_name in (("asin", "arcsin"), ("acos", "arccos"), ("atan", "arctan")):
        setattr(torch, name, getattr(np, numpy_name))
    torch.cat = np.concatenate
    torch.relu = lambda a: np.maximum(a, 0.0)
    torch.sigmoid = lambda a: 1 / (1 + np.exp(-a))
    torch.linalg = ModuleType("torch.linalg")
    torch.linalg.vector_norm = lambda a: tensor([np.linalg.norm(a)])
    torch.optim = ModuleType("torch.optim")
    torch.optim.Optimizer = Optimizer
    torch.no_grad = lambda: lambda function: function
    torch.enable_grad = contextlib.nullcontext
    return torch


@contextlib.contextmanager
def instead_of_torch():
    """Have this module in the place of PyTorch."""
    before = sys.modules.get("torch")
    sys.modules["torch"] = module()
    try:
        yield
    finally:
        del sys.modules["torch"]
        if before is not None:
            sys.modules["torch"] = before
