"""Fields of sweeps and their values have words: no ids, no JSON."""

import pytest

from comparison.words.fields import field_title, place_words, settings_count, value_words
from engine import Experiment, Function, Network, Run
from engine.problems.datasets import DATASETS
from engine.problems.functions import EVERY_FUNCTION
from engine.problems.losses import LOSSES
from engine.rules import RULES
from language import LANGUAGES, set_language
from sweeps.dimensions import dimension
from sweeps.spec import SweepSpec
from tests.comparison.sweep.looks import listed, ranged, spec
from tests.engine.rules.facts import fitted

RUN = Run(optimizer=RULES[0](), learning_rate=0.1, batch_size="all")


def bases():
    """A comparison on every data set and function, and one of every rule."""
    for kind in DATASETS:
        loss = next(name for name, one in LOSSES.items() if one.suits(kind().n_classes))
        yield Experiment(problem=Network(dataset=kind(), loss=loss, validation_share=0), runs=[RUN])
    for kind in EVERY_FUNCTION:
        yield Experiment(problem=Function(function=kind()), runs=[RUN])
    for rule in RULES:
        yield fitted(Experiment(runs=[RUN]), rule)


def fields(part, above=""):
    """The paths of all fields of an experiment with their values."""
    part = {**part, **part.pop("runs", [{}])[0]}
    for name, value in part.items():
        if name not in {"runs", "seeds"}:
            yield f"{above}{name}", value
        if isinstance(value, dict):
            yield from fields(value, f"{above}{name}.")


EVERY = {path: value for base in bases() for path, value in fields(base.model_dump(mode="json"))}
EVERY |= {
    "stopping": {"patience": 3},
    "stopping.target_loss": None,
    "stopping.patience": 3,
    "problem.hidden": [8, 4],
}


@pytest.mark.parametrize("field", EVERY)
def test_every_field_of_an_experiment_has_a_title(field):
    title = field_title(field)

    assert title[0].isupper()
    assert not set(title) & set("_.{}")


@pytest.mark.parametrize("field", [field for field in EVERY if field != "stopping"])
def test_the_values_of_every_field_have_words(field):
    words = value_words(field, EVERY[field])

    assert words
    assert not set(words) & set('_{}[]"')


def test_numbers_of_a_schedule_say_that_they_are_of_one():
    assert field_title("schedule.end") == "Schedule: End value"
    assert field_title("clipping.threshold") == "Clipping threshold"


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_and_values_are_in_the_reader_s_language(language):
    set_language(language)
    words = {field_title("learning_rate"), value_words("problem.start", "zeros")}

    assert ("Learning rate" in words) == (language == "en")
    assert ("Zeros" in words) == (language == "en")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("learning_rate", 0.0012345, "0.00123"),
        ("learning_rate", 1e7, "1e+07"),
        ("batch_size", "all", "all"),
        ("batch_size", 1_024, "1,024"),
        ("data_seed", 12_345, "12345"),
        ("problem.hidden", [], "none"),
        ("problem.hidden", "[8,8]", "8-8"),
        ("problem.hidden", (64,), "64"),
        ("problem.bias", True, "yes"),
        ("record_every", None, "none"),
        ("record_every", "null", "none"),
        ("budget", {"amount": 60, "unit": "epochs"}, "60 epochs"),
        ("budget", '{"amount":1,"unit":"iterations"}', "1 iteration"),
        ("budget.unit", "rows_seen", "Rows seen"),
        ("problem.dataset", "two_moons", "Two moons"),
        ("problem.dataset", {"name": "line", "noise": 0.7}, "Straight line (Noise 0.7)"),
        ("problem.function", {"name": "bowl", "condition": 3.0}, None),
        ("problem", {"kind": "function", "function": {"name": "booth"}}, "Booth"),
        ("schedule", "cosine", "Cosine"),
        ("schedule", {"name": "cosine", "end": 0.1}, "cosine e 0.1"),
        ("schedule", '{"name":"multi_step","milestones":[1,2]}', "several steps m 1, 2 epochs"),
        ("schedule", {"name": "cosine", "length": 7.0}, "Cosine"),
        ("schedule.unit", "share", "Shares of the run"),
        ("schedule.curve", "root", "Square root"),
        ("schedule.end", 0.25, "0.25"),
        ("clipping", "null", "none"),
        ("clipping", "norm", "By norm"),
        ("clipping", {"name": "norm", "threshold": 1.0}, "‖g‖ ≤ 1"),
        ("clipping", '{"name":"value","threshold":0.5}', "|gᵢ| ≤ 0.5"),
        ("clipping", {"name": "value"}, "By value"),
        ("clipping.threshold", 0.5, "0.5"),
        ("optimizer", "adam", "Adam"),
        ("optimizer", {"name": "momentum", "momentum": 0.5}, "Momentum (Momentum μ 0.5)"),
        ("optimizer", {"name": "momentum", "momentum": 0.9}, "Momentum"),
    ],
)
def test_a_value_in_words(field, value, words):
    expected = words or "Bowl of chosen condition number (Condition number 3)"

    assert value_words(field, value) == expected


def places(sweep, field):
    return place_words(dimension(sweep, field))


def test_places_of_one_data_set_are_told_apart_by_their_settings():
    sweep = spec(listed("problem.dataset", "line", {"name": "line", "noise": 0.7, "rows": 30}))

    assert places(sweep, "problem.dataset") == [
        "Straight line",
        "Straight line (Noise 0.7, Rows 30)",
    ]


def test_places_of_a_budget_and_of_all_rows_have_words():
    budgets = {"amount": 2}, {"amount": 6, "unit": "iterations"}
    sweep = spec(listed("budget", *budgets), listed("batch_size", 4, "all"))

    assert places(sweep, "budget") == ["2 epochs", "6 iterations"]
    assert places(sweep, "batch_size") == ["4", "all"]


def test_numbers_that_differ_after_three_digits_keep_them_all():
    sweep = spec(listed("learning_rate", 0.1001, 0.1002))

    assert places(sweep, "learning_rate") == ["0.1001", "0.1002"]


def test_bins_are_told_by_their_ends():
    design = {"kind": "quasi_random", "settings": 50}
    words = places(spec(ranged("learning_rate", 0.01, 1.0, 2), design=design), "learning_rate")

    assert len(words) == 12
    assert [one.split("–")[0] for one in words[1:]] == [one.split("–")[1] for one in words[:-1]]


def test_runs_have_the_names_that_they_are_given():
    sweep = SweepSpec()
    names = [f"run {at}" for at in range(len(sweep.settings.variants))]

    assert place_words(dimension(sweep, "run"), names) == names


def test_settings_are_counted():
    assert (settings_count(1), settings_count(1_000)) == ("1 setting", "1,000 settings")
