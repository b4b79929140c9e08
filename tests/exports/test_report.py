"""The report: one page with everything, and nothing of a name in it but text."""

import re
from html import escape

import pytest
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

import comparison.catalogue
from comparison.document import Document, View, with_default_view
from comparison.rates import Tuned
from comparison.words.rules import RULE_WORDS
from engine import Budget, Experiment, Function, Run, fit, paired_differences, train
from engine.rules import SGD, Momentum
from engine.rules.clipping import ClipNorm
from exports.markup import plotly_script
from exports.report import report
from language import set_language
from tests.exports.hostile import NAMES


@pytest.fixture(scope="module")
def document():
    experiment = Experiment(budget=Budget(amount=2))
    return Document(experiment=experiment, view=View(names=NAMES[:7]))


@pytest.fixture(scope="module")
def history(document):
    return fit(document.experiment)


def read(document, history, title="Title", notes=""):
    """The report without plotly.js, which is two hundred times as long."""
    content = report(document, history, title, notes).decode()
    assert content.count(plotly_script()) == 1
    return content.replace(plotly_script(), "")


@pytest.fixture(scope="module")
def content(document, history):
    """One report for all that only look at it."""
    return read(document, history)


def test_the_report_has_its_parts(document, history):
    content = read(document, history, "Five & more", "First line\n\nSecond <line>")

    assert "<h1>Five &amp; more</h1>" in content
    assert "First line\n\nSecond &lt;line&gt;" in content
    assert "same start, same row order" in content
    assert content.count("Plotly.newPlot(") == 7
    assert content.count("<math") == 1 + len(document.experiment.runs)
    for run in document.experiment.runs:
        assert f"<h3>{run.optimizer.title}</h3>" in content
        assert escape(RULE_WORDS[type(run.optimizer)].idea) in content
    assert "arXiv:1412.6980" in content


def test_a_chart_that_fails_is_missed_and_named(document, history, monkeypatch, caplog):
    def broken(*_args, **_options):
        raise ValueError("math domain error")

    monkeypatch.setattr(comparison.catalogue, "score_curves", broken)
    content = read(document, history)

    assert content.count("Plotly.newPlot(") == 6
    assert "<h2>Left out</h2>" in content
    assert (
        "<li>Accuracy: Something went wrong in Descent Lab: this chart could not be drawn."
        in content
    )
    caplog.clear()


def test_two_reports_of_one_length_are_two_files_to_streamlit(document, history):
    """It looks at the length, the beginning, the middle and the end of a large file alone."""
    storage = MemoryMediaFileStorage("/media")
    pages = [report(document, history, "Title", notes) for notes in ("first", "other")]
    kept = [
        storage.load_and_get_id(page, "text/html", MediaFileKind.DOWNLOADABLE) for page in pages
    ]

    assert len(pages[0]) == len(pages[1]) > 2**20
    assert [storage.get_file(number).content for number in kept] == pages


@pytest.mark.parametrize("title", ["", "  \n"])
def test_a_blank_title_becomes_the_usual_one(document, history, title):
    content = read(document, history, title)

    assert "<h1>A comparison of optimizers</h1>" in content
    assert "<title>A comparison of optimizers</title>" in content


def test_a_stopped_training_is_said_before_all_else(document, content):
    experiment = document.experiment.model_copy(update={"budget": Budget(amount=10_000)})
    growing = next(progress.history() for progress in train(experiment) if progress.updates)
    step = int(growing.runs[0].last_step[0])
    stopped = read(document.model_copy(update={"experiment": experiment}), growing)

    said = f"stopped before the budget was used up: step {step:,} of 100,000 "
    assert stopped.index(said) < stopped.index("What the runs have in common")
    assert "The command line always trains and computes to the end" in stopped
    assert "was stopped" not in content


def test_charts_that_are_not_in_it_are_named(content):
    assert "<h2>Left out</h2>" in content
    assert "<li>Learning-rate sensitivity: " in content


def test_a_rule_is_explained_once_with_the_settings_of_its_runs():
    runs = [Run(optimizer=SGD(), learning_rate=rate) for rate in (0.5, 0.25, 0.5)]
    document = with_default_view(Experiment(runs=runs, budget=Budget(amount=2)))
    content = read(document, fit(document.experiment))

    assert content.count("<h3>SGD</h3>") == 1
    assert content.count("η = 0.5") == 1
    assert content.count("η = 0.25") == 1


def test_clipping_is_among_the_settings_and_explained_once():
    runs = [
        Run(optimizer=rule(), learning_rate=0.1, batch_size="all", clipping=ClipNorm(0.5))
        for rule in (SGD, Momentum)
    ]
    experiment = Experiment(problem=Function(), runs=runs, budget=Budget(amount=1))
    content = read(with_default_view(experiment), fit(experiment))

    assert "η = 0.1, ‖g‖ ≤ 0.5" in content
    assert content.count("<h3>Gradient clipping: By norm</h3>") == 1


def test_what_breaks_fairness_is_bold():
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=size) for size in (1, 32)]
    document = with_default_view(Experiment(runs=runs, budget=Budget(amount=2)))

    assert "<strong>batch sizes differ" in read(document, fit(document.experiment))


def test_every_run_has_a_sample_of_its_line_in_the_table(content):
    samples = re.findall(r'<svg class="sample".*?</svg>', content)

    assert len(samples) == len(set(samples)) == 7
    dashes = [re.search('stroke-dasharray="(.*?)"', sample)[1] for sample in samples]
    assert dashes[0] == dashes[6] == "none"  # there are six dashes
    assert len(set(dashes)) == 6


def test_no_name_and_no_note_becomes_markup(document, history):
    content = read(document, history, " ".join(NAMES), "\n".join(NAMES))

    assert content.count("<script") == content.count("</script>") == 2 + 7
    assert not re.search(r"<(img|a|iframe|link)\b", content)
    assert 'style="background' not in content


def test_the_table_has_a_row_per_run(history, content):
    problem, table = re.findall(r"<table>.*?</table>", content, re.DOTALL)

    assert "<tr><th>Network</th><td>2-8-8-1</td></tr>" in problem
    assert "<tr><th>Noise</th><td>0.2</td></tr>" in problem
    assert table.count("<tr>") == 1 + 7
    assert f"{history.runs[0].training_loss.final[0]:,.5g}" in table
    assert "Lowest here: the lowest final validation loss" in content
    assert "rates tuned for this problem may change the order" in content


def test_several_seeds_bring_their_paired_differences(document):
    several = document.experiment.model_copy(update={"seeds": (0, 1)})
    shown = document.model_copy(update={"experiment": several})
    history = fit(several)
    *_others, table = re.findall(r"<table>.*?</table>", read(shown, history), re.DOTALL)

    assert table.count("<tr>") == 1 + 6
    (lowest,) = history.lowest
    first = next(run for run in range(7) if run != lowest)
    assert f"{paired_differences(history, lowest)[first].median:,.5g}" in table


def test_the_report_speaks_the_language(document, history):
    set_language("ko")
    content = read(document, history)

    assert '<html lang="ko">' in content
    assert "학습률" in content


def test_a_test_function_is_reported_by_its_formula():
    document = with_default_view(Experiment(problem=Function(), budget=Budget(amount=3)))
    content = read(document, fit(document.experiment))

    assert content.count("<math") == 1 + len(document.experiment.runs)
    assert content.count("Plotly.newPlot(") == 4


def test_the_experiment_is_carried_along(content):
    assert "&quot;experiment&quot;: {" in content


def test_the_contract_claims_best_rates_only_where_they_were_found(document, history, content):
    swept = report(document, history, "Title", "", tuned=Tuned(9, (0,))).decode()

    assert "learning rates: each run&#x27;s best of 9 tried" in swept
    assert "learning rates as set" in content
