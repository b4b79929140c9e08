"""Training inside a page: one cache for all, one training a session, always interruptible.

A training is a generator. It waits in the session while Streamlit reruns the page: the same
experiment goes on where it was, another one closes it.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from comparison.words.errors import explain
from engine import (
    InvalidInput,
    can_be_timed,
    estimate,
    estimate_scores,
    scoring,
    time_alone,
    train,
)
from language import _
from ui.shell.binding import draw_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from typing import Any, TypeAlias

    from streamlit.delta_generator import DeltaGenerator

    from charts.theme import RunStyle
    from engine import Cost, Experiment, History, Progress, Scores
    from engine.training.scores import ScoringProgress

    Result: TypeAlias = History | Scores
    Training: TypeAlias = Generator[Any, str | None, Result]

AT_ONCE_SECONDS = 2.0  # a longer training waits for a click
UNSEEN_SECONDS = 0.5  # a shorter one draws nothing before its end
_QUICK_SECONDS = 0.3  # a shorter one need not give way
_CACHE_BYTES = 256 * 2**20
_PENDING = "training"
_LAST = "outcome"
_DRAW_SECONDS = 0.25
_DRAW_SHARE = 4  # times what a drawing took pass before the next


class Results:
    """Histories and scores by key; the least recently used go when the bytes are full."""

    def __init__(self, capacity: int) -> None:
        self._capacity, self._bytes = capacity, 0
        self._histories: OrderedDict[str, Result] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Result | None:
        """Return a result, or None."""
        with self._lock:
            if key in self._histories:
                self._histories.move_to_end(key)
            return self._histories.get(key)

    def put(self, key: str, history: Result) -> None:
        """Keep a result and drop the oldest ones that no longer fit."""
        with self._lock:
            if key in self._histories:
                self._bytes -= self._histories.pop(key).nbytes
            self._histories[key] = history
            self._bytes += history.nbytes
            while self._bytes > self._capacity and len(self._histories) > 1:
                self._bytes -= self._histories.popitem(last=False)[1].nbytes


class Queue:
    """Lets as many trainings run at once as there are places; the others wait in line."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._line: list[object] = []
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[Turn]:
        """Stand in line; leave it when done, whatever happens."""
        ticket = object()
        with self._lock:
            self._line.append(ticket)
        try:
            yield Turn(self, ticket)
        finally:
            with self._lock:
                self._line.remove(ticket)

    def ahead(self, ticket: object) -> int:
        """Return how many must finish before this one may run."""
        with self._lock:
            return max(0, self._line.index(ticket) - self._places + 1)


@dataclass(frozen=True)
class Turn:
    """A place in line."""

    queue: Queue
    ticket: object

    @property
    def ahead(self) -> int:
        """Return how many must finish first."""
        return self.queue.ahead(self.ticket)


@st.cache_resource(max_entries=1)
def results() -> Results:
    """Return the one cache of this server."""
    return Results(_CACHE_BYTES)


@st.cache_resource(max_entries=1)
def _queue() -> Queue:
    return Queue(os.cpu_count() or 1)


def _history_so_far(progress: Progress) -> History:
    return progress.history()


@dataclass
class Pending:
    """A training that has not ended: it waits here while Streamlit reruns the page.

    Attributes:
        key: of its experiment.
        training: the generator.
        seconds: what it was estimated to take.
        worked: seconds that it has worked so far.
        progress: the last that it told.
        paused: whether the reader stopped it.
        so_far: gives from its progress what there is so far.
    """

    key: str
    training: Training
    seconds: float
    worked: float = 0.0
    progress: Progress | ScoringProgress | None = None
    paused: bool = False
    so_far: Callable[[Any], Any] = _history_so_far


@dataclass(frozen=True)
class Outcome:
    """What there is to show.

    Attributes:
        history: of the experiment asked for, or of the last one that has a history.
        styles: of its runs.
        stale: whether it belongs to earlier settings.
    """

    history: History
    styles: tuple[RunStyle, ...]
    stale: bool = False


def outcome(
    experiment: Experiment, styles: Sequence[RunStyle], draw: Callable[[History], None]
) -> Outcome | None:
    """Return what there is to show of an experiment, training it if that is due.

    Args:
        experiment: what the page compares now.
        styles: of its runs.
        draw: shows a history that is still growing.
    """
    history = trained(experiment, _PENDING, draw)
    if history is not None:
        st.session_state[_LAST] = Outcome(history, tuple(styles))
        return st.session_state[_LAST]
    last: Outcome | None = st.session_state.get(_LAST)
    if last is None:
        return None
    st.caption(_("What is shown below belongs to the settings before."))
    return replace(last, stale=True)


def is_quick(experiment: Experiment) -> bool:
    """Tell whether an experiment is trained so soon that nobody would interrupt it."""
    try:
        return estimate(experiment).seconds <= _QUICK_SECONDS
    except InvalidInput:
        return True


def last_outcome() -> Outcome | None:
    """Return what the session showed last."""
    return st.session_state.get(_LAST)


def trained(
    experiment: Experiment, slot: str, draw: Callable[[History], None] = lambda _history: None
) -> History | None:
    """Return the history of an experiment, training it if that is due; None while there is none.

    Args:
        experiment: what is trained.
        slot: where in the session its training waits while Streamlit reruns the page.
        draw: shows a history that is still growing.
    """
    return _result(
        _Wanted(
            experiment.key,
            lambda: estimate(experiment),
            lambda: train(experiment),
            _history_so_far,
        ),
        slot,
        draw,
    )


def scored(experiment: Experiment, slot: str, targets: tuple[float, ...] = ()) -> Scores | None:
    """Return the scores of an experiment as ``trained`` returns its history.

    Args:
        experiment: what is trained.
        slot: where in the session its training waits while Streamlit reruns the page.
        targets: training losses, as in ``engine.scoring``.
    """
    return _result(
        _Wanted(
            f"scores {targets} {experiment.key}",
            lambda: estimate_scores(experiment, targets),
            lambda: scoring(experiment, targets),
            lambda progress: progress.scores(),
        ),
        slot,
        lambda _scores: None,
    )


@dataclass(frozen=True)
class _Wanted:
    """What a page wants to have trained.

    Attributes:
        key: under which the result is kept.
        estimate: tells the cost.
        begin: begins the training.
        so_far: gives from its progress what there is so far.
    """

    key: str
    estimate: Callable[[], Cost]
    begin: Callable[[], Training]
    so_far: Callable[[Any], Any]


def _result(wanted: _Wanted, slot: str, draw: Callable[[Any], None]) -> Any:
    """Return a result that is kept, or train for it if that is due; None while there is none."""
    draw_mark(slot)
    pending: Pending | None = st.session_state.get(slot)
    if pending is not None and pending.key != wanted.key:
        pending.training.close()
        del st.session_state[slot]
        pending = None
    result = results().get(wanted.key)
    if result is not None:
        return result
    try:
        if pending is None:
            pending = _begin(wanted, slot)
        return None if pending is None else _go_on(pending, slot, draw)
    except InvalidInput as error:
        st.session_state.pop(slot, None)
        st.error(explain(error))
        return None


def with_seconds(history: History) -> History:
    """Return a history with the seconds of its runs, measured when they are first asked for."""
    draw_mark("seconds")
    if not can_be_timed(history):
        return history
    work = time_alone(history)
    with st.spinner(_("Timing every run alone …")), _queue().place() as turn:
        while turn.ahead:
            time.sleep(0.05)
        while True:
            try:
                next(work)
            except StopIteration as end:
                found: History = end.value
                break
            st.session_state.get(_PENDING)  # here Streamlit may interrupt
    results().put(found.experiment.key, found)
    return found


def _begin(wanted: _Wanted, slot: str) -> Pending | None:
    """Begin a training, a long one only when the reader asks for it."""
    cost = wanted.estimate()
    cost.check_time()
    if cost.seconds > AT_ONCE_SECONDS:
        text = _("Train (about {seconds:.0f} s)").format(seconds=cost.seconds)
        place = st.empty()
        if not place.button(text, key=f"{slot}-begin"):
            return None
        place.empty()
    pending = Pending(wanted.key, wanted.begin(), cost.seconds, so_far=wanted.so_far)
    st.session_state[slot] = pending
    return pending


def _go_on(pending: Pending, slot: str, draw: Callable[[Any], None]) -> Result | None:
    """Drive a training to its end, or to where the reader stopped it."""
    if pending.paused:
        return _reached(pending, slot)
    stop = st.empty()
    if pending.seconds > AT_ONCE_SECONDS:
        stop.button(_("Stop"), key=f"{slot}-stop", on_click=_toggle_pause, args=(pending,))
    history = _drive(pending, slot, draw)
    stop.empty()
    del st.session_state[slot]
    results().put(pending.key, history)
    return history


def _reached(pending: Pending, slot: str) -> Result | None:
    """Return what a stopped training has reached, if anything, and offer to go on."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Resume"), key=f"{slot}-stop", on_click=_toggle_pause, args=(pending,))
        progress = pending.progress
        history = None if progress is None else pending.so_far(progress)
        if progress is None or history is None or not history.runs:
            return None
        text = _("Stopped by you at {share:.0%} of the training: what is shown is what it reached.")
        st.caption(text.format(share=progress.updates / progress.total))
    return history


def _toggle_pause(pending: Pending) -> None:
    pending.paused = not pending.paused


def _drive(pending: Pending, slot: str, draw: Callable[[Any], None]) -> Result:
    """Drive a training; Streamlit may interrupt it at every look at the session or the page."""
    bar = st.empty()
    with _queue().place() as turn:
        while turn.ahead:
            bar.info(_("Waiting: {count} trainings ahead.").format(count=turn.ahead))
            time.sleep(0.05)
        told = time.perf_counter()
        due = 0.0
        while True:
            began = time.perf_counter()
            try:
                pending.progress = next(pending.training)
            except StopIteration as end:
                bar.empty()
                history: Result = end.value
                return history
            except Exception:
                del st.session_state[slot]  # a broken training is not gone on with
                raise
            pending.worked += time.perf_counter() - began
            if pending.seconds > UNSEEN_SECONDS and began - told > _DRAW_SECONDS:
                told = began
                _show(bar, pending)
                if pending.progress.updates and began > due:  # before, data may still be made
                    start = time.perf_counter()
                    draw(pending.so_far(pending.progress))
                    now = time.perf_counter()
                    due = now + _DRAW_SHARE * (now - start)
            else:
                st.session_state.get(slot)  # here Streamlit may interrupt


def _show(bar: DeltaGenerator, pending: Pending) -> None:
    progress = pending.progress
    if progress is None:
        return
    share = progress.updates / progress.total
    left = pending.worked * (1 - share) / share if share else pending.seconds
    bar.progress(
        share, _("Training: {share:.0%}, {left:.1f} s left").format(share=share, left=left)
    )
