"""Settings by arithmetic: each index its setting, each lane its key."""

import hashlib
import json
import tracemalloc
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given

from engine import Experiment, InvalidInput
from engine.experiment import FORMAT
from engine.limits import LIMITS
from engine.rules.schedules import Constant
from engine.version import VERSION
from sweeps.spec import SweepSpec
from tests.strategies import examples
from tests.sweeps import truth
from tests.sweeps.specs import sweeps

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover

RATES = (0.01, 0.1, 1.0)


def run(name, rate=0.1, **fields):
    return {"optimizer": {"name": name}, "learning_rate": rate, **fields}


def listed(field, *values, **fields):
    return {"field": field, "values": values, **fields}


SPECS = {
    "the base alone": SweepSpec(),
    "one run, no axis": SweepSpec(experiment={"runs": [run("sgd")]}),
    "a rate and a batch size": SweepSpec(
        axes=[listed("learning_rate", *RATES), listed("batch_size", 1, 8, 32, "all")]
    ),
    "what only some rules have": SweepSpec(
        experiment={"runs": [run("sgd"), run("momentum"), run("adam")], "seeds": [3, 1]},
        axes=[
            listed("optimizer.momentum", 0.0, 0.5),
            listed("learning_rate", *RATES),
            listed("optimizer.beta1", 0.1, 0.5, 0.9),
        ],
    ),
    "other rates for other rules": SweepSpec(
        axes=[
            listed("learning_rate", 1.0, 2.0, 3.0, rules=["sgd", "momentum"]),
            {"field": "learning_rate", "low": 0.001, "high": 0.1, "count": 3, "scale": "log"}
            | {"rules": ["adam", "adamw", "rmsprop"]},
            listed("batch_size", 8, 16),
        ]
    ),
    "rules as an axis": SweepSpec(
        experiment={"runs": [run("sgd"), run("sgd", batch_size=8)]},
        axes=[
            listed("optimizer.beta1", 0.5, 0.9),
            listed("optimizer", "adam", {"name": "momentum", "momentum": 0.5}, "sgd"),
            listed("learning_rate", *RATES),
        ],
    ),
    "problems": SweepSpec(
        axes=[
            listed("problem.dataset", "xor", "circles"),
            listed("learning_rate", *RATES),
            {"field": "budget.amount", "low": 2, "high": 9, "count": 3},
            listed("problem.dataset.noise", 0.0, 0.2),
        ]
    ),
    "a part that may be left out": SweepSpec(
        experiment={"runs": [run("sgd"), run("adam", clipping={"name": "value"})]},
        axes=[
            listed("clipping", {"name": "norm", "threshold": 2.0}, None),
            listed("learning_rate", *RATES),
        ],
    ),
    "schedules": SweepSpec(
        experiment={"runs": [run("sgd"), run("adam", schedule={"name": "cosine"})]},
        axes=[listed("schedule", {"name": "step"}, {"name": "constant"}), listed("batch_size", 8)],
    ),
    "what only some schedules have": SweepSpec(
        experiment={"runs": [run("sgd"), run("sgd", schedule={"name": "cosine"})]},
        axes=[listed("schedule.end", 0.1, 0.5), listed("schedule.warm_up", 0.0, 0.2)],
    ),
    "what only clipped runs have": SweepSpec(
        experiment={"runs": [run("sgd"), run("sgd", clipping={"name": "value"})]},
        axes=[listed("clipping.threshold", 0.1, 1.0), listed("learning_rate", *RATES)],
    ),
    "runs that an axis makes equal": SweepSpec(
        experiment={"runs": [run("sgd", 0.1), run("sgd", 0.2), run("adam", 0.1), run("adam", 0.2)]},
        axes=[listed("learning_rate", *RATES, rules=["sgd"])],
    ),
}
SOME = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


def found(spec):
    """The run and the experiment of every setting."""
    made = spec.settings
    return [(made.run(index), made.experiment(index)) for index in range(len(made))]


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def every_key(spec):
    """The keys of all lanes, ``[setting][seed]``."""
    return list(spec.settings.keys(np.arange(len(spec.settings)), spec.experiment.seeds))


# An index is a setting


@SOME
def test_every_index_is_one_combination_of_the_values(spec):
    assert found(spec) == truth.settings(spec)


@UNTRACED
@examples(60)
@given(sweeps())
def test_every_index_of_any_sweep_is_one_combination_of_the_values(spec):
    assert found(spec) == truth.settings(spec)
    assert spec.lanes == len(truth.settings(spec)) * len(spec.experiment.seeds)


@SOME
def test_no_two_settings_are_equal(spec):
    every = [canonical(setting) for setting in found(spec)]

    assert len(set(every)) == len(every) == len(spec.settings)


@SOME
def test_run_and_experiment_of_a_setting_are_canonical_and_go_together(spec):
    for own, shared in found(spec):
        experiment = Experiment.model_validate({**shared, "runs": [own], "seeds": [0]})
        whole = experiment.model_dump(mode="json")

        assert whole["runs"] == [own]
        assert {name: whole[name] for name in shared} == shared


def test_the_last_axis_changes_fastest_and_runs_are_the_first():
    spec = SweepSpec(
        experiment={"runs": [run("sgd"), run("adam")]},
        axes=[listed("data_seed", 5, 6), listed("learning_rate", 0.1, 0.2)],
    )

    assert [
        (own["optimizer"]["name"], shared["data_seed"], own["learning_rate"])
        for own, shared in found(spec)
    ] == [
        ("sgd", 5, 0.1),
        ("sgd", 5, 0.2),
        ("sgd", 6, 0.1),
        ("sgd", 6, 0.2),
        ("adam", 5, 0.1),
        ("adam", 5, 0.2),
        ("adam", 6, 0.1),
        ("adam", 6, 0.2),
    ]


def test_runs_that_differ_only_in_what_is_swept_are_one():
    runs = [run("sgd", 0.1), run("sgd", 0.2), run("sgd", 0.1, batch_size=8)]
    spec = SweepSpec(experiment={"runs": runs}, axes=[listed("learning_rate", *RATES)])

    assert len(spec.settings) == 2 * 3
    assert [variant.position for variant in spec.settings.variants] == [0, 2]


# Columns


OF_RUNS = ("learning_rate", "optimizer", "optimizer.name", "optimizer.momentum", "optimizer.beta1")


def check_columns(spec):
    indices = np.arange(len(spec.settings))[::-1]
    whole = [{**shared, **own} for own, shared in found(spec)][::-1]
    for field in {*OF_RUNS, *(axis.field for axis in spec.axes)}:
        values, places = spec.settings.column(field, indices)

        for settings, place in zip(whole, places.tolist(), strict=True):
            value = settings
            for name in field.split("."):
                value = None if value is None else value.get(name)
            if field == "schedule" and value is None:
                value = asdict(Constant())
            assert values[place] == value, field


@SOME
def test_a_column_has_the_value_of_every_setting(spec):
    check_columns(spec)


@UNTRACED
@examples(40)
@given(sweeps() | sweeps(design={"kind": "quasi_random", "settings": 5}))
def test_a_column_of_any_sweep_has_the_value_of_every_setting(spec):
    check_columns(spec)


# Keys


def independent_key(spec, own, shared, seed):
    """Of all that decides the numbers of a lane, by the words of the design."""
    lane = {
        "context": {
            "engine": VERSION,
            "experiment": shared,
            "format": FORMAT,
            "points": spec.curve_points,
            "targets": list(spec.targets),
        },
        "run": own,
        "seed": seed,
    }
    return hashlib.sha256(canonical(lane).encode()).hexdigest()


@SOME
def test_a_key_is_the_digest_of_all_that_decides_a_lane(spec):
    assert every_key(spec) == [
        [independent_key(spec, own, shared, seed) for seed in spec.experiment.seeds]
        for own, shared in truth.settings(spec)
    ]


@UNTRACED
@examples(60)
@given(sweeps(targets=(0.1, 0.5), curve_points=8))
def test_a_key_of_any_sweep_is_the_digest_of_all_that_decides_a_lane(spec):
    assert every_key(spec) == [
        [independent_key(spec, own, shared, seed) for seed in spec.experiment.seeds]
        for own, shared in truth.settings(spec)
    ]


def test_keys_of_some_settings_are_those_of_all():
    spec = SPECS["problems"]
    every, some = every_key(spec), np.array([17, 3, 40, 3])

    assert list(spec.settings.keys(some, (0,))) == [every[index] for index in some]


def test_a_lane_has_the_same_key_in_another_sweep():
    alone = SweepSpec(experiment={"runs": [run("adam", 0.1)], "seeds": [7]})
    among = SweepSpec(
        experiment={"runs": [run("sgd", 3.0), run("adam", 3.0)], "seeds": [1, 7]},
        axes=[
            listed("problem.l2", 0.1, 0.0),
            {"field": "learning_rate", "low": 0.001, "high": 1, "count": 4, "scale": "log"},
            listed("optimizer.beta1", 0.5, 0.9),
        ],
    )
    others = [key for keys in every_key(among) for key in keys]

    assert len(set(others)) == len(others) == among.lanes
    assert others.count(every_key(alone)[0][0]) == 1


OTHER = {
    "the problem": {"problem": {"kind": "network", "hidden": [4]}},
    "the data": {"data_seed": 1},
    "the budget": {"budget": {"amount": 59}},
    "the unit of the budget": {"budget": {"unit": "iterations"}},
    "stopping": {"stopping": {"patience": 5}},
    "the grid of evaluations": {"record_every": 7},
    "the seed": {"seeds": [1]},
    "the rate": {"runs": [run("adam", 0.2)]},
    "the batches": {"runs": [run("adam", batch_size=16)]},
    "sampling": {"runs": [run("adam", sampling="replacement")]},
    "the last batch": {"runs": [run("adam", last_batch="dropped")]},
    "the rule": {"runs": [run("adamw")]},
    "a hyperparameter": {"runs": [{**run("adam"), "optimizer": {"name": "adam", "beta1": 0.8}}]},
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_another_experiment_has_another_key(change):
    base = {"runs": [run("adam")]}

    assert every_key(SweepSpec(experiment=base)) != every_key(SweepSpec(experiment=base | change))


@pytest.mark.parametrize("change", [{"targets": [0.1]}, {"curve_points": 64}])
def test_what_is_kept_of_a_lane_is_part_of_its_key(change):
    assert every_key(SweepSpec()) != every_key(SweepSpec(**change))


def test_the_engine_is_part_of_every_key(monkeypatch):
    before = every_key(SweepSpec())
    monkeypatch.setattr("sweeps.settings.VERSION", VERSION + 1)

    assert set(map(tuple, before)).isdisjoint(map(tuple, every_key(SweepSpec())))


# Quasi-random settings


def quasi_random(settings, *axes, seed=0, **fields):
    design = {"kind": "quasi_random", "settings": settings, "seed": seed}
    return SweepSpec(axes=axes, design=design, **fields)


SHARES = [  # of numbers that may be from 0 to 1
    {"field": "problem.l2", "low": 0, "high": 1},
    {"field": "problem.dataset.noise", "low": 0, "high": 1},
    {"field": "stopping.target_loss", "low": 0, "high": 1},
]


def test_points_are_halton_numbers_shifted():
    """Halton (1960): the digits of 0, 1, 2, ... in the base 2, 3 or 5, mirrored at the point."""
    spec = quasi_random(6, *SHARES)
    known = [
        [0, 1 / 2, 1 / 4, 3 / 4, 1 / 8, 5 / 8],
        [0, 1 / 3, 2 / 3, 1 / 9, 4 / 9, 7 / 9],
        [0, 1 / 5, 2 / 5, 3 / 5, 4 / 5, 1 / 25],
    ]

    for values, numbers in zip(spec.settings.levels, known, strict=True):
        unshifted = (np.array(values) - values[0]) % 1
        assert unshifted == pytest.approx(np.array(numbers), rel=0, abs=1e-11)


@pytest.mark.parametrize("settings", [2, 8, 32, 100])
def test_points_fill_an_axis_better_than_chance_would(settings):
    """Of the first 2^k points, each 2^k-th part of an axis has one: a shift moves no two closer."""
    spec = quasi_random(settings, SHARES[0])
    ordered = np.sort(spec.settings.levels[0])
    gaps = np.diff(ordered, append=ordered[0] + 1)
    random = np.sort(np.random.default_rng(0).random(settings))

    assert gaps.max() <= 2 ** -np.floor(np.log2(settings)) + 1e-11
    assert gaps.max() < np.diff(random, append=random[0] + 1).max()


def test_a_list_of_values_gets_equal_shares():
    spec = quasi_random(64, listed("problem.l2", 0.0, 0.1, 0.2, 0.3), SHARES[1])
    taken = [spec.settings.experiment(index)["problem"]["l2"] for index in range(64)]

    assert [taken.count(value) for value in (0.0, 0.1, 0.2, 0.3)] == [16] * 4


def test_every_run_has_the_same_points():
    spec = quasi_random(
        5,
        {"field": "learning_rate", "low": 1e-3, "high": 1, "scale": "log"},
        listed("batch_size", 8, 16, "all"),
        listed("optimizer.momentum", 0.1, 0.9),
    )
    made = [spec.settings.run(index) for index in range(len(spec.settings))]
    points = [(own["learning_rate"], own["batch_size"]) for own in made]

    assert len(made) == 7 * 5
    assert points == points[:5] * 7
    assert len(set(points)) == 5
    assert [own["optimizer"].get("momentum") for own in made[:5]] == [None] * 5


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_all_points_are_inside_the_range(scale):
    low, high = 0.1, 0.1 + 1e-12  # closer than the digits that are kept
    for ends in ((low, high), (1e-8, 1e7), (1 / 3, 2 / 3)):
        axis = {"field": "learning_rate", "low": ends[0], "high": ends[1], "scale": scale}
        (rates,) = quasi_random(200, axis).settings.levels

        assert ends[0] <= min(rates) <= max(rates) <= ends[1]


def test_whole_numbers_stay_whole_and_may_repeat():
    axis = {"field": "batch_size", "low": 1, "high": 4}
    (sizes,) = quasi_random(50, axis).settings.levels

    assert set(map(type, sizes)) == {int}
    assert set(sizes) == {1, 2, 3, 4}


def test_a_seed_gives_the_same_points_again_and_another_gives_others():
    levels = [quasi_random(9, *SHARES, seed=seed).settings.levels for seed in (0, 0, 1)]

    assert levels[0] == levels[1]
    for ours, theirs in zip(levels[0], levels[2], strict=True):
        assert set(ours).isdisjoint(theirs)


@UNTRACED
@examples(40)
@given(sweeps(design={"kind": "quasi_random", "settings": 5, "seed": 3}))
def test_quasi_random_settings_are_canonical_and_have_the_keys_of_what_they_are(spec):
    for (own, shared), keys in zip(found(spec), every_key(spec), strict=True):
        experiment = Experiment.model_validate({**shared, "runs": [own], "seeds": [0]})

        assert experiment.model_dump(mode="json") == {**shared, "runs": [own], "seeds": [0]}
        seeds = spec.experiment.seeds
        assert keys == [independent_key(spec, own, shared, seed) for seed in seeds]
    assert (len(spec.settings) + spec.settings.not_applicable.total()) % 5 == 0


# Size


def test_a_million_millions_of_settings_are_refused_at_once():
    fields = ("learning_rate", "optimizer.beta1", "optimizer.beta2", "optimizer.epsilon")
    axes = [{"field": field, "low": 0.1, "high": 0.9, "count": 1_000} for field in fields]

    tracemalloc.start()
    with pytest.raises(InvalidInput) as caught:
        SweepSpec(axes=axes, experiment={"runs": [run("adam")]})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert caught.value.value == 10**12
    assert (caught.value.code, caught.value.field) == ("out_of_range", "sweep_lanes")
    assert caught.value.limits == LIMITS["sweep_lanes"]
    assert peak < 2e6


# What makes no sense for a rule


@pytest.fixture
def choosy(monkeypatch):
    """Adam needs all rows, and AdamW the layers of a network."""
    monkeypatch.setattr("engine.rules.Adam.needs", frozenset({"all_rows"}))
    monkeypatch.setattr("engine.rules.AdamW.needs", frozenset({"layers"}))


def choosy_spec(**fields):
    runs = [run("adam", batch_size="all"), run("sgd"), run("adamw")]
    axes = [listed("batch_size", 8, "all"), listed("learning_rate", *RATES)]
    return SweepSpec(**{"experiment": {"runs": runs}, "axes": axes, **fields})


def trained(spec):
    """Rule, batch size and kind of problem of every setting."""
    settings = spec.settings
    runs = [settings.run(at) for at in range(len(settings))]
    kinds = [settings.experiment(at)["problem"]["kind"] for at in range(len(settings))]
    return [
        (one["optimizer"]["name"], one["batch_size"], kind)
        for one, kind in zip(runs, kinds, strict=True)
    ]


@pytest.mark.usefixtures("choosy")
def test_a_combination_that_makes_no_sense_has_no_setting_and_is_counted():
    spec = choosy_spec()

    assert trained(spec) == (
        [("adam", "all", "network")] * 3
        + [("sgd", 8, "network")] * 3
        + [("sgd", "all", "network")] * 3
        + [("adamw", 8, "network")] * 3
        + [("adamw", "all", "network")] * 3
    )
    assert len(spec.settings) == 15 == spec.lanes
    assert spec.settings.not_applicable == {"adam": 3}
    assert [spec.settings.run(at)["learning_rate"] for at in range(3)] == list(RATES)


@pytest.mark.usefixtures("choosy")
def test_keys_of_the_others_are_what_they_are_without_it():
    with_it, without = choosy_spec(), choosy_spec(experiment={"runs": [run("sgd"), run("adamw")]})

    def keys(spec, names):
        indices = [at for at, (name, *_) in enumerate(trained(spec)) if name in names]
        return list(spec.settings.keys(np.array(indices), (0,)))

    assert keys(with_it, {"sgd", "adamw"}) == keys(without, {"sgd", "adamw"})


@pytest.mark.usefixtures("choosy")
def test_a_rule_of_layers_has_no_setting_on_a_test_function():
    spec = choosy_spec(
        experiment={"runs": [run("sgd", batch_size="all"), run("adamw", batch_size="all")]},
        axes=[listed("problem", "network", "function"), listed("learning_rate", *RATES)],
    )

    assert {kind for name, _, kind in trained(spec) if name == "adamw"} == {"network"}
    assert spec.settings.not_applicable == {"adamw": 3}


@pytest.mark.usefixtures("choosy")
def test_noise_leaves_out_a_rule_that_needs_all_rows():
    spec = choosy_spec(
        experiment={
            "problem": {"kind": "function"},
            "runs": [run("sgd", batch_size="all"), run("adam", batch_size="all")],
        },
        axes=[listed("problem.noise", 0.0, 0.5), listed("learning_rate", *RATES)],
    )

    assert len(spec.settings) == 9
    assert spec.settings.not_applicable == {"adam": 3}


@pytest.mark.usefixtures("choosy")
def test_a_rule_that_never_applies_is_no_run():
    spec = choosy_spec(
        experiment={"runs": [run("sgd", batch_size=8)]},
        axes=[listed("optimizer", "sgd", "adam"), listed("learning_rate", *RATES)],
    )

    assert [one.run["optimizer"]["name"] for one in spec.settings.variants] == ["sgd"]
    assert spec.settings.not_applicable == {"adam": 3}


@pytest.mark.usefixtures("choosy")
def test_a_sweep_without_any_setting_is_refused_with_the_reason():
    with pytest.raises(InvalidInput) as caught:
        choosy_spec(
            experiment={"runs": [run("sgd", batch_size=8)]}, axes=[listed("optimizer", "adam")]
        )

    assert (caught.value.code, caught.value.value) == ("conflict", "adam")
    assert caught.value.limits == ("batch_size", 8)


@pytest.mark.usefixtures("choosy")
def test_scattered_points_are_those_of_a_sweep_in_which_all_make_sense(monkeypatch):
    fields = {"design": {"kind": "quasi_random", "settings": 20, "seed": 3}}
    some = choosy_spec(**fields)
    monkeypatch.setattr("engine.rules.Adam.needs", frozenset())
    every = choosy_spec(**fields)

    def runs(spec):
        return [spec.settings.run(at) for at in range(len(spec.settings))]

    expected = [
        one
        for one in runs(every)
        if one["optimizer"]["name"] != "adam" or one["batch_size"] == "all"
    ]
    assert runs(some) == expected
    assert 40 < len(expected) < 60
