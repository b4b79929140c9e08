"""What a sweep shows: quantities of lanes, medians of settings, and the best in each cell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.rates import RateCurve
from engine.analysis.statistics import spread
from engine.experiment import Sweep
from engine.training.scores import score
from sweeps.cells import (
    Cells,
    Summary,
    best_of_groups,
    cells,
    held_back,
    is_higher_better,
    quantities,
    summary,
    values,
)
from sweeps.dimensions import Dimension, dimensions
from sweeps.lanes import STATUSES, Lanes, Watch, no_lanes
from sweeps.spec import SweepSpec
from tests.strategies import examples
from tests.sweeps.small import swept

BUDGET, DIVERGED = STATUSES.index("budget"), STATUSES.index("diverged")
TARGETS = (0.5, 0.05)


def run(name):
    return {"optimizer": {"name": name}, "learning_rate": 0.1, "batch_size": "all"}


def listed(field, *given):
    return {"field": field, "values": given}


LINE = {
    "kind": "network",
    "dataset": {"name": "line", "rows": 24},
    "loss": "mean_squared_error",
    "hidden": [2],
}
SPECS = {
    "with and without validation rows": SweepSpec(
        experiment={
            "problem": LINE,
            "runs": [run("sgd"), run("adam")],
            "budget": {"amount": 3},
            "seeds": [3, 1, 2],
        },
        axes=[
            listed("problem.validation_share", 0.25, 0.0),
            listed("learning_rate", 0.1, 1e6),
            listed("batch_size", 1, 5, "all"),
        ],
        targets=TARGETS,
    ),
    "last batches": SweepSpec(
        experiment={"problem": LINE | {"validation_share": 0.0}, "runs": [run("sgd")]}
        | {"budget": {"amount": 20, "unit": "iterations"}, "seeds": [0, 1]},
        axes=[listed("batch_size", 7, 24), listed("last_batch", "kept", "dropped")],
        targets=TARGETS,
    ),
    "a test function": SweepSpec(
        experiment={
            "problem": {"kind": "function", "function": {"name": "bowl"}},
            "runs": [run("sgd")],
            "budget": {"amount": 20},
            "seeds": [0],
        },
        axes=[listed("learning_rate", 0.01, 0.5, 1e6)],
        targets=TARGETS,
    ),
}
SOME = pytest.mark.parametrize("name", SPECS)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The lanes of every sweep, trained to its end, by name."""
    found = {}
    for name, spec in SPECS.items():
        path = tmp_path_factory.mktemp("sweep")
        swept(path, spec=spec)
        found[name] = Watch(path, spec).look()
    return found


# Quantities of lanes


def naive(quantity, experiment, own, target):
    """The values of a setting that is trained alone, seed by seed."""
    lost = np.array(own.status) == "diverged"
    if quantity.endswith("to_target"):
        counts = experiment.counts(experiment.runs[0])
        steps = np.where(lost, np.inf, own.first_steps[target])
        return steps / counts.per_epoch if quantity.startswith("epochs") else steps
    part = {
        "final_loss": (own.validation_loss or own.training_loss).final,
        "final_training_loss": own.training_loss.final,
        "best_loss": (own.validation_loss or own.training_loss).best,
        "final_score": getattr(own.validation_score or own.training_score, "final", None),
    }[quantity]
    return np.where(lost, -np.inf if quantity == "final_score" else np.inf, part)


@SOME
def test_a_quantity_is_that_of_a_setting_trained_alone(trained, name):
    lanes, spec = trained[name], SPECS[name]

    for setting in range(len(spec.settings)):
        shared = spec.settings.experiment(setting)
        fields = {"runs": [spec.settings.run(setting)], "seeds": spec.experiment.seeds}
        experiment = Sweep.model_validate(shared | fields)
        own = score(experiment, TARGETS).runs[0]
        for quantity in quantities(lanes):
            for target in range(len(TARGETS)):
                found = values(lanes, quantity, target)[setting].tolist()
                assert found == naive(quantity, experiment, own, target).tolist(), quantity
    assert lanes.diverged.any() == (name != "last batches")


def test_there_are_quantities_of_what_a_sweep_has(trained):
    without = SPECS["last batches"].model_copy(update={"targets": ()})
    times = ("epochs_to_target", "updates_to_target")

    assert quantities(trained["with and without validation rows"]) == (
        *("final_loss", "final_training_loss", "best_loss", "final_score"),
        *times,
    )
    assert quantities(trained["last batches"]) == (
        *("final_loss", "best_loss", "final_score"),
        *times,
    )
    assert quantities(trained["a test function"]) == ("final_loss", "best_loss", *times)
    assert quantities(no_lanes(without)) == ("final_loss", "best_loss")


def test_only_of_a_score_is_more_better(trained):
    every = quantities(trained["with and without validation rows"])

    assert [one for one in every if is_higher_better(one)] == ["final_score"]


def test_a_lane_that_diverged_has_no_time_though_it_reached_the_target():
    whole = no_lanes(SPECS["last batches"])
    status = np.full(whole.status.shape, BUDGET)
    status[0, 1] = DIVERGED
    lanes = replace(whole, status=status, first_steps=np.full_like(whole.first_steps, 8))
    updates, epochs = (values(lanes, name) for name in ("updates_to_target", "epochs_to_target"))

    assert updates.tolist() == [[8, np.inf], [8, 8], [8, 8], [8, 8]]
    # 24 rows in batches of 7, the short one kept or dropped, and of 24.
    assert epochs.tolist() == [[2, np.inf], [8 / 3, 8 / 3], [8, 8], [8, 8]]


@SOME
def test_values_are_no_numbers_before_anything_is_trained(name):
    lanes = no_lanes(SPECS[name])

    for quantity in ("final_loss", "final_score", "updates_to_target", "epochs_to_target"):
        assert np.isnan(values(lanes, quantity)).all()
        found = summary(lanes, quantity)
        assert np.isnan([found.median, found.first_quartile, found.third_quartile]).all()
        assert not found.n.any()


def test_what_is_shown_does_not_change_the_lanes(trained):
    lanes = trained["with and without validation rows"]
    before = {name: column.copy() for name, column in lanes.scores.items()}
    for quantity in quantities(lanes):
        values(lanes, quantity)[:] = 0
        summary(lanes, quantity)

    for name, column in before.items():
        np.testing.assert_array_equal(lanes.scores[name], column)


# Medians and quartiles


def made(losses, statuses):
    """Lanes of a sweep with these final losses, ``(settings, seeds)``."""
    settings, seeds = losses.shape
    spec = SweepSpec(
        experiment={"problem": LINE, "runs": [run("sgd")], "seeds": list(range(seeds))},
        axes=[{"field": "learning_rate", "low": 0.1, "high": 1, "count": max(settings, 2)}],
    )
    whole = no_lanes(spec)
    pad = ((0, max(settings, 2) - settings), (0, 0))
    status = np.pad(statuses, pad)
    found = np.where(status == DIVERGED, np.inf, np.pad(losses, pad))
    found = np.where(status > 1, found, np.nan)
    scores = dict.fromkeys(("training_loss_final", "training_loss_best"), found)
    scores["training_loss_first"] = found
    return Lanes(spec, status, whole.last_step, scores, whole.first_steps)


@st.composite
def lanes_of_a_sweep(draw):
    """Lanes of some settings, among them failed, diverged and untrained ones."""
    shape = draw(st.integers(2, 5)), draw(st.integers(1, 9))
    count = shape[0] * shape[1]
    numbers = st.floats(-1e12, 1e12) | st.sampled_from((0.1, 0.2, 0.3))
    losses = draw(st.lists(numbers, min_size=count, max_size=count))
    ends = st.sampled_from((0, 1, BUDGET, BUDGET, BUDGET, DIVERGED))
    statuses = draw(st.lists(ends, min_size=count, max_size=count))
    return made(np.array(losses).reshape(shape), np.array(statuses).reshape(shape))


class _Recorded:
    """What ``spread`` asks of a history, of one point: the losses of the seeds."""

    def __init__(self, losses):
        self.last = losses[:, None]

    def counted(self, series):
        return series.last


@examples(100)
@given(lanes_of_a_sweep())
def test_medians_and_quartiles_are_those_of_everything_else(lanes):
    found = summary(lanes, "final_loss")

    for setting in range(len(lanes.spec.settings)):
        own = lanes.run_scores(setting)
        assert found.n[setting] == len(own.status)
        assert found.diverged[setting] == own.status.count("diverged")
        three = [
            found.first_quartile[setting],
            found.median[setting],
            found.third_quartile[setting],
        ]
        if not own.status:
            assert np.isnan(three).all()
            continue
        curve = RateCurve(lanes.spec.experiment.runs[0], (0.1,), (own,))
        recorded = _Recorded(own.final_loss)
        spreads = spread(recorded, recorded)
        assert three == [curve.quartiles[0][0], own.median_loss, curve.quartiles[1][0]]
        assert three == [spreads.low[0], spreads.median[0], spreads.high[0]]


def test_a_diverged_lane_has_the_worst_score(trained):
    lanes = trained["with and without validation rows"]
    found = summary(lanes, "final_score")
    is_lost = lanes.diverged.all(axis=1)

    assert is_lost.any()
    assert np.isneginf(found.median[is_lost]).all()
    assert np.isfinite(found.median[~lanes.diverged.any(axis=1)]).all()


# Maps


def dims(field, places, count):
    """A dimension of so many values."""
    numbers = tuple(float(number) for number in range(count))
    return Dimension(field, numbers, np.array(places), np.full(len(places), np.nan))


@st.composite
def maps(draw):
    """Medians of some settings, with many ties, and their places in two dimensions."""
    count = draw(st.integers(1, 30))

    def column(*given):
        return np.array(draw(st.lists(st.sampled_from(given), min_size=count, max_size=count)))

    medians = column(0.1, 0.2, 0.3, -np.inf, np.inf, np.nan)
    n = np.where(np.isnan(medians), 0, column(1, 2, 3))
    diverged = np.minimum(n, column(0, 1))
    rows, columns = dims("a", column(-1, 0, 1, 2), 3), dims("b", column(-1, 0, 1), 2)
    return Summary(medians, medians, medians, n, diverged), rows, columns, column(0, 1, 1) == 1


def slow_cells(found, row_places, column_places, shape, kept, *, higher):
    """A map, cell by cell and setting by setting."""
    parts = {
        "setting": np.full(shape, -1),
        "median": np.full(shape, np.nan),
        **{name: np.zeros(shape) for name in ("n", "diverged", "among", "trained")},
    }
    for setting, at in enumerate(zip(row_places, column_places, strict=True)):
        if not kept[setting] or min(at) < 0:
            continue
        parts["among"][at] += 1
        if not found.n[setting]:
            continue
        parts["trained"][at] += 1
        best, own = parts["median"][at], found.median[setting]
        if np.isnan(best) or (own > best if higher else own < best):
            parts["setting"][at] = setting
            for name in ("median", "n", "diverged"):
                parts[name][at] = getattr(found, name)[setting]
    return parts


def assert_cells(found, expected):
    assert isinstance(found, Cells)
    for name, part in expected.items():
        np.testing.assert_array_equal(getattr(found, name), part, err_msg=name)


@examples(100)
@given(maps(), st.booleans())
def test_a_cell_has_the_first_of_its_best_settings(given_map, higher):
    found, rows, columns, kept = given_map

    expected = slow_cells(found, rows.places, columns.places, (3, 2), kept, higher=higher)
    assert_cells(cells(found, rows, columns, kept, higher=higher), expected)


@examples(50)
@given(maps(), st.booleans())
def test_a_dimension_by_itself_makes_one_row(given_map, higher):
    found, rows, _, kept = given_map

    expected = slow_cells(found, 0 * rows.places, rows.places, (1, 3), kept, higher=higher)
    assert_cells(cells(found, rows, rows, kept, higher=higher), expected)


def test_the_best_of_groups_is_the_first_of_equals():
    medians = np.array([3.0, 1.0, 1.0, np.nan, np.inf, 5.0])
    indices, of = np.array([5, 2, 1, 3, 4]), np.array([0, 0, 0, 1, 3])

    assert best_of_groups(medians, indices, of, 4).tolist() == [1, -1, -1, 4]
    assert best_of_groups(medians, indices, of, 4, higher=True).tolist() == [5, -1, -1, 4]
    assert best_of_groups(medians, indices[:0], of[:0], 2).tolist() == [-1, -1]


def test_a_map_before_anything_is_trained_has_no_best(trained):
    spec = SPECS["with and without validation rows"]
    _, shares, rates, _ = dimensions(spec)
    kept = np.ones(len(spec.settings), dtype=bool)

    for lanes, is_known in ((no_lanes(spec), False), (trained[next(iter(SPECS))], True)):
        found = cells(summary(lanes, "final_loss"), shares, rates, kept)
        assert found.among.tolist() == [[6, 6], [6, 6]]
        assert (found.trained == found.among * is_known).all()
        assert (found.setting >= 0).all() == is_known
        assert np.isnan(found.median).all() == (not is_known)


def test_settings_are_held_at_values_unless_they_have_no_such_field():
    spec = SweepSpec(
        experiment={"problem": LINE, "runs": [run("adam"), run("momentum")], "seeds": [0]},
        axes=[listed("learning_rate", 0.1, 0.2), listed("optimizer.momentum", 0.5, 0.9)],
    )
    every = dimensions(spec)
    settings = [spec.settings.run(index) for index in range(len(spec.settings))]

    assert held_back(every, {}).all()
    kept = held_back(every, {"learning_rate": 1, "optimizer.momentum": 0})
    assert kept.tolist() == [
        own["learning_rate"] == 0.2 and own["optimizer"].get("momentum", 0.5) == 0.5
        for own in settings
    ]
    assert held_back(every, {"run": 0}).tolist() == [
        own["optimizer"]["name"] == "adam" for own in settings
    ]
