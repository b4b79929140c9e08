"""Any settings of the page on any sweep: what they ask for is shown, or what there is instead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.sweep import charts
from comparison.sweep.charts import curves_chart, map_chart, rate_curves_of
from comparison.sweep.contract import sweep_contract
from comparison.sweep.coordinates import coordinates_chart
from comparison.sweep.look import Look, sweep_styles
from comparison.sweep.opening import best_of_each, claims
from comparison.sweep.table import lanes_table, settings_table
from sweeps.cells import NONE, values
from tests.comparison.sweep.looks import SPECS, document, lanes, look
from tests.strategies import examples, sweep_pages

FIELDS = (
    "run",
    "learning_rate",
    "batch_size",
    "optimizer.momentum",
    "problem.dataset",
    "problem.hidden",
    "budget",
    "final_loss",
    "final_score",
    "epochs_to_target.0",
    "nothing",
)


@st.composite
def pages(draw):
    """Any settings of the page, many of which name a field that some sweep has."""
    page, fields = draw(sweep_pages()), st.sampled_from(FIELDS)
    places = st.integers(0, 3)
    held = st.lists(st.builds(dict, field=fields, place=places), max_size=3)
    ends = st.none() | st.floats(-1, 10)
    brush = st.builds(dict, field=fields, low=ends, high=ends, diverged=st.booleans())
    changed = {
        "across": draw(fields),
        "upwards": draw(fields),
        "held": draw(held),
        "brushes": draw(st.lists(brush, max_size=2)),
        "setting": draw(st.none() | st.integers(0, 5)),
    }
    kept = {name: value for name, value in changed.items() if draw(st.booleans())}
    return type(page).model_validate(page.model_dump() | kept)


@given(name=st.sampled_from(list(SPECS)), page=pages())
@examples(40)
def test_everything_can_be_shown_of_any_sweep_whatever_its_page_asks_for(name, page):
    seen = Look(lanes(name), document(name).view, page)

    chart = map_chart(seen)
    assert len({len(column) for column in chart.numbers.values()}) == 1
    found = rate_curves_of(seen)
    if found.curves:
        curves_chart(seen, found)
    for position in range(len(seen.styles)):
        charts.tested(seen, position)
    best = best_of_each(seen)
    claims(seen, best.settings)
    assert sweep_contract(seen)[0]
    coordinates_chart(seen)
    assert len(settings_table(seen)) == seen.is_kept.sum()
    for setting in best.settings:
        lanes_table(seen, setting)
        assert seen.setting_words(setting)


@pytest.mark.parametrize("name", SPECS)
def test_a_sweep_of_which_nothing_is_trained_can_be_looked_at(name):
    seen = look(name, trained=False)

    assert "Best" not in map_chart(seen).alt
    assert rate_curves_of(seen).curves == []
    assert best_of_each(seen).settings == ()
    assert claims(seen, [0]) == []
    assert settings_table(seen).iloc[:, -2].eq(0).all()


def test_fields_that_the_sweep_lacks_are_replaced_by_those_it_has():
    across, upwards = look("rates and batch sizes", across="nothing", upwards="nor this").sides

    assert (across.field, upwards.field) == ("learning_rate", "run")


def test_one_field_on_both_sides_leaves_the_other_side_to_another():
    across, upwards = look("rates and batch sizes", across="run", upwards="run").sides

    assert (across.field, upwards.field) == ("run", "learning_rate")


def test_only_values_that_there_are_are_held_and_only_of_fields_not_shown():
    held = [
        {"field": "batch_size", "place": 1},
        {"field": "learning_rate", "place": 0},
        {"field": "nothing", "place": 0},
    ]
    seen = look("rates and batch sizes", held=held)

    assert dict(seen.held) == {"batch_size": 1}
    assert seen.is_kept.sum() == 8
    assert look("rates and batch sizes", held=[{"field": "batch_size", "place": 2}]).is_kept.all()


def test_the_best_of_a_run_is_its_kept_setting_with_the_lowest_median():
    seen = look("rates and batch sizes", held=[{"field": "batch_size", "place": 1}])
    medians = np.median(values(seen.lanes, "final_loss"), axis=1)

    for position, setting in enumerate(seen.best_of_runs().tolist()):
        own = np.flatnonzero(seen.is_kept & (seen.dimensions[0].places == position))
        assert medians[setting] == medians[own].min()


def test_a_run_without_a_kept_setting_has_no_best():
    brush = {"field": "run", "low": 0.5, "high": None}

    assert look("rates and batch sizes", brushes=[brush]).best_of_runs()[0] == NONE


def test_a_quantity_that_the_lanes_lack_is_replaced_by_the_final_loss():
    assert look("one seed", shown="epochs_to_target", target=7).quantity == "final_loss"
    assert look("rates and batch sizes", shown="epochs_to_target", target=7).target == 1


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        ("final_loss", "Final validation loss"),
        ("final_training_loss", "Final training loss"),
        ("best_loss", "Best validation loss"),
        ("epochs_to_target", "Epochs to training loss 0.5"),
        ("updates_to_target", "Updates to training loss 0.5"),
        ("final_score", "Final R²"),
    ],
)
def test_a_quantity_has_a_title(shown, title):
    assert look("rates and batch sizes", shown=shown).quantity_title == title


def test_a_setting_is_told_with_the_fields_that_it_has():
    words = look("a field of some rules").setting_words

    assert words(0) == "SGD · Learning rate 0.01"
    assert words(4) == "Momentum · Learning rate 0.01 · Momentum μ 0"


def test_a_setting_among_scattered_points_is_told_with_its_own_numbers():
    words = look("scattered").setting_words(0)

    assert "–" not in words
    assert words.startswith("SGD · Learning rate 0.")


def test_runs_have_the_names_and_colours_of_the_comparison_and_those_of_a_rule_axis_their_own():
    base = document("rates and batch sizes").view
    view = base.model_copy(update={"names": ("mine", ""), "numbers": (3, 7)})
    styles = sweep_styles(SPECS["rates and batch sizes"], view)
    of_rules = sweep_styles(SPECS["rules"], document("rules").view)

    assert [(one.name, one.number) for one in styles] == [("mine", 3), ("Adam", 7)]
    assert [(one.name, one.number) for one in of_rules] == [
        ("SGD", 0),
        ("Momentum", 1),
        ("Adam", 2),
    ]


def test_names_of_another_number_of_runs_are_not_those_of_the_sweep():
    view = document("rules").view.model_copy(update={"names": ("a", "b"), "numbers": (5, 6)})

    assert [one.name for one in sweep_styles(SPECS["rules"], view)] == ["SGD", "Momentum", "Adam"]
