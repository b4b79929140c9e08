"""The charts of a comparison."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_equal

from charts.theme import RunStyle
from charts.zoom import zoomed
from comparison.catalogue import (
    at_step,
    chart_title,
    comparison_charts,
    fitted,
    fitted_at_step,
    losses,
    losses_at_step,
    missing_charts,
    surface_charts,
    surface_from_above,
    surface_in_relief,
)
from comparison.document import View, with_default_view
from comparison.edits import change_view
from comparison.fits import can_be_drawn
from comparison.pages import SurfacesPage
from comparison.scenes import scene_words
from comparison.surfaces import scenes
from comparison.words.names import run_styles
from engine import Budget, Experiment, Function, InvalidInput, Network, Run, fit, predictions
from engine.problems.datasets import Blobs, Digits, Iris, Line, Penguins, SingleRow
from engine.rules import SGD, Adam
from tests.scenes import network, ravine, seen
from tests.strategies import documents, examples, small_experiments

RUNS = [
    Run(optimizer=Adam(), learning_rate=0.05),
    Run(optimizer=SGD(), learning_rate=0.1),
    Run(optimizer=SGD(), learning_rate=1e7),
]
EXPERIMENTS = {
    "one seed, one run diverges": Experiment(runs=RUNS, budget=Budget(amount=3)),
    "three seeds": Experiment(runs=RUNS, budget=Budget(amount=3), seeds=(0, 1, 2)),
}


def charts(experiment, **view):
    history = fit(experiment)
    styles = [RunStyle(f"run {number}", number) for number in range(len(history.runs))]
    shown = View(names=("",) * len(styles), numbers=tuple(range(len(styles))), **view)
    return comparison_charts(history, styles, shown)[0]


def test_the_charts_follow_the_view():
    drawn = charts(
        EXPERIMENTS["three seeds"], quantity="validation_loss", axis="rows_seen", log=False
    )

    assert list(drawn["loss"].numbers)[1:3] == ["rows_seen", "validation_loss"]
    assert drawn["loss"].figure.layout.yaxis.type == "linear"


@pytest.mark.parametrize(
    ("problem", "drawn"),
    [
        (Network(), True),
        (Network(dataset=Line(), loss="mean_squared_error"), True),
        (Network(dataset=Iris(), loss="cross_entropy"), True),
        (Network(dataset=Blobs(features=3), loss="cross_entropy"), True),
        (Network(dataset=Penguins(), loss="mean_squared_error", standardize=True), True),
        (Network(dataset=Digits(), loss="cross_entropy"), False),
        (Network(dataset=SingleRow(), loss="mean_squared_error", validation_share=0.0), False),
        (Function(), False),
    ],
)
def test_fits_are_drawn_where_a_plane_or_a_line_shows_them(problem, drawn):
    assert can_be_drawn(problem) is drawn
    assert (
        "fits"
        in charts(
            Experiment(
                problem=problem,
                budget=Budget(amount=1),
                runs=[Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")],
            )
        )
    ) is drawn


def test_charts_have_titles():
    document = with_default_view(EXPERIMENTS["one seed, one run diverges"])
    drawn = charts(document.experiment)

    titles = [chart_title(name, document) for name in drawn]
    assert titles[0] == "Training loss"
    assert len(set(titles)) == len(titles) == 7


@pytest.mark.parametrize("quantity", ["training_loss", "validation_loss", "batch_loss"])
def test_both_losses_are_there_whichever_is_looked_at(quantity):
    drawn = charts(EXPERIMENTS["one seed, one run diverges"], quantity=quantity)

    shown = [column for chart in drawn.values() for column in chart.numbers]
    assert shown.count("training_loss") == shown.count("validation_loss") == 1


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_words_stand_by_axes_on_which_nothing_is_drawn(name):
    """Plotly has no such axes and puts the words by those of another panel."""
    drawn = charts(EXPERIMENTS[name])

    assert "fits" in drawn
    for chart in drawn.values():
        used = {trace.xaxis or "x" for trace in chart.figure.data}
        named = {note.xref.split()[0] for note in chart.figure.layout.annotations if note.xref}
        assert named - {"paper"} <= used


def paths(chart):
    """The lines of a picture: those that are faded and the others; and the heads."""
    lines = [trace for trace in chart.figure.data if "lines" in (getattr(trace, "mode", "") or "")]
    faded = [trace for trace in lines if trace.opacity]
    heads = [trace for trace in chart.figure.data if trace.showlegend is False]
    return faded, [line for line in lines if not line.opacity], [h for h in heads if h not in faded]


@pytest.mark.parametrize("panels", [False, True])
@pytest.mark.parametrize("draw", [surface_from_above, surface_in_relief])
def test_at_a_step_what_is_to_come_is_faded(draw, panels):
    scene, page = seen(ravine(0.5, 0.9)), SurfacesPage(panels=panels)
    chart = draw(scene, page)
    faded, so_far, heads = paths(at_step(chart, scene, 4.0))

    assert len(faded) == len(so_far) == len(heads) == 2
    for trail, whole, walked, head in zip(scene.trails, faded, so_far, heads, strict=True):
        assert len(whole.x) == 21
        np.testing.assert_array_equal(walked.x, trail.x[:5].astype("f4"))
        np.testing.assert_array_equal(walked.y, trail.y[:5].astype("f4"))
        assert (head.x[0], head.y[0]) == (walked.x[4], walked.y[4])
        assert len(head.x) == 1
        assert head.marker.color == walked.line.color == trail.style.colour
        assert getattr(head, "xaxis", None) == getattr(whole, "xaxis", None)
    assert not paths(chart)[0]  # what is on screen stays as it is


def test_at_a_step_the_caption_says_which():
    scene = seen(ravine(0.5, 0.9))
    chart = surface_from_above(scene, SurfacesPage())

    assert at_step(chart, scene, 4.0).remarks[0] == "At step 4 of 20; later steps are faded."
    assert at_step(chart, scene, None) is at_step(chart, scene, 20.0) is chart


@pytest.mark.parametrize("seeds", [(0,), (4, 1)], ids=["one seed", "two seeds"])
def test_the_loss_at_a_step_has_the_line_and_the_dots_of_the_clock(seeds):
    scene = seen(ravine(0.5, 0.9).model_copy(update={"seeds": seeds}))
    chart = losses(scene.history, scene.styles, "training_loss", "iterations", log=True)
    shown = losses_at_step(chart, scene, 4.0)
    (line,) = [shape for shape in shown.figure.layout.shapes if shape.type == "line"]
    dots = shown.figure.data[len(chart.figure.data) :]

    assert (line.x0, line.x1) == (4.0, 4.0)
    for trail, dot in zip(scene.trails, dots, strict=True):
        assert (dot.x, dot.y) == ((4.0,), (trail.loss[4],))
        assert dot.marker.color == trail.style.colour
    assert shown.remarks[0] == "The line and the dots are at step 4 of 20."
    assert ("The dots are those of seed 4." in shown.remarks) is (len(seeds) > 1)
    table = list(zip(*(column[-2:] for column in shown.numbers.values()), strict=True))
    assert [(row[:2], row[-1]) for row in table] == [
        ((trail.style.name, 4.0), trail.loss[4]) for trail in scene.trails
    ]
    assert len({len(column) for column in shown.numbers.values()}) == 1
    assert losses_at_step(chart, scene, None) is chart


@pytest.mark.parametrize(
    "problem",
    [
        Network(dataset=Line(rows=20), hidden=(), loss="mean_squared_error"),
        Network(
            dataset=Line(rows=20), hidden=(), loss="mean_squared_error", output_activation="tanh"
        ),
        Network(dataset=Blobs(rows=30, classes=2, features=1), hidden=()),
    ],
    ids=["line", "tanh", "neuron"],
)
def test_fitted_lines_leave_as_they_are_where_the_clock_stands(problem):
    runs = [Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in (0.1, 0.3)]
    scene = seen(Experiment(problem=problem, runs=runs, budget=Budget(amount=6)))
    moving, still = fitted(scene), fitted_at_step(scene, 2.0)
    dotted, solid = still.figure.data[1:3], still.figure.data[3:]

    assert [line.line.dash for line in dotted] == ["dot", "dot"]
    assert [line.line.color for line in solid] == [style.colour for style in scene.styles]
    for number, (trail, line) in enumerate(zip(scene.trails, solid, strict=True)):
        weights = np.array([[trail.x[2], trail.y[2]]])
        at = moving.numbers["x"][:101]
        expected = predictions(problem, weights, at[:, None])[0, 0]
        np.testing.assert_allclose(line.y, expected, rtol=1e-6)
        assert (line.y != dotted[number].y).any()
    assert still.remarks[0] == "Solid: at step 2 of 6. Dotted: at the end."
    end = fitted_at_step(scene, None)
    for thick, thin in zip(end.figure.data[3:], end.figure.data[1:3], strict=True):
        np.testing.assert_array_equal(thick.y, thin.y)


def test_epochs_are_called_so_where_the_clock_counts_them():
    scene = seen(network(10, 20))
    chart = at_step(surface_from_above(scene, SurfacesPage()), scene, 2.0)

    assert chart.remarks[0] == "At epoch 2 of 4; later epochs are faded."
    assert [len(line.x) for line in paths(chart)[1]] == [3, 3]


def test_the_surfaces_of_a_bundle_are_those_of_the_step():
    scene, page = seen(ravine(0.5, 0.9)), SurfacesPage(step=4.0, relief=True)
    view = View(names=("", ""), numbers=(0, 1), page=page)

    drawn = surface_charts([scene], view)
    for name in ("surface", "relief"):
        assert drawn[name]().remarks[0].startswith("At step 4 of 20")
    assert drawn["effective_learning_rate"]().remarks == ()


def test_a_coarse_surface_says_so_in_its_caption():
    scene, page = seen(network(10)), SurfacesPage(fineness=121)

    assert "stopped at 61 × 61 of 121 × 121 points" in surface_from_above(scene, page).remarks[-1]
    assert surface_from_above(scene, SurfacesPage()).remarks == scene_words(scene)


@examples(40)
@given(documents(small_experiments()))
def test_every_chart_of_any_document_is_drawn(document):
    history, styles = fit(document.experiment), run_styles(document)
    made = []
    if document.view.page.name == "surfaces" and document.experiment.problem.n_params > 1:
        page = document.view.page.model_copy(update={"fineness": 31, "relief": True})
        try:
            made = scenes(history, styles, page, document.view.selected)
        except InvalidInput as refused:
            if refused.field != "plane.directions":  # around weights that are all zero
                raise
        document = document.model_copy(
            update={"view": document.view.model_copy(update={"page": page})}
        )
    drawn, failed = comparison_charts(history, styles, document.view, made)

    assert failed == {}
    assert {"loss", "full_gradient_norm"} <= set(drawn)
    assert ("relief" in drawn) == bool(made)
    for chart in drawn.values():
        assert_any_part_can_be_shown(chart.figure)


def assert_any_part_can_be_shown(figure):
    """Of axes that it has, and of one that it may have had before."""
    before = figure.to_dict()
    axes = [name for name in figure.layout if name.startswith(("xaxis", "yaxis"))]

    shown = zoomed(figure, dict.fromkeys([*axes, "xaxis99"], (-0.5, 1e-9)))

    assert [shown.layout[name].range for name in axes] == [(-0.5, 1e-9)] * len(axes)
    assert_equal(figure.to_dict(), before)


def test_every_missing_chart_has_a_title():
    neuron = Network(dataset=Blobs(rows=30, classes=2, features=1), hidden=())
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size="all")]
    shown = with_default_view(Experiment(problem=neuron, runs=runs))
    update = {"page": SurfacesPage()}
    document = shown.model_copy(update={"view": shown.view.model_copy(update=update)})

    assert {chart_title(name, document) for name in missing_charts(document)} == {
        "Learning-rate sensitivity",
        "Sharpness",
        "One parameter",
        "Confident and wrong",
    }
    assert set(missing_charts(shown)) == {"rates", "sharpness"}


def test_a_score_says_on_which_rows():
    drawn = charts(EXPERIMENTS["one seed, one run diverges"])

    assert drawn["score"].remarks == ("On the validation rows.",)


def test_what_leaves_is_smoothed_and_hidden_as_on_the_page_and_says_so():
    document = change_view(
        with_default_view(Experiment(budget=Budget(amount=1))),
        quantity="batch_loss",
        smoothing=3,
        hidden_runs=(1,),
    ).document
    history = fit(document.experiment)
    charts, failed = comparison_charts(history, run_styles(document), document.view)

    assert failed == {}
    assert "mean_of_last_3" in charts["loss"].numbers
    assert "mean_of_last_3" not in charts["training_loss"].numbers
    for name in ("loss", "training_loss", "score", "update_norm", "fits"):
        assert "Hidden: Momentum." in charts[name].remarks
        assert "Momentum" not in charts[name].numbers["run"]
        assert "Adam" in charts[name].numbers["run"]
