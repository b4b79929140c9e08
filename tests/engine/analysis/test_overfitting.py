"""Too few and too many epochs, against training's own patience and runs whose fate is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import (
    Budget,
    Experiment,
    Function,
    InvalidInput,
    Network,
    Run,
    alone_to_the_end,
    epoch_losses,
    fit,
    patience_stop,
)
from engine.analysis.overfitting import judged
from engine.experiment import Stopping
from engine.problems.datasets import Line, TwoMoons
from engine.rules import SGD, Adam

# What these run is covered by others, and tracing makes it three times as long.
UNTRACED = pytest.mark.no_cover


def memorised(data_seed, **fields):
    """Fifty overlapping rows and a network large enough to learn them by heart."""
    return Experiment(
        problem=Network(
            dataset=TwoMoons(rows=100, noise=0.4), validation_share=0.5, hidden=(32, 32)
        ),
        runs=(Run(optimizer=Adam(), learning_rate=0.01, batch_size="all"),),
        budget=Budget(amount=500),
        data_seed=data_seed,
        **fields,
    )


def line(amount, rate=0.05):
    return Experiment(
        problem=Network(dataset=Line(rows=40), hidden=(), loss="mean_squared_error"),
        runs=(Run(optimizer=SGD(), learning_rate=rate, batch_size="all"),),
        budget=Budget(amount=amount),
    )


def losses_of(experiment):
    return epoch_losses(fit(alone_to_the_end(experiment, 0)).runs[0])


@pytest.mark.parametrize("data_seed", range(4))
def test_a_large_network_overfits_a_few_rows_for_certain(data_seed):
    losses = losses_of(memorised(data_seed))

    assert losses.verdict == "overfits"
    assert losses.best < 250
    assert losses.validation[-1] > 1.5 * losses.validation[losses.best]
    assert losses.training[-1] < 0.5 * losses.training[losses.best]


def test_a_run_that_is_still_falling_underfits():
    losses = losses_of(line(5))

    assert (losses.verdict, losses.best) == ("underfits", 5)


def test_a_run_that_has_arrived_levels_off():
    """Least squares has one minimum: on the way there the validation loss passes its lowest."""
    losses = losses_of(line(1_000))
    gain = losses.validation[0] - losses.validation[losses.best]

    assert losses.verdict == "levels_off"
    assert losses.best < 1_000
    assert 0 < losses.validation[-1] - losses.validation[losses.best] < 0.01 * gain


def test_a_diverged_run_is_called_so():
    losses = losses_of(line(50, rate=10.0))

    assert losses.verdict == "diverged"
    assert np.isfinite(losses.level).all()


def test_a_noisy_run_goes_up_and_down_and_its_lowest_epoch_is_a_lucky_one():
    losses = losses_of(Experiment())
    later = losses.validation[losses.best :]

    assert losses.verdict == "goes_up_and_down"
    assert later.max() > 2 * later.min()
    assert losses.near[0] < losses.best < losses.near[1] == 60


# Closed forms over epochs 0 ... 100, with their verdict and the epochs near the lowest level.

EPOCHS = np.arange(101.0)
FALLING = np.exp(-EPOCHS / 30)
CURVES = {
    "falls to 0": (FALLING, "underfits"),
    "falls along a line": (1 - EPOCHS / 200, "underfits"),
    "falls ever more slowly": (1 / (1 + EPOCHS), "underfits"),
    "falls to a plateau": (0.3 + np.exp(-EPOCHS / 8), "levels_off"),
    "never moves": (np.full(101, 0.3), "levels_off"),
    "falls and rises": (0.3 + ((EPOCHS - 40) / 100) ** 2, "overfits"),
    "doubles, though little of all that was gained": (
        np.exp(-EPOCHS / 4) + 1e-3 * (EPOCHS + 20),
        "overfits",
    ),
}


@pytest.mark.parametrize("noise", [0, 0.01, 0.03])
@pytest.mark.parametrize(("curve", "verdict"), CURVES.values(), ids=CURVES)
def test_a_curve_is_called_what_it_is_under_noise_as_well(curve, verdict, noise):
    factors = 1 + noise * np.random.default_rng(0).normal(size=101)

    assert judged(FALLING, curve * factors).verdict == verdict


@pytest.mark.parametrize("noise", [0.2, 0.4])
@pytest.mark.parametrize("name", ["falls to a plateau", "never moves"])
def test_a_curve_lost_in_its_noise_goes_up_and_down(name, noise):
    factors = np.exp(noise * np.random.default_rng(1).normal(size=101))

    assert judged(FALLING, CURVES[name][0] * factors).verdict == "goes_up_and_down"


@UNTRACED
@pytest.mark.parametrize("epochs", [31, 61, 101, 501])
@pytest.mark.parametrize("noise", [0.05, 0.4])
def test_noise_alone_is_taken_for_a_change_in_few_draws_only(epochs, noise):
    """The lowest of many levels is a lucky one: that the last is above it says little."""
    draws = np.random.default_rng(0).normal(size=(200, epochs))
    falling = np.exp(-np.arange(epochs) / 30)
    verdicts = [judged(falling, 0.3 * np.exp(noise * draw)).verdict for draw in draws]

    assert sum(verdict in {"overfits", "underfits"} for verdict in verdicts) <= 10


@UNTRACED
@pytest.mark.parametrize("epochs", [31, 61, 101, 501])
@pytest.mark.parametrize("noise", [0.02, 0.05, 0.4])
def test_noise_from_the_first_epoch_on_is_not_getting_worse(epochs, noise):
    """A low start is one more draw of it, and both losses have it."""
    draws = np.random.default_rng(1).normal(size=(200, epochs))
    losses = 0.3 * np.exp(noise * draws)
    verdicts = [judged(row, row).verdict for row in losses]

    assert sum(verdict in {"worsens", "underfits", "overfits"} for verdict in verdicts) <= 10


def test_a_run_that_jumps_about_far_above_its_start_gets_worse():
    """Far above is further than its noise reaches."""
    jumps = 10 * np.exp(0.8 * np.random.default_rng(5).normal(size=61))
    jumps[0] = 0.7

    assert judged(jumps, jumps).verdict == "worsens"


def test_a_rise_is_seen_through_much_noise():
    factors = np.exp(0.2 * np.random.default_rng(2).normal(size=101))

    assert judged(FALLING, CURVES["falls and rises"][0] * factors).verdict == "overfits"


def test_a_rise_of_both_losses_is_no_overfitting():
    curve, _verdict = CURVES["falls and rises"]

    assert judged(curve, curve).verdict == "worsens"
    assert judged(FALLING, curve).verdict == "overfits"


def test_a_spike_changes_no_verdict():
    """exp(-t / 8) is below 3 % of its gain from epoch 29 on."""
    curve = CURVES["falls to a plateau"][0].copy()
    curve[[50, 80, 100]] *= 100
    spiked = judged(FALLING, curve)

    assert (spiked.verdict, spiked.near) == ("levels_off", (29, 100))


@pytest.mark.parametrize("epochs", [61, 201, 2_001])
def test_noise_is_its_standard_deviation(epochs):
    """Of few epochs it is as uncertain as they are few: the median of many runs is right."""
    values = 0.3 + 0.02 * np.random.default_rng(3).normal(size=(20_010 // epochs, epochs))
    actual = np.median([judged(row, row).noise for row in values])

    assert actual == pytest.approx(0.02, rel=0.1)


def test_what_only_falls_has_no_noise():
    assert judged(FALLING, FALLING).noise == 0.0


def test_epochs_near_the_lowest_have_a_level_like_it():
    """The lowest median of 11 is 0.3 + 0.03^2; 0.3 + x^2 is 3 % of the gain above at x = 0.0753."""
    curve, _verdict = CURVES["falls and rises"]

    assert judged(FALLING, curve).near == (33, 47)


@pytest.mark.parametrize("epochs", range(2, 30))
def test_few_epochs_are_judged_as_well(epochs):
    falling = np.exp(-np.arange(epochs) / epochs)

    assert judged(falling, falling).verdict == "underfits"
    assert judged(falling, falling[::-1]).verdict == "overfits"
    assert judged(falling[::-1], falling[::-1]).verdict == "worsens"


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_the_best_epoch_is_the_lowest_and_near_it(losses):
    validation = np.array(losses)
    actual = judged(validation, validation)

    assert actual.best == np.argmin(validation)
    assert 0 <= actual.near[0] <= actual.best <= actual.near[1] < len(losses)
    assert actual.window % 2 == 1
    assert len(actual.level) == len(losses)


@UNTRACED
def test_every_epoch_has_its_losses():
    run = fit(alone_to_the_end(memorised(0), 0)).runs[0]
    losses = epoch_losses(run)

    assert losses.epochs.tolist() == list(range(501))
    np.testing.assert_array_equal(losses.validation, run.validation_loss.last[0])
    assert losses.best == np.argmin(losses.validation)


@UNTRACED
@pytest.mark.parametrize("patience", [1, 3, 20])
def test_patience_stops_where_training_stops(patience):
    experiment = memorised(5)
    stopped = fit(experiment.model_copy(update={"stopping": Stopping(patience=patience)})).runs[0]

    expected = int(stopped.last_step[0]) if stopped.status == ("patience",) else None
    assert patience_stop(losses_of(experiment).validation, patience) == expected
    assert expected is not None


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(1, 8))
def test_patience_by_brute_force(losses, patience):
    expected, best, since = None, np.inf, 0
    for epoch, loss in list(enumerate(losses))[1:]:
        since = 0 if loss < best else since + 1
        best = min(best, loss)
        if since >= patience and expected is None:
            expected = epoch

    assert patience_stop(np.array(losses, dtype=float), patience) == expected


def test_a_run_goes_to_the_end_alone():
    experiment = memorised(0, seeds=(3, 4), stopping=Stopping(patience=1), record_every=7)
    alone = alone_to_the_end(experiment, 0)

    assert alone.seeds == (3,)
    assert alone.stopping == Stopping()
    assert alone.record_every is None
    assert alone.runs == experiment.runs


@pytest.mark.parametrize(("unit", "amount"), [("iterations", 40), ("rows_seen", 400)])
def test_other_budgets_become_whole_epochs(unit, amount):
    experiment = Experiment(
        problem=Network(dataset=TwoMoons(rows=40), validation_share=0.5),
        runs=(Run(optimizer=SGD(), learning_rate=0.1, batch_size=10),),
        budget=Budget(amount=amount, unit=unit),
    )

    assert alone_to_the_end(experiment, 0).budget == Budget(amount=20)


@pytest.mark.parametrize(
    ("experiment", "field"),
    [
        (Experiment(problem=Network(validation_share=0.0)), "validation_share"),
        (Experiment(problem=Function()), "problem"),
        (Experiment(budget=Budget(amount=3, unit="iterations")), "iterations"),
        (Experiment(budget=Budget(amount=288, unit="rows_seen")), "rows_seen"),
        (Experiment(budget=Budget(amount=200_000, unit="iterations")), "epochs"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_by_its_field(experiment, field):
    with pytest.raises(InvalidInput) as refused:
        alone_to_the_end(experiment, 0)

    assert refused.value.field == field


def test_a_run_that_is_not_there_is_refused():
    with pytest.raises(InvalidInput) as refused:
        alone_to_the_end(Experiment(), 7)

    assert refused.value.field == "run"
