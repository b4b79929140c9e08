"""Chunks: every lane once, in an order that fills a map early, and the numbers of a lane alone."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, Interval, InvalidInput, Network, Sweep, estimate_scores, fit
from engine.limits import LIMITS
from engine.problems.datasets import Blobs, Digits
from engine.training.chunks import OtherEngine, chunk_text, train_chunk
from engine.training.scores import curve_steps
from engine.version import VERSION
from sweeps.chunking import Chunking
from sweeps.spec import SweepSpec
from tests.strategies import examples
from tests.sweeps import truth
from tests.sweeps.specs import sweeps

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

CHUNK_BYTES = 300 << 20
RATES = (0.001, 0.01, 0.1, 1.0)


def run(name, rate=0.1, **fields):
    return {"optimizer": {"name": name}, "learning_rate": rate, **fields}


def listed(field, *values, **fields):
    return {"field": field, "values": values, **fields}


def nothing_done(spec):
    return np.zeros((len(spec.settings), len(spec.experiment.seeds)), dtype=bool)


def every_chunk(spec):
    return list(Chunking(spec).chunks(nothing_done(spec)))


def experiments(spec):
    """The experiment of every setting, with all seeds."""
    seeds = spec.experiment.seeds
    return [
        Experiment.model_validate({**shared, "runs": [own], "seeds": seeds})
        for own, shared in truth.settings(spec)
    ]


MANY = SweepSpec(
    experiment={"seeds": [0, 1, 2]},
    axes=[
        {"field": "learning_rate", "low": 1e-4, "high": 1, "count": 40, "scale": "log"},
        listed("batch_size", 8, 32, "all"),
        listed("problem.l2", 0.0, 0.1),
    ],
)


@pytest.fixture(scope="module")
def chunks():
    """All chunks of MANY."""
    return every_chunk(MANY)


# Which lanes


@UNTRACED
@examples(40)
@given(sweeps(), st.data())
def test_every_lane_that_is_not_done_is_in_exactly_one_chunk(spec, data):
    done = nothing_done(spec)
    lanes = data.draw(st.lists(st.integers(0, done.size - 1)))
    done.flat[lanes] = True

    chunks = list(Chunking(spec).chunks(done))

    trained = [(setting, one.seed) for one in chunks for setting in one.settings.tolist()]
    assert sorted(trained) == [tuple(lane) for lane in np.argwhere(~done).tolist()]
    assert all(len(one.settings) for one in chunks)


@UNTRACED
@examples(40)
@given(sweeps())
def test_the_lanes_of_a_chunk_share_the_problem_and_cut_the_rows_alike(spec):
    settings = truth.settings(spec)

    for one in every_chunk(spec):
        own = [settings[setting] for setting in one.settings.tolist()]
        cuts = {tuple(run[f] for f in ("batch_size", "sampling", "last_batch")) for run, _ in own}
        assert len(cuts) == 1
        assert all(shared == own[0][1] for _, shared in own)


def experiment_of(chunking, chunk):
    """What a worker is asked to train."""
    return Sweep.model_validate(json.loads(chunking.text(chunk))["experiment"])


def test_a_chunk_steps_together(chunks):
    chunking = Chunking(MANY)

    assert {len(experiment_of(chunking, one).groups()) for one in chunks} == {1}


def test_all_settings_have_their_first_seed_before_any_has_its_second(chunks):
    seeds = [one.seed for one in chunks]

    assert seeds == sorted(seeds)
    assert set(seeds) == {0, 1, 2}


def test_a_chunk_is_spread_over_all_settings_that_it_could_hold(chunks):
    """So what is known of a map is never one corner of it."""
    for one in chunks:
        variants = MANY.settings.variants_of(one.settings)
        assert len(set(variants.tolist())) == 7
        assert one.settings.tolist() != sorted(one.settings.tolist())
        rates = [MANY.settings.run(setting)["learning_rate"] for setting in one.settings.tolist()]
        assert min(rates) < 1e-3
        assert max(rates) > 1e-1


def test_chunks_that_cut_the_rows_in_other_ways_are_mixed():
    """So no cell of a map waits until all others are done."""
    spec = SweepSpec(
        experiment={"runs": [run("sgd")], "budget": {"amount": 3_000}},
        axes=[
            {"field": "learning_rate", "low": 1e-3, "high": 1, "count": 400},
            listed("batch_size", 16, 32),
        ],
    )
    sizes = [spec.settings.run(int(one.settings[0]))["batch_size"] for one in every_chunk(spec)]
    changes = sum(one != other for one, other in pairwise(sizes))

    assert min(sizes.count(16), sizes.count(32)) > 3
    assert changes > 3  # 1 if one size came after the other


def test_chunks_are_the_same_every_time(chunks):
    again = every_chunk(MANY)

    assert [one.settings.tolist() for one in again] == [one.settings.tolist() for one in chunks]


def test_halves_hold_the_lanes_of_the_whole(chunks):
    for one in chunks:
        first, second = one.halves()

        assert [*first.settings, *second.settings] == one.settings.tolist()
        assert abs(len(first.settings) - len(second.settings)) <= 1
        assert {first.seed, second.seed} == {one.seed}
        assert first.updates + second.updates == one.updates


# How large


@UNTRACED
@examples(40)
@given(sweeps())
def test_the_size_is_that_of_all_lanes_one_by_one(spec):
    size = Chunking(spec).size

    alone = experiments(spec)
    assert size.settings == len(alone)
    assert size.lanes == spec.lanes == len(alone) * len(spec.experiment.seeds)
    assert size.updates == sum(
        one.iterations(one.runs[0]) * len(spec.experiment.seeds) for one in alone
    )


def test_the_updates_of_all_chunks_are_those_of_the_size(chunks):
    assert sum(one.updates for one in chunks) == Chunking(MANY).size.updates


def large(*names, hidden=(256, 256), **fields):
    problem = Network(dataset=Digits(), hidden=hidden, loss="cross_entropy")
    return SweepSpec(
        experiment={
            "problem": problem,
            "runs": [run(name) for name in names],
            "budget": {"amount": 1},
        },
        axes=[{"field": "learning_rate", "low": 1e-3, "high": 1, "count": 150, "scale": "log"}],
        **fields,
    )


@pytest.mark.parametrize(
    "spec",
    [
        large("adam"),
        large("sgd", "adam"),
        large("adam", hidden=(64,)),
        SweepSpec(
            experiment={
                "problem": Network(dataset=Blobs(rows=10_000, features=200, classes=2)),
                "runs": [run("adam", batch_size="all")],
                "budget": {"amount": 1},
            },
            axes=[{"field": "learning_rate", "low": 1e-3, "high": 1, "count": 600}],
        ),
    ],
    ids=["adam", "sgd and adam", "many lanes", "many rows"],
)
def test_a_chunk_of_a_large_network_fits_into_a_worker(spec):
    chunking = Chunking(spec)
    found = list(chunking.chunks(nothing_done(spec)))

    costs = [estimate_scores(experiment_of(chunking, one)) for one in found]
    assert max(cost.bytes for cost in costs) <= CHUNK_BYTES
    assert max(len(one.settings) for one in found) > 1
    assert max(group.bytes for group in chunking._groups) <= CHUNK_BYTES


def test_a_first_guess_that_needs_too_much_memory_makes_no_chunk_larger(monkeypatch):
    """Then fewer lanes are estimated, and what they cost is not what more would cost."""
    monkeypatch.setitem(LIMITS, "bytes", Interval(0, 320 << 20))
    spec = large("adam")
    chunking = Chunking(spec)
    found = list(chunking.chunks(nothing_done(spec)))

    assert max(estimate_scores(experiment_of(chunking, one)).bytes for one in found) <= CHUNK_BYTES
    (alone, *_) = experiments(spec)
    assert chunking.size.updates == 150 * alone.iterations(alone.runs[0])
    assert chunking.size.updates == sum(one.updates for one in found)


def test_data_that_fill_a_worker_still_have_many_lanes_together():
    """Fewer lanes would not make the data smaller, but they would be made more often."""
    spec = SweepSpec(
        experiment={
            "problem": Network(dataset=Blobs(rows=60_000, features=784, classes=2), hidden=(4,)),
            "runs": [run("adam", batch_size="all")],
            "budget": {"amount": 1},
        },
        axes=[{"field": "learning_rate", "low": 1e-3, "high": 1, "count": 40}],
    )
    found = every_chunk(spec)

    assert max(group.bytes for group in Chunking(spec)._groups) > CHUNK_BYTES
    assert min(len(one.settings) for one in found) > 4


def test_a_lane_that_needs_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setitem(LIMITS, "bytes", Interval(0, 10**6))
    spec = large("adam")

    with pytest.raises(InvalidInput) as caught:
        Chunking(spec)

    assert (caught.value.code, caught.value.field) == ("too_expensive", "bytes")
    assert caught.value.limits == Interval(0, 10**6)


# What a worker makes of it


SMALL = {"kind": "network", "dataset": {"name": "two_moons", "rows": 40}, "hidden": [3]}
NETWORKS = {
    "with validation": SMALL,
    "without validation": {**SMALL, "validation_share": 0.0},
    "a regression": {
        "kind": "network",
        "dataset": {"name": "sine", "rows": 40},
        "hidden": [3],
        "loss": "mean_squared_error",
    },
}
TARGETS, POINTS = (0.3, 0.6), 5
SPECS = {
    name: SweepSpec(
        experiment={
            "problem": problem,
            "runs": [run("sgd", batch_size="all"), run("adam", batch_size="all")],
            "budget": {"amount": 7},
            "seeds": [4, 2],
        },
        axes=[listed("learning_rate", *RATES, 1e7), listed("batch_size", 8, "all")],
        targets=TARGETS,
        curve_points=POINTS,
    )
    for name, problem in NETWORKS.items()
} | {
    "a test function": SweepSpec(
        experiment={
            "problem": {"kind": "function", "function": {"name": "rosenbrock"}, "noise": 0.1},
            "runs": [run("sgd", batch_size="all"), run("adam", batch_size="all")],
            "budget": {"amount": 30, "unit": "iterations"},
            "seeds": [4, 2],
        },
        axes=[listed("learning_rate", *RATES, 1e7)],
        targets=(10.0, 1.0),
        curve_points=POINTS,
    )
}
QUANTITIES = ("training_loss", "validation_loss", "training_score", "validation_score")


def known(series):
    """What a history says of the only seed at each recorded step, and the steps."""
    there = ~np.isnan(series.last[0])
    return series.steps[there], series.last[0][there]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_chunk_gives_each_lane_the_numbers_that_it_has_alone(spec):
    chunking, statuses = Chunking(spec), set()
    for one in every_chunk(spec):
        result = train_chunk(chunking.text(one))

        assert len(result.status) == len(one.settings)
        for row, setting in enumerate(one.settings.tolist()):
            alone = experiments(spec)[setting]
            seed = (spec.experiment.seeds[one.seed],)
            alone = Experiment.model_validate({**alone.model_dump(), "seeds": seed})
            (history,) = fit(alone).runs
            statuses.add(history.status[0])
            diverged = history.status[0] == "diverged"

            assert result.status[row] == history.status[0]
            assert result.scores["last_step"][row] == history.last_step[0]
            for quantity in QUANTITIES:
                series = getattr(history, quantity)
                parts = {part: f"{quantity}_{part}" for part in ("first", "final", "best")}
                if series is None:
                    assert not set(parts.values()) & set(result.scores)
                    continue
                steps, values = known(series)
                is_loss = quantity.endswith("loss")
                best = min(values, default=np.nan) if is_loss else max(values, default=np.nan)
                ends = (values[-1] if len(values) else np.nan, best)
                if diverged:
                    ends = (np.inf, np.inf) if is_loss else (np.nan, np.nan)
                expected = (series.last[0, 0], *ends)
                for column, value in zip(parts.values(), expected, strict=True):
                    assert np.array_equal(result.scores[column][row], value, equal_nan=True)
            steps, losses = known(history.training_loss)
            for target, first in zip(spec.targets, result.first_steps[row], strict=True):
                assert first == min(steps[losses <= target], default=np.inf)
            judged = history.validation_loss or history.training_loss
            at = dict(zip(judged.steps, judged.last[0], strict=True))
            after = np.inf if diverged else np.nan  # no median may forget what diverged
            curve = [at.get(step, after) for step in curve_steps(alone, alone.runs[0], POINTS)]
            if diverged:
                curve = np.where(np.isnan(curve), after, curve)
            assert np.array_equal(result.curve[row], curve, equal_nan=True)

    assert statuses == {"budget", "diverged"}


def test_diverged_lanes_have_infinite_losses_and_no_scores():
    spec = SPECS["with validation"]
    for one in every_chunk(spec):
        result = train_chunk(Chunking(spec).text(one))
        diverged = np.array(result.status) == "diverged"

        assert diverged.any()
        for quantity in ("training", "validation"):
            for part in ("final", "best"):
                losses = result.scores[f"{quantity}_loss_{part}"]
                scores = result.scores[f"{quantity}_score_{part}"]
                assert np.isposinf(losses[diverged]).all()
                assert np.isfinite(losses[~diverged]).all()
                assert np.isnan(scores[diverged]).all()
                assert np.isfinite(scores[~diverged]).all()


def test_rows_are_in_the_order_of_the_lanes_of_a_chunk():
    """Run by run, and for each its seeds."""
    runs = [run(*rule, batch_size=8) for rule in (("sgd", 0.1), ("sgd", 1.0), ("adam", 0.01))]
    both = Sweep.model_validate(
        {"problem": SMALL, "runs": runs, "budget": {"amount": 2}, "seeds": [5, 3]}
    )
    result = train_chunk(chunk_text(both.model_dump_json(), (), 0))

    expected = [
        fit(Experiment.model_validate({**both.model_dump(), "runs": [own], "seeds": [seed]}))
        .runs[0]
        .training_loss.final[0]
        for own in runs
        for seed in (5, 3)
    ]
    assert result.scores["training_loss_final"].tolist() == expected
    assert result.first_steps.shape == result.curve.shape == (6, 0)


def test_a_chunk_says_who_trained_it():
    spec = SPECS["with validation"]
    result = train_chunk(Chunking(spec).text(every_chunk(spec)[0]))

    assert result.numpy == np.__version__
    assert result.worker
    assert result.processor
    assert result.seconds > 0


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1])
def test_a_worker_with_another_engine_trains_nothing(version, monkeypatch):
    spec = SPECS["with validation"]
    text = Chunking(spec).text(every_chunk(spec)[0])
    monkeypatch.setattr("engine.training.chunks.VERSION", version)

    with pytest.raises(OtherEngine) as caught:
        train_chunk(text)

    assert caught.value.version == version
    assert caught.value.worker
