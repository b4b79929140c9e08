"""Schedules: the factors of public libraries, the warm-up, the units, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from engine import Budget, Experiment, Function, InvalidInput, Network, Run
from engine.counts import Counts
from engine.problems.datasets import TwoMoons
from engine.rules import SGD
from engine.rules.schedules import (
    LENGTHS,
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    MultiStep,
    OneCycle,
    PolynomialDecay,
    ReduceOnPlateau,
    Step,
    Triangular,
    WarmRestarts,
    WarmUpStableDecay,
    Watched,
    intervals,
    words,
)
from tests.strategies import examples, schedules

RECORDED = json.loads((Path(__file__).parents[2] / "reference/schedules.json").read_text("utf-8"))
ONE_ROW = Counts(1, 1)
N = RECORDED["updates"]


def factors(schedule, total=N, counts=ONE_ROW, last=None):
    """The factors of updates 1, 2, ... of a run, up to its last or another one."""
    return schedule.factors(np.arange(1, (last or total) + 1), counts, total)


def recorded(name, setting=None):
    """What libraries gave for a schedule, with this setting if there are several."""
    (found,) = (
        one
        for one in RECORDED["schedules"]
        if one["schedule"] == name and (setting is None or one["setting"] == setting)
    )
    return found["results"]


def listed(results, library):
    """The factors of a library's result; one that is as the result above has the same to 1e-12."""
    factors = None
    for result in results:
        if not isinstance(result["factors"], str):
            factors = result["factors"]
        if library in result["library"]:
            return np.array(factors), result
    raise KeyError(library)


# Equal to libraries


EQUAL = [
    ("constant", None, Constant()),
    ("step decay", None, Step(10, 0.5, unit="updates")),
    ("multi-step", None, MultiStep((15, 35), 0.1, unit="updates")),
    ("exponential", None, Exponential(0.95, unit="updates")),
    ("inverse time", None, InverseTime(10, 0.5, unit="updates")),
    ("polynomial", {"power": 2.0, "end": 0.0, "length": 50}, PolynomialDecay(2.0, 0.0)),
    ("polynomial", {"power": 1.0, "end": 0.1, "length": 50}, PolynomialDecay(1.0, 0.1)),
    ("polynomial", {"power": 2.0, "end": 0.1, "length": 50}, PolynomialDecay(2.0, 0.1)),
    ("cosine", {"end": 0.0, "length": 50}, Cosine(0.0)),
    ("cosine", {"end": 0.1, "length": 50}, Cosine(0.1)),
    ("cosine with warm restarts", None, WarmRestarts(10, 2, 0.05, unit="updates")),
    ("linear warm-up", None, Constant(0.2, unit="share")),
    ("warm-up and cosine", None, Cosine(0.1, warm_up=0.2)),
    ("one-cycle, cosine", None, OneCycle()),
    ("one-cycle, linear", None, OneCycle(curve="linear")),
    ("cyclic, triangular", None, Triangular(0.1, 10, unit="updates")),
    ("cyclic, triangular2", None, Triangular(0.1, 10, 0.5, unit="updates")),
]


@pytest.mark.parametrize(("name", "setting", "schedule"), EQUAL)
def test_the_factors_are_those_of_the_libraries(name, setting, schedule):
    """At the level at which the written formula was recorded to be theirs, most often 0."""
    actual = factors(schedule)
    for result in recorded(name, setting):
        if isinstance(result["factors"], list) and "differs_at_updates" not in result:
            difference = np.abs(actual - result["factors"]).max()
            assert difference <= result["formula_within"], result["library"]


@pytest.mark.parametrize("curve", ["linear", "root", "cosine"])
def test_the_stable_phase_and_its_end_are_recorded_and_the_warm_up_starts_above_zero(curve):
    name = f"warm-up, stable, decay ({curve.replace('root', '1-sqrt')})"
    theirs, result = listed(recorded(name), "pytorch_optimizer")
    schedule = WarmUpStableDecay(15, curve, 50, 5, unit="updates")

    actual = factors(schedule)

    assert np.array_equal(actual[5:], theirs[5:])
    assert actual[:5].tolist() == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert theirs[:5].tolist() == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert result["after_the_end"] == [0.0, 0.0]
    assert factors(schedule, 52)[50:].tolist() == [actual[-1]] * 2  # the last value holds


# Where libraries differ


def test_keras_changes_one_update_later_at_milestones():
    theirs, result = listed(recorded("multi-step"), "keras")
    ours = factors(MultiStep((15, 35), 0.1, unit="updates"))

    assert (np.flatnonzero(ours != theirs) + 1).tolist() == result["differs_at_updates"] == [16, 36]


@pytest.mark.parametrize("end", [0.1, 0.5])
def test_after_its_end_a_cosine_holds_where_pytorch_rises_again(end):
    cosine = factors(Cosine(end, 50, unit="updates"), 60)

    assert cosine[50:].tolist() == [end] * 10
    if end == 0.1:
        _, result = listed(recorded("cosine", {"end": 0.1, "length": 50}), "torch")
        assert result["after_the_end"][1] > result["after_the_end"][0] == end


def test_the_end_of_a_polynomial_and_a_cosine_is_one_update_after_the_last():
    for schedule in (PolynomialDecay(2.0, 0.1), Cosine(0.1)):
        assert factors(schedule)[0] == 1
        assert factors(schedule)[-1] > 0.1 == factors(schedule, last=51)[-1]
    assert factors(Cosine())[-1] == pytest.approx(9.866e-4, rel=1e-3)


def test_one_cycle_reaches_its_end_in_the_last_update_and_others_one_later():
    actual = factors(OneCycle())
    optax, after = listed(recorded("one-cycle, cosine (optax)"), "optax")
    fastai, _ = listed(recorded("one-cycle, fastai"), "fastai")

    assert actual[-1] == 1 / 25 / 1e4 == pytest.approx(after["after_the_end"][0], rel=1e-12)
    assert optax[-1] == pytest.approx(0.0020168, rel=1e-4)
    assert fastai[-1] == pytest.approx(0.0017636, rel=1e-4)
    assert actual.argmax() == 14  # rho N - 1, where optax has its peak at rho N
    assert optax.argmax() == 15


@pytest.mark.parametrize("total", [1, 2, 3])
def test_a_very_short_cycle_does_not_rise(total):
    """rho N - 1 is below 0: PyTorch's first rate is .9944 of three updates, too."""
    actual = factors(OneCycle(), total)

    assert np.isfinite(actual).all()
    assert (np.diff(actual) < 0).all()
    if total == 3:
        assert actual[0] == pytest.approx(0.9944, rel=1e-4)


def test_a_rise_of_exactly_one_update_starts_at_the_top():
    """Where PyTorch divides 0 by 0."""
    assert factors(OneCycle(rise=0.5), 2).tolist() == [1.0, 1 / 25 / 1e4]


def test_restarts_come_where_a_logarithm_in_floats_misses_them():
    """torch's ``step(epoch)`` and timm find the cycle by a logarithm: 0.0 instead of 1.0 here."""
    cycles = factors(WarmRestarts(1, 3, unit="updates"), 130)

    assert (np.flatnonzero(cycles == 1) + 1).tolist() == [1, 2, 5, 14, 41, 122]


# Warm-up


EVERY = [kind() for kind in SCHEDULES]


@pytest.mark.parametrize("schedule", EVERY, ids=lambda one: one.name)
@pytest.mark.parametrize("warm_up", [1, 2, 7])
def test_a_warm_up_is_in_front_of_the_whole_schedule(schedule, warm_up):
    """t / w for t up to w, then what the rest of the run has without it: f(t - w) over N - w."""
    unit, lengths = "updates", {}
    for name in schedule.lengths:
        value = getattr(schedule, name)
        lengths[name] = (5.0, 12.0) if isinstance(value, tuple) else 9.0
    later = dict(lengths)
    if "length" in lengths:
        lengths["length"], later["length"] = 40.0, 40.0 - warm_up
    others = {name: getattr(schedule, name) for name in _others(schedule)}
    warmed = type(schedule)(**{**others, **lengths}, warm_up=warm_up, unit=unit)
    plain = type(schedule)(**{**others, **later}, warm_up=0.0, unit=unit)

    actual = factors(warmed, 40)

    assert actual[:warm_up].tolist() == [(step + 1) / warm_up for step in range(warm_up)]
    assert np.array_equal(actual[warm_up:], factors(plain, 40 - warm_up))


def _others(schedule):
    """The fields that are no lengths."""
    left_out = {*schedule.lengths, "warm_up", "unit", "name"}
    return vars(schedule).keys() - left_out


def test_a_warm_up_from_zero_would_waste_the_first_update():
    zero, _ = listed(recorded("linear warm-up from zero"), "optax")
    third, _ = listed(recorded("linear warm-up, torch's default start"), "torch")
    actual = factors(Constant(10))

    assert [zero[0], third[0], actual[0]] == pytest.approx([0, 1 / 3, 0.1])
    assert [zero[9], third[9], actual[9]] == pytest.approx([0.9, 14 / 15, 1])


# Units


@pytest.mark.parametrize("schedule", EVERY, ids=lambda one: one.name)
def test_epochs_give_equal_factors_at_equal_rows(schedule):
    """Batches of 10 and of 100 rows, where both begin; in a warm-up, where both end."""
    fields = dict.fromkeys(schedule.lengths, 3.0)
    if isinstance(schedule, MultiStep):
        fields = {"milestones": (0.7, 2.5)}
    if isinstance(schedule, WarmUpStableDecay):
        fields["cooldown"] = 1.0
    others = {name: getattr(schedule, name) for name in _others(schedule)}
    schedule = type(schedule)(**others, **fields, unit="epochs", warm_up=0.0)
    if "end" in others:
        schedule = type(schedule)(**{**others, "end": 0.1}, **fields, unit="epochs")

    small = factors(schedule, 400, Counts(1_000, 10))
    large = factors(schedule, 40, Counts(1_000, 100))

    assert np.array_equal(small[::10], large)


def test_a_warm_up_in_epochs_is_equal_where_batches_end():
    warm = Constant(0.5, "epochs")
    small, large = (factors(warm, 1_000 // size, Counts(1_000, size)) for size in (10, 100))

    assert np.array_equal(small[9::10], large)
    assert large[:5].tolist() == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_a_short_batch_counts_its_own_rows():
    """10 rows in batches of 4, 4 and 2: what is seen before each update."""
    falling = factors(InverseTime(1, 1.0, unit="epochs"), 5, Counts(10, 4))

    assert falling == pytest.approx([1, 1 / 1.4, 1 / 1.8, 1 / 2, 1 / 2.4], rel=1e-15)


def test_shares_are_of_the_own_budget():
    for total in (10, 1_000):
        assert factors(Step(0.5, 0.25, unit="share"), total)[
            [0, total // 2 - 1, total // 2]
        ].tolist() == [1, 1, 0.25]
    assert factors(Exponential(0.5, unit="share"), 10)[5] == 0.5**0.5
    assert factors(Exponential(0.5, unit="updates"), 10)[5] == 0.5**5


def test_lengths_are_rounded_to_whole_updates_so_that_no_step_slips():
    """0.07 * 100 is 7.000000000000001 in floats, and the eighth update would come too late."""
    assert factors(Step(0.07, 0.5, unit="share"), 100)[[6, 7]].tolist() == [1, 0.5]
    assert factors(Step(1e-4, 0.5, unit="share"), 3).tolist() == [1, 0.5, 0.25]  # at least one


# What holds of all


@given(schedules(validated=True))
@examples(200)
def test_factors_are_finite_and_above_zero(schedule):
    for total, counts in ((1, ONE_ROW), (7, Counts(10, 3)), (300, Counts(1_000, 64, "dropped"))):
        schedule.check(counts, total)
        actual = factors(schedule, total, counts)
        assert np.isfinite(actual).all()
        assert (actual > 0).all()
        assert (actual <= 1).all()


def at_ends(kind, unit):
    """A schedule at both ends of each of its intervals, the other fields as they fit to it."""
    low, high = LENGTHS[unit].low, LENGTHS[unit].high
    for name, interval in intervals(kind, unit).items():
        least = np.nextafter(interval.low, np.inf) if interval.open_low else interval.low
        most = np.nextafter(interval.high, -np.inf) if interval.open_high else interval.high
        for value in (least, most):
            fields = {**dict.fromkeys(kind.lengths, low), "length": high, "warm_up": 0.0}
            fields[name] = type(getattr(kind, name))([value] if name == "milestones" else value)
            if kind is MultiStep and name != "milestones":
                fields["milestones"] = (low,)
            if name == "warm_up" and "length" in kind.lengths:
                fields[name] = min(value, high / 2)  # it is shorter than all
            yield {one: fields[one] for one in fields if hasattr(kind, one)} | {"unit": unit}


@pytest.mark.parametrize("unit", LENGTHS)
@pytest.mark.parametrize("kind", SCHEDULES, ids=lambda kind: kind.name)
def test_both_ends_of_every_interval_are_accepted(kind, unit):
    for fields in at_ends(kind, unit):
        run = Run(optimizer=SGD(), learning_rate=0.1, schedule={"name": kind.name, **fields})
        assert vars(run.schedule) == {**vars(kind()), **fields}
        actual = factors(run.schedule, 5, Counts(10, 4))
        assert np.isfinite(actual).all()
        assert (actual >= 0).all()  # an end of 0 is refused where the budget is known


@pytest.mark.parametrize("kind", SCHEDULES, ids=lambda kind: kind.name)
def test_every_field_is_a_number_with_a_symbol_or_a_choice(kind):
    numbers = intervals(kind, "share")

    assert numbers.keys() | words(kind).keys() | {"name"} == vars(kind()).keys()
    assert all(interval.symbol for interval in numbers.values())
    assert words(kind)["unit"] == tuple(LENGTHS)


@pytest.mark.parametrize("schedule", EVERY, ids=lambda one: one.name)
def test_a_block_of_updates_has_the_factors_of_all(schedule):
    """A factor is that of its update, whatever it is asked together with."""
    whole = factors(schedule, 600, Counts(100, 32))
    parts = [schedule.factors(np.array([step]), Counts(100, 32), 600) for step in range(1, 601)]

    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-14)


# Refused


def run(**schedule):
    return {"optimizer": {"name": "sgd"}, "learning_rate": 0.1, "schedule": schedule}


def refusal(problem=None, **schedule):
    problem = problem or Network(dataset=TwoMoons(rows=40))
    run_ = {**run(**schedule), "batch_size": "all"}
    with pytest.raises(InvalidInput) as caught:
        Experiment(problem=problem, runs=[run_], budget=Budget(amount=10_000))
    return caught.value


@pytest.mark.parametrize(
    ("schedule", "field", "value"),
    [
        ({"name": "cosine", "length": 2.0}, "length", 2.0),
        ({"name": "cosine", "length": 0.0}, "length", 0.0),
        ({"name": "cosine", "length": 10_001.0, "unit": "epochs"}, "length", 10_001.0),
        ({"name": "cosine", "length": 0.5, "unit": "updates"}, "length", 0.5),
        ({"name": "step", "every": 1.5, "unit": "share"}, "every", 1.5),
        ({"name": "constant", "warm_up": 1.5, "unit": "share"}, "warm_up", 1.5),
        ({"name": "constant", "warm_up": -0.5, "unit": "share"}, "warm_up", -0.5),
        ({"name": "cosine", "warm_up": 0.5, "length": 0.5}, "warm_up", 0.5),
        ({"name": "warm_up_stable_decay", "cooldown": 0.9, "warm_up": 0.2}, "cooldown", 0.9),
        ({"name": "multi_step", "milestones": [3, 2]}, "milestones.1", 2),
        ({"name": "multi_step", "milestones": [3, 3]}, "milestones.1", 3),
        ({"name": "multi_step", "milestones": [3, 0.1], "unit": "share"}, "milestones.0", 3),
        ({"name": "cosine", "length": 0.5}, "end", 0),
        ({"name": "polynomial", "length": 10, "unit": "updates"}, "end", 0),
    ],
)
def test_what_makes_no_sense_in_the_unit_is_refused(schedule, field, value):
    error = refusal(**schedule)

    assert (error.code, error.field, error.value) == (
        "out_of_range",
        f"runs.0.schedule.{field}",
        value,
    )
    assert value not in error.limits


def test_milestones_are_counted():
    assert refusal(name="multi_step", milestones=[]).code == "wrong_length"
    error = refusal(name="multi_step", milestones=list(range(1, 14)))
    assert (error.code, error.field) == ("wrong_length", "runs.0.schedule.milestones")


@pytest.mark.parametrize("name", ["exponential", "step"])
def test_a_decay_that_falls_to_zero_is_refused(name):
    every = {"every": 1.0} if name == "step" else {}
    error = refusal(name=name, decay=0.5, **every)

    assert (error.code, error.field) == ("conflict", "runs.0.schedule.decay")
    assert error.limits == ("iterations", 10_000)


def test_an_end_of_zero_is_accepted_where_no_update_reaches_it():
    for schedule in (Cosine(), PolynomialDecay(3.0), WarmRestarts(), WarmUpStableDecay()):
        Experiment(runs=[Run(optimizer=SGD(), learning_rate=0.1, schedule=schedule)])
    assert not factors(Cosine(0.0, 50, unit="updates"), 60)[-1]


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (Network(dataset=TwoMoons(rows=40), validation_share=0), ("validation_share", 0)),
        (Function(), ("problem", "function")),
    ],
)
def test_plateau_needs_validation_rows(problem, cause):
    error = refusal(problem, name="plateau")

    assert (error.code, error.field) == ("conflict", "runs.0.schedule")
    assert (error.value, error.limits) == ("plateau", cause)


# Plateau


def followed(plateau, values):
    """The factors of updates 1, 2, ... where a value follows each update."""
    watched, actual = Watched(), []
    for value in values:
        actual.append(watched.factor)
        watched = plateau.watch(watched, value)
    return np.array(actual)


def test_plateau_is_that_of_pytorch():
    (one,) = (one for one in RECORDED["schedules"] if one["schedule"] == "reduce on plateau")
    theirs, _ = listed(one["results"], "torch")
    setting = one["setting"]
    plateau = ReduceOnPlateau(0.5, setting["patience"], setting["cooldown"], setting["least"])

    actual = followed(plateau, setting["values"])

    assert np.array_equal(actual, theirs)
    assert len(set(actual)) == 4
    optax = one["results"][1]
    assert (np.flatnonzero(actual != optax["factors"]) + 1).tolist() == optax["differs_at_updates"]


def test_plateau_bears_as_many_bad_epochs_as_its_patience():
    """With patience 2 and a loss that rests, PyTorch falls in epoch 5, Keras one before."""
    assert followed(ReduceOnPlateau(0.5, 2), [1.0] * 6).tolist() == [1, 1, 1, 1, 0.5, 0.5]


def test_plateau_never_falls_below_its_least_factor_and_takes_nan_for_no_improvement():
    values = [1.0, *[np.nan] * 9]

    assert followed(ReduceOnPlateau(0.1, 0, least=0.05), values).tolist() == [
        1,
        1,
        0.1,
        *[0.05] * 7,
    ]


def test_small_improvements_count_as_none():
    """None of them is below 0.9999, although each is the lowest value so far."""
    values = 1 - 1e-5 * np.arange(8)

    assert followed(ReduceOnPlateau(0.5, 2), values).tolist() == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]
