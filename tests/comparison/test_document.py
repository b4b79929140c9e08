"""A comparison leaves as a file or a link and comes back the same."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given

from comparison.document import FILE_BYTES, Document, View, read_document, with_default_view
from comparison.link import _FIELDS, LINK_CHARACTERS, from_link, to_link
from comparison.pages import SweepPage
from engine import Experiment, InvalidInput, Run
from engine.rules import SGD
from engine.rules.schedules import Cosine
from tests.strategies import documents, examples


def through_an_address(query):
    """What a browser makes of a query."""
    return parse_qs(urlencode(query, doseq=True), keep_blank_values=True, strict_parsing=True)


@examples(60)
@given(documents())
def test_a_file_comes_back_the_same(document):
    assert read_document(document.model_dump_json()) == document


def test_the_claim_of_an_old_file_or_link_is_taken_and_ignored():
    plain = json.loads(Document().model_dump_json())
    claiming = plain | {"view": plain["view"] | {"tuned": True}}

    assert read_document(json.dumps(claiming)) == Document()
    assert "tuned" not in plain["view"]
    assert from_link({"tuned": ["1"]}) == (Document(), [])


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


# Links and files with the document that each has always meant. They were written once, and no
# program writes them again.
GOLDEN_LINKS = json.loads(Path(__file__).with_name("golden_links.json").read_text("utf-8"))
GOLDEN_FILES = json.loads(Path(__file__).with_name("golden_files.json").read_text("utf-8"))


def as_far_as(then, now):
    """What is there now, of the fields that there were then: later formats may have more."""
    if isinstance(then, dict):
        return {key: as_far_as(part, now[key]) for key, part in then.items()}
    if isinstance(then, list) and len(then) == len(now):
        return [as_far_as(*parts) for parts in zip(then, now, strict=True)]
    return now


@pytest.mark.parametrize("golden", GOLDEN_LINKS, ids=lambda golden: golden["link"])
def test_golden_links_keep_their_meaning(golden):
    opened, unknown = from_link(parse_qs(golden["link"], keep_blank_values=True))

    assert unknown == []
    assert as_far_as(golden["document"], opened.model_dump(mode="json")) == golden["document"]
    assert Document.model_validate(golden["document"]) == opened  # no more than that


@pytest.mark.parametrize("golden", GOLDEN_FILES, ids=lambda golden: json.dumps(golden["file"]))
def test_golden_files_keep_their_meaning(golden):
    opened = read_document(json.dumps(golden["file"]))

    assert as_far_as(golden["document"], opened.model_dump(mode="json")) == golden["document"]
    assert Document.model_validate(golden["document"]) == opened


def test_the_golden_links_have_every_key():
    written = {key.split(".")[0] for golden in GOLDEN_LINKS for key in parse_qs(golden["link"])}

    claims = {"tuned"}  # is none of the settings
    assert written >= (set(_FIELDS) | {"run", "name"}) - claims


@pytest.mark.parametrize(
    ("link", "field"),
    [
        ("format=2", "format"),
        ("data=nothing", "data"),
        ("data=diabetes", "data"),
        ("hidden=8_x", "hidden"),
        ("hidden=8_8_8_8_8", "experiment.problem.hidden"),
        ("log=2", "log"),
        ("budget=1e9", "budget"),
        ("budget=1000000000", "experiment.budget.amount"),
        ("run=adam", "run"),
        ("run=adam~nan~32", "experiment.runs.0.learning_rate"),
        ("run=adam~0.1~0", "experiment.runs.0.batch_size"),
        ("run=adam~0.1~32~beta1:2", "experiment.runs.0.optimizer.beta1"),
        ("run=adam~0.1~32~direction:1", "experiment.runs.0.optimizer.direction"),
        ("run=adam~0.1~32~needs:1", "experiment.runs.0.optimizer.needs"),
        ("run=adam~0.1~32~schedule:cosine~schedule.shape:1", "experiment.runs.0.schedule.shape"),
        ("run=adam~0.1~32~clipping:norm~clipping.clipped:1", "experiment.runs.0.clipping.clipped"),
        ("run=adam~0.1~32~schedule.end:0.1", "schedule.end"),
        ("run=__import__~0.1~32", "experiment.runs.0.optimizer.name"),
        ("colours=0_0_1_2_3_4_5", "view.numbers"),
        ("selected=7", "view.selected"),
        ("hidden_runs=3_9", "view.hidden_runs"),
        ("smoothing=0", "view.smoothing"),
        ("seeds=1_1", "experiment.seeds"),
    ],
)
def test_a_broken_link_names_the_field(link, field):
    with pytest.raises(InvalidInput) as refused:
        from_link(parse_qs(link, keep_blank_values=True))

    assert refused.value.field == field


def test_the_settings_of_a_run_may_have_any_order():
    one, other = (
        from_link({"run": [f"sgd~0.1~32~{'~'.join(parts)}"]})[0]
        for parts in (
            ("schedule:cosine", "schedule.end:0.1"),
            ("schedule.end:0.1", "schedule:cosine"),
        )
    )

    assert one == other
    assert one.experiment.runs[0].schedule == Cosine(end=0.1)


def test_what_a_link_says_beyond_its_format_is_named():
    opened, unknown = from_link({"utm_source": ["x"], "data.arms": ["3"], "hidden": ["4"]})

    assert unknown == ["utm_source", "data.arms"]
    assert opened.experiment.problem.hidden == (4,)


def test_what_is_drawn_as_usual_is_not_in_a_link():
    changed = {"hidden_runs": (4, 1, 4), "smoothing": 20}
    view = View.model_validate(Document().view.model_dump() | changed)

    assert to_link(Document(view=view)) == {
        "format": ["1"],
        "hidden_runs": ["1_4"],
        "smoothing": ["20"],
    }


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
        (
            '{"experiment": {"problem": {"kind": "network", "dataset": {"name": "diabetes"}}}}',
            "retired",
        ),
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


def test_files_hold_no_id_of_a_sweep():
    page = SweepPage(sweep="A" * 22, tab="table")
    shown = Document().on_page(page)

    assert shown.for_files().view.page == SweepPage(tab="table")
    assert Document().for_files() == Document()
