"""Clipping: its answers are those of other libraries, and it concerns nobody else's gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Budget, Experiment, Function, InvalidInput, Run, fit, inspect
from engine.problems.functions import Ravine
from engine.rules import SGD, Adam, Momentum
from engine.rules.clipping import CLIPPINGS, ClipNorm, ClipValue
from tests.engine.contract import Slope, Stream, Uphill, run_of, take, updates_of
from tests.engine.rules.test_references import answers, recorded
from tests.engine.training.test_updates import start

KINDS = {
    "clipping by norm": ("clip_norm", ClipNorm),
    "clipping by value": ("clip_value", ClipValue),
}
ENTRIES = [entry for entry in recorded()["entries"] if entry["rule"] in KINDS]
EVERY = pytest.mark.parametrize("kind", CLIPPINGS, ids=lambda kind: kind.name)
vectors = st.lists(st.floats(-1e150, 1e150), min_size=1, max_size=5)


class Ravines:
    """The gradient of x^2/20 + y^2."""

    def __init__(self, params, grads):
        self._params, self._grads = params, grads

    def pieces(self, _position, _size):
        return [lambda: np.copyto(self._grads, Ravine().gradient(self._params))]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry['rule']}-{entry['problem']}")
def test_every_recorded_answer_is_ours(entry):
    name, kind = KINDS[entry["rule"]]
    begin, make = [-7.0, 2.0], Ravines
    if entry["problem"] != "A":
        stream = recorded()["streams"][entry["problem"]]
        begin, gradients = stream["start"], np.array(stream["gradients"])[:, None]

        def make(_params, grads):
            return Stream(gradients, grads)

    run = run_of(SGD(), entry["learning_rate"], clipping=kind(entry["hyperparameters"][name]))
    params = np.array([begin])
    updates = updates_of([run], params, make, total=entry["steps"])
    path = [params[0].copy()]
    for _ in range(entry["steps"]):
        take(updates)
        path.append(params[0].copy())

    points, _evaluated = answers(entry["results"][0])
    assert len(points) > 5
    for step, expected in points.items():
        difference = np.abs(path[step] - expected) / (1 + np.abs(expected))
        assert difference.max() <= entry["tolerance"], step


@given(vectors)
def test_by_norm_a_gradient_keeps_its_direction_and_is_no_longer_than_the_threshold(gradient):
    grads = np.array([gradient])
    clipped = ClipNorm(2.0).clipped(grads)
    norm = np.linalg.norm(grads / 1e100) * 1e100

    assert np.linalg.norm(clipped) <= 2.0 * (1 + 1e-15)
    if norm <= 1.9:
        assert np.array_equal(clipped, grads)  # bit for bit
    elif norm >= 2.1:
        np.testing.assert_allclose(clipped, 2.0 * (grads / norm), rtol=1e-13, atol=1e-300)


@given(vectors)
def test_by_value_every_number_is_cut_off_by_itself(gradient):
    clipped = ClipValue(2.0).clipped(np.array([gradient]))

    assert clipped[0].tolist() == [max(-2.0, min(2.0, one)) for one in gradient]


def test_by_value_the_direction_turns():
    gradient = np.array([[8.0, 1.0]])

    assert ClipValue(1.0).clipped(gradient).tolist() == [[1.0, 1.0]]
    np.testing.assert_allclose(ClipNorm(1.0).clipped(gradient) * np.sqrt(65), gradient)


@EVERY
def test_no_gradient_remains_none_and_gradients_are_left_as_they_were(kind):
    grads = np.array([[0.0, -0.0], [3.0, 4.0]])
    kept = grads.copy()
    with np.errstate(all="raise"):
        clipped = kind(1.0).clipped(grads)

    assert clipped[0].tolist() == [0.0, 0.0]
    assert np.array_equal(grads, kept)


def test_an_infinite_gradient_has_no_direction_but_each_of_its_numbers_has_a_sign():
    infinite = np.array([[np.inf, 1.0], [-np.inf, np.nan]])
    with np.errstate(all="ignore"):
        by_norm, by_value = (kind(1.0).clipped(infinite) for kind in CLIPPINGS)

    assert np.isnan(by_norm).any(axis=1).all()  # so the run diverges
    assert by_value[0].tolist() == [1.0, 1.0]
    assert by_value[1, 0] == -1.0
    assert np.isnan(by_value[1, 1])


@pytest.mark.parametrize("threshold", [0.0, -1.0, np.inf, np.nan])
def test_a_threshold_is_above_zero(threshold):
    with pytest.raises(InvalidInput) as error:
        Run.model_validate(
            {
                "optimizer": {"name": "sgd"},
                "learning_rate": 1.0,
                "clipping": {"name": "norm", "threshold": threshold},
            }
        )

    assert error.value.field.endswith("threshold")


# Among other lanes


MIXED = [
    run_of(rule(), clipping=clipping)
    for rule in (SGD, Momentum, Adam, Uphill)
    for clipping in (None, ClipNorm(0.5), ClipNorm(0.1), ClipValue(0.5), None, ClipValue(1e-3))
]


def test_lanes_clipped_in_different_ways_move_as_each_does_alone():
    together = start(MIXED)
    alone = together.copy()
    take(updates_of(MIXED, together), 5)
    for lane, run in enumerate(MIXED):
        params = alone[lane : lane + 1].copy()
        take(updates_of([run], params), 5)

        assert np.array_equal(params[0], together[lane]), run


def test_some_lanes_at_a_time_move_as_all_at_once(monkeypatch):
    at_once, in_parts = start(MIXED), start(MIXED)
    take(updates_of(MIXED, at_once), 3)
    monkeypatch.setattr("engine.problems.pieces.UPDATE_NUMBERS", 3)
    take(updates_of(MIXED, in_parts), 3)

    assert np.array_equal(in_parts, at_once)


@EVERY
def test_a_threshold_that_is_never_reached_changes_no_bit(kind):
    lanes = [run_of(rule()) for rule in (SGD, Momentum, Adam, Uphill)]
    clipped = [run.model_copy(update={"clipping": kind(1e6)}) for run in lanes]
    expected, actual = start(lanes), start(lanes)
    take(updates_of(lanes, expected), 5)
    take(updates_of(clipped, actual), 5)

    assert np.array_equal(actual, expected)


@EVERY
def test_both_gradients_of_a_rule_that_takes_two_are_clipped(kind):
    clipping, params = kind(0.1), start([None])
    begin = params.copy()
    asked = []

    class Asked(Slope):
        def pieces(self, position, size):
            return [lambda: asked.append(self._params.copy()), *super().pieces(position, size)]

    updates = updates_of([run_of(Uphill(0.5, 0.0), clipping=clipping)], params, Asked)
    take(updates)

    first = clipping.clipped(np.cos(begin) + begin / 2)
    there = begin + 0.5 * first / (np.linalg.norm(first) + 1e-12)
    second = clipping.clipped(np.cos(there) + there / 2)
    np.testing.assert_allclose(asked[1], there, rtol=1e-15)
    np.testing.assert_allclose(params, begin - 0.1 * second, rtol=1e-15)


# In training


RAVINE = Experiment(
    problem=Function(),
    runs=(
        Run(optimizer=Momentum(), learning_rate=0.1, batch_size="all", clipping=ClipNorm(1.0)),
        Run(optimizer=Momentum(), learning_rate=0.1, batch_size="all"),
    ),
    budget=Budget(amount=12),
)


def test_the_recorded_norm_is_that_of_the_whole_gradient():
    run = fit(RAVINE).runs[0]
    norms = np.linalg.norm(Ravine().gradient(run.params[0, :-1]), axis=1)

    assert norms[0] > 4
    np.testing.assert_allclose(run.batch_gradient_norm.last[0], norms, rtol=1e-14)


def test_a_step_taken_apart_shows_the_gradient_before_and_after_clipping():
    clipped, whole = (inspect(RAVINE, position, 0, 1) for position in (0, 1))

    assert np.array_equal(clipped.gradient, whole.gradient)
    assert np.linalg.norm(clipped.clipped_gradient) == pytest.approx(1.0)
    assert whole.clipped_gradient is None
    for seen, expected in ((clipped, clipped.clipped_gradient), (whole, whole.gradient)):
        assert [dict(seen.terms(one))["g_t"] for one in (0, 1)] == expected.tolist()
        assert np.array_equal(seen.direction, expected)
    assert clipped.norms["gradient"] > 4


@pytest.mark.parametrize("position", [0, 1])
def test_every_step_taken_apart_is_the_step_that_was_trained(position):
    run = fit(RAVINE).runs[position]

    for step in (1, 2, 12):
        seen = inspect(RAVINE, position, 0, step)
        assert np.array_equal(seen.before, run.params[0, step - 1])
        assert np.array_equal(seen.after, run.params[0, step])
