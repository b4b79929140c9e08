"""What is said of a sweep follows from its numbers."""

import errno
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from comparison.words.sweeps import (
    answer_lines,
    axes_words,
    began_words,
    chosen_words,
    failed_words,
    found_words,
    lanes_words,
    left_words,
    no_shelf_words,
    not_applicable_words,
    outcome_words,
    refused_words,
    shelf_words,
    size_words,
    state_words,
    stopped_sweep_words,
    table_words,
    unreadable_words,
    unwritable_words,
)
from engine import Experiment, Interval, InvalidInput, Network
from language import LANGUAGES, set_language
from sweeps.answers import BestSetting
from sweeps.chunking import Size
from sweeps.lanes import STATUSES, no_lanes
from sweeps.runner import State
from sweeps.shelf import Status
from sweeps.spec import SweepSpec
from sweeps.store import FolderRefused, Found
from tests.comparison.sweep.looks import listed, ranged, spec
from tests.sweeps import made

SIZE = Size(252, 1_260, 6_596_100, 17.4, 428_904)


def best(**fields):
    usual = {
        "setting": {"learning_rate": 0.001, "batch_size": "all"},
        "losses": np.array([0.1, 0.3, 0.2]),
        "tried": 36,
        "edges": (),
    }
    return BestSetting(**usual | fields)


def test_the_size_says_settings_seeds_lanes_updates_time_and_space():
    assert size_words(SIZE, 5, 2) == (
        "252 settings × 5 seeds = 1,260 lanes, 6,596,100 updates: about 9 s with 2 workers,"
        " 0.4 MB on the disk"
    )


def test_a_long_sweep_is_told_in_minutes_and_one_worker_is_one():
    size = Size(20, 20, 10, 1_000.0, 36_000_000)

    assert size_words(size, 1, 1).endswith("about 17 minutes with 1 worker, 36 MB on the disk")


def test_what_is_there_is_told_with_shards_that_cannot_be_read():
    done = np.zeros((4, 3), dtype=bool)
    assert found_words(Found(done, done, ()), 20.0) == []
    done[0] = True

    there, broken = found_words(Found(done, ~done, ("000002.parquet",)), 20.0)
    (all_of_it,) = found_words(Found(done, ~done, ()), 0.0)

    assert all_of_it == "3 lanes are there already and are not trained again"
    assert there == f"{all_of_it}: about 20 s for the others"
    assert broken.startswith("000002.parquet cannot be read: it is kept as 000002.parquet.broken")


def test_progress_is_a_rate_and_a_time():
    assert state_words(State(100, 0, 0, 0.0, None)) == "0 lanes/s"
    assert state_words(State(100, 50, 0, 1_234.5, 200.0)) == "1,234 lanes/s, 3 minutes left"


def test_what_is_not_applicable_is_counted_with_the_reason(monkeypatch):
    axes = [listed("batch_size", 8, "all"), listed("learning_rate", 0.1, 1.0)]
    runs = [{"optimizer": {"name": "adam"}, "learning_rate": 0.1, "batch_size": "all"}]
    assert not_applicable_words(SweepSpec(experiment={"runs": runs}, axes=axes)) == []

    monkeypatch.setattr("engine.rules.Adam.needs", frozenset({"all_rows"}))

    (said,) = not_applicable_words(SweepSpec(experiment={"runs": runs}, axes=axes))
    assert said == (
        "Adam needs the gradient of all rows, without noise: 2 combinations of values are not"
        " applicable, and are not trained"
    )


def test_an_outcome_names_what_failed_only_where_something_did():
    assert outcome_words(1_260, 0, 0) == "1,260 lanes, 0 diverged"
    assert outcome_words(1, 1, 1).startswith("1 lane, 1 diverged, 1 could not be trained")


def test_a_sweep_that_was_stopped_says_how_it_goes_on():
    assert stopped_sweep_words(2_100, 10_500) == (
        "Stopped at 2,100 of 10,500 lanes. The same command goes on from there."
    )


def test_an_answer_has_a_line_for_each_run_and_says_what_it_rests_on():
    experiment = Experiment(seeds=(0, 1, 2))
    head, adam, sgd, trust = answer_lines(
        [best(), best(edges=("learning_rate",))], ["Adam", "SGD"], experiment
    )

    assert head == (
        "Each run's lowest median of the final validation loss over 3 seeds"
        " (quartiles in brackets):"
    )
    assert adam == (
        "  Adam  0.2 (0.1 to 0.3) · learning_rate 0.001 · batch_size all · the best of 36"
    )
    assert sgd.startswith("  SGD   0.2 ")
    assert sgd.endswith("at the edge of learning_rate: a better one may lie beyond")
    assert trust.startswith("The settings were chosen on these very seeds.")
    assert trust.endswith("3 seeds cannot tell runs apart; 5 can.")


def test_a_run_that_diverged_everywhere_has_no_setting_to_tell():
    lines = answer_lines(
        [best(setting={}, losses=np.full(3, np.inf))], ["Adam"], Experiment(seeds=(0, 1, 2))
    )

    assert lines[1] == "  Adam  diverged at each of 36 settings"


def test_without_validation_rows_it_is_the_training_loss():
    experiment = Experiment(problem=Network(validation_share=0))

    assert (
        answer_lines([best()], ["Adam"], experiment)[0]
        == "Each run's lowest final training loss with 1 seed:"
    )


def test_no_answer_is_no_line():
    assert answer_lines([], ["Adam"], Experiment()) == []


@pytest.mark.parametrize(
    "code", ["not_empty", "no_spec", "other_sweep", "other_engine", "other_rows", "damaged"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_of_a_folder_says_what_to_do(language, code):
    set_language(language)

    said = refused_words(FolderRefused(code, "000001.parquet"))

    assert said.count(".") >= 2
    assert "{" not in said


def test_a_contradiction_shows_both_results():
    said = refused_words(FolderRefused("contradiction", ({"loss": 0.1}, {"loss": 0.2})))

    assert "{'loss': 0.1} ≠ {'loss': 0.2}" in said


# What the page says


@pytest.mark.parametrize(
    ("axes", "fields", "words"),
    [
        ([], {}, "Straight line · 2 runs · 3 seeds"),
        ([], {"runs": ["sgd"], "seeds": [0]}, "Straight line · 1 run · 1 seed"),
        (
            [listed("learning_rate", 0.01, 0.1), listed("batch_size", 4, "all")],
            {},
            "Straight line · 2 runs · Learning rate 0.01, 0.1 · Batch size 4, all · 3 seeds",
        ),
        (
            [ranged("learning_rate", 0.001, 10, 9)],
            {},
            "Straight line · 2 runs · Learning rate 0.001 to 10 (9) · 3 seeds",
        ),
        (
            [listed("problem.dataset", "line", "sine")],
            {},
            "2 runs · Data set Straight line, Sine · 3 seeds",
        ),
        (
            [listed("optimizer", "sgd", "adam")],
            {"runs": ["sgd"]},
            "Straight line · 2 runs · 3 seeds",
        ),
    ],
)
def test_a_sweep_in_one_line(axes, fields, words):
    assert axes_words(spec(*axes, **fields)) == words


def test_scattered_points_are_told_by_their_ends_and_not_by_bins():
    design = {"kind": "quasi_random", "settings": 50}
    words = axes_words(spec(ranged("learning_rate", 0.01, 1.0, 2), design=design))

    assert "–" not in words
    assert "(50)" in words


def test_the_beginning_of_a_sweep_is_told_by_the_clock_of_the_server():
    moment = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)

    assert began_words(moment) == f"{moment.astimezone():%Y-%m-%d %H:%M}"
    assert len(began_words(moment)) == 16


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status("waiting"), "about to begin"),
        (
            Status("waiting", ahead=1),
            "waiting: number 2 in the queue, 1 other sweep is trained first",
        ),
        (
            Status("waiting", ahead=3),
            "waiting: number 4 in the queue, 3 other sweeps are trained first",
        ),
        (Status("running"), "running"),
        (Status("running", is_stopping=True), "stopping …"),
        (Status("stopped"), "stopped"),
        (Status("failed"), "failed"),
        (Status("finished"), "finished"),
    ],
    ids=str,
)
def test_how_a_sweep_on_the_shelf_is_doing(status, words):
    assert shelf_words(status) == words


def test_time_that_is_left_is_about_so_much():
    assert left_words(90.4) == "about 90 s left"
    assert left_words(0.01) == "about 1 s left"
    assert left_words(7_000) == "about 117 minutes left"


def test_lanes_without_a_result_are_counted_by_their_reasons_the_most_frequent_first():
    reasons = Counter({"ValueError: odd.": 1, "killed its worker": 3})

    assert failed_words(4, reasons) == (
        "4 lanes could not be trained. 3 lanes: the process that trained them was killed, perhaps"
        " for want of memory. 1 lane: ValueError: odd."
    )
    assert failed_words(1, Counter()) == "1 lane could not be trained."


def test_of_many_long_reasons_a_few_are_told_in_short():
    reasons = Counter({f"{number}{'x' * 10_000}": number + 1 for number in range(50)})

    assert len(failed_words(1_275, reasons)) < 1_000


def test_a_wrong_variable_is_named_with_what_is_allowed():
    error = InvalidInput("out_of_range", "DESCENT_LAB_SWEEP_WORKERS", 0, Interval(1, 1_024))

    said = no_shelf_words(error)

    assert "DESCENT_LAB_SWEEP_WORKERS is 0. It must be in the range [1 … 1,024]." in said


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/a/secret"), "(No space left on"),
        (FileExistsError("/a/secret"), "(FileExistsError)"),
    ],
)
def test_what_cannot_be_written_is_told_by_its_reason_without_the_place(error, reason):
    assert reason in unwritable_words(error)
    assert "secret" not in unwritable_words(error)


def test_lanes_are_counted_with_what_came_of_them():
    sweep = made.spec(runs=1, rates=(0.1, 1.0), seeds=3)
    lanes = made.made(sweep, [[0.1, 0.2, np.nan], [np.inf, np.inf, 0.3]])
    status = lanes.status.copy()
    status[0, 0] = STATUSES.index("failed")

    assert lanes_words(no_lanes(sweep)) == "0 of 6 lanes"
    assert lanes_words(lanes) == "5 of 6 lanes, 2 diverged"
    assert lanes_words(replace(lanes, status=status)) == (
        "4 of 6 lanes, 2 diverged, 1 could not be trained"
    )


def test_shards_that_cannot_be_read_are_named():
    assert unreadable_words(["a.parquet"]).startswith("a.parquet cannot be read, so its lanes")
    assert unreadable_words(["a", "b"]).startswith("a, b cannot be read, so their lanes")


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((5, 5, 5), "5 settings"),
        ((1, 1, 1), "1 setting"),
        ((5, 5, 1_000), "5 of 1,000 settings"),
        ((10_000, 20_000, 30_000), "The best 10,000 of 20,000 settings; the files have all."),
    ],
)
def test_a_table_says_how_much_of_a_sweep_it_shows(counts, words):
    assert table_words(*counts) == words


def test_the_command_and_the_map_say_with_one_sentence_what_a_best_setting_rests_on():
    assert answer_lines([best()], ["Adam"], Experiment(seeds=tuple(range(5))))[-1] == chosen_words()
