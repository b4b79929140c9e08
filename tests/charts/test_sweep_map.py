"""The map of a sweep: every cell says what it holds, and the ring is on the best."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.sweep_map import Side, Tiles, best_cell, sweep_map
from tests.strategies import examples

INF, NAN = np.inf, np.nan
RATES = Side("Learning rate", ("0.01", "0.1", "1"), is_ordered=True)
RUNS = Side("Optimizer", ("SGD", "Adam"))


def tiles(values, n=None, diverged=None, seeds=3, among=None, **rest):
    """Cells with these medians; those of +-infinity diverged with all seeds, if not told."""
    values = np.array(values, dtype=float)
    n = np.where(np.isnan(values), 0, seeds) if n is None else np.array(n)
    diverged = np.where(np.isinf(values), n, 0) if diverged is None else np.array(diverged)
    settings = np.where(n > 0, np.arange(values.size).reshape(values.shape), -1)
    among = np.ones_like(n) if among is None else np.array(among)
    return Tiles(values, n, diverged, settings, among, seeds, **rest)


VALUES = [[0.5, 0.1, INF], [0.4, 0.2, NAN]]


def drawn(cells, across=RATES, upwards=RUNS, **rest):
    return sweep_map(cells, across, upwards, "Final loss", **rest)


def texts(chart):
    """What stands in the cells, by row and column."""
    return {
        (note.y, note.x): note.text
        for note in chart.figure.layout.annotations
        if note.text[3:4] not in set("←→↑↓")
    }


def arrows(chart):
    return {
        note.text[3]
        for note in chart.figure.layout.annotations
        if note.text[:3] == "<b>" and note.text[3] in "←→↑↓"
    }


def rings(chart):
    """Row and column of each ring and frame, with its dash."""
    shapes = chart.figure.layout.shapes
    return [((s.y0 + s.y1) / 2, (s.x0 + s.x1) / 2, s.line.dash) for s in shapes]


def test_every_trained_cell_says_its_number_and_what_diverged():
    found = texts(drawn(tiles(VALUES, diverged=[[1, 0, 3], [0, 0, 0]])))

    assert set(found) == {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)}
    assert "0.5" in found[0, 0]
    assert "✕ 1/3" in found[0, 0]
    assert found[0, 1] == "<b>0.1</b>"
    assert found[0, 2].startswith("✕")
    assert "∞" not in found[0, 2]


def test_a_cell_says_its_n_until_it_is_complete():
    found = texts(drawn(tiles(VALUES, n=[[1, 3, 3], [2, 3, 0]])))

    assert "n 1" in found[0, 0]
    assert "n 2" in found[1, 0]
    assert "n " not in found[0, 1]


def test_the_points_are_the_cells_with_their_settings():
    cells = tiles(VALUES, n=[[1, 3, 3], [2, 3, 0]])
    points = drawn(cells).figure.data[-1]

    assert list(zip(points.y, points.x, points.customdata, strict=True)) == [
        (0, 0, 0),
        (0, 1, 1),
        (0, 2, 2),
        (1, 0, 3),
        (1, 1, 4),
    ]
    assert points.text[0] == (
        "Learning rate: 0.01<br>Optimizer: SGD<br>Final loss: 0.5<br>1 of 3 seeds trained,"
        " 0 diverged"
    )


def test_the_numbers_are_the_cells():
    chart = drawn(tiles(VALUES))
    numbers = chart.numbers

    assert list(numbers) == [
        "Optimizer",
        "Learning rate",
        "Final loss",
        "n",
        "diverged",
        "settings",
        "setting",
    ]
    assert numbers["Optimizer"].tolist() == ["SGD"] * 3 + ["Adam"] * 3
    assert numbers["Learning rate"].tolist() == ["0.01", "0.1", "1"] * 2
    np.testing.assert_array_equal(numbers["Final loss"], np.ravel(VALUES))
    assert numbers["setting"].tolist() == [0, 1, 2, 3, 4, -1]


def test_the_ring_is_on_the_lowest_loss_and_the_alternative_text_names_it():
    chart = drawn(tiles(VALUES))

    assert rings(chart) == [(0, 1, None)]
    assert "Best: 0.1 at Learning rate: 0.1, Optimizer: SGD." in chart.alt


def test_of_scores_the_highest_is_best_and_what_diverged_is_not():
    chart = drawn(tiles([[0.5, 0.9, -INF], [0.2, 0.1, NAN]], higher=True))

    assert rings(chart) == [(0, 1, None)]
    assert "ringed: the highest so far" in chart.remarks  # one cell is not trained yet
    assert texts(chart)[0, 2].startswith("✕")


@pytest.mark.parametrize(
    ("apart", "ringed"),
    [("", [(1, 0)]), ("rows", [(0, 1), (1, 0)]), ("columns", [(0, 1), (1, 0)]), ("cells", [])],
)
def test_what_is_of_different_problems_has_a_best_of_its_own(apart, ringed):
    chart = drawn(tiles([[3.0, 2.0], [1.0, 4.0]], apart=apart), edges=())

    assert sorted((row, column) for row, column, _dash in rings(chart)) == ringed
    assert ("say nothing about each other" in " ".join(chart.remarks)) == (
        apart in {"rows", "columns"}
    )


def test_what_ended_above_the_start_is_as_pale_as_the_start():
    rates = Side("Learning rate", ("0.01", "0.1", "1", "10"), is_ordered=True)
    chart = drawn(tiles([[0.1, 0.5, 100.0, 1e6]], start=0.7), rates, Side("", ("",)), edges=())

    shades = chart.figure.data[0].z[0]
    assert shades[2] == shades[3] == pytest.approx(np.log10(0.7))
    assert "palest: no lower than at the start, 0.7" in chart.remarks
    assert chart.numbers["Final loss"].tolist() == [0.1, 0.5, 100.0, 1e6]  # not clipped


def test_the_setting_that_is_picked_is_framed():
    assert rings(drawn(tiles(VALUES), picked=4)) == [(0, 1, None), (1, 1, "dot")]
    assert rings(drawn(tiles(VALUES), picked=99)) == [(0, 1, None)]


@pytest.mark.parametrize("seeds", [1, 3])
def test_where_all_diverged_nothing_is_best(seeds):
    chart = drawn(tiles([[INF, INF, INF]] * 2, seeds=seeds), edges=())

    assert rings(chart) == []
    assert "Best" not in chart.alt
    assert all(text.startswith("✕") for text in texts(chart).values())
    assert np.isnan(chart.figure.data[0].z).all()
    assert (chart.figure.data[1].z == 1).all()


def test_where_nothing_is_trained_nothing_is_shown():
    chart = drawn(tiles(np.full((2, 3), NAN)))

    assert texts(chart) == {}
    assert len(chart.figure.data[-1].x) == 0
    assert "6 cells are not complete yet" in chart.remarks


def test_a_target_that_was_not_reached_is_infinity_and_not_divergence():
    cells = tiles([[3.0, INF, INF], [INF, 5.0, NAN]], diverged=[[0, 1, 2], [0, 0, 0]])
    chart = drawn(cells)
    found, failed = texts(chart), chart.figure.data[1].z

    assert found[0, 1].startswith("∞")
    assert "✕ 1/3" in found[0, 1]
    assert found[0, 2].startswith("✕")
    assert found[1, 0] == "∞"
    np.testing.assert_array_equal(failed, [[NAN, 0, 1], [0, NAN, NAN]])
    assert "∞ not reached in the median" in chart.remarks


def test_what_diverged_in_half_of_the_seeds_has_diverged():
    chart = drawn(
        tiles([[0.1, INF, INF]], n=[[2, 2, 2]], diverged=[[0, 1, 2]], seeds=2), RATES, ONE
    )

    assert chart.figure.data[1].z.tolist()[0][1:] == [1, 1]


ONE = Side("Optimizer", ("SGD",))


@pytest.mark.parametrize(
    ("edges", "expected"),
    [((), ""), (("left",), "←"), (("right", "up"), "→↑"), (("down",), "↓")],
)
def test_arrows_are_drawn_where_the_best_lies_at_an_edge(edges, expected):
    chart = drawn(tiles(VALUES), edges=edges)

    assert arrows(chart) == set(expected)
    remark = "it lies at the edge of what was tried: a better one may lie beyond"
    assert (remark in chart.remarks) == bool(edges)
    assert (remark in chart.alt) == bool(edges)


def test_arrows_do_not_lie_on_each_other():
    notes = drawn(tiles(VALUES), edges=("right", "up")).figure.layout.annotations

    places = [(note.x, note.y) for note in notes if note.text[3:4] in {"→", "↑"}]
    assert len(set(places)) == 2
    assert abs(places[0][1] - places[1][1]) > 0.2


@pytest.mark.parametrize(
    "values", [[[-5.0, -1.0, 3.0]], [[0.0, 1.0, 2.0]], [[-1e300, 0.0, 1e300]], [[0.0, 0.0, 0.0]]]
)
def test_losses_that_have_no_logarithm_are_coloured_as_they_are(values):
    chart = drawn(tiles(values), RATES, ONE)

    np.testing.assert_array_equal(chart.figure.data[0].z, values)
    assert rings(chart) == [(0, 0, None)]


def test_losses_above_nothing_are_coloured_by_their_logarithm():
    chart = drawn(tiles([[0.01, 1.0, INF]]), RATES, ONE)

    np.testing.assert_array_equal(chart.figure.data[0].z, [[-2.0, 0.0, NAN]])


def test_what_rises_is_drawn_upwards_and_anything_else_is_read_from_the_top():
    cells = tiles(np.transpose(VALUES))

    assert drawn(cells, RUNS, RATES).figure.layout.yaxis.range == (-0.5, 2.5)
    assert drawn(tiles(VALUES)).figure.layout.yaxis.range == (1.5, -0.5)


def test_a_map_without_a_second_field_is_one_row_that_names_nothing():
    chart = drawn(tiles([[0.5, 0.1, INF]]), RATES, Side("", ("",)))

    assert list(chart.numbers)[:2] == ["Learning rate", "Final loss"]
    assert chart.figure.data[-1].text[0].startswith("Learning rate: 0.01<br>Final loss")
    assert "Best: 0.1 at Learning rate: 0.1." in chart.alt
    assert "upwards" not in chart.alt


def test_columns_of_one_title_are_kept_apart():
    chart = drawn(tiles(VALUES), Side("Noise", ("0", "1", "2")), Side("Noise", ("a", "b")))

    assert list(chart.numbers)[:3] == ["Noise", "Noise (2)", "Final loss"]


def test_it_is_told_among_how_many_settings_each_cell_shows_the_best():
    one = drawn(tiles(VALUES)).remarks
    several = drawn(tiles(VALUES, among=[[1, 4, 2], [1, 1, 1]])).remarks

    assert not any("best of its settings" in remark for remark in one)
    assert "each cell shows the best of its settings, up to 4" in several


def medians():
    value = st.one_of(st.floats(-1e6, 1e6), st.just(INF), st.just(NAN))
    shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))
    return shapes.flatmap(
        lambda shape: st.lists(
            st.lists(value, min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        )
    )


@given(values=medians(), higher=st.booleans())
@examples(20)
def test_the_best_is_the_first_of_the_lowest_or_highest_finite_numbers(values, higher):
    found = best_cell(tiles(values, higher=higher))
    finite = [
        (-value if higher else value, row, column)
        for row, line in enumerate(values)
        for column, value in enumerate(line)
        if np.isfinite(value)
    ]

    assert found == (min(finite)[1:] if finite else None)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (40, 40)])
def test_maps_of_any_size_tell_every_cell(shape):
    values = np.arange(1.0, shape[0] * shape[1] + 1).reshape(shape)
    sides = [
        Side(f"side {at}", [f"v{n}" for n in range(size)], is_ordered=True)
        for at, size in enumerate(shape)
    ]
    chart = drawn(tiles(values), sides[1], sides[0], edges=("left",))

    assert len(chart.figure.data[-1].x) == values.size
    assert rings(chart) == [(0, 0, None)]
    assert 100 < chart.figure.layout.height < 1_200
    if shape[1] > 16:  # numbers do not fit; hovering tells them
        assert texts(chart) == {}
