"""What is kept: everything where it fits, else five numbers a bin; 64 MiB in all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import LIMITS, Budget, Experiment, Network, Run, Stopping, estimate, fit
from engine.problems.datasets import Blobs, TwoMoons
from engine.problems.problem import Evaluation
from engine.rules import SGD, Adam, Momentum
from engine.training import recording
from engine.training.history import SUMMARIES
from engine.training.recording import Recorder, SeriesRecorder
from engine.training.records import Due
from engine.work import finish

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

EVERYTHING = slice(None)


def summaries(values):
    """First, smallest, mean, largest and last of what is known; NaN where nothing is."""
    known = values[~np.isnan(values)]
    if not len(known):
        return [np.nan] * 5
    return [known[0], known.min(), known.mean(), known.max(), known[-1]]


def binned(values, width):
    """Five rows of a point per bin, one bin after another."""
    bins = [values[start : start + width] for start in range(0, len(values), width)]
    return np.array([summaries(b) for b in bins]).T


def fed(values, capacity, cuts, steps=None):
    """A recorder that took ``values`` (seeds, n) in blocks that end at ``cuts``."""
    n = values.shape[1]
    steps = np.arange(1, n + 1) if steps is None else steps
    recorder = SeriesRecorder(len(values), n, capacity)
    for start, end in zip([0, *cuts], [*cuts, n], strict=True):
        recorder.append(steps[start:end], values[:, start:end])
    return recorder


@given(st.integers(1, 60), st.integers(5, 80), st.integers(1, 3), st.data())
def test_bins_are_as_by_brute_force(n, capacity, seeds, data):
    values = np.random.default_rng(n).normal(size=(seeds, n))
    ends = data.draw(st.lists(st.integers(1, n), min_size=seeds, max_size=seeds))
    for seed, end in enumerate(ends):
        values[seed, end:] = np.nan
    last = max(ends)
    cuts = sorted(data.draw(st.sets(st.integers(1, n), max_size=4)) - {n})

    series = fed(values, capacity, cuts).series(EVERYTHING, last)

    if n <= capacity:
        assert series.width == 1
        assert series.steps.tolist() == list(range(1, last + 1))
        for name in SUMMARIES:
            assert np.array_equal(getattr(series, name), values[:, :last], equal_nan=True)
        return
    width = series.width
    points = -(-last // width)
    assert points * 5 <= capacity + 5
    assert series.steps.tolist() == [min((i + 1) * width, last) for i in range(points)]
    for seed in range(seeds):
        expected = binned(values[seed, :last], width)
        actual = np.array([getattr(series, name)[seed] for name in SUMMARIES])
        np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-15)
    assert series.final.tolist() == [values[seed, end - 1] for seed, end in enumerate(ends)]


def test_quantity_known_at_some_steps_only_is_binned_by_what_is_known():
    values = np.full((1, 40), np.nan)
    values[0, ::7] = np.arange(6.0) + 1

    series = fed(values, 20, []).series(EVERYTHING, 40)

    actual = np.array([getattr(series, name)[0] for name in SUMMARIES])
    np.testing.assert_array_equal(actual, binned(values[0], series.width))
    assert series.final.tolist() == [6]


def test_values_near_the_largest_number_are_binned_silently():
    values = np.full((1, 30), 1.5e308)
    values[0, -1] = np.inf

    series = fed(values, 10, [7]).series(EVERYTHING, 30)

    assert series.maximum[0].tolist() == [1.5e308] * (len(series.steps) - 1) + [np.inf]
    assert np.isinf(series.mean).all()
    assert series.first[0].tolist() == [1.5e308] * len(series.steps)


def test_final_of_nothing_is_nan():
    series = SeriesRecorder(2, 10, 100).series(EVERYTHING, 0)

    assert series.last.shape == (2, 0)
    assert np.isnan(series.final).tolist() == [True, True]


# A whole training with little room


@pytest.fixture
def little_room(monkeypatch):
    monkeypatch.setattr(recording, "SERIES_POINTS", 30)
    monkeypatch.setattr(recording, "PARAMS_NUMBERS", 600)


RUNS = (
    Run(optimizer=Adam(), learning_rate=0.05, batch_size=8),
    Run(optimizer=SGD(), learning_rate=1e7, batch_size=8),
    Run(optimizer=Momentum(), learning_rate=0.1, batch_size=8),
    Run(optimizer=SGD(), learning_rate=0.1, batch_size=20, sampling="replacement"),
)
EXPERIMENT = Experiment(
    problem=Network(dataset=TwoMoons(rows=60, noise=0.3), hidden=(4,)),
    runs=RUNS,
    budget=Budget(amount=12),
    record_every=2,
)
SERIES = ("batch_loss", "batch_gradient_norm", "update_norm", "training_loss", "validation_loss")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"seeds": (0, 1, 2)},
        {"stopping": Stopping(target_loss=0.5), "seeds": (0, 1)},
        {"stopping": Stopping(gradient_norm=0.1)},
        {"stopping": Stopping(patience=2), "seeds": (4, 1)},
    ],
    ids=str,
)
def test_binned_training_says_what_the_whole_one_says(monkeypatch, fields):
    experiment = EXPERIMENT.model_copy(update=fields)
    whole = fit(experiment)
    monkeypatch.setattr(recording, "SERIES_POINTS", 30)
    monkeypatch.setattr(recording, "PARAMS_NUMBERS", 600)

    small = fit(experiment)

    for full, run in zip(whole.runs, small.runs, strict=True):
        assert run.status == full.status
        assert np.array_equal(run.last_step, full.last_step)
        for name in (*SERIES, "gradient_norm"):
            complete, series = getattr(full, name), getattr(run, name)
            if complete is None:
                continue
            width = series.width
            for seed in range(len(experiment.seeds)):
                expected = binned(complete.last[seed], width) if width > 1 else None
                actual = np.array([getattr(series, name)[seed] for name in SUMMARIES])
                if expected is None:
                    expected = np.array([complete.last[seed]] * 5)
                np.testing.assert_allclose(actual, expected, rtol=1e-12)
            ends = complete.steps[width - 1 :: width].tolist()
            assert series.steps.tolist()[: len(ends)] == ends
            assert series.steps[-1] == complete.steps[-1]
        known = np.isin(full.params_steps, run.params_steps)
        assert known.sum() == len(run.params_steps)
        assert np.array_equal(run.params, full.params[:, known], equal_nan=True)
        assert run.params_steps[0] == 0
        assert run.params_steps[-1] == full.params_steps[-1]
        assert run.params.size <= 600 + experiment.problem.n_params * len(experiment.seeds)


@UNTRACED
@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
@pytest.mark.parametrize("stopping", [Stopping(), Stopping(target_loss=0.5)])
def test_binned_lanes_are_bit_equal_to_solo_runs(seeds, stopping):
    experiment = EXPERIMENT.model_copy(update={"seeds": seeds, "stopping": stopping})
    together = fit(experiment)

    assert together.runs[0].batch_loss.width > 1
    for position, run in enumerate(together.runs):
        solo = experiment.model_copy(update={"runs": (RUNS[position],)})
        assert run.digest() == fit(solo).runs[0].digest()


# Bounds


def filled(experiment):
    """The fullest history of an experiment, without training."""
    (members,) = experiment.groups()
    run = experiment.runs[0]
    recorder = Recorder(experiment, members)
    lanes = np.arange(len(recorder.alive))
    total, n_params = experiment.iterations(run), experiment.problem.n_params
    ones = np.ones(len(lanes))
    params = np.ones((len(lanes), n_params))
    evaluation = Evaluation(ones, ones, ones, ones)
    names = ("batch_loss", "batch_gradient_norm", "update_norm")
    values = {name: np.ones((len(lanes), 1)) for name in names}
    for step in range(total + 1):
        if step:
            recorder.iterations(lanes, step, lambda: values)
        due = Due(step, is_even=True, is_recorded=True)
        finish(recorder.evaluation(lanes, due, params, params, evaluation, ones))
    return [recorder.history(position) for position in range(len(members))]


def largest(n_params, iterations, runs=12, seeds=1):
    """As many runs as allowed, with every series there is."""
    features = n_params - 1
    problem = Network(dataset=Blobs(classes=2, features=features, rows=60), hidden=())
    run = Run(optimizer=SGD(), learning_rate=0.1, batch_size=45)
    return Experiment(
        problem=problem,
        runs=(run,) * runs,
        budget=Budget(amount=iterations, unit="iterations"),
        stopping=Stopping(gradient_norm=0.0),
        record_every=1,
        seeds=tuple(range(seeds)),
    )


@UNTRACED
@pytest.mark.parametrize(
    "experiment",
    [
        largest(41, recording.SERIES_POINTS - 1),
        largest(41, recording.SERIES_POINTS // 5 - 1, seeds=5),
        largest(700, 5_000),
    ],
    ids=["one seed", "five seeds", "many parameters"],
)
def test_largest_histories_stay_within_64_mib_and_within_their_estimate(experiment):
    actual = sum(array.nbytes for run in filled(experiment) for array in run.arrays())

    cost = estimate(experiment)
    cost.check_memory()
    assert actual <= 64 * 1024**2
    assert 0.5 * cost.history_bytes <= actual <= 1.01 * cost.history_bytes


def test_largest_network_with_all_runs_and_the_longest_budget_is_allowed():
    """250,000 parameters, 12 runs, 10,000 epochs: kept are the start, the end and binned curves."""
    problem = Network(
        dataset=Blobs(classes=10, features=784, rows=2_000), hidden=(256, 176), loss="cross_entropy"
    )
    experiment = Experiment(
        problem=problem,
        runs=(Run(optimizer=Adam(), learning_rate=0.1),) * 12,
        budget=Budget(amount=10_000),
        stopping=Stopping(gradient_norm=0.0),
    )

    assert problem.n_params > 240_000
    assert estimate(experiment).history_bytes in LIMITS["history_bytes"]
