"""Which rows, when: every mark is a use of a row, every line an epoch without it."""

import numpy as np
import pytest

from charts.timeline import WINDOW, rows_against_iterations, times_seen
from engine import timeline
from engine.counts import Counts


def marks(chart):
    (trace,) = [trace for trace in chart.figure.data if trace.mode == "markers"]
    return set(zip(trace.x, trace.y, strict=True))


def left_out(chart):
    """Rows and epochs that have a line: its ends and the row."""
    (trace,) = [trace for trace in chart.figure.data if trace.mode == "lines"]
    x, y = np.array(trace.x, dtype=float).reshape(-1, 3), np.array(trace.y, float).reshape(-1, 3)
    return [(start, end, int(row)) for (start, end, _), (row, _, _) in zip(x, y, strict=True)]


@pytest.mark.parametrize("sampling", ["shuffled", "replacement"])
@pytest.mark.parametrize("first_row", [1, 31])
def test_a_mark_stands_where_a_row_is_in_the_batch(sampling, first_row):
    used = timeline(Counts(100, 30), sampling, 4, 3)
    chart = rows_against_iterations(used, first_row)

    expected = {
        (iteration, row + 1)
        for rows, iterations in zip(used.rows, used.iterations, strict=True)
        for row, iteration in zip(rows, iterations, strict=True)
        if first_row <= row + 1 < first_row + WINDOW
    }
    assert marks(chart) == expected
    uses = ((used.rows >= first_row - 1) & (used.rows < first_row - 1 + WINDOW)).sum()
    assert chart.numbers["times"].sum() == uses


def test_a_row_that_is_in_a_batch_twice_has_an_edge():
    used = timeline(Counts(20, 20), "replacement", 0, 1)
    chart = rows_against_iterations(used, 1)

    (trace,) = [trace for trace in chart.figure.data if trace.mode == "markers"]
    edged = {row for row, width in zip(trace.y, trace.marker.line.width, strict=True) if width}
    rows, times = np.unique(used.rows[0] + 1, return_counts=True)
    assert edged == set(rows[times > 1])
    assert 0 < len(edged) < len(rows)


def test_a_line_goes_through_every_epoch_that_leaves_a_row_out():
    used = timeline(Counts(20, 6, "dropped"), "replacement", 1, 2)
    lines = left_out(rows_against_iterations(used, 1))

    expected = [
        (epoch, row + 1) for epoch in range(2) for row in range(20) if row not in used.rows[epoch]
    ]
    assert [(int(start // 3), row) for start, _end, row in lines] == expected
    assert all(end - start < 3 for start, end, _row in lines)
    assert expected


def test_a_kept_shuffled_pass_leaves_nothing_out():
    assert left_out(rows_against_iterations(timeline(Counts(50, 7), "shuffled", 0, 3), 1)) == []


def test_epochs_are_separated_and_named():
    figure = rows_against_iterations(timeline(Counts(100, 10), "shuffled", 0, 3), 1).figure

    assert [shape.x0 for shape in figure.layout.shapes] == [0.5, 10.5, 20.5, 30.5]
    assert [note.text for note in figure.layout.annotations] == ["Epoch 1", "Epoch 2", "Epoch 3"]


def test_sixty_thousand_rows_are_a_window_that_is_said():
    chart = rows_against_iterations(timeline(Counts(60_000, 1), "shuffled", 0, 5), 59_961)

    assert "Rows 59,961 to 60,000 of 60,000" in chart.alt
    assert len(chart.numbers["row"]) == 5 * WINDOW
    assert set(chart.numbers["row"]) == set(range(59_961, 60_001))


@pytest.mark.parametrize("rows", [2, 10])
def test_few_rows_are_all_shown(rows):
    chart = rows_against_iterations(timeline(Counts(rows, 2), "shuffled", 0, 1), 1)

    assert sorted(chart.numbers["row"]) == list(range(1, rows + 1))


def test_times_seen_are_counted_and_expected():
    used = timeline(Counts(5_000, 100), "replacement", 0, 4)
    chart = times_seen(used)

    assert chart.numbers["share"].sum() == pytest.approx(1)
    assert chart.numbers["expected_share"].sum() == pytest.approx(1)
    assert chart.numbers["share"][0] == (used.times_seen == 0).mean()
    # 20,000 observations: a standard error of 0.0035 at the most.
    assert chart.numbers["share"] == pytest.approx(chart.numbers["expected_share"], abs=0.012)
    assert chart.numbers["expected_share"][0] == pytest.approx(np.exp(-1), abs=1e-4)
    assert "expected 36.8%" in chart.alt
    assert chart.numbers["times"][-1] == "5 or more"


def test_a_shuffled_pass_sees_every_row_once():
    chart = times_seen(timeline(Counts(30, 4), "shuffled", 0, 2))

    assert chart.numbers["share"].tolist() == chart.numbers["expected_share"].tolist() == [0, 1, 0]


def test_what_is_dropped_is_not_seen():
    chart = times_seen(timeline(Counts(10, 4, "dropped"), "shuffled", 0, 2))

    assert chart.numbers["share"] == pytest.approx([0.2, 0.8, 0])
    assert chart.numbers["expected_share"] == pytest.approx([0.2, 0.8, 0])


def test_the_share_is_written_above_its_bar_and_the_mark_of_what_is_expected():
    chart = times_seen(timeline(Counts(60, 10), "replacement", 0, 2))
    bars, marks, texts = chart.figure.data

    assert (np.array(texts.y) >= np.array(bars.y)).all()
    assert (np.array(texts.y) >= np.array(marks.y)[::4]).all()
    width = np.nanmax(marks.x[:3]) - np.nanmin(marks.x[:3])
    assert width == pytest.approx(1 - chart.figure.layout.bargap)


@pytest.mark.parametrize(("rows", "step"), [(1, 1), (12, 1), (40, None)])
def test_few_rows_have_a_number_each(rows, step):
    figure = rows_against_iterations(timeline(Counts(rows, 1), "shuffled", 0, 1), 1).figure

    assert figure.layout.yaxis.dtick == step
