"""The settings of a sweep without arithmetic: every combination of plain dictionaries."""

import copy
import itertools
import json

from engine import Experiment, Run
from engine.experiment import misfit
from sweeps.axes import RUN_FIELDS, RangeAxis


def settings(spec):
    """Return ``(run, experiment without runs and seeds)`` of every setting of a grid, as JSON."""
    base = json.loads(spec.experiment.model_dump_json())
    shared = {name: base[name] for name in base if name not in {"runs", "seeds"}}
    found, seen = [], set()
    for run in _runs(base["runs"], [axis for axis in spec.axes if axis.field == "optimizer"]):
        axes = [axis for axis in spec.axes if axis.field != "optimizer" and _has(run, axis)]
        own = [
            _changed(run, shared, axes, values) for values in itertools.product(*map(_values, axes))
        ]
        if (text := json.dumps(own, sort_keys=True)) not in seen:
            seen.add(text)
            found += [setting for setting in own if _makes_sense(*setting)]
    return found


def _makes_sense(run, shared):
    plain = {"optimizer": {"name": "sgd"}, "learning_rate": 1.0, "batch_size": "all"}
    problem = Experiment.model_validate({**shared, "runs": [plain]}).problem
    return misfit(problem, Run.model_validate(run)) is None


def _runs(runs, axes):
    for run in runs:
        mine = [axis for axis in axes if not axis.rules or run["optimizer"]["name"] in axis.rules]
        yield from ([run] if not mine else [])
        for rule in itertools.chain.from_iterable(axis.values for axis in mine):
            yield _as_run({**run, "optimizer": {"name": rule} if isinstance(rule, str) else rule})


def _has(run, axis):
    if axis.rules and run["optimizer"]["name"] not in axis.rules:
        return False
    part, _, name = axis.field.partition(".")
    return (
        not name or part not in {"optimizer", "clipping", "schedule"} or name in run.get(part, {})
    )


def _values(axis):
    if not isinstance(axis, RangeAxis):
        return axis.values
    return [
        round(v) if axis.field in {"batch_size", "data_seed", "budget.amount"} else v
        for v in axis.grid
    ]


def _changed(run, shared, axes, values):
    run, shared = copy.deepcopy((run, shared))
    for axis, value in zip(axes, values, strict=True):
        *above, name = axis.field.split(".")
        part = run if axis.field.split(".")[0] in RUN_FIELDS else shared
        for step in above:
            part = part[step]
        part[name] = {"name": value} if axis.field == "problem.dataset" else value
    return _as_run(run), _as_experiment(shared)


def _as_run(run):
    return json.loads(Run.model_validate(run).model_dump_json())


def _as_experiment(shared):
    alone = {"optimizer": {"name": "sgd"}, "learning_rate": 1.0, "batch_size": "all"}
    whole = Experiment.model_validate({**shared, "runs": [alone], "seeds": [0]})
    return {
        n: v for n, v in json.loads(whole.model_dump_json()).items() if n not in {"runs", "seeds"}
    }
