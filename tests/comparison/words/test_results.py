"""The results table: the same values on the page and in files."""

import dataclasses
import re
from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charts.theme import RunStyle
from comparison.catalogue import losses
from comparison.catalogue import score as score_of
from comparison.link import from_link
from comparison.words.results import (
    details,
    ends,
    paired,
    result_remarks,
    settings,
    status,
    written,
)
from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Run,
    Stopping,
    claim,
    final_losses,
    fit,
    paired_differences,
)
from engine.problems.datasets import Digits, Sine, TwoMoons
from engine.rules import SGD, Adam
from engine.rules.clipping import ClipNorm
from exports.report import report
from exports.results import results_csv
from exports.tables import read_csv
from language.labels import label
from tests.exports.hostile import NAMES
from tests.strategies import examples

TEXTS = ["run", "optimizer", "status", "claim"]


def remarks(history, *, is_tuned=False):
    """What is said below the results."""
    return " ".join(result_remarks(history, is_tuned=is_tuned))


@pytest.fixture(scope="module")
def history():
    runs = [
        Run(optimizer=Adam(), learning_rate=0.05),
        Run(optimizer=SGD(), learning_rate=0.1),
        Run(optimizer=SGD(), learning_rate=1e7),
    ]
    return fit(Experiment(runs=runs, budget=Budget(amount=3), seeds=(0, 1)))


def styles(history, names=NAMES):
    return [RunStyle(name, number) for number, name in enumerate(names[: len(history.runs)])]


def test_the_file_has_the_values_of_the_table(history):
    table = read_csv(results_csv(history, styles(history)), TEXTS)

    assert table["number"] == [1, 2, 3]
    assert table["run"] == list(NAMES[:3])
    assert table["learning_rate"] == [0.05, 0.1, 1e7]
    for name, values in table.items():
        for position, value in enumerate(values):
            row = ends(history, position) | details(history, position)
            if name in row:
                np.testing.assert_equal(value, np.nan if row[name] is None else row[name])


def test_a_diverged_run_has_an_infinite_loss_no_score_and_is_counted(history):
    table = read_csv(results_csv(history, styles(history)), TEXTS)

    assert table["training_loss"][2] == table["validation_loss"][2] == np.inf
    assert np.isnan(table["accuracy"][2])
    assert table["diverged_seeds"] == [0, 0, 2]
    assert table["status"] == ["budget", "budget", "diverged"]
    assert sorted(table["claim"]) == ["", "", "lowest"]
    assert table["claim"][2] == ""
    assert table["no_better_than_guessing"][2] == 1


def test_the_last_losses_are_medians_over_the_seeds(history):
    losses = [series[-1] for series in history.runs[0].training_loss.last]

    assert ends(history, 0)["training_loss"] == np.median(losses)


SURVIVORS = "format=1&data=sine&hidden=8&activation=relu&loss=mean_squared_error&start=he\
&budget=30&seeds=5_6_18_21_22&data.rows=40&run=sgd~0.07~4&run=sgd~0.08~4"


def linked(link):
    return from_link(parse_qs(link, keep_blank_values=True))[0]


def test_the_order_of_runs_is_said_to_hold_in_so_many_seeds(history):
    assert "In 2 of 2 seeds the runs end in the same order as in these medians." in remarks(history)
    two = dataclasses.replace(history, runs=history.runs[:2])
    assert "the same order" not in remarks(two)


def test_survivors_make_no_median():
    """Two of five seeds diverged in both runs; of the other three the first is better in two."""
    history = fit(linked(SURVIVORS).experiment)
    losses = [ends(history, position)["validation_loss"] for position in (0, 1)]

    assert [run.status.count("diverged") for run in history.runs] == [2, 2]
    np.testing.assert_allclose(losses, [0.18925, 0.26211], rtol=1e-4)
    assert status(history, 0) == "among the best, 2 of 5 diverged"
    assert "infinitely bad" in remarks(history)


@st.composite
def unstable(draw):
    """A small comparison, some of whose seeds diverge, of a regression or a classification."""
    data, loss = draw(
        st.sampled_from(
            [(Sine(rows=16), "mean_squared_error"), (TwoMoons(rows=16), "half_mean_squared_error")]
        )
    )
    problem = Network(
        dataset=data, hidden=(3,), activation="relu", loss=loss, validation_share=0.25, start="he"
    )
    rates = st.floats(0.1, 2.0)
    runs = [
        Run(optimizer=SGD(), learning_rate=rate, batch_size=2)
        for rate in draw(st.lists(rates, min_size=2, max_size=3))
    ]
    seeds = draw(st.lists(st.integers(0, 99), min_size=2, max_size=5, unique=True))
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=6), seeds=seeds)


@given(experiment=unstable())
@example(linked(SURVIVORS).experiment)
@example(linked(SURVIVORS.replace("sgd~0.08", "sgd~1.0")).experiment)
@example(linked(SURVIVORS.replace("data=sine", "data=two_moons")).experiment)
@examples(25)
def test_table_curve_and_file_tell_the_same_number(experiment):
    """All of one quantity: a diverged seed counts as infinitely bad in each of them."""
    history = fit(experiment)
    named = styles(history, ("first", "second", "third"))
    file = read_csv(results_csv(history, named), TEXTS)
    score = experiment.problem.score
    for quantity in ("training_loss", "validation_loss", score):
        chart = (
            score_of(history, named, "epochs")
            if quantity == score
            else losses(history, named, quantity, "epochs", log=False)
        )
        for position, run in enumerate(history.runs):
            shown = ends(history, position)[quantity]
            curve = chart.numbers[quantity][chart.numbers["run"] == named[position].name][-1]
            np.testing.assert_equal(shown, expected(run, quantity, score))
            np.testing.assert_equal(file[quantity][position], shown)
            np.testing.assert_equal(curve, shown)
    medians = [ends(history, position)["validation_loss"] for position in range(len(named))]
    assert final_losses(history).tolist() == medians
    made = claim(history)
    for position in made.lowest if made else ():
        assert medians[position] == min(medians)
    for position, difference in enumerate(paired_differences(history, 0)):
        assert not np.isnan([difference.median, difference.low, difference.high]).any()
        assert difference.better + difference.worse + difference.equal == len(experiment.seeds)
        both = history.runs[0].diverged & history.runs[position].diverged
        assert difference.both_diverged == both.sum() <= difference.equal


@pytest.mark.parametrize("rate", ["0.08", "1.0"], ids=["some seeds diverge", "all do"])
def test_the_report_tells_the_numbers_of_the_table(rate):
    document = linked(SURVIVORS.replace("sgd~0.08", f"sgd~{rate}"))
    history = fit(document.experiment)
    rows = report_rows(report(document, history, "", ""))

    for position, row in enumerate(rows):
        for quantity, value in ends(history, position).items():
            assert row[label("quantity", quantity)] == written(value, 5)
        assert row["Status"] == status(history, position)
    assert rows[1]["Validation loss"] == {"0.08": "0.26211", "1.0": "∞"}[rate]
    assert (rows[1]["R²"] == "–") == (rate == "1.0")


def expected(run, quantity, score):
    """The middle of the seeds in order of how good they are, those that diverged last of all."""
    series = (run.validation_score if quantity == score else getattr(run, quantity)).last
    sign = -1 if quantity == score else 1
    last = [
        np.inf if status == "diverged" else sign * values[~np.isnan(values)][-1]
        for values, status in zip(series, run.status, strict=True)
    ]
    ordered = sorted(last)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    if quantity == score:
        return np.nan if middle == np.inf else -middle
    return middle


def test_clipping_is_listed_where_a_run_clips():
    problem, budget = Function(), Budget(amount=1, unit="iterations")
    plain = Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")
    clipped = plain.model_copy(update={"clipping": ClipNorm(0.5)})

    def column(*runs):
        history = fit(Experiment(problem=problem, runs=runs, budget=budget))
        return [settings(history, at, full=False).get("Gradient clipping") for at in range(2)]

    assert column(plain, clipped) == ["none", "‖g‖ ≤ 0.5"]
    assert column(plain, plain) == [None, None]


def report_rows(content):
    """The rows of a report's table of results, by the titles of its columns."""
    (table,) = (
        part
        for part in re.findall(r"<table>.*?</table>", content.decode(), re.DOTALL)
        if "<th>Status</th>" in part
    )
    head, *rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    titles = re.findall(r"<th>(.*?)</th>", head)
    return [
        dict(zip(titles, re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL), strict=True))
        for row in rows
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.inf, "∞"),
        (-np.inf, "−∞"),
        (np.nan, "–"),
        (None, "–"),
        (0.123456, "0.1235"),
        (12_345.0, "12,345"),  # a count is not rounded
        (0.0, "0"),
        (-2.5e-9, "-2.5e-09"),
    ],
)
def test_numbers_are_written_for_a_reader(value, text):
    assert written(value) == text


def test_a_step_that_was_only_looked_at_is_told_as_such():
    """At a rate of 0.8 single rows make the line diverge at step 70, looked at after each step."""
    link = "format=1&data=line&hidden=&loss=mean_squared_error&budget=10&run=sgd~0.8~1"
    looked_at = fit(linked(f"{link}&every=1").experiment)
    assert status(looked_at, 0) == "diverged at step 70"

    at_epochs = fit(linked(link).experiment)
    assert at_epochs.runs[0].last_step.tolist() == [150]
    assert status(at_epochs, 0) == "diverged by step 87"  # a batch's loss tells before the epoch
    table = read_csv(results_csv(at_epochs, styles(at_epochs)), TEXTS)
    assert (table["diverged_by_step"], table["diverged_step_is_exact"]) == ([87], [0])


# Best, and what it rests on


def moons(*rates, **fields):
    runs = [Run(optimizer=SGD(), learning_rate=rate) for rate in rates]
    problem = Network(dataset=TwoMoons(rows=80), hidden=(4,))
    return fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=30), **fields))


def test_none_is_best_where_stopping_rules_ended_runs_at_different_times():
    history = moons(0.3, 1.0, stopping=Stopping(target_loss=0.4), seeds=(0, 1))
    assert len({int(step) for run in history.runs for step in run.last_step}) > 1

    said = remarks(history)
    assert "best" not in status(history, 0) + status(history, 1)
    assert "equal budgets" not in said
    assert "stopping rules ended the runs at different times" in said
    table = read_csv(results_csv(history, styles(history)), TEXTS)
    assert table["claim"] == ["", ""]
    assert paired(history, styles(history))[1]  # what is seen is still told


def test_the_lowest_is_named_where_stopping_rules_ended_none():
    history = moons(0.3, 1.0, stopping=Stopping(target_loss=1e-9))

    assert "equal budgets" in remarks(history)


def test_a_tie_is_named():
    history = moons(0.3, 1.0, 1.0)

    here = "lowest here (tie)"
    assert [status(history, position) for position in range(3)] == ["", here, here]
    table = read_csv(results_csv(history, styles(history)), TEXTS)
    assert table["claim"] == ["", "lowest", "lowest"]


def test_one_seed_and_few_seeds_name_a_lowest_run_and_say_from_when_runs_can_be_told_apart():
    one, three = moons(0.3, 1.0), moons(0.3, 1.0, seeds=range(3))

    assert status(one, 1) == status(three, 1) == "lowest here"
    assert "Another seed may change the order; from 5 seeds on" in remarks(one)
    assert "Runs can be told apart from 5 seeds on" in remarks(three)


def test_from_five_seeds_on_a_run_is_best_or_among_the_best():
    apart, level = moons(0.03, 1.0, seeds=range(5)), moons(0.9, 1.0, 1.1, seeds=range(5))

    assert [status(apart, position) for position in (0, 1)] == ["", "best"]
    assert "than every other run, told apart over 5 seeds" in remarks(apart)
    among = [position for position in range(3) if status(level, position) == "among the best"]
    assert len(among) > 1
    assert f"Among the best: {len(among)} runs" in remarks(level)


def test_nothing_is_random_on_a_function_without_noise():
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in (0.01, 0.1)]
    experiment = Experiment(problem=Function(), runs=runs, budget=Budget(amount=20))
    noisy = experiment.model_copy(update={"problem": Function(noise=0.1)})

    assert status(fit(experiment), 1) == "best"
    assert "nothing here is random" in remarks(fit(experiment))
    assert status(fit(noisy), 1) == "lowest here"


def test_rates_as_set_are_said_to_be_so_where_rules_are_compared():
    runs = [Run(optimizer=rule(), learning_rate=0.1) for rule in (SGD, Adam)]
    rules = fit(Experiment(runs=runs, budget=Budget(amount=3)))

    assert "tuned for this problem may change the order" in remarks(rules)
    assert "tuned" not in remarks(rules, is_tuned=True)
    assert "tuned" not in remarks(moons(0.3, 1.0))


def test_runs_that_learnt_nothing_are_told_so_and_none_is_best():
    """Digits as they come, 64-64-64-10 with ReLU: at these rates every unit dies."""
    problem = Network(
        dataset=Digits(), hidden=(64, 64), activation="relu", start="he", loss="cross_entropy"
    )
    dead = [(SGD(), 3.0), (Adam(), 0.3)]
    runs = [Run(optimizer=rule, learning_rate=rate, batch_size=64) for rule, rate in dead]
    runs.append(Run(optimizer=SGD(), learning_rate=0.01, batch_size=64))
    useless = fit(Experiment(problem=problem, runs=runs[:2], budget=Budget(amount=4)))
    mixed = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=4)))

    assert [status(useless, position) for position in (0, 1)] == ["no better than guessing"] * 2
    assert "No run is called best, because none learnt anything" in remarks(useless)
    assert "predict the class shares for every row, has a validation loss of 2.3" in remarks(
        useless
    )
    assert status(mixed, 2) == "lowest here"


def test_words_for_what_became_of_a_run(history):
    assert status(history, *history.lowest).startswith("lowest here")
    assert status(history, 2) == "2 of 2 diverged"


def test_a_test_function_has_no_score():
    history = fit(Experiment(problem=Function(), budget=Budget(amount=3)))

    assert list(ends(history, 0)) == ["training_loss"]
