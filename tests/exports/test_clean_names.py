"""A name is cleaned once, where it comes in: no place shows what cannot be seen or turns text."""

import json
from types import MappingProxyType

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.catalogue import comparison_charts
from comparison.document import Document, View, read_document
from comparison.link import from_link, to_link
from comparison.words.cleaned import cleaned
from comparison.words.names import run_styles
from engine import Budget, Experiment, Network, Run, fit
from engine.problems.datasets import TwoMoons
from engine.rules import SGD, Adam
from exports.bundle import bundle
from exports.printed import printed
from exports.report import report
from tests.driven import first_run
from tests.strategies import examples

pytestmark = pytest.mark.usefixtures("nothing_drawn")
# Controls, formats that turn text around or have no width, halves of a pair, no characters.
UNSEEN = [
    *map(chr, range(9)),
    *map(chr, range(0x0E, 0x20)),
    *map(chr, range(0x7F, 0x85)),
    *"\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069",
    *"\ufeff\ufff9\ud800\udfff\ufdd0\ufdef\ufffe\uffff\U0001fffe\U0010ffff\U000e0067",
]
BREAKS = "\t\n\r\v\f\x85\u2028\u2029"
HALVES = "\ud800\udfff"  # are refused before anything is cleaned
NASTY = (
    "".join(mark for mark in UNSEEN if mark not in HALVES) + "gnp.exe",
    f"a{BREAKS}b\u202e",
    " \u200b\u2028 ",
)
CLEAN = ("gnp.exe", "a        b", "")


@pytest.fixture(scope="module")
def document():
    experiment = Experiment(
        problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)),
        runs=[
            Run(optimizer=rule, learning_rate=0.1, batch_size=10) for rule in (SGD(), Adam(), SGD())
        ],
        budget=Budget(amount=2),
    )
    return Document(experiment=experiment, view=View(names=NASTY, numbers=(0, 1, 2)))


@pytest.fixture(scope="module")
def history(document):
    return fit(document.experiment)


def unseen(text):
    """What of a text nobody should be shown; lines of files may end."""
    return set(text) & {*UNSEEN, *BREAKS[3:]}


def test_it_is_cleaned_where_it_comes_in(document):
    assert document.view.names == CLEAN
    assert [style.name for style in run_styles(document)] == ["gnp.exe", "a        b", "SGD"]


def test_a_file_and_a_link_bring_clean_names(document):
    saved = document.model_dump(mode="json")
    saved["view"]["names"] = list(NASTY)
    query = to_link(document) | {"name": list(NASTY)}

    assert read_document(json.dumps(saved)) == document
    assert from_link(query) == (document, [])


@examples(60)
@given(st.text(st.one_of(st.sampled_from([*UNSEEN, *BREAKS]), st.characters())))
def test_cleaning_leaves_what_can_be_seen_and_cleans_all_at_once(text):
    once = cleaned(text)

    assert cleaned(once) == once
    assert not unseen(once)
    assert once.replace(" ", "") == "".join(
        mark for mark in text if mark not in UNSEEN and mark not in BREAKS + " " and mark in once
    )


@pytest.mark.parametrize("text", ["한국어 β₁", "👩\u200d🔬", "می\u200cخواهم", "a  b", "e\u0301"])
def test_what_can_be_seen_stays(text):
    assert cleaned(text) == text


@pytest.fixture(scope="module")
def made(document, history):
    return MappingProxyType(bundle(document, history))


def test_no_file_of_the_bundle_has_them(made):
    texts = {name: text.decode("utf-8-sig") for name, text in made.items() if "plotly" not in name}

    assert len(texts) > 15
    assert {name: unseen(text) for name, text in texts.items() if unseen(text)} == {}
    shown = ("results.csv", "histories.csv", "README.md", "manifest.json", "experiment.json")
    for name in (*shown, "scripts/pytorch_1.py", "figures/loss.html"):
        assert "gnp.exe" in texts[name]


def test_neither_report_nor_its_title_and_notes_have_them(document, history):
    page = report(document, history, NASTY[0], "first\n\u202esecond\n").decode()

    body = page.split("</head>")[1]
    assert unseen(body) == set()
    assert "<h1>gnp.exe</h1>" in body
    assert "first\nsecond" in body


def test_no_chart_has_them_on_screen_or_on_paper(document, history):
    charts, _failed = comparison_charts(history, run_styles(document), document.view)

    assert len(charts) > 5
    for chart in charts.values():
        for figure in (chart.figure, go.Figure(printed(chart, ([], [])))):
            texts = json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
            assert unseen(texts) == set()
        assert unseen(chart.alt) == set()
        assert unseen("".join(map(str, chart.numbers.get("run", [])))) == set()


@pytest.mark.usefixtures("nothing_waits")
def test_the_page_has_none(document):
    at = first_run(link=to_link(document) | {"name": list(NASTY)})

    (chips,) = (group.options for group in at.pills if group.key == "selected-run")
    shown = [*chips, *(text.value for text in (*at.caption, *at.markdown, *at.text_input))]
    shown += [chart.proto.spec for chart in at.get("plotly_chart")]
    shown += [str(frame.value) for frame in at.dataframe]
    assert sum("gnp" in text for text in shown) >= 3
    assert unseen("".join(map(str, shown)).replace("\u2060", "")) == set()
