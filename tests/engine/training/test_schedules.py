"""Schedules in a training: blocks of rates, lanes that move together, and what plateau sees."""

from dataclasses import replace

import numpy as np
import pytest

from engine import Budget, Experiment, InvalidInput, Network, Run, Stopping, fit, inspect
from engine.counts import Counts
from engine.experiment import Sweep
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam, Momentum, Newton
from engine.rules.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    InverseTime,
    OneCycle,
    ReduceOnPlateau,
    Step,
    WarmRestarts,
    Watched,
)
from engine.training.cost import estimate
from engine.training.loop import minimize
from tests.engine.contract import run_of, take, updates_of

PROBLEM = Network(dataset=TwoMoons(rows=40), hidden=(3,))
PLATEAU = ReduceOnPlateau(0.5, patience=1)
# Too large a rate for the validation loss to fall in every epoch.
RESTLESS = Run(optimizer=SGD(), learning_rate=8.0, batch_size=8, schedule=PLATEAU)


def experiment_of(*runs, amount=12, unit="epochs", kind=Experiment, **fields):
    fields = {"problem": PROBLEM, "seeds": (0, 1, 2), **fields}
    return kind(runs=runs, budget=Budget(amount=amount, unit=unit), **fields)


def alone(experiment, run, seed):
    """A run with one seed, trained alone."""
    fields = {"runs": (experiment.runs[run],), "seeds": (experiment.seeds[seed],)}
    return fit(experiment.model_copy(update=fields)).runs[0]


# Rates


@pytest.mark.parametrize("kind", SCHEDULES, ids=lambda kind: kind.name)
def test_the_rate_of_every_update_is_learning_rate_times_factor(kind):
    """Across the border of a block of rates, and for every lane its own."""
    runs = [run_of(SGD(), 0.2, kind()), run_of(SGD(), 0.1), run_of(Momentum(), 0.3, Cosine(0.1))]
    counts, total = Counts(20, 6), 300
    updates = updates_of(runs, np.zeros((3, 2)), counts=counts, total=total)
    steps = np.arange(1, total + 1)
    expected = [run.learning_rate * run.schedule.factors(steps, counts, total) for run in runs]
    for step in steps:
        take(updates)

        actual = [updates.seen(lane, step)[0].rate.item() for lane in range(3)]
        np.testing.assert_allclose(actual, [rates[step - 1] for rates in expected], rtol=1e-14)
        assert actual[1] == 0.1


def test_lanes_with_schedules_are_equal_to_themselves_alone():
    runs = [
        Run(optimizer=rule(), learning_rate=rate, batch_size=8, schedule=schedule)
        for rule, rate in ((SGD, 0.5), (Adam, 0.05))
        for schedule in (
            Constant(0.3, "share"),
            Step(2, 0.3, warm_up=1),
            WarmRestarts(1),
            Cosine(),
            PLATEAU,
        )
    ]
    experiment = experiment_of(*runs, Run(optimizer=SGD(), learning_rate=8.0, batch_size=8))
    together = fit(experiment)
    for run, seed in ((0, 0), (1, 2), (2, 1), (3, 0), (4, 2), (5, 1), (9, 0)):
        one = alone(experiment, run, seed)

        assert np.array_equal(one.params[0], together.runs[run].params[seed])
    plain = fit(experiment.model_copy(update={"runs": experiment.runs[-1:]}))
    assert plain.runs[0].digest() == together.runs[-1].digest()


def test_minimize_takes_a_schedule():
    start, schedule = np.array([1.0, -2.0]), InverseTime(1, 1.0, unit="updates")

    path = minimize(lambda point: point, start, SGD(), 0.5, 4, schedule=schedule)

    left = np.cumprod([1, 1 - 0.5, 1 - 0.5 / 2, 1 - 0.5 / 3, 1 - 0.5 / 4])
    np.testing.assert_allclose(path, left[:, None] * start, rtol=1e-15)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"schedule": Cosine(end=5.0)}, "out_of_range", "schedule.end"),
        ({"schedule": Step(decay=-3.0, every=1.0)}, "out_of_range", "schedule.decay"),
        ({"schedule": OneCycle(curve="bogus")}, "unknown_choice", "schedule.curve"),
        ({"schedule": "cosine"}, "wrong_type", "schedule"),
        ({"schedule": Cosine}, "wrong_type", "schedule"),
        ({"shape": (2,)}, "wrong_type", "shape"),
        ({"shape": 5}, "wrong_type", "shape"),
        ({"shape": (1.0, 2.0)}, "wrong_type", "shape"),
        ({"shape": (-1, -2)}, "out_of_range", "shape"),
        ({"shape": (3, 2)}, "wrong_length", "start"),
        ({"optimizer": Newton()}, "missing", "hessian"),
        ({"optimizer": Newton(), "hessian": lambda _: np.eye(2)}, "wrong_type", "hessian"),
        ({"optimizer": Newton(), "hessian": lambda _: None}, "wrong_type", "hessian"),
    ],
)
def test_minimize_names_what_is_wrong(given, code, field):
    usual = {"optimizer": SGD(), "learning_rate": 0.1, "steps": 3}

    with pytest.raises(InvalidInput) as caught:
        minimize(lambda point: point, np.ones(2), **usual | given)

    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize("fields", [{"unit": "days"}, {"length": "long"}, {"warm_up": True}])
def test_a_schedule_that_cannot_be_counted_is_refused_where_it_is_made(fields):
    with pytest.raises(InvalidInput) as caught:
        Cosine(**fields)

    assert caught.value.field in fields


def test_minimize_refuses_a_schedule_without_its_losses_or_that_falls_to_zero():
    def refused(schedule):
        with pytest.raises(InvalidInput) as caught:
            minimize(lambda point: point, np.ones(1), SGD(), 0.1, 9, schedule=schedule)
        return caught.value

    assert refused(ReduceOnPlateau()).limits == ("problem", "function")
    assert refused(Cosine(0.0, 5, unit="updates")).field == "schedule.end"


# Plateau


def expected_rates(experiment, run=0, seed=0):
    """The rate of each epoch, from the validation losses that a training records at their ends."""
    schedule = experiment.runs[run].schedule
    history = alone(experiment.model_copy(update={"record_every": 1}), run, seed)
    losses, per_epoch = history.validation_loss, history.per_epoch
    values = losses.last[0][np.isin(losses.steps, np.arange(1, 13) * per_epoch)]
    watched, rates = Watched(), []
    for value in values:
        rates.append(experiment.runs[run].learning_rate * watched.factor)
        watched = schedule.watch(watched, value)
    return rates, per_epoch


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_plateau_follows_the_validation_losses_at_the_ends_of_epochs(seed):
    experiment = experiment_of(RESTLESS)
    rates, per_epoch = expected_rates(experiment, seed=seed)

    for epoch, rate in enumerate(rates):
        first, last = (
            inspect(experiment, 0, experiment.seeds[seed], step).learning_rate
            for step in (epoch * per_epoch + 1, (epoch + 1) * per_epoch)
        )
        assert first == last == rate
    assert len(set(rates)) > 2


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": 48, "unit": "iterations"},
        {"amount": 48, "unit": "iterations", "record_every": 5},
        {"amount": 48, "unit": "iterations", "kind": Sweep, "looks": 1},
        {"amount": 48, "unit": "iterations", "stopping": Stopping(patience=1_000)},
        {"amount": 12 * 30, "unit": "rows_seen"},
    ],
)
def test_plateau_does_not_depend_on_what_is_recorded(fields):
    usual = fit(experiment_of(RESTLESS)).runs[0]

    other = fit(experiment_of(RESTLESS, **fields)).runs[0]

    assert usual.last_step.tolist() == other.last_step.tolist() == [48] * 3
    assert np.array_equal(usual.params[:, -1], other.params[:, -1])


def test_plateau_looks_change_nothing_for_other_runs_of_the_group():
    """A run that diverges between its own looks and comes back is not found out by others'."""
    plain = Run(optimizer=Adam(), learning_rate=0.5, batch_size=8)
    fields = {"amount": 45, "unit": "iterations", "record_every": 9, "kind": Sweep, "looks": 2}

    before = fit(experiment_of(plain, **fields)).runs[0]
    after = fit(experiment_of(plain, RESTLESS, **fields)).runs[0]

    assert before.digest() == after.digest()
    assert before.training_loss.steps.tolist() == after.training_loss.steps.tolist()


def test_plateau_survives_lanes_that_are_taken_out():
    """Runs in front of it diverge in the first epochs."""
    wild = Run(optimizer=SGD(), learning_rate=1e7, batch_size=8)
    experiment = experiment_of(wild, RESTLESS, RESTLESS.model_copy(update={"learning_rate": 7.0}))
    history = fit(experiment)

    assert set(history.runs[0].status) == {"diverged"}
    for run in (1, 2):
        for seed in range(3):
            one = alone(experiment, run, seed)
            assert np.array_equal(one.params[0, -1], history.runs[run].params[seed, -1])


def test_plateau_is_trained_and_inspected_alike():
    experiment = experiment_of(RESTLESS, record_every=1, amount=6)
    history = fit(experiment).runs[0]

    for step in (1, 9, 17, 24):
        seen = inspect(experiment, 0, 1, step)
        assert np.array_equal(seen.after, history.params[1, step])


def test_plateau_waits_for_the_end_of_its_warm_up():
    """A warm-up of six epochs: the losses of the first six are not looked at."""
    schedule = replace(PLATEAU, patience=0, threshold=0.999, warm_up=6.0)  # nothing is better
    experiment = experiment_of(RESTLESS.model_copy(update={"schedule": schedule}))
    rates = [inspect(experiment, 0, 0, 4 * epoch + 1).learning_rate / 8 for epoch in range(12)]

    assert rates[:6] == pytest.approx([(30 * epoch + 8) / 180 for epoch in range(6)])
    assert rates[6:] == [1, 1, 0.5, 0.25, 0.125, 0.0625]


def test_the_evaluations_of_plateau_are_paid_for():
    fields = {"amount": 4_000, "unit": "iterations", "kind": Sweep, "looks": 1}
    plain = RESTLESS.model_copy(update={"schedule": Constant()})

    watched, unwatched = (estimate(experiment_of(run, **fields)) for run in (RESTLESS, plain))

    assert watched.seconds > 1.2 * unwatched.seconds
    assert watched.history_bytes == unwatched.history_bytes
