"""The clock of a scene, and what is sent for it to draw."""

import base64

import numpy as np
import pytest

from charts.surfaces import heights_of, relief_levels
from charts.theme import Look
from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Run,
    Window,
    default_window,
    exact_plane,
    fit,
    principal_plane,
    surface,
)
from engine.datasets import TwoMoons
from engine.functions import Rosenbrock
from engine.optimizers import SGD, Adam
from language import set_language
from ui.player import Drawing, Layer, _message
from ui.surfaces.scene import TICKS, scene


@pytest.fixture(autouse=True)
def english():
    set_language("en")


def seen(experiment):
    """The scene of an experiment after its training."""
    history = fit(experiment)
    if experiment.problem.n_params == 2:
        plane, window = exact_plane(experiment.problem), Window((-8.0, 8.0), (-3.0, 3.0))
    else:
        plane = principal_plane(history)
        window = default_window(plane, history)
    work = surface(experiment, plane, window, 31)
    while True:
        try:
            next(work)
        except StopIteration as end:
            looks = [Look(str(number), number) for number in range(len(history.runs))]
            return scene(history, looks, end.value, ("x", "y"))


def ravine(*rates, steps=20):
    runs = tuple(Run(optimizer=SGD(), learning_rate=rate, batch_size="all") for rate in rates)
    budget = Budget(amount=steps, unit="iterations")
    return Experiment(problem=Function(), runs=runs, budget=budget)


def network(*sizes):
    runs = tuple(Run(optimizer=Adam(), learning_rate=0.01, batch_size=size) for size in sizes)
    problem = Network(dataset=TwoMoons(rows=40), hidden=(3,), validation_share=0.0)
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=4))


def numbers(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def test_the_clock_of_a_function_ticks_at_every_step():
    clock = seen(ravine(0.5, 0.1)).clock

    assert clock.unit == "iterations"
    np.testing.assert_array_equal(clock.ticks, np.arange(21))
    assert clock.lasts == (20, 20)
    assert [clock.at(step) for step in (None, 0, 7.0, 7.5, 99)] == [20, 0, 7, 7, 20]


def test_a_run_that_diverges_stays_where_it_ended():
    clock = seen(ravine(0.5, 500.0)).clock

    last = clock.lasts[1]
    assert last < clock.lasts[0] == 20
    assert len(set(clock.places[1][last:])) == 1


def test_runs_of_different_batch_sizes_share_epochs():
    made = seen(network(10, 40))

    assert made.clock.unit == "epochs"
    np.testing.assert_array_equal(made.clock.ticks, np.arange(5))
    assert [len(trail.x) for trail in made.trails] == [5, 5]


def test_a_long_training_shows_every_so_many_steps_and_the_last():
    made = seen(ravine(0.01, steps=1_200))

    assert len(made.clock.ticks) <= TICKS
    assert made.clock.every == 3
    assert made.clock.ticks[-1] == 1_200


def test_distances_are_zero_on_an_exact_plane_and_not_on_another():
    assert np.all(seen(ravine(0.5)).distances[0] == 0)
    assert seen(network(10, 40)).distances[0].max() > 0


def test_what_is_sent_are_the_points_at_every_tick():
    made = seen(ravine(0.5, 0.1))
    layers = (Layer("a", "paths", panels=((0, 1),)), Layer("b", "relief"))
    sent = _message([made], Drawing("v", (-7.5, 1.0, -2.0, 2.0), layers), clickable=True)
    (own,) = sent["scenes"]

    assert numbers(own["x"]).reshape(2, 21)[1] == pytest.approx(made.trails[1].x, rel=1e-6)
    assert sent["version"] == "v"
    assert sent["layers"][0]["panels"] == ((0, 1),)


def test_heights_are_those_of_the_relief_as_it_was_drawn():
    bent = ravine(0.001).model_copy(update={"problem": Function(function=Rosenbrock())})
    made, window = seen(bent), (5.0, 8.0, -3.0, 3.0)
    sent = _message([made], Drawing("v", window, (Layer("a", "relief"),)), clickable=True)
    heights, whole = (
        heights_of(made.trails[0].loss, relief_levels(made.field, part)) for part in (window, None)
    )

    assert relief_levels(made.field, window).log != relief_levels(made.field, None).log
    assert numbers(sent["scenes"][0]["height"]) == pytest.approx(heights, rel=1e-6)
    assert heights[0] != pytest.approx(whole[0], rel=1e-3)


def test_heights_are_sent_only_for_three_dimensions():
    sent = _message(
        [seen(ravine(0.5))], Drawing("v", None, (Layer("a", "paths"),)), clickable=False
    )

    assert sent["scenes"][0]["height"] == ""


def test_the_version_changes_with_the_runs_and_not_with_the_time():
    first, again, other = (seen(ravine(rate)) for rate in (0.5, 0.5, 0.4))

    assert first.version(1) == again.version(1)
    assert first.version(1) != other.version(1)
    assert first.version(1) != first.version(2)
