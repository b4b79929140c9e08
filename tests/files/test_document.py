"""A comparison leaves as a file or a link and comes back the same."""

import json
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given

from engine import Budget, Experiment, Function, InvalidInput, Network, Run
from engine.datasets import Iris
from engine.functions import Bowl
from engine.optimizers import SGD, Momentum
from files.document import (
    FILE_BYTES,
    LINK_CHARACTERS,
    Document,
    View,
    from_link,
    read_document,
    to_link,
    with_default_view,
)
from tests.strategies import documents, examples


def through_an_address(query):
    """What a browser makes of a query."""
    return parse_qs(urlencode(query, doseq=True), keep_blank_values=True, strict_parsing=True)


@examples(60)
@given(documents())
def test_a_file_comes_back_the_same(document):
    assert read_document(document.model_dump_json()) == document


@examples(150)
@given(documents())
def test_a_link_comes_back_the_same_or_is_refused_as_too_long(document):
    try:
        query = to_link(document)
    except InvalidInput as error:
        refused = error
    else:
        opened, unknown = from_link(through_an_address(query))

        assert opened == document
        assert unknown == []
        return
    assert refused.field == "link"
    assert refused.value > LINK_CHARACTERS


def test_the_first_view_has_the_shortest_link():
    assert to_link(Document()) == {"format": ["1"]}
    assert from_link({}) == (Document(), [])


# Links of format 1, written down when the format began: they mean this for ever.
GOLDEN = {
    "format=1&data=xor&data.noise=0.3&hidden=16_4&budget=100&run=adam~0.00123~all": (
        lambda _plain: with_default_view(
            Experiment(
                problem=Network(
                    dataset={"name": "xor", "rows": 300, "noise": 0.3},
                    hidden=(16, 4),
                ),
                runs=[Run(optimizer={"name": "adam"}, learning_rate=0.00123, batch_size="all")],
                budget=Budget(amount=100),
            )
        )
    ),
    "format=1&data=iris&standardize=1&loss=cross_entropy&seeds=3_4&axis=seconds&log=0": (
        lambda plain: plain.model_copy(
            update={
                "experiment": Experiment(
                    problem=Network(dataset=Iris(), standardize=True, loss="cross_entropy"),
                    seeds=(3, 4),
                ),
                "view": View(axis="seconds", log=False),
            }
        )
    ),
    "format=1&problem=function&function=bowl&function.condition=33.0&start=1.5_-2.0"
    "&run=momentum~0.1~all~momentum:0.95~sampling:replacement&name=heavy": (
        lambda _plain: Document(
            experiment=Experiment(
                problem=Function(function=Bowl(condition=33.0), start=(1.5, -2.0)),
                runs=[
                    Run(
                        optimizer=Momentum(0.95),
                        learning_rate=0.1,
                        batch_size="all",
                        sampling="replacement",
                    )
                ],
            ),
            view=View(names=("heavy",), numbers=(0,)),
        )
    ),
}


@pytest.mark.parametrize("link", GOLDEN)
def test_golden_links_keep_their_meaning(link):
    opened, unknown = from_link(parse_qs(link, keep_blank_values=True))

    assert unknown == []
    assert opened == GOLDEN[link](Document())


@pytest.mark.parametrize(
    ("link", "field"),
    [
        ("format=2", "format"),
        ("data=nothing", "data"),
        ("hidden=8_x", "hidden"),
        ("hidden=8_8_8_8_8", "experiment.problem.hidden"),
        ("log=2", "log"),
        ("budget=1e9", "budget"),
        ("budget=1000000000", "experiment.budget.amount"),
        ("run=adam", "run"),
        ("run=adam~nan~32", "experiment.runs.0.learning_rate"),
        ("run=adam~0.1~0", "experiment.runs.0.batch_size"),
        ("run=adam~0.1~32~beta1:2", "experiment.runs.0.optimizer.beta1"),
        ("run=__import__~0.1~32", "experiment.runs.0.optimizer.name"),
        ("colours=0_0_1_2_3_4_5", "view.numbers"),
        ("selected=7", "view.selected"),
        ("seeds=1_1", "experiment.seeds"),
    ],
)
def test_a_broken_link_names_the_field(link, field):
    with pytest.raises(InvalidInput) as refused:
        from_link(parse_qs(link, keep_blank_values=True))

    assert refused.value.field == field


def test_what_a_link_says_beyond_its_format_is_named():
    opened, unknown = from_link({"utm_source": ["x"], "data.arms": ["3"], "hidden": ["4"]})

    assert unknown == ["utm_source", "data.arms"]
    assert opened.experiment.problem.hidden == (4,)


def test_a_bare_experiment_is_a_file_too():
    runs = [Run(optimizer=SGD(), learning_rate=0.1)]
    experiment = Experiment(runs=runs)

    assert read_document(experiment.model_dump_json()) == with_default_view(experiment)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ('{"format": NaN}', "not_finite"),
        ('{"format": 1, "format": 1}', "duplicate_key"),
        ("[" * 100_000, "not_json"),
        ("3", "wrong_type"),
        ('{"format": 2}', "out_of_range"),
        ('{"format": true}', "wrong_type"),
        ('{"format": 1, "experiment": {"runs": []}}', "wrong_length"),
        ('{"view": {}}', "missing"),
        ('{"format": 1, "extra": 1}', "unknown_field"),
        ('{"format": 1, "view": {"log": 1}}', "wrong_type"),
        (" " * (FILE_BYTES + 1), "too_expensive"),
    ],
)
def test_a_broken_file_is_refused(text, code):
    with pytest.raises(InvalidInput) as refused:
        read_document(text)

    assert refused.value.code == code


def test_a_file_is_readable_json_with_format_experiment_and_view():
    saved = json.loads(Document().model_dump_json(indent=2))

    assert list(saved) == ["format", "experiment", "view"]
    assert saved["format"] == 1
