"""One run at several batch sizes and rates, against the same runs trained alone."""

import numpy as np
import pytest

from engine import (
    Budget,
    Experiment,
    InvalidInput,
    Run,
    batch_rate_sweep,
    batch_size_ladder,
    batch_size_runs,
    final_losses,
    fit,
    iterations_to,
    score,
)
from engine.analysis.batch_sizes import edge_of_rates
from engine.experiment import Stopping
from engine.problems.datasets import TwoMoons
from engine.problems.specs import Network
from engine.rules import SGD, Momentum
from engine.rules.schedules import Cosine

PROBLEM = Network(dataset=TwoMoons(rows=40, noise=0.2), hidden=(4,))
RUNS = (
    Run(optimizer=SGD(), learning_rate=0.5, batch_size=10),
    Run(optimizer=Momentum(0.8), learning_rate=0.1, batch_size=5, sampling="replacement"),
)


def comparison(**fields):
    return Experiment(
        **{"problem": PROBLEM, "runs": RUNS, "budget": Budget(amount=6), "seeds": (0, 1), **fields}
    )


def test_batch_sizes_are_all_that_differs():
    compared = batch_size_runs(comparison(), 1, ("all", 8, 1), record_every=3)

    assert [run.batch_size for run in compared.runs] == ["all", 8, 1]
    for run in compared.runs:
        assert run.model_copy(update={"batch_size": 5}) == RUNS[1]
    assert compared.record_every == 3
    assert compared.model_copy(update={"runs": RUNS, "record_every": None}) == comparison()


@pytest.mark.parametrize("unit", ["epochs", "iterations", "rows_seen"])
def test_the_budget_is_equal_in_its_unit(unit):
    history = fit(
        batch_size_runs(comparison(budget=Budget(amount=90, unit=unit)), 0, ("all", 10, 1))
    )

    reached = {
        "epochs": [int(run.last_step[0]) / run.per_epoch for run in history.runs],
        "iterations": [int(run.last_step[0]) for run in history.runs],
        "rows_seen": [int(run.rows_seen[0]) for run in history.runs],
    }[unit]
    assert reached == [90, 90, 90]


def test_a_run_beside_others_is_the_run_alone():
    compared = fit(batch_size_runs(comparison(), 0, ("all", 10, 1)))
    alone = fit(batch_size_runs(comparison(), 0, (10,)))

    assert compared.runs[1].digest() == alone.runs[0].digest()


@pytest.mark.parametrize("size", [31, 60_000])
def test_a_batch_larger_than_the_rows_is_refused(size):
    with pytest.raises(InvalidInput) as refused:
        batch_size_runs(comparison(), 1, ("all", size))

    assert refused.value.field == "runs.1.batch_size"  # of the run that is asked about
    assert refused.value.limits.high == 30


def test_a_schedule_that_another_size_makes_too_short_is_refused_by_its_run():
    runs = comparison().runs
    falling = runs[1].model_copy(update={"schedule": Cosine(length=30.0, unit="updates")})
    experiment = comparison().model_copy(update={"runs": (runs[0], falling)})
    for ask in (
        lambda: batch_size_runs(experiment, 1, (1, "all")),
        lambda: batch_rate_sweep(experiment, 1, (1, "all"), (0.1,)),
    ):
        with pytest.raises(InvalidInput) as refused:
            ask()
        assert refused.value.field == "runs.1.schedule.end"


@pytest.mark.parametrize("position", [-1, 2])
def test_a_run_that_is_not_there_is_refused(position):
    for make in (batch_size_runs, lambda *one: batch_rate_sweep(*one, (0.1,))):
        with pytest.raises(InvalidInput) as refused:
            make(comparison(), position, (1, 2))
        assert refused.value.field == "run"


def test_a_sweep_has_every_size_at_every_rate():
    sweep = batch_rate_sweep(comparison(), 0, ("all", 1), (0.1, 0.3, 1.0))

    pairs = [(run.batch_size, run.learning_rate) for run in sweep.runs]
    assert pairs == [(size, rate) for size in ("all", 1) for rate in (0.1, 0.3, 1.0)]


def test_no_stopping_rule_shortens_a_sweep():
    stopping = Stopping(target_loss=10.0, patience=1)
    sweep = batch_rate_sweep(comparison(stopping=stopping), 0, (10,), (0.5,))

    assert fit(sweep).runs[0].status == ("budget", "budget")


def test_cells_are_the_runs_alone_and_diverged_ones_infinite():
    rates = (0.5, 1e7)
    experiment = comparison(problem=PROBLEM.model_copy(update={"loss": "mean_squared_error"}))
    losses = final_losses(score(batch_rate_sweep(experiment, 0, ("all", 5), rates)))

    assert np.isinf(losses[[1, 3]]).all()
    for cell, size in ((0, "all"), (2, 5)):
        alone = fit(batch_size_runs(experiment, 0, (size,)))
        assert losses[cell] == np.median(alone.runs[0].validation_loss.final)


def test_iterations_to_a_target_are_where_a_run_would_have_stopped():
    experiment = comparison(budget=Budget(amount=30), seeds=(0,))
    target = 0.3
    scores = score(batch_rate_sweep(experiment, 0, (10, 3), (0.5, 2.0)), (0.1, target))
    steps = iterations_to(scores, target)

    for cell, run in enumerate(scores.experiment.runs):
        stopped = fit(
            experiment.model_copy(update={"runs": (run,), "stopping": Stopping(target_loss=target)})
        ).runs[0]
        reached = stopped.status == ("target_loss",)
        assert steps[cell] == (stopped.last_step[0] if reached else np.inf)
    assert np.isfinite(steps).any()


def test_a_target_that_is_never_reached_takes_for_ever():
    scores = score(batch_rate_sweep(comparison(), 0, (10,), (0.5,)), (-1.0, 1e6))

    assert iterations_to(scores, -1.0).tolist() == [np.inf]
    assert iterations_to(scores, 1e6).tolist() == [0.0]


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [(1, ("all",)), (4, (1, "all")), (5, (1, 4, "all")), (300, (1, 4, 16, 64, 256, "all"))],
)
def test_the_ladder_ends_in_all_rows(rows, sizes):
    assert batch_size_ladder(rows) == sizes


INF = np.inf


@pytest.mark.parametrize(
    ("values", "rates", "edge"),
    [
        ([[1, 2, 3], [2, 3, 4]], (0.1, 0.3, 1.0), "low"),
        ([[9, 8, 7], [9, 8, 6]], (0.1, 0.3, 1.0), "high"),
        ([[9, 5, 7], [9, 8, 6]], (0.1, 0.3, 1.0), None),
        ([[9, 5, 5], [9, 8, 6]], (0.1, 0.3, 1.0), None),  # one of two equal ones lies inside
        ([[5, 9, 5], [9, 8, 6]], (0.1, 0.3, 1.0), None),
        ([[9, 8, 7], [9, 8, INF]], (0.1, 0.3, 1.0), "high"),
        ([[INF, INF, INF]], (0.1, 0.3, 1.0), None),
        ([[1, 2, 3]], (1e-8, 0.3, 1.0), None),  # no lower rate is allowed
        ([[3, 2, 1]], (0.1, 0.3, 1e7), None),
    ],
)
def test_the_lowest_at_an_end_of_the_rates_is_at_the_edge(values, rates, edge):
    assert edge_of_rates(np.array(values, dtype=float), rates) == edge


def test_a_target_is_looked_for_at_as_many_steps_whatever_the_batch_size():
    """At equal iterations; once an epoch, a batch of one row could reach it at 30, 60, ... only."""
    budget = Budget(amount=60, unit="iterations")
    experiment = comparison(budget=budget, seeds=(0,))
    scores = score(batch_rate_sweep(experiment, 0, (1, 10, "all"), (0.1, 0.5)), (0.5,))

    for cell, run in enumerate(scores.experiment.runs):
        losses = (
            fit(experiment.model_copy(update={"runs": (run,), "record_every": 1}))
            .runs[0]
            .training_loss.last[0]
        )
        reached = np.flatnonzero(losses <= 0.5)
        assert iterations_to(scores, 0.5)[cell] == (reached[0] if len(reached) else INF)
    assert 30 not in iterations_to(scores, 0.5)[:2]
