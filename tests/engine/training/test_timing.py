"""Seconds of runs trained alone, on a clock that the tests turn themselves."""

from types import SimpleNamespace

import numpy as np
import pytest

import engine.training.timing
from engine import Budget, Experiment, Network, Run, Stopping, fit, timed, train
from engine.problems.datasets import Line, TwoMoons
from engine.rules import SGD, Adam
from engine.work import Task

RUNS = (
    Run(optimizer=SGD(), learning_rate=0.1, batch_size=4),
    Run(optimizer=SGD(), learning_rate=0.2, batch_size=4),
    Run(optimizer=Adam(), learning_rate=0.01, batch_size=4),
    Run(optimizer=SGD(), learning_rate=0.1, batch_size="all"),
)
PROBLEM = Network(dataset=TwoMoons(rows=40), hidden=(3,), validation_share=0.0)
SETUP, UPDATE, EVALUATION = 0.02, {"sgd": 1e-4, "adam": 3e-4}, 5e-4


class Machine:
    """Trainings that take what they are said to take; the n-th takes so many times as long."""

    def __init__(self, monkeypatch, factor=lambda _number: 1.0):
        self.now, self.trained, self._factor = 0.0, [], factor
        clock = SimpleNamespace(thread_time=lambda: self.now, perf_counter=lambda: self.now)
        monkeypatch.setattr(engine.training.timing, "time", clock)
        monkeypatch.setattr(engine.training.timing, "train", self.train)
        monkeypatch.setattr(engine.training.timing, "_MOST_TURNS", 25)

    def train(self, experiment):
        (run,), epochs = experiment.runs, experiment.budget.amount
        self.trained.append(experiment)
        updates = epochs * experiment.counts(run).per_epoch * UPDATE[run.optimizer.name]
        taken = SETUP + updates + (1 + epochs) * EVALUATION
        yield
        self.now += taken * self._factor(len(self.trained))


@pytest.fixture(scope="module")
def history():
    return fit(Experiment(problem=PROBLEM, runs=RUNS, budget=Budget(amount=3), seeds=(0, 1)))


def test_an_update_takes_its_share_of_the_evaluations_and_none_of_the_setup(history, monkeypatch):
    Machine(monkeypatch)
    runs = timed(history).runs

    epochs = 10 * 1e-4 + EVALUATION, 10 * 3e-4 + EVALUATION, 1e-4 + EVALUATION
    expected = [epochs[0] / 10, epochs[0] / 10, epochs[1] / 10, epochs[2]]
    assert [run.seconds_per_update for run in runs] == pytest.approx(expected)
    assert [run.seconds_spread for run in runs] == pytest.approx([0] * 4, abs=1e-12)
    assert [run.seconds_alone for run in runs] == pytest.approx(
        [3 * epochs[0], 3 * epochs[0], 3 * epochs[1], 3 * epochs[2]]
    )


def test_runs_of_one_rule_and_batch_size_are_timed_once_and_in_turns(history, monkeypatch):
    machine = Machine(monkeypatch)
    timed(history)

    order = [experiment.runs[0] for experiment in machine.trained]
    kinds = [(run.optimizer.name, run.batch_size) for run in order]
    turns = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]
    assert turns == [("sgd", 4), ("adam", 4), ("sgd", "all")] * 5
    assert {len(experiment.seeds) for experiment in machine.trained} == {1}


def test_a_turn_that_was_disturbed_changes_nothing_but_the_spread(history, monkeypatch):
    """Every eleventh training takes five times as long."""
    Machine(monkeypatch)
    calm = timed(history).runs
    Machine(monkeypatch, lambda number: 5.0 if number % 11 == 0 else 1.0)
    disturbed = timed(history).runs

    for one, other in zip(calm, disturbed, strict=True):
        assert other.seconds_per_update == pytest.approx(one.seconds_per_update)


def test_what_varies_too_much_is_not_told(history, monkeypatch):
    generator = np.random.default_rng(0)
    Machine(monkeypatch, lambda _number: generator.lognormal(sigma=2))
    actual = timed(history)

    assert {run.seconds_per_update for run in actual.runs} == {None}
    assert {run.seconds_alone for run in actual.runs} == {None}
    assert actual.is_timed  # nobody need try again


def test_what_takes_too_long_is_not_told(history, monkeypatch):
    machine = Machine(monkeypatch, lambda _number: 40.0)
    actual = timed(history)

    assert {run.seconds_per_update for run in actual.runs} == {None}
    assert machine.now < 2 * engine.training.timing._ALL_SECONDS


def test_a_long_epoch_is_not_tried(history, monkeypatch):
    machine = Machine(monkeypatch)
    monkeypatch.setattr(engine.training.timing, "_LONGEST_SECONDS", 0.0)
    actual = timed(history)

    assert machine.trained == []
    assert {run.seconds_alone for run in actual.runs} == {None}


def test_seconds_are_those_of_a_runs_own_updates(monkeypatch):
    """A run that diverges after some updates is not given the time of the whole budget."""
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size=32) for rate in (3.0, 0.1)]
    problem = Network(dataset=Line(), hidden=(), loss="mean_squared_error")
    trained = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=500)))
    Machine(monkeypatch)
    diverged, whole = timed(trained).runs

    assert diverged.status == ("diverged",)
    assert diverged.seconds_per_update == whole.seconds_per_update
    assert whole.last_step[0] > 10 * diverged.last_step[0] > 0
    for run in (diverged, whole):
        assert run.seconds_alone == run.seconds_per_update * run.last_step[0]


def test_a_training_that_was_stopped_is_not_timed():
    training = train(Experiment(problem=PROBLEM, runs=RUNS, budget=Budget(amount=10_000)))
    stopped = next(training).history()

    assert timed(stopped) is stopped


def test_a_real_timing_gives_way_and_leaves_the_result_as_it_is(monkeypatch):
    monkeypatch.setattr(engine.training.timing, "_FEWEST_TURNS", 1)
    monkeypatch.setattr(engine.training.timing, "_MOST_TURNS", 1)
    stopping = Stopping(gradient_norm=1e-9, target_loss=1e-9)
    experiment = Experiment(
        problem=PROBLEM, runs=RUNS[:1], budget=Budget(amount=20), stopping=stopping
    )
    history = fit(experiment)
    work, pauses = Task(engine.training.timing.time_alone(history)), 0
    while work.go_on():
        pauses += 1
    actual = work.result

    assert actual.digest() == history.digest()
    assert actual.is_timed
    assert timed(actual) is actual
