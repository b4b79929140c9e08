"""The bars of the count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charts.counts import count_bars, plan_name
from engine import Plan

PLANS = (
    Plan(rows=1_000, batch_size=1_000, epochs=50),
    Plan(rows=1_000, batch_size=1, epochs=50),
    Plan(rows=1_000, batch_size=300, epochs=50),
    Plan(rows=1_000, batch_size=300, epochs=50, last_batch="dropped", sampling="replacement"),
)


def test_every_plan_has_a_bar_per_epoch_and_in_all():
    chart = count_bars(PLANS)
    per_epoch, in_all = chart.figure.data

    assert list(per_epoch.x) == [1, 1_000, 4, 3]
    assert list(in_all.x) == [50, 50_000, 200, 150]
    assert list(in_all.text) == ["50", "50,000", "200", "150"]
    assert per_epoch.y == in_all.y == tuple(chart.numbers["setting"])
    assert chart.numbers["iterations_per_epoch"].tolist() == [1, 1_000, 4, 3]
    assert chart.numbers["iterations_in_all"].tolist() == [50, 50_000, 200, 150]


def test_per_epoch_and_in_all_are_both_named():
    layout = count_bars(PLANS).figure.layout

    assert "per epoch" in layout.xaxis.title.text
    assert "in all" in layout.xaxis2.title.text


def test_an_axis_is_logarithmic_where_needed_and_says_so():
    wide, narrow = count_bars(PLANS).figure.layout, count_bars(PLANS[2:]).figure.layout

    assert (wide.xaxis.type, narrow.xaxis.type) == ("log", "linear")
    assert "logarithmic" in wide.xaxis.title.text
    assert "logarithmic" not in narrow.xaxis.title.text


@pytest.mark.parametrize("plans", [PLANS, PLANS[2:], PLANS[:1]])
def test_every_bar_and_its_number_lie_in_the_picture(plans):
    figure = count_bars(plans).figure
    for trace, axis in zip(figure.data, (figure.layout.xaxis, figure.layout.xaxis2), strict=True):
        low, high = axis.range
        places = np.log10(trace.x) if axis.type == "log" else np.array(trace.x)
        assert (places > low).all()
        assert (places < high).all()


@given(
    st.lists(
        st.builds(
            Plan,
            rows=st.integers(2, 60_000),
            batch_size=st.integers(1, 2),
            epochs=st.integers(1, 10_000),
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=30, deadline=None)
def test_ticks_are_few_different_whole_numbers_and_numbers_of_bars_fit(plans):
    figure = count_bars(plans).figure
    for trace, axis in zip(figure.data, (figure.layout.xaxis, figure.layout.xaxis2), strict=True):
        low, high = axis.range
        assert 2 <= len(set(axis.ticktext)) == len(axis.tickvals) <= 4
        short = {"k": 1_000, "M": 1_000_000}
        written = [
            round(float(text.rstrip("kM").replace(",", "")) * short.get(text[-1], 1))
            for text in axis.ticktext
        ]
        assert written == list(axis.tickvals)
        assert all(0 <= tick <= max(trace.x) for tick in axis.tickvals)
        longest = np.log10(max(trace.x)) if axis.type == "log" else max(trace.x)
        pixels = (high - longest) / (high - low) * 170
        assert pixels >= 8 * len(f"{max(trace.x):,}")


def test_a_count_of_one_has_the_ticks_0_and_1():
    axis = count_bars([Plan(rows=10, batch_size=10)]).figure.layout.xaxis

    assert (axis.type, axis.ticktext) == ("linear", ("0", "1"))


@pytest.mark.parametrize("count", range(1, 7))
def test_bars_have_room_above_the_numbers_and_the_title_of_their_axis(count):
    """Plotly leaves 64 pixels to a plot and lets its axes overprint where there are fewer."""
    figure = count_bars((PLANS * 2)[:count]).figure

    assert figure.layout.height >= 64 + 100  # numbers, a title of two lines, margins
    assert figure.layout.height - 100 >= 30 * count


def test_a_long_name_is_written_in_two_lines():
    ticks = count_bars(PLANS[2:]).figure.layout.yaxis.ticktext

    assert ticks == ("1. 1,000 rows, B 300", "2. 1,000 rows, B 300,<br>dropped, with replacement")


def test_two_plans_alike_are_still_two_bars():
    names = count_bars((PLANS[0], PLANS[0])).numbers["setting"]

    assert len(set(names)) == 2


def test_a_name_says_what_is_unusual():
    assert plan_name(PLANS[2]) == "1,000 rows, B 300"
    assert plan_name(PLANS[3]) == "1,000 rows, B 300, dropped, with replacement"
    # Nothing is dropped where the batch size divides the rows.
    assert plan_name(Plan(rows=10, batch_size=5, last_batch="dropped")) == "10 rows, B 5"


def test_the_alternative_text_has_every_count():
    alt = count_bars(PLANS).alt

    for count in ("1,000 per epoch", "50,000 in all", "4 per epoch", "150 in all"):
        assert count in alt


def test_one_row_is_no_plural_and_numbers_keep_the_colour_of_text():
    plan = Plan(rows=1, batch_size=1)

    assert plan_name(plan) == "1 row, B 1"
    assert all(trace.textfont.color is None for trace in count_bars([plan]).figure.data)
