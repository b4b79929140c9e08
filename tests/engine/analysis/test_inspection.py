"""A step taken apart is the step that was trained, and its numbers obey the rule's formula."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Run,
    batches,
    data,
    effective_learning_rates,
    fit,
    following_learning_rates,
    inspect,
    inspecting,
)
from engine.problems.datasets import Digits, TwoMoons
from engine.problems.functions import Himmelblau, Ravine
from engine.rules import (
    RULES,
    SAM,
    SGD,
    Adagrad,
    Adam,
    Lookahead,
    Momentum,
    Nesterov,
    RMSprop,
)
from engine.rules.wrappers import INNER
from tests.engine import plain
from tests.engine.rules.facts import facts, fitted
from tests.strategies import small_experiments

NETWORK = Network(dataset=TwoMoons(rows=50), hidden=(4, 3), l2=0.05)


FIRST_VIEW = tuple(type(run.optimizer) for run in Experiment().runs)


def runs_of(rules, size, rate=0.05):
    return tuple(Run(optimizer=rule(), learning_rate=rate, batch_size=size) for rule in rules)


EXPERIMENTS = {
    "network": Experiment(
        problem=NETWORK,
        runs=runs_of(FIRST_VIEW, 7),
        budget=Budget(amount=15, unit="iterations"),
        record_every=1,
        seeds=(5, 2),
    ),
    "function": Experiment(
        problem=Function(function=Himmelblau(), noise=0.3),
        runs=runs_of(FIRST_VIEW, "all", 0.01),
        budget=Budget(amount=15),
        seeds=(5, 2),
    ),
}
EVERY = pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
EVERY_RULE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


# The step that was trained


@EVERY
def test_every_step_is_bit_equal_to_the_training(experiment):
    history = fit(experiment)

    for position, run in enumerate(history.runs):
        for place, seed in enumerate(experiment.seeds):
            for step in (1, 2, 5, 6, 15):  # an epoch of the network is 6 iterations
                seen = inspect(experiment, position, seed, step)
                assert np.array_equal(seen.before, run.params[place, step - 1])
                assert np.array_equal(seen.after, run.params[place, step])
                norms = seen.norms
                actual = run.batch_gradient_norm.last[place, step - 1]
                assert norms["gradient"] == pytest.approx(actual, rel=1e-14)
                assert norms["update"] == pytest.approx(run.update_norm.last[place, step - 1])


@settings(max_examples=15, deadline=None)
@given(experiment=small_experiments(), data=st.data())
def test_any_step_of_any_experiment_is_bit_equal_to_the_training(experiment, data):
    history = fit(experiment)
    position = data.draw(st.integers(0, len(experiment.runs) - 1))
    place = data.draw(st.integers(0, len(experiment.seeds) - 1))
    run = history.runs[position]
    end = int(run.last_step[place])
    reports_others = not experiment.runs[position].optimizer.reports_its_params
    if end == 0 or reports_others:  # it ended where it began, or an average is what is recorded
        return

    seen = inspect(experiment, position, experiment.seeds[place], end)

    assert np.array_equal(seen.after, run.params[place, -1], equal_nan=True)


@EVERY
@EVERY_RULE
def test_one_step_begins_where_the_one_before_ended(experiment, rule):
    first, second = (inspect(fitted(experiment, rule), 0, 2, step) for step in (8, 9))

    assert np.array_equal(first.after, second.before)
    assert first.slots_after.keys() == second.slots_before.keys()
    for name, slot in first.slots_after.items():
        assert np.array_equal(slot, second.slots_before[name])


@EVERY
@EVERY_RULE
def test_nothing_is_remembered_before_the_first_step(experiment, rule):
    seen = inspect(fitted(experiment, rule), 0, 5, 1)

    assert list(seen.slots_before) == [slot.name for slot in rule().slots]
    assert not any(slot.any() for slot in seen.slots_before.values())


def test_the_gradient_of_a_network_is_that_of_its_batch():
    experiment = EXPERIMENTS["network"]
    rows = data(experiment)
    batch = list(batches(experiment, 1, 2))[8]
    seen = inspect(experiment, 1, 2, 9)

    def loss(points):
        targets = plain.one_hot(rows.training_targets[batch], 1)
        inputs = rows.training_inputs[batch]
        return plain.loss(NETWORK.layout.units, NETWORK, points, inputs, targets)

    np.testing.assert_allclose(
        seen.gradient, plain.complex_gradient(loss, seen.before), rtol=1e-11, atol=1e-15
    )


def test_the_gradient_of_a_function_has_the_noise_of_its_iteration():
    experiment = EXPERIMENTS["function"]
    exact = Himmelblau().gradient

    positions = range(len(FIRST_VIEW))
    noise = [[inspect(experiment, run, seed, 4) for run in positions] for seed in (5, 2)]
    added = np.array([[one.gradient - exact(one.before[None])[0] for one in row] for row in noise])

    np.testing.assert_allclose(added, np.broadcast_to(added[:, :1], added.shape), atol=1e-12)
    assert np.abs(added).min() > 1e-4
    assert np.abs(added[0, 0] - added[1, 0]).min() > 1e-4


# The formulas


@EVERY
@EVERY_RULE
def test_an_update_is_rate_times_direction(experiment, rule):
    seen = inspect(fitted(experiment, rule), 0, 5, 11)

    assert seen.learning_rate == experiment.runs[0].learning_rate
    np.testing.assert_array_equal(seen.update, seen.learning_rate * seen.direction)
    np.testing.assert_array_equal(seen.after, seen.before - seen.update)


@EVERY
@EVERY_RULE
@pytest.mark.parametrize("step", [1, 11])
def test_the_effective_rate_is_what_gradients_are_multiplied_by(experiment, rule, step):
    """Or what stands in the formula in their place."""
    seen = inspect(fitted(experiment, rule), 0, 2, step)

    decay = seen.learning_rate * getattr(rule(), "weight_decay", 0.0) * seen.before
    np.testing.assert_allclose(
        seen.effective_learning_rate * facts(rule).scaled(seen),
        seen.update - decay,
        rtol=1e-12,
        atol=1e-16,
    )


@pytest.mark.parametrize("rule", [SGD, Momentum, Nesterov])
def test_without_rates_of_their_own_all_parameters_have_the_learning_rate(rule):
    position = FIRST_VIEW.index(rule)

    for experiment in EXPERIMENTS.values():
        seen = inspect(experiment, position, 5, 3)
        assert set(seen.effective_learning_rate) == {seen.learning_rate}
        assert seen.effective_learning_rate.shape == seen.before.shape


def test_adam_of_the_first_step_by_hand():
    run = Run(optimizer=Adam(), learning_rate=0.1, batch_size="all")
    seen = inspect(Experiment(problem=Function(), runs=(run,)), 0, 0, 1)

    gradient = np.array([-0.7, 4.0])
    np.testing.assert_allclose(seen.gradient, gradient)
    np.testing.assert_allclose(seen.slots_after["first_moment"], 0.1 * gradient)
    np.testing.assert_allclose(seen.slots_after["second_moment"], 0.001 * gradient**2)
    np.testing.assert_allclose(seen.corrected["first_moment"], gradient)
    np.testing.assert_allclose(seen.corrected["second_moment"], gradient**2)
    np.testing.assert_allclose(seen.effective_learning_rate, 0.1 / (np.abs(gradient) + 1e-8))
    np.testing.assert_allclose(seen.after, [-6.9, 1.9])


@EVERY_RULE
def test_averages_are_corrected_where_the_formula_has_hats(rule):
    seen = inspect(fitted(EXPERIMENTS["function"], rule), 0, 5, 4)

    assert len(seen.corrected) == len(set(re.findall(r"\\hat (\w)_t", rule.formula)))


def around(rule):
    """The id of the rule that a rule stands around; None if it stands around none."""
    return getattr(rule(), "inner", None)


@EVERY
@EVERY_RULE
def test_terms_are_the_symbols_of_the_formula_with_their_numbers(experiment, rule):
    seen = inspect(fitted(experiment, rule), 0, 5, 4)
    terms = dict(seen.terms(1))

    assert len(terms) == len(seen.terms(1))
    apart = {r"\eta", r"\theta_{t-1}", r"\theta_t", "t"}
    written = rule.formula + "".join(INNER[inner].formula for inner in (around(rule),) if inner)
    assert all(symbol in written for symbol in terms.keys() - apart)
    assert terms["g_t"] == seen.gradient[1]
    assert terms["d_t"] == seen.direction[1]
    assert terms["t"] == 4
    assert terms[r"\theta_t"] == seen.after[1]
    moved = terms[r"\theta_{t-1}"] - terms[r"\eta"] * terms["d_t"]
    assert terms[r"\theta_t"] == pytest.approx(moved, rel=1e-14)
    for name, symbol, _size in rule().slots:
        slots = seen.slots_before[name], seen.slots_after[name]
        for term, slot in zip((f"{symbol}_{{t-1}}", f"{symbol}_t"), slots, strict=True):
            if len(slot) in {1, len(seen.before)}:
                assert terms[term] == seen.at(slot, 1)
            else:  # of another size: it has no number for a single parameter
                assert term not in terms


@pytest.mark.parametrize("rule", [Lookahead, SAM])
def test_no_slot_of_an_inner_rule_has_a_symbol_that_means_something_else_around_it(rule):
    """It would be worked out with the wrong number."""
    for inner in INNER.values():
        assert not {"e", "h", "q", "a", r"\chi"} & {slot.symbol for slot in inner().slots}
        slots = rule(inner=inner.name).slots
        assert (
            len({slot.symbol for slot in slots}) == len({slot.name for slot in slots}) == len(slots)
        )


def test_terms_of_adam_make_its_formula_come_out():
    terms = dict(inspect(EXPERIMENTS["network"], FIRST_VIEW.index(Adam), 2, 9).terms(3))

    b1, b2, g = terms[r"\beta_1"], terms[r"\beta_2"], terms["g_t"]
    assert terms["m_t"] == pytest.approx(b1 * terms["m_{t-1}"] + (1 - b1) * g)
    assert terms["v_t"] == pytest.approx(b2 * terms["v_{t-1}"] + (1 - b2) * g**2)
    assert terms[r"\hat m_t"] == pytest.approx(terms["m_t"] / (1 - b1**9))
    assert terms[r"\hat v_t"] == pytest.approx(terms["v_t"] / (1 - b2**9))
    root = terms[r"\hat v_t"] ** 0.5 + terms[r"\epsilon"]
    assert terms["d_t"] == pytest.approx(terms[r"\hat m_t"] / root)


def test_arrays_are_read_only():
    seen = inspect(EXPERIMENTS["network"], 5, 2, 3)
    arrays = [value for value in vars(seen).values() if isinstance(value, np.ndarray)]
    arrays += [*seen.slots_before.values(), *seen.slots_after.values(), *seen.corrected.values()]

    assert len(arrays) == 12
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_diverged_step_is_shown_as_it_was():
    run = Run(optimizer=SGD(), learning_rate=1e7, batch_size="all")
    experiment = Experiment(problem=Function(), runs=(run,), budget=Budget(amount=60))

    seen = inspect(experiment, 0, 0, 60)

    assert not np.isfinite(seen.after).all()
    assert not np.isfinite(seen.norms["update"])


# Effective rates over a run


def rates_on_the_ravine(rule, steps, **fields):
    run = Run(optimizer=rule, learning_rate=0.3, batch_size="all")
    problem = Function(function=Ravine())
    experiment = Experiment(problem=problem, runs=(run,), budget=Budget(amount=steps))
    return effective_learning_rates(experiment, 0, 0, [0, 1], **fields)


def test_adagrads_rates_die_out_and_rmsprops_do_not():
    """Under noise, for then the gradients do not vanish: 1 / sqrt(t) against a constant."""
    runs = [
        Run(optimizer=rule(), learning_rate=0.1, batch_size="all") for rule in (Adagrad, RMSprop)
    ]
    problem = Function(function=Ravine(), start=(0.0, 0.0), noise=1.0)
    experiment = Experiment(problem=problem, runs=runs, budget=Budget(amount=900))

    (steps, adagrad), (_, rmsprop) = (
        effective_learning_rates(experiment, run, 0, [0, 1]) for run in range(2)
    )

    assert steps.tolist() == list(range(1, 901))
    assert (np.diff(adagrad, axis=0) <= 0).all()
    expected = 0.1 / np.sqrt(900)
    np.testing.assert_allclose(adagrad[-1], expected, rtol=0.15)
    early, late = rmsprop[50:300].mean(axis=0), rmsprop[-250:].mean(axis=0)
    np.testing.assert_allclose(late, early, rtol=0.25)
    assert (late > 20 * adagrad[-1]).all()


def test_rates_are_those_of_the_steps_taken_apart():
    for experiment in EXPERIMENTS.values():
        for position in range(len(FIRST_VIEW)):
            steps, rates = effective_learning_rates(experiment, position, 2, [1, 0])
            assert steps.tolist() == list(range(1, 16))
            assert rates.shape == (15, 2)
            for step in (1, 8, 15):
                seen = inspect(experiment, position, 2, step)
                assert np.array_equal(rates[step - 1], seen.effective_learning_rate[[1, 0]])


def test_of_a_long_run_every_nth_step_is_kept_and_the_last():
    every, all_rates = rates_on_the_ravine(Adagrad(), 1_000)
    thin, thin_rates = rates_on_the_ravine(Adagrad(), 2_003)

    assert len(every) == 1_000
    assert thin.tolist() == [*range(1, 2_003, 3), 2_003]
    np.testing.assert_array_equal(thin_rates[:334], all_rates[::3])


def test_rates_end_where_the_run_ended():
    steps, rates = rates_on_the_ravine(Adam(), 50, last_step=20)

    assert steps[-1] == 20
    assert np.array_equal(rates, rates_on_the_ravine(Adam(), 50)[1][:20])


# Interruptible, and wrong input


def test_a_long_replay_gives_way_and_says_how_far_it_is():
    run = Run(optimizer=Adam(), learning_rate=0.01, batch_size="all")
    network = Network(dataset=Digits(), hidden=(64,), loss="cross_entropy")
    experiment = Experiment(problem=network, runs=(run,), budget=Budget(amount=60))

    work = inspecting(experiment, 0, 0, 60)
    first, second = next(work), next(work)
    work.close()

    assert 0 <= first <= second < 60
    followed = following_learning_rates(experiment, 0, 0, [0])
    assert 0 <= next(followed) < 60
    followed.close()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"run": 7}, "run"),
        ({"run": -1}, "run"),
        ({"step": 0}, "step"),
        ({"step": 16}, "step"),
    ],
)
def test_there_is_no_such_step(arguments, field):
    with pytest.raises(InvalidInput) as refused:
        inspecting(EXPERIMENTS["network"], **{"run": 0, "seed": 5, "step": 1, **arguments})

    assert (refused.value.code, refused.value.field) == ("out_of_range", field)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"run": 7}, "run"),
        ({"parameters": [0, 34]}, "parameters.1"),
        ({"parameters": [-1]}, "parameters.0"),
        ({"last_step": 16}, "last_step"),
        ({"last_step": 0}, "last_step"),
    ],
)
def test_there_are_no_such_rates(arguments, field):
    call = {"run": 0, "seed": 5, "parameters": [0], **arguments}
    with pytest.raises(InvalidInput) as refused:
        following_learning_rates(EXPERIMENTS["network"], **call)

    assert (refused.value.code, refused.value.field) == ("out_of_range", field)


@pytest.mark.parametrize("parameter", [-1, 31])
def test_there_is_no_such_parameter(parameter):
    with pytest.raises(InvalidInput) as refused:
        inspect(EXPERIMENTS["network"], 0, 5, 1).terms(parameter)

    assert refused.value.field == "parameter"
