"""The estimate: with little work, before anything is allocated, and of the right size."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, reject

from engine import (
    LIMITS,
    Budget,
    Cost,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Run,
    Stopping,
    data,
    estimate,
    fit,
)
from engine.arrays import Layout
from engine.problems.datasets import Blobs, Digits, Sine, TwoMoons
from engine.problems.pieces import param_blocks
from engine.rules import LBFGS, RULES, SGD, SOAP, Adam, Momentum, Muon, Shampoo
from engine.training.cost import segment_length
from tests.engine.contract import EVERY, Averaged, Summed, Uphill, run_of, updates_of
from tests.engine.rules.facts import fits
from tests.strategies import examples, experiments, small_experiments
from tests.work import calls

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

LARGEST = Experiment(
    problem=Network(
        dataset=Blobs(rows=60_000, features=784, classes=10),
        hidden=(200, 200),
        loss="cross_entropy",
    ),
    runs=[Run(optimizer=rule(), learning_rate=0.1, batch_size=1) for rule in RULES[:7]],
    budget=Budget(amount=10_000),
)
BEYOND_MEMORY = LARGEST.model_copy(update={"seeds": tuple(range(30))})
# Inside every limit of its parts: 77,000 parameters of 70 lanes, at two steps.
BEYOND_HISTORY = Experiment(
    problem=Network(dataset=Digits(), hidden=(256, 256), loss="cross_entropy"),
    budget=Budget(amount=1),
    seeds=range(10),
)


def test_the_largest_is_estimated_at_once_and_without_its_data():
    tracemalloc.start()
    cost = estimate(LARGEST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1e6
    assert calls(lambda: estimate(LARGEST)) < 5_000
    assert cost.updates == 7 * 45_000 * 10_000
    assert cost.rows == cost.updates
    assert cost.seconds > 1e6
    assert cost.bytes > 8 * 60_000 * 784


@UNTRACED
@examples(40)
@given(experiments())
def test_every_experiment_has_an_estimate(experiment):
    try:
        cost = estimate(experiment)
    except InvalidInput:  # a large network with many lanes
        reject()

    lanes = len(experiment.runs) * len(experiment.seeds)
    assert cost.updates >= lanes
    assert cost.rows >= cost.updates
    assert 0 < cost.seconds < np.inf
    assert 0 < cost.history_bytes <= cost.bytes


@UNTRACED
@examples(40)
@given(small_experiments())
def test_updates_rows_and_bytes_bound_what_a_training_takes(experiment):
    cost = estimate(experiment)

    history = fit(experiment)

    assert sum(int(run.last_step.sum()) for run in history.runs) <= cost.updates
    assert sum(int(run.rows_seen.sum()) for run in history.runs) <= cost.rows
    assert history.nbytes <= cost.history_bytes + 64 * len(experiment.seeds) * len(history.runs)


def test_updates_and_rows_of_whole_budgets_are_exact():
    runs = [
        Run(optimizer=rule(), learning_rate=1e-3, batch_size=size, last_batch=last)
        for rule, size, last in ((SGD, 7, "kept"), (Adam, 7, "dropped"), (SGD, "all", "kept"))
    ]
    experiment = Experiment(
        problem=Network(dataset=TwoMoons(rows=40), hidden=()),
        runs=runs,
        budget=Budget(amount=3),
        seeds=(0, 1),
    )

    history = fit(experiment)

    assert estimate(experiment).updates == sum(int(run.last_step.sum()) for run in history.runs)
    assert estimate(experiment).rows == sum(int(run.rows_seen.sum()) for run in history.runs)


def of_rule(rule, **fields):
    """Three runs of a rule that is in no union, with SGD beside them."""
    problem = Network(dataset=TwoMoons(rows=40), hidden=(5,))
    run = {"learning_rate": 1e-3, "batch_size": 7}
    given = {"problem": problem, "budget": Budget(amount=3), "seeds": (0, 1)} | fields
    experiment = Experiment(runs=[Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)], **given)
    runs = (run_of(SGD(), **run), *(run_of(rule(), **run) for _ in range(3)))
    return experiment.model_copy(update={"runs": runs})


@pytest.fixture
def demanding(monkeypatch):
    monkeypatch.setattr("engine.experiment.RULES", EVERY)


@pytest.mark.usefixtures("demanding")
def test_a_second_gradient_counts_in_rows_memory_and_time():
    plain, uphill = estimate(of_rule(SGD)), estimate(of_rule(Uphill))

    assert uphill.updates == plain.updates
    assert uphill.rows == plain.rows / 4 * (1 + 3 * 2)
    assert uphill.bytes > plain.bytes
    assert uphill.history_bytes == plain.history_bytes
    assert uphill.seconds > plain.seconds


@pytest.mark.usefixtures("demanding")
def test_time_of_a_second_gradient_is_about_that_of_the_first():
    """Three of four runs take one; the setting-up and the evaluations are in both."""
    fields = {"problem": Network(hidden=(60, 60)), "budget": Budget(amount=2_000)}
    whole, half = (estimate(of_rule(rule, **fields)).seconds for rule in (Uphill, Momentum))

    assert 1.2 < whole / half < 2


@pytest.mark.usefixtures("demanding")
def test_points_and_slots_of_their_own_size_count_in_memory():
    n_params = 21
    lanes = 3 * 2

    def numbers(rule):
        return estimate(of_rule(rule)).bytes / 8

    assert numbers(Summed) - numbers(SGD) == lanes
    # All lanes have a point, those of SGD too.
    assert numbers(Averaged) - numbers(Momentum) == pytest.approx(8 * n_params, abs=1)


def test_the_pairs_of_l_bfgs_count_in_memory_as_many_as_it_keeps():
    def numbers(memory):
        run = Run(optimizer=LBFGS(memory=memory), learning_rate=0.1, batch_size="all")
        problem = Network(dataset=TwoMoons(rows=40), hidden=(5,))
        experiment = Experiment(problem=problem, runs=[run] * 3, seeds=(0, 1))
        assert experiment.problem.n_params == 21
        return estimate(experiment).bytes / 8

    pair = 2 * 21 * 3 * 2  # a step and a change of all lanes
    assert numbers(11) - numbers(10) == pair
    # They are copied where lanes leave; only of many is that more than what is recorded.
    assert numbers(100) - numbers(99) == 2 * pair


# Each of them is large in another way.
SEEDS = tuple(range(30))
MEMORY = {
    "first view": Experiment(budget=Budget(amount=5)),
    "whole batches": (Blobs(rows=6_000, classes=10), (), "all", 6, SEEDS[:10]),
    "a wide layer, many rows": (TwoMoons(rows=5_000), (256,), "all", 1, SEEDS[:4]),
    "many features": (Blobs(rows=2_000, features=300, classes=2), (), "all", 2, SEEDS[:6]),
    "mostly data": (Blobs(rows=8_000, features=100, classes=3), (), 4_000, 1, SEEDS[:1]),
    "many parameters": (Digits(), (150, 150), 500, 3, SEEDS[:5]),
    "single rows": (TwoMoons(rows=80), (8,), 1, 12, SEEDS[:5]),
    "many seeds": (TwoMoons(rows=200), (30,), 32, 7, SEEDS),
    "a batch of some blocks of rows": (Sine(rows=9_000), (6,), 6_000, 2, SEEDS[:3]),
    "short last batches": (Digits(), (20,), 1_300, 2, SEEDS[:8]),
    "many records": Experiment(
        problem=Network(dataset=TwoMoons(rows=40), hidden=(20, 20)),
        budget=Budget(amount=60),
        record_every=1,
    ),
    "patience between records": Experiment(
        problem=Network(dataset=TwoMoons(rows=40), hidden=(20, 20)),
        budget=Budget(amount=300, unit="iterations"),
        stopping=Stopping(patience=300),
    ),
    "a function": Experiment(problem=Function(), budget=Budget(amount=100), seeds=SEEDS[:4]),
}


def of_parts(dataset, hidden, batch_size, n_runs, seeds):
    """One epoch of so many runs of all rules that make sense with such batches."""
    loss = "mean_squared_error" if dataset.task == "regression" else "cross_entropy"
    problem = Network(dataset=dataset, hidden=hidden, loss=loss, l2=0.01)
    run = {"learning_rate": 1e-3, "batch_size": batch_size}
    rules = [rule for rule in RULES if fits(rule, problem, batch_size)]
    return Experiment(
        problem=problem,
        runs=[Run(optimizer=rules[-1 - at % len(rules)](), **run) for at in range(n_runs)],
        budget=Budget(amount=1),
        seeds=seeds,
    )


def of_rules(rules, dataset, hidden, batch_size, seeds):
    """One epoch of runs of rules that are in no union."""
    problem = Network(dataset=dataset, hidden=hidden, loss="cross_entropy", l2=0.01)
    experiment = Experiment(problem=problem, budget=Budget(amount=1), seeds=seeds)
    runs = tuple(run_of(rule(), 1e-3, batch_size=batch_size) for rule in rules)
    return experiment.model_copy(update={"runs": runs})


MEMORY |= {
    "second gradients": of_rules((Uphill,) * 4, TwoMoons(rows=200), (30,), 32, SEEDS),
    "second gradients of large batches": of_rules((Uphill,) * 3, Digits(), (), "all", SEEDS[:8]),
    "pairs of many parameters": of_rules((LBFGS,) * 3, Digits(), (150, 150), "all", SEEDS[:5]),
    "points of many parameters": of_rules((Averaged,) * 3, Digits(), (150, 150), 500, SEEDS[:5]),
}


@UNTRACED
@pytest.mark.usefixtures("demanding")
@pytest.mark.parametrize("name", MEMORY)
def test_no_training_takes_much_more_memory_than_was_estimated(name):
    experiment = MEMORY[name] if isinstance(MEMORY[name], Experiment) else of_parts(*MEMORY[name])
    if experiment.problem.kind == "network":
        data(experiment)  # a file is read once and kept
    estimated = estimate(experiment).bytes

    tracemalloc.start()
    fit(experiment)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1.5 * estimated
    assert estimated < 3 * (peak + 1e6)


def test_seconds_grow_with_the_work():
    def seconds(**fields):
        return estimate(
            Experiment(**{"runs": [Run(optimizer=SGD(), learning_rate=0.1)], **fields})
        ).seconds

    assert seconds(budget=Budget(amount=1_000)) > 5 * seconds(budget=Budget(amount=100))
    assert seconds(seeds=range(30)) > seconds()
    assert seconds(problem=Network(hidden=(256, 256))) > seconds(problem=Network(hidden=(2,)))
    assert seconds(record_every=1) > seconds()


@pytest.mark.parametrize("rule", [Muon, Shampoo, SOAP], ids=lambda rule: rule.name)
def test_what_a_rule_does_with_matrices_counts_in_time_and_cuts_segments(rule):
    def of(rule):
        run = Run(optimizer=rule(), learning_rate=0.1, batch_size=8)
        problem = Network(dataset=Digits(), hidden=(128,), loss="cross_entropy")
        return Experiment(problem=problem, runs=[run], seeds=(0, 1))

    plain, whole = of(Adam), of(rule)

    assert estimate(whole).seconds > 2 * estimate(plain).seconds
    assert segment_length(whole, list(whole.runs)) < segment_length(plain, list(plain.runs))


def test_lanes_whose_update_is_long_are_updated_in_smaller_blocks():
    layout = Layout((64, 64, 10))
    lanes = 40
    runs = [Run(optimizer=Shampoo(), learning_rate=0.1)] * lanes

    assert len(param_blocks(lanes, layout.n_params)) == 1
    assert len(param_blocks(lanes, layout.n_params, Shampoo().operations(layout))) > 3
    assert param_blocks(2, 10, 1e12) == [slice(0, 1), slice(1, 2)]
    assert len(updates_of(runs, np.ones((lanes, layout.n_params)), layout=layout)._slices) > 3


def test_what_is_too_large_is_refused_with_value_and_limit():
    for experiment, field in ((BEYOND_MEMORY, "bytes"), (BEYOND_HISTORY, "history_bytes")):
        with pytest.raises(InvalidInput) as caught:
            estimate(experiment)
        error = caught.value
        assert (error.code, error.field, error.limits) == ("too_expensive", field, LIMITS[field])
        assert error.value > LIMITS[field].high

    with pytest.raises(InvalidInput) as caught:
        estimate(LARGEST).check_time()
    error = caught.value
    assert (error.code, error.field, error.limits) == (
        "too_expensive",
        "seconds",
        LIMITS["seconds"],
    )
    assert error.value > 60


def test_the_first_view_is_allowed():
    cost = estimate(Experiment())

    cost.check_memory()
    cost.check_time()


@pytest.mark.parametrize(
    ("cost", "refused"),
    [
        (Cost(1, 1, 2 * 1024**3, 64 * 1024**2, 60.0), []),
        (Cost(1, 1, 2 * 1024**3 + 1, 0, 0.0), ["check_memory"]),
        (Cost(1, 1, 0, 64 * 1024**2 + 1, 0.0), ["check_memory"]),
        (Cost(1, 1, 0, 0, 60.1), ["check_time"]),
    ],
)
def test_limits_are_exact(cost, refused):
    actual = []
    for check in ("check_memory", "check_time"):
        try:
            getattr(cost, check)()
        except InvalidInput:
            actual.append(check)

    assert actual == refused
