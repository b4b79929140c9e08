"""Training inside a page: one cache and one line for all readers, always interruptible."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from comparison.words.errors import explain
from engine import (
    InvalidInput,
    can_be_timed,
    estimate,
    estimate_scores,
    estimate_sharpness,
    measuring_sharpness,
    scoring,
    time_alone,
    train,
)
from language import N_, _
from ui.shell.binding import draw_mark
from ui.shell.driver import (
    Pending,
    begin,
    drive,
    finish_on_the_page,
    may_be_stopped,
    stop_button,
    waiting,
)
from ui.shell.store import comparison_key, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from typing import Any, TypeAlias

    from streamlit.delta_generator import DeltaGenerator

    from charts.theme import RunStyle
    from engine import Cost, Experiment, History, Progress, Scores, Sharpness

    Result: TypeAlias = History | Scores | Sharpness
    Training: TypeAlias = Generator[Any, str | None, Result]

_UNSEEN_SECONDS = 0.5  # of work, by the clock: a shorter training draws nothing before its end
_QUICK_SECONDS = 0.3  # a shorter one need not give way
_CACHE_BYTES = 256 * 2**20
_PENDING = "training"
_LAST = "outcome"
_BEFORE = "outcome-before"
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
    last = last_outcome()
    before = None if last is None else last.history
    history = trained(experiment, _PENDING, draw, before)
    if history is not None:
        if last is not None and last.history.experiment != experiment:
            if versions().undone is None:
                st.session_state.setdefault(_of_the_comparison(_BEFORE), last)
            else:  # it was before already
                forget_before()
        new = st.session_state[_of_the_comparison(_LAST)] = Outcome(history, tuple(styles))
        return new
    if last is None:
        return None
    st.caption(_("The results below belong to the previous settings."))
    return replace(last, stale=True)


def is_quick(experiment: Experiment) -> bool:
    """Tell whether an experiment is trained so soon that nobody would interrupt it."""
    try:
        return estimate(experiment).seconds <= _QUICK_SECONDS
    except InvalidInput:
        return True


def last_outcome() -> Outcome | None:
    """Return what the session showed last."""
    return st.session_state.get(_of_the_comparison(_LAST))


def outcome_before() -> Outcome | None:
    """Return what the session showed before the first change since ``forget_before``."""
    return st.session_state.get(_of_the_comparison(_BEFORE))


def forget_before() -> None:
    """Forget what the session showed before; the next change is compared with what is shown now."""
    st.session_state.pop(_of_the_comparison(_BEFORE), None)


def _of_the_comparison(slot: str) -> str:
    """Return a slot of the session for the comparison on show: Surfaces may have one of its own."""
    return f"{slot}-{comparison_key()}"


def trained(
    experiment: Experiment,
    slot: str,
    draw: Callable[[History], None] = lambda _history: None,
    before: History | None = None,
    *,
    is_asked: bool = False,
) -> History | None:
    """Return the history of an experiment, training it if that is due; None while there is none.

    Args:
        experiment: what is trained.
        slot: where in the session its training waits while Streamlit reruns the page.
        draw: shows a history that is still growing.
        before: an earlier history, whose runs are not trained again.
        is_asked: whether the reader asked for it, so that a long one need not wait for a click.
    """
    return _result(
        _Wanted(
            experiment.key,
            lambda: estimate(_untrained(experiment, before)),
            lambda: train(experiment, before),
            _history_so_far,
            is_asked,
        ),
        slot,
        draw,
    )


def _untrained(experiment: Experiment, before: History | None) -> Experiment:
    """Return an experiment with only the runs that are still to be trained."""
    known = {} if before is None else before.finished_runs(experiment)
    left = [run for position, run in enumerate(experiment.runs) if position not in known]
    return experiment.model_copy(update={"runs": tuple(left)})


def scored(
    experiment: Experiment,
    slot: str,
    targets: tuple[float, ...] = (),
    draw: Callable[[Scores], None] = lambda _scores: None,
    *,
    is_asked: bool = False,
) -> Scores | None:
    """Return the scores of an experiment as ``trained`` returns its history.

    Args:
        experiment: what is trained.
        slot: where in the session its training waits while Streamlit reruns the page.
        targets: training losses, as in ``engine.scoring``.
        draw: shows the scores up to now.
        is_asked: as for ``trained``.
    """
    return _result(
        _Wanted(
            _scores_key(experiment, targets),
            lambda: estimate_scores(experiment, targets),
            lambda: scoring(experiment, targets),
            lambda progress: progress.scores(),
            is_asked,
        ),
        slot,
        draw,
    )


def measured(
    experiment: Experiment, every: int, slot: str, draw: Callable[[Sharpness], None]
) -> Sharpness | None:
    """Return the sharpness of an experiment as ``trained`` returns its history.

    Args:
        experiment: what is trained and measured.
        every: epochs from one measurement to the next.
        slot: as for ``trained``.
        draw: shows what has been measured so far.
    """
    return _result(
        _Wanted(
            f"sharpness {every} {experiment.key}",
            lambda: estimate_sharpness(experiment, every).cost,
            lambda: measuring_sharpness(experiment, every),
            lambda progress: progress.sharpness(),
            is_asked=False,
            offer=N_("Measure (about {seconds:.0f} s)"),
        ),
        slot,
        draw,
    )


def are_scored(experiment: Experiment) -> bool:
    """Tell whether the scores of an experiment are kept, so that nothing needs to be trained."""
    return results().get(_scores_key(experiment, ())) is not None


def _scores_key(experiment: Experiment, targets: tuple[float, ...]) -> str:
    return f"scores {targets} {experiment.key}"


@dataclass(frozen=True)
class _Wanted:
    """What a page wants to have trained.

    Attributes:
        key: under which the result is kept.
        estimate: tells the cost.
        begin: begins the training.
        so_far: gives from its progress what there is so far.
        is_asked: whether the reader asked for it.
        offer: what is written on the button that a long one waits for.
    """

    key: str
    estimate: Callable[[], Cost]
    begin: Callable[[], Training]
    so_far: Callable[[Any], Any]
    is_asked: bool
    offer: str = N_("Train (about {seconds:.0f} s)")


def _result(wanted: _Wanted, slot: str, draw: Callable[[Any], None]) -> Any:
    """Return a result that is kept, or train for it if that is due; None while there is none."""
    draw_mark(slot)
    pending = waiting(slot, wanted.key)
    result = results().get(wanted.key)
    if result is not None:
        return result
    try:
        if pending is None:
            cost = wanted.estimate()
            offer = _(wanted.offer).format(seconds=cost.seconds)
            waits_for = None if wanted.is_asked else offer
            pending = begin(slot, wanted.key, cost, wanted.begin, waits_for)
        if pending is None:
            return None
        if pending.paused:
            return _reached(pending, wanted, slot)
        return _go_on(pending, wanted, slot, draw)
    except InvalidInput as error:
        st.error(explain(error))
        return None


def with_seconds(history: History) -> History:
    """Return a history with the seconds of its runs, measured when they are first asked for."""
    draw_mark("seconds")
    if not can_be_timed(history):
        return history
    with st.spinner(_("Timing each run on its own …")), _queue().place() as turn:
        while turn.ahead:
            time.sleep(0.05)
        found = finish_on_the_page(time_alone(history))
    results().put(found.experiment.key, found)
    return found


def _go_on(
    pending: Pending[Any, Result], wanted: _Wanted, slot: str, draw: Callable[[Any], None]
) -> Result:
    """Drive a training to its end, or to where the reader stops it."""
    stop, bar = st.empty(), st.empty()
    with _queue().place() as turn:
        while turn.ahead:
            bar.info(_("Waiting in the queue: {count} ahead.").format(count=turn.ahead))
            time.sleep(0.05)
        shown = _Shown(pending, wanted, draw, bar, partial(_offer_to_stop, stop, pending, slot))
        result = drive(pending, slot, shown.now_and_then)
    bar.empty()
    stop.empty()
    results().put(wanted.key, result)
    return result


def _offer_to_stop(place: DeltaGenerator, pending: Pending[Any, Result], slot: str) -> None:
    with place:
        stop_button(pending, slot)


def _reached(pending: Pending[Any, Result], wanted: _Wanted, slot: str) -> Result | None:
    """Return what a stopped training has reached, if anything, and offer to go on."""
    with st.container(horizontal=True, vertical_alignment="center"):
        stop_button(pending, slot)
        progress = pending.task.progress
        result: Result | None = None if progress is None else wanted.so_far(progress)
        if progress is None or result is None or not result.runs:
            return None
        text = _("You stopped the training at {share:.0%}. These are the results so far.")
        st.caption(text.format(share=progress.updates / progress.total))
    return result


class _Shown:
    """What a reader sees of a training on its way: a bar, a button to stop it, charts that grow.

    The clock decides, not the estimate: on a busy machine a short training takes long as well. A
    drawing costs the training time, so the longer it takes, the longer it is until the next.
    """

    def __init__(
        self,
        pending: Pending[Any, Result],
        wanted: _Wanted,
        draw: Callable[[Any], None],
        bar: DeltaGenerator,
        offer_to_stop: Callable[[], None],
    ) -> None:
        self._pending, self._wanted, self._draw = pending, wanted, draw
        self._bar, self._offer_to_stop = bar, offer_to_stop
        self._may_stop = False
        self._shown = self._due = 0.0

    def now_and_then(self) -> None:
        """Show how far it is, if that is due."""
        now, progress = time.perf_counter(), self._pending.task.progress
        if not self._may_stop and may_be_stopped(self._pending):
            self._may_stop = True
            self._offer_to_stop()
        if progress is None or self._pending.worked <= _UNSEEN_SECONDS:
            return
        if now - self._shown <= _DRAW_SECONDS:
            return
        self._shown = now
        share = progress.updates / progress.total
        worked = self._pending.worked
        left = worked * (1 - share) / share if share else self._pending.seconds
        text = _("Training: {share:.0%}, {left:.1f} s left").format(share=share, left=left)
        self._bar.progress(share, text)
        if progress.updates and now > self._due:  # before, data may still be made
            began = time.perf_counter()
            self._draw(self._wanted.so_far(progress))
            ended = time.perf_counter()
            self._due = ended + _DRAW_SHARE * (ended - began)


class Place:
    """Where a page draws what it has trained: what was there stays until there is something new.

    A placeholder that is emptied first would leave the page blank for as long as the training
    takes.
    """

    def __init__(self, cell: DeltaGenerator) -> None:
        """Take the container to draw in."""
        self._cell = cell
        self._growing: DeltaGenerator | None = None

    def growing(self) -> DeltaGenerator:
        """Return a container for one drawing of many: it replaces the one before."""
        if self._growing is None:
            self._growing = self._cell.empty()
        return self._growing.container()

    def settled(self) -> DeltaGenerator:
        """Return the container for the last drawing."""
        return self._cell if self._growing is None else self._growing.container()
