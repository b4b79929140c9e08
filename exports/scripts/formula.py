"""A rule without a translation: its own class, word for word, moves the parameters in NumPy.

The functions of its file that the class names come with it. That of a typed rule is written from
its lines.

The library computes the gradients. Its part of the script defines ``gradient(params, …)``, which
returns the loss of a batch and its gradient, and for a rule that needs it ``hessian(params)``;
parameters and gradients are ``(1, n_params)``, in the order of ``start.csv``, as the engine's rules
need them. A rule around another one brings the class of that one, too.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from string import Template
from types import FunctionType
from typing import TYPE_CHECKING, Final

from engine.arrays import Layout
from engine.rules import TypedRule, choices, hyperparameters
from engine.rules.wrappers import INNER
from exports.scripts.clipping import clipping_class
from exports.scripts.replay import indented
from exports.scripts.typed import class_name, script_class

if TYPE_CHECKING:
    from engine.rules import Rule
    from exports.scripts.replay import Replay

# What a rule's class needs, and how the rule is asked for a direction. Of all scripts, only these
# templates know the contract of rules in ``engine.rules.rule``.
_CLASS: Final = Template('''\
# The rule: $origin.
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, final

import numpy as np

$layout
@dataclass
class Moment:
    """What a rule may look at in one update; arrays are (1, numbers)."""

    grads: object
    params: object
    layout: object
    step: int
    rate: object
    hessian: object = None


class Slot(NamedTuple):
    """An array that a rule remembers."""

    name: str
    symbol: str
    size: object = None


class Rule:
    """What a rule is where it does not say otherwise."""

    slots = ()

    def looks_at(self, moment, state):
        return None


$source

${clipping}np.seterr(over="ignore", invalid="ignore")  # a run that diverges is a result
rule = $rule
layout = $layout_value

''')
_TRAINING: Final = Template("""\
params = np.array([[float(row[f"seed_{SEED}"]) for row in table("start.csv")]])
sizes = [params.shape[1] if slot.size is None else slot.size(layout) for slot in rule.slots]
state = tuple(np.zeros((1, size)) for size in sizes)
moment = Moment(None, params, layout, 0, np.array([[$learning_rate]]))
${factors}losses = []
for $each:
$scheduled    loss, moment.grads = gradient(moment.params$given)
    losses.append(loss)
${hessian}${clip}    moment.step = step
    looked_at = rule.looks_at(moment, state)
    if looked_at is not None:
        _, moment.grads = gradient(looked_at$given)
${clip_again}    direction, state = rule.direction(moment, state)
    moment.params = moment.params - moment.rate * direction
""")
_CLIP: Final = "    moment.grads = clipping.clipped(moment.grads)\n"
_LAYOUT: Final = Template("""\
from functools import cached_property


$source

""")


def class_lines(replay: Replay) -> str:
    """Return the lines that define the class of a run's rule and make the rule."""
    optimizer = replay.run.optimizer
    rule = type(optimizer)
    origin = "Descent Lab's own class, word for word, after the few lines that it needs"
    if issubclass(rule, TypedRule):
        origin = "written from its lines, after the few lines that it needs"
    name = class_name(rule.title) if issubclass(rule, TypedRule) else rule.__name__
    source = _source(rule)
    if "inner" in choices(rule):
        inner = INNER[optimizer.inner]  # type: ignore[attr-defined]  # its choices say that it is
        source = f"{_source(inner)}\n\nINNER = {{{inner.name!r}: {inner.__name__}}}\n\n\n{source}"
    names = (*hyperparameters(rule), *choices(rule))
    fields = (f"{name}={getattr(optimizer, name)!r}" for name in names)
    layout, layout_value = "", "None  # this rule knows of no layers"
    if "layout" in source:
        layout = _LAYOUT.substitute(source=inspect.getsource(Layout))
        layout_value = repr(replay.problem.layout)
    return _CLASS.substitute(
        origin=origin,
        source=source,
        clipping=clipping_class(replay.run.clipping),
        rule=f"{name}({', '.join(fields)})",
        layout=layout,
        layout_value=layout_value,
    )


def _source(rule: type[Rule]) -> str:
    """Return a class, after the functions of its file that it names."""
    if issubclass(rule, TypedRule):
        return script_class(rule)
    source = textwrap.dedent(inspect.getsource(rule))
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    own = [
        inspect.getsource(value)
        for name, value in vars(sys.modules[rule.__module__]).items()
        if name in names and isinstance(value, FunctionType) and value.__module__ == rule.__module__
    ]
    return "\n\n".join((*own, source))


def needs_hessian(replay: Replay) -> bool:
    """Tell whether the rule of a run reads ``hessian(params)``."""
    return "hessian" in replay.run.optimizer.needs


def training_lines(replay: Replay) -> str:
    """Return the lines that take every update and put the loss before each into ``losses``."""
    each, given = "step, batch in enumerate(batches, 1)", ", batch"
    factors = scheduled = ""
    if replay.is_scheduled:
        factors = replay.read_factors()
        scheduled = "    moment.rate[:] = $learning_rate * factors[step - 1]\n"
        each = "step, batch in enumerate(batches[: len(factors)], 1)"
    if replay.problem.kind == "function":
        each, given = f"step in range(1, {replay.function_updates + 1})", ", step"
    clip = "" if replay.run.clipping is None else _CLIP
    rate = repr(replay.run.learning_rate)
    return _TRAINING.substitute(
        each=each,
        given=given,
        learning_rate=rate,
        factors=factors,
        scheduled=scheduled.replace("$learning_rate", rate),
        hessian="    moment.hessian = hessian(moment.params)\n" if needs_hessian(replay) else "",
        clip=clip,
        clip_again=indented(clip),
    )
