"""One update taken apart: which one it is, its table, and the loss along one parameter."""

import numpy as np
import pytest

from comparison.steps import chosen_update, followed_instead, is_finite, loss_along, step_table
from engine import inspect, training_losses
from engine.problems.specs import Function
from engine.rules.clipping import ClipNorm
from tests.scenes import network, ravine, seen


@pytest.mark.parametrize(
    ("step", "update"), [(0.0, 1), (7.0, 8), (20.0, 20), (None, 20), (99.0, 20)]
)
def test_the_update_leads_on_from_the_clock_and_the_last_one_to_the_end(step, update):
    assert chosen_update(seen(ravine(0.5)), 0, step) == (0, update)


def test_epochs_of_the_clock_are_counted_in_the_runs_own_steps():
    scene = seen(network(10, 40))  # 4 and 1 updates an epoch

    assert chosen_update(scene, 0, 2.0) == (0, 9)
    assert chosen_update(scene, 1, 2.0) == (1, 3)


def test_a_run_that_is_selected_before_it_is_trained_is_the_last_of_the_scene():
    assert chosen_update(seen(ravine(0.5, 0.1)), 5, 0.0) == (1, 1)


def test_the_table_has_the_vectors_of_the_chosen_parameters():
    table = step_table(inspect(ravine(0.5), 0, 0, 3), ("x", "y"), (0, 1))
    rows = table.loc[["Before", "Update, subtracted", "After"]]

    assert list(table.columns) == ["x", "y"]
    np.testing.assert_allclose(
        rows.loc["Before"] - rows.loc["Update, subtracted"], rows.loc["After"]
    )


def test_of_many_parameters_there_is_a_norm_but_none_of_their_rates():
    step = inspect(network(10), 0, 0, 1)
    names = [f"p{position}" for position in range(len(step.before))]
    table = step_table(step, names, (4, 2))

    assert list(table.columns) == ["p4", "p2", "Norm"]
    assert table.loc["Gradient", "p4"] == step.gradient[4]
    assert table.loc["Gradient", "Norm"] == np.linalg.norm(step.gradient)
    assert np.isnan(table.loc["Effective learning rate", "Norm"])


@pytest.mark.parametrize("parameter", [0, 1])
def test_the_curve_is_the_loss_with_the_other_parameters_as_they_are(parameter):
    experiment = ravine(0.5)
    scene, step = seen(experiment), inspect(experiment, 0, 0, 2)
    numbers = loss_along(scene, 0, parameter, step).numbers
    is_loss = numbers["kind"] == "loss"
    values, losses = numbers[("x", "y")[parameter]][is_loss], numbers["loss"][is_loss]
    points = np.tile(step.before, (len(values), 1))
    points[:, parameter] = values

    np.testing.assert_array_equal(losses, training_losses(experiment, points))


def clipped(experiment, threshold):
    run = experiment.runs[0].model_copy(update={"clipping": ClipNorm(threshold)})
    return experiment.model_copy(update={"runs": (run, *experiment.runs[1:])})


NOISY = ravine(0.5).model_copy(update={"problem": Function(noise=0.1)})


@pytest.mark.parametrize(
    ("experiment", "followed"),
    [
        (ravine(0.5), ""),
        (clipped(ravine(0.5), 1e6), ""),
        (clipped(ravine(0.5), 0.1), "clipped slope"),
        (NOISY, "noisy slope"),
        (clipped(NOISY, 0.1), "noisy slope, clipped"),
        (network(10, 40), "slope of the mini-batch"),
        (clipped(network(10, 40), 1e-3), "slope of the mini-batch, clipped"),
    ],
)
def test_what_an_update_follows_instead_of_the_slope(experiment, followed):
    assert followed_instead(experiment, 0, inspect(experiment, 0, 0, 1)) == followed


def test_a_clipped_gradient_stands_below_the_whole_one_and_is_what_the_dotted_line_follows():
    experiment = clipped(ravine(0.5), 0.1)
    step = inspect(experiment, 0, 0, 1)
    table = step_table(step, ("x", "y"), (0, 1))

    assert list(table.index[1:3]) == ["Gradient", "Gradient, clipped"]
    assert np.hypot(*table.loc["Gradient, clipped"]) == pytest.approx(0.1)
    assert "Gradient, clipped" not in step_table(inspect(ravine(0.5), 0, 0, 1), "xy", (0, 1)).index
    chart = loss_along(seen(experiment), 0, 0, step)
    assert "the clipped slope" in chart.remarks[-1]


def test_a_diverged_run_has_no_step_to_look_at():
    assert is_finite(inspect(ravine(0.5), 0, 0, 20))
    assert not is_finite(inspect(ravine(1e7, steps=60), 0, 0, 60))
