"""A sweep as parallel coordinates: an axis for each field, and brushes that keep settings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.parallel import Brush
from comparison.pages import SweepPage
from comparison.sweep.coordinates import (
    brushed,
    brushes,
    coordinates,
    coordinates_chart,
    kept_by_page,
    trained,
)
from tests.comparison.sweep.looks import SPECS, look
from tests.comparison.sweep.test_charts import without
from tests.strategies import examples


def every(seen):
    return np.ones(len(seen.spec.settings), dtype=bool)


def named(name, **settings):
    seen = look(name, **settings)
    return {one.field: one for one in coordinates(seen, every(seen))}


def test_fields_in_which_settings_differ_and_the_quantity_have_axes():
    assert list(named("rates and batch sizes")) == [
        "run",
        "learning_rate",
        "batch_size",
        "final_loss",
    ]
    assert list(named("one value")) == ["final_loss"]
    shown = {"shown": "epochs_to_target", "target": 1}
    assert list(named("rates and batch sizes", **shown))[-1] == "epochs_to_target.1"


def test_a_setting_without_a_field_passes_through_no_place_of_it():
    values = named("a field of some rules")["optimizer.momentum"].values

    assert np.isnan(values[:4]).all()
    assert not np.isnan(values[4:]).any()


def test_what_diverged_is_infinite_but_has_no_score():
    seen = look("classes")

    assert np.isposinf(named("classes")["final_loss"].values).sum() == 2
    assert np.isnan(named("classes", shown="final_score")["final_score"].values).sum() == 2
    assert seen.lanes.diverged.any(axis=1).sum() == 2


def test_only_trained_settings_are_drawn():
    own = without(look("one seed").lanes, [0, 3], seeds=(0,))
    seen = look("one seed")
    partial = type(seen)(own, seen.view, seen.page)

    assert trained(partial).tolist() == [False, True, True, False, True, True, True, True]


@pytest.mark.parametrize(
    ("brush", "rates"),
    [
        ({"low": 0.05, "high": 0.5}, {0.1, 0.5}),
        ({"low": 0.1}, {0.1, 0.5, 1e6}),
        ({"high": 0.1}, {0.01, 0.1}),
        ({}, {0.01, 0.1, 0.5, 1e6}),
        ({"low": 2.0, "high": 1.0}, set()),
    ],
)
def test_a_brush_keeps_what_lies_between_its_ends(brush, rates):
    seen = look("one seed", brushes=[{"field": "learning_rate", **brush}])

    assert {seen.spec.settings.run(at)["learning_rate"] for at in np.flatnonzero(seen.is_kept)} == (
        rates
    )


def test_a_brush_of_what_diverged_keeps_that_alone():
    seen = look("classes", brushes=[{"field": "final_loss", "diverged": True}])

    assert brushed(seen).tolist() == seen.lanes.diverged.all(axis=1).tolist()


def test_several_brushes_keep_what_passes_through_all():
    both = [{"field": "run", "low": 0.5}, {"field": "learning_rate", "high": 0.05}]

    assert np.flatnonzero(look("one seed", brushes=both).is_kept).tolist() == [4]


def test_brushes_of_fields_that_there_are_not_keep_all():
    seen = look("one seed", brushes=[{"field": "problem.l2", "low": 5.0, "high": 1.0}])

    assert brushes(seen) == []
    assert brushed(seen).all()


@given(
    told=st.lists(
        st.builds(
            Brush,
            st.sampled_from(("run", "learning_rate")),
            st.none() | st.floats(-1e9, 1e9) | st.just(math.inf),
            st.none() | st.floats(-1e9, 1e9),
        ),
        max_size=3,
    )
)
@examples(50)
def test_brushes_are_kept_by_the_page_as_they_were_told(told):
    page = SweepPage(brushes=kept_by_page(told))

    assert brushes(look("one seed", brushes=page.brushes)) == told


@pytest.mark.parametrize("name", SPECS)
def test_the_numbers_of_the_file_are_those_of_the_settings(name):
    seen = look(name)
    numbers = coordinates_chart(seen).numbers

    # Of several problems one is shown at a time.
    kept = seen.on_tab("parallel").is_kept
    assert all(len(column) == kept.sum() for column in numbers.values())
