"""What the runs have learnt, by the data and layout of its panels."""

import html
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.fits import (
    GRID,
    Panel,
    data_picture,
    digits_picture,
    fit_panels,
    line_of,
    plane_of,
    slice_of,
)
from charts.lines import spread_rows
from charts.theme import COLOURS, RunStyle
from engine import Budget, Experiment, Network, Run, data, fit, layers
from engine.problems.datasets import (
    Airfoil,
    Blobs,
    Digits,
    Iris,
    Line,
    Penguins,
    Sine,
    SingleRow,
    Spirals,
    TwoMoons,
    generate,
)
from engine.rules import RULES
from tests.strategies import examples
from tests.work import calls

HOSTILE = [
    "<b>bold</b>",
    '<a href="https://example.org">link</a>',
    "$x^2$",
    "%{y} & %{x}",
    "a&lt;b",
]
MOONS = Network(dataset=TwoMoons(rows=400), hidden=(5,))
CURVE = Network(dataset=Sine(rows=80), hidden=(5,), loss="mean_squared_error")
PLANES = {
    "one logit": MOONS,
    "one number": Network(dataset=TwoMoons(), hidden=(5,), loss="mean_squared_error"),
    "two logits": Network(dataset=TwoMoons(), hidden=(5,), loss="cross_entropy"),
    "no bias": Network(dataset=Spirals(arms=4), hidden=(5,), loss="cross_entropy", bias=False),
    "scaled": Network(dataset=Blobs(), hidden=(5,), loss="cross_entropy", standardize=True),
    **{
        f"{count} classes": Network(dataset=Blobs(classes=count), hidden=(9,), loss="cross_entropy")
        for count in range(3, 11)
    },
}
EVERY_PLANE = pytest.mark.parametrize("problem", PLANES.values(), ids=PLANES)


@cache
def experiment(problem=MOONS, n_runs=3):
    rules = [rule for rule in RULES if not rule.needs]  # of batches of any size
    runs = [
        Run(optimizer=rule(), learning_rate=0.05, batch_size=16) for rule in (rules * 2)[-n_runs:]
    ]
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=3))


@cache
def params(problem=MOONS, n_runs=3):
    """Where every run ended."""
    return tuple(run.params[0, -1] for run in fit(experiment(problem, n_runs)).runs)


def cut_of(problem, features=()):
    """The slice over all features, or over some."""
    rows = data(experiment(problem))
    return slice_of(rows, features or range(rows.training_inputs.shape[1]))


def panels(problem=MOONS, values=None, names=None):
    values = params(problem) if values is None else values
    names = [f"Run {number}" for number in range(len(values))] if names is None else names
    shown = [
        Panel(RunStyle(name, number), own)
        for number, (name, own) in enumerate(zip(names, values, strict=True))
    ]
    return fit_panels(problem, cut_of(problem), shown, "epoch 3")


def outputs(problem, values, points):
    """The network written out: ``(rows, outputs)``, logits where the loss reads logits."""
    *hidden, (weights, biases) = layers(experiment(problem), values)
    for into, shift in hidden:
        points = np.tanh(points @ into.T + shift)
    return points @ weights.T + biases


def probabilities(problem, values, points):
    """Of every class, ``(rows, classes)``; what the network says where the loss is a square."""
    found = outputs(problem, values, points)
    if problem.loss == "mean_squared_error":
        return np.hstack([1 - found, found])
    if found.shape[1] == 1:
        found = np.hstack([np.zeros_like(found), found])  # a logit is that of class 1 against 0
    powers = np.exp(found)
    return powers / powers.sum(axis=1, keepdims=True)


def axes_of(figure, number):
    suffix = "" if number == 0 else str(number + 1)
    return figure.layout[f"xaxis{suffix}"], figure.layout[f"yaxis{suffix}"]


def of_panel(chart, number, kind):
    """The traces of one kind in one panel: "heatmap", "lines" or "markers"."""
    axis = "x" if number == 0 else f"x{number + 1}"
    return [
        trace
        for trace in chart.figure.data
        if trace.xaxis == axis and kind in {trace.type, getattr(trace, "mode", None)}
    ]


def titles(chart):
    return [note.text for note in chart.figure.layout.annotations]


def of_run(chart, name, column):
    return chart.numbers[column][chart.numbers["run"] == name]


def _some(rows, most=240):
    """As many rows as a panel draws."""
    return rows[spread_rows(len(rows), most)]


@pytest.mark.parametrize("problem", [MOONS, CURVE], ids=["plane", "curve"])
@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_every_run_has_a_panel_of_its_own(problem, count):
    values = params(problem, count)
    chart = panels(problem, values)
    kind = "heatmap" if problem is MOONS else "lines"

    assert titles(chart) == [f"Run {number}" for number in range(count)]
    for number, note in enumerate(chart.figure.layout.annotations):
        across, up = axes_of(chart.figure, number)
        assert (note.x, note.y) == (across.domain[0], up.domain[1])
        sample = chart.figure.layout.shapes[number]
        assert (sample.xanchor, sample.yanchor) == (note.x, note.y)
        assert sample.line.color == COLOURS[number % len(COLOURS)]
        assert len(of_panel(chart, number, kind)) == 1
        assert len(of_panel(chart, number, "markers")) == 2
    assert len(chart.figure.data) == 3 * count


@pytest.mark.parametrize("count", [1, 2, 4, 5, 12])
def test_panels_fill_the_width_and_do_not_overlap(count):
    figure = panels(MOONS, params(MOONS, count)).figure
    boxes = [
        (*across.domain, *up.domain)
        for across, up in (axes_of(figure, number) for number in range(count))
    ]
    assert max(right for _left, right, *_ in boxes) > 0.98
    for number, (left, right, low, high) in enumerate(boxes):
        assert 0 <= left < right <= 1
        assert 0 <= low < high <= 1
        for other in boxes[number + 1 :]:
            assert right <= other[0] or other[1] <= left or high <= other[2] or other[3] <= low


@EVERY_PLANE
def test_the_predicted_class_is_that_of_the_network_written_out(problem):
    chart = panels(problem)

    for number, values in enumerate(params(problem)):
        name = f"Run {number}"
        points = np.column_stack([of_run(chart, name, "x"), of_run(chart, name, "y")])
        expected = probabilities(problem, values, points)
        ordered = np.sort(expected, axis=1)
        clear = ordered[:, -1] - ordered[:, -2] > 1e-9  # elsewhere rounding decides
        found = of_run(chart, name, "class")
        assert clear.sum() > 0.99 * GRID**2
        np.testing.assert_array_equal(found[clear], expected.argmax(axis=1)[clear])


@EVERY_PLANE
def test_certainty_is_the_lead_of_the_likeliest_class(problem):
    chart = panels(problem)

    for number, values in enumerate(params(problem)):
        name = f"Run {number}"
        points = np.column_stack([of_run(chart, name, "x"), of_run(chart, name, "y")])
        ordered = np.sort(probabilities(problem, values, points), axis=1)
        lead = np.clip(ordered[:, -1] - ordered[:, -2], 0, 1)
        np.testing.assert_allclose(of_run(chart, name, "certainty"), lead, atol=1e-12)


@EVERY_PLANE
def test_the_map_draws_the_numbers_over_all_training_rows(problem):
    chart = panels(problem)
    rows = data(experiment(problem)).training_inputs

    for number in range(3):
        name = f"Run {number}"
        (plane,) = of_panel(chart, number, "heatmap")
        x, y = np.meshgrid(plane.x, plane.y)
        np.testing.assert_allclose(x.ravel(), of_run(chart, name, "x"), rtol=1e-6)
        np.testing.assert_allclose(y.ravel(), of_run(chart, name, "y"), rtol=1e-6)
        np.testing.assert_array_equal(np.floor(plane.z).ravel(), of_run(chart, name, "class"))
        points, _validation = of_panel(chart, number, "markers")
        for axis, (drawn, line) in enumerate(((points.x, plane.x), (points.y, plane.y))):
            np.testing.assert_allclose(drawn, _some(rows)[:, axis], rtol=1e-6)
            assert line[0] < rows[:, axis].min()
            assert rows[:, axis].max() < line[-1]


@EVERY_PLANE
def test_a_region_has_the_colour_of_the_rows_of_its_class(problem):
    chart = panels(problem)
    count = problem.dataset.n_classes
    (plane,) = of_panel(chart, 0, "heatmap")
    points, validation = of_panel(chart, 0, "markers")
    rows = data(experiment(problem))
    classes = _some(rows.training_targets)
    assert list(validation.marker.color) == [
        COLOURS[kind % len(COLOURS)] for kind in _some(rows.validation_targets, 80)
    ]

    assert (plane.zmin, plane.zmax) == (0, count)
    assert set(classes) == set(range(count))
    for kind in range(count):
        (colour,) = {points.marker.color[row] for row in np.flatnonzero(classes == kind)}
        channels = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        ends = plane.colorscale[2 * kind : 2 * kind + 2]
        assert [place for place, _tint in ends] == [kind / count, (kind + 1) / count]
        tints = [[float(part) for part in tint[5:-1].split(",")] for _place, tint in ends]
        assert [tint[:3] for tint in tints] == [channels, channels]
        assert tints[0][3] < tints[1][3]  # the surer, the fuller


@pytest.mark.parametrize("standardize", [False, True])
def test_a_curve_is_the_network_written_out_over_the_training_rows(standardize):
    problem = CURVE.model_copy(update={"standardize": standardize})
    chart = panels(problem)
    rows = data(experiment(problem))

    for number, values in enumerate(params(problem)):
        (line,) = of_panel(chart, number, "lines")
        points, validation = of_panel(chart, number, "markers")
        expected = outputs(problem, values, np.asarray(line.x)[:, None])[:, 0]
        np.testing.assert_allclose(line.y, expected, rtol=1e-12)
        np.testing.assert_array_equal(of_run(chart, f"Run {number}", "prediction"), line.y)
        assert line.line.color == COLOURS[number]
        x = rows.training_inputs[:, 0]
        assert (line.x[0], line.x[-1]) == (x.min(), x.max())
        np.testing.assert_array_equal(points.x, x)
        np.testing.assert_array_equal(points.y, rows.training_targets[:, 0])
        np.testing.assert_array_equal(validation.y, rows.validation_targets[:, 0])


# Slices through more features than are seen


def straight(features, scale):
    """A linear regression of penguins with weights that are not alike, and its slice."""
    problem = Network(
        dataset=Penguins(), hidden=(), loss="mean_squared_error", standardize=scale, start="zeros"
    )
    own = Experiment(problem=problem)
    return problem, data(own), slice_of(data(own), features)


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("seen", [0, 1, 2])
def test_a_curve_of_a_linear_model_is_the_line_through_the_medians_of_the_rest(seen, scale):
    problem, rows, cut = straight((seen,), scale)
    weights, bias = np.array([2.0, -3.0, 0.5]), 7.0
    chart = fit_panels(problem, cut, [Panel(RunStyle("A", 0), np.append(weights, bias))], "epoch 3")
    medians = [np.sort(column)[[127, 128]].mean() for column in rows.training_inputs.T]

    assert len(rows.training_inputs) == 256
    (line,) = of_panel(chart, 0, "lines")
    rest = sum(weights[k] * medians[k] for k in range(3) if k != seen) + bias
    np.testing.assert_allclose(line.y, weights[seen] * np.asarray(line.x) + rest, rtol=1e-12)
    assert (line.x[0], line.x[-1]) == (
        rows.training_inputs[:, seen].min(),
        rows.training_inputs[:, seen].max(),
    )
    points, _validation = of_panel(chart, 0, "markers")
    np.testing.assert_array_equal(points.x, _some(rows.training_inputs)[:, seen])
    np.testing.assert_array_equal(points.y, _some(rows.training_targets)[:, 0])


@pytest.mark.parametrize("seen", [(0, 1), (3, 2)])
def test_regions_are_classes_in_the_plane_through_the_medians_of_the_rest(seen):
    problem = Network(dataset=Iris(), hidden=(4,), loss="cross_entropy", standardize=True)
    rows, (values,) = data(experiment(problem)), params(problem, 1)
    chart = fit_panels(problem, cut_of(problem, seen), [Panel(RunStyle("A", 0), values)], "epoch 3")
    full = np.tile(np.median(rows.training_inputs, axis=0), (GRID**2, 1))
    full[:, seen[0]], full[:, seen[1]] = of_run(chart, "A", "x"), of_run(chart, "A", "y")
    expected = probabilities(problem, values, full)

    np.testing.assert_array_equal(of_run(chart, "A", "class"), expected.argmax(axis=1))
    points, _validation = of_panel(chart, 0, "markers")
    for drawn, position in zip((points.x, points.y), seen, strict=True):
        np.testing.assert_allclose(drawn, rows.training_inputs[:, position], rtol=1e-6)


@given(
    features=st.lists(st.integers(0, 4), min_size=1, max_size=2, unique=True),
    standardize=st.booleans(),
)
@examples(30)
def test_a_point_of_a_slice_has_its_own_values_where_it_is_seen_and_medians_elsewhere(
    features, standardize
):
    problem = Network(dataset=Airfoil(), loss="mean_squared_error", standardize=standardize)
    rows = data(Experiment(problem=problem))
    cut = slice_of(rows, features)
    places = np.arange(3.0 * len(features)).reshape(3, -1)
    inputs = cut.inputs(places)

    np.testing.assert_array_equal(inputs[:, features], places)
    held = [one for one in range(5) if one not in features]
    medians = np.median(rows.training_inputs, axis=0)
    np.testing.assert_array_equal(inputs[:, held], np.tile(medians[held], (3, 1)))
    own = np.median(generate(Airfoil(), 0)[0][rows.training_indices], axis=0)
    np.testing.assert_allclose(cut.units[held], own[held], rtol=1e-12)


def test_a_feature_with_one_value_has_room_on_either_side():
    one = data(Experiment(problem=Network(dataset=SingleRow(), loss="mean_squared_error")))

    np.testing.assert_allclose(line_of(slice_of(one, (1,)).rows)[[0, -1]], [0.0, 1.0])
    plane = plane_of(slice_of(one, (0, 1)).rows)
    np.testing.assert_allclose(plane.x[[0, -1]], [-0.3, 0.7])
    np.testing.assert_allclose(plane.y[[0, -1]], [0.0, 1.0])


def test_curves_share_a_range_that_holds_all_rows_whatever_the_fits_do():
    wild = 1e6 * params(CURVE)[0]
    calm, beside = panels(CURVE), panels(CURVE, (*params(CURVE)[:2], wild))
    targets = data(experiment(CURVE)).training_targets

    ranges = {axes_of(chart.figure, n)[1].range for chart in (calm, beside) for n in range(3)}
    ((low, high),) = ranges
    assert low < targets.min()
    assert targets.max() < high
    assert high - low < 2 * (targets.max() - targets.min())


@pytest.mark.parametrize("problem", [MOONS, CURVE], ids=["plane", "curve"])
def test_a_diverged_run_says_so_in_its_panel(problem):
    first, _, last = params(problem)
    chart = panels(problem, (first, None, last))

    assert titles(chart) == ["Run 0", "Run 1 has diverged", "Run 2"]
    assert {trace.xaxis for trace in chart.figure.data} == {"x", "x3"}
    assert set(chart.numbers["run"]) == {"Run 0", "Run 2", ""}  # "": the training rows


@pytest.mark.parametrize("problem", [MOONS, CURVE], ids=["plane", "curve"])
def test_the_words_on_a_diverged_run_stand_where_its_panel_is(problem):
    """Plotly has no axes of a panel without data: words placed by them land in another panel."""
    whole = panels(problem)
    gone = panels(problem, (None, *params(problem)[1:]))

    assert gone.figure.layout.annotations[0].text == "Run 0 has diverged"
    for chart in (whole, gone):
        for number, title in enumerate(chart.figure.layout.annotations):
            across, up = axes_of(whole.figure, number)
            assert (title.xref, title.yref) == ("paper", "paper")
            assert (title.x, title.y) == (across.domain[0], up.domain[1])


def test_a_comparison_in_which_all_have_diverged_is_drawn():
    chart = panels(MOONS, (None, None))

    assert chart.figure.data == ()
    assert all("diverged" in title for title in titles(chart))


@pytest.mark.parametrize("gone", [False, True], ids=["fine", "diverged"])
@pytest.mark.parametrize("problem", [MOONS, CURVE], ids=["plane", "curve"])
def test_a_hostile_name_is_shown_as_the_text_it_is(problem, gone):
    values = (None,) * len(HOSTILE) if gone else params(problem, len(HOSTILE))
    chart = panels(problem, values, HOSTILE)

    for text in [*titles(chart), *(trace.name or "" for trace in chart.figure.data)]:
        assert not set("<>$") & set(text)
        assert "%{" not in text
    shown = [html.unescape(title).removesuffix(" has diverged") for title in titles(chart)]
    names = [name.replace("\uff04", "$").replace("\u200b", "") for name in shown]
    for name, whole in zip(names, HOSTILE, strict=True):  # a long one has no room
        assert name == whole or (name[-1] == "…" and whole.startswith(name[:-1]) and len(name) > 8)
    if not gone:
        assert list(dict.fromkeys(chart.numbers["run"])) == [*HOSTILE, ""]


def test_the_alternative_text_names_the_step():
    assert "epoch 3" in panels().alt


@pytest.mark.parametrize("problem", [MOONS, CURVE], ids=["plane", "curve"])
def test_the_numbers_are_columns_of_one_length(problem):
    lengths = {len(column) for column in panels(problem).numbers.values()}

    assert lengths == {3 * (GRID**2 if problem is MOONS else 200) + problem.dataset.rows}


@pytest.mark.parametrize("problem", [MOONS, PLANES["10 classes"]], ids=["two", "ten"])
def test_twelve_panels_are_light_enough_for_a_slider(problem):
    values = params(problem, 12)
    cut = cut_of(problem)
    shown = [Panel(RunStyle(f"Run {number}", number), own) for number, own in enumerate(values)]

    def drawn():
        return fit_panels(problem, cut, shown, "epoch 3")

    assert len(drawn().figure.to_json()) <= 300_000
    assert calls(drawn) < 1_000_000  # some 400,000


@pytest.mark.parametrize(
    ("dataset", "loss"),
    [(TwoMoons(), "binary_cross_entropy"), (Blobs(classes=10), "cross_entropy")],
    ids=["two classes", "ten classes"],
)
def test_the_picture_of_classes_shows_the_first_two_features(dataset, loss):
    rows = data(Experiment(problem=Network(dataset=dataset, loss=loss)))
    figure = data_picture(rows, dataset.n_features, classified=True)

    (points,) = figure.data
    count = len(points.x)
    assert count == min(300, len(rows.training_inputs))
    np.testing.assert_array_equal(points.x, rows.training_inputs[:count, 0])
    np.testing.assert_array_equal(points.y, rows.training_inputs[:count, 1])
    expected = [COLOURS[kind % len(COLOURS)] for kind in rows.training_targets[:count]]
    assert list(points.marker.color) == expected


def test_the_picture_of_a_curve_shows_the_target_against_the_feature():
    rows = data(Experiment(problem=Network(dataset=Line(), loss="mean_squared_error")))
    (points,) = data_picture(rows, 1, classified=False).data

    np.testing.assert_array_equal(points.x, rows.training_inputs[:, 0])
    np.testing.assert_array_equal(points.y, rows.training_targets[:, 0])
    assert isinstance(points.marker.color, str)


@pytest.mark.parametrize("standardize", [False, True])
def test_the_picture_of_digits_shows_the_first_ten_images(standardize):
    problem = Network(dataset=Digits(), loss="cross_entropy", standardize=standardize)
    plain = problem.model_copy(update={"standardize": False})
    (tiles,) = digits_picture(data(Experiment(problem=problem))).data
    images = data(Experiment(problem=plain)).training_inputs[:10].reshape(10, 8, 8)

    assert tiles.z.shape == (20, 50)  # every image with a margin of one
    upright = np.asarray(tiles.z)[::-1]  # the vertical axis points up
    for number, image in enumerate(images):
        top, left = 10 * (number // 5) + 1, 10 * (number % 5) + 1
        np.testing.assert_allclose(upright[top : top + 8, left : left + 8], image, atol=1e-9)


def test_a_regression_of_many_features_shows_the_one_that_matters_most():
    rows = data(Experiment(problem=Network(dataset=Penguins(), loss="mean_squared_error")))
    (points,) = data_picture(rows, 3, classified=False).data
    target = rows.training_targets.ravel()
    related = [abs(np.corrcoef(column, target)[0, 1]) for column in rows.training_inputs.T]

    assert points.x[0] == rows.training_inputs[0, int(np.argmax(related))]
    assert points.y[0] == target[0]


@pytest.mark.parametrize("rows", [400, 4_000])
def test_of_many_rows_the_drawn_ones_are_from_all_over(rows):
    """Made data lie in the order in which they were made: the first ones are a corner of them."""
    problem = Network(dataset=TwoMoons(rows=rows))
    all_rows = data(Experiment(problem=problem))
    (points,) = data_picture(all_rows, 2, classified=True).data
    shown = [Panel(RunStyle("A", 0), *params(problem, 1))]
    chart = fit_panels(problem, slice_of(all_rows, (0, 1)), shown, "epoch 1")

    for trace, count in ((points, 300), (chart.figure.data[1], 240)):
        assert len(trace.x) == count
        for drawn, column in zip((trace.x, trace.y), all_rows.training_inputs.T, strict=True):
            np.testing.assert_allclose(np.std(drawn), np.std(column), rtol=0.1)


def test_validation_rows_are_open_diamonds_and_training_rows_are_dots():
    rows = data(experiment())
    shown = [Panel(RunStyle("A", 0), params()[0])]
    chart = fit_panels(MOONS, slice_of(rows, (0, 1)), shown, "epoch 3")
    _regions, training, validation = chart.figure.data

    assert validation.marker.symbol == "diamond-open"
    assert training.marker.symbol is None
    np.testing.assert_allclose(validation.x, _some(rows.validation_inputs, 80)[:, 0], rtol=1e-6)
    assert "open diamonds are validation rows" in " ".join(chart.remarks)
    kinds = chart.numbers["kind"]
    assert (kinds == "validation").sum() == len(rows.validation_inputs)
    assert (kinds == "training").sum() == len(rows.training_inputs)


def test_a_panel_says_its_score():
    shown = [Panel(RunStyle("A", 0), params()[0], 0.9123), Panel(RunStyle("B", 1), None, 0.5)]
    chart = fit_panels(MOONS, cut_of(MOONS), shown, "epoch 3")

    assert [note.text for note in chart.figure.layout.annotations] == ["A  0.912", "B has diverged"]
