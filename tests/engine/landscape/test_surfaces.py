"""Surfaces: the loss where the paths are, whatever the blocks; interrupted; estimated."""

import threading
import tracemalloc
from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest

from engine import (
    GRID_SIZES,
    LIMITS,
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Plane,
    Run,
    Window,
    data,
    default_window,
    estimate_surface,
    exact_plane,
    fit,
    initial_params,
    path,
    principal_plane,
    random_plane,
    recorded_params,
    sigmoid_losses,
    surface,
    training_losses,
    under_both_losses,
)
from engine.landscape import surfaces
from engine.problems import pieces
from engine.problems.datasets import Blobs, Line, TwoMoons
from engine.problems.functions import Ravine, Rosenbrock
from engine.rules import SGD, Adam, Momentum
from engine.training import loop as training
from engine.training import recording
from engine.work import finish
from tests.engine import plain

NETWORK = Network(hidden=(4, 3), l2=0.01)
ONE_NEURON = Network(dataset=Blobs(classes=2, features=1), hidden=())
UNIT = Window((-1.0, 1.0), (-1.0, 1.0))
RUNS = (
    Run(optimizer=SGD(), learning_rate=0.2),
    Run(optimizer=Momentum(), learning_rate=0.05),
    Run(optimizer=Adam(), learning_rate=0.05, batch_size="all"),
)
KINDS = {
    "network": Experiment(problem=NETWORK),
    "softmax": Experiment(
        problem=Network(
            dataset=Blobs(classes=4), hidden=(5,), loss="cross_entropy", activation="relu"
        )
    ),
    "line": Experiment(problem=Network(dataset=Line(), hidden=(), loss="mean_squared_error")),
    "function": Experiment(
        problem=Function(function=Rosenbrock()),
        runs=[Run(optimizer=SGD(), learning_rate=1e-3, batch_size=1)],
    ),
}
EVERY_KIND = pytest.mark.parametrize("experiment", KINDS.values(), ids=KINDS)


def computed(*arguments, **options):
    """Drive a computation to its end."""
    return finish(surface(*arguments, **options))


def plane_of(experiment):
    if experiment.problem.n_params == 2:
        return exact_plane(experiment.problem)
    return random_plane(experiment.problem, initial_params(experiment, 0), 0)


def expected_losses(experiment, params):
    """The loss of each lane by the plain network, or by the function itself."""
    problem = experiment.problem
    if problem.kind == "function":
        return problem.function.value(params)
    rows = data(experiment)
    targets = rows.training_targets
    if problem.dataset.task == "classification":
        targets = plain.one_hot(targets, problem.layout.units[-1])
    return plain.loss(problem.layout.units, problem, params, rows.training_inputs, targets)


# The right numbers


@EVERY_KIND
def test_every_point_has_the_loss_of_its_parameters(experiment):
    plane, window = plane_of(experiment), Window((-2.0, 1.0), (0.5, 3.0))

    actual = computed(experiment, plane, window, 7)

    assert actual.losses.shape == (7, 7)
    assert np.array_equal(actual.x, np.linspace(-2, 1, 7))
    assert np.array_equal(actual.y, np.linspace(0.5, 3, 7))
    for row, y in enumerate(actual.y):
        lanes = plane.params(np.stack([actual.x, np.full(7, y)], axis=1))
        np.testing.assert_allclose(
            actual.losses[row], expected_losses(experiment, lanes), rtol=1e-11
        )
    assert (actual.n_rows, actual.is_sampled) == (experiment.problem.training_rows, False)


@pytest.mark.parametrize("problem", [Function(), ONE_NEURON, KINDS["line"].problem])
def test_with_two_parameters_the_plane_has_the_recorded_losses(problem):
    size = 1 if problem.kind == "function" else 16
    runs = [run.model_copy(update={"batch_size": size, "learning_rate": 0.05}) for run in RUNS]
    history = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=10)))
    plane = exact_plane(problem)

    for position in range(len(runs)):
        walked = path(history, plane, position)
        actual = training_losses(history.experiment, plane.params(walked.coordinates))
        assert len(walked.steps) == 11
        np.testing.assert_allclose(actual, walked.losses, rtol=1e-10, atol=1e-10)
        assert np.array_equal(walked.losses, history.runs[position].training_loss.last[0])


def test_a_path_that_lies_in_a_plane_has_its_losses_there():
    """With two recorded points and the start in common, two runs span one plane."""
    experiment = Experiment(
        problem=NETWORK, runs=RUNS[:2], budget=Budget(amount=1, unit="iterations")
    )
    history = fit(experiment)
    plane = principal_plane(history)
    assert plane.explained.sum() == pytest.approx(1)

    for position in range(2):
        walked = path(history, plane, position)
        np.testing.assert_allclose(walked.distances, 0, atol=1e-12)
        actual = training_losses(experiment, plane.params(walked.coordinates))
        np.testing.assert_allclose(actual, walked.losses, rtol=1e-10)


def test_a_path_beside_the_plane_keeps_its_own_loss():
    history = fit(Experiment(problem=NETWORK, runs=RUNS, budget=Budget(amount=5)))
    plane = random_plane(NETWORK, history.runs[0].params[0, -1], 0)

    walked = path(history, plane, 2)

    assert (walked.distances > 0.1).all()
    assert np.array_equal(walked.losses, history.runs[2].training_loss.last[0])
    below = training_losses(history.experiment, plane.params(walked.coordinates))
    assert not np.allclose(below, walked.losses, rtol=1e-3)


def test_losses_of_a_path_whose_series_keeps_bins(monkeypatch):
    monkeypatch.setattr(recording, "SERIES_POINTS", 10)
    history = fit(Experiment(problem=NETWORK, runs=RUNS, budget=Budget(amount=12), record_every=4))
    assert history.runs[0].training_loss.width > 1

    walked = path(history, random_plane(NETWORK, history.runs[0].params[0, -1], 0), 0)

    _, params = recorded_params(history.runs[0])
    assert len(walked.losses) == len(params) > 10
    np.testing.assert_allclose(
        walked.losses, expected_losses(history.experiment, params), rtol=1e-11
    )


def test_what_overflows_stays_infinite():
    experiment = Experiment(problem=Function(function=Ravine()), runs=KINDS["function"].runs)
    plane = Plane(np.zeros(2), 1e150 * np.eye(2))

    actual = computed(experiment, plane, Window((-1e10, 1e10), (-1.0, 1.0)), 3)

    assert np.isinf(actual.losses[:, [0, 2]]).all()
    assert np.isfinite(actual.losses[:, 1]).all()


# What must not matter


@EVERY_KIND
@pytest.mark.parametrize("lanes", [1, 3, 1000])
def test_blocks_of_lanes_change_no_bit(monkeypatch, experiment, lanes):
    plane = plane_of(experiment)
    expected = computed(experiment, plane, UNIT, 9)
    monkeypatch.setattr(surfaces, "lanes_of_piece", lambda _model, _rows: lanes)
    monkeypatch.setattr(surfaces, "_FUNCTION_LANES", lanes)

    actual = computed(experiment, plane, UNIT, 9)

    assert np.array_equal(actual.losses, expected.losses)


def test_losses_in_blocks_of_rows(monkeypatch):
    """How rows are cut decides how sums round: a matter of the network alone."""
    experiment, plane = KINDS["network"], plane_of(KINDS["network"])
    expected = computed(experiment, plane, UNIT, 5)
    monkeypatch.setattr(pieces, "_PIECE_ROWS", 7)

    actual = computed(experiment, plane, UNIT, 5)

    np.testing.assert_allclose(actual.losses, expected.losses, rtol=1e-13)


@EVERY_KIND
def test_refining_computes_the_rest_and_changes_no_bit(monkeypatch, experiment):
    plane, window = plane_of(experiment), Window((-0.7, 1.3), (-1.1, 0.4))
    coarse = computed(experiment, plane, window, 31)
    expected = computed(experiment, plane, window, 61)
    counts = []
    losses = surfaces._losses

    def counting(problem, rows, lanes, out):
        counts.append(len(out))
        yield from losses(problem, rows, lanes, out)

    monkeypatch.setattr(surfaces, "_losses", counting)

    actual = computed(experiment, plane, window, 61, known=coarse)
    again = computed(experiment, plane, window, 61, known=actual)

    assert counts == [61**2 - 31**2]  # and nothing the second time
    assert np.array_equal(actual.losses, expected.losses)
    assert np.array_equal(again.losses, expected.losses)
    assert np.array_equal(actual.losses[::2, ::2], coarse.losses)


def test_what_is_known_of_another_plane_or_other_rows_is_not_taken():
    experiment = KINDS["network"]
    plane, other = (random_plane(NETWORK, initial_params(experiment, 0), seed) for seed in (0, 1))
    expected = computed(experiment, plane, UNIT, 5)
    foreign = computed(experiment, other, UNIT, 5)
    sampled = computed(experiment, plane, UNIT, 5, n_rows=50)

    for known in (foreign, sampled):
        assert not np.array_equal(known.losses, expected.losses)
        actual = computed(experiment, plane, UNIT, 5, known=known)
        assert np.array_equal(actual.losses, expected.losses)


def test_each_size_refines_the_one_before():
    assert GRID_SIZES[0] == 31
    for coarse, fine in pairwise(GRID_SIZES):
        assert fine == 2 * coarse - 1
        assert fine in LIMITS["grid"]


# A subsample of the rows


def test_a_subsample_is_named_and_always_the_same():
    experiment = KINDS["network"]
    plane = plane_of(experiment)

    once, again = (computed(experiment, plane, UNIT, 5, n_rows=50) for _ in range(2))
    other = computed(experiment.model_copy(update={"data_seed": 1}), plane, UNIT, 5, n_rows=50)

    assert (once.n_rows, once.is_sampled) == (50, True)
    assert np.array_equal(once.losses, again.losses)
    assert not np.array_equal(once.losses, other.losses)
    everything = computed(experiment, plane, UNIT, 5, n_rows=300)
    assert not everything.is_sampled
    assert np.array_equal(everything.losses, computed(experiment, plane, UNIT, 5).losses)


def test_a_subsample_is_training_rows_without_repetition():
    experiment = Experiment(problem=Network(dataset=TwoMoons(rows=40), hidden=(3,)))
    params = initial_params(experiment, 0)[None]
    chosen = surfaces._sample(experiment, 12)

    rows = data(experiment)
    assert len(set(chosen.tolist())) == 12
    others = surfaces._sample(experiment.model_copy(update={"data_seed": 1}), 12)
    assert not np.array_equal(others, chosen)
    targets = plain.one_hot(rows.training_targets[chosen], 1)
    expected = plain.loss(
        (2, 3, 1), experiment.problem, params, rows.training_inputs[chosen], targets
    )
    np.testing.assert_allclose(training_losses(experiment, params, 12), expected, rtol=1e-12)


# Interrupted and refused


def test_progress_can_be_told_every_50_ms_and_grows(monkeypatch):
    """Between two looks at the clock there is work of less than that, by the estimate."""
    monkeypatch.setattr(surfaces, "_PAUSE_SECONDS", -1.0)  # give way at every look
    experiment = Experiment(problem=Network(hidden=(32, 32)))
    points_done = []
    for progress in surface(experiment, plane_of(experiment), UNIT, 61):
        points_done.append(progress.points)
        if len(points_done) == 10:
            break

    each = estimate_surface(experiment, 61).seconds / 61**2
    assert max(np.diff(points_done)) * each < 0.05
    assert points_done == sorted(points_done)
    assert 0 < points_done[-1] < progress.total == 61**2


def test_large_data_are_made_while_it_gives_way(monkeypatch):
    """Its data wait until it has given way three times; else they wait in vain for a while."""
    may_go_on, in_time = threading.Event(), []
    make = training.problem_of

    def waiting(experiment):
        in_time.append(may_go_on.wait(120))
        return make(experiment)

    monkeypatch.setattr(training, "problem_of", waiting)
    dataset = Blobs(rows=5_000, features=100, classes=3)
    experiment = Experiment(problem=Network(dataset=dataset, hidden=(), loss="cross_entropy"))
    computation = surface(experiment, Plane(np.zeros(303), np.eye(303)[:2]), UNIT, 3)

    assert [next(computation).points for _ in range(3)] == [0, 0, 0]
    may_go_on.set()
    assert all(progress.total == 9 for progress in computation)
    assert in_time == [True]


def test_closing_ends_it():
    experiment = Experiment(problem=Network(hidden=(64, 64)))
    computation = surface(experiment, plane_of(experiment), UNIT, 61)
    next(computation)
    computation.close()

    assert list(computation) == []


def test_no_floating_point_setting_leaks_into_a_pause():
    experiment = Experiment(problem=Network(hidden=(64, 64)))
    before = np.geterr()

    next(surface(experiment, plane_of(experiment), UNIT, 61))

    assert np.geterr() == before


@pytest.mark.parametrize(
    ("options", "field", "value", "limits"),
    [
        ({"size": 1}, "size", 1, LIMITS["grid"]),
        ({"size": 242}, "size", 242, LIMITS["grid"]),
        ({"n_rows": 0}, "n_rows", 0, None),
        ({"n_rows": 301}, "n_rows", 301, None),
    ],
)
def test_what_is_out_of_range_is_refused_at_once(options, field, value, limits):
    experiment = KINDS["network"]
    with pytest.raises(InvalidInput) as caught:
        surface(experiment, plane_of(experiment), UNIT, **options)

    error = caught.value
    assert (error.code, error.field, error.value) == ("out_of_range", field, value)
    assert (error.limits.low, error.limits.high) == (
        (limits.low, limits.high) if limits else (1, 300)
    )


def test_a_plane_of_another_problem_is_refused():
    with pytest.raises(InvalidInput) as caught:
        surface(KINDS["network"], plane_of(KINDS["function"]), UNIT)

    assert (caught.value.code, caught.value.field) == ("wrong_length", "plane.origin")
    assert caught.value.value == 2


# The estimate


def test_the_estimate_bounds_the_memory_and_needs_none():
    network = Network(dataset=TwoMoons(rows=20_000), hidden=(30, 30))
    experiment = Experiment(problem=network)
    plane = plane_of(experiment)
    tracemalloc.start()
    cost = estimate_surface(experiment, 31, 5_000)
    assert tracemalloc.get_traced_memory()[1] < 1e5
    computation = surface(experiment, plane, UNIT, 31, n_rows=5_000)
    for _ in range(8):
        next(computation)
    peak = tracemalloc.get_traced_memory()[1]
    computation.close()
    tracemalloc.stop()

    assert peak < cost.bytes < 10 * peak
    assert cost.rows == 31**2 * 5_000
    assert cost.updates == 0


def test_the_estimated_surface_has_the_size_it_has():
    for experiment in KINDS.values():
        actual = computed(experiment, plane_of(experiment), UNIT, 31)
        kept = sum(
            getattr(actual, field.name).nbytes
            for field in fields(actual)
            if isinstance(getattr(actual, field.name), np.ndarray)
        )
        kept += actual.plane.origin.nbytes + actual.plane.directions.nbytes
        assert estimate_surface(experiment, 31).history_bytes == kept


def test_more_is_estimated_to_take_longer():
    experiment = KINDS["network"]
    quick = estimate_surface(experiment, 31)

    assert estimate_surface(experiment, 121).seconds > 8 * quick.seconds
    assert estimate_surface(experiment, 31, 30).seconds < quick.seconds / 3
    heavy = Experiment(problem=Network(hidden=(256, 256)))
    assert estimate_surface(heavy, 31).seconds > 20 * quick.seconds


def test_a_surface_of_the_largest_network_fits_the_memory():
    largest = Network(
        dataset=Blobs(rows=60_000, features=784, classes=10),
        hidden=(200, 200),
        loss="cross_entropy",
    )
    cost = estimate_surface(Experiment(problem=largest), 241)

    cost.check_memory()
    with pytest.raises(InvalidInput) as caught:
        cost.check_time()
    assert caught.value.field == "seconds"


# One neuron under two losses


def test_both_losses_of_one_neuron_on_the_same_plane():
    squared, entropy = under_both_losses(Experiment(problem=ONE_NEURON))
    plane, window = exact_plane(ONE_NEURON), Window((-4.0, 4.0), (-3.0, 3.0))
    rows = data(squared)
    w, b = np.meshgrid(np.linspace(-4, 4, 5), np.linspace(-3, 3, 5))
    p = 1 / (1 + np.exp(-(w[..., None] * rows.training_inputs[:, 0] + b[..., None])))
    is_one = rows.training_targets == 1

    np.testing.assert_allclose(
        computed(squared, plane, window, 5).losses,
        np.square(p - is_one).mean(axis=-1),
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        computed(entropy, plane, window, 5).losses,
        -np.log(np.where(is_one, p, 1 - p)).mean(axis=-1),
        rtol=1e-10,
    )
    assert squared.problem.n_params == entropy.problem.n_params == 2
    assert squared.runs == entropy.runs


@pytest.mark.parametrize(
    ("loss", "weight"), [("half_mean_squared_error", 0.5), ("half_sum_of_squares", 0.5)]
)
def test_the_squared_error_keeps_its_scale_and_both_losses_their_penalty(loss, weight):
    update = {"loss": loss, "output_activation": "sigmoid", "l2": 0.3}
    own = Experiment(problem=ONE_NEURON.model_copy(update=update))
    squared, entropy = under_both_losses(own)
    (plain, bare) = under_both_losses(Experiment(problem=ONE_NEURON))
    at = np.array([[1.5, -0.5], [0.0, 2.0]])
    penalty = 0.15 * np.square(at).sum(axis=1)

    assert squared == own
    np.testing.assert_allclose(
        training_losses(squared, at), weight * training_losses(plain, at) + penalty, rtol=1e-13
    )
    np.testing.assert_allclose(
        training_losses(entropy, at), training_losses(bare, at) + penalty, rtol=1e-13
    )


@pytest.mark.parametrize("problem", [Function(), KINDS["softmax"].problem, KINDS["line"].problem])
def test_only_two_classes_have_both_losses(problem):
    runs = [Run(optimizer=SGD(), learning_rate=0.1, batch_size=1)]
    with pytest.raises(InvalidInput) as caught:
        under_both_losses(Experiment(problem=problem, runs=runs))

    assert caught.value.code == "conflict"


def test_losses_at_the_logit_have_closed_forms():
    logits = np.linspace(-30, 12, 85)
    p = 1 / (1 + np.exp(-logits))

    actual = sigmoid_losses(logits)

    np.testing.assert_allclose(actual.probabilities, p, rtol=1e-14)
    np.testing.assert_allclose(actual.cross_entropy, -np.log(p), rtol=1e-9)
    np.testing.assert_allclose(actual.cross_entropy_slope, p - 1, rtol=1e-9)
    np.testing.assert_allclose(actual.squared_error, (1 - p) ** 2, rtol=1e-9)
    np.testing.assert_allclose(actual.squared_error_slope, -2 * p * (1 - p) ** 2, rtol=1e-9)


def test_confident_and_wrong():
    """Where p -> 0 the cross-entropy pulls with slope -1; the squared error lets go."""
    actual = sigmoid_losses(np.array([-40.0, -700.0]))

    np.testing.assert_allclose(actual.cross_entropy_slope, -1, rtol=1e-15)
    np.testing.assert_allclose(actual.cross_entropy, [40, 700], rtol=1e-15)
    np.testing.assert_allclose(actual.squared_error, 1, rtol=1e-15)
    assert (np.abs(actual.squared_error_slope) < 1e-16).all()


def test_slopes_are_derivatives_of_the_losses():
    logits, step = np.linspace(-6, 6, 25), 1e-6
    above, below, here = (sigmoid_losses(logits + shift) for shift in (step, -step, 0))

    for name in ("cross_entropy", "squared_error"):
        expected = (getattr(above, name) - getattr(below, name)) / (2 * step)
        np.testing.assert_allclose(getattr(here, f"{name}_slope"), expected, atol=1e-9)


def test_the_default_window_of_a_history_shows_where_its_runs_went():
    history = fit(Experiment(problem=ONE_NEURON, runs=RUNS, budget=Budget(amount=30)))
    plane = exact_plane(ONE_NEURON)

    actual = computed(history.experiment, plane, default_window(plane, history), 31)

    ends = [run.training_loss.final[0] for run in history.runs]
    assert actual.losses.min() <= max(ends)
    for array in (actual.x, actual.y, actual.losses):
        assert not array.flags.writeable
