"""When is evaluated, and what of it is recorded: even in the unit that is compared."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Budget, Experiment, Function, Network, Run, Stopping, Sweep, fit, score
from engine.counts import Counts
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam
from engine.training import records
from engine.training.records import (
    due_steps,
    even_steps,
    most_evaluated,
    most_recorded,
    part_size,
)
from tests.strategies import small_experiments

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

MOONS = Network(dataset=TwoMoons(rows=60, noise=0.3), hidden=(3,))  # 45 rows to train on
SIZES = (1, 4, 7, 32, 45, "all")
LASTS = st.sampled_from(("kept", "dropped"))


def run_of(batch_size, rate=0.3, **fields):
    return Run(optimizer=SGD(), learning_rate=rate, batch_size=batch_size, **fields)


def compared(unit, amount, *runs, **fields):
    budget = Budget(amount=amount, unit=unit)
    return Experiment(problem=MOONS, runs=runs, budget=budget, **fields)


# The grid


@given(st.integers(1, 600_000_000), st.sampled_from(SIZES), LASTS)
def test_iterations_are_divided_into_200_parts_or_each_is_recorded(amount, size, last):
    run = run_of(size, last_batch=last)

    steps = list(even_steps(compared("iterations", amount, run), run))

    assert (steps[0], steps[-1], len(steps)) == (0, amount, 1 + min(amount, 200))
    gaps = np.diff(steps)
    assert gaps.min() >= 1
    assert gaps.max() - gaps.min() <= 1


@given(st.integers(1, 100_000), st.sampled_from(SIZES), LASTS)
def test_rows_are_divided_into_200_parts_each_reached_by_its_first_step(amount, size, last):
    run = run_of(size, last_batch=last)
    experiment = compared("rows_seen", amount, run)
    counts, parts = experiment.counts(run), min(amount, 200)
    aims = [part * amount / parts for part in range(parts + 1)]

    steps = list(even_steps(experiment, run))

    assert steps[0] == 0
    assert steps[-1] == experiment.iterations(run)
    reached = [next(step for step in steps if counts.rows_seen(step) >= aim) for aim in aims]
    assert sorted(set(reached)) == steps
    for step, aim in zip(reached[1:], aims[1:], strict=True):
        assert counts.rows_seen(step - 1) < aim


@given(st.integers(1, 50), st.sampled_from(SIZES), LASTS)
def test_epochs_are_recorded_at_their_ends(amount, size, last):
    run = run_of(size, last_batch=last)
    experiment = compared("epochs", amount, run)
    per_epoch = experiment.counts(run).per_epoch

    assert list(even_steps(experiment, run)) == [per_epoch * epoch for epoch in range(amount + 1)]


@pytest.mark.parametrize("unit", ["epochs", "iterations", "rows_seen"])
def test_every_step_of_a_test_function_is_recorded(unit):
    experiment = Experiment(
        problem=Function(), runs=(run_of("all"),), budget=Budget(amount=321, unit=unit)
    )

    assert list(even_steps(experiment, experiment.runs[0])) == list(range(322))
    assert part_size(experiment) == 1


def test_the_longest_grid_takes_no_memory():
    experiment = Experiment(
        problem=Function(),
        runs=(run_of("all"),),
        budget=Budget(amount=600_000_000, unit="iterations"),
        record_every=7,
    )

    first = itertools.islice(due_steps(experiment, experiment.runs[0]), 3)

    assert [due.step for due in first] == [0, 1, 2]


def test_part_of_a_budget_is_told_in_its_unit():
    sizes = {(unit, amount): part_size(compared(unit, amount, run_of(1))) for unit, amount in [
        ("iterations", 600), ("iterations", 100), ("rows_seen", 900), ("epochs", 600)
    ]}  # fmt: skip

    assert list(sizes.values()) == [3, 1, 4.5, 1]


# What is due


@given(
    st.sampled_from(("epochs", "iterations", "rows_seen", "gradients")),
    st.integers(1, 30),
    st.sampled_from(SIZES),
    st.none() | st.integers(1, 40),
    st.none() | st.integers(1, 5),
    LASTS,
)
def test_the_grid_and_every_kth_are_recorded_and_patience_looks_at_epochs(
    unit, amount, size, every, patience, last
):
    run = run_of(size, last_batch=last)
    stopping = Stopping(patience=patience)
    experiment = compared(unit, amount, run, record_every=every, stopping=stopping)
    total, per_epoch = experiment.iterations(run), experiment.counts(run).per_epoch
    even = set(even_steps(experiment, run))
    asked = set() if every is None else set(range(0, total + 1, every))
    epochs = set() if patience is None else set(range(0, total + 1, per_epoch))

    dues = list(due_steps(experiment, run))

    assert [due.step for due in dues] == sorted(even | asked | epochs)
    assert {due.step for due in dues if due.is_even} == even
    assert {due.step for due in dues if due.is_recorded} == even | asked
    assert len(even | asked) <= most_recorded(experiment, run) <= total + 1
    assert len(dues) <= most_evaluated(experiment, run) <= total + 1


# Trainings


@pytest.mark.parametrize("amount", [150, 303])
def test_equal_iterations_give_every_batch_size_equally_many_points(amount):
    experiment = compared("iterations", amount, *map(run_of, SIZES))

    runs = fit(experiment).runs

    for run in runs:
        assert run.training_loss.steps.tolist() == runs[0].training_loss.steps.tolist()
        assert run.params_steps.tolist() == runs[0].training_loss.steps.tolist()
    assert len(runs[0].training_loss.steps) == 1 + min(amount, 200)


@pytest.mark.parametrize(("unit", "amount"), [("iterations", 250), ("rows_seen", 700)])
def test_what_is_recorded_are_values_of_the_training_that_records_every_step(unit, amount):
    experiment = compared(unit, amount, *map(run_of, SIZES), seeds=(3, 1))
    whole = fit(experiment.model_copy(update={"record_every": 1}))

    for run, every in zip(fit(experiment).runs, whole.runs, strict=True):
        for name in ("batch_loss", "batch_gradient_norm", "update_norm"):
            assert np.array_equal(getattr(run, name).last, getattr(every, name).last)
        steps = run.training_loss.steps  # of ``every``, each step is a column
        for name in ("training_loss", "validation_loss", "training_score", "validation_score"):
            assert np.array_equal(getattr(run, name).last, getattr(every, name).last[:, steps])
        assert np.array_equal(run.params, every.params[:, run.params_steps])


def test_the_grid_of_a_shorter_budget_agrees_at_common_steps():
    shorter, longer = (
        fit(compared("iterations", amount, *map(run_of, SIZES))).runs for amount in (240, 300)
    )

    for short, long in zip(shorter, longer, strict=True):
        common, one, other = np.intersect1d(
            short.training_loss.steps, long.training_loss.steps, return_indices=True
        )
        assert len(common) > 120
        assert np.array_equal(short.training_loss.last[:, one], long.training_loss.last[:, other])


@pytest.mark.parametrize(("unit", "amount"), [("iterations", 233), ("rows_seen", 609)])
def test_the_grid_of_a_run_does_not_depend_on_other_runs(unit, amount):
    experiment = compared(unit, amount, run_of(1), run_of(7), run_of(7, 1e7), run_of("all"))
    together = fit(experiment)

    for position, run in enumerate(experiment.runs):
        alone = fit(experiment.model_copy(update={"runs": (run,)}))
        assert together.runs[position].digest() == alone.runs[0].digest()


# Patience, whose epochs end between the steps of a coarse grid


@pytest.fixture
def coarse(monkeypatch):
    monkeypatch.setattr(records, "EVEN_PARTS", 5)


def impatient(**fields):
    """Runs of which some stop improving, each at its own epoch."""
    runs = [run_of(7, rate) for rate in (0.3, 3.0, 30.0)]
    runs.append(Run(optimizer=Adam(), learning_rate=0.5, batch_size=20))
    stopping = Stopping(patience=2)
    return compared("iterations", 222, *runs, stopping=stopping, **fields)


@pytest.mark.usefixtures("coarse")
def test_patience_decides_at_the_end_of_the_same_epoch_whatever_is_recorded():
    few, all_of_them = (fit(impatient(seeds=(0, 1, 2), record_every=every)) for every in (None, 1))

    ended_between = 0
    for run, whole in zip(few.runs, all_of_them.runs, strict=True):
        assert run.status == whole.status
        assert run.last_step.tolist() == whole.last_step.tolist()
        assert np.array_equal(run.params[:, -1], whole.params[:, -1])
        ends = {int(step) for step in run.last_step}
        ended_between += len(ends - set(even_steps(few.experiment, few.experiment.runs[0])))
    assert ended_between > 2


@pytest.mark.usefixtures("coarse")
def test_epochs_that_patience_looks_at_are_recorded_only_where_a_seed_of_the_run_ends():
    experiment = impatient(seeds=(0, 1, 2))
    history = fit(experiment)
    whole = fit(experiment.model_copy(update={"record_every": 1}))

    for run, spec, every in zip(history.runs, experiment.runs, whole.runs, strict=True):
        last = int(run.last_step.max())
        grid = {step for step in even_steps(experiment, spec) if step < last}
        steps = run.training_loss.steps
        assert steps.tolist() == sorted(grid | set(run.last_step.tolist()))
        assert np.array_equal(
            run.validation_loss.last, every.validation_loss.last[:, steps], equal_nan=True
        )
        assert run.params_steps.tolist() == sorted(grid | {last})


@UNTRACED
@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("every", [None, 31])
def test_runs_that_end_between_the_steps_of_the_grid_are_bit_equal_alone(every):
    experiment = impatient(seeds=(0, 1), record_every=every)
    together = fit(experiment)

    for position, run in enumerate(experiment.runs):
        alone = fit(experiment.model_copy(update={"runs": (run,)}))
        assert together.runs[position].digest() == alone.runs[0].digest()


@UNTRACED
@pytest.mark.usefixtures("coarse")
def test_scores_of_a_seed_do_not_depend_on_other_seeds():
    experiment, targets = impatient(seeds=(0, 1, 2)), (0.2, 0.4)
    together, history = score(experiment, targets), fit(experiment)

    for number, seed in enumerate(experiment.seeds):
        alone = score(experiment.model_copy(update={"seeds": (seed,)}), targets)
        for many, one, run in zip(together.runs, alone.runs, history.runs, strict=True):
            assert many.validation_loss.best[number] == one.validation_loss.best[0]
            assert many.validation_loss.final[number] == one.validation_loss.final[0]
            assert many.validation_loss.final[number] == run.validation_loss.final[number]
            assert many.first_steps[:, number].tolist() == one.first_steps[:, 0].tolist()
            assert many.last_step[number] == run.last_step[number]


@UNTRACED
@pytest.mark.usefixtures("coarse")
def test_target_is_looked_at_where_it_is_recorded_with_patience_or_without():
    plain = compared("iterations", 222, run_of(7), stopping=Stopping(target_loss=0.3))
    patient = plain.model_copy(update={"stopping": Stopping(target_loss=0.3, patience=40)})

    ended, expected = fit(patient).runs[0], fit(plain).runs[0]

    assert expected.status == ("target_loss",)
    assert ended.digest() == expected.digest()


@UNTRACED
@given(small_experiments())
def test_any_experiment_is_recorded_evenly(experiment):
    whole = fit(experiment)
    for run, spec in zip(whole.runs, experiment.runs, strict=True):
        last = int(run.last_step.max())
        due = [due.step for due in due_steps(experiment, spec) if due.is_recorded]
        expected = {step for step in due if step <= last} | set(run.last_step.tolist())
        assert set(run.training_loss.steps.tolist()) <= expected
        assert {step for step in due if step <= last} <= set(run.training_loss.steps.tolist())


def test_counts_of_the_moons_are_as_the_tests_above_need_them():
    assert Counts(45, 7).per_epoch == 7
    assert MOONS.training_rows == 45


# A sweep that looks less often


@pytest.mark.parametrize("unit", ["epochs", "iterations", "rows_seen"])
@pytest.mark.parametrize("amount", [3, 40, 333])
def test_a_sweep_may_look_less_often_and_ends_alike(unit, amount):
    runs = (run_of(7), run_of("all"))
    usual = Sweep.model_validate(compared(unit, amount, *runs, seeds=(0, 1)).model_dump())
    seldom = usual.model_copy(update={"looks": 5})

    for run in runs:
        steps = list(even_steps(seldom, run))
        assert len(steps) <= 6
        assert steps[-1] == seldom.iterations(run)
        assert most_recorded(seldom, run) <= most_recorded(usual, run)
    for one, other in zip(score(usual).runs, score(seldom).runs, strict=True):
        np.testing.assert_array_equal(one.final_loss, other.final_loss)


def test_a_sweep_that_looks_as_usual_keeps_its_key():
    sweep = Sweep.model_validate(compared("epochs", 3, run_of(7)).model_dump())

    assert "looks" not in sweep.key
    assert "looks" in sweep.model_copy(update={"looks": 2}).key


def test_a_function_is_looked_at_at_every_step():
    fields = {"problem": Function(), "budget": Budget(amount=9, unit="iterations"), "looks": 2}
    run = run_of("all")

    assert list(even_steps(Sweep(runs=[run], **fields), run)) == list(range(10))
