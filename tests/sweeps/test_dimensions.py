"""In what settings differ: every setting's place leads back to its value."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given

from engine.rules.schedules import Constant
from sweeps.dimensions import MOST_PLACES, RUN, dimension, dimensions
from sweeps.spec import SweepSpec
from tests.strategies import examples
from tests.sweeps.specs import sweeps

ABSENT = object()
NETWORK = {"problem": {"kind": "network", "hidden": [3]}}


def run(name, rate=0.1, **fields):
    return {"optimizer": {"name": name}, "learning_rate": rate, **fields}


def listed(field, *values, **fields):
    return {"field": field, "values": values, **fields}


def ranged(field, low, high, count=2, scale="linear", **fields):
    return {"field": field, "low": low, "high": high, "count": count, "scale": scale, **fields}


def swept(*axes, runs=("sgd",), settings=0, **fields):
    """A grid over axes, or so many quasi-random settings."""
    experiment = NETWORK | {"runs": [run(name) for name in runs]} | fields
    design = {"kind": "quasi_random", "settings": settings} if settings else {"kind": "grid"}
    return SweepSpec(experiment=experiment, axes=axes, design=design)


def value_of(spec, index, field):
    """A setting's value of a field as it is trained, without what inside has its own axis."""
    plain = {"clipping": None, "schedule": asdict(Constant())}  # which the JSON of runs leaves out
    value = {**spec.settings.experiment(index), **plain, **spec.settings.run(index)}
    for name in field.split("."):
        if name not in value:
            return ABSENT
        value = value[name]
    value = json.loads(json.dumps(value))
    for other in spec.axes:
        if other.field.startswith(f"{field}."):
            *above, name = other.field.removeprefix(f"{field}.").split(".")
            part = value
            for step in above:
                part = part[step]
            part.pop(name, None)
    return value


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check(spec):
    """Compare every place with the value that it stands for."""
    runs, *others = dimensions(spec)
    assert runs.field == RUN
    assert runs.values == tuple(range(len(spec.settings.variants)))
    assert [one.field for one in others] == list(
        dict.fromkeys(axis.field for axis in spec.axes if axis.field != "optimizer")
    )
    for index in range(len(spec.settings)):
        variant = spec.settings.variants[runs.places[index]]
        assert variant.first <= index < variant.first + variant.size
    for one in others:
        for index in range(len(spec.settings)):
            check_place(one, index, value_of(spec, index, one.field))
        check_order(one)


def check_place(one, index, value):
    place, number = one.places[index], one.numbers[index]
    assert number == value if is_number(value) else np.isnan(number)
    if value is ABSENT or (one.edges is not None and value == "all"):
        assert place == -1
    elif one.edges is None:
        as_it_is = value if is_number(value) or isinstance(value, str) else None
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        assert one.values[place] == (text if as_it_is is None else as_it_is)
    else:
        assert 0 <= place < len(one)
        assert one.edges[place] <= value <= one.edges[place + 1]


def check_order(one):
    numbers = [value for value in one.values if is_number(value)]
    assert len(set(one.values)) == len(one.values)
    if one.is_numeric:
        assert list(one.values) == sorted(numbers) + ["all"] * ("all" in one.values)
    if one.edges is None:
        assert len(one) == len(one.values)
        assert set(one.places.tolist()) - {-1} == set(range(len(one)))
    else:
        assert (np.diff(one.edges) > 0).all()


@examples(80)
@given(sweeps() | sweeps(design={"kind": "quasi_random", "settings": 5}))
def test_a_place_leads_back_to_the_value_of_its_setting(spec):
    check(spec)


MANY = {
    "rates": [ranged("learning_rate", 1e-5, 1, scale="log")],
    "whole numbers": [ranged("batch_size", 1, 100)],
    "shares": [ranged("problem.l2", 0, 1)],
    "narrow": [ranged("learning_rate", 1, 1 + 1e-9, scale="log")],
    "huge": [ranged("learning_rate", 1e-8, 1e7, scale="log"), ranged("problem.l2", 0, 1)],
    "some rules": [
        ranged("optimizer.momentum", 0.1, 0.9, scale="log", rules=["momentum"]),
        ranged("learning_rate", 0.001, 1, scale="log", rules=["adam"]),
        listed("learning_rate", 0.5, 0.7, rules=["sgd"]),
    ],
}


@pytest.mark.parametrize("axes", MANY.values(), ids=MANY)
@pytest.mark.parametrize("settings", [1, 2, MOST_PLACES, MOST_PLACES + 1, 300])
def test_so_many_values_are_in_bins(axes, settings):
    spec = swept(*axes, runs=("sgd", "momentum", "nesterov", "adam"), settings=settings)

    check(spec)
    for one in dimensions(spec):
        assert (one.edges is not None) == (len(one.values) > MOST_PLACES)


def test_bins_are_equally_wide_and_begin_and_end_with_the_values():
    linear = dimension(swept(ranged("problem.l2", 0, 1), settings=200), "problem.l2")
    rates = swept(ranged("learning_rate", 1e-4, 1, scale="log"), settings=200)
    log = dimension(rates, "learning_rate")

    assert np.diff(linear.edges) == pytest.approx(np.diff(linear.edges).mean())
    assert np.diff(np.log(log.edges)) == pytest.approx(np.diff(np.log(log.edges)).mean())
    for one in (linear, log):
        assert one.edges[[0, -1]].tolist() == [min(one.values), max(one.values)]
        assert np.bincount(one.places).min() > 0.5 * 200 / len(one)


def test_beside_bins_all_has_no_place():
    spec = swept(
        ranged("batch_size", 1, 90, 50, rules=["sgd"]),
        listed("batch_size", 5, "all", rules=["adam"]),
        runs=("sgd", "adam"),
    )

    check(spec)
    assert (dimension(spec, "batch_size").places == -1).sum() == 1


def test_axes_of_one_field_for_other_rules_are_one_dimension():
    spec = swept(
        listed("learning_rate", 1.0, 0.1, rules=["sgd"]),
        listed("learning_rate", 0.1, 0.01, rules=["adam"]),
        runs=("sgd", "adam", "rmsprop"),
    )
    one = dimension(spec, "learning_rate")

    check(spec)
    assert one.values == (0.01, 0.1, 1.0)
    assert one.places.tolist() == [2, 1, 1, 0, 1]  # the last is the rate of the base


def test_a_run_without_the_field_has_no_place():
    spec = swept(listed("optimizer.momentum", 0.5, 0.9), runs=("adam", "momentum"))

    assert dimension(spec, "optimizer.momentum").places.tolist() == [-1, 0, 1]


def test_null_is_a_value_of_an_experiment():
    spec = swept(listed("record_every", None, 5))

    check(spec)
    assert dimension(spec, "record_every").values == ("null", 5)


def test_all_is_behind_the_numbers():
    spec = swept(listed("batch_size", "all", 32, 8))
    one = dimension(spec, "batch_size")

    assert one.values == (8, 32, "all")
    assert one.places.tolist() == [2, 1, 0]
    assert one.is_numeric
    assert one.is_ordered


def test_whole_objects_are_in_json():
    spec = swept(
        listed("problem.hidden", [4], []),
        listed("budget", {"unit": "epochs", "amount": 2}, {"unit": "iterations", "amount": 3}),
        listed("optimizer", "sgd", "adam"),
    )

    check(spec)
    assert dimension(spec, "problem.hidden").values == ("[4]", "[]")
    assert [json.loads(value) for value in dimension(spec, "budget").values] == [
        {"unit": "epochs", "amount": 2},
        {"unit": "iterations", "amount": 3},
    ]
    assert dimension(spec, "optimizer") is None
    assert len(dimension(spec, RUN)) == 2
    assert not dimension(spec, "budget").is_ordered


def test_an_object_is_told_without_what_inside_has_its_own_axis():
    spec = swept(
        listed("problem.dataset", "xor", "circles"), listed("problem.dataset.noise", 0.0, 0.2)
    )
    datasets, noise = dimension(spec, "problem.dataset"), dimension(spec, "problem.dataset.noise")

    check(spec)
    assert [json.loads(value)["name"] for value in datasets.values] == ["xor", "circles"]
    assert all("noise" not in json.loads(value) for value in datasets.values)
    assert datasets.places.tolist() == [0, 0, 1, 1]
    assert noise.places.tolist() == [0, 1, 0, 1]


LOGARITHMIC = ([0.01, 0.1, 1], [1, 2, 4, 8], [8, 32, 128], [1e-4, 3e-4, 1e-3, 3e-3], [1, 10, 50])
EVEN = ([0.1, 0.5, 0.9], [1, 50, 100], [1, 2, 3], [0.9, 0.99, 0.999], [0.01, 1], [1])


@pytest.mark.parametrize("values", [*LOGARITHMIC, *EVEN], ids=str)
def test_a_list_is_logarithmic_where_its_numbers_are_more_even_so(values):
    one = dimension(swept(listed("learning_rate", *values)), "learning_rate")

    assert one.log == (values in LOGARITHMIC)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize(("count", "settings"), [(2, 0), (5, 0), (2, 1), (2, 60)])
def test_a_range_is_as_it_says(scale, count, settings):
    spec = swept(ranged("learning_rate", 0.001, 1, count, scale), settings=settings)

    assert dimension(spec, "learning_rate").log == (scale == "log")


def test_an_axis_with_nought_is_not_logarithmic():
    """The base of the other run has no momentum, which has no logarithm."""
    runs = [run("momentum"), {**run("nesterov"), "optimizer": {"name": "nesterov", "momentum": 0}}]
    axis = ranged("optimizer.momentum", 0.01, 0.9, 50, "log", rules=["momentum"])
    spec = SweepSpec(experiment=NETWORK | {"runs": runs}, axes=[axis])

    check(spec)
    assert not dimension(spec, "optimizer.momentum").log


def test_dimensions_of_a_sweep_are_worked_out_once():
    spec = swept(listed("problem.hidden", [4], []))

    assert dimensions(spec) is dimensions(spec)
    assert dimension(spec, "seeds") is None
