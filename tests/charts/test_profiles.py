"""Performance profiles: steps that are the shares themselves, and who is compared."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.profiles import performance_profiles
from charts.theme import RunStyle
from engine import performance_ratios

INF = math.inf
TIMES = {
    "A": (10, 20, 30, 40),
    "B": (20, 10, 60, INF),
    "C": (10, 100, 15, 50),
    "D": (INF, INF, INF, INF),
}
STYLES = [RunStyle(name, number) for number, name in enumerate(TIMES)]


def drawn(times=None, styles=STYLES):
    return performance_profiles(performance_ratios(list((times or TIMES).values())), styles)


def height(trace, factor):
    """How high a line of steps is at a factor: at the last point that is not beyond it."""
    return trace.y[np.flatnonzero(np.array(trace.x) <= factor)[-1]]


def test_each_line_is_the_share_of_problems_within_a_factor_of_the_fastest():
    lines = drawn().figure.data

    assert [line.line.shape for line in lines] == ["hv"] * 4
    assert [line.name for line in lines] == list(TIMES)
    for factor, shares in {
        1: (0.5, 0.25, 0.5, 0),
        2: (1, 0.5, 0.75, 0),
        4: (1, 0.75, 0.75, 0),
    }.items():
        assert [height(line, factor) for line in lines] == list(shares)


@given(
    st.lists(
        st.lists(st.sampled_from((1, 2, 3, 50, 4_000, INF)), min_size=3, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_every_line_reaches_from_the_fastest_to_the_right_edge_and_never_falls(times):
    styles = [RunStyle(f"run {number}", number) for number in range(len(times))]
    chart = performance_profiles(performance_ratios(times), styles)

    low, high = chart.figure.layout.xaxis.range
    for line in chart.figure.data:
        assert (line.x[0], np.log10(line.x[-1])) == (1, pytest.approx(high))
        assert np.all(np.diff(line.y) >= 0)
        assert np.all(np.diff(line.x) > 0)
    assert low == 0


def test_each_run_is_named_at_the_end_of_its_line():
    notes = drawn().figure.layout.annotations

    assert [note.text for note in notes] == list(TIMES)
    assert np.allclose([note.y for note in notes], [1, 0.75, 1, 0])


def test_the_set_is_named_with_what_depends_on_it():
    said = drawn().remarks

    assert said[0] == "Compared on 4 problems: A, B, C, D."
    assert "One run more or less" in said[1]


def test_two_runs_alone_depend_on_no_third():
    pair = {name: TIMES[name] for name in "AB"}

    assert drawn(pair, STYLES[:2]).remarks == ("Compared on 4 problems: A, B.",)


def test_problems_that_nobody_solved_are_counted():
    times = {"A": (1, INF, 3), "B": (2, INF, INF)}

    said = drawn(times, STYLES[:2]).remarks

    assert said[1] == "1 problem was solved by none, and counts against all."


def test_a_hidden_run_is_not_drawn_but_still_compared():
    styles = [STYLES[0], STYLES[1], RunStyle("C", 2, hidden=True), STYLES[3]]

    chart = drawn(styles=styles)

    assert [line.name for line in chart.figure.data] == ["A", "B", "D"]
    assert height(chart.figure.data[0], 1) == 0.5  # C is as fast as A on the first problem
    assert "A, B, C, D" in chart.remarks[0]
    assert chart.remarks[-1] == "Hidden: C."


def test_where_all_are_hidden_the_chart_says_so():
    chart = drawn(styles=[RunStyle(name, n, hidden=True) for n, name in enumerate(TIMES)])

    assert [note.text for note in chart.figure.layout.annotations] == ["All runs are hidden."]
    assert "Hidden: A, B, C, D." in chart.alt


def test_the_alternative_text_tells_the_shares():
    assert "A 50% (within a factor of 4: 100%; at all: 100%)" in drawn().alt
    assert "D 0% (within a factor of 4: 0%; at all: 0%)" in drawn().alt
