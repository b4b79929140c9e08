"""The final loss against the learning rate, by its data and layout."""

import html
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from charts.sensitivity import rate_sensitivity
from charts.theme import COLOURS, DASHES, RunStyle
from engine import Budget, Experiment, Function, Network, Run, rate_curves, rate_sweep, score
from engine.analysis.rates import RateCurve
from engine.problems.datasets import Line
from engine.problems.functions import Saddle
from engine.rules import SGD, Adam, Momentum

LINE = Network(dataset=Line(rows=22), hidden=(), loss="mean_squared_error")  # 16 rows to train
RULES = (SGD(), Momentum(), Adam())
RATES = (0.001, 0.01, 0.1, 3.0, 10.0)  # SGD and Momentum do not survive the last two
NAMES = ("SGD", "Momentum", "Adam")
HOSTILE = ("<b>bold</b>", "$x^2$ %{y} & %{x}", '<a href="https://example.org">a&lt;b</a>')


@cache
def sweep(rules=RULES, rates=RATES, problem=LINE, seeds=(0, 1, 2)):
    runs = [Run(optimizer=rule, learning_rate=0.5, batch_size=4) for rule in rules]
    if problem.kind == "function":
        runs = [one.model_copy(update={"batch_size": "all"}) for one in runs]
    compared = Experiment(problem=problem, runs=runs, budget=Budget(amount=150), seeds=seeds)
    return score(rate_sweep(compared, rates))


def chart(names=NAMES, rates=RATES, **options):
    styles = [RunStyle(name, number) for number, name in enumerate(names)]
    return rate_sensitivity(rate_curves([sweep(rates=rates, **options)]), styles)


def medians(trained, rules, rates):
    """Median over the seeds of the last validation (else training) loss, rule by rule."""
    rows = []
    for run in trained.runs:
        series = run.validation_loss or run.training_loss
        alive = np.array(run.status) != "diverged"
        rows.append(np.median(np.where(alive, series.final, np.inf)))
    return np.reshape(rows, (rules, rates))


def lines(drawn):
    return [trace for trace in drawn.figure.data if trace.mode == "lines+markers"]


def marks(drawn, symbol):
    return {
        trace.marker.color: trace
        for trace in drawn.figure.data
        if trace.mode == "markers" and trace.marker.symbol == symbol
    }


def edge(drawn, text):
    """The marks above the line, by the colour of their rule."""
    found = {}
    for mark in drawn.figure.layout.annotations:
        if mark.text == text:
            (line,) = [shape for shape in drawn.figure.layout.shapes if shape.type == "line"]
            assert np.log10(line.y0) < mark.y < drawn.figure.layout.yaxis.range[1]
            found.setdefault(mark.font.color, []).append(mark)
    return found


def shades(drawn):
    return [shape for shape in drawn.figure.layout.shapes if shape.type == "rect"]


def rates_of(marks):
    return [round(10**mark.x, 9) for mark in marks]


def test_the_sweep_of_these_tests_has_all_there_is_to_draw():
    table = medians(sweep(), 3, 5)

    assert np.isinf(table[:2, 3:]).all()
    assert np.isfinite(table[2]).all()


def test_every_point_is_the_median_final_loss():
    table = medians(sweep(), 3, 5)

    assert len(lines(chart())) == 3
    for number, (line, row) in enumerate(zip(lines(chart()), table, strict=True)):
        assert (line.name, line.line.color) == (NAMES[number], COLOURS[number])
        assert line.line.dash == DASHES[number]
        assert tuple(line.x) == RATES
        np.testing.assert_array_equal(line.y, np.where(np.isfinite(row), row, np.nan))
    assert chart().figure.layout.xaxis.type == chart().figure.layout.yaxis.type == "log"
    assert chart().figure.layout.yaxis.title.text == "Validation loss (median of 3 seeds)"


def test_of_one_seed_there_is_no_median():
    assert chart(seeds=(0,)).figure.layout.yaxis.title.text == "Validation loss"


def test_without_validation_rows_it_is_the_training_loss():
    problem = LINE.model_copy(update={"validation_share": 0.0})
    drawn = chart(problem=problem)

    assert drawn.figure.layout.yaxis.title.text == "Training loss (median of 3 seeds)"
    expected = medians(sweep(problem=problem), 3, 5).ravel()
    np.testing.assert_array_equal(drawn.numbers["training_loss"], expected)


def test_a_star_stands_at_every_rules_minimum():
    stars = marks(chart(), "star")

    assert list(stars) == list(COLOURS[:3])
    for colour, row in zip(COLOURS, medians(sweep(), 3, 5), strict=False):
        best = int(np.argmin(row))
        assert (stars[colour].x, stars[colour].y) == ((RATES[best],), (row[best],))
        assert f"{RATES[best]:g}" in chart().alt


def test_diverged_rates_are_marked_at_the_top_edge():
    crosses = edge(chart(), "✕")

    assert list(crosses) == list(COLOURS[:2])  # Adam diverged nowhere
    for name, marks in zip(NAMES, crosses.values(), strict=False):
        assert rates_of(marks) == list(RATES[3:])
        assert {mark.hovertext for mark in marks} == {f"{name} diverged"}


def test_marks_at_the_same_rate_lie_one_above_the_other():
    first, second = edge(chart(), "✕").values()
    low, high = chart().figure.layout.yaxis.range

    assert first[0].y == first[1].y
    assert (second[0].y - first[0].y) / (high - low) * 290 >= 10  # pixels


def test_nothing_that_is_a_loss_lies_above_the_line():
    (line,) = [shape for shape in chart().figure.layout.shapes if shape.type == "line"]

    for trace in chart().figure.data:
        assert np.nanmax(np.array(trace.y, dtype=float)) <= line.y0
    assert "above the line" in chart().remarks[1]


def test_without_marks_there_is_no_line():
    drawn = chart(names=["Adam"], rules=RULES[2:], rates=RATES[:2])

    assert edge(drawn, "✕") == edge(drawn, "▲") == {}
    assert len(drawn.figure.layout.shapes) == 0
    assert len(drawn.remarks) == 1


def test_a_loss_above_the_picture_is_marked_at_the_top_edge():
    trained = sweep(RULES[2:], RATES[:2])
    high = replace(trained.runs[1].validation_loss, final=np.full(3, 1e4))
    runs = (trained.runs[0], replace(trained.runs[1], validation_loss=high))
    drawn = rate_sensitivity(rate_curves([replace(trained, runs=runs)]), [RunStyle("Adam", 0)])

    assert drawn.figure.layout.yaxis.range[1] < 4
    ((mark,),) = edge(drawn, "▲").values()
    assert rates_of([mark]) == [RATES[1]]
    assert mark.hovertext == "Adam: 1e+04"
    assert edge(drawn, "✕") == {}


def test_nothing_is_shaded_while_one_rule_survives():
    assert shades(chart()) == []
    assert "shaded" not in " ".join(chart().remarks)


def test_the_shade_begins_where_the_last_rule_has_diverged():
    rates = (0.001, 0.01, 0.3, 1.0, 10.0)
    drawn = chart(NAMES[:2], rates, rules=RULES[:2])
    table = medians(sweep(RULES[:2], rates), 2, 5)
    first = rates[np.flatnonzero(np.isfinite(table).any(axis=0))[-1] + 1]

    (shade,) = shades(drawn)
    assert (shade.x0, shade.xref) == (first, None)  # none is the axis
    assert shade.x1 >= rates[-1]
    assert (shade.y0, shade.y1, shade.yref) == (0, 1, "paper")
    assert "shaded: every run diverged" in drawn.remarks


def test_a_rule_that_diverged_earlier_moves_no_shade():
    rates = (0.01, 0.1, 0.6, 1.0, 10.0)
    rules = (SGD(), Momentum(0.99), SGD())
    table = medians(sweep(rules[:2], rates), 2, 5)
    drawn = chart(NAMES[:2], rates, rules=rules[:2])

    alive = np.isfinite(table).sum(axis=1)
    assert alive[0] != alive[1]
    (shade,) = shades(drawn)
    assert shade.x0 == rates[alive.max()]


def test_a_sweep_in_which_all_diverge_is_drawn_and_shaded_from_its_first_rate():
    rates = (100.0, 1_000.0)
    drawn = chart(NAMES[:2], rates, rules=RULES[:2])

    (shade,) = shades(drawn)
    assert shade.x0 == rates[0]
    assert marks(drawn, "star") == {}
    assert [rates_of(marks) for marks in edge(drawn, "✕").values()] == [list(rates)] * 2
    assert np.isfinite(drawn.figure.layout.yaxis.range).all()
    assert "inf" not in drawn.alt
    assert "nan" not in drawn.alt


@pytest.mark.parametrize("gone", [1, 2])
def test_a_rate_has_diverged_where_most_of_its_seeds_have(gone):
    trained = sweep(RULES[2:], RATES[:2])
    ends = ("diverged",) * gone + ("budget",) * (3 - gone)
    runs = (trained.runs[0], replace(trained.runs[1], status=ends))
    drawn = rate_sensitivity(rate_curves([replace(trained, runs=runs)]), [RunStyle("Adam", 0)])

    assert len(edge(drawn, "✕")) == (gone > 1)
    assert np.isinf(drawn.numbers["validation_loss"][1]) == (gone > 1)
    (line,) = lines(drawn)
    assert np.isnan(line.y[1]) == (gone > 1)


def test_a_wild_loss_does_not_stretch_the_picture():
    rates = (0.001, 0.01, 0.1, 100.0)
    problem = LINE.model_copy(update={"validation_share": 0.0})
    trained = sweep(RULES[2:], rates, problem)
    drawn = chart(NAMES[2:], rates, rules=RULES[2:], problem=problem)
    start = np.median(trained.runs[0].training_loss.first)
    (row,) = medians(trained, 1, 4)

    assert np.isfinite(row).all()
    assert row[3] > 10 * start
    low, high = drawn.figure.layout.yaxis.range
    assert 10**low < row[:3].min() < start < 10**high < row[3]
    assert drawn.numbers["training_loss"][3] == row[3]  # the number is told all the same
    ((mark,),) = edge(drawn, "▲").values()
    assert f"{row[3]:.4g}" in mark.hovertext


def test_the_numbers_are_one_row_for_every_run_and_rate():
    numbers, alone = chart().numbers, chart(seeds=(0,)).numbers

    assert list(alone) == ["run", "learning_rate", "validation_loss"]
    assert list(numbers) == [*alone, "lower_quartile", "upper_quartile", "diverged_share"]
    rows = list(zip(numbers["run"], numbers["learning_rate"], strict=True))
    assert rows == [(name, rate) for name in NAMES for rate in RATES]
    np.testing.assert_array_equal(numbers["validation_loss"], medians(sweep(), 3, 5).ravel())


def test_bands_reach_from_the_lower_to_the_upper_quartile_and_end_at_the_top():
    numbers, drawn = chart().numbers, chart()
    bands = [trace for trace in drawn.figure.data if trace.fill == "toself"]
    (line,) = [shape for shape in drawn.figure.layout.shapes if shape.type == "line"]

    assert len(bands) == 3
    for number, band in enumerate(bands):
        low, high = (
            numbers[name].reshape(3, 5)[number] for name in ("lower_quartile", "upper_quartile")
        )
        there = np.minimum(np.concatenate([low, high[::-1]]), line.y0)
        np.testing.assert_allclose(band.y, there)
    assert not [trace for trace in chart(seeds=(0,)).figure.data if trace.fill == "toself"]


def test_the_share_of_seeds_that_diverged_is_drawn_below():
    trained = sweep(RULES[2:], RATES[:2])
    runs = (trained.runs[0], replace(trained.runs[1], status=("diverged", "budget", "budget")))
    drawn = rate_sensitivity(rate_curves([replace(trained, runs=runs)]), [RunStyle("Adam", 0)])

    (strip,) = [trace for trace in drawn.figure.data if trace.yaxis == "y2"]
    np.testing.assert_allclose(strip.y, [0, 1 / 3])
    assert drawn.figure.layout.yaxis2.domain[1] < drawn.figure.layout.yaxis.domain[0]
    assert drawn.figure.layout.xaxis.anchor == "y2"
    none = rate_sensitivity(rate_curves([trained]), [RunStyle("Adam", 0)])
    assert [trace for trace in none.figure.data if trace.yaxis == "y2"] == []


def curve(losses, rates=(0.01, 0.1, 1.0, 10.0)):
    """A made-up curve of one seed."""
    (run,) = sweep(RULES[2:], RATES[:1], seeds=(0,)).runs
    scores = [
        replace(run, validation_loss=replace(run.validation_loss, final=np.array([loss])))
        for loss in losses
    ]
    return RateCurve(Run(optimizer=Adam(), learning_rate=1.0), rates, tuple(scores))


def test_less_sensitive_is_said_with_its_measure_and_only_where_it_is_clear():
    def remarks(*curves):
        styles = [RunStyle(f"run {number}", number) for number in range(len(curves))]
        return " ".join(rate_sensitivity(curves, styles).remarks)

    wide, narrow, level = curve([2, 1, 1.5, 2]), curve([9, 1, 9, 9]), curve([3, 1, 1.9, 9])
    told = remarks(wide, narrow)
    assert "least sensitive: run 0" in told
    assert "2 times the lowest loss of all at rates a factor of 1,000 apart" in told
    assert "most sensitive: run 1, a factor of 1" in told
    assert "least sensitive" in remarks(wide, level)
    assert "none of run 0, run 1 is clearly less sensitive" in remarks(level, level)
    assert "sensitive" not in remarks(wide)
    stuck = curve([30, 29, 30, 31])  # at every rate
    assert "sensitive" not in remarks(wide, stuck)
    assert "no rate of run 1 ends with at most 2 times" in remarks(wide, stuck)
    told = remarks(wide, narrow, stuck)
    assert "most sensitive: run 1" in told
    assert "no rate of run 2 ends" in told


def test_only_lines_are_in_the_legend():
    named = [trace.name for trace in chart().figure.data if trace.showlegend is not False]

    assert named == list(NAMES)


def test_a_hostile_name_is_shown_as_the_text_it_is():
    drawn = chart(HOSTILE, RATES)

    named = [line.name for line in lines(drawn)]
    hints = [cross[0].hovertext.removesuffix(" diverged") for cross in edge(drawn, "✕").values()]
    for text in (*named, *hints):
        assert not set("<>$") & set(text)
        assert "%{" not in text
    shown = [html.unescape(name).replace("\uff04", "$").replace("\u200b", "") for name in named]
    assert tuple(shown) == HOSTILE
    assert hints == named[:2]
    assert tuple(dict.fromkeys(drawn.numbers["run"])) == HOSTILE


@pytest.mark.parametrize("start", [None, (-1e-9, 2.0)])
def test_losses_below_zero_are_drawn_where_they_are(start):
    """On the saddle the loss may begin below 0 as well: then nothing is above it."""
    problem = Function(function=Saddle(), start=start)
    rates = (0.0001, 0.01, 0.1)
    drawn = chart(rates=rates, problem=problem, seeds=(0,))
    losses = medians(sweep(rates=rates, problem=problem, seeds=(0,)), len(RULES), 3)
    axis = drawn.figure.layout.yaxis

    assert losses.min() < 0
    assert np.isfinite(axis.range).all()
    assert axis.type == "linear"
    for line, row in zip(lines(drawn), losses, strict=True):
        np.testing.assert_array_equal(line.y, row)
