"""Every rule against the answers of other libraries, in ``tests/reference/rules.json``."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engine import minimize
from engine.arrays import Layout
from engine.problems.functions import Ravine
from engine.rules import RULES, choices, hyperparameters
from engine.rules.schedules import Constant
from engine.spec import by_name
from tests.engine.contract import Listed, Stream, run_of, take, updates_of

FILE = Path(__file__).parents[2] / "reference" / "rules.json"
KNOWN = by_name(RULES)
# Forms that this house does not have: Muon without Nesterov is another rule.
OTHERS = {("muon", "nesterov", False)}


@cache
def recorded():
    return json.loads(FILE.read_text("utf-8"))


# Rules that are another one with certain hyperparameters.
SPECIAL = {"signsgd": ("signum", {"momentum": 0.0})}


def id_of(entry):
    name, _ = SPECIAL.get(entry["rule"], (entry["rule"], {}))
    return name.replace("-", "_").replace(" ", "_")


def rule_of(entry):
    """The rule of an entry; a setting that is fixed here is left out."""
    kind = KNOWN[id_of(entry)]
    known = {*hyperparameters(kind), *choices(kind)}
    _, fixed = SPECIAL.get(entry["rule"], ("", {}))
    given = {name: value for name, value in entry["hyperparameters"].items() if name in known}
    return kind(**given, **fixed)


def schedule_of(entry):
    """The schedule of an entry: none, or a warm-up that is linear from its first update on."""
    if "schedule" not in entry:
        return Constant()
    warmup = entry["schedule"]["warmup"]
    return Listed(tuple(min(1, step / warmup) for step in range(1, entry["steps"] + 1)))


ENTRIES = [
    entry
    for entry in recorded()["entries"]
    if id_of(entry) in KNOWN
    and not any((entry["rule"], *item) in OTHERS for item in entry["hyperparameters"].items())
]


def answers(result):
    """The recorded points by step, and those that are evaluated, if they are others."""
    at = result.get("at") or dict(enumerate(result["iterates"]))
    points = {int(step): np.ravel(point) for step, point in at.items()}
    evaluated = result.get("evaluated", {})
    if isinstance(evaluated, list):
        evaluated = dict(enumerate(evaluated))
    return points, {int(step): np.ravel(point) for step, point in evaluated.items()}


def followed(entry):
    """Parameters and evaluated points of every step."""
    return follow_entry(entry, rule_of(entry))


def follow_entry(entry, rule):
    """The same of any rule where an entry has another one."""
    rate, steps = entry["learning_rate"], entry["steps"]
    if entry["problem"] == "A":
        start, layout = [-7.0, 2.0], Layout((2, 1), bias=False)

        def make(params, grads):
            return Closed(params, grads)

    else:
        stream = recorded()["streams"][entry["problem"]]
        gradients, start = np.array(stream["gradients"]), np.array(stream["start"])
        shape = start.shape if start.ndim == 2 else (1, start.size)
        layout = Layout((shape[1], shape[0]), bias=False)

        def make(_params, grads):
            return Stream(gradients.reshape(len(gradients), 1, -1), grads)

    params = np.ravel(start)[None].astype(float)
    run = run_of(rule, rate, schedule_of(entry))
    updates = updates_of([run], params, make, layout, total=steps)
    path, seen = [params[0].copy()], [params[0].copy()]
    for _ in range(steps):
        take(updates)
        for _part in updates.report():
            pass
        path.append(updates.params[0].copy())
        seen.append(updates.points[0].copy())
    return np.array(path), np.array(seen)


class Closed:
    """The gradient of the ravine."""

    hessian = staticmethod(Ravine().hessian)

    def __init__(self, params, grads):
        self._params, self._grads = params, grads

    def load(self, rows):
        pass

    def pieces(self, _position, _size):
        return [lambda: np.copyto(self._grads, Ravine().gradient(self._params))]


def name_of(entry):
    settings = "-".join(f"{key}={value}" for key, value in entry["hyperparameters"].items())
    return f"{entry['rule']}-{entry['problem']}-{settings}" + "-warmup" * ("schedule" in entry)


@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_every_recorded_answer_in_our_form_is_ours(entry):
    points, evaluated = answers(entry["results"][0])
    path, seen = followed(entry)

    for ours, theirs in ((path, points), (seen, evaluated)):
        for step, expected in theirs.items():
            difference = np.abs(ours[step] - expected) / (1 + np.abs(expected))
            assert difference.max() <= entry["tolerance"], step


def test_minimize_gives_what_is_evaluated():
    for entry in ENTRIES:
        if entry["problem"] == "A" and "schedule" not in entry:
            path = minimize(
                Ravine().gradient,
                [-7.0, 2.0],
                rule_of(entry),
                entry["learning_rate"],
                entry["steps"],
                hessian=Ravine().hessian,
            )
            assert np.array_equal(path, followed(entry)[1])
