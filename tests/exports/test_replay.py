"""The files that a replay reads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exports.replay
from charts.theme import RunStyle
from engine import Budget, Experiment, Function, Network, Run, batches, data, fit, initial_params
from engine.problems.datasets import Blobs, Line
from engine.rules import SGD, Adam
from exports.replay import batches_csv, data_csv, histories_csv, noise_csv, start_csv
from exports.tables import read_csv
from tests.strategies import small_experiments


def runs(*sizes):
    return [Run(optimizer=SGD(), learning_rate=0.1, batch_size=size) for size in sizes]


def test_the_rows_are_those_the_network_sees():
    experiment = Experiment(problem=Network(standardize=True), runs=runs(32))
    table, rows = read_csv(data_csv(experiment), ["part"]), data(experiment)

    training = [part == "training" for part in table["part"]]
    assert sum(training) == len(rows.training_inputs)
    inputs = np.array([table["input_1"], table["input_2"]]).T
    np.testing.assert_array_equal(inputs[training], rows.training_inputs)
    np.testing.assert_array_equal(inputs[np.invert(training)], rows.validation_inputs)
    np.testing.assert_array_equal(np.array(table["class"])[training], rows.training_targets)


def test_targets_of_a_regression_have_their_columns():
    table = read_csv(
        data_csv(Experiment(problem=Network(dataset=Line(), loss="mean_squared_error"))), ["part"]
    )

    assert list(table) == ["part", "input_1", "target_1"]


def test_more_rows_than_anyone_reads_are_left_out():
    big = Blobs(rows=60_000, features=784)

    assert (
        data_csv(
            Experiment(problem=Network(dataset=big, hidden=(), loss="cross_entropy"), runs=runs(32))
        )
        is None
    )


@pytest.mark.parametrize("bias", [True, False])
def test_the_start_is_layer_by_layer_in_the_order_of_a_lane(bias):
    experiment = Experiment(problem=Network(bias=bias), seeds=(5, 2))
    table = read_csv(start_csv(experiment), ["input"])

    for seed in (5, 2):
        np.testing.assert_array_equal(table[f"seed_{seed}"], initial_params(experiment, seed))
    assert table["layer"] == sorted(table["layer"])
    assert table["input"].count("bias") == (8 + 8 + 1 if bias else 0)
    assert list(zip(table["unit"], table["input"], strict=True))[:2] == [(1, "1"), (1, "2")]


def test_the_start_of_a_function():
    table = read_csv(start_csv(Experiment(problem=Function())), ["parameter"])

    assert table == {"parameter": ["x", "y"], "seed_0": [-7.0, 2.0]}


def test_the_noise_is_that_of_the_training():
    """With SGD the updates are rate x (gradient + noise), so the path gives the noise away."""
    problem = Function(noise=0.5, noise_seed=3)
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")
    budget = Budget(amount=20, unit="iterations")
    experiment = Experiment(problem=problem, runs=[run], budget=budget, seeds=(4, 1))
    table = read_csv(noise_csv(experiment))
    path = fit(experiment).runs[0].params

    noise = np.array([table["noise_x"], table["noise_y"]]).T.reshape(2, 20, 2)
    for position in range(2):
        places = path[position]
        steps = (places[:-1] - places[1:]) / 0.1
        np.testing.assert_allclose(
            steps - problem.function.gradient(places[:-1]), noise[position], atol=1e-12
        )
    assert noise_csv(Experiment(problem=Function())) is None
    assert noise_csv(Experiment()) is None


def test_batches_are_the_engine_s():
    experiment = Experiment(runs=runs(100, "all", 100), budget=Budget(amount=2), seeds=(3, 4))
    content, complete = batches_csv(experiment)
    table = read_csv(content, ["rows"])
    lines = list(zip(*table.values(), strict=True))

    assert complete
    for number, position in ((1, 0), (2, 1)):
        for seed in (3, 4):
            mine = [line[3] for line in lines if line[:2] == (number, seed)]
            expected = batches(experiment, experiment.groups()[number - 1][0], seed)
            assert [list(map(int, rows.split())) for rows in mine] == [b.tolist() for b in expected]
            assert position in experiment.groups()[number - 1]


def test_a_long_training_has_its_first_batches(monkeypatch):
    monkeypatch.setattr(exports.replay, "NUMBERS", 1_000)
    content, complete = batches_csv(Experiment(runs=runs(100)))

    assert not complete
    assert read_csv(content, ["rows"])["iteration"] == list(range(1, 11))


def test_a_large_network_has_the_start_of_its_first_seeds(monkeypatch):
    monkeypatch.setattr(exports.replay, "NUMBERS", 250)
    table = read_csv(start_csv(Experiment(seeds=(1, 2, 3))), ["input"])

    assert [name for name in table if name.startswith("seed")] == ["seed_1", "seed_2"]


@given(small_experiments())
@settings(max_examples=10)
def test_histories_hold_every_recorded_number(experiment):
    history = fit(experiment)
    styles = [RunStyle(f"={number}", number) for number in range(len(history.runs))]
    table = read_csv(histories_csv(history, styles), ["run", "quantity"])
    rows = {name: np.array(column) for name, column in table.items()}

    recorded = 0
    for number, run in enumerate(history.runs, 1):
        for position, seed in enumerate(experiment.seeds):
            chosen = (rows["number"] == number) & (rows["seed"] == seed)
            chosen &= rows["quantity"] == "training_loss"
            assert set(rows["run"][chosen]) == {f"={number - 1}"}
            np.testing.assert_array_equal(rows["step"][chosen], run.training_loss.steps)
            np.testing.assert_array_equal(rows["value"][chosen], run.training_loss.last[position])
        names = [name for name, _series in exports.replay.recorded(run)]
        recorded += sum(len(getattr(run, name).steps) for name in names)
    assert len(rows["value"]) == recorded * len(experiment.seeds)


def test_a_row_that_stands_for_several_steps_says_so():
    run = Run(optimizer=Adam(), learning_rate=0.01, batch_size="all")
    budget = Budget(amount=900, unit="iterations")
    history = fit(Experiment(problem=Function(), runs=[run], budget=budget, seeds=tuple(range(30))))
    table = read_csv(histories_csv(history, [RunStyle("Adam", 0)]), ["run", "quantity"])
    rows = {name: np.array(column) for name, column in table.items()}
    chosen = (rows["quantity"] == "batch_loss") & (rows["seed"] == 0)
    series = history.runs[0].batch_loss

    assert series.width > 1
    assert set(rows["steps"][chosen]) == {series.width}
    for name in ("first", "minimum", "mean", "maximum"):
        np.testing.assert_array_equal(rows[name][chosen], getattr(series, name)[0])


@given(st.integers(1, 400), st.integers(0, 3))
@settings(max_examples=10)
def test_any_batch_size(size, seed):
    problem = Network(dataset=Blobs(rows=400), loss="cross_entropy", validation_share=0.0)
    experiment = Experiment(
        problem=problem, runs=runs(size), budget=Budget(amount=1), seeds=(seed,)
    )
    table = read_csv(batches_csv(experiment)[0], ["rows"])

    seen = sorted(int(row) for rows in table["rows"] for row in rows.split())
    assert seen == list(range(400))
