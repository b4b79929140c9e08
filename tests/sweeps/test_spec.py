"""A sweep's file: what is read, what is refused, what is written."""

import codecs
import json

import jsonschema
import pytest
from hypothesis import given

from engine import Experiment, Interval, InvalidInput
from engine.experiment import FORMAT_1_RUNS
from engine.limits import LIMITS
from engine.version import VERSION
from sweeps.spec import SPEC_BYTES, Grid, QuasiRandom, SweepSpec, read_spec
from tests.strategies import examples
from tests.sweeps.specs import sweeps

EXAMPLE = {
    "experiment": {"seeds": [0, 1, 2, 3, 4]},
    "axes": [
        {"field": "learning_rate", "low": 1e-4, "high": 1, "count": 9, "scale": "log"},
        {"field": "batch_size", "values": [1, 8, 32, "all"]},
    ],
}


def read(fields):
    return read_spec(json.dumps(fields).encode())


def refused(text):
    with pytest.raises(InvalidInput) as caught:
        read_spec(text)
    return caught.value


def test_seven_rules_nine_rates_four_batch_sizes_and_five_seeds_are_1260_lanes():
    spec = read(EXAMPLE)

    assert len(FORMAT_1_RUNS) == 7
    assert len(spec.settings) == 7 * 9 * 4
    assert spec.lanes == 7 * 9 * 4 * 5 == 1_260


def test_nothing_but_defaults_is_the_base_alone():
    spec = read({})

    assert spec == SweepSpec()
    assert (spec.experiment, spec.axes, spec.design) == (Experiment(), (), Grid())
    assert spec.lanes == 7


def test_a_byte_order_mark_is_read_over():
    assert read_spec(codecs.BOM_UTF8 + json.dumps(EXAMPLE).encode()) == read(EXAMPLE)


def test_a_file_of_five_megabytes_is_refused_unread():
    error = refused(b"[" * (5 * 2**20))

    assert (error.code, error.field, error.value) == ("too_expensive", "file", 5 * 2**20)
    assert error.limits == Interval(0, SPEC_BYTES)


@pytest.mark.parametrize("text", [b"", b"axes: []", b'{"axes": [', b"\xff\xfe{}"])
def test_what_is_not_json_is_refused(text):
    assert refused(text).code == "not_json"


REFUSED = {
    "a list": ([], "wrong_type", "", "object"),
    "an unknown field": ({"colour": "red"}, "unknown_field", "colour", None),
    "another version": ({"format": 2}, "out_of_range", "format", Interval(1, 1)),
    "no version": ({"format": "1"}, "wrong_type", "format", "integer"),
    "a wrong base": (
        {"experiment": {"runs": [{"optimizer": {"name": "sgd"}, "learning_rate": -1.0}]}},
        "out_of_range",
        "experiment.runs.0.learning_rate",
        LIMITS["learning_rate"],
    ),
    "an unknown design": (
        {"design": {"kind": "halving"}},
        "unknown_choice",
        "design.kind",
        ("grid", "quasi_random"),
    ),
    "no quasi-random settings": (
        {"design": {"kind": "quasi_random", "settings": 0}},
        "out_of_range",
        "design.settings",
        LIMITS["random_settings"],
    ),
    "a design without its count": (
        {"design": {"kind": "quasi_random"}},
        "missing",
        "design.settings",
        None,
    ),
    "a negative seed": (
        {"design": {"kind": "quasi_random", "settings": 1, "seed": -1}},
        "out_of_range",
        "design.seed",
        LIMITS["seed"],
    ),
    "nine targets": ({"targets": [0.1] * 9}, "wrong_length", "targets", LIMITS["targets"]),
    "an infinite target": (
        {"targets": [0.1, 1e13]},
        "out_of_range",
        "targets.1",
        Interval(-1e12, 1e12),
    ),
    "too many points": (
        {"curve_points": 65},
        "out_of_range",
        "curve_points",
        LIMITS["curve_points"],
    ),
    "too many lanes": (
        {
            "experiment": {"seeds": list(range(30))},
            "axes": [
                {"field": field, "low": 0.1, "high": 0.9, "count": 1_000}
                for field in ("learning_rate", "optimizer.beta1", "optimizer.beta2")
            ],
        },
        "out_of_range",
        "sweep_lanes",
        LIMITS["sweep_lanes"],
    ),
    "too many problems": (
        {
            "axes": [
                {"field": "problem.l2", "low": 0, "high": 1, "count": 1_000},
                {"field": "data_seed", "values": [1, 2, 3]},
            ]
        },
        "out_of_range",
        "sweep_problems",
        LIMITS["sweep_problems"],
    ),
}


@pytest.mark.parametrize(("fields", "code", "field", "limits"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_file_is_refused_with_code_field_and_limits(fields, code, field, limits):
    error = refused(json.dumps(fields).encode())

    assert (error.code, error.field, error.limits) == (code, field, limits)


@examples(40)
@given(sweeps(targets=(0.5,), curve_points=2))
def test_any_sweep_comes_back_from_its_json(spec):
    again = read_spec(spec.model_dump_json().encode())

    assert again == spec
    assert again.key == spec.key


def test_a_quasi_random_sweep_comes_back_from_its_json():
    spec = SweepSpec(**EXAMPLE, design=QuasiRandom(settings=5, seed=3))

    assert read_spec(spec.model_dump_json().encode()) == spec


def test_the_key_holds_the_sweep_and_the_version_of_the_engine():
    spec = read(EXAMPLE)
    held = json.loads(spec.key)

    assert held["engine"] == VERSION
    assert SweepSpec.model_validate(held["sweep"]) == spec


def test_another_engine_has_another_key(monkeypatch):
    before = SweepSpec().key
    monkeypatch.setattr("sweeps.spec.VERSION", VERSION + 1)

    assert SweepSpec().key != before


def test_equal_sweeps_have_one_hash_also_with_lists_among_the_values():
    axis = {"field": "problem.hidden", "values": [[4], [8, 8]]}
    one, equal = (SweepSpec.model_validate({"axes": [axis]}) for _ in range(2))

    assert hash(one) == hash(equal)
    assert len({one, equal, SweepSpec()}) == 2


def test_the_schema_takes_what_is_read_and_refuses_what_is_not():
    schema = SweepSpec.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    whole = json.loads(SweepSpec(**EXAMPLE).model_dump_json())
    designed = EXAMPLE | {"design": {"kind": "quasi_random", "settings": 5}}
    for taken in ({}, EXAMPLE, whole, designed):
        assert list(validator.iter_errors(taken)) == []
    for wrong in (
        {"colour": "red"},
        {"format": 2},
        {"axes": [{"field": "learning_rate"}]},
        {"axes": [{"field": "learning_rate", "low": 1, "high": 2, "count": 1}]},
        {"design": {"kind": "halving"}},
    ):
        assert list(validator.iter_errors(wrong)) != []
