"""The engine's errors in words: what was refused, what was given, what is allowed."""

import math
import re
from typing import get_args
from urllib.parse import parse_qs

import numpy as np
import pytest

from comparison.document import Document, View, read_document
from comparison.link import _FIELDS, from_link, to_link
from comparison.pages import SurfacesPage
from comparison.tables.known import read_known
from comparison.tables.reading import read
from comparison.words.errors import _field, explain
from engine import (
    Budget,
    Experiment,
    Interval,
    InvalidInput,
    Network,
    Run,
    estimate,
    fit,
    principal_plane,
    random_plane,
)
from engine.errors import CODES
from engine.formulas.formula import parse
from engine.formulas.graph import differentiate
from engine.problems.datasets import Blobs, Digits
from engine.problems.datasets.table import Tables
from engine.rules import RULES, SGD, hyperparameters
from engine.spec import Spec
from language import set_language
from language.labels import LABELS
from sweeps.axes import ListAxis, RangeAxis, read_axis
from sweeps.spec import QuasiRandom, SweepSpec, read_spec

HANGUL = re.compile("[가-힣]")
IN_ORDER = ", ".join(rule.name for rule in RULES)


def run(**fields):
    """An experiment of one run with these fields."""
    return {"runs": [{"optimizer": {"name": "sgd"}, "learning_rate": 0.1, **fields}]}


def validated(fields):
    return lambda: Experiment.model_validate(fields)


def for_hours():
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)] * 12
    experiment = Experiment(runs=runs, budget=Budget(amount=10_000), seeds=tuple(range(30)))
    estimate(experiment).check_time()


def formula(text, **point):
    return lambda: differentiate(parse(text), point)


def beyond_memory():
    blobs = Blobs(rows=60_000, features=784)
    problem = Network(dataset=blobs, hidden=(256,), loss="cross_entropy")
    estimate(Experiment(problem=problem, seeds=tuple(range(30))))


def beyond_history():
    problem = Network(dataset=Digits(), hidden=(256, 256), loss="cross_entropy")
    estimate(Experiment(problem=problem, seeds=tuple(range(10)), budget=Budget(amount=1)))


# What is done, its code, and what a reader must find in English and in Korean.
CASES = {
    "text for a number": (
        validated(run(learning_rate="fast")),
        "wrong_type",
        ["Learning rate of run 1", "fast", "number"],
        ["실행 1의 학습률", "fast"],
    ),
    "a boolean for a number": (
        validated(run(learning_rate=True)),
        "wrong_type",
        ["Learning rate of run 1", "true", "number"],
        ["실행 1의 학습률", "true"],
    ),
    "not a number": (
        validated(run(learning_rate=float("nan"))),
        "not_finite",
        ["Learning rate of run 1", "nan", "1e-08", "10,000,000"],
        ["실행 1의 학습률", "nan", "1e-08", "10,000,000"],
    ),
    "a negative rate": (
        validated(run(learning_rate=-1.0)),
        "out_of_range",
        ["Learning rate of run 1", "-1", "1e-08", "10,000,000"],
        ["실행 1의 학습률", "-1", "1e-08", "10,000,000"],
    ),
    "an excluded end": (
        validated(run(optimizer={"name": "momentum", "momentum": 1.0})),
        "out_of_range",
        ["Momentum of run 1", "1", "[0 … 1)"],
        ["실행 1의 모멘텀", "1", "[0 … 1)"],
    ),
    "a batch larger than the data": (
        validated(run(batch_size=301)),
        "out_of_range",
        ["Batch size of run 1", "301", "[1 … 300]"],
        ["실행 1의 배치 크기", "301", "[1 … 300]"],
    ),
    "the second run": (
        validated({"runs": run()["runs"] + run(batch_size=0)["runs"]}),
        "out_of_range",
        ["Batch size of run 2", "0"],
        ["실행 2의 배치 크기", "0"],
    ),
    "too noisy": (
        validated({"problem": {"kind": "network", "dataset": {"name": "xor", "noise": 11.0}}}),
        "out_of_range",
        ["Noise", "11", "[0 … 10]"],
        ["노이즈", "11", "[0 … 10]"],
    ),
    "a wide second layer": (
        lambda: Network(hidden=(8, 257)),
        "out_of_range",
        ["Units of hidden layer 2", "257", "[1 … 256]"],
        ["은닉층 2의 유닛 수", "257", "[1 … 256]"],
    ),
    "a budget of nothing": (
        validated({"budget": {"amount": 0}}),
        "out_of_range",
        ["Budget", "0"],
        ["학습량", "0"],
    ),
    "a target without a number": (
        validated({"stopping": {"target_loss": float("inf")}}),
        "not_finite",
        ["Target loss", "inf"],
        ["목표 손실", "inf"],
    ),
    "the rate of a run in a file": (
        lambda: read_document('{"experiment": {"runs": [{"learning_rate": 0.1}]}}'),
        "missing",
        ["Optimizer of run 1"],
        ["실행 1의 옵티마이저"],
    ),
    "just above the limit": (
        validated(run(learning_rate=10_000_001.0)),
        "out_of_range",
        ["10000001"],
        ["10000001"],
    ),
    "an unknown rule": (
        validated(run(optimizer={"name": "nobodys"})),
        "unknown_choice",
        ["Optimizer of run 1", "nobodys", IN_ORDER],
        ["실행 1의 옵티마이저", "nobodys", IN_ORDER],
    ),
    "an unknown field": (
        validated(run(colour="red")),
        "unknown_field",
        ["colour", "run 1"],
        ["colour", "실행 1"],
    ),
    "a data set that is no longer here": (
        lambda: read_document('{"problem": {"kind": "network", "dataset": {"name": "diabetes"}}}'),
        "retired",
        ["“diabetes” is no longer here", "licence is unknown", "“Palmer penguins” (penguins)"],
        ["diabetes", "penguins"],
    ),
    "the same in a link": (
        lambda: from_link({"data": ["diabetes"], "data.rows": ["7"]}),
        "retired",
        ["“diabetes” is no longer here", "“Palmer penguins” (penguins)"],
        ["diabetes", "penguins"],
    ),
    "no rate": (
        validated({"runs": [{"optimizer": {"name": "sgd"}}]}),
        "missing",
        ["Learning rate of run 1"],
        ["실행 1의 학습률"],
    ),
    "no runs": (
        validated({"runs": []}),
        "wrong_length",
        ["Runs", "0", "[1 … 12]"],
        ["실행", "0", "[1 … 12]"],
    ),
    "start values of another network": (
        lambda: Network(start=(1.0, 2.0)),
        "wrong_length",
        ["Starting weights", "2", f"{Network().n_params}"],
        ["초기 가중치", "2", f"{Network().n_params}"],
    ),
    "a seed twice": (
        validated({"seeds": [7, 7]}),
        "duplicate",
        ["Seeds", "7, 7"],
        ["시드", "7, 7"],
    ),
    "a loss for two classes on three": (
        validated({"problem": {"kind": "network", "dataset": {"name": "iris"}}}),
        "conflict",
        ["Loss function", "Binary cross-entropy", "Data set", "Iris flowers"],
        ["손실 함수", "이진 교차 엔트로피", "데이터셋", "붓꽃"],
    ),
    "a network with too many parameters": (
        lambda: Network(dataset=Blobs(features=784, classes=2), hidden=(256, 256)),
        "out_of_range",
        ["Number of parameters is 267009", "[1 … 250,000]"],
        ["매개변수", "267009", "[1 … 250,000]"],
    ),
    "a budget beyond the integers of a machine": (
        validated({"budget": {"amount": 10**20}}),
        "out_of_range",
        ["Budget", "[1 … 10,000]"],
        ["학습량", "[1 … 10,000]"],
    ),
    "patience on a test function": (
        validated({"problem": {"kind": "function"}, "stopping": {"patience": 3}}),
        "conflict",
        ["Patience (epochs) is 3", "no validation rows"],
        ["3", "검증"],
    ),
    "patience without validation rows": (
        validated(
            {"problem": {"kind": "network", "validation_share": 0}, "stopping": {"patience": 3}}
        ),
        "conflict",
        ["Patience (epochs) is 3", "Validation share = 0"],
        ["3", "검증"],
    ),
    "the name of no rule": (
        validated({"runs": [{"optimizer": "nope", "learning_rate": 0.1}]}),
        "unknown_choice",
        ["Optimizer of run 1 is nope", IN_ORDER],
        ["실행 1의 옵티마이저", IN_ORDER],
    ),
    "a history of many large networks": (
        beyond_history,
        "too_expensive",
        ["91 MB", "64 MB", "two steps", "fewer runs or seeds", "smaller network"],
        ["91 MB", "64 MB", "실행", "시드", "신경망"],
    ),
    "hours": (for_hours, "too_expensive", ["60 s", "epochs", "seeds"], ["60초", "에포크", "시드"]),
    "gigabytes": (
        beyond_memory,
        "too_expensive",
        ["MB", "2048 MB", "smaller network"],
        ["MB", "2048 MB", "더 작은 신경망"],
    ),
    "too much for a link": (
        lambda: to_link(Document(experiment=Experiment(problem=Network(start=(1 / 7,) * 105)))),
        "too_expensive",
        ["link", "2,000"],
        ["링크", "2,000"],
    ),
    "too much for a file": (
        lambda: read_document(b" " * 2**22),
        "too_expensive",
        ["file", "4.0 MB", "3 MB"],
        ["파일", "4.0 MB", "3 MB"],
    ),
    "too many tables": (
        lambda: Tables(share=10, most=99).keep("somebody", read(b"x,y\n1,2\n3,4\n").table),
        "too_expensive",
        ["Your tables", "Remove"],
        ["표"],
    ),
    "too many tables of all": (
        lambda: Tables(share=9_999, most=10).keep("somebody", read(b"x,y\n1,2\n3,4\n").table),
        "too_expensive",
        ["all readers", "later"],
        ["표"],
    ),
    "a table that is not here": (
        lambda: Tables(share=10, most=99).get("0123456789abcdef", "my rows"),
        "not_here",
        ["my rows", "0123456789ab", "Your data"],
        ["my rows", "0123456789ab"],
    ),
    "a table with too many cells in a line": (
        lambda: read(b"x,y\n1,2\n3,4,5\n"),
        "not_a_table",
        ["Line 3", "first line"],
        ["3"],
    ),
    "another table": (
        lambda: read_known(b"x,y\n1,2\n3,4\n", "nn", "0" * 64),
        "other_values",
        ["00000000"],
        ["00000000"],
    ),
    "a formula that ends too early": (
        formula("w*x +"),
        "unexpected",
        ["Formula", "at its end", "number", "variable"],
        ["수식", "끝", "변수"],
    ),
    "a function that is not known": (
        formula("x + __import__(os)"),
        "unexpected",
        ["Formula", "character 5", "__import__", "sigmoid"],
        ["수식", "5번째", "__import__", "sigmoid"],
    ),
    "a formula that divides by zero": (
        formula("1/(x - 2)", x=2.0),
        "no_value",
        ["Formula", "character 2", "/", "zero"],
        ["수식", "2번째", "0으로"],
    ),
    "a formula without a derivative": (
        formula("(x - 2)^0.5", x=2.0),
        "no_derivative",
        ["Formula", "character 8", "^", "power"],
        ["수식", "8번째", "거듭제곱"],
    ),
    "a formula of 10,000 characters": (
        formula("x" * 10_000),
        "out_of_range",
        ["formula", "10000", "2,000"],
        ["수식", "10000", "2,000"],
    ),
    "a key given twice": (
        lambda: read_document('{"budget": {"amount": 1}, "budget": {"amount": 7}}'),
        "duplicate_key",
        ["key", "budget", "twice"],
        ["키", "budget"],
    ),
    "a file of another version": (
        lambda: read_document('{"format": 2}'),
        "out_of_range",
        ["File format is 2. It must be 1."],
        ["파일 형식", "2", "1"],
    ),
    "an empty file": (
        lambda: read_document(" \n"),
        "not_json",
        ["The file is empty."],
        ["파일이 비어"],
    ),
    "half a file": (
        lambda: Experiment.model_validate_json('{"runs": ['),
        "not_json",
        ["JSON", "line 1, column 10", '{"runs": ['],
        ["JSON", '{"runs": ['],
    ),
    "a row with one cell too many": (
        lambda: read(b"x,y\n1,2\n3,4,5\n"),
        "not_a_table",
        ["Line 3", "3 instead of 2 cells", "3 | 4 | 5"],
        ["3번째 줄", "3칸", "2칸", "3 | 4 | 5"],
    ),
    "another file of data": (
        lambda: read_known(b"x,y\n1,2\n3,4\n", "nn", "0123456789abcdef"),
        "other_values",
        ["other values", "SHA-256", "01234567"],
        ["값", "SHA-256", "01234567"],
    ),
    "a file with a fault in its third line": (
        lambda: read_document('{\n  "format": 1,\n  "ηηη": nul,\n  "view": {}\n}'),
        "not_json",
        ["JSON", "line 3, column 13", '"ηηη": nul,'],
        ["JSON", '"ηηη": nul,'],
    ),
    "a number of 5,000 digits": (
        lambda: read_document('{"format": ' + "9" * 5_000 + "}"),
        "not_json",
        ["Line 1", "number has too many digits"],
        [],
    ),
    "brackets in brackets": (
        lambda: read_document("[" * 1_000),
        "not_json",
        ["Line 1", "brackets are nested too deeply"],
        [],
    ),
    "a name of 81 letters": (
        lambda: View(names=("x" * 81, *[""] * 6)),
        "wrong_length",
        ["Name has 81 characters", "80"],
        ["81", "80"],
    ),
    "points that are none of those offered": (
        lambda: SurfacesPage(fineness=100_000),
        "unknown_choice",
        ["Points is 100000. Choose one of: 31, 61, 121."],
        ["100000", "31, 61, 121"],
    ),
    "directions of no plane": (
        lambda: random_plane(Network(start="zeros"), np.zeros(Network().n_params), 0),
        "out_of_range",
        ["no plane along these two directions", "Choose another plane"],
        [],
    ),
    "components of nothing": (
        lambda: principal_plane(
            fit(
                Experiment(
                    problem=Network(activation="relu"),
                    runs=[Run(optimizer=SGD(), learning_rate=1e7)],
                    budget=Budget(amount=1),
                )
            )
        ),
        "conflict",
        ["no principal components", "every run diverged", "another plane"],
        [],
    ),
}


def refusal(do):
    with pytest.raises(InvalidInput) as caught:
        do()
    return caught.value


def test_every_code_has_a_case():
    assert {code for _do, code, *_texts in CASES.values()} == set(CODES)


@pytest.mark.parametrize(("do", "code", "english", "korean"), CASES.values(), ids=CASES)
def test_a_refusal_names_field_value_and_limits(do, code, english, korean):
    error = refusal(do)

    assert error.code == code
    for language, parts in (("en", english), ("ko", korean)):
        set_language(language)
        text = explain(error)
        assert [part for part in parts if part not in text] == []
        assert "None" not in text


@pytest.mark.parametrize(("do", "code"), [case[:2] for case in CASES.values()], ids=CASES)
def test_a_refusal_is_told_in_the_readers_language(do, code):
    error = refusal(do)
    english = explain(error)
    set_language("ko")
    korean = explain(error)

    assert not HANGUL.search(english), code
    assert HANGUL.search(korean), code
    assert english[0].isupper()
    assert korean[-1] in ".]:[", korean  # a whole sentence, or one that quotes the file


@pytest.mark.parametrize(
    "do",
    [validated(run(learning_rate="9" * 10_000)), validated({"9" * 10_000: 1})],
    ids=["value", "field"],
)
def test_a_long_text_is_cut_short(do):
    text = explain(refusal(do))

    assert "999…" in text
    assert len(text) < 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("budget=1e2", "Budget is “1e2”. It must be a whole number."),
        ("budget=10.5", "Budget is “10.5”. It must be a whole number."),
        ("budget=", "Budget is “”. It must be a whole number."),
        ("budget=１２", "Budget is “１２”. It must be a whole number."),
        ("budget=1_0", "Budget is “1_0”. It must be a whole number."),
        ("target=٣.5", "Target loss is “٣.5”. It must be a number."),
        ("log=true", "Logarithmic loss axis is “true”. It must be 0 or 1."),
        ("hidden=8_x", "Hidden layers is “x”. It must be a whole number."),
        ("data.noise=much", "Noise is “much”. It must be a number."),
        (
            "page=surfaces&page.window=[nan,1,2,3]",
            ("Window is “[nan,1,2,3]”. It must be written as in JSON: 3, true or [1, 2]."),
        ),
        ("budget=5&budget=7", "The key budget appears twice. Remove one of them."),
    ],
)
def test_a_value_of_a_link_is_quoted_and_its_kind_is_said(query, said):
    assert explain(refusal(lambda: from_link(parse_qs(query, keep_blank_values=True)))) == said


@pytest.mark.parametrize(("given", "shown"), [("100.0", "100.0"), ("1e2", "100.0"), ('"7"', "“7”")])
def test_a_number_that_is_not_whole_in_a_file_is_shown_as_such(given, shown):
    text = explain(refusal(lambda: read_document(f'{{"budget": {{"amount": {given}}}}}')))

    assert text == f"Budget is {shown}. It must be a whole number."


def fields(kind):
    """The names of all fields of a type of specifications, and of those inside."""
    if not (isinstance(kind, type) and issubclass(kind, Spec)):
        return set().union(*map(fields, get_args(kind)))
    inside = (fields(field.annotation) for field in kind.model_fields.values())
    return set(kind.model_fields).difference({"kind", "name"}).union(*inside)


def test_every_field_of_a_document_has_words():
    every = fields(Document) | {name for rule in RULES for name in hyperparameters(rule)}

    assert {"quantity", "window", "record_every", "rows", "patience", "momentum"} <= every
    unnamed = {"experiment", "view", "stopping", "function"}  # are parts; no field is refused there
    assert {name for name in every - unnamed if _field(name) == name} == set()


def test_every_field_of_a_sweep_has_words():
    every = fields(SweepSpec)
    of_axes = set(ListAxis.model_fields) | set(RangeAxis.model_fields)

    assert {"axes", "design", "targets", "curve_points", "values", "scale"} <= every
    assert of_axes == set(LABELS["axis"])
    unnamed = {"experiment", "stopping", "function"}
    assert {name for name in every - unnamed if _field(name) == name} == set()
    assert {name for name in of_axes if _field(f"axes.0.{name}") == f"{name} of axis 1"} == set()
    assert {name for name in QuasiRandom.model_fields if _field(f"design.{name}") == name} == set()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("axes", "Axes"),
        ("axes.1", "Axes"),
        ("axes.1.field", "Field of axis 2"),
        ("axes.1.values", "Values of axis 2"),
        ("axes.1.values.7", "A value of axis 2"),
        ("axes.1.values.7.name", "A value of axis 2"),
        ("axes.1.values.7.beta1", "First decay of axis 2"),
        ("axes.11.low", "First value of axis 12"),
        ("axes.0.high", "Last value of axis 1"),
        ("axes.0.count", "Number of values of axis 1"),
        ("axes.0.scale", "Scale of axis 1"),
        ("axes.0.rules.2", "Optimizers of axis 1"),
        ("values", "Values of the variables"),
        ("values.2", "Values of the variables"),
        ("experiment.runs.1.learning_rate", "Learning rate of run 2"),
        ("design.kind", "Choice of settings"),
        ("design.settings", "Number of settings"),
        ("design.seed", "Seed"),
        ("targets.1", "Target losses"),
        ("curve_points", "Points of a curve"),
        ("sweep_lanes", "Number of lanes"),
        ("sweep_problems", "Number of problems"),
    ],
)
def test_a_path_of_a_sweep_is_told_in_words(path, words):
    assert _field(path) == words


def swept(*axes, **fields):
    return lambda: SweepSpec(axes=axes, **fields)


def listed(field, *values, **fields):
    return {"field": field, "values": values, **fields}


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (
            swept(listed("learning_rate", 0.1), listed("problem.l2", 0.1, 11.0)),
            "A value of axis 2 is 11. It must be in the range [0 … 10].",
        ),
        (
            swept(listed("optimizer", {"name": "momentum", "momentum": 2.0})),
            "Momentum of axis 1 is 2. It must be in the range [0 … 1).",
        ),
        (
            swept({"field": "learning_rate", "low": 0, "high": 1, "scale": "log"}),
            "First value of axis 1 is 0. It must be in the range (0 … inf).",
        ),
        (
            swept({"field": "learning_rate", "low": 2, "high": 1}),
            "Last value of axis 1 is 1. It must be in the range (2 … inf).",
        ),
        (
            swept({"field": "learning_rate", "low": 1, "high": 2, "count": 1}),
            "Number of values of axis 1 is 1. It must be in the range [2 … 1,000].",
        ),
        (
            swept({"field": "learning_rate", "low": 1, "high": 2, "count": 2.5}),
            "Number of values of axis 1 is 2.5. It must be a whole number.",
        ),
        (swept({"field": "learning_rate"}), "Values of axis 1 is missing. Add it."),
        (
            swept(listed("learning_rate")),
            "Values of axis 1 has 0 entries. It must have [1 … 1,000].",
        ),
        (
            swept(listed("learning_rate", 0.1, 0.2, 0.1)),
            "Values of axis 1 contains a value twice: 0.1. Remove one of them.",
        ),
        (
            swept(listed("problem.colour", "red")),
            "Nothing here has the field problem.colour: no run, nor the data. Remove the axis.",
        ),
        (
            swept({**listed("learning_rate", 0.1), "colour": "red"}),
            "There is no setting called colour of axis 1. Remove it.",
        ),
        (
            swept(listed("learning_rate", 0.1, rules=["nope"])),
            f"Optimizers of axis 1 is nope. Choose one of: {IN_ORDER}, typed.",
        ),
        (
            swept(listed("optimizer", "nope")),
            f"A value of axis 1 is nope. Choose one of: {IN_ORDER}.",
        ),
        (
            swept(listed("problem.dataset", "iris")),
            (
                "Loss function is Binary cross-entropy, which does not work with Data set = Iris"
                " flowers. Change either one."
            ),
        ),
        (
            swept(listed("batch_size", 8, 301)),
            "Batch size is 301. It must be in the range [1 … 300].",
        ),
        (
            swept(design={"kind": "quasi_random", "settings": 0}),
            "Number of settings is 0. It must be in the range [1 … 100,000].",
        ),
        (
            swept(
                *(
                    {"field": f"optimizer.{name}", "low": 0.1, "high": 0.9, "count": 1_000}
                    for name in ("beta1", "beta2", "epsilon")
                ),
                experiment={"runs": [{"optimizer": {"name": "adam"}, "learning_rate": 0.1}]},
            ),
            "Number of lanes is 1000000000. It must be in the range [1 … 100,000,000].",
        ),
        (
            lambda: read_axis("learning_rate"),
            (
                "Axes is “learning_rate”. It must be an axis, e.g. learning_rate=log:1e-4:1:9 or"
                " batch_size=1,8,32,all."
            ),
        ),
        (
            lambda: read_spec(b" " * (5 * 2**20)),
            "The file has 5.0 MB; the limit is 1 MB.",
        ),
    ],
)
def test_a_sweep_that_is_refused_is_told_what_to_change(do, said):
    assert explain(refusal(do)) == said


@pytest.mark.parametrize("key", [key for key in _FIELDS if key not in {"problem", "function"}])
def test_every_key_of_a_link_has_words(key):
    assert _field(key) != key


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(61, "61 s"), (119, "119 s"), (600, "10 minutes"), (9_768, "3 hours"), (1e7, "2,778 hours")],
)
def test_a_long_time_is_told_in_minutes_or_hours(seconds, said):
    text = explain(InvalidInput("too_expensive", "seconds", seconds, Interval(0, 60)))

    assert text.startswith(f"This training would take about {said}; the limit is 60 s.")


@pytest.mark.parametrize("value", ["{field}", "{", "%s", "{0}", "<b>"])
def test_a_value_that_looks_like_a_template_is_quoted_as_it_is(value):
    assert value in explain(refusal(validated(run(learning_rate=value))))


def test_a_number_without_bounds_must_be_finite():
    limits = Interval(-math.inf, math.inf)
    said = explain(InvalidInput("not_finite", "start", math.inf, limits))

    assert said == "Starting weights is inf. It must be a finite number."


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (formula("||x| + 1|"), "write abs(x) for |x|"),
        (formula("1/2x"), "write * or brackets, as in 1/2*x or 1/(2*x)"),
        (formula("sin²(x)"), "in brackets right behind its name"),
        (formula("x²^3"), "(x²)^3"),
        (formula("√√x"), "√(x + 1)"),
        (formula("foo(x)"), "sqrt, abs, sign"),
        (formula("x + Sqrt"), "in lower case and with brackets"),
        (formula("sqrt(x)", x=-1.0), "from 0 up"),
        (formula("asin(x)", x=2.0), "from −1 to 1"),
        (formula("1 + √x", x=0.0), "character 5, at √: there is no derivative here"),
        (formula("sqrt(x)", x=0.0), "infinitely steep"),
    ],
)
def test_what_is_wrong_with_a_formula(what, told):
    with pytest.raises(InvalidInput) as caught:
        what()
    assert told in explain(caught.value)
