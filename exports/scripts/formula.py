"""A rule without a translation: its own class, word for word, moves parameters in NumPy.

The library gives the gradients. Its part of the script defines ``gradient(params, …)``, which
returns the loss of a batch and its gradient; parameters and gradients are ``(1, n_params)``, in the
order of ``start.csv``, as the engine's rules have them.
"""

from __future__ import annotations

import inspect
import textwrap
from string import Template
from typing import TYPE_CHECKING, Final

from engine.rules import hyperparameters

if TYPE_CHECKING:
    from exports.scripts.replay import Replay

# What a rule's class stands on, and how the rule is asked for a direction: of all scripts, these
# two templates alone know the contract of rules, that of ``engine.rules.rule``.
_CLASS: Final = Template('''\
# The rule: Descent Lab's own class, word for word, after the few lines that it needs.
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np


class Rule:
    """What a rule is where it does not say otherwise."""

    slots = ()
    needs = ()


$source

np.seterr(over="ignore", invalid="ignore")  # a run that diverges is a result
rule = $rule

''')
_TRAINING: Final = Template("""\
params = np.array([[float(row[f"seed_{SEED}"]) for row in table("start.csv")]])
state = tuple(np.zeros_like(params) for _ in rule.slots)
losses = []
for $each:
    loss, grads = gradient(params$given)
    losses.append(loss)
    direction, state = rule.direction(grads, state, step$needed)
    params = params - $learning_rate * direction
""")


def class_lines(replay: Replay) -> str:
    """Return the lines that define the class of a run's rule and make the rule."""
    rule = type(replay.run.optimizer)
    fields = (f"{name}={getattr(replay.run.optimizer, name)!r}" for name in hyperparameters(rule))
    return _CLASS.substitute(
        source=textwrap.dedent(inspect.getsource(rule)),
        rule=f"{rule.__name__}({', '.join(fields)})",
    )


def training_lines(replay: Replay) -> str:
    """Return the lines that take every update and put the loss before each into ``losses``."""
    each, given = "step, batch in enumerate(batches, 1)", ", batch"
    if replay.problem.kind == "function":
        each, given = f"step in range(1, {replay.function_updates + 1})", ", step"
    return _TRAINING.substitute(
        each=each,
        given=given,
        needed="".join(f", {name}" for name in replay.run.optimizer.needs),
        learning_rate=repr(replay.run.learning_rate),
    )
