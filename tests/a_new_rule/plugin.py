"""A plugin of pytest: adds rules to the registry before anything has read it.

``python -m pytest -p tests.a_new_rule.plugin FILES`` runs tests as a version with more rules would:
with Inertia, which has its class, its line in the registry and its file of facts, and nothing else;
with rules that ask for more than gradients (``demanding.py``);
and with ten toys, so that there are more rules than an experiment can have runs.
"""

import importlib
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

_ENGINE = Path(__file__).parents[2] / "engine"


def _register():
    """Import the module of the rules alone, add to it, and let the engine find it there."""
    sys.modules["engine"] = types.ModuleType("engine")
    sys.modules["engine"].__path__ = [str(_ENGINE)]
    rules = importlib.import_module("engine.rules")
    demanding = importlib.import_module("tests.a_new_rule.demanding").DEMANDING
    inertia = importlib.import_module("tests.a_new_rule.inertia").Inertia
    interval = importlib.import_module("engine.limits").Interval
    rules.RULES += (*demanding, inertia, *(_toy(rules, interval, number) for number in range(10)))
    rules.AnyRule = rules.any_rule(rules.RULES)
    del sys.modules["engine"]
    importlib.import_module("engine")
    facts = importlib.import_module("tests.a_new_rule.inertia_facts")
    for rule in rules.RULES[-16:]:  # of the toys they are asked for, and not used
        sys.modules[f"tests.engine.rules.data.{rule.name}"] = facts


def _toy(rules, interval, number):
    """Return a rule whose hyperparameter has no symbol, with slots of every size."""
    share = Annotated[float, interval(0, 1)]

    @dataclass(frozen=True)
    class Toy(rules.Rule):
        unnamed_share: share = 0.25
        name: Literal[f"toy_{number}"] = f"toy_{number}"

        title: ClassVar = f"Toy {number}"
        family: ClassVar = "signs"
        slots: ClassVar = (
            rules.Slot("toy_count", "c", lambda _layout: 1),
            rules.Slot("toy_pair", "p", lambda _layout: 2),
        )
        default_learning_rate: ClassVar = 0.05
        formula: ClassVar = r"d_t = g_t"
        source: ClassVar = "Nobody (2000)"

        def direction(self, moment, state):
            state[0][...] += 1
            return self.unnamed_share * moment.grads, state

    return Toy


_register()
