"""Plans and timelines: which rows are used when, against training's own batches and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    LIMITS,
    Budget,
    Experiment,
    InvalidInput,
    Network,
    Plan,
    Run,
    batches,
    fit,
    timeline,
)
from engine.counts import Counts
from engine.problems.datasets import TwoMoons
from engine.rules import SGD
from engine.training.plans import EPOCHS, plans_of
from tests.strategies import examples


@st.composite
def plans(draw, most=60):
    rows = draw(st.integers(2, most))
    return Plan(
        rows=rows,
        batch_size=draw(st.integers(1, rows)),
        epochs=draw(st.integers(1, 5)),
        sampling=draw(st.sampled_from(("shuffled", "replacement"))),
        last_batch=draw(st.sampled_from(("kept", "dropped"))),
    )


def experiment_of(plan):
    run = Run(
        optimizer=SGD(),
        learning_rate=0.1,
        batch_size=plan.batch_size,
        sampling=plan.sampling,
        last_batch=plan.last_batch,
    )
    problem = Network(dataset=TwoMoons(rows=plan.rows), validation_share=0, hidden=())
    return Experiment(problem=problem, runs=(run,), budget=Budget(amount=plan.epochs))


# The figures of the lessons: rows, batch size, epochs -> per epoch, last batch, in all.
@pytest.mark.parametrize(
    ("fields", "per_epoch", "last_batch", "in_all"),
    [
        ({"rows": 1_000, "batch_size": 100}, 10, 100, 10),
        ({"rows": 1_000, "batch_size": 1_000}, 1, 1_000, 1),
        ({"rows": 60_000, "batch_size": 100}, 600, 100, 600),
        ({"rows": 60_000, "batch_size": 1}, 60_000, 1, 60_000),
        ({"rows": 2_000, "batch_size": 200}, 10, 200, 10),
        ({"rows": 100, "batch_size": 50, "epochs": 50}, 2, 50, 100),
        ({"rows": 1_000, "batch_size": 300}, 4, 100, 4),
        ({"rows": 1_000, "batch_size": 300, "last_batch": "dropped"}, 3, 300, 3),
        ({"rows": 60_000, "batch_size": 128}, 469, 96, 469),
        ({"rows": 60_000, "batch_size": 128, "last_batch": "dropped"}, 468, 128, 468),
    ],
)
def test_figures_of_the_lessons(fields, per_epoch, last_batch, in_all):
    plan = Plan(**fields)

    assert plan.counts.per_epoch == per_epoch
    assert plan.counts.last_batch_size == last_batch
    assert plan.iterations == in_all


@given(plans())
@examples(40)
def test_a_plan_counts_what_training_counts(plan):
    history = fit(experiment_of(plan)).runs[0]

    assert history.per_epoch == plan.counts.per_epoch
    assert history.last_step.tolist() == [plan.iterations]
    assert history.rows_seen.tolist() == [plan.rows_seen]


@given(plans(), st.integers(0, 1_000))
@settings(deadline=None)
def test_a_timeline_is_the_batches_of_training(plan, seed):
    used = timeline(plan.counts, plan.sampling, seed, plan.epochs)

    trained = list(batches(experiment_of(plan), 0, seed))
    assert used.iterations[-1, -1] == len(trained) == plan.iterations
    for iteration, rows in enumerate(trained, start=1):
        np.testing.assert_array_equal(used.rows[used.iterations == iteration], rows)


@given(plans(), st.integers(0, 1_000))
@settings(deadline=None)
def test_every_epoch_uses_its_rows(plan, seed):
    used = timeline(plan.counts, plan.sampling, seed, plan.epochs)
    seen = used.times_seen

    assert seen.shape == (plan.epochs, plan.rows)
    assert (seen.sum(axis=1) == plan.counts.rows_per_epoch).all()
    assert seen.sum() == plan.rows_seen
    if plan.sampling == "shuffled":
        assert seen.max() == 1
        left_out = 0 if plan.last_batch == "kept" else plan.rows % plan.batch_size
        assert ((seen == 0).sum(axis=1) == left_out).all()


@given(plans())
def test_batches_add_up(plan):
    counts = plan.counts
    sizes = [counts.batch_size] * (counts.per_epoch - 1) + [counts.last_batch_size]

    assert sum(sizes) == counts.rows_per_epoch
    assert counts.whole_batches * counts.batch_size + counts.rest == plan.rows
    assert counts.last_batch_size == (
        counts.rest if counts.rest and plan.last_batch == "kept" else counts.batch_size
    )


@pytest.mark.parametrize(
    ("fields", "field", "value"),
    [
        ({"rows": 100, "batch_size": 101}, "batch_size", 101),
        ({"rows": 100, "batch_size": 101, "last_batch": "dropped"}, "batch_size", 101),
        ({"rows": 0}, "rows", 0),
        ({"rows": -5}, "rows", -5),
        ({"rows": 10**9 + 1}, "rows", 10**9 + 1),
        ({"batch_size": 0}, "batch_size", 0),
        ({"epochs": 0}, "epochs", 0),
        ({"epochs": 10**9}, "epochs", 10**9),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_its_field(fields, field, value):
    with pytest.raises(InvalidInput) as refused:
        Plan(**fields)

    assert (refused.value.code, refused.value.field) == ("out_of_range", field)
    assert refused.value.value == value


def test_the_limit_of_a_batch_is_the_rows():
    with pytest.raises(InvalidInput) as refused:
        Plan(rows=100, batch_size=101)

    assert (refused.value.limits.low, refused.value.limits.high) == (1, 100)


@pytest.mark.parametrize(
    ("rows", "batch_size", "field"),
    [(0, 1, "rows"), (10, 11, "batch_size"), (10, 0, "batch_size"), (10**9 + 1, 1, "rows")],
)
@pytest.mark.parametrize("last_batch", ["kept", "dropped"])
def test_counts_never_count_wrongly(rows, batch_size, field, last_batch):
    with pytest.raises(InvalidInput) as refused:
        Counts(rows, batch_size, last_batch)

    assert refused.value.field == field


@pytest.mark.parametrize("epochs", [0, int(EPOCHS.high) + 1])
def test_a_timeline_has_few_epochs(epochs):
    with pytest.raises(InvalidInput) as refused:
        timeline(Counts(10, 5), "shuffled", 0, epochs)

    assert refused.value.field == "epochs"


def test_the_largest_timeline_is_made():
    rows = int(LIMITS["rows"].high)
    used = timeline(Counts(rows, 1), "replacement", 0, int(EPOCHS.high))

    assert used.rows.shape == (EPOCHS.high, rows)
    assert used.iterations[-1, -1] == EPOCHS.high * rows


@pytest.mark.parametrize(
    ("amount", "unit", "epochs"),
    [(3, "epochs", 3), (1, "iterations", 1), (26, "iterations", 3), (150, "rows_seen", 2)],
)
def test_the_plan_of_a_run_has_the_nearest_whole_epoch(amount, unit, epochs):
    problem = Network(dataset=TwoMoons(rows=100), validation_share=0.2)  # 80 rows are trained on
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size=8, last_batch="dropped")
    (plan,) = plans_of(
        Experiment(problem=problem, runs=(run,), budget=Budget(amount=amount, unit=unit))
    )

    assert plan == Plan(rows=80, batch_size=8, epochs=epochs, last_batch="dropped")


def test_any_number_of_rows_is_counted_and_no_more_than_a_training_has_are_drawn():
    plan = Plan(rows=1_281_167, batch_size=256, epochs=90)

    assert (plan.counts.per_epoch, plan.counts.last_batch_size) == (5_005, 143)
    assert plan.iterations == 450_450
    with pytest.raises(InvalidInput) as refused:
        timeline(plan.counts, "shuffled", 0, 1)
    assert (refused.value.field, refused.value.limits.high) == ("rows", 60_000)
    assert timeline(Counts(60_000, 256), "shuffled", 0, 1).rows.shape == (1, 60_000)
