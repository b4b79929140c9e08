"""Mistakes found in other teaching tools and libraries, each with a test that would catch it here.

The numbers D1 ... D22 are those of the survey of the field; what only a drawing or a page could get
wrong is tested there.
"""

import dataclasses

import numpy as np
import pytest

from engine import (
    Budget,
    Experiment,
    Function,
    Network,
    Run,
    Stopping,
    batches,
    data,
    fit,
    initial_params,
    layers,
    minimize,
)
from engine.counts import Counts
from engine.landscape.planes import principal_plane, random_plane
from engine.problems.datasets import Line, SingleRow, TwoMoons
from engine.problems.functions import Ravine, Rosenbrock
from engine.problems.network_problem import NetworkProblem
from engine.rules import RULES, SGD, SOAP, Adagrad, Adam, AdamW, Momentum, Nesterov, RMSprop
from tests.engine import plain
from tests.engine.rules.facts import facts, portions

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover


def constant_gradient(rule, steps):
    """Directions of a rule while the gradient is 1."""
    path = minimize(np.ones_like, [0.0], rule, 1.0, steps)[:, 0]
    return path[:-1] - path[1:]


def run_of(rule, rate, **fields):
    return Run(optimizer=rule, learning_rate=rate, **{"batch_size": 1, **fields})


def on_function(function, *runs, steps=50, start=None, **fields):
    problem = Function(function=function, start=start)
    budget = Budget(amount=steps, unit="iterations")
    return fit(Experiment(problem=problem, runs=runs, budget=budget, **fields)).runs


def on_line(*runs, epochs=5, rows=250, **fields):
    problem = Network(
        dataset=Line(rows=rows),
        validation_share=0,
        hidden=(),
        loss="mean_squared_error",
        bias=False,
    )
    return Experiment(problem=problem, runs=runs, budget=Budget(amount=epochs), **fields)


def test_d1_adam_divides_by_the_bias_correction():
    """Multiplied instead, the first step is 0.01 x its right size and the largest 3.17 x."""
    directions = constant_gradient(Adam(beta1=0.9, beta2=0.99), 200)

    np.testing.assert_allclose(directions, 1, rtol=1e-6)


def test_d1_steps_are_counted_in_updates_not_in_rows():
    """With 250 rows in batches of 1 or of 250, the first update of Adam is its rate."""
    for size in (1, 8, "all"):
        run = fit(on_line(run_of(Adam(), 0.01, batch_size=size), epochs=1)).runs[0]
        assert run.update_norm.first[0, 0] == pytest.approx(0.01, rel=1e-6)


def test_d2_heavy_ball_shrinks_by_the_root_of_mu():
    """sqrt(0.99) = 0.99499 a step in the complex case, not 2 sqrt(0.99), which would grow."""
    path = np.abs(minimize(lambda p: p, [1.0], Momentum(momentum=0.99), 0.1, 2_000)[:, 0])

    rate = (path[1500:2000].max() / path[500:1000].max()) ** (1 / 1000)
    assert rate == pytest.approx(0.99499, rel=1e-3)


def test_d3_gradients_are_exact_to_the_last_digits():
    """A difference with a step of 1e-12 is wrong in the fifth digit."""
    points = np.random.default_rng(0).normal(size=(20, 2))
    for axis in range(2):
        exact = Rosenbrock().value(points + 1e-30j * np.eye(2)[axis]).imag / 1e-30
        np.testing.assert_allclose(Rosenbrock().gradient(points)[:, axis], exact, rtol=1e-13)


def test_d3_a_flat_place_ends_nothing_unless_asked():
    """All zeros are a saddle of this network: no gradient, a loss far from its smallest."""
    problem = Network(dataset=TwoMoons(rows=40), hidden=(4,), bias=False, start="zeros")
    runs = (run_of(SGD(), 0.1, batch_size="all"),)

    stays = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=9))).runs[0]
    asked = fit(
        Experiment(
            problem=problem,
            runs=runs,
            budget=Budget(amount=9),
            stopping=Stopping(gradient_norm=1e-9),
        )
    ).runs[0]

    assert stays.status == ("budget",)
    assert stays.last_step.tolist() == [9]
    assert asked.status == ("gradient_norm",)
    assert asked.last_step.tolist() == [0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("rate", [1e-3, 0.3, 7.0])
def test_d4_no_rule_multiplies_its_rate_in_secret(rule, rate):
    """The first update is exactly rate x direction, and the direction does not know the rate."""

    def first_step(rate):
        return minimize(np.ones_like, [0.0], rule(), rate, 1, hessian=lambda _: np.eye(1)[None])[1]

    first = first_step(1.0)[0]
    assert first_step(rate)[0] == pytest.approx(rate * first, rel=1e-14)
    assert -first == pytest.approx(facts(rule).first, rel=1e-6)


def test_d4_d14_positions_are_not_clipped_to_a_window():
    runs = on_function(
        Ravine(), run_of(SGD(), 1.05), run_of(Momentum(), 2.5), steps=200, start=(1e5, 1e5)
    )

    for run in runs:
        assert np.abs(run.params).max() > 1e7


def test_d5_adam_corrects_its_bias_and_keeps_its_own_defaults():
    assert (Adam().beta1, Adam().beta2) == (0.9, 0.999)
    # Without correction: 0.1 / sqrt(0.001) = 3.16 at first.
    assert constant_gradient(Adam(), 1)[0] == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("rules", portions(Function()), ids=len)
def test_d5_all_runs_of_an_experiment_get_the_same_budget(rules):
    runs = [run_of(rule(), 1e-3) for rule in rules]

    assert {int(run.last_step[0]) for run in on_function(Ravine(), *runs, steps=200)} == {200}


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
def test_d6_d19_d22_gradients_are_not_clipped(size):
    path = minimize(lambda points: np.full_like(points, size), [0.0, 0.0], SGD(), 1.0, 3)

    assert path[-1].tolist() == [-3 * size] * 2


def test_d6_a_large_gradient_of_a_network_is_used_whole():
    problem = Network(
        dataset=Line(rows=4),
        validation_share=0,
        hidden=(),
        bias=False,
        loss="mean_squared_error",
        start=(1e6,),
    )
    experiment = Experiment(
        problem=problem, runs=(run_of(SGD(), 0.5, batch_size="all"),), budget=Budget(amount=1)
    )
    x = data(experiment).training_inputs[:, 0]

    run = fit(experiment).runs[0]

    assert run.update_norm.first[0, 0] == 0.5 * run.batch_gradient_norm.first[0, 0]
    assert run.batch_gradient_norm.first[0, 0] == pytest.approx(2 * 1e6 * (x @ x) / 4, rel=1e-5)


def test_d7_rows_are_shuffled_anew_every_epoch():
    experiment = on_line(run_of(SGD(), 0.1, batch_size=30), epochs=6)
    actual = [tuple(batch) for batch in batches(experiment, 0, 0)]

    assert len({actual[i] for i in range(0, len(actual), 9)}) == 6


def test_d7_left_over_rows_do_not_leak_into_the_next_epoch():
    """250 rows in batches of 30: nine updates, the last of ten rows, averaged over ten."""
    experiment = on_line(run_of(SGD(), 0.1, batch_size=30), epochs=2, record_every=1)
    rows, run = data(experiment), fit(experiment).runs[0]
    actual = list(batches(experiment, 0, 0))

    assert [len(batch) for batch in actual] == ([30] * 8 + [10]) * 2
    for step, batch in enumerate(actual):
        x, y = rows.training_inputs[batch, 0], rows.training_targets[batch, 0]
        gradient = 2 * np.mean((run.params[0, step, 0] * x - y) * x)
        moved = run.params[0, step, 0] - run.params[0, step + 1, 0]
        assert moved == pytest.approx(0.1 * gradient, rel=1e-10)


def test_d8_nesterov_uses_the_new_velocity():
    """After 30 steps on the ravine: 0.02378 in three libraries, 0.01385 with the slip."""
    path = minimize(Ravine().gradient, [-7.0, 2.0], Nesterov(momentum=0.9), 0.1, 30)

    assert Ravine().value(path[-1:])[0] == pytest.approx(0.02378, abs=5e-6)


@pytest.mark.parametrize(
    ("rows", "size", "per_epoch"), [(60_000, 128, 469), (1_000, 32, 32), (250, 30, 9)]
)
def test_d9_iterations_of_an_epoch_are_whole_numbers(rows, size, per_epoch):
    counts = Counts(rows, size)

    assert counts.per_epoch == per_epoch
    assert isinstance(counts.per_epoch, int)
    assert counts.iterations(20, "epochs") == 20 * per_epoch


def test_d9_every_epoch_is_recorded():
    """250 rows in batches of 30, ten epochs: eleven records with the start, not one."""
    run = fit(on_line(run_of(SGD(), 0.01, batch_size=30), epochs=10)).runs[0]

    assert run.training_loss.steps.tolist() == list(range(0, 91, 9))


def test_d9_shuffled_batches_draw_no_row_twice_in_an_epoch():
    experiment = on_line(run_of(SGD(), 0.01, batch_size=30), epochs=3)
    actual = list(batches(experiment, 0, 0))

    for epoch in range(3):
        rows = np.concatenate(actual[9 * epoch : 9 * epoch + 9])
        assert sorted(rows.tolist()) == list(range(250))


def test_d10_no_schedule_falls_with_the_rows_seen():
    """A constant rate stays constant: the update of SGD is the rate x the gradient to the end."""
    run = fit(on_line(run_of(SGD(), 0.01), epochs=10)).runs[0]

    np.testing.assert_allclose(
        run.update_norm.last, 0.01 * run.batch_gradient_norm.last, rtol=1e-14
    )


def test_d11_principal_directions_stay_orthonormal():
    """Scaled unit by unit after the fact they would not be, and coordinates would be wrong."""
    problem = Network(dataset=TwoMoons(rows=40), hidden=(5, 3))
    runs = [run_of(rule(), 0.05, batch_size=8) for rule in (SGD, Momentum, Adam)]
    history = fit(Experiment(problem=problem, runs=runs, budget=Budget(amount=5)))

    plane = principal_plane(history)

    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    path = history.runs[0].params[0]
    projected = (path - plane.origin) @ plane.directions.T
    np.testing.assert_allclose(plane.coordinates(path), projected, atol=1e-12)


def test_d11_coordinates_do_not_ask_for_a_right_angle():
    """Random directions have none: the cosine with each by itself says another point."""
    problem = Network(dataset=TwoMoons(rows=40), hidden=(2,))
    origin = initial_params(Experiment(problem=problem), seed=0)
    plane = random_plane(problem, origin, seed=1)
    first, second = plane.directions
    points = np.array([[1.0, 0.0], [-0.3, 2.0], [0.7, -0.4]])

    assert abs(first @ second) > 0.5 * np.linalg.norm(first) * np.linalg.norm(second)
    np.testing.assert_allclose(plane.coordinates(plane.params(points)), points, atol=1e-12)
    np.testing.assert_allclose(plane.distances(plane.params(points)), 0, atol=1e-12)


def test_d12_biases_have_no_part_in_random_directions():
    """Neither do they move, nor does their size change how far the weights of their unit go."""
    problem = Network(dataset=TwoMoons(rows=40), hidden=(5, 3), start="uniform")
    experiment = Experiment(problem=problem)
    origin = initial_params(experiment, seed=0)
    plane = random_plane(problem, origin, seed=4)

    for direction in plane.directions:
        for (weights, biases), (given, offsets) in zip(
            layers(experiment, direction), layers(experiment, origin), strict=True
        ):
            assert not biases.any()
            assert offsets.all()
            np.testing.assert_allclose(
                np.linalg.norm(weights, axis=1), np.linalg.norm(given, axis=1), rtol=1e-12
            )


@pytest.mark.parametrize("rule", [Adam, AdamW, RMSprop, Adagrad])
def test_d13_epsilon_is_added_to_the_root_not_to_the_update(rule):
    """With epsilon 1: no gradient moves nothing, a gradient of 1 half of its step."""
    optimizer = rule(epsilon=1.0) if rule is not AdamW else AdamW(epsilon=1.0, weight_decay=0.0)

    assert minimize(np.zeros_like, [0.0], optimizer, 1.0, 5).tolist() == [[0.0]] * 6
    root = 0.1**0.5 if rule is RMSprop else 1.0
    assert constant_gradient(optimizer, 1)[0] == pytest.approx(1 / (root + 1), rel=1e-12)


def test_d14_rmsprop_reads_its_own_decay():
    slow, fast = (
        constant_gradient(RMSprop(decay=0.99), 1)[0],
        constant_gradient(RMSprop(decay=0.5), 1)[0],
    )

    assert slow == pytest.approx(10, rel=1e-6)
    assert fast == pytest.approx(2**0.5, rel=1e-6)


def test_d16_adamw_corrects_its_bias():
    directions = constant_gradient(AdamW(weight_decay=0.0), 100)

    np.testing.assert_allclose(directions, 1, rtol=1e-6)


@pytest.mark.parametrize("rules", portions(Network()), ids=len)
def test_d17_d20_every_run_of_a_seed_starts_at_the_same_seeded_parameters(rules):
    problem = Network(dataset=TwoMoons(rows=40))
    runs = [run_of(rule(), 0.01, batch_size="all") for rule in rules]
    experiment = Experiment(problem=problem, runs=runs, budget=Budget(amount=1), seeds=(0, 1))

    first, again = fit(experiment), fit(experiment)

    starts = [run.params[:, 0].tobytes() for run in first.runs + again.runs]
    losses = {run.training_loss.first[:, 0].tobytes() for run in first.runs}
    assert len(set(starts)) == len(losses) == 1


def test_d18_adam_corrects_by_updates_not_by_epochs():
    """By epochs the steps at a constant gradient reach 2.13 x the rate with batches of one row."""
    line = on_line(run_of(Adam(beta1=0.9, beta2=0.99), 1e-6), epochs=1, rows=100)
    run = fit(line.model_copy(update={"record_every": 1})).runs[0]
    x, y = data(line).training_inputs[:, 0], data(line).training_targets[:, 0]

    m, v, w = 0.0, 0.0, run.params[0, 0, 0]
    for step, (row,) in enumerate(batches(line, 0, 0), start=1):
        gradient = 2 * (w * x[row] - y[row]) * x[row]
        m, v = 0.9 * m + 0.1 * gradient, 0.99 * v + 0.01 * gradient**2
        w -= 1e-6 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.99**step)) + 1e-8)
    assert run.params[0, -1, 0] - run.params[0, 0, 0] == pytest.approx(
        w - run.params[0, 0, 0], rel=1e-8
    )


def test_d18_adagrad_does_not_forget():
    """With a decay in the sum the steps at a constant gradient would not fall as 1 / sqrt(t)."""
    assert [field.name for field in dataclasses.fields(Adagrad)] == ["epsilon", "name"]
    assert constant_gradient(Adagrad(), 400)[-1] == pytest.approx(1 / 20, rel=1e-6)


@pytest.mark.parametrize("size", [6, 11, 19])
def test_d18_every_row_is_used_unless_dropping_is_asked_for(size):
    """20 rows in batches of 6, 11 or 19: the left-over rows train too."""
    experiment = on_line(run_of(SGD(), 0.1, batch_size=size), epochs=4, rows=20)
    kept = np.concatenate(list(batches(experiment, 0, 0)))

    assert np.bincount(kept, minlength=20).tolist() == [4] * 20


def test_d18_all_runs_read_one_row_order():
    runs = [run_of(rule(), 0.1, batch_size=5) for rule in (SGD, Adam, Momentum)]
    experiment = on_line(*runs, rows=20)

    orders = {tuple(np.concatenate(list(batches(experiment, i, 0)))) for i in range(3)}
    assert len(orders) == 1


def test_d19_stochastic_and_full_batch_descent_are_not_the_same():
    runs = fit(on_line(run_of(SGD(), 0.05), run_of(SGD(), 0.05, batch_size="all"))).runs

    assert runs[0].last_step.tolist() == [1250]
    assert runs[1].last_step.tolist() == [5]
    assert runs[0].digest() != runs[1].digest()


def test_d19_a_diverged_run_never_is_lowest():
    experiment = on_line(
        run_of(SGD(), 20.0, batch_size="all"), run_of(SGD(), 1e-6, batch_size="all"), epochs=60
    )

    history = fit(experiment)

    diverged, slow = history.runs
    assert diverged.status == ("diverged",)
    assert diverged.final_loss.tolist() == [np.inf]
    assert slow.training_loss.final[0] > 0.9 * slow.training_loss.first[0, 0]
    assert history.lowest == (1,)


def test_d20_runs_of_different_batch_sizes_are_given_the_same_epochs():
    runs = fit(
        on_line(*(run_of(SGD(), 1e-3, batch_size=size) for size in (1, 20, "all")), epochs=3)
    ).runs

    assert {int(run.rows_seen[0]) for run in runs} == {750}
    assert [int(run.last_step[0]) / run.per_epoch for run in runs] == [3, 3, 3]


@UNTRACED
@pytest.mark.parametrize("steps", [20, 2_000])
def test_d21_a_diverged_run_did_not_use_up_its_budget(steps):
    run, stable = on_function(Rosenbrock(), run_of(SGD(), 1.0), run_of(SGD(), 1e-4), steps=steps)

    assert run.status == ("diverged",)
    assert run.last_step[0] < 20
    assert stable.status == ("budget",)


def test_d21_no_other_ending_hides_divergence():
    asked = Stopping(target_loss=0.0, gradient_norm=0.0)

    (bent,) = on_function(Rosenbrock(), run_of(SGD(), 1.0), stopping=asked)
    (line,) = fit(on_line(run_of(SGD(), 1e7), stopping=asked)).runs

    assert bent.status == line.status == ("diverged",)


@pytest.mark.parametrize("rules", portions(Network()), ids=len)
def test_d22_noise_comes_from_the_batches_alone_for_every_rule_alike(rules):
    """With all rows in a batch nothing is random: two seeds from one start go the same way.

    Sums of rows in another order round differently, and that decides where SOAP's first axes lie
    in all directions that the first gradient does not have: it is tested by itself.
    """
    problem = Network(dataset=TwoMoons(rows=30), hidden=(), start="zeros")
    runs = [run_of(rule(), 0.1, batch_size="all") for rule in rules if rule is not SOAP]
    experiment = Experiment(problem=problem, runs=runs, budget=Budget(amount=20), seeds=(0, 1))

    for run in fit(experiment).runs:
        np.testing.assert_allclose(run.params[0], run.params[1], rtol=1e-10, atol=1e-13)


# The worked example of the lessons, with its slip put right


def test_two_by_two_sigmoid_network_of_the_lessons():
    """x = (0.2, 0.5), t = (0.2, 0.4), rate 0.5; o2 is sigmoid(0.51202998) = 0.62528223."""
    problem = Network(
        dataset=SingleRow(),
        validation_share=0,
        hidden=(2,),
        bias=False,
        activation="sigmoid",
        output_activation="sigmoid",
        loss="half_sum_of_squares",
        start=(0.4, 0.1, 0.4, 0.3, 0.25, 0.3, 0.7, 0.25),
    )
    run = run_of(SGD(), 0.5)
    experiment = Experiment(problem=problem, runs=(run,), budget=Budget(amount=1))
    rows = data(experiment)

    history = fit(experiment).runs[0]

    outputs, (hidden_sums, output_sums) = plain.outputs(
        (2, 2, 2), problem, history.params[0, 0], rows.training_inputs
    )
    np.testing.assert_allclose(hidden_sums[0], [0.13, 0.23], atol=5e-9)
    np.testing.assert_allclose(plain.sigmoid(hidden_sums[0]), [0.53245431, 0.55724785], atol=5e-9)
    np.testing.assert_allclose(output_sums[0], [0.30028793, 0.51202998], atol=5e-9)
    np.testing.assert_allclose(outputs[0], [0.57451290, 0.62528223], atol=5e-9)
    assert history.training_loss.first[0, 0] == pytest.approx(0.09550600, abs=5e-9)
    assert history.batch_loss.first[0, 0] == pytest.approx(0.09550600, abs=5e-9)
    slope = (history.params[0, 0] - history.params[0, 1]) / 0.5
    assert slope[4] == pytest.approx(0.04874559, abs=5e-9)
    assert history.params[0, 1, 4] == pytest.approx(0.22562721, abs=5e-9)


def test_public_two_by_two_example():
    """M. Mazur's example; it holds the biases, so one step is compared weight by weight."""
    problem = Network(
        dataset=SingleRow(),
        validation_share=0,
        hidden=(2,),
        activation="sigmoid",
        output_activation="sigmoid",
        loss="half_sum_of_squares",
        start=(0.15, 0.2, 0.35, 0.25, 0.3, 0.35, 0.4, 0.45, 0.6, 0.5, 0.55, 0.6),
    )
    row = dataclasses.replace(
        data(Experiment(problem=problem, runs=(run_of(SGD(), 0.5),))),
        training_inputs=np.array([[0.05, 0.1]]),
        training_targets=np.array([[0.01, 0.99]]),
    )
    work = NetworkProblem(problem, row)
    params, grads = np.array([problem.start]), np.empty((1, 12))
    batch = work.batches(params, grads, 1, 1, 1)
    batch.load(np.array([[0]]))
    for piece in batch.pieces(0, 1):
        piece()

    assert batch.losses(1, 1)[0, 0] == pytest.approx(0.298371109, abs=5e-10)
    moved = (params - 0.5 * grads)[0]
    np.testing.assert_allclose(
        moved[[6, 7, 9, 10]], [0.35891648, 0.40866619, 0.51130127, 0.56137012], atol=5e-9
    )
    np.testing.assert_allclose(
        moved[[0, 1, 3, 4]], [0.14978072, 0.19956143, 0.24975114, 0.29950229], atol=5e-9
    )
