"""A part of a chart: what is seen of its axes, and which names stand beside which ends."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.lines import End, end_labels, value_axis
from charts.theme import RunStyle, layout
from charts.zoom import zoomed

LIMITS = (0.0, 10.0)
FALLING = np.array([10.0, 8.0, 6.0, 4.0, 2.0, 0.0])
RISING = FALLING[::-1]
SHORT = np.array([5.0, 5.0, 5.0])


def chart(*lines, log=False, limits=LIMITS):
    """Lines over 0, 1, 2, …, each with its name beside its end."""
    styles = [RunStyle(f"line {number}", number) for number in range(len(lines))]
    traces = [
        {"x": np.arange(len(y)), "y": y, "mode": "lines", "name": style.name}
        for style, y in zip(styles, lines, strict=True)
    ]
    across = (0.0, max(len(y) for y in lines) - 1.0)
    ends = [
        End(style, np.log10(y[-1]) if log else y[-1], len(y) - 1.0)
        for style, y in zip(styles, lines, strict=True)
    ]
    labels = end_labels(ends, limits, 330, log=log, across=across)
    form = layout(
        400,
        xaxis={"range": across},
        yaxis=value_axis("loss", limits, log=log),
        annotations=[*labels.notes, {"text": "note", "x": 1, "y": 1}],
        shapes=[*labels.leaders, {"type": "line", "name": "border"}],
    )
    return go.Figure({"data": traces, "layout": form})


def names(figure):
    """Where each name stands: the height of the end that it belongs to."""
    return {note.text: note.y for note in figure.layout.annotations if note.text != "note"}


def test_the_part_is_seen_and_the_figure_stays_as_it_is():
    figure = chart(FALLING)
    before = figure.to_json()

    shown = zoomed(figure, {"xaxis": (1.0, 3.0), "yaxis": (2.0, 9.0)})

    assert (shown.layout.xaxis.range, shown.layout.yaxis.range) == ((1.0, 3.0), (2.0, 9.0))
    assert shown.layout.xaxis.autorange is False
    assert figure.to_json() == before


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"xaxis": (1.0, 2.5)}, {"line 0": 5.0, "line 1": 5.0}),  # between two points
        ({"xaxis": (0.0, 1.0), "yaxis": (0.0, 5.0)}, {"line 1": 2.0}),
        ({"xaxis": (0.0, 5.0), "yaxis": (3.0, 10.0)}, {"line 0": 3.0, "line 1": 10.0}),
        ({"xaxis": (3.0, 9.0)}, {"line 0": 0.0, "line 1": 10.0}),
        ({"yaxis": (20.0, 30.0)}, {}),
        ({"xaxis": (7.0, 9.0)}, {}),
    ],
)
def test_a_name_stands_where_its_line_ends_in_the_part(part, expected):
    found = names(zoomed(chart(FALLING, RISING), part))

    assert found == pytest.approx(expected, abs=0.03)  # a line is looked at in 500 places


def test_a_line_that_ended_before_the_part_has_no_name_and_one_that_ends_in_it_keeps_its_own():
    assert names(zoomed(chart(SHORT), {"xaxis": (3.0, 5.0)})) == {}
    assert names(zoomed(chart(SHORT), {"xaxis": (1.0, 5.0)})) == {"line 0": 5.0}


def test_a_name_moves_out_of_the_plot_where_its_line_goes_on_beyond_the_part():
    whole = chart(SHORT, FALLING)
    assert [note.xref for note in whole.layout.annotations[:2]] == ["x", "paper"]

    ended = zoomed(whole, {"xaxis": (0.0, 4.0)})
    cut = zoomed(whole, {"xaxis": (0.0, 1.0)})

    assert [note.xref for note in ended.layout.annotations[:2]] == ["x", "paper"]
    assert [note.xref for note in cut.layout.annotations[:2]] == ["paper", "paper"]


@pytest.mark.parametrize("part", [{"xaxis": (0.0, 2.0)}, {"yaxis": (4.0, 9.0)}, {"xaxis": (7, 9)}])
def test_what_leads_to_a_name_moves_with_it_and_other_shapes_stay(part):
    shown = zoomed(chart(SHORT, FALLING, RISING), part).layout
    leaders = {shape.name: shape for shape in shown.shapes}
    named = {note.name: note for note in shown.annotations if note.name}

    assert set(leaders) == {*named, "border"}
    for name, note in named.items():
        assert (leaders[name].xref, leaders[name].xanchor) == (note.xref, note.x)
        assert leaders[name].yanchor == pytest.approx(note.y)


def test_a_logarithmic_axis_is_cut_in_powers_of_ten_and_has_ticks_for_its_new_length():
    figure = chart(10.0**RISING, log=True)
    part = {"xaxis": (0.0, 2.0), "yaxis": (3.0, 4.2)}

    shown = zoomed(figure, part)

    assert names(shown) == pytest.approx({"line 0": 4.0}, abs=1e-9)
    assert (figure.layout.yaxis.dtick, shown.layout.yaxis.dtick) == (1, "D2")


def test_what_is_no_name_stays():
    shown = zoomed(chart(FALLING), {"xaxis": (7.0, 9.0)})

    assert [note.text for note in shown.layout.annotations] == ["note"]


def test_an_axis_that_is_there_no_more_is_left_out():
    shown = zoomed(chart(FALLING), {"xaxis7": (0.0, 1.0), "xaxis": (0.0, 2.0)})

    assert shown.layout.xaxis.range == (0.0, 2.0)


def test_another_panel_that_is_cut_moves_no_name():
    figure = chart(FALLING).update_layout(xaxis2={})

    assert names(zoomed(figure, {"xaxis2": (0.0, 1.0)})) == names(figure)


@given(
    st.lists(st.floats(0, 10), min_size=2, max_size=30),
    st.tuples(st.floats(-5, 35), st.floats(0.1, 30)),
    st.tuples(st.floats(-5, 15), st.floats(0.1, 20)),
)
def test_every_line_with_a_point_in_the_part_is_named_within_it(values, across, up):
    (left, width), (low, height) = across, up
    x, y = np.arange(len(values)), np.array(values)

    found = names(zoomed(chart(y), {"xaxis": (left, left + width), "yaxis": (low, low + height)}))

    inside = (x >= left) & (x <= left + width) & (y >= low) & (y <= low + height)
    assert not inside.any() or found
    assert all(low <= place <= low + height for place in found.values())
