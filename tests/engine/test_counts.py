"""Epochs, batches and iterations, against brute force and the figures of the lessons."""

import hashlib
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Budget, Experiment, Network, Run, batches, fit
from engine.counts import (
    Counts,
    activations_held,
    row_order,
    seen_shares,
    start_generator,
    unseen_share,
)
from engine.problems.datasets import TwoMoons
from engine.rules import SGD

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

SAMPLINGS = ("shuffled", "replacement")


@st.composite
def counts(draw):
    rows = draw(st.integers(1, 40))
    return Counts(rows, draw(st.integers(1, rows)), draw(st.sampled_from(("kept", "dropped"))))


def sizes(counts, iterations):
    """Rows of each batch, counted out one by one."""
    actual = []
    while len(actual) < iterations:
        left = counts.rows
        while left and len(actual) < iterations:
            size = min(counts.batch_size, left)
            left -= size
            if size == counts.batch_size or counts.last_batch == "kept":
                actual.append(size)
    return actual


@pytest.mark.parametrize(
    ("rows", "batch_size", "kept", "dropped", "last"),
    [
        (1_000, 100, 10, 10, 100),
        (1_000, 1_000, 1, 1, 1_000),
        (60_000, 100, 600, 600, 100),
        (60_000, 1, 60_000, 60_000, 1),
        (2_000, 200, 10, 10, 200),
        (100, 50, 2, 2, 50),
        (1_000, 300, 4, 3, 100),
        (60_000, 128, 469, 468, 96),
        (1_000, 32, 32, 31, 8),
        (250, 30, 9, 8, 10),
    ],
)
def test_figures_of_the_lessons(rows, batch_size, kept, dropped, last):
    assert Counts(rows, batch_size).per_epoch == kept
    assert Counts(rows, batch_size).last_batch_size == last
    assert Counts(rows, batch_size).rows_per_epoch == rows
    assert Counts(rows, batch_size, "dropped").per_epoch == dropped
    assert Counts(rows, batch_size, "dropped").last_batch_size == batch_size
    assert Counts(rows, batch_size, "dropped").rows_per_epoch == dropped * batch_size


def test_fifty_epochs_of_two_iterations_are_a_hundred():
    assert Counts(100, 50).iterations(50, "epochs") == 100
    assert Counts(100, 50).rows_seen(100) == 50 * 100
    assert Counts(100, 50).epochs(100) == 50


@given(counts(), st.integers(0, 100))
def test_rows_seen_are_the_sum_of_the_batches(counts, iterations):
    assert counts.rows_seen(iterations) == sum(sizes(counts, iterations))


@given(counts())
def test_an_epoch_ends_with_its_last_batch(counts):
    of_two_epochs = sizes(counts, 2 * counts.per_epoch)

    assert of_two_epochs[: counts.per_epoch] == of_two_epochs[counts.per_epoch :]
    assert of_two_epochs[-1] == counts.last_batch_size
    assert sum(of_two_epochs) == 2 * counts.rows_per_epoch
    assert set(of_two_epochs[: counts.per_epoch - 1]) <= {counts.batch_size}


@given(counts(), st.integers(1, 300))
def test_budget_of_rows_ends_at_the_first_step_that_reaches_it(counts, rows):
    iterations = counts.iterations(rows, "rows_seen")

    assert counts.rows_seen(iterations) >= rows
    assert counts.rows_seen(iterations - 1) < rows


@given(counts(), st.integers(1, 50))
def test_budget_of_epochs_and_iterations(counts, amount):
    assert counts.iterations(amount, "iterations") == amount
    assert counts.iterations(amount, "epochs") == amount * counts.per_epoch
    assert counts.epochs(counts.iterations(amount, "epochs")) == amount


# Order of rows


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_shuffled_epoch_is_a_new_permutation_of_all_rows(rows, seed):
    for order in itertools.islice(row_order(rows, seed, "shuffled"), 3):
        assert sorted(order.tolist()) == list(range(rows))


def test_every_epoch_is_shuffled_anew():
    epochs = [tuple(order) for order in itertools.islice(row_order(50, 0, "shuffled"), 20)]

    assert len(set(epochs)) == 20


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_draws_with_replacement_are_rows(rows, seed):
    for order in itertools.islice(row_order(rows, seed, "replacement"), 3):
        assert order.shape == (rows,)
        assert order.min() >= 0
        assert order.max() < rows


def test_draws_with_replacement_are_independent_and_even():
    """Of 400 rows about 1 - 1/e are seen in an epoch, and each row about equally often in many."""
    epochs = np.array(list(itertools.islice(row_order(400, 1, "replacement"), 200)))
    seen = np.array([len(set(epoch.tolist())) for epoch in epochs]) / 400

    assert seen.mean() == pytest.approx(1 - np.exp(-1), abs=0.01)
    assert np.bincount(epochs.ravel(), minlength=400).std() == pytest.approx(np.sqrt(200), rel=0.2)


def test_streams_differ_by_seed_and_sampling_and_from_the_start():
    first = {
        (seed, sampling): next(row_order(100, seed, sampling)).tolist()
        for seed in (0, 1)
        for sampling in SAMPLINGS
    }

    assert len({tuple(order) for order in first.values()}) == 4
    assert start_generator(0).permutation(100).tolist() not in first.values()


# SHA-256 of the first five epochs of 100 rows, seed 7, as little-endian int64. Recorded with NumPy
# 2.4.6 on Python 3.11; a change means that old links and files train in another order.
GOLDEN = {
    "shuffled": "ffef90f7e66180f3",
    "replacement": "11e4618b9bb65776",
}


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_golden_row_order(sampling):
    orders = np.array(list(itertools.islice(row_order(100, 7, sampling), 5)))

    assert hashlib.sha256(orders.astype("<i8").tobytes()).hexdigest()[:16] == GOLDEN[sampling]


# The training counts as Counts does


@UNTRACED
@given(
    counts().filter(lambda counts: counts.rows > 1),
    st.sampled_from(SAMPLINGS),
    st.sampled_from(("epochs", "iterations", "rows_seen", "gradients")),
    st.integers(1, 6),
)
def test_training_and_replay_count_the_same(counts, sampling, unit, amount):
    problem = Network(dataset=TwoMoons(rows=counts.rows), validation_share=0, hidden=())
    run = Run(
        optimizer=SGD(),
        learning_rate=0.1,
        batch_size=counts.batch_size,
        sampling=sampling,
        last_batch=counts.last_batch,
    )
    experiment = Experiment(problem=problem, runs=(run,), budget=Budget(amount=amount, unit=unit))
    iterations = counts.iterations(amount, unit)

    history = fit(experiment).runs[0]
    replayed = [len(rows) for rows in batches(experiment, 0, 0)]

    assert experiment.counts(run) == counts
    assert history.per_epoch == counts.per_epoch
    assert history.last_step.tolist() == [iterations]
    assert history.batch_loss.steps.tolist() == list(range(1, iterations + 1))
    assert history.rows_seen.tolist() == [counts.rows_seen(iterations)]
    assert replayed == sizes(counts, iterations)


# What is held, what is seen


@pytest.mark.parametrize(
    ("batch_size", "units", "held"), [(100, 17, 3_400), (1, 17, 34), (32, 1, 64)]
)
def test_an_update_holds_a_value_and_a_gradient_of_every_unit_and_row(batch_size, units, held):
    assert activations_held(batch_size, units) == held


def test_as_many_draws_as_rows_leave_out_37_percent():
    assert unseen_share(Counts(60_000, 100), "replacement") == pytest.approx(np.exp(-1), abs=1e-5)
    assert unseen_share(Counts(2, 1), "replacement") == 0.25


def test_the_expected_share_follows_the_rows_that_are_drawn():
    """A dropped last batch is drawn by nobody: D = 900 of 1,000."""
    assert unseen_share(Counts(1_000, 300, "dropped"), "replacement") == pytest.approx(0.999**900)


@pytest.mark.parametrize(("last_batch", "share"), [("kept", 0), ("dropped", 0.1)])
def test_a_shuffled_pass_leaves_out_what_is_dropped(last_batch, share):
    assert unseen_share(Counts(1_000, 300, last_batch), "shuffled") == pytest.approx(share)


@given(counts(), st.sampled_from(SAMPLINGS))
def test_shares_of_times_seen_are_a_distribution_with_the_right_mean(counts, sampling):
    shares = seen_shares(counts, sampling, counts.rows_per_epoch)

    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1)
    mean = (np.arange(len(shares)) * shares).sum()
    assert mean == pytest.approx(counts.rows_per_epoch / counts.rows)
    assert shares[0] == pytest.approx(unseen_share(counts, sampling))


def test_times_seen_are_binomial():
    """By hand: 3 draws of 4 rows miss a row with (3/4)^3, hit it once with 3 (1/4) (3/4)^2, ..."""
    shares = seen_shares(Counts(4, 3, "dropped"), "replacement", 3)

    assert shares == pytest.approx(np.array([27, 27, 9, 1]) / 64)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_measured_shares_agree_with_the_expected(sampling):
    counts = Counts(2_000, 300, "dropped")
    orders = itertools.islice(row_order(2_000, 5, sampling), 40)
    seen = np.array(
        [np.bincount(order[: counts.rows_per_epoch], minlength=2_000) for order in orders]
    )

    measured = np.bincount(seen.ravel(), minlength=6)[:6] / seen.size
    # 80,000 observations: a standard error of 0.0017 at the most.
    assert measured == pytest.approx(seen_shares(counts, sampling, 5), abs=0.006)
