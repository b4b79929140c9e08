"""The charts of a comparison."""

import pytest

from charts.theme import Look
from engine import Budget, Experiment, Function, Network, Run, fit
from engine.datasets import Blobs, Iris, Line
from engine.optimizers import SGD, Adam
from files.document import View, with_default_view
from files.figures import can_be_drawn, chart_title, comparison_charts, fit_epochs, fits

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
    looks = [Look(f"run {number}", number) for number in range(len(history.runs))]
    shown = View(names=("",) * len(looks), numbers=tuple(range(len(looks))), **view)
    return comparison_charts(history, looks, shown)


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
        (Network(dataset=Iris(), loss="cross_entropy"), False),
        (Network(dataset=Blobs(features=3), loss="cross_entropy"), False),
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


def test_fits_name_epoch_and_seed():
    history = fit(EXPERIMENTS["three seeds"])
    looks = [Look(str(number), number) for number in range(3)]

    assert fit_epochs(history)[-1] == 3
    assert fits(history, looks, 3.0)[1] == "epoch 3, seed 0"


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


def test_a_score_says_on_which_rows():
    drawn = charts(EXPERIMENTS["one seed, one run diverges"])

    assert drawn["score"].said == ("On the validation rows.",)
