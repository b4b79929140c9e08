"""Typed rules: equal to the built-in ones, bit-equal alone and together, held by content."""

import gc
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import (
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Run,
    effective_learning_rates,
    fit,
    inspect,
)
from engine import rules as house
from engine.problems.datasets import TwoMoons
from engine.problems.functions import Bowl, Rosenbrock
from engine.rules import TypedRule, hyperparameters, rule_class, structure, typed_rule
from tests.engine.contract import moment_of
from tests.engine.rules import own
from tests.engine.rules.test_references import ENTRIES, answers, follow_entry

PROBLEMS = {
    "bowl": Function(function=Bowl()),
    "rosenbrock": Function(function=Rosenbrock()),
    "network": Network(dataset=TwoMoons(rows=40), hidden=(4,)),
}
SAME = [
    (own.SGD, house.SGD, 1e-3),
    (own.MOMENTUM, house.Momentum, 1e-4),
    (own.RMSPROP, house.RMSprop, 0.01),
    (own.ADAM, house.Adam, 0.01),
    (own.ADABELIEF, house.AdaBelief, 0.01),
]


def experiment(*optimizers, problem=PROBLEMS["network"], rate=0.01, size="all", **fields):
    runs = [Run(optimizer=one, learning_rate=rate, batch_size=size) for one in optimizers]
    usual = {"budget": Budget(amount=100, unit="iterations")}
    return Experiment(problem=problem, runs=runs, **usual | fields)


@pytest.mark.parametrize(("text", "kind", "rate"), SAME, ids=lambda one: getattr(one, "name", ""))
@pytest.mark.parametrize("problem", PROBLEMS)
def test_typed_from_its_formula_it_is_the_built_in_rule(text, kind, rate, problem):
    mine = typed_rule("Mine", text)()
    history = fit(experiment(mine, kind(), problem=PROBLEMS[problem], rate=rate))
    ours, theirs = (run.params for run in history.runs)

    assert history.runs[0].status == ("budget",)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one["rule"] == "adabelief"])
def test_adabelief_typed_from_its_paper_ends_where_its_authors_pytorch_code_does(entry):
    rule = typed_rule("AdaBelief", own.ADABELIEF)(**entry["hyperparameters"])
    (result,) = entry["results"]
    path, _ = follow_entry(entry, rule)
    points, _ = answers(result)

    assert any(library.startswith("adabelief-pytorch") for library in result["libraries"])
    assert max(points) == entry["steps"]
    for step, expected in points.items():
        np.testing.assert_allclose(path[step], expected, rtol=1e-12, atol=1e-12)


# Lanes


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("text", [own.MANY, own.ADAM])
def test_lanes_are_bit_equal_alone_and_together(text, problem):
    kind = typed_rule("Mine", text)
    name = next(iter(hyperparameters(kind)))
    one, two = kind(), kind(**{name: 0.75})
    seeds = {"seeds": (0, 1), "problem": PROBLEMS[problem]}
    others = typed_rule("Other", text)(), house.Adam(), house.SGD()
    together = fit(experiment(others[0], one, others[1], two, others[2], **seeds))

    for position, rule in ((1, one), (3, two)):
        alone = fit(experiment(rule, **seeds)).runs[0]
        run = together.runs[position]
        assert run.params.tobytes() == alone.params.tobytes()
        assert run.status == alone.status


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0, 3.0])
def test_an_exponent_that_is_a_constant_gives_the_same_bits_beside_others(exponent):
    kind = typed_rule("Mine", "p = 1 in [-3, 3]\ndirection = sign(g)*abs(g)^p")
    alone = fit(experiment(kind(exponent))).runs[0]
    beside = fit(experiment(kind(1.7), kind(exponent))).runs[1]

    assert beside.params.tobytes() == alone.params.tobytes()


def test_runs_of_a_text_are_stacked_and_others_follow_the_built_in_ones():
    a, b = typed_rule("A", own.ADAM), typed_rule("B", own.MOMENTUM)
    whole = experiment(b(), a(), house.Newton(), a(beta1=0.5), problem=PROBLEMS["bowl"])

    assert structure(a()) == structure(a(beta1=0.5)) != structure(b())
    assert whole.groups() == [[2, 1, 3, 0]]


def test_a_norm_couples_a_lane():
    assert typed_rule("Mine", own.MANY).couples == "lane"
    assert typed_rule("Mine", own.ADAM).couples == "nothing"


def test_a_long_text_costs_more():
    whole = experiment(typed_rule("Mine", own.ADAM)())
    layout = whole.problem.layout
    long = typed_rule("Mine", "direction = abs(g)" + "^abs(g)" * 90)()

    assert whole.runs[0].optimizer.operations(layout) == 0
    assert long.operations(layout) > 100 * layout.n_params


def test_inspection_shows_slots_and_claims_no_effective_learning_rate():
    whole = experiment(typed_rule("Mine", own.ADAM)(), house.Adam())
    mine, theirs = (inspect(whole, run, 0, 5) for run in (0, 1))

    assert list(mine.slots_after) == ["m", "v"]
    for ours, built_in in zip(mine.slots_after.values(), theirs.slots_after.values(), strict=True):
        np.testing.assert_allclose(ours, built_in, rtol=1e-12)
    assert np.isnan(mine.effective_learning_rate).all()
    assert np.isnan(effective_learning_rates(whole, 0, 0, [0])[1]).all()
    terms = {term.symbol: term.value for term in mine.terms(0)}
    assert {"m_{t-1}", "m_t", "v_t", r"\beta_1", r"\epsilon", "t", "d_t"} <= set(terms)


# JSON


def test_a_rule_goes_into_json_and_comes_back():
    rule = typed_rule("Mine", own.ADAM)(beta1=0.8)
    run = Run(optimizer=rule, learning_rate=0.01)
    fields = json.loads(run.model_dump_json())

    assert fields["optimizer"] == {
        "name": "typed",
        "title": "Mine",
        "text": own.ADAM,
        "beta1": 0.8,
        "beta2": 0.999,
        "epsilon": 1e-8,
    }
    assert Run.model_validate(fields) == run
    assert Run.model_validate(run) == run
    assert rule_class(fields["optimizer"]) is type(rule)


def test_equal_texts_are_one_class_however_they_are_written():
    spaced = own.ADAM.replace("\n", " ;\r\n  ")

    assert typed_rule("Mine", spaced) is typed_rule("Mine", own.ADAM)
    assert typed_rule("Other", own.ADAM) is not typed_rule("Mine", own.ADAM)


def test_a_class_lasts_as_long_as_a_rule_of_it_and_no_longer():
    rule = typed_rule("Kept", "direction = 7*g")()
    for number in range(300):  # beyond what is remembered anywhere
        typed_rule("Passing", f"direction = {number + 1}*g")
    gc.collect()

    assert type(rule) is typed_rule("Kept", "direction = 7*g")
    passing = [one for one in TypedRule.__subclasses__() if one.title == "Passing"]
    assert len(passing) < 300


def refusal(**fields):
    rule = {"name": "typed", "title": "Mine", "text": own.ADAM}
    given = {name: value for name, value in {**rule, **fields}.items() if value is not None}
    with pytest.raises(InvalidInput) as error:
        Experiment.model_validate({"runs": [{"optimizer": given, "learning_rate": 0.1}]})
    return error.value.code, error.value.field.removeprefix("runs.0.optimizer.")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"beta1": 1.0}, ("out_of_range", "beta1")),
        ({"beta1": "0.9"}, ("wrong_type", "beta1")),
        ({"beta1": True}, ("wrong_type", "beta1")),
        ({"beta1": float("nan")}, ("not_finite", "beta1")),
        ({"gamma": 0.5}, ("unknown_field", "gamma")),
        ({"program": 0.5}, ("unknown_field", "program")),
        ({"text": None}, ("missing", "text")),
        ({"title": None}, ("missing", "title")),
        ({"text": "direction = q"}, ("unexpected", "text")),
        ({"text": 5}, ("wrong_type", "text")),
        ({"text": "g" * 10**6}, ("out_of_range", "rule_characters")),
        ({"title": "<b>Mine</b>"}, ("wrong_type", "title")),
        ({"title": ["Mine"]}, ("wrong_type", "title")),
    ],
)
def test_what_is_wrong_in_json_is_refused_with_its_field(fields, expected):
    code, field = refusal(**fields)

    assert (code, field.rpartition(".")[2]) == expected


@pytest.mark.parametrize("title", ["A", "Adam (2), mine", "v1.5", "아담 2", "L'Hôpital+", "x" * 40])
def test_titles_of_letters_digits_and_harmless_signs_are_taken(title):
    assert typed_rule(title, own.SGD).title == title


@given(st.text(max_size=6) | st.text(" -+(),'.x1<_", max_size=45))
def test_a_title_is_plain_text_or_refused(title):
    if is_title(title):
        assert title.isprintable()
        assert title == title.strip()
        assert not set(title) & set("<>&`*_[]{}\\$#~|!:;/@^%=")


def is_title(text):
    try:
        typed_rule(text, own.SGD)
    except InvalidInput as error:
        return error.field != "title"
    return True


def test_an_unknown_rule_is_still_refused_with_the_list_of_rules():
    with pytest.raises(InvalidInput) as error:
        Run(optimizer={"name": "sdg"}, learning_rate=0.1)

    assert error.value.code == "unknown_choice"
    assert "sgd" in error.value.limits


# Memory


def test_arrays_of_an_update_are_counted():
    lines = "".join(f"a{n} = g + {n};" for n in range(30))
    program = typed_rule("Long", f"{lines}direction = a1 + (g*(g*(g + 1) + 2) + 3)").program

    assert program.arrays == 31 + 2
    assert typed_rule("Mine", own.SGD).program.arrays == 1


@pytest.mark.parametrize("text", [own.ADAM, "".join(f"a{n} = g + {n};" for n in range(30))])
def test_a_typed_update_takes_no_more_memory_than_is_counted(text):
    lines = text if "direction" in text else f"{text}direction = a29"
    rule = typed_rule("Mine", lines)()
    grads = np.ones((50, 2_000))
    moment, state = moment_of(grads), tuple(np.zeros_like(grads) for _ in rule.slots)
    rule.direction(moment, state)
    tracemalloc.start()
    try:
        rule.direction(moment, state)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < (rule.program.arrays + 1) * grads.nbytes


@pytest.mark.parametrize(
    "name",
    sorted(
        {name for name in dir(TypedRule) if name.isidentifier() and not name.startswith("_")}
        | {"Slot", "super", "field", "norm_g_", "norm_m_"}
    ),
)
def test_a_constant_cannot_be_called_like_what_a_rule_has(name):
    with pytest.raises(InvalidInput) as refused:
        typed_rule("Mine", f"{name} = 0.5 in [0, 1]\ndirection = {name}*g")
    assert refused.value.code == "unexpected"
