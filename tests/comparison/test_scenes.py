"""The clock and the words of a scene."""

from dataclasses import replace

import numpy as np
import pytest

from comparison.pages import SurfacesPage
from comparison.scenes import TICKS, scene_words, seen_parameters
from engine import Run
from engine.rules import SGD
from tests.scenes import network, ravine, seen


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
    assert len(set(clock.records[1][last:])) == 1


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


def test_the_version_changes_with_the_runs_and_not_with_the_time():
    first, again, other = (seen(ravine(rate)) for rate in (0.5, 0.5, 0.4))

    assert first.version(1) == again.version(1)
    assert first.version(1) != other.version(1)
    assert first.version(1) != first.version(2)


def test_a_function_needs_no_words_and_several_seeds_are_named():
    assert scene_words(seen(ravine(0.5))) == ()
    many = network(10, 40).model_copy(update={"seeds": (4, 5)})

    assert scene_words(seen(many))[0] == "Showing the runs of seed 4, the first of 2."


def test_a_slice_is_called_one_with_what_it_holds_and_leaves_out():
    wild = Run(optimizer=SGD(), learning_rate=1e7, batch_size=10)
    problem = network(10).problem.model_copy(update={"activation": "relu"})
    runs = (*network(10).runs, wild)
    some_diverge = network(10).model_copy(update={"runs": runs, "problem": problem})
    first, second, third = scene_words(seen(some_diverge))

    assert first.startswith("The surface is a slice through the space of 13 parameters")
    assert "of the variance of 5 recorded points" in second
    assert third == "These runs diverged and were left out when the directions were computed: 1."


def test_a_surface_on_some_rows_says_on_how_many():
    said = scene_words(seen(network(10), rows=20))

    assert "computed from 20 of the 40 training rows" in said[-1]


def test_the_parameters_looked_at_are_there():
    assert seen_parameters(ravine(0.5).problem, SurfacesPage(weights=(7, 9))) == (0, 1)
    assert seen_parameters(network(10).problem, SurfacesPage(weights=(7, 99))) == (7, 12)
    assert seen_parameters(network(10).problem, SurfacesPage(weights=(98, 99))) == (12, 11)


@pytest.mark.parametrize(("width", "expected"), [(16.0, 1.23), (0.5, 1.2346), (0.1, 1.2346)])
def test_a_clicked_point_is_taken_to_a_thousandth_of_the_surface(width, expected):
    made = seen(ravine(0.5))
    field = replace(made.field, x=np.linspace(0, width, 3), y=np.linspace(-8, 8, 3))

    assert replace(made, field=field).point_at(1.23456, -4.5678) == (expected, -4.57)
