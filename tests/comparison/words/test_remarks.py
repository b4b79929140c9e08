"""What falls short of all that was asked for, in words."""

from dataclasses import replace

import pytest

from charts.theme import RunStyle
from comparison.catalogue import losses, score
from comparison.pages import SurfacesPage, TrainingPage
from comparison.surfaces import Wanted, computed, scenes
from comparison.words.remarks import (
    bin_words,
    coarse_words,
    evaluation_words,
    stopped_words,
    thinning_words,
    unfinished,
)
from engine import Budget, Experiment, Function, Network, Run, Stopping, fit, train
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam
from engine.work import Task
from tests.scenes import seen


def stopped(*sizes):
    """The history of a training that its reader has stopped."""
    runs = [Run(optimizer=Adam(), learning_rate=0.01, batch_size=size) for size in sizes]
    training = train(Experiment(runs=runs, budget=Budget(amount=10_000)))
    return next(progress.history() for progress in training if progress.updates)


def told_to_stop(training):
    """The history of a training that was asked to end."""
    task = Task(training)
    task.go_on()
    while task.go_on("stop"):
        pass
    return task.result


def test_a_training_to_its_end_says_nothing():
    history = fit(Experiment(budget=Budget(amount=1)))

    assert stopped_words(history) == bin_words(history, "training_loss", "batch_loss") == ()
    assert unfinished(history, [], TrainingPage()) == []


def test_a_stopped_training_says_at_which_step_of_how_many():
    history = stopped(32, 32)
    step = int(history.runs[0].last_step[0])

    assert 0 < step < 100_000
    said = f"stopped before the budget was used up: step {step:,} of 100,000 (run 1, 2)."
    (text,) = stopped_words(history)
    assert text.endswith(said)
    assert unfinished(history, [], TrainingPage())[0] == text
    assert "command line" in unfinished(history, [], TrainingPage())[1]


def test_runs_that_stopped_elsewhere_are_told_apart():
    history = stopped(32, "all")
    steps = [int(run.last_step[0]) for run in history.runs]

    (text,) = stopped_words(history)
    assert f"step {steps[0]:,} of 100,000 (run 1); step {steps[1]:,} of 10,000 (run 2)" in text


def test_a_training_that_was_told_to_stop_says_so_too():
    assert stopped_words(told_to_stop(train(Experiment(budget=Budget(amount=10_000)))))


def test_a_diverged_run_was_not_stopped():
    runs = [Run(optimizer=SGD(), learning_rate=1e7)]
    history = fit(Experiment(runs=runs, budget=Budget(amount=2)))

    assert history.runs[0].status == ("diverged",)
    assert stopped_words(history) == ()


def test_lines_of_seeds_that_ended_at_different_times_are_told():
    """From there on their median is of fewer seeds; a diverged one goes on counting."""
    problem = Network(dataset=TwoMoons(rows=80), hidden=(4,))
    run = Run(optimizer=SGD(), learning_rate=0.5)
    plain = Experiment(problem=problem, runs=[run], budget=Budget(amount=30), seeds=(0, 1, 2))
    stopped = fit(plain.model_copy(update={"stopping": Stopping(target_loss=0.5)}))
    runs = [run.model_copy(update={"learning_rate": rate}) for rate in (0.5, 1e7)]

    assert len(set(stopped.runs[0].last_step.tolist())) > 1
    for chart in (
        losses(stopped, [RunStyle("SGD", 0)], "training_loss", "epochs", log=True),
        score(stopped, [RunStyle("SGD", 0)], "epochs"),
    ):
        assert thinning_words(stopped)[0] in chart.remarks
    assert thinning_words(fit(plain.model_copy(update={"runs": tuple(runs)}))) == ()


def test_an_axis_of_seconds_says_how_sure_it_is():
    runs = [Run(optimizer=rule(), learning_rate=0.1, batch_size="all") for rule in (SGD, Adam)]
    history = fit(Experiment(problem=Function(), runs=runs, budget=Budget(amount=3)))
    first, second = history.runs
    timed = replace(
        history,
        runs=(
            replace(first, seconds_per_update=1e-3, seconds_spread=2e-5),
            replace(second, seconds_per_update=1e-3, seconds_spread=7e-5),
        ),
    )
    styles = [RunStyle("SGD", 0), RunStyle("Adam", 1)]

    (said,) = losses(timed, styles, "training_loss", "seconds", log=True).remarks
    assert "processor time" in said
    assert "accurate to ± 7%" in said
    assert losses(timed, styles, "training_loss", "epochs", log=True).remarks == ()
    assert losses(history, styles, "training_loss", "seconds", log=True).remarks == ()


def test_bins_say_how_many_values_one_stands_for():
    runs = [Run(optimizer=SGD(), learning_rate=0.01, batch_size=size) for size in (1, 100)]
    problem = Network(dataset=TwoMoons(rows=100), hidden=(), validation_share=0.0)
    budget = Budget(amount=20)
    experiment = Experiment(problem=problem, runs=runs, budget=budget, seeds=tuple(range(30)))
    history = fit(experiment)
    wide, narrow = (run.batch_loss.width for run in history.runs)

    assert wide > narrow == 1
    text = (
        f"One value per 1–{wide} updates, the last of each bin, so peaks in between are not shown."
        " The history keeps the first, lowest, mean, highest and last value."
    )
    assert bin_words(history, "batch_loss", "training_loss", "validation_loss") == (text,)
    assert bin_words(history, "training_loss", "validation_loss") == ()


def test_evaluations_have_bins_of_their_own():
    run = Run(optimizer=SGD(), learning_rate=0.01, batch_size="all")
    budget = Budget(amount=500, unit="epochs")
    seeds = tuple(range(30))
    history = fit(Experiment(problem=Function(), runs=[run], budget=budget, seeds=seeds))
    series = history.runs[0].training_loss

    assert series.width > 1
    (text,) = bin_words(history, "training_loss")
    assert text.startswith(f"One value per {series.width} evaluations, ")


@pytest.mark.parametrize("hidden", [(), (3,)], ids=["function", "network"])
def test_a_surface_that_was_stopped_says_how_coarse_it_is(hidden):
    problem = Network(dataset=TwoMoons(rows=20), hidden=hidden) if hidden else Function()
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")]
    experiment = Experiment(problem=problem, runs=runs, budget=Budget(amount=3))
    page, history = SurfacesPage(fineness=61), fit(experiment)

    def rough(wanted):
        smaller = Wanted(wanted.experiment, wanted.plane, wanted.window, wanted.rows, 31)
        return computed(smaller)

    styles = seen(experiment).styles
    (scene,) = scenes(history, styles, page, 0, compute=rough)
    wanted = 61 if hidden else 121
    text = f"The surface was stopped at 31 × 31 of {wanted} × {wanted} points."
    assert coarse_words(scene, page) == (text,)
    assert unfinished(history, [scene], page)[0] == text
    (whole,) = scenes(history, styles, page, 0)
    assert coarse_words(whole, page) == ()


@pytest.mark.parametrize(
    ("unit", "amount", "when"),
    [
        ("epochs", 900, "at the end of every epoch"),
        ("iterations", 200, "after every iteration"),
        ("iterations", 600, "every 3 iterations"),
        ("iterations", 300, "every 1–2 iterations"),
        ("iterations", 1_000_000, "every 5,000 iterations"),
        ("rows_seen", 150, "after every iteration"),
        (
            "rows_seen",
            2_000,
            "every 10 rows, or after every iteration if a batch has more rows",
        ),
    ],
)
def test_when_the_full_loss_is_known_is_told_in_the_unit_of_the_budget(unit, amount, when):
    experiment = Experiment(budget=Budget(amount=amount, unit=unit))

    assert evaluation_words(experiment) == f"The full loss is evaluated {when}."


def test_the_loss_of_a_test_function_is_known_at_every_step():
    experiment = Experiment(problem=Function(), budget=Budget(amount=900, unit="epochs"))

    assert evaluation_words(experiment) == "The full loss is evaluated after every iteration."
