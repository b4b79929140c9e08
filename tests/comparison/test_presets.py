"""What presets say about their numbers is true, for the data of ten seeds."""

import re
from itertools import pairwise

import numpy as np
import pytest

from comparison import edits
from comparison.document import Document
from comparison.presets import (
    COMPARE_PRESETS,
    FIRST_VIEWS,
    OPENING,
    OPENING_RATES,
    SPIRALS,
    SURFACE_PRESETS,
    shown_preset,
)
from comparison.words.sharpness import NEAR
from engine import (
    FEWEST_SEEDS,
    Budget,
    Run,
    claim,
    effective_learning_rates,
    estimate,
    fit,
    measure_sharpness,
    rate_curves,
    rate_sweep,
    score,
    under_both_losses,
)
from engine.problems.functions import Twin
from engine.rules import SGD, Adam, Momentum, RMSprop

# What is trained here is covered by others, and tracing makes it three times as long.
pytestmark = pytest.mark.no_cover
DATA_SEEDS = range(10)


def trained(experiment, data_seed=0, **fields):
    return fit(experiment.model_copy(update={"data_seed": data_seed, **fields}))


def compared(name, data_seed, **fields):
    return trained(COMPARE_PRESETS[name].experiment, data_seed, **fields)


def ways(history):
    """The median training loss of every run at every record."""
    return [np.median(run.training_loss.last, axis=0) for run in history.runs]


def ends(history):
    return [float(way[-1]) for way in ways(history)]


def accuracies(history):
    return [float(np.median(run.training_score.final)) for run in history.runs]


def share_of_rises(way):
    return float((np.diff(way) > 0).mean())


# The Compare page


@pytest.mark.parametrize("preset", COMPARE_PRESETS.values(), ids=COMPARE_PRESETS)
def test_a_preset_of_the_compare_page_is_there_at_once(preset):
    assert estimate(preset.experiment).seconds < 0.5
    assert preset.document.view.page.name == "training"


def test_the_opening_rates_are_the_best_of_nine_and_none_lies_at_the_edge():
    curves = rate_curves([score(rate_sweep(OPENING.experiment, OPENING_RATES))])

    assert len(OPENING_RATES) == 9
    for run, curve in zip(OPENING.experiment.runs, curves, strict=True):
        # Another processor rounds otherwise and may swap two rates of nearly equal loss.
        loss = curve.losses[OPENING_RATES.index(run.learning_rate)]
        assert loss <= 1.05 * curve.losses.min()
        assert run.learning_rate not in {OPENING_RATES[0], OPENING_RATES[-1]}


@pytest.mark.parametrize("data_seed", DATA_SEEDS)
def test_four_runs_of_the_opening_view_are_told_apart_by_eye(data_seed):
    history = compared("opening", data_seed)
    sgd, momentum, adagrad, adam = ways(history)

    for middle_or_end in (len(sgd) // 2, -1):
        assert sgd[middle_or_end] > 1.2 * adagrad[middle_or_end]
        assert adagrad[middle_or_end] > 1.2 * momentum[middle_or_end]
        assert momentum[middle_or_end] > 1.2 * adam[middle_or_end]
    assert len(history.experiment.seeds) == FEWEST_SEEDS == 5
    assert np.argmax(adam < 0.3) < np.argmax(sgd < 0.3) / 2
    assert min(accuracies(history)) > 0.9


@pytest.mark.parametrize("data_seed", DATA_SEEDS)
def test_seven_optimizers_are_not_told_apart(data_seed):
    history = compared("seven", data_seed)
    made = claim(history)

    assert (made.verdict, len(made.level) >= 4) == ("level", True)
    assert type(history.experiment.runs[0].optimizer) is SGD
    assert share_of_rises(ways(history)[0]) > 0.4


@pytest.mark.parametrize("data_seed", DATA_SEEDS)
def test_one_of_five_rates_of_adam_learns_the_spirals(data_seed):
    history = compared("adam", data_seed)
    crawling, slow, good, jumping, thrown = ways(history)
    guess = history.guess.training_loss

    assert all(way[-1] > 0.75 * guess and way[-20] > way[-1] for way in (crawling, slow))
    assert np.median(history.runs[2].validation_score.final) > 0.9
    assert good[-1] < 0.1
    assert jumping[-1] > 0.25
    assert share_of_rises(jumping) > 0.3
    assert thrown[:10].max() > 1.5 * thrown[0]
    assert 0.45 < accuracies(history)[4] < 0.57


@pytest.mark.parametrize("data_seed", DATA_SEEDS)
def test_a_batch_of_one_jitters_and_all_rows_go_down_smoothly(data_seed):
    history = compared("sizes", data_seed)
    smooth, mini, single = ways(history)

    assert share_of_rises(smooth) == 0
    assert share_of_rises(single) > 1 / 4
    assert np.abs(mini / smooth - 1).max() < 0.02
    assert smooth[-1] < single[-1] < 1.25 * smooth[-1] < 0.6 * smooth[0]


def test_equal_updates_are_unequal_rows_and_equal_epochs_unequal_updates():
    document = COMPARE_PRESETS["sizes"].document
    experiment = document.experiment
    rows = [experiment.counts(run).rows_seen(experiment.iterations(run)) for run in experiment.runs]
    assert (experiment.problem.training_rows, rows) == (300, [60_000, 6_000, 200])
    assert [experiment.iterations(run) for run in experiment.runs] == [200] * 3

    epochs = edits.count_in(document, "epochs").document.experiment
    assert [epochs.iterations(run) for run in epochs.runs] == [200, 2_000, 60_000]


@pytest.mark.parametrize("data_seed", DATA_SEEDS)
def test_more_momentum_helps_up_to_a_point(data_seed):
    history = compared("momentum", data_seed)
    assert [run.optimizer.momentum for run in history.experiment.runs] == [0, 0.5, 0.9, 0.99]
    none, half, most, too_much = ends(history)

    assert none > half > most
    assert too_much > most
    assert share_of_rises(ways(history)[3]) > 0.3


@pytest.mark.parametrize("data_seed", DATA_SEEDS)
def test_straight_lines_do_not_cut_three_spirals_apart_and_a_hidden_layer_does(data_seed):
    linear, network = (compared(name, data_seed) for name in ("linear", "network"))

    assert 0.5 < accuracies(linear)[0] < 0.58
    assert accuracies(network)[0] >= 0.94
    assert network.experiment.problem.layout.units == (2, 100, 3)


def test_more_steps_do_not_bend_a_straight_line():
    once, more = (compared("linear", 0, budget=Budget(amount=amount)) for amount in (400, 1_600))

    assert ends(more) == pytest.approx(ends(once), rel=1e-3)
    assert accuracies(more)[0] < 0.58


@pytest.mark.parametrize("data_seed", [0, 5])
def test_spirals_as_they_open_can_be_learnt(data_seed):
    edited = edits.choose_dataset(OPENING.document, SPIRALS.problem.dataset)
    experiment = edited.document.experiment

    assert experiment.problem == SPIRALS.problem
    (notice,) = edited.notices
    assert [word for word in ("32 ReLU units", "RMSprop", "200 epochs") if word not in notice] == []
    assert estimate(experiment).seconds < 2
    history = trained(experiment, data_seed, seeds=(0,))
    rules = [type(run.optimizer) for run in experiment.runs]
    learnt = dict(zip(rules, accuracies(history), strict=True))
    assert min(learnt[RMSprop], learnt[Adam]) >= 0.95


def test_layers_of_different_scales_stop_sgd_and_momentum_and_not_lars_and_lamb():
    for data_seed in DATA_SEEDS:
        sgd, momentum, lars, lamb = ends(compared("scales", data_seed))
        assert min(sgd, momentum) > 2 * max(lars, lamb), data_seed


def test_shampoo_finds_a_matrix_and_muon_cannot_settle():
    for data_seed in DATA_SEEDS:
        sgd, adam, muon, shampoo = ends(compared("matrix", data_seed))
        assert shampoo < 0.75 * min(sgd, adam), data_seed
        assert muon > max(sgd, adam), data_seed


@pytest.mark.parametrize(("name", "powers"), [("scales", -6), ("matrix", -4)])
def test_their_rates_are_the_best_of_those_that_are_told(name, powers):
    experiment, count = COMPARE_PRESETS[name].experiment, COMPARE_PRESETS[name].tried
    rates = tuple(float(f"{digit}e{power}") for power in range(powers, 2) for digit in (1, 2, 5))
    tried = score(rate_sweep(experiment, rates)).runs

    assert len(rates) == count
    for position, run in enumerate(experiment.runs):
        losses = [
            np.inf if one.status == ("diverged",) else float(one.training_loss.final[0])
            for one in tried[position * count : (position + 1) * count]
        ]
        # Another processor rounds otherwise and may swap two rates of nearly equal loss.
        assert losses[rates.index(run.learning_rate)] <= 1.05 * min(losses)
        assert run.learning_rate not in {rates[0], rates[-1]}


def test_rates_are_called_tried_where_a_sweep_is_held_against_them():
    assert {name for name, preset in COMPARE_PRESETS.items() if preset.tried} == {
        "opening",
        "scales",
        "matrix",
    }


@pytest.mark.parametrize("data_seed", [0, 5])
def test_three_runs_come_to_the_edge_of_stability_and_momentum_converges_below_it(data_seed):
    experiment = COMPARE_PRESETS["edge"].experiment.model_copy(update={"data_seed": data_seed})
    measured, history = measure_sharpness(experiment, 75), fit(experiment)
    *descents, momentum = measured.runs

    for one, run, began in zip(descents, history.runs, (0.43, 0.86, 1.29), strict=False):
        loss = run.batch_loss.last[0]  # of all rows, before every update
        assert one.ratios[0, 0] == pytest.approx(began, abs=0.01)
        assert np.median(one.ratios[one.later_half]) == pytest.approx(1, abs=NEAR)
        assert 0.2 < share_of_rises(loss[1_500:]) < 0.7
        assert loss[-1] < 0.7 * loss[1_500]
    assert momentum.ratios.max() < 0.8
    assert momentum.training_loss[-1, 0] < 1e-4
    assert all(experiment.is_full_batch(run) for run in experiment.runs)


# The Surfaces page


@pytest.fixture(scope="module")
def walked():
    """Function that returns the training of a preset of the Surfaces page."""
    return {name: fit(preset.experiment) for name, preset in SURFACE_PRESETS.items()}.__getitem__


def at_end(history):
    return [run.params[0, -1] for run in history.runs]


def with_run(name, run, amount=None):
    """The training of one run on a preset's surface."""
    experiment = SURFACE_PRESETS[name].experiment
    budget = experiment.budget if amount is None else Budget(amount=amount, unit="iterations")
    return fit(experiment.model_copy(update={"runs": (run,), "budget": budget})).runs[0]


def whole(rule, rate):
    return Run(optimizer=rule, learning_rate=rate, batch_size="all")


def test_momentum_helps_in_the_ravine(walked):
    zigzag, creeping, momentum = walked("ravine").runs
    loss = momentum.training_loss.last[0]
    high = with_run("ravine", whole(Momentum(0.9), 0.9)).training_loss.final[0]

    sides = np.sign(zigzag.params[0, :-1, 1])
    assert (sides[1:] != sides[:-1]).all()
    assert creeping.training_loss.final[0] > 100 * zigzag.training_loss.final[0]
    reached = int(np.argmax(loss <= zigzag.training_loss.final[0]))
    assert 0 < reached < 20
    assert high > zigzag.training_loss.final[0]
    assert with_run("ravine", whole(SGD(), 1.01)).training_loss.final[0] > 4


def test_the_books_figure_ends_where_the_book_ends(walked):
    wanted = [
        (-0.350393, 0.084782),
        (0.896414, 0.088086),
        (-0.120162, 2.5e-17),
        (0.136014, 0.318245),
    ]
    history = walked("four")

    np.testing.assert_allclose(at_end(history), wanted, rtol=1e-2, atol=6e-7)
    sgd, momentum, adagrad, adam = (run.params[0, :, 1] for run in history.runs)
    assert (np.sign(sgd[1:]) != np.sign(sgd[:-1])).all()
    assert np.abs(adagrad[5:]).max() < 0.05
    steps = np.linalg.norm(np.diff(history.runs[2].params[0], axis=0), axis=1)
    assert (np.diff(steps) < 0).all()
    assert adam.min() > momentum.min()
    assert SURFACE_PRESETS["four"].document.view.page.panels


def test_a_rate_is_too_small_good_oscillating_or_diverging(walked):
    small, good, jumping, diverging = walked("rates").runs
    assert small.training_loss.final[0] > 1.0
    assert good.training_loss.final[0] < 0.01
    assert np.abs(good.params[0, 2:, 1]).max() < 1e-12  # along the valley floor
    assert (np.diff(np.sign(jumping.params[0, :, 1])) != 0).all()
    assert jumping.training_loss.final[0] > good.training_loss.final[0]
    assert (np.diff(np.abs(diverging.params[0, :, 1])) > 0).all()


def test_momentum_rolls_through_a_dip_in_which_sgd_stops(walked):
    sgd, momentum = walked("dip").runs
    less = with_run("dip", whole(Momentum(0.5), 0.05))

    assert np.abs(np.diff(sgd.params[0, -10:, 0])).max() < 2e-3
    assert sgd.training_loss.final[0] > 0.05
    assert less.training_loss.final[0] > 0.05
    assert momentum.training_loss.final[0] < 1e-4


def test_momentum_and_adam_leave_a_saddle(walked):
    sgd, momentum, adam = (run.params[0, :, 1] for run in walked("saddle").runs)
    steps = np.diff(adam) / walked("saddle").experiment.runs[2].learning_rate

    assert abs(sgd[-1]) < 0.1
    assert momentum[-1] > 10
    assert (np.diff(momentum) > 0).all()
    assert (steps > 0.7).all()
    assert (steps < 1.4).all()


def test_adagrad_stalls_while_rmsprop_goes_on(walked):
    history = walked("adagrad")
    adagrad, rmsprop = history.runs
    falling, reviving = (
        effective_learning_rates(history.experiment, position, 0, (0,))[1][:, 0]
        for position in range(2)
    )
    assert (np.diff(falling) <= 0).all()
    assert reviving[0] == pytest.approx(falling[0], rel=0.3)
    assert reviving[-1] > 3 * reviving.min()
    assert rmsprop.training_loss.final[0] < 1e-3
    start, end = adagrad.params[0, [0, -1]]
    assert np.linalg.norm(end) > np.linalg.norm(start) / 2
    assert (np.diff(rmsprop.training_loss.last[0]) <= 0).all()  # no jump


def test_a_rate_for_each_parameter_lets_both_make_progress(walked):
    sgd, *others = at_end(walked("parameters"))
    start = walked("parameters").runs[0].params[0, 0]

    assert abs(sgd[0]) > 0.25 * abs(start[0])
    assert all(np.abs(end / start).max() < 0.05 for end in others)
    for run in walked("parameters").runs[1:]:
        x, y = np.abs(run.params[0, 1] - start)
        assert x == pytest.approx(y, rel=1e-6)
    assert with_run("parameters", whole(SGD(), 0.0201)).training_loss.final[0] > 50


def test_the_squared_error_does_not_get_away_from_a_confident_mistake():
    squared, crossed = map(fit, under_both_losses(SURFACE_PRESETS["losses"].experiment))

    def moved(history, step):
        ways = [run.params[0] for run in history.runs]
        return [float(np.linalg.norm(way[step] - way[0])) for way in ways]

    assert min(moved(crossed, 10)) > 1
    assert max(moved(squared, -1)) < 0.5


def test_adam_with_a_short_memory_walks_uphill_and_amsgrad_does_not(walked):
    sgd, short, amsgrad, usual = (run.params[0, :, 0] for run in walked("tug").runs)

    assert short[-1] > 1
    assert max(sgd[-1], amsgrad[-1], usual[-1]) < -0.8
    steps = np.diff(short[:90])  # before it reaches the wall
    left, right, other = steps[3::3], steps[4::3], steps[5::3]
    assert (left < 0).all()
    assert (right > 0).all()
    assert (other > 0).all()


def test_heavy_ball_runs_in_a_circle_of_three_points(walked):
    sgd, momentum, nesterov = (run.params[0] for run in walked("circle").runs)

    np.testing.assert_allclose(momentum[-3:, 0], momentum[-6:-3, 0], rtol=1e-6)
    assert len(np.unique(np.round(momentum[-9:, 0], 6))) == 3
    assert np.abs(sgd[-1]).max() < 0.01
    assert np.abs(nesterov[-1]).max() < 0.01


def test_adamw_ends_beside_the_minimum_of_a_penalised_loss(walked):
    experiment = SURFACE_PRESETS["decay"].experiment
    no_penalty = experiment.problem.model_copy(update={"l2": 0.0})
    without = fit(experiment.model_copy(update={"problem": no_penalty})).runs[0]
    sgd, adam, adamw = at_end(walked("decay"))

    np.testing.assert_allclose(sgd, adam, atol=1e-3)
    sizes = [np.linalg.norm(end) for end in (without.params[0, -1], sgd, adamw)]
    assert sizes[0] > 1.2 * sizes[1] > 1.2 * 1.1 * sizes[2]
    low, _, high = (run.training_loss.final[0] for run in walked("decay").runs)
    assert high > 1.05 * low


def test_a_rate_too_high_for_a_minimum_moves_along_the_valley_until_it_is_below_its_edge(walked):
    jumping, calm = walked("twin").runs
    ends = at_end(walked("twin"))

    sides = np.sign(np.prod(jumping.params[0], axis=1) - 1)
    assert (sides[1:] != sides[:-1]).mean() > 0.95
    assert (np.diff(calm.training_loss.last[0][:100]) < 0).all()
    assert 4 * (ends[1] @ ends[1]) == pytest.approx(28, abs=0.1)
    assert 19.8 < 4 * (ends[0] @ ends[0]) < 20
    assert np.diff(jumping.params[0, ::20, 0]).max() < 0  # on and on to the left
    for end in ends:
        assert np.linalg.eigvalsh(Twin().hessian(end[None]))[0, 1] == pytest.approx(
            4 * (end @ end), rel=1e-2
        )


# Both


@pytest.mark.parametrize("name", [*COMPARE_PRESETS, *SURFACE_PRESETS])
def test_a_preset_says_it_in_two_to_four_sentences(name):
    text = (COMPARE_PRESETS | SURFACE_PRESETS)[name].text

    assert 2 <= len(re.split(r"(?<=[.?!]) ", text)) <= 4


def test_every_preset_is_found_by_its_experiment():
    for presets in (COMPARE_PRESETS, SURFACE_PRESETS):
        experiments = [preset.experiment for preset in presets.values()]
        for (first, one), (second, other) in pairwise([*enumerate(experiments), (-1, None)]):
            assert one != other, (first, second)
        for preset in presets.values():
            assert shown_preset(preset.document) == preset


def test_a_preset_is_the_same_whatever_was_there_before():
    before = [FIRST_VIEWS["training"], Document(), COMPARE_PRESETS["linear"].document]
    for name, preset in COMPARE_PRESETS.items():
        assert {edits.use_preset(one, name).document for one in before} == {preset.document}
