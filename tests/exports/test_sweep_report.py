"""The report of a sweep: one page with everything, and nothing of a name in it but text."""

import re
from html import escape, unescape
from html.parser import HTMLParser

import numpy as np
import pytest

import comparison.sweep.scores
from comparison.pages import SweepPage
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
from tests.sweeps.looked import failed, finished, planned, unfinished

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

    assert content.count("Plotly.newPlot(") == len(charts) == 4
    assert set(missing) == {"profiles", "range_test"}
    for why in missing.values():
        assert escape(why) in content


def test_it_is_well_formed(content):
    parser = Balance()
    parser.feed(content)
    parser.close()

    assert parser.open == []


def test_no_name_and_no_note_becomes_markup(look):
    content = read(look, " ".join(NAMES), "\n".join(NAMES))

    assert content.count("<script") == content.count("</script>") == 2 + 4
    assert not re.search(r"<(img|a|iframe|link)\b", content)


def tables(content):
    """The tables by the headings of their sections."""
    found = re.findall(r"<h2>([^<]*)</h2>(?:(?!<h2>).)*?(<table>.*?</table>)", content, re.DOTALL)
    return {unescape(title): table for title, table in found}


def test_the_table_tells_the_best_setting_of_each_run(look, content):
    """Chosen on the first of three seeds, reported on the other two."""
    table = tables(content)["Best settings"]
    losses = look.lanes.scores["validation_loss_final"]

    assert table.count("<tr>") == 1 + 2
    for run in range(2):
        own = losses[6 * run : 6 * run + 6]
        reported = np.sort(own[np.argmin(own[:, 0]), 1:])
        low, high = reported
        assert f"<td>{np.median(reported):.3g} ({low:.3g} to {high:.3g})</td>" in table
    assert escape(NAMES[3]) in table
    assert "reported on seeds 2, 3, which had no say in it" in content


def test_runs_are_compared_seed_by_seed_and_by_their_times(content):
    found = tables(content)

    assert found["Differences, seed by seed"].count("<tr>") == 1 + 1
    assert found["Time to target · 0.5"].count("<tr>") == 1 + 2


def test_the_best_at_the_edge_is_said(tmp_path):
    page = SweepPage(axes=(ListAxis(field="learning_rate", values=(0.001, 0.01)),), seeds=1)
    table = tables(read(finished(tmp_path, planned(page))))["Best settings"]

    assert table.count("<td>Learning rate</td>") == 2


def test_a_run_that_diverged_everywhere_has_no_best_setting(tmp_path):
    page = SweepPage(axes=(ListAxis(field="learning_rate", values=(1e6, 1e7)),), seeds=1)
    table = tables(read(finished(tmp_path, planned(page))))["Best settings"]

    assert table.count("<td>diverged at every setting</td>") == 2


def test_each_problem_has_a_table_of_its_own(tmp_path):
    axes = (
        ListAxis(field="learning_rate", values=(0.01, 0.1)),
        ListAxis(field="problem.l2", values=(0.0, 0.1, 0.2)),
    )
    look = finished(tmp_path, planned(SweepPage(axes=axes, seeds=1)))
    found = [title for title in tables(read(look)) if title.startswith("Best settings")]

    assert [title.rpartition(": ")[2] for title in found] == ["0", "0.1", "0.2"]


def test_of_very_many_problems_the_first_are_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(comparison.sweep.scores, "_PROBLEMS", 1)
    axes = (ListAxis(field="problem.l2", values=(0.0, 0.1, 0.2)),)
    content = read(finished(tmp_path, planned(SweepPage(axes=axes, seeds=1))))

    assert "2 further problems are told of on the page." in content
    assert len([title for title in tables(content) if title.startswith("Best settings")]) == 1


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
