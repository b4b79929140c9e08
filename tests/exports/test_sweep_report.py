"""The report of a sweep: one page with everything, and nothing of a name in it but text."""

import re
from html import escape
from html.parser import HTMLParser

import numpy as np
import pytest

from comparison.pages import Held, SweepPage
from comparison.sweep.catalogue import sweep_charts
from comparison.sweep.contract import sweep_contract
from comparison.words.rules import RULE_WORDS
from engine.rules import SGD, Adam
from exports.markup import plotly_script
from exports.sweep.report import sweep_report
from language import set_language
from sweeps.axes import ListAxis
from sweeps.spec import read_spec
from tests.exports.hostile import NAMES
from tests.sweeps.looked import failed, finished, looked, planned, unfinished

DOCUMENT = planned(names=NAMES[3:5])
_EMPTY = {"meta", "path", "br"}  # elements without an end


class Balance(HTMLParser):
    """Counts what is opened and closed, in order."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, _attrs):
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in _EMPTY:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def look(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("sweep"), DOCUMENT)


def read(look, title="Title", notes=""):
    """The report without plotly.js, which is many times as long."""
    content = sweep_report(look, title, notes).decode()
    assert content.count(plotly_script()) == 1
    return content.replace(plotly_script(), "")


@pytest.fixture(scope="module")
def content(look):
    """One report for all that only look at it."""
    return read(look)


def test_the_report_has_its_parts(look):
    content = read(look, "Five & more", "First line\n\nSecond <line>")

    assert "<h1>Five &amp; more</h1>" in content
    assert "First line\n\nSecond &lt;line&gt;" in content
    for sentence in (*sweep_contract(look)[0], *sweep_contract(look)[1]):
        assert escape(sentence) in content
    assert "36 of 36 lanes, 12 diverged" in content
    for rule in (SGD, Adam):
        assert f"<h3>{rule.title}</h3>" in content
        assert escape(RULE_WORDS[rule].idea) in content


def test_every_chart_of_the_catalogue_is_there(look, content):
    charts, missing = sweep_charts(look)

    assert missing == {}
    assert content.count("Plotly.newPlot(") == len(charts) == 2
    assert "Left out" not in content


def test_it_is_well_formed(content):
    parser = Balance()
    parser.feed(content)
    parser.close()

    assert parser.open == []


def test_no_name_and_no_note_becomes_markup(look):
    content = read(look, " ".join(NAMES), "\n".join(NAMES))

    assert content.count("<script") == content.count("</script>") == 2 + 2
    assert not re.search(r"<(img|a|iframe|link)\b", content)


def test_the_table_tells_the_best_setting_of_each_run(look, content):
    *_others, table = re.findall(r"<table>.*?</table>", content, re.DOTALL)
    losses = look.lanes.scores["validation_loss_final"]

    assert table.count("<tr>") == 1 + 2
    for run in range(2):
        own = losses[6 * run : 6 * run + 6]
        best = own[np.argmin(np.median(own, axis=1))]
        for share in (0.5, 0.25, 0.75):
            assert f'<td class="number">{np.quantile(best, share):,.5g}</td>' in table
    assert table.count('<td class="number">6</td>') == 2
    assert escape(NAMES[3]) in table


def test_the_best_at_the_edge_is_said(tmp_path):
    page = SweepPage(axes=(ListAxis(field="learning_rate", values=(0.001, 0.01)),), seeds=1)
    content = read(finished(tmp_path, planned(page)))

    assert content.count("<td>Learning rate</td>") == 2
    assert "a better setting may lie beyond" in content


def test_a_run_that_diverged_everywhere_has_no_best_setting(tmp_path):
    page = SweepPage(axes=(ListAxis(field="learning_rate", values=(1e6, 1e7)),), seeds=1)
    content = read(finished(tmp_path, planned(page)))
    *_others, table = re.findall(r"<table>.*?</table>", content, re.DOTALL)

    assert table.count('<td class="number">∞</td>') == 2
    assert table.count("<td>–</td>") == 4


def test_of_several_problems_there_is_no_best_until_one_is_held(tmp_path):
    axes = (
        ListAxis(field="learning_rate", values=(0.01, 0.1)),
        ListAxis(field="problem.l2", values=(0.0, 0.1)),
    )
    document = planned(SweepPage(axes=axes, seeds=1))
    content = read(finished(tmp_path, document))
    assert "several problems" in content
    assert content.count("<table>") == 2

    held = document.view.page.model_copy(update={"held": (Held(field="problem.l2", place=1),)})
    content = read(looked(tmp_path, document.on_page(held)))
    assert "several problems" not in content
    assert content.count("<table>") == 3
    (title,) = re.findall(r"<h2>(Each run.*?)</h2>", content)
    assert title.endswith(": 0.1")


@pytest.mark.parametrize(
    ("state", "said"),
    [(unfinished, "The sweep has not finished: 20 of 36"), (failed, "Some lanes have no result")],
)
def test_what_is_missing_is_said_before_all_else(tmp_path, state, said):
    content = read(state(tmp_path))

    assert content.index(said) < content.index("What the runs have in common")


@pytest.mark.parametrize("title", ["", "  \n"])
def test_a_blank_title_becomes_the_usual_one(look, title):
    content = read(look, title)

    assert "<h1>A sweep of optimizers</h1>" in content
    assert "<title>A sweep of optimizers</title>" in content


def test_the_specification_is_carried_along(look, content):
    (text,) = re.findall(r"<pre>(.*?)</pre>", content, re.DOTALL)

    assert read_spec(text.replace("&quot;", '"').encode()).key == look.spec.key


def test_it_is_the_same_every_time(look, content):
    assert read(look) == content


def test_the_report_speaks_the_language(look):
    set_language("ko")

    assert '<html lang="ko">' in read(look)
