"""Small sweeps that are really trained, and looks at them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from comparison.document import with_default_view
from comparison.pages import SweepPage
from comparison.sweep.look import Look
from sweeps.lanes import Watch, no_lanes
from sweeps.spec import SweepSpec
from tests.sweeps.small import swept

LINE = {
    "kind": "network",
    "dataset": {"name": "line", "rows": 24},
    "loss": "mean_squared_error",
    "hidden": [2],
}
BOWL = {"kind": "function", "function": {"name": "saddle"}}


def run(name, rate=0.1, size=8):
    return {"optimizer": {"name": name}, "learning_rate": rate, "batch_size": size}


def listed(field, *values, **rest):
    return {"field": field, "values": list(values), **rest}


def ranged(field, low, high, count, scale="log", **rest):
    return {"field": field, "low": low, "high": high, "count": count, "scale": scale, **rest}


RATES = listed("learning_rate", 0.01, 0.1, 0.5, 1e6)
SIZES = listed("batch_size", 4, "all")


def spec(*axes, problem=LINE, runs=("sgd", "adam"), seeds=(0, 1, 2), epochs=2, **rest):
    """A sweep of a few rows, a few epochs."""
    size = "all" if problem is BOWL else 8
    experiment = {
        "problem": problem,
        "runs": [run(name, size=size) for name in runs],
        "budget": {"amount": epochs},
        "seeds": seeds,
    }
    return SweepSpec.model_validate({"experiment": experiment, "axes": axes, **rest})


SPECS = {
    "rates and batch sizes": spec(RATES, SIZES, targets=[0.5, 1e-9]),
    "no axes": spec(),
    "no axes, one run": spec(runs=["sgd"]),
    "one seed": spec(RATES, seeds=[5]),
    "one run": spec(RATES, runs=["adam"]),
    "one value": spec(listed("learning_rate", 0.1), runs=["sgd"], seeds=[0]),
    "all diverge": spec(listed("learning_rate", 1e6, 1e7)),
    "a field of some rules": spec(
        RATES, listed("optimizer.momentum", 0.0, 0.9), runs=["sgd", "momentum"]
    ),
    "other rates for another rule": spec(
        ranged("learning_rate", 0.01, 0.1, 3, rules=["sgd"]),
        ranged("learning_rate", 0.001, 0.01, 2, rules=["adam"]),
        SIZES,
    ),
    "scattered": spec(
        ranged("learning_rate", 0.01, 1.0, 2),
        ranged("batch_size", 1, 18, 2, "linear"),
        listed("sampling", "shuffled", "replacement"),
        design={"kind": "quasi_random", "settings": 50},
        seeds=[0],
        epochs=1,
    ),
    "problems": spec(
        listed("problem.dataset", "line", "sine", {"name": "sine", "noise": 0.7}),
        listed("problem.hidden", [], [3, 2]),
        listed("budget", {"amount": 1}, {"amount": 3, "unit": "iterations"}),
        seeds=[0, 1],
    ),
    "with and without validation rows": spec(RATES, listed("problem.validation_share", 0.0, 0.25)),
    "rules": spec(listed("optimizer", "sgd", "momentum", "adam"), RATES, runs=["sgd"]),
    "classes": spec(
        listed("learning_rate", 0.1, 1e7),
        problem={"kind": "network", "dataset": {"name": "xor", "rows": 24}, "hidden": [2]},
        epochs=1,
    ),
    "a function without a lowest value": spec(
        ranged("learning_rate", 0.01, 0.3, 3), problem=BOWL, epochs=30, seeds=[0]
    ),
}
_FOLDERS = TemporaryDirectory(prefix="sweeps-", ignore_cleanup_errors=True)


@cache
def lanes(name):
    """What the sweep of this name leaves when it is trained."""
    path = Path(_FOLDERS.name) / str(list(SPECS).index(name))
    swept(path, spec=SPECS[name])
    return Watch(path, SPECS[name]).look()


def document(name, **settings):
    """The comparison that is a sweep's base, on the Sweep page."""
    page = SweepPage(axes=SPECS[name].axes, targets=SPECS[name].targets, **settings)
    return with_default_view(SPECS[name].experiment).on_page(page)


def look(name, *, trained=True, view=None, **settings):
    """A look at the sweep of this name."""
    own = lanes(name) if trained else no_lanes(SPECS[name])
    page = SweepPage(**settings)
    return Look(own, view or document(name).view, page)
