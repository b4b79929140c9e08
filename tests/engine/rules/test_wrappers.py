"""Rules around another rule: what they do to it, and which rules may stand inside."""

from itertools import pairwise

import numpy as np
import pytest

from engine import Budget, Experiment, Function, InvalidInput, Network, Run, fit, minimize
from engine.problems.datasets import TwoMoons
from engine.problems.functions import Rosenbrock
from engine.rules import RULES, SAM, SGD, Lookahead, choices, validated
from engine.rules.wrappers import INNER
from tests.engine.contract import directions, follow, moment_of, run_of

EVERY_INNER = pytest.mark.parametrize("inner", INNER.values(), ids=INNER)
SETTING = {"learning_rate": 1e-3, "steps": 60}


def on_rosenbrock(rule, learning_rate, steps):
    return minimize(Rosenbrock().gradient, [-1.2, 1.0], rule, learning_rate, steps)


# Which rules


def test_every_rule_that_asks_for_one_gradient_of_one_coordinate_may_stand_inside():
    """A module with such rules that is missing in ``engine.rules.wrappers`` shows here."""
    fitting = {
        rule.name: rule
        for rule in RULES
        if rule.couples == "nothing"
        and not rule.needs
        and rule().gradients_per_update == 1
        and rule().reports_its_params
        and "inner" not in choices(rule)
    }

    assert dict(INNER) == fitting


@pytest.mark.parametrize("rule", [Lookahead, SAM])
def test_no_other_rule_is_taken(rule):
    for inner in ("lookahead", "sam", "l_bfgs", "newton", "no_rule"):
        with pytest.raises(InvalidInput) as caught:
            validated(rule(inner=inner))
        assert (caught.value.code, caught.value.field) == ("unknown_choice", "inner")
        assert caught.value.limits == tuple(INNER)


@pytest.mark.parametrize("rule", [Lookahead, SAM])
@EVERY_INNER
def test_slots_are_those_of_the_inner_rule_and_its_own(rule, inner):
    own = [slot.name for slot in rule(inner=inner.name).slots]

    assert own == [slot.name for slot in inner().slots] + ["lead"] * (rule is Lookahead)


def test_runs_around_different_rules_train_together_as_if_alone():
    kinds = [
        rule(inner=inner) for rule in (Lookahead, SAM) for inner in ("sgd", "adam", "momentum")
    ]
    runs = tuple(Run(optimizer=kind, learning_rate=0.05, batch_size=9) for kind in kinds)
    problem = Network(dataset=TwoMoons(rows=40), hidden=(3,))
    budget = Budget(amount=12, unit="iterations")
    experiment = Experiment(problem=problem, runs=runs, budget=budget, seeds=(0, 1))

    for position, run in enumerate(fit(experiment).runs):
        alone = experiment.model_copy(update={"runs": (runs[position],)})
        assert run.digest() == fit(alone).runs[0].digest()


# Lookahead


@EVERY_INNER
def test_lookahead_that_keeps_the_whole_way_is_the_inner_rule(inner):
    np.testing.assert_allclose(
        on_rosenbrock(Lookahead(inner=inner.name, share=1.0), **SETTING),
        on_rosenbrock(inner(), **SETTING),
        rtol=1e-12,
    )


def test_lookahead_over_sgd_that_goes_back_every_time_is_sgd_at_a_share_of_the_rate():
    actual = on_rosenbrock(Lookahead(inner="sgd", period=1, share=0.3), 1e-3, 50)

    np.testing.assert_allclose(actual, on_rosenbrock(SGD(), 3e-4, 50), rtol=1e-12)


@EVERY_INNER
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_lookahead_is_an_inner_rule_that_is_moved_back_and_forgets_nothing(inner, share):
    rng = np.random.default_rng(3)
    stream, start = rng.normal(size=(12, 1, 4)), rng.normal(size=(1, 4))
    rule, rates = Lookahead(inner=inner.name, period=4, share=share), np.linspace(0.2, 0.1, 12)

    fast, slow = start.copy(), start.copy()
    state = tuple(np.zeros((1, 4)) for _ in inner().slots)
    expected = [fast]
    for step, (grads, rate) in enumerate(zip(stream, rates, strict=True), start=1):
        direction, state = inner().direction(moment_of(grads, fast, step), state)
        fast = fast - rate * direction
        if step % 4 == 0:
            fast = slow = slow + share * (fast - slow)
        expected.append(fast)

    actual = follow([rule], stream, start, rates)
    np.testing.assert_allclose(actual[:, 0], np.concatenate(expected), rtol=1e-12, atol=1e-14)


def test_over_a_constant_slope_half_of_the_way_is_given_back():
    actual = minimize(np.ones_like, [0.0], Lookahead(inner="sgd"), 1.0, 20)[:, 0]

    assert actual[[5, 10, 15, 20]].tolist() == [-2.5, -5.0, -7.5, -10.0]
    assert actual[4] == -4.0


# SAM


@EVERY_INNER
def test_sam_without_a_radius_is_the_inner_rule(inner):
    actual = on_rosenbrock(SAM(inner=inner.name, radius=0.0), **SETTING)

    np.testing.assert_allclose(actual, on_rosenbrock(inner(), **SETTING), rtol=1e-12)


def test_sam_asks_for_the_gradient_a_radius_uphill_of_all_parameters_together():
    asked = []

    def gradient(points):
        asked.append(points[0].copy())
        return points * [3.0, 4.0]

    path = minimize(gradient, [1.0, 1.0], SAM(radius=0.5), 0.1, 1)

    np.testing.assert_allclose(asked, [[1.0, 1.0], [1.3, 1.4]], rtol=1e-12)
    np.testing.assert_allclose(path[1], [1 - 0.39, 1 - 0.56], rtol=1e-12)


@pytest.mark.parametrize(("curvature", "rate", "radius"), [(1.0, 0.5, 0.05), (4.0, 0.1, 1.0)])
def test_sam_over_sgd_ends_in_a_cycle_of_two_around_a_minimum(curvature, rate, radius):
    path = minimize(lambda x: curvature * x, [1.7], SAM(radius=radius), rate, 400)[-6:, 0]

    expected = rate * curvature * radius / (2 - rate * curvature)
    np.testing.assert_allclose(np.abs(path), expected, rtol=1e-9)
    assert all(before * after < 0 for before, after in pairwise(path))


def test_sam_takes_two_gradients_per_update_and_a_budget_of_gradients_half_as_many_updates():
    runs = (run_of(SGD(), 0.01, batch_size="all"), run_of(SAM(), 0.01, batch_size="all"))
    budget = Budget(amount=40, unit="gradients")

    plain, sam = fit(Experiment(problem=Function(), runs=runs, budget=budget)).runs

    assert (plain.last_step[0], sam.last_step[0]) == (40, 20)
    assert {SAM(inner=inner).gradients_per_update for inner in INNER} == {2}


def test_sam_stays_where_there_is_no_gradient():
    assert not directions(SAM(), np.zeros((3, 2))).any()
    assert minimize(np.zeros_like, [1.0, 2.0], SAM(), 0.5, 3).tolist() == [[1.0, 2.0]] * 4
