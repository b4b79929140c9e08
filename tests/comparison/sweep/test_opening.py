"""Ways from a sweep to a comparison: exactly that setting, and nothing claimed that is not so."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.document import with_default_view
from comparison.pages import SweepPage, TrainingPage
from comparison.rates import Tuned
from comparison.sweep.look import Look
from comparison.sweep.opening import (
    best_of_each,
    chosen_of_each,
    claims,
    experiment_of,
    fresh_seeds,
    with_settings,
    with_sweep,
)
from comparison.sweep.plan import sweep_of
from engine import FEWEST_SEEDS, Budget, Experiment, InvalidInput, fit
from engine.rules import RULES
from engine.rules.clipping import ClipNorm
from sweeps.cells import values
from sweeps.lanes import STATUSES, no_lanes
from sweeps.scoring import scoring
from tests.comparison.sweep.looks import (
    RATES,
    SIZES,
    SPECS,
    document,
    lanes,
    listed,
    look,
    ranged,
    spec,
)
from tests.comparison.sweep.test_charts import without
from tests.strategies import documents, examples
from tests.sweeps.made import made

TRAINED = [name for name in SPECS if name != "scattered"]


@pytest.mark.parametrize("name", TRAINED)
def test_a_setting_that_is_opened_ends_as_it_did_in_the_sweep_bit_by_bit(name):
    seen = look(name)
    count = len(seen.spec.settings)
    for setting in {0, count // 2, count - 1}:
        opened = with_settings(document(name), seen, [setting], seen.spec.experiment.seeds).document
        finals = fit(opened.experiment).runs[0].final_loss

        np.testing.assert_array_equal(finals, values(seen.lanes, "final_loss")[setting])


def test_settings_are_opened_with_their_names_and_colours_and_can_be_told():
    seen = look("rates and batch sizes")
    edited = with_settings(document("rates and batch sizes"), seen, [2, 10], (0, 1, 2))
    view = edited.document.view

    assert [run.optimizer.name for run in edited.document.experiment.runs] == ["sgd", "adam"]
    assert (view.names, view.numbers) == (("SGD", "Adam"), (0, 1))
    assert view.page == TrainingPage()
    assert edited.done == "settings"
    assert edited.notices[-1] == (
        "Opened from the sweep: SGD · Learning rate 0.1 · Batch size 4; Adam · Learning rate 0.1"
        " · Batch size 4. Undo takes you back."
    )


def test_one_setting_is_opened_under_its_automatic_name():
    opened = with_settings(document("one seed"), look("one seed"), [5], (5,)).document

    assert (opened.view.names, opened.view.numbers) == (("",), (1,))
    assert opened.experiment.seeds == SPECS["one seed"].experiment.seeds


def test_a_setting_is_opened_with_the_clipping_that_it_had():
    clipped = {"name": "norm", "threshold": 0.5}
    swept = spec(listed("clipping", None, clipped), runs=["sgd"])
    view = with_default_view(swept.experiment)
    seen = Look(no_lanes(swept), view.view, SweepPage())
    runs = [with_settings(view, seen, [at], (0,)).document.experiment.runs[0] for at in (0, 1)]

    assert [run.clipping for run in runs] == [None, ClipNorm(0.5)]
    assert [style.name for style in seen.styles] == ["SGD"]
    assert seen.setting_words(1) == "SGD · Gradient clipping ‖g‖ ≤ 0.5"


@pytest.mark.parametrize("before", ["training_loss", "validation_loss"])
@pytest.mark.parametrize(
    ("name", "setting", "loss"),
    [
        ("one run", 0, "validation_loss"),
        ("a function without a lowest value", 0, "training_loss"),
        ("with and without validation rows", 0, "training_loss"),
        ("with and without validation rows", 1, "validation_loss"),
    ],
)
def test_the_loss_that_was_swept_is_shown_whatever_was_shown_before(name, setting, loss, before):
    seen, shown = look(name), document(name)
    shown = shown.model_copy(
        update={"view": shown.view.model_copy(update={"quantity": before, "log": True})}
    )

    view = with_settings(shown, seen, [setting], (0,)).document.view

    assert (view.quantity, view.log) == (loss, True)


def test_seeds_that_had_no_say_are_told_apart_from_those_that_chose():
    seen, shown = look("rates and batch sizes"), document("rates and batch sizes")

    edited = with_settings(shown, seen, [2, 10], range(3, 8), (0, 1, 2))
    same = with_settings(shown, seen, [2, 10], (0, 1, 2), (0, 1, 2))

    assert edited.document.experiment.seeds == (3, 4, 5, 6, 7)
    (said,), (of_same,) = edited.notices, same.notices
    assert said.endswith(
        ". Chosen on seeds 0–2; shown here on seeds 3–7, which had no say in it. Undo takes you"
        " back."
    )
    assert "Chosen" not in of_same


THREE = listed("learning_rate", 0.1, 1.0, 10.0)


# Each run's best


def test_each_run_s_best_can_be_compared_once_the_sweep_is_whole():
    best = best_of_each(look("rates and batch sizes"))

    assert best.why_not is None
    assert len(best.settings) == 2
    assert (best.chosen_on, best.seeds) == ((0, 1, 2), (3, 4, 5, 6, 7))
    experiment_of(look("rates and batch sizes"), best.settings, best.seeds)


@given(
    seeds=st.lists(
        st.one_of(st.integers(0, 40), st.integers(2**32 - 40, 2**32 - 1)),
        min_size=1,
        max_size=30,
        unique=True,
    )
)
def test_fresh_seeds_are_none_of_the_sweep_and_always_make_a_comparison(seeds):
    fresh = fresh_seeds(seeds)

    assert len(set(fresh) - set(seeds)) == len(fresh) == max(len(seeds), FEWEST_SEEDS)
    Experiment(seeds=fresh)
    if max(seeds) < 2**31:
        assert fresh == tuple(range(max(seeds) + 1, max(seeds) + 1 + len(fresh)))


def test_where_nothing_is_random_no_seed_is_fresher_than_another():
    best = best_of_each(look("a function without a lowest value"))

    assert best.chosen_on == best.seeds == (0,)


# The settings that the scores are of


def scored(losses, seeds, sweep=None, **settings):
    sweep = sweep or spec(THREE, runs=["sgd", "adam"], seeds=list(range(seeds)))
    view = with_default_view(sweep.experiment).view
    return Look(made(sweep, losses), view, SweepPage(**settings))


# By the first two seeds the second rate is the best of SGD, by all four the first.
SPLIT = [[0.4] * 4, [0.3, 0.3, 0.9, 0.9], [5] * 4, [7] * 4, [6] * 4, [5] * 4]


def test_the_scores_open_what_their_seeds_chose_on_the_seeds_that_report():
    seen = scored(SPLIT, 4)

    chosen, best = chosen_of_each(seen), best_of_each(seen)

    assert (chosen.settings, chosen.why_not) == ((1, 5), None)
    assert (chosen.chosen_on, chosen.seeds) == ((0, 1), (2, 3))
    assert best.settings == (0, 5)
    assert chosen.settings == tuple(one.chosen.setting for one in scoring(seen.lanes, 0).reports[0])


def test_the_scores_open_what_is_chosen_on_the_page():
    assert chosen_of_each(scored(SPLIT, 4, choosing=3)).seeds == (3,)
    sweep = spec(THREE, listed("problem.l2", 0.0, 0.1), seeds=[0, 1])
    losses = [[loss] * 2 for loss in (1, 3, 2, 2, 3, 1, 1, 3, 2, 2, 3, 1)]

    for problem, settings in enumerate([(0, 6), (5, 11)]):
        seen = scored(losses, 2, sweep, problem=problem, brushes=[{"field": "run", "low": 7.0}])
        assert chosen_of_each(seen).settings == settings
        assert chosen_of_each(seen).why_not is None


def test_scores_of_a_sweep_under_way_or_of_nothing_finite_cannot_be_opened():
    nan, inf = np.nan, np.inf

    assert "Wait for its end" in chosen_of_each(scored([*SPLIT[:5], [5, 5, nan, nan]], 4)).why_not
    assert "Every setting diverged" in chosen_of_each(scored([[inf]] * 6, 1)).why_not
    assert "yet" in chosen_of_each(scored([[nan]] * 6, 1)).why_not


def test_a_sweep_under_way_is_refused_with_what_can_be_done():
    seen = replace(look("one seed"), lanes=without(lanes("one seed"), [0], seeds=(0,)))

    assert "Wait for its end, or open single settings" in best_of_each(seen).why_not


def test_a_lane_that_cannot_be_trained_is_no_reason_to_wait():
    own = lanes("one seed")
    status = own.status.copy()
    status[0] = STATUSES.index("failed")
    seen = replace(look("one seed"), lanes=replace(own, status=status))

    assert "Some lanes could not be trained" in best_of_each(seen).why_not
    assert "Open single settings" in best_of_each(seen).why_not


def test_where_all_lanes_could_not_be_trained_nothing_is_promised():
    own = no_lanes(spec(listed("learning_rate", 0.1, 1.0)))
    status = np.full_like(own.status, STATUSES.index("failed"))
    failed = replace(own, status=status)
    view = with_default_view(own.spec.experiment).view

    best = best_of_each(Look(failed, view, SweepPage()))

    assert best.settings == ()
    assert best.why_not == "No setting has a finite value, and some lanes could not be trained."


def test_lanes_that_cannot_be_read_are_no_reason_to_wait_but_to_go_on():
    some = without(lanes("one seed"), [0], seeds=(0,))
    none = no_lanes(some.spec)
    seen, nothing = (
        replace(look("one seed"), lanes=replace(one, unreadable=("results.parquet",)))
        for one in (some, none)
    )

    assert "Some lanes cannot be read" in best_of_each(seen).why_not
    assert "Let the sweep go on" in best_of_each(seen).why_not
    assert best_of_each(nothing).why_not.startswith("Some lanes cannot be read, and no other")


def test_best_settings_of_several_networks_are_refused_until_one_is_held():
    sweep = spec(THREE, listed("problem.hidden", [2], [3]), seeds=[0])
    own = made(sweep, [[loss] for loss in (1, 2, 3, 4, 5, 6, 2, 1, 3, 4, 5, 6)])
    view = with_default_view(sweep.experiment).view
    seen = Look(own, view, SweepPage())
    held = SweepPage(held=[{"field": "problem.hidden", "place": 1}])

    assert best_of_each(seen).why_not == (
        "The best settings are of several problems. Hold these at one value above the map, or"
        " brush one in the parallel coordinates: Hidden layers."
    )
    assert best_of_each(replace(seen, page=held)).why_not is None
    assert best_of_each(replace(seen, page=held)).settings == (1, 7)


def test_of_several_problems_the_best_are_those_of_the_one_that_is_held():
    sweep = spec(THREE, listed("problem.l2", 0.0, 0.1), seeds=[0])
    own = made(sweep, [[loss] for loss in (1, 2, 3, 4, 5, 6, 2, 1, 3, 4, 5, 6)])
    seen = Look(own, with_default_view(sweep.experiment).view, SweepPage())
    other = SweepPage(held=[{"field": "problem.l2", "place": 1}])

    assert best_of_each(seen).settings == (0, 6)  # the first one, where none is chosen
    assert best_of_each(replace(seen, page=other)).settings == (1, 7)


def test_more_runs_than_a_comparison_may_have_are_refused_with_what_can_be_done():
    sweep = spec(
        listed("optimizer", *({"name": "momentum", "momentum": at / 20} for at in range(13))),
        runs=["sgd"],
        seeds=[0],
    )
    seen = Look(
        made(sweep, [[float(at)] for at in range(13)]),
        with_default_view(sweep.experiment).view,
        SweepPage(),
    )

    assert "at most 12 runs. Open single settings instead" in best_of_each(seen).why_not


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("all diverge", {}, "Every setting diverged. Sweep lower learning rates."),
        (
            "rates and batch sizes",
            {"shown": "epochs_to_target", "target": 1},
            "No setting reaches the target. Choose a higher one, or train for longer.",
        ),
        (
            "rates and batch sizes",
            {"brushes": [{"field": "run", "low": 7.0}]},
            "No setting passes through all brushes. Widen one of them.",
        ),
    ],
)
def test_where_nothing_ends_finite_it_is_said_what_can_be_done(name, settings, said):
    best = best_of_each(look(name, **settings))

    assert (best.settings, best.why_not) == ((), said)


def test_a_run_that_always_diverged_is_left_out_of_the_best():
    sweep = spec(listed("learning_rate", 0.1, 0.2), seeds=[0])
    own = made(sweep, [[0.3], [0.2], [np.inf], [np.inf]])
    seen = Look(own, with_default_view(sweep.experiment).view, SweepPage())

    assert best_of_each(seen) == best_of_each(seen)
    assert best_of_each(seen).settings == (1,)


# What may be claimed


def claimed(sweep, losses, chosen=None):
    own = made(sweep, [[loss] * len(sweep.experiment.seeds) for loss in losses])
    seen = Look(own, with_default_view(sweep.experiment).view, SweepPage())
    return claims(seen, best_of_each(seen).settings if chosen is None else chosen)


ONE = {"runs": ["sgd"], "seeds": [4, 2]}


def test_the_best_rate_of_a_whole_sweep_is_claimed_with_how_many_were_tried():
    ((run, tuned),) = claimed(spec(THREE, **ONE), [3, 1, 2])

    assert run.learning_rate == 1.0
    assert tuned == Tuned(3, (4, 2), most=3)


def test_the_best_rate_and_batch_size_are_claimed_together():
    ((run, tuned),) = claimed(spec(THREE, SIZES, **ONE), [9, 9, 1, 2, 9, 9])

    assert (run.learning_rate, run.batch_size) == (1.0, 4)
    assert tuned == Tuned(6, (4, 2), batch_sizes=True, most=6, is_smallest_batch=True)


def test_the_order_in_which_rates_are_listed_does_not_matter():
    axis = listed("learning_rate", 10.0, 0.1, 1.0)

    assert claimed(spec(axis, **ONE), [1, 2, 3]) == []
    assert len(claimed(spec(axis, **ONE), [3, 2, 1])) == 1


@pytest.mark.parametrize(
    ("axes", "losses", "chosen"),
    [
        ([THREE], [1, 2, 3], None),
        ([THREE], [3, 2, 1], None),
        ([THREE], [3, 1, 2], [0]),
        ([THREE], [np.inf, np.inf, np.inf], [1]),
        ([listed("learning_rate", 1.0, 0.1, 10.0)], [np.inf] * 3, [0]),
        ([listed("learning_rate", 0.1)], [1], None),
        ([THREE, listed("problem.l2", 0.1)], [3, 1, 2], None),
        ([THREE, listed("problem.l2", 0.1, 0.2)], [3, 3, 1, 1, 2, 2], [2]),
        ([THREE, listed("sampling", "shuffled", "replacement")], [3, 3, 1, 1, 2, 2], [2]),
        ([SIZES], [1, 2], None),
        ([], [1], None),
    ],
    ids=[
        "low edge",
        "high edge",
        "not the best",
        "diverged",
        "diverged, not at an edge",
        "one rate",
        "another problem than the base's",
        "several problems",
        "another field",
        "no rates",
        "no axes",
    ],
)
def test_nothing_else_is_claimed(axes, losses, chosen):
    assert claimed(spec(*axes, **ONE), losses, chosen) == []


def test_nothing_is_claimed_of_a_sweep_under_way():
    own = made(spec(THREE, **ONE), [[3, 3], [1, 1], [2, np.nan]])
    view = with_default_view(own.spec.experiment).view

    assert claims(Look(own, view, SweepPage()), [1]) == []


def test_a_run_whose_batch_size_was_not_swept_is_claimed_by_its_rate_alone():
    sizes = {**SIZES, "rules": ["adam"]}
    found = claimed(spec(THREE, sizes, seeds=[0]), [3, 1, 2, 9, 9, 1, 2, 9, 9])

    assert [tuned.batch_sizes for _run, tuned in found] == [False, True]


def test_what_is_brushed_or_held_makes_no_setting_the_best_of_all():
    held = [{"field": "batch_size", "place": 1}]
    own = made(spec(THREE, SIZES, **ONE), [[9, 9], [9, 9], [1, 1], [2, 2], [9, 9], [9, 9]])
    seen = Look(own, with_default_view(own.spec.experiment).view, SweepPage(held=held))

    assert best_of_each(seen).settings == (3,)
    assert claims(seen, [3]) == []


# A sweep that was started before


@given(planned=documents(page=SweepPage))
@examples(60)
def test_a_sweep_that_is_opened_again_plans_itself(planned):
    try:
        made_before = sweep_of(planned)
    except InvalidInput:
        return
    for shown in (planned, with_default_view(Experiment())):
        opened = with_sweep(shown, "some id", made_before).document

        assert sweep_of(opened).key == made_before.key
        assert opened.view.page.sweep == "some id"
        assert opened.view.page.setting is None


@pytest.mark.parametrize("axes", [[RATES], [RATES, SIZES], [ranged("learning_rate", 0.1, 1, 3)]])
def test_a_sweep_of_any_axes_is_planned_again_from_its_own_specification(axes):
    base = Experiment(budget=Budget(amount=1), seeds=(5, 9))
    planned = with_default_view(base).on_page(SweepPage(axes=axes, seeds=4, targets=(0.5,)))
    before = sweep_of(planned)

    assert sweep_of(with_sweep(planned, "id", before).document) == before
    assert with_sweep(planned, "id", before).document.experiment.seeds == (5, 9)


def test_the_view_of_the_same_runs_is_kept_and_others_have_their_own():
    named = document("one run")
    view = named.view.model_copy(update={"names": ("mine",)})
    named = named.model_copy(update={"view": view})
    same = with_sweep(named, "id", SPECS["one run"]).document
    other = with_sweep(named, "id", SPECS["rules"]).document

    assert same.view.names == ("mine",)
    assert other.view.names == ("",)
    assert no_lanes(SPECS["rules"]).spec.settings.variants[0].run["optimizer"]["name"] in {
        rule.name for rule in RULES
    }
