"""A range test breaks where theory says, is one training like any other, and touches no other."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    LIMITS,
    Budget,
    Experiment,
    Function,
    Interval,
    InvalidInput,
    Network,
    Run,
    batches,
    data,
    fit,
    initial_params,
    inspect,
)
from engine.analysis import inspection
from engine.analysis import range_test as range_module
from engine.analysis.range_test import (
    UPDATES,
    RangeTest,
    estimate_range_test,
    range_test,
    range_testing,
)
from engine.problems.datasets import Line, TwoMoons
from engine.problems.functions import Bowl, Himmelblau
from engine.rules import RULES, SGD, Adam, Momentum
from engine.rules.schedules import Cosine
from engine.work import Task
from tests.engine.rules.facts import fitted

NETWORK = Network(dataset=TwoMoons(rows=50), hidden=(4, 3), l2=0.05)
# 16 rows to train, 4 batches an epoch
LINE = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")


def one(rule, problem=NETWORK, batch_size=7, seeds=(5, 2), **fields):
    run = Run(optimizer=rule, learning_rate=0.05, batch_size=batch_size)
    budget = Budget(amount=60, unit="iterations")
    return Experiment(problem=problem, runs=(run,), budget=budget, seeds=seeds, **fields)


def on_bowl(condition=1.0, start=(1.0, 0.0)):
    problem = Function(function=Bowl(condition=condition), start=start)
    return one(SGD(), problem, "all", seeds=(0,))


def made(losses, rates=None, window=1):
    """A test with these losses, ``(updates, seeds)`` or of one seed."""
    losses = np.array(losses, dtype=float)
    losses = losses[:, None] if losses.ndim == 1 else losses
    rates = np.geomspace(1e-3, 10, len(losses)) if rates is None else np.array(rates)
    gone = [np.flatnonzero(np.isinf(column)) for column in losses.T]
    at = [rates[places[0]] if len(places) else np.nan for places in gone]
    run = Run(optimizer=SGD(), learning_rate=1.0)
    return RangeTest(run, rates, losses, np.array(at), window)


# Where it breaks


def test_half_a_square_turns_upward_at_two():
    """The worked example: w^2 / 2 from 0.001 to 10 in 100 updates is lowest before update 82."""
    test = range_test(on_bowl(), 0, 1e-3, 10.0, 100)

    assert int(np.argmin(test.median)) == 82
    assert test.rises_from == pytest.approx(2.0565, abs=1e-4)
    assert test.rates[81] == pytest.approx(1.8738, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    curvature=st.floats(0.05, 500),
    low=st.floats(1e-4, 1e-2),
    updates=st.integers(40, 200),
)
def test_on_a_quadratic_the_largest_stable_rate_is_bracketed(curvature, low, updates):
    """Along one eigenvector of the bowl a step multiplies the error by 1 - rate x curvature."""
    experiment = on_bowl(condition=max(curvature, 1.0), start=(0.0, 1.0))
    curvature = experiment.problem.function.condition
    test = range_test(experiment, 0, low / curvature, 20 / curvature, updates)
    place = int(np.flatnonzero(test.rates == test.rises_from)[0])

    assert test.rates[place - 1] <= 2 / curvature <= test.rates[place]


def test_the_loss_is_that_of_the_closed_form():
    test = range_test(on_bowl(start=(3.0, 0.0)), 0, 1e-3, 10.0, 60)

    rates = 1e-3 * (10 / 1e-3) ** (np.arange(60) / 59)
    errors = 3 * np.cumprod(np.concatenate([[1], 1 - rates[:-1]]))
    np.testing.assert_allclose(test.rates, rates[: len(test.rates)], rtol=1e-13)
    np.testing.assert_allclose(test.median, (errors**2 / 2)[: len(test.rates)], rtol=1e-9)


def test_a_run_that_diverges_ends_there():
    test = range_test(on_bowl(start=(3.0, 0.0)), 0, 0.9, 1e7, 300)

    assert len(test.rates) < 300
    assert (test.median[:-1] <= 1e6 * (1 + 4.5)).all()  # it begins with a loss of 4.5
    assert np.isinf(test.median[-1])
    assert test.diverged_at.tolist() == [test.rates[-1]] == [test.half_diverged_at]


def test_of_several_seeds_each_ends_by_itself_and_the_test_with_the_last():
    experiment = one(SGD(), LINE, 2, seeds=(0, 1, 2, 3))
    test = range_test(experiment, 0, 1e-2, 100.0, 200)

    assert len(set(test.diverged_at)) > 1
    assert test.rates[-1] == test.diverged_at.max()
    for seed, rate in enumerate(test.diverged_at):
        gone = test.rates >= rate
        assert np.isfinite(test.losses[~gone, seed]).all()
        assert np.isinf(test.losses[gone, seed][1:]).all()
    assert test.half_diverged_at == np.sort(test.diverged_at)[1]  # half of four


def given_losses(monkeypatch, table, lost_params=()):
    """Give the batches of two seeds these losses; some updates leave the first with infinity."""
    taken, left = range_module._losses_before, iter(enumerate(table))

    def losses_before(updates, rows):
        yield from taken(updates, rows)
        step, losses = next(left)
        if step in lost_params:
            updates.params[0, 0] = np.inf
        return np.array(losses)

    monkeypatch.setattr(range_module, "_losses_before", losses_before)


def test_a_seed_that_comes_back_has_diverged_all_the_same(monkeypatch):
    given_losses(monkeypatch, [[1, 1], [1e9, 2], [1, 3], [1, 1e9]])
    test = range_test(one(SGD()), 0, 1e-3, 1.0, 5)

    np.testing.assert_array_equal(test.losses, [[1, 1], [np.inf, 2], [np.inf, 3], [np.inf] * 2])
    np.testing.assert_array_equal(test.diverged_at, test.rates[[1, 3]])


def test_a_parameter_that_is_not_finite_ends_a_seed_though_its_loss_before_was(monkeypatch):
    given_losses(monkeypatch, [[1, 1], [2, 2], [3, 3]], lost_params={1})
    test = range_test(one(SGD()), 0, 1e-3, 1.0, 3)

    np.testing.assert_array_equal(test.losses, [[1, 1], [2, 2], [np.inf, 3]])
    np.testing.assert_array_equal(test.diverged_at, [test.rates[1], np.nan])


# It is one training like any other


def by_hand(rule, gradient, w, rates):
    """The parameters before each update, in a few lines."""
    m = v = np.zeros_like(w)
    for step, rate in enumerate(rates, start=1):
        yield w
        g = gradient(w, step)
        if isinstance(rule, Adam):
            m = rule.beta1 * m + (1 - rule.beta1) * g
            v = rule.beta2 * v + (1 - rule.beta2) * g * g
            corrected = v / (1 - rule.beta2**step)
            w = w - rate * m / (1 - rule.beta1**step) / (np.sqrt(corrected) + rule.epsilon)
        else:
            m = getattr(rule, "momentum", 0.0) * m + g
            w = w - rate * m


@pytest.mark.parametrize("rule", [SGD(), Momentum(0.9), Adam()], ids=lambda rule: rule.name)
def test_a_line_is_fitted_as_a_few_lines_of_numpy_do(rule):
    experiment = one(rule, LINE, 5, seeds=(3,))
    rows, order = data(experiment), list(batches(experiment, 0, 3))
    x = np.hstack([rows.training_inputs, np.ones((16, 1))])
    y = np.asarray(rows.training_targets, dtype=float).ravel()

    def errors(w, step):
        own = order[step - 1]
        return x[own], x[own] @ w - y[own]

    def gradient(w, step):
        inputs, off = errors(w, step)
        return 2 * inputs.T @ off / len(off)

    rates = 1e-3 * (0.3 / 1e-3) ** (np.arange(40) / 39)
    ways = by_hand(rule, gradient, initial_params(experiment, 3), rates)
    expected = [np.mean(errors(w, step)[1] ** 2) for step, w in enumerate(ways, start=1)]
    test = range_test(experiment, 0, 1e-3, 0.3, 40)

    np.testing.assert_allclose(test.losses[:, 0], expected, rtol=1e-10)
    assert len({len(batch) for batch in order}) == 2  # the short one, too


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("problem", ["network", "function"])
def test_over_a_range_that_hardly_is_one_it_is_the_ordinary_training(rule, problem):
    """Rates that are a billionth apart; over 60 updates and 9 epochs."""
    experiment = one(SGD())
    if problem == "function":
        function = Function(function=Himmelblau(), noise=0.3)
        experiment = one(SGD(), function, "all")
    experiment = fitted(experiment, rule)
    rate = 0.05 if experiment.problem.kind == "network" else 1e-3
    (run,) = experiment.runs
    run = run.model_copy(update={"learning_rate": rate})
    history = fit(experiment.model_copy(update={"runs": (run,)}))
    test = range_test(experiment, 0, rate, rate * (1 + 1e-9), 60)

    trained = history.runs[0].batch_loss.last
    np.testing.assert_allclose(test.losses.T, trained, rtol=1e-4)
    np.testing.assert_array_equal(test.losses[:2].T, trained[:, :2])  # the very first update, too


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_first_update_is_that_of_the_run_at_the_lowest_rate(rule):
    """The loss before the second update tells it, bit by bit, whatever the highest rate is."""
    experiment = fitted(one(SGD(), batch_size="all"), rule)
    run = experiment.runs[0].model_copy(update={"learning_rate": 0.3})
    history = fit(experiment.model_copy(update={"runs": (run,)}))
    test = range_test(experiment, 0, 0.3, 1e4, 10)

    np.testing.assert_array_equal(test.losses[:2].T, history.runs[0].batch_loss.last[:, :2])
    assert test.rates[0] == 0.3


def test_no_seed_depends_on_another_or_on_their_order():
    together, alone = (
        range_test(one(Adam(), seeds=seeds), 0, 1e-3, 1e3, 50) for seeds in ((5, 2, 9), (9, 5))
    )

    np.testing.assert_array_equal(together.losses[:, [2, 0]], alone.losses)
    assert not np.array_equal(together.losses[:, 0], together.losses[:, 1])


def test_what_large_batches_are_cut_into_changes_nothing_but_rounding():
    problem = Network(dataset=TwoMoons(rows=12_000), hidden=(8,))
    experiment = one(Momentum(), problem, "all", seeds=(0, 1))
    run = experiment.runs[0].model_copy(update={"learning_rate": 0.01})
    budget = Budget(amount=3, unit="iterations")
    history = fit(experiment.model_copy(update={"runs": (run,), "budget": budget}))
    test = range_test(experiment, 0, 0.01, 0.01 * (1 + 1e-12), 3)

    np.testing.assert_allclose(test.losses.T, history.runs[0].batch_loss.last, rtol=1e-9)


def test_a_run_without_noise_is_not_smoothed_and_others_over_a_tenth_of_the_updates():
    assert range_test(one(SGD(), batch_size="all"), 0, 1e-3, 1e-2, 100).window == 1
    assert range_test(one(SGD()), 0, 1e-3, 1e-2, 100).window == 11
    assert range_test(one(SGD()), 0, 1e-3, 1e-2, 12).window == 1


# It touches nothing


def digest(experiment):
    history = fit(experiment)
    parts = [
        part
        for run in history.runs
        for part in (run.params, run.training_loss.last, run.batch_loss.last)
    ]
    return sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()


def test_the_comparison_is_the_same_before_during_and_after_bit_by_bit(monkeypatch):
    monkeypatch.setattr(inspection, "_PAUSE_SECONDS", -1)  # it gives way after each piece
    rules = (SGD(), Momentum(), Adam())
    runs = [Run(optimizer=rule, learning_rate=0.05, batch_size=7) for rule in rules]
    budget = Budget(amount=30, unit="iterations")
    experiment = Experiment(problem=NETWORK, runs=runs, budget=budget, seeds=(0, 1))
    key, before = experiment.key, digest(experiment)
    half_done = range_testing(experiment, 1, 1e-4, 1e4, 100)
    while next(half_done) < 50:
        pass
    during = digest(experiment)
    half_done.close()
    first, second = (range_test(experiment, 1, 1e-4, 1e4, 100) for _ in range(2))

    assert [during, digest(experiment)] == [before] * 2
    assert experiment.key == key
    np.testing.assert_array_equal(first.losses, second.losses)


def test_a_step_that_is_inspected_afterwards_is_the_same():
    experiment = one(Adam())
    before = inspect(experiment, 0, 2, 20)
    range_test(experiment, 0, 1e-4, 1e4, 100)

    np.testing.assert_array_equal(inspect(experiment, 0, 2, 20).after, before.after)


def test_other_runs_of_the_experiment_play_no_part():
    experiment = one(Adam())
    more = experiment.model_copy(
        update={"runs": (Run(optimizer=SGD(), learning_rate=0.3), *experiment.runs)}
    )
    first, second = range_test(experiment, 0, 1e-3, 1.0, 30), range_test(more, 1, 1e-3, 1.0, 30)

    np.testing.assert_array_equal(first.losses, second.losses)
    assert first.run == second.run == experiment.runs[0].model_copy(update={"learning_rate": 1.0})


def test_it_is_driven_piece_by_piece_and_tells_how_many_updates_are_done(monkeypatch):
    monkeypatch.setattr(inspection, "_PAUSE_SECONDS", -1)
    told, task = [], Task(range_testing(one(SGD()), 0, 1e-3, 1e-2, 8))
    while task.go_on():
        told.append(task.progress)

    assert told == sorted(told)
    assert set(told) == set(range(8))
    assert len(task.result.rates) == 8


# What is read


def test_the_smoothed_loss_is_the_median_of_means_over_whole_windows():
    losses = np.random.default_rng(1).normal(size=(40, 3))
    test = made(losses, window=5)

    expected = [np.median(losses[i - 2 : i + 3].mean(axis=0)) for i in range(2, 38)]
    np.testing.assert_allclose(test.smoothed, expected)
    np.testing.assert_array_equal(test.smoothed_rates, test.rates[2:38])


def test_the_median_of_seeds_is_infinite_where_half_of_them_are_lost():
    test = made(
        [[1, 1, 1, 1], [1, 1, 1, np.inf], [1, 1, np.inf, np.inf], [2, np.inf] + [np.inf] * 2]
    )

    np.testing.assert_array_equal(np.isinf(test.median), [False, False, True, True])
    assert test.half_diverged_at == test.rates[2]
    assert made([[1, 1, 1], [1, 1, np.inf]]).half_diverged_at is None


@pytest.mark.parametrize(
    ("losses", "steepest", "rises_from", "breaks_at"),
    [
        ([5, 4, 1, 0.5, 3, np.inf], 1, 3, 5),  # the second update took 3 away
        ([5, 4, 3, 2, 1, 0], 0, None, None),
        ([1, 2, 3, 4, 5, 6], None, 0, 1),
        ([1, 1, 1, 1, 1, 1], None, None, None),
        ([2, 1, 2, 1, 2, 2], 0, 3, None),  # the last time that it is so low
        ([5, 4, 9, 3.5, 3.4, 8], 0, 4, 5),  # from 9 to 3.5 it comes back, and gains half
        ([5, 4, 9, 3.5, 3.4, 5], 0, 4, None),
    ],
)
def test_where_it_falls_fastest_where_it_rises_and_where_it_breaks(
    losses, steepest, rises_from, breaks_at
):
    test = made(losses)

    for found, place in [
        (test.steepest, steepest),
        (test.rises_from, rises_from),
        (test.breaks_at, breaks_at),
    ]:
        assert found == (None if place is None else test.rates[place])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), place=st.integers(30, 70))
def test_the_steepest_rate_is_found_within_half_a_window_in_noise(seed, place):
    steps = np.arange(100)
    noise = 0.02 * np.random.default_rng(seed).normal(size=100)
    test = made(1 / (1 + np.exp((steps - place) / 3)) + noise, window=11)

    found = int(np.flatnonzero(test.rates == test.steepest)[0])
    assert abs(found - place) <= 5


def test_pure_noise_hardly_ever_has_a_steepest_rate():
    generator = np.random.default_rng(0)
    tests = [made(1 + 0.1 * generator.normal(size=100), window=11) for _ in range(300)]

    assert sum(test.steepest is not None for test in tests) <= 3


def test_a_test_that_breaks_before_its_first_window_is_full_is_read_by_its_break_alone():
    test = made([1, 2, np.inf], window=11)

    assert len(test.smoothed) == len(test.smoothed_rates) == 0
    assert (test.rises_from, test.steepest) == (None, None)
    assert test.breaks_at == test.half_diverged_at == test.rates[2]
    lost = made([np.inf])
    assert (lost.rises_from, lost.steepest, lost.breaks_at) == (None, None, lost.rates[0])


# What it costs, and what is refused


def test_the_cost_is_that_of_the_run_alone_whatever_the_budget():
    experiment = one(Adam())
    longer = experiment.model_copy(update={"budget": Budget(amount=10_000)})
    cost, double = (estimate_range_test(longer, 0, updates) for updates in (100, 200))

    assert (cost.updates, double.updates) == (200, 400)
    assert 0 < cost.seconds < double.seconds < 10
    assert replace(estimate_range_test(experiment, 0, 100), seconds=0) == replace(cost, seconds=0)


def test_the_schedule_of_the_run_plays_no_part():
    """The test has a learning rate of its own, also beyond where the schedule falls to 0."""
    plain, falling = one(Adam()), Cosine(length=30.0, unit="updates")
    scheduled = plain.model_copy(
        update={"runs": (plain.runs[0].model_copy(update={"schedule": falling}),)}
    )
    tests = [range_test(experiment, 0, 1e-4, 1.0, 60) for experiment in (plain, scheduled)]

    assert np.array_equal(*(test.losses for test in tests))


LIMIT = LIMITS["learning_rate"]


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ((1, 0.1, 1.0, 10), "out_of_range", "run"),
        ((-1, 0.1, 1.0, 10), "out_of_range", "run"),
        ((0, 0.1, 0.1, 10), "out_of_range", "high"),
        ((0, 1.0, 0.1, 10), "out_of_range", "high"),
        ((0, 0.0, 1.0, 10), "out_of_range", "low"),
        ((0, LIMIT.low / 2, 1.0, 10), "out_of_range", "low"),
        ((0, 0.1, LIMIT.high * 2, 10), "out_of_range", "high"),
        ((0, np.nan, 1.0, 10), "not_finite", "low"),
        ((0, 0.1, np.inf, 10), "not_finite", "high"),
        ((0, "0.1", 1.0, 10), "wrong_type", "low"),
        ((0, 0.1, True, 10), "wrong_type", "high"),
        ((0, 0.1, 1.0, UPDATES.low - 1), "out_of_range", "updates"),
        ((0, 0.1, 1.0, UPDATES.high + 1), "out_of_range", "updates"),
        ((0, 0.1, 1.0, 10.0), "wrong_type", "updates"),
    ],
)
def test_what_is_no_range_is_refused_before_anything_is_trained(arguments, code, field):
    with pytest.raises(InvalidInput) as refused:
        range_testing(one(SGD()), *arguments)

    assert (refused.value.code, refused.value.field) == (code, field)


def test_what_needs_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setitem(LIMITS, "bytes", Interval(0, 1_000))

    with pytest.raises(InvalidInput) as refused:
        range_testing(one(SGD()), 0, 0.1, 1.0, 10)
    assert refused.value.field == "bytes"
