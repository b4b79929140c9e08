"""A plugin of pytest: adds ten rules to the registry before anything has read it.

``python -m pytest -p tests.more_rules.plugin FILES`` runs tests as a version with more rules
would. They are in nobody's tables: they have no label, symbol or translation.
"""

import importlib
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Union

from pydantic import Field

_ENGINE = Path(__file__).parents[2] / "engine"


def _register():
    """Import the module of the rules alone, add to it, and let the engine find it there."""
    sys.modules["engine"] = types.ModuleType("engine")
    sys.modules["engine"].__path__ = [str(_ENGINE)]
    optimizers = importlib.import_module("engine.rules")
    interval = importlib.import_module("engine.limits").Interval
    optimizers.RULES += tuple(_toy(optimizers, interval, number) for number in range(10))
    optimizers.AnyRule = Annotated[
        Union[optimizers.RULES],  # noqa: UP007 - of a tuple
        Field(discriminator="name"),
    ]
    del sys.modules["engine"]
    importlib.import_module("engine")


def _toy(optimizers, interval, number):
    """Return a rule: a share of the gradient and of what went before; slots of every size."""
    share = Annotated[float, interval(0, 1, symbol=rf"\chi_{number}")]
    unnamed = Annotated[float, interval(0, 1)]

    @dataclass(frozen=True)
    class Toy(optimizers.Rule):
        toy_share: share = 0.5
        unnamed_share: unnamed = 0.25
        name: Literal[f"toy_{number}"] = f"toy_{number}"

        title: ClassVar = f"Toy {number}"
        slots: ClassVar = (
            optimizers.Slot("toy_memory", "u"),
            optimizers.Slot("toy_count", "c", lambda _layout: 1),
            optimizers.Slot("toy_pair", "p", lambda _layout: 2),
        )
        default_learning_rate: ClassVar = 0.05
        formula: ClassVar = r"w_t = \frac{g_t}{2} \qquad u_t = g_t \qquad d_t = w_t + u_t"
        source: ClassVar = "Nobody (2000)"

        def direction(self, moment, state):
            memory, count, _pair = state
            memory[...] = moment.grads
            count += 1
            return (self.toy_share + self.unnamed_share) * moment.grads + memory, state

    return Toy


_register()
