"""The one cache and the line in front of the processors."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from types import SimpleNamespace

import pytest

import ui.shell.driver
import ui.shell.training
from engine import Budget, Experiment, Network, Run, estimate, fit
from engine.rules import RULES
from tests.driven import small
from tests.engine.rules.facts import fits
from ui.shell.training import Queue, Results, is_quick, trained


def history(nbytes):
    """What the cache looks at of a history."""
    return SimpleNamespace(nbytes=nbytes)


def kept(cache, keys):
    return [key for key in keys if cache.get(key) is not None]


def test_what_was_put_is_there_again():
    cache, one = Results(100), history(10)
    cache.put("one", one)

    assert cache.get("one") is one
    assert cache.get("other") is None


def test_the_bytes_are_bound():
    cache = Results(100)
    for number in range(20):
        cache.put(str(number), history(30))

    assert kept(cache, map(str, range(20))) == ["17", "18", "19"]


def test_what_was_not_used_for_longest_goes_first():
    cache = Results(100)
    for key in "abc":
        cache.put(key, history(30))
    cache.get("a")
    cache.put("d", history(30))

    assert kept(cache, "abcd") == ["a", "c", "d"]


def test_putting_again_counts_the_bytes_once():
    cache = Results(100)
    for _again in range(9):
        cache.put("a", history(60))
    cache.put("b", history(40))

    assert kept(cache, "ab") == ["a", "b"]


def test_a_history_larger_than_the_cache_is_kept_alone():
    cache = Results(100)
    cache.put("small", history(10))
    cache.put("large", history(1_000))

    assert kept(cache, ["small", "large"]) == ["large"]


def test_many_threads_do_no_harm():
    cache = Results(1_000)

    def work(thread):
        for turn in range(300):
            cache.put(f"{(thread * turn) % 40}", history(100))
            cache.get(f"{turn % 40}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))  # raises what a thread raised
    for number in range(10):
        cache.put(f"last {number}", history(100))
    assert len(kept(cache, [f"last {number}" for number in range(10)])) == 10


def test_experiments_that_differ_only_in_the_rules_class_do_not_share_a_result():
    cache = Results(1_000_000)
    for rule in [rule for rule in RULES if fits(rule, Network())]:
        run = Run(optimizer=rule(), learning_rate=0.1, batch_size="all")
        key = Experiment(runs=[run]).key

        assert cache.get(key) is None
        cache.put(key, history(1))


def test_as_many_train_at_once_as_there_are_places():
    queue = Queue(2)
    with ExitStack() as line:
        turns = [line.enter_context(queue.place()) for _visitor in range(4)]

        assert [turn.ahead for turn in turns] == [0, 0, 1, 2]


def test_the_line_moves_on_in_order():
    queue = Queue(1)
    places = [ExitStack() for _visitor in range(3)]
    turns = [place.enter_context(queue.place()) for place in places]
    assert [turn.ahead for turn in turns] == [0, 1, 2]

    places[0].close()
    assert [turn.ahead for turn in turns[1:]] == [0, 1]

    places[1].close()
    assert turns[2].ahead == 0


class Interrupted(BaseException):
    """As Streamlit interrupts a script: not an Exception."""


def test_who_is_interrupted_leaves_the_line():
    queue = Queue(1)
    with pytest.raises(Interrupted), queue.place():
        raise Interrupted

    with queue.place() as turn:
        assert turn.ahead == 0


def test_a_crowd_passes_and_never_are_more_inside_than_places():
    queue, inside, most, lock = Queue(2), set(), [0], threading.Lock()

    def train(number):
        with queue.place() as turn:
            while turn.ahead:
                threading.Event().wait(0.001)
            with lock:
                inside.add(number)
                most[0] = max(most[0], len(inside))
            threading.Event().wait(0.002)
            with lock:
                inside.remove(number)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(train, range(30)))
    assert 1 <= most[0] <= 2


def test_only_what_is_trained_at_once_need_not_give_way():
    assert is_quick(Experiment())
    assert not is_quick(Experiment(budget=Budget(amount=10_000)))


def test_drawing_takes_no_more_than_a_fifth_of_the_time(monkeypatch):
    """A clock of seconds: a step of the training takes one, a drawing ten."""
    clock, drawn = [0.0], []
    progress = SimpleNamespace(updates=1, total=200, history=lambda: None)
    ended = SimpleNamespace(runs=(), nbytes=0)

    def steps(_experiment, _before):
        for _step in range(200):
            clock[0] += 1.0
            yield progress
        return ended

    def draw(_history):
        drawn.append(clock[0])
        clock[0] += 10.0

    cost = SimpleNamespace(seconds=200.0, check_time=lambda: None)
    monkeypatch.setattr(ui.shell.training.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(ui.shell.training, "estimate", lambda _experiment: cost)
    monkeypatch.setattr(ui.shell.training, "train", steps)
    monkeypatch.setattr(ui.shell.driver, "AT_ONCE_SECONDS", 300.0)

    assert trained(Experiment(data_seed=4_000_200), "slot", draw) is ended
    assert len(drawn) > 1
    assert all(later - earlier >= 50 for earlier, later in pairwise(drawn))


def test_a_change_of_one_run_trains_that_run_alone(monkeypatch):
    before = fit(small(data_seed=4_000_300))
    changed = before.experiment.runs[0].model_copy(update={"learning_rate": 0.0123})
    runs = (changed, before.experiment.runs[1])
    experiment = before.experiment.model_copy(update={"runs": runs})
    estimated = []
    monkeypatch.setattr(
        ui.shell.training, "estimate", lambda one: estimated.append(one) or estimate(one)
    )
    history = trained(experiment, "slot", before=before)

    assert [one.runs for one in estimated] == [(changed,)]
    assert history.experiment == experiment
    assert history.runs[1].params is before.runs[1].params
    assert trained(experiment, "slot") is history  # it is kept
