"""Schedules in the scripts of other libraries: own forms, whole updates, tables of factors."""

import ast
import runpy

import numpy as np
import pytest

from engine import Budget, Experiment, Function, Network, Run, fit, initial_params, inspect
from engine.counts import Counts
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam, Momentum, Nesterov
from engine.rules.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    MultiStep,
    OneCycle,
    PolynomialDecay,
    ReduceOnPlateau,
    Step,
    Triangular,
    WarmRestarts,
    WarmUpStableDecay,
)
from exports.bundle import _add_factors
from exports.contents import Contents
from exports.replay import factors_csv, unknown_factors
from exports.scripts import FRAMEWORKS, code
from exports.scripts.formula import class_lines, training_lines
from exports.scripts.replay import Replay
from exports.scripts.translations.schedules import RATE_OUTSIDE, SCHEDULE_FORMS, form, whole
from exports.tables import read_csv
from tests.exports.scripts.libraries import LIBRARIES

PROBLEM = Network(dataset=TwoMoons(rows=40), hidden=(3,))  # 30 rows to train on
TOTAL = 50


def experiment_of(schedule, rule=None, amount=10, unit="epochs", problem=PROBLEM, **fields):
    fields = {"batch_size": 10, **fields}
    run = Run(optimizer=rule or SGD(), learning_rate=0.3, schedule=schedule, **fields)
    return Experiment(problem=problem, runs=[run], budget=Budget(amount=amount, unit=unit))


# Own forms


FORMS = [
    Constant(7),
    Constant(1),
    Step(10, 0.5, unit="updates"),
    Step(0.2, 0.5, warm_up=0.1, unit="share"),
    MultiStep((15, 35), 0.1, unit="updates"),
    MultiStep((15, 35), 0.1, 5, unit="updates"),
    Exponential(0.95, unit="updates"),
    Exponential(0.01, 0.1, unit="share"),
    PolynomialDecay(2.0, 0.0),
    PolynomialDecay(1.0, 0.1, warm_up=0.2),
    PolynomialDecay(2.0, 0.1),
    PolynomialDecay(2.0, 0.1, 0.5),
    Cosine(),
    Cosine(0.1, warm_up=0.2),
    Cosine(0.1, 0.5),
    WarmRestarts(10, 2, 0.05, unit="updates"),
    WarmRestarts(7, 1, 0.05, 3, unit="updates"),
    OneCycle(),
    OneCycle(curve="linear"),
    Triangular(0.1, 10, unit="updates"),
    Triangular(0.1, 10, 0.5, unit="updates"),
    WarmUpStableDecay(),
    WarmUpStableDecay(0.3, "cosine", warm_up=0.0),
]


@pytest.mark.parametrize("schedule", FORMS, ids=repr)
@pytest.mark.parametrize("library", FRAMEWORKS)
def test_an_own_form_gives_the_rates_of_the_engine(library, schedule):
    """Evaluated with the recorded formulas of the libraries, which are not installed here."""
    numbers = whole(schedule, 0.3, Counts(1, 1), TOTAL)
    own = form(library, schedule, numbers)
    if own is None:
        return

    actual = LIBRARIES[library](own, 0.3, TOTAL)

    expected = 0.3 * schedule.factors(np.arange(1, TOTAL + 1), Counts(1, 1), TOTAL)
    np.testing.assert_allclose(actual, expected, rtol=1e-11, atol=1e-16)


def has_form(library, schedule, counts=Counts(1, 1), total=TOTAL):  # noqa: B008 - it is frozen
    numbers = whole(schedule, 0.3, counts, total)
    return numbers is not None and form(library, schedule, numbers) is not None


def test_every_schedule_has_its_row_and_a_library_without_a_form_its_reason():
    assert list(SCHEDULE_FORMS) == list(SCHEDULES)
    for kind, row in SCHEDULE_FORMS.items():
        assert set(row.differences) <= set(FRAMEWORKS)
        for library in FRAMEWORKS:
            always = kind is Constant  # the default, which needs no script
            assert getattr(row, library) or library in row.differences or always


@pytest.mark.parametrize(
    ("library", "schedule"),
    [
        ("pytorch", Cosine(0.1, 0.5)),  # it rises again
        ("pytorch", OneCycle(length=0.5)),  # an error after its end
        ("pytorch", OneCycle(rise=0.02)),  # 0 / 0
        ("pytorch", PolynomialDecay(2.0, 0.1)),
        ("pytorch", Triangular(shrink=0.7, unit="updates")),
        ("pytorch", OneCycle(warm_up=0.1)),
        ("keras", MultiStep((15, 35), unit="updates")),
        ("keras", Cosine()),  # in 32 bits
        ("keras", PolynomialDecay(warm_up=0.1)),  # its warm-up begins at 0
        ("optax", OneCycle()),
        ("optax", WarmUpStableDecay(curve="root")),
        ("optax", WarmRestarts(1, 1, unit="updates")),  # too many to be written out
    ],
)
def test_another_form_is_not_taken_for_an_equal_one(library, schedule):
    assert not has_form(library, schedule)


def test_epochs_are_updates_only_where_these_are_equal():
    even, uneven, dropped = Counts(40, 10), Counts(42, 10), Counts(42, 10, "dropped")
    whole_epochs, half = Step(3, 0.5), Step(0.5, 0.5)
    smooth = Exponential(0.9)

    assert whole(whole_epochs, 0.3, even, TOTAL).of("every") == 12
    assert whole(half, 0.3, even, TOTAL).of("every") == 2
    assert whole(whole_epochs, 0.3, uneven, TOTAL).of("every") == 15  # it changes between epochs
    assert whole(half, 0.3, uneven, TOTAL) is None
    assert whole(smooth, 0.3, uneven, TOTAL) is None
    assert whole(whole_epochs, 0.3, dropped, TOTAL) is None  # 126 rows are 12.6 batches
    assert whole(smooth, 0.3, dropped, TOTAL).share == 10 / 42
    for schedule, counts in ((whole_epochs, uneven), (half, even), (smooth, dropped)):
        own = form("optax", schedule, whole(schedule, 0.3, counts, TOTAL))
        expected = 0.3 * schedule.factors(np.arange(1, TOTAL + 1), counts, TOTAL)
        np.testing.assert_allclose(LIBRARIES["optax"](own, 0.3, TOTAL), expected, rtol=1e-12)


# Scripts


@pytest.mark.parametrize("library", FRAMEWORKS)
@pytest.mark.parametrize("kind", SCHEDULES[1:], ids=lambda kind: kind.name)
@pytest.mark.parametrize("rule", [SGD, Momentum])
def test_scripts_are_code_and_say_how_they_follow(library, kind, rule):
    written = code(library, experiment_of(kind(), rule()), 0, "")
    tree = ast.parse(written.text)

    assert "$" not in written.text
    assert " ".join(ast.get_docstring(tree).split()).endswith(written.remark)
    assert written.remark.endswith(("”.", "schedule.csv."))
    assert ("schedule.csv" in ast.unparse(tree.body[1:])) is written.remark.endswith(".csv.")


def test_a_velocity_with_the_rate_inside_is_not_used_under_a_schedule():
    for rule in (Momentum(), Nesterov()):
        constant = code("keras", experiment_of(Constant(), rule), 0, "")
        falling = code("keras", experiment_of(Cosine(), rule), 0, "")

        assert "keras.optimizers.SGD" in constant.text
        assert constant.remark is None
        assert "keras.optimizers" not in falling.text
        assert "keeps the learning rate inside" in falling.remark
    plain = code("keras", experiment_of(PolynomialDecay()), 0, "")
    assert "SGD(learning_rate=schedule)" in plain.text
    assert {Momentum, Nesterov} & RATE_OUTSIDE["keras"] == set()


def test_a_rule_whose_form_is_not_known_to_keep_the_rate_outside_is_computed(monkeypatch):
    monkeypatch.setitem(LIBRARIES, "none", None)
    monkeypatch.setattr(
        "exports.scripts.schedule.RATE_OUTSIDE", dict.fromkeys(FRAMEWORKS, frozenset())
    )
    written = code("optax", experiment_of(Cosine(), Adam()), 0, "")

    assert "class Adam" in written.text
    assert "Under a schedule" in written.remark


@pytest.mark.parametrize("schedule", [Cosine(0.1, warm_up=0.2), Step(1, 0.5)], ids=repr)
def test_a_formula_follows_the_schedule_as_the_engine_does(schedule, tmp_path):
    experiment = experiment_of(schedule, Momentum(), 30, "iterations", Function(), batch_size="all")
    history, start = fit(experiment), initial_params(experiment, 0)
    function, replay = experiment.problem.function, Replay(experiment, 0, "")
    tables = {
        "start.csv": [{"seed_0": repr(value)} for value in start.tolist()],
        "schedule.csv": rows_of(factors_csv(history)),
    }
    file = tmp_path / "script.py"
    lines = ["from __future__ import annotations", class_lines(replay), training_lines(replay)]
    file.write_text("\n".join(lines), "utf-8")
    given = {
        "SEED": 0,
        "RUN": 1,
        "table": lambda name, **_wanted: tables[name],
        "gradient": lambda at, _step: (function.value(at)[0], function.gradient(at)),
    }

    losses = runpy.run_path(str(file), given, "__main__")["losses"]

    np.testing.assert_allclose(losses, history.runs[0].batch_loss.last[0], rtol=1e-12)


def test_optax_divides_its_count_of_updates_with_64_bits():
    """Its count has 32, and 3 / 10 of them is a number of 32 bits: 1e-8 away from the rate."""
    assert "own(jnp.asarray(done, float))" in code("optax", experiment_of(Cosine()), 0, "").text


# Tables


def rows_of(content):
    table = read_csv(content, ["number", "seed"])
    names = list(table)
    return [dict(zip(names, row, strict=True)) for row in zip(*table.values(), strict=True)]


def test_the_table_holds_the_factors_of_every_run_with_a_schedule():
    runs = [
        Run(optimizer=SGD(), learning_rate=0.1, batch_size=10, schedule=schedule)
        for schedule in (Constant(), Step(2, 0.5), Constant(5))
    ]
    experiment = Experiment(problem=PROBLEM, runs=runs, budget=Budget(amount=5))
    rows = rows_of(factors_csv(fit(experiment)))

    assert {(row["number"], row["seed"]) for row in rows} == {("2", "all"), ("3", "all")}
    steps = [float(row["factor"]) for row in rows if row["number"] == "2"]
    assert steps == [*[1.0] * 6, *[0.5] * 6, *[0.25] * 3]
    plain = experiment.model_copy(update={"runs": experiment.runs[:1]})
    assert factors_csv(fit(plain)) is None


def test_what_plateau_did_in_a_training_is_repeated():
    run = Run(optimizer=SGD(), learning_rate=8.0, batch_size=10, schedule=ReduceOnPlateau(0.5, 1))
    experiment = Experiment(problem=PROBLEM, runs=[run], budget=Budget(amount=12), seeds=(0, 5))
    rows = rows_of(factors_csv(fit(experiment)))

    for seed in (0, 5):
        factors = [float(row["factor"]) for row in rows if row["seed"] == str(seed)]
        rates = [inspect(experiment, 0, seed, step).learning_rate for step in range(1, 37, 3)]
        assert [8.0 * factor for factor in factors[::3]] == rates
        assert len(set(rates)) > 2
    for library in FRAMEWORKS:
        assert "seed=SEED" in code(library, experiment, 0, "").text


def test_plateau_is_refused_where_its_losses_are_not_all_recorded():
    known = experiment_of(ReduceOnPlateau())
    unknown = experiment_of(ReduceOnPlateau(), amount=40, unit="iterations")

    assert unknown_factors(known, known.runs[0]) is None
    written = code("pytorch", unknown, 0, "")
    assert written.text is None
    assert "not all of these losses were recorded" in written.remark
    assert factors_csv(fit(unknown)) is None


def test_a_bundle_holds_the_table_or_says_why_not():
    def made(schedule, **fields):
        contents = Contents()
        _add_factors(contents, fit(experiment_of(schedule, **fields)))
        return contents

    there, missing = made(Cosine()), made(ReduceOnPlateau(), amount=40, unit="iterations")

    assert list(there.files) == ["schedule.csv"]
    assert there.left_out == missing.files == {}
    assert missing.left_out["schedule.csv"].startswith("Runs without factors: 1. ")
    assert "not all of these losses" in missing.left_out["schedule.csv"]
    assert made(Constant()) == Contents()
