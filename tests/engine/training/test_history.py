"""What a history says, computed again from parameters, rows and plain formulas."""

import dataclasses

import numpy as np
import pytest

from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Run,
    Stopping,
    batches,
    data,
    fit,
    initial_params,
    layers,
)
from engine.problems.datasets import Blobs, Iris, Line, Penguins, SingleRow, TwoMoons
from engine.problems.functions import Ravine
from engine.rules import SGD, Adagrad, Adam, Momentum
from engine.training.history import History, RunHistory, Series
from tests.engine import plain

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

PROBLEMS = {
    "two classes": Network(dataset=TwoMoons(rows=40), hidden=(5,), l2=0.02),
    "three classes": Network(
        dataset=Blobs(rows=40), hidden=(4, 3), loss="cross_entropy", activation="relu"
    ),
    "squared error of classes": Network(
        dataset=Blobs(rows=40), hidden=(4,), loss="half_sum_of_squares", output_activation="sigmoid"
    ),
    "line": Network(dataset=Line(rows=30), hidden=(), loss="mean_squared_error", bias=False),
    "scaled targets": Network(
        dataset=Penguins(),
        hidden=(3,),
        loss="half_mean_squared_error",
        standardize=True,
        standardize_targets=True,
        l2=0.1,
    ),
}
RUNS = (
    Run(optimizer=Adam(), learning_rate=0.05, batch_size=7),
    Run(optimizer=SGD(), learning_rate=0.1, batch_size=7, last_batch="dropped"),
    Run(optimizer=Adagrad(), learning_rate=0.1, batch_size="all", sampling="replacement"),
    Run(optimizer=Momentum(), learning_rate=0.01, batch_size=1),
)
EVERY_PROBLEM = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)


def experiment_of(problem, **fields):
    budget = Budget(amount=25, unit="iterations")
    return Experiment(
        **{
            "problem": problem,
            "runs": RUNS,
            "budget": budget,
            "record_every": 1,
            "seeds": (3, 8),
            **fields,
        }
    )


def plain_targets(problem, targets):
    if problem.dataset.task == "regression":
        return targets
    return plain.one_hot(targets, problem.layout.units[-1])


def plain_loss(problem, params, inputs, targets):
    return plain.loss(
        problem.layout.units, problem, params, inputs, plain_targets(problem, targets)
    )


def plain_score(problem, params, inputs, targets):
    outputs, _ = plain.outputs(problem.layout.units, problem, params, inputs)
    if problem.dataset.task == "regression":
        residual = ((targets - outputs) ** 2).sum()
        return 1 - residual / ((targets - targets.mean(axis=0)) ** 2).sum()
    if outputs.shape[1] == 1:
        threshold = 0 if problem.loss == "binary_cross_entropy" else 0.5
        return ((outputs[:, 0] > threshold) == targets).mean()
    return (outputs.argmax(axis=1) == targets).mean()


@UNTRACED
@EVERY_PROBLEM
def test_every_number_can_be_computed_again(problem):
    experiment = experiment_of(problem)
    rows = data(experiment)
    history = fit(experiment)

    for position, run in enumerate(history.runs):
        assert run.params_steps.tolist() == list(range(26))
        assert run.batch_loss.steps.tolist() == list(range(1, 26))
        assert run.training_loss.steps.tolist() == list(range(26))
        for index, seed in enumerate(experiment.seeds):
            params = run.params[index]
            assert np.array_equal(params[0], initial_params(experiment, seed))
            for step, batch in enumerate(batches(experiment, position, seed), start=1):

                def loss(points, batch=batch):
                    inputs, targets = rows.training_inputs[batch], rows.training_targets[batch]
                    return plain_loss(problem, points, inputs, targets)

                value = loss(params[step - 1])
                assert run.batch_loss.last[index, step - 1] == pytest.approx(value, rel=1e-12)
                if problem.activation != "relu":
                    norm = np.linalg.norm(plain.complex_gradient(loss, params[step - 1]))
                    actual = run.batch_gradient_norm.last[index, step - 1]
                    assert actual == pytest.approx(norm, rel=1e-12)
                moved = np.linalg.norm(params[step] - params[step - 1])
                assert run.update_norm.last[index, step - 1] == pytest.approx(moved, rel=1e-9)
            for step in range(26):
                for series, score, inputs, targets in (
                    (
                        run.training_loss,
                        run.training_score,
                        rows.training_inputs,
                        rows.training_targets,
                    ),
                    (
                        run.validation_loss,
                        run.validation_score,
                        rows.validation_inputs,
                        rows.validation_targets,
                    ),
                ):
                    expected = plain_loss(problem, params[step], inputs, targets)
                    assert series.last[index, step] == pytest.approx(expected, rel=1e-12)
                    expected = plain_score(problem, params[step], inputs, targets)
                    assert score.last[index, step] == pytest.approx(expected, rel=1e-10)


@EVERY_PROBLEM
def test_update_of_sgd_is_rate_times_gradient(problem):
    run = fit(experiment_of(problem)).runs[1]

    np.testing.assert_allclose(run.update_norm.last, 0.1 * run.batch_gradient_norm.last, rtol=1e-14)


def test_full_gradient_norm_at_epochs():
    problem = PROBLEMS["two classes"]
    experiment = experiment_of(
        problem, stopping=Stopping(gradient_norm=0.0), record_every=None, budget=Budget(amount=3)
    )
    rows = data(experiment)
    run = fit(experiment).runs[0]

    assert run.gradient_norm.steps.tolist() == run.params_steps.tolist() == [0, 5, 10, 15]
    for index in range(2):
        for step, params in enumerate(run.params[index]):

            def loss(points):
                return plain_loss(problem, points, rows.training_inputs, rows.training_targets)

            norm = np.linalg.norm(plain.complex_gradient(loss, params))
            assert run.gradient_norm.last[index, step] == pytest.approx(norm, rel=1e-12)


def test_test_function_by_hand():
    problem = Function(function=Ravine())
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)
    experiment = Experiment(problem=problem, runs=(run,), budget=Budget(amount=2))

    history = fit(experiment).runs[0]

    assert history.params[0].tolist() == pytest.approx(
        np.array([[-7, 2], [-6.93, 1.6], [-6.8607, 1.28]])
    )
    assert history.batch_loss.last[0].tolist() == pytest.approx([6.45, 6.93**2 / 20 + 1.6**2])
    assert history.training_loss.last[0, :2].tolist() == history.batch_loss.last[0].tolist()
    assert history.batch_gradient_norm.last[0, 0] == pytest.approx(np.hypot(0.7, 4))
    assert history.update_norm.last[0, 0] == pytest.approx(0.1 * np.hypot(0.7, 4))
    assert history.per_epoch == 1


# When is recorded


@pytest.mark.parametrize(
    ("budget", "record_every", "steps"),
    [
        (Budget(amount=2), None, [0, 6, 12]),
        (Budget(amount=2), 4, [0, 4, 6, 8, 12]),
        (Budget(amount=2), 100, [0, 6, 12]),
        (Budget(amount=4, unit="iterations"), None, [0, 1, 2, 3, 4]),
        (Budget(amount=400, unit="iterations"), None, list(range(0, 401, 2))),
        (Budget(amount=400, unit="iterations"), 133, [*range(0, 401, 2), 133, 399]),
        (Budget(amount=70, unit="rows_seen"), None, list(range(11))),  # 5 rows in the 6th
    ],
    ids=str,
)
def test_step_0_an_even_grid_every_kth_and_the_last_are_recorded(budget, record_every, steps):
    experiment = Experiment(
        problem=Network(dataset=TwoMoons(rows=60)),
        runs=(Run(optimizer=SGD(), learning_rate=0.1, batch_size=8),),
        budget=budget,
        record_every=record_every,
    )

    run = fit(experiment).runs[0]

    assert run.training_loss.steps.tolist() == sorted(steps)
    assert run.validation_score.steps.tolist() == sorted(steps)
    assert run.params_steps.tolist() == sorted(steps)


def test_nothing_to_validate_gives_no_series():
    experiment = experiment_of(PROBLEMS["line"].model_copy(update={"validation_share": 0.0}))

    for run in fit(experiment).runs:
        assert run.validation_loss is None
        assert run.validation_score is None
        assert run.gradient_norm is None


def test_r2_of_equal_targets_is_unknown():
    problem = Network(dataset=SingleRow(), validation_share=0, loss="half_sum_of_squares")
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)

    history = fit(Experiment(problem=problem, runs=(run,), budget=Budget(amount=2))).runs[0]

    assert np.isnan(history.training_score.last).all()


def test_scores_are_named_by_the_task():
    assert Network(dataset=Iris(), loss="cross_entropy").score == "accuracy"
    assert Network(dataset=Line(), loss="mean_squared_error").score == "r2"
    assert Function().score is None


# Seeds that end at different steps


def test_a_seed_that_ended_is_nan_and_its_last_snapshot_is_where_it_ended():
    problem = Network(dataset=TwoMoons(rows=60, noise=0.3), hidden=(8,))
    experiment = Experiment(
        problem=problem,
        runs=(Run(optimizer=Adam(), learning_rate=0.01, batch_size=9),),
        budget=Budget(amount=60),
        stopping=Stopping(target_loss=0.35),
        seeds=(0, 1, 2, 3),
    )

    run = fit(experiment).runs[0]

    ends = run.last_step
    assert len(set(ends.tolist())) > 2
    for index, end in enumerate(ends):
        past = run.training_loss.steps > end
        assert np.isnan(run.training_loss.last[index, past]).all()
        assert not np.isnan(run.training_loss.last[index, ~past]).any()
        assert np.isnan(run.batch_loss.last[index, end:]).all()
        assert not np.isnan(run.batch_loss.last[index, :end]).any()
        assert run.training_loss.final[index] <= 0.35
        single = fit(experiment.model_copy(update={"seeds": (experiment.seeds[index],)})).runs[0]
        assert np.array_equal(run.params[index, -1], single.params[0, -1])
    assert (np.diff(run.params_steps) > 0).all()
    assert run.params_steps[-1] == ends.max()


# Frozen


def test_every_array_is_read_only():
    history = fit(experiment_of(PROBLEMS["two classes"]))

    for run in history.runs:
        for array in run.arrays():
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        history.runs[0].params = None


def test_history_does_not_change_when_the_training_goes_on():
    """An array handed out must be a copy, not a window on the buffers."""
    first, second = (fit(experiment_of(PROBLEMS["two classes"])) for _ in range(2))

    assert first.digest() == second.digest()
    assert all(a.base is None or not a.base.flags.writeable for r in first.runs for a in r.arrays())


def test_digest_sees_every_array_and_status():
    run = fit(experiment_of(PROBLEMS["two classes"])).runs[0]
    digests = {run.digest()}
    for field in dataclasses.fields(run):
        value = getattr(run, field.name)
        if isinstance(value, np.ndarray):
            changed = value.copy()
            changed.flat[-1] += 1
        elif isinstance(value, Series):
            changed = dataclasses.replace(value, last=np.nextafter(value.last, 9e9))
        elif field.name == "status":
            changed = ("stopped", *value[1:])
        elif field.name == "per_epoch":
            changed = value + 1
        else:
            continue
        digests.add(dataclasses.replace(run, **{field.name: changed}).digest())

    # Everything there is, but for the absent norm of the full gradient and two of the seconds.
    assert len(digests) == 1 + len(dataclasses.fields(run)) - 3
    assert dataclasses.replace(run, seconds_per_update=1e9).digest() == run.digest()


def test_nbytes_counts_all_arrays():
    history = fit(experiment_of(PROBLEMS["two classes"]))

    assert history.nbytes == sum(array.nbytes for run in history.runs for array in run.arrays())
    assert history.nbytes > 25 * 8 * 10


# Who is best


def run_that(losses, *, validation=None, status=None, start=1.0):
    """A history of a run with these final losses, one per seed."""

    def series(finals):
        values = np.array([[start, final] for final in finals])
        return Series(np.array([0, 1]), values, values, values, values, values, 1)

    empty = series([0.0] * len(losses))
    return RunHistory(
        batch_loss=empty,
        batch_gradient_norm=empty,
        update_norm=empty,
        training_loss=series(losses),
        validation_loss=None if validation is None else series(validation),
        training_score=None,
        validation_score=None,
        gradient_norm=None,
        params=np.zeros((len(losses), 1, 1)),
        params_steps=np.array([0]),
        last_step=np.ones(len(losses), dtype=int),
        status=tuple(status or ["budget"] * len(losses)),
        per_epoch=1,
        rows_seen=np.ones(len(losses), dtype=int),
        seconds_per_update=None,
    )


def lowest(*runs):
    return History(Experiment(), runs, 0.0).lowest


def test_lowest_has_the_lowest_median_of_final_validation_losses():
    lucky = run_that([0.1] * 3, validation=[0.0, 0.9, 0.8])
    steady = run_that([0.5] * 3, validation=[0.4, 0.5, 0.6])

    assert lowest(lucky, steady) == (1,)


def test_lowest_goes_by_training_loss_where_there_is_no_other():
    assert lowest(run_that([0.3]), run_that([0.2]), run_that([0.4])) == (1,)


def test_a_diverged_run_is_never_lowest():
    far_off = run_that([0.001], status=["diverged"])

    assert far_off.final_loss.tolist() == [np.inf]
    assert lowest(far_off, run_that([5.0])) == (1,)
    assert lowest(far_off, far_off) == ()


def test_one_run_alone_is_not_lowest():
    assert lowest(run_that([0.1])) == ()


def test_diverged_seeds_count_as_infinite_in_the_median():
    mostly = run_that([0.1, 0.1, 0.1], status=["diverged", "diverged", "budget"])
    once = run_that([0.5, 0.5, 0.5], status=["diverged", "budget", "budget"])

    assert mostly.median_loss == np.inf
    assert once.median_loss == 0.5
    assert lowest(mostly, once) == (1,)


@pytest.mark.parametrize("status", ["stopped", ""])
def test_none_is_lowest_where_the_reader_stopped_the_training(status):
    assert lowest(run_that([0.1]), run_that([0.2], status=[status])) == ()


def test_runs_that_tie_are_all_lowest():
    runs = run_that([0.2]), run_that([0.1]), run_that([0.1])
    history = History(Experiment(), runs, 0.0)

    assert history.lowest == (1, 2)


def test_budgets_differ_where_stopping_rules_ended_runs_at_different_times():
    short = dataclasses.replace(run_that([0.1], status=["patience"]), last_step=np.array([300]))
    long = dataclasses.replace(run_that([0.2]), last_step=np.array([600]))
    history = History(Experiment(), (short, long), 0.0)

    assert history.lowest == (0,)
    assert not history.ended_alike
    alike = dataclasses.replace(long, last_step=short.last_step)
    assert History(Experiment(), (short, alike), 0.0).ended_alike


def test_a_run_that_diverged_early_leaves_the_others_with_equal_budgets():
    far_off = dataclasses.replace(run_that([0.1], status=["diverged"]), last_step=np.array([3]))

    history = History(Experiment(), (far_off, run_that([0.2]), run_that([0.3])), 0.0)
    assert history.lowest == (1,)
    assert history.ended_alike


# When a seed diverged


def line_that_diverges(rate, **fields):
    """One run on a line; single rows unless told otherwise."""
    run = Run(optimizer=SGD(), learning_rate=rate, batch_size=fields.pop("batch_size", 1))
    problem = Network(dataset=Line(rows=40), hidden=(), loss="mean_squared_error")
    return fit(Experiment(problem=problem, runs=(run,), budget=Budget(amount=40), **fields))


@pytest.mark.parametrize("rate", [0.8, 0.9, 1.5, 3.0, 1e6])
@pytest.mark.parametrize("batch_size", [1, 7])
def test_a_step_at_which_a_seed_diverged_lies_between_the_first_and_the_one_looked_at(
    rate, batch_size
):
    """The first is known where all rows are evaluated at every step."""
    fields = {"batch_size": batch_size, "seeds": (0, 1)}
    true, seen = (line_that_diverges(rate, record_every=every, **fields) for every in (1, None))
    diverged = [seed for seed in (0, 1) if seen.runs[0].status[seed] == "diverged"]
    assert diverged or rate < 1

    for seed in diverged:
        first, actual = true.divergence(0, seed), seen.divergence(0, seed)
        assert first == (true.runs[0].last_step[seed], True)
        assert first.step <= actual.step <= seen.runs[0].last_step[seed]
        assert actual.is_exact <= (actual.step == first.step)


def test_losses_of_batches_tell_of_a_divergence_before_the_end_of_an_epoch():
    history = line_that_diverges(0.8)

    assert history.divergence(0, 0).step < history.runs[0].last_step[0]
    assert not history.divergence(0, 0).is_exact


def test_full_batches_know_the_step_at_which_they_diverged():
    history = line_that_diverges(3.0, batch_size="all")

    assert history.divergence(0, 0) == (history.runs[0].last_step[0], True)


def test_a_seed_that_did_not_diverge_has_no_step_of_it():
    assert line_that_diverges(0.01).divergence(0, 0) is None


def test_a_run_that_ends_above_its_start_is_told():
    assert run_that([1.5]).is_worse_than_its_start
    assert not run_that([1.0]).is_worse_than_its_start
    assert run_that([0.1], status=["diverged"]).is_worse_than_its_start


def test_layers_of_the_final_parameters_give_the_final_outputs():
    experiment = experiment_of(PROBLEMS["two classes"])
    rows = data(experiment)
    run = fit(experiment).runs[0]

    values = rows.validation_inputs
    stack = layers(experiment, run.params[0, -1])
    for position, (weights, biases) in enumerate(stack):
        values = values @ weights.T + biases
        values = values if position == len(stack) - 1 else np.tanh(values)

    accuracy = ((values[:, 0] > 0) == rows.validation_targets).mean()
    assert run.validation_score.final[0] == accuracy
