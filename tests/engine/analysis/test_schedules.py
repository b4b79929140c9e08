"""The factors that are drawn are those that the updates had."""

import numpy as np
import pytest

from comparison.words.schedules import SCHEDULED
from comparison.words.worked import worked
from engine import Budget, Experiment, Network, Run, fit, inspect
from engine.analysis.schedules import schedule_factors
from engine.problems.datasets import TwoMoons
from engine.rules import SGD
from engine.rules.schedules import Constant, Cosine, OneCycle, ReduceOnPlateau, Step

SCHEDULES = {
    "constant": Constant(),
    "warm-up": Constant(warm_up=3.0),
    "cosine": Cosine(),
    "steps": Step(every=2.0, decay=0.5),
    "one cycle": OneCycle(),
    "plateau": ReduceOnPlateau(patience=0, decay=0.5, threshold=0.3, warm_up=2.0),
}


def trained(schedule, amount=6, unit="epochs"):
    run = Run(optimizer=SGD(), learning_rate=0.5, batch_size=10, schedule=schedule)
    problem = Network(dataset=TwoMoons(rows=40), hidden=(2,))
    budget = Budget(amount=amount, unit=unit)
    return fit(Experiment(problem=problem, runs=[run], budget=budget, seeds=(3, 4)))


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_factor_is_that_of_the_update_in_every_seed(schedule):
    history = trained(schedule)
    steps = np.arange(1, 19)
    factors = schedule_factors(history, 0, steps)

    expected = [
        [inspect(history.experiment, 0, seed, int(step)).learning_rate / 0.5 for step in steps]
        for seed in (3, 4)
    ]
    np.testing.assert_allclose(factors, expected, rtol=1e-15)
    if schedule == SCHEDULES["plateau"]:
        assert len(set(factors[:, -1]) - {1.0}) > 0


def test_a_step_taken_apart_tells_the_rate_of_the_run_from_the_factor_of_its_update():
    history = trained(SCHEDULES["steps"])
    seen = inspect(history.experiment, 0, 3, 10)  # of three updates an epoch
    terms = dict(seen.terms(0))

    assert seen.schedule_factor == 0.5
    assert (terms[r"\eta_0"], terms["f_t"], terms[r"\eta"]) == (0.5, 0.5, 0.25)
    assert worked(SCHEDULED, seen.terms(0)) == [r"\eta = \eta_0\,f_t = {0.5} \cdot {0.5} = 0.25"]
    constant = inspect(trained(Constant()).experiment, 0, 3, 10)
    assert constant.schedule_factor is None
    assert "f_t" not in dict(constant.terms(0))


def test_a_plateau_is_not_guessed_where_the_ends_of_epochs_were_not_recorded():
    history = trained(SCHEDULES["plateau"], amount=2_000, unit="iterations")

    assert schedule_factors(history, 0, np.arange(1, 5)) is None


def test_nothing_is_said_beyond_the_end_of_a_seed():
    history = trained(Cosine())

    assert np.isnan(schedule_factors(history, 0, np.array([19]))).all()
