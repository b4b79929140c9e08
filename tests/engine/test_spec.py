"""One kind of error, with the path in the input, whatever pydantic calls its parts."""

import pickle
from typing import Annotated, Literal

import pytest
from pydantic import Field

from engine import Interval, InvalidInput
from engine.errors import CODES
from engine.problems.datasets import DATASETS
from engine.problems.functions import EVERY_FUNCTION
from engine.rules import RULES
from engine.spec import Spec, by_name, parse_json


class Left(Spec):
    name: Literal["left"] = "left"
    left: Annotated[int, Interval(0, 9)] = 0


class Right(Spec):
    name: Literal["right"] = "right"
    text: Annotated[str, Field(max_length=3)] = "x"


class Tree(Spec):
    """A family, a family within a tuple, and a union of names and numbers."""

    side: Annotated[Left | Right, Field(discriminator="name")] = Left()
    sides: tuple[Annotated[Left | Right, Field(discriminator="name")], ...] = ()
    size: Literal["all", "none"] | Annotated[int, Interval(1, 5)] = 1
    flag: bool = Field(default=False, strict=True)


@pytest.mark.parametrize(
    ("fields", "code", "field", "value"),
    [
        ({"side": {"name": "left", "left": 99}}, "out_of_range", "side.left", 99),
        ({"side": {"name": "left", "right": 1}}, "unknown_field", "side.right", 1),
        ({"side": {"name": "up"}}, "unknown_choice", "side.name", "up"),
        ({"side": {}}, "missing", "side", {}),
        ({"side": 3}, "wrong_type", "side", 3),
        ({"sides": [Left(), {"name": "left", "left": True}]}, "wrong_type", "sides.1.left", True),
        ({"sides": [{"name": "right", "text": "long"}]}, "wrong_length", "sides.0.text", "long"),
        ({"size": "some"}, "unknown_choice", "size", "some"),
        ({"size": 6}, "out_of_range", "size", 6),
        ({"size": 1.5}, "wrong_type", "size", 1.5),
        ({"flag": 1}, "wrong_type", "flag", 1),
        ({"colour": 1}, "unknown_field", "colour", 1),
    ],
)
def test_every_way_in_gives_the_same_error(fields, code, field, value):
    for make in (lambda: Tree(**fields), lambda: Tree.model_validate(fields)):
        with pytest.raises(InvalidInput) as caught:
            make()
        error = caught.value
        assert (error.code, error.field, error.value) == (code, field, value)
        assert error.code in CODES
        assert error.__cause__ is None


def test_an_object_is_asked_for_by_that_name_and_not_by_the_validators():
    for fields in ({"side": 3}, {"sides": ["left"]}):
        with pytest.raises(InvalidInput) as caught:
            Tree(**fields)
        assert caught.value.limits == "object"


def test_choices_and_lengths_are_told():
    with pytest.raises(InvalidInput) as caught:
        Tree(size="some")
    assert caught.value.limits == ("all", "none")

    with pytest.raises(InvalidInput) as caught:
        Tree(sides=[{"name": "right", "text": "long"}])
    assert str(caught.value.limits).endswith(", 3]")


def test_error_reads_well_in_a_traceback():
    error = InvalidInput("out_of_range", "runs.0.batch_size", 0, Interval(1, 300))

    assert str(error) == "runs.0.batch_size: out_of_range: 0 (allowed: [1, 300])"
    assert str(InvalidInput("not_json", "", "x")) == "input: not_json: 'x'"
    assert len(str(InvalidInput("wrong_type", "seeds", "x" * 10**6, "tuple"))) < 120


def test_error_of_a_number_too_long_to_write_can_be_read():
    error = InvalidInput("out_of_range", "seed", 10**5000, Interval(0, 9))

    assert str(error) == "seed: out_of_range: <int> (allowed: [0, 9])"


def test_error_is_a_value_error_that_can_be_sent_between_processes():
    error = InvalidInput("out_of_range", "a", 1, Interval(2, 3))

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - of our own making

    assert isinstance(again, ValueError)
    assert (again.code, again.field, again.value, again.limits) == (
        "out_of_range",
        "a",
        1,
        Interval(2, 3),
    )


def test_error_can_be_told_of_another_path():
    error = InvalidInput("missing", "b", 1, None).at("a.b")

    assert (error.code, error.field, error.value, error.limits) == ("missing", "a.b", 1, None)


def test_descriptions_are_values():
    assert Tree() == Tree()
    assert len({Tree(), Tree(), Tree(size=2)}) == 2


def test_json_is_parsed_strictly():
    assert parse_json('{"a": [1, 2.5, null, true]}') == {"a": [1, 2.5, None, True]}
    for text in ("", "{", "{'a': 1}", "[1,]"):
        with pytest.raises(InvalidInput, match="not_json"):
            parse_json(text)
    for nothing in (None, {}, 1):
        with pytest.raises(InvalidInput, match="wrong_type"):
            parse_json(nothing)


def test_a_key_given_twice_is_refused_and_named():
    for text in ('{"a": 1, "a": 1}', '[{"b": {"a": {}, "c": 0, "a": 2}}]'):
        with pytest.raises(InvalidInput) as caught:
            parse_json(text)
        assert (caught.value.code, caught.value.field) == ("duplicate_key", "a")
    assert parse_json('[{"a": 1}, {"a": 2}]') == [{"a": 1}, {"a": 2}]


def test_a_number_that_is_not_finite_is_refused_with_its_field():
    with pytest.raises(InvalidInput) as caught:
        Tree.model_validate_json('{"side": {"name": "left", "left": NaN}}')
    assert (caught.value.code, caught.value.field) == ("not_finite", "side.left")


def test_a_registry_by_name_has_every_class_under_its_own_id_in_order():
    for registry in (RULES, DATASETS, EVERY_FUNCTION):
        assert {kind().name: kind for kind in registry} == by_name(registry)
        assert list(by_name(registry).values()) == list(registry)
