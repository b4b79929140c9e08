"""What every rule must keep to, and that the contract carries rules that ask for all of it."""

import numpy as np
import pytest

from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Stopping,
    effective_learning_rates,
    fit,
    inspect,
    minimize,
)
from engine.analysis.probes import training_gradients
from engine.arrays import Layout
from engine.landscape.surfaces import training_losses
from engine.problems.datasets import TwoMoons
from engine.problems.functions import Himmelblau
from engine.rules import SGD, Rule, Slot, stack
from tests.engine.contract import (
    EVERY,
    Averaged,
    Summed,
    Uphill,
    Whitened,
    ends,
    follow,
    moment_of,
    run_of,
    take,
    updates_of,
    zeros,
)

EVERY_RULE = pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.name)
LAYOUT = Layout((3, 4, 2))
NETWORK = Network(dataset=TwoMoons(rows=50, noise=0.2), hidden=(4, 3), l2=0.05)
FUNCTION = Function(function=Himmelblau(), noise=0.3)


@pytest.fixture(autouse=True)
def more_rules(monkeypatch):
    """The registry gives runs their order; it knows these rules here."""
    monkeypatch.setattr("engine.experiment.RULES", EVERY)


def experiment_of(rules, problem=NETWORK, **fields):
    """An experiment of some rules, made without validation, for most are in no union."""
    size = 7 if problem.kind == "network" else "all"
    rate = 0.05 if problem.kind == "network" else 0.01
    made = Experiment(
        problem=problem,
        **{"budget": Budget(amount=15, unit="iterations"), "record_every": 1, **fields},
    )
    runs = tuple(run_of(rule(), rate, batch_size=size) for rule in rules)
    return made.model_copy(update={"runs": runs})


def having_what_it_needs(rule, problem=NETWORK):
    """The problem, or the function in place of a network that has no Hessian for a rule."""
    return FUNCTION if "hessian" in rule.needs else problem


def trained_on(problem, rules=EVERY):
    """Those of some rules that have what they need on a problem."""
    return tuple(rule for rule in rules if having_what_it_needs(rule, problem) is problem)


def alone(experiment, position):
    return experiment.model_copy(update={"runs": (experiment.runs[position],)})


# One update


@EVERY_RULE
def test_what_a_rule_is_shown_stays_as_it_is(rule):
    rng = np.random.default_rng(0)
    grads, params = rng.normal(size=(2, 3, LAYOUT.n_params))
    state = zeros(rule, LAYOUT, 3)
    lanes = stack([rule()] * 3)
    for step in (1, 2, 3):
        moment = moment_of(grads, params, step, layout=LAYOUT)
        shown = moment.grads, moment.params, moment.rate
        before = [array.copy() for array in shown]
        for array in shown:
            array.setflags(write=False)

        _, state = lanes.direction(moment, state)
        for slot in state:
            slot.setflags(write=False)
        for ask in (lanes.looks_at, lanes.evaluated, lanes.corrected, lanes.scale):
            ask(moment, state)

        assert all(map(np.array_equal, shown, before))
        assert (moment.step, moment.layout) == (step, LAYOUT)
        state = tuple(slot.copy() for slot in state)


@EVERY_RULE
@pytest.mark.parametrize("layout", [LAYOUT, Layout((1, 1), bias=False), Layout((2, 1), bias=False)])
@pytest.mark.parametrize("lanes", [1, 3])
def test_shapes_and_type_are_kept(rule, layout, lanes):
    grads = np.ones((lanes, layout.n_params))
    moment = moment_of(grads, layout=layout)

    direction, state = rule().direction(moment, zeros(rule, layout, lanes))

    assert len(state) == len(rule().slots)
    for actual, size in [
        (direction, layout.n_params),
        (rule().evaluated(moment, state), layout.n_params),
        *zip(state, (slot.numbers(layout) for slot in rule().slots), strict=True),
    ]:
        assert actual.shape == (lanes, size)
        assert actual.dtype == np.float64


def coupled(rule, layout):
    """Coordinates that may hear of each other, ``(n_params, n_params)``, by what the rule says."""
    n_params = layout.n_params
    if rule.couples == "lane":
        return np.ones((n_params, n_params), dtype=bool)
    if rule.couples == "nothing":
        return np.eye(n_params, dtype=bool)
    layers = np.zeros(n_params)
    for position, matrix in enumerate(layout.matrices(layers)):
        matrix[:] = position
    return layers[:, None] == layers


def path(rule, stream, start, layout=LAYOUT):
    """Iterates of one lane whose gradients are a stream plus a slope, so that points matter."""
    params = start[None].copy()

    class Source:
        def __init__(self, params, grads):
            self._params, self._grads = params, grads

        @staticmethod
        def hessian(points):
            return (2 * np.eye(points.shape[1]) + 0.1)[None]

        def load(self, rows):
            pass

        def pieces(self, _position, _size):
            step = updates.step
            return [lambda: np.copyto(self._grads, stream[step] + np.sin(self._params))]

    updates = updates_of([run_of(rule)], params, Source, layout)
    actual = []
    for _ in stream:
        take(updates)
        actual.append(params[0].copy())
    return np.array(actual)


@EVERY_RULE
def test_coordinates_hear_of_each_other_as_the_rule_says(rule):
    """Another gradient at one coordinate reaches those that it is coupled with, and no other.

    At first it is of another sign, for some rules see nothing else. Within twelve updates, for
    Prodigy's first steps are too small to be heard of.
    """
    rng = np.random.default_rng(1)
    stream, start = rng.normal(size=(12, LAYOUT.n_params)), rng.normal(size=LAYOUT.n_params)
    expected = path(rule(), stream, start)
    signs = np.sign(stream[0] + np.sin(start))
    heard = np.zeros((LAYOUT.n_params, LAYOUT.n_params), dtype=bool)
    for coordinate in range(LAYOUT.n_params):
        other = stream.copy()
        other[:, coordinate] -= 5 * signs[coordinate]
        heard[coordinate] = (path(rule(), other, start) != expected).any(axis=0)

    np.testing.assert_array_equal(heard, coupled(rule, LAYOUT))


@EVERY_RULE
def test_uncoupled_coordinates_may_be_permuted_bit_by_bit(rule):
    if rule.couples != "nothing":
        return
    rng = np.random.default_rng(1)
    stream, start, order = rng.normal(size=(20, 1, 9)), rng.normal(size=(1, 9)), rng.permutation(9)

    actual = follow([rule()], stream, start, 0.1)

    permuted = follow([rule()], stream[:, :, order], start[:, order], 0.1)
    assert np.array_equal(permuted, actual[:, :, order])


@EVERY_RULE
def test_the_ends_of_all_intervals_give_numbers_and_lanes_as_if_alone(rule):
    lanes = ends(rule)
    start = np.random.default_rng(2).normal(size=(1, LAYOUT.n_params))
    together = np.repeat(start, len(lanes), axis=0)  # lanes of one structure are neighbours
    take(updates_of([run_of(one) for one in lanes], together, layout=LAYOUT), 20)

    for lane, one in enumerate(lanes):
        single = start.copy()
        take(updates_of([run_of(one)], single, layout=LAYOUT), 20)
        assert np.array_equal(together[lane], single[0])
    assert np.isfinite(together).all()


@EVERY_RULE
def test_gradients_per_update_are_those_that_are_taken(rule):
    asked = []

    def gradient(points):
        asked.append(points.copy())
        return np.cos(points)

    minimize(gradient, [1.0, -2.0], rule(), 0.1, 5, hessian=lambda _points: np.eye(2)[None])

    assert len(asked) == 5 * rule().gradients_per_update
    assert rule().gradients_per_update == (1 if rule.looks_at is Rule.looks_at else 2)


def test_a_rule_that_promised_a_point_and_has_none_is_no_silent_nan(monkeypatch):
    monkeypatch.setattr(Uphill, "looks_at", lambda *_: None)

    with pytest.raises(TypeError):
        minimize(np.cos, [1.0], Uphill(), 0.1, 1)


# A training


@pytest.mark.parametrize("problem", [NETWORK, FUNCTION], ids=["network", "function"])
@pytest.mark.parametrize("large", [False, True], ids=["at once", "some lanes at a time"])
def test_a_run_among_others_is_the_run_alone(monkeypatch, problem, large):
    if large:
        monkeypatch.setattr("engine.problems.pieces.UPDATE_NUMBERS", 70)
        monkeypatch.setattr("engine.training.loop.UPDATE_NUMBERS", 1)
    rules = (*trained_on(problem), Uphill, Averaged)
    experiment = experiment_of(rules, problem, seeds=(5, 2, 3))

    together = fit(experiment)

    for position, run in enumerate(together.runs):
        assert run.digest() == fit(alone(experiment, position)).runs[0].digest(), rules[position]


def test_large_batches_give_the_numbers_of_small_ones(monkeypatch):
    experiment = experiment_of(trained_on(NETWORK), seeds=(5, 2))
    expected = fit(experiment).digest()

    monkeypatch.setattr("engine.problems.pieces.HELD_BYTES", 1)
    monkeypatch.setattr("engine.training.cost.HELD_BYTES", 1)

    assert fit(experiment).digest() == expected


@EVERY_RULE
def test_lanes_that_stay_keep_what_they_remember_when_others_leave(rule):
    problem = having_what_it_needs(rule)
    experiment = experiment_of((SGD, rule, rule), problem, budget=Budget(amount=5), seeds=(0, 1))
    first, second, third = experiment.runs
    first = first.model_copy(update={"learning_rate": 1e7})
    third = third.model_copy(update={"learning_rate": 0.02})
    experiment = experiment.model_copy(update={"runs": (first, second, third)})

    together = fit(experiment)

    assert together.runs[0].status == ("diverged",) * 2
    for position in (1, 2):
        assert together.runs[position].status == ("budget",) * 2
        assert together.runs[position].digest() == fit(alone(experiment, position)).runs[0].digest()


@EVERY_RULE
@pytest.mark.parametrize("problem", [NETWORK, FUNCTION], ids=["network", "function"])
def test_an_inspected_step_is_the_step_that_was_trained(rule, problem):
    problem = having_what_it_needs(rule, problem)
    experiment = experiment_of((SGD, rule), problem, seeds=(5, 2))
    run = fit(experiment).runs[1]

    for step in (1, 2, 8):
        seen = inspect(experiment, 1, 2, step)

        np.testing.assert_array_equal(seen.update, 0.0 + seen.learning_rate * seen.direction)
        np.testing.assert_array_equal(seen.after, seen.before - seen.update)
        if rule().reports_its_params:
            np.testing.assert_array_equal(seen.before, run.params[1, step - 1])
            np.testing.assert_array_equal(seen.after, run.params[1, step])
        norms = seen.norms
        assert norms["gradient"] == pytest.approx(run.batch_gradient_norm.last[1, step - 1])
        assert norms["update"] == pytest.approx(run.update_norm.last[1, step - 1])
        assert (seen.second_gradient is None) == (rule().gradients_per_update == 1)


def test_an_inspection_shows_both_gradients():
    experiment = experiment_of((Uphill,), NETWORK)
    experiment = experiment.model_copy(
        update={"runs": (experiment.runs[0].model_copy(update={"batch_size": "all"}),)}
    )

    seen = inspect(experiment, 0, 0, 3)

    uphill = seen.before + 0.05 * seen.gradient / (np.linalg.norm(seen.gradient) + 1e-12)
    for gradient, point in ((seen.gradient, seen.before), (seen.second_gradient, uphill)):
        expected = training_gradients(experiment, point[None])[0]
        np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-14)
    velocity = 0.5 * seen.slots_before["velocity"] + seen.second_gradient
    np.testing.assert_allclose(seen.direction, velocity, rtol=1e-14)


def test_a_number_per_lane_stands_beside_every_parameter_and_an_odd_slot_beside_none():
    for rule, symbol in ((Summed, "s"), (Whitened, "r")):
        seen = inspect(experiment_of((rule,)), 0, 0, 4)
        name = rule.slots[-1].name

        for parameter in (0, 11):
            terms = dict(seen.terms(parameter))
            for when, slots in (("{t-1}", seen.slots_before), ("t", seen.slots_after)):
                expected = slots[name][0] if rule is Summed else np.nan
                np.testing.assert_equal(seen.at(slots[name], parameter), expected)
                assert terms.get(f"{symbol}_{when}") == (expected if rule is Summed else None)
        assert seen.norms[name] == pytest.approx(np.linalg.norm(seen.slots_after[name]))


def test_an_odd_slot_that_is_as_large_as_the_parameters_is_not_taken_for_them(monkeypatch):
    size = Slot("rows", "r", lambda layout: layout.n_params)
    monkeypatch.setattr(Whitened, "slots", (Whitened.slots[0], size))
    seen = inspect(experiment_of((Whitened,)), 0, 0, 4)

    assert len(seen.slots_after["rows"]) == len(seen.before)
    assert np.isnan(seen.at(seen.slots_after["rows"], 3))
    assert seen.at(seen.slots_after["mean"], 3) == seen.slots_after["mean"][3]
    assert "r_t" not in dict(seen.terms(3))


def test_effective_rates_of_a_number_per_lane_are_the_same_for_all_parameters():
    _, rates = effective_learning_rates(experiment_of((Summed,)), 0, 0, (0, 3, 11))

    assert (rates == rates[:, :1]).all()
    assert len(np.unique(rates)) == len(rates)


# What is reported


def test_batch_losses_and_gradient_norms_are_those_of_the_first_gradient():
    """All runs begin at the same point, wherever they look from there."""
    for problem in (NETWORK, FUNCTION):
        first, second = fit(experiment_of((SGD, lambda: Uphill(radius=2.0)), problem)).runs

        for series in ("batch_loss", "batch_gradient_norm"):
            begin, other = (getattr(run, series).last[0, 0] for run in (first, second))
            assert begin == other
        assert first.update_norm.last[0, 0] != second.update_norm.last[0, 0]


@EVERY_RULE
def test_the_batch_loss_of_all_rows_is_the_training_loss_of_the_step_before(rule):
    problem = having_what_it_needs(rule)
    if problem.kind == "function":
        problem = problem.model_copy(update={"noise": 0.0})
    experiment = experiment_of((rule,), problem)
    runs = (experiment.runs[0].model_copy(update={"batch_size": "all"}),)
    run = fit(experiment.model_copy(update={"runs": runs})).runs[0]

    if rule().reports_its_params:
        before = run.training_loss.last[:, :-1]
        np.testing.assert_allclose(run.batch_loss.last, before, rtol=1e-12)
    else:  # the batch is where the parameters are, and these have gone on from their mean
        assert (run.batch_loss.last[:, 3:] != run.training_loss.last[:, 3:-1]).all()


@pytest.mark.parametrize("problem", [NETWORK, FUNCTION], ids=["network", "function"])
def test_an_average_is_what_is_evaluated_recorded_and_stopped_by(problem):
    experiment = experiment_of((SGD, Averaged), problem, stopping=Stopping(gradient_norm=0.0))

    plain, averaged = fit(experiment).runs

    means = np.cumsum(plain.params[0, 1:], axis=0) / np.arange(1, 16)[:, None]
    np.testing.assert_allclose(averaged.params[0, 1:], means, rtol=1e-12, atol=1e-15)
    assert np.array_equal(averaged.params[0, 0], plain.params[0, 0])
    losses = training_losses(experiment, averaged.params[0])
    np.testing.assert_allclose(averaged.training_loss.last[0], losses, rtol=1e-12)
    norms = np.linalg.norm(training_gradients(experiment, averaged.params[0]), axis=1)
    recorded = averaged.gradient_norm.last[0]
    known = ~np.isnan(recorded)
    assert known.sum() >= 3
    np.testing.assert_allclose(recorded[known], norms[known], rtol=1e-12)
    assert np.array_equal(averaged.batch_loss.last, plain.batch_loss.last)


def test_parameters_that_overflow_end_a_run_whose_reported_point_is_finite(monkeypatch):
    monkeypatch.setattr(Averaged, "evaluated", lambda _, moment, __: np.zeros_like(moment.params))
    experiment = experiment_of((Averaged,), Network(hidden=(), l2=10.0))
    run = experiment.runs[0].model_copy(update={"learning_rate": 1e7})

    (run,) = fit(experiment.model_copy(update={"runs": (run,), "budget": Budget(amount=60)})).runs

    assert run.status == ("diverged",)
    assert np.isfinite(run.training_loss.last).all()
    assert not run.params.any()


def test_minimize_gives_the_points_that_a_rule_reports():
    plain = minimize(np.cos, [1.0, -2.0], SGD(), 0.1, 6)
    actual = minimize(np.cos, [1.0, -2.0], Averaged(), 0.1, 6)

    assert np.array_equal(actual[0], plain[0])
    means = np.cumsum(plain[1:], axis=0) / np.arange(1, 7)[:, None]
    np.testing.assert_allclose(actual[1:], means, rtol=1e-14)
