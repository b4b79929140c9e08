"""Timing the peers side by side, after checking that they agree."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.workloads import Answer, Array, Training, Work

TOLERANCE: Final = 1e-9
_TURN_SECONDS: Final = 0.3
_TURN_TRAININGS: Final = 10


class Disagreement(Exception):  # noqa: N818 - names what happened
    """A peer that did not do the same work."""


@dataclass(frozen=True)
class Peer:
    """One who does the work.

    Attributes:
        name: as the table calls it.
        module: its module in this package.
        training: makes one training.
        part_of: returns the part of some work that it can do; None if it can do nothing.
    """

    name: str
    module: str
    training: Callable[[Work], Training]
    part_of: Callable[[Work], Work | None] = lambda work: work


@dataclass(frozen=True)
class Timing:
    """How long a peer took.

    Attributes:
        first: seconds of the first training, compilation included.
        median: median seconds of the later ones.
        updates: parameter updates of all its runs.
    """

    first: float
    median: float
    updates: int

    @property
    def microseconds(self) -> float:
        """Return the time of one run's update."""
        return self.median / self.updates * 1e6


def measure(ours: Peer, peers: list[Peer], work: Work, repeats: int) -> dict[str, Timing]:
    """Let everybody do some work in turn.

    Args:
        ours: the peer with whom the others must agree.
        peers: the others.
        work: the work to do.
        repeats: turns of each peer, after a first one that is checked and does not count. A quick
            peer trains several times in its turn: until 0.3 s have passed, at most ten times.

    Returns:
        The timing of everybody who can do the work, by name; ours is the first.

    Raises:
        Disagreement: a peer's final parameters or recorded losses differ from ours.
    """
    parts = {peer: part for peer in (ours, *peers) if (part := peer.part_of(work)) is not None}
    first = {}
    for peer, part in parts.items():
        training = peer.training(part)
        first[peer] = _timed(training)
        answer = training.answer()
        if peer is ours:
            expected = answer
        _check(peer, part, answer, work, expected)
    turns: dict[Peer, list[float]] = {peer: [] for peer in parts}
    for _ in range(repeats):
        for peer, part in parts.items():
            turns[peer] += _turn(peer, part)
    return {
        peer.name: Timing(first[peer], statistics.median(turns[peer]), part.case.updates)
        for peer, part in parts.items()
    }


def _turn(peer: Peer, work: Work) -> list[float]:
    gc.collect()
    seconds: list[float] = []
    while sum(seconds) < _TURN_SECONDS and len(seconds) < _TURN_TRAININGS:
        seconds.append(_timed(peer.training(work)))
    return seconds


def _timed(training: Training) -> float:
    began = time.perf_counter()
    training.run()
    return time.perf_counter() - began


def _check(peer: Peer, part: Work, answer: Answer, work: Work, expected: Answer) -> None:
    """Compare a peer's results for its part of the work with the expected ones for all of it."""
    rows = [work.case.runs.index(run) for run in part.case.runs]
    for what in ("params", "losses", "evaluations"):
        result, wanted = getattr(answer, what), getattr(expected, what)
        if result is not None and wanted is not None:
            compare(f"{peer.name}, {work.case.title}: {what}", result, wanted[rows])


def compare(what: str, result: Array, expected: Array) -> None:
    """Raise ``Disagreement`` unless all numbers agree; numbers above 1 are compared relatively."""
    if result.shape != expected.shape:
        raise Disagreement(f"{what} must be of shape {expected.shape}, got {result.shape}")
    apart = np.max(np.abs(result - expected) / np.maximum(1, np.abs(expected)))
    if not apart <= TOLERANCE:  # NaN does not agree either
        raise Disagreement(f"{what} must agree with ours to {TOLERANCE:g}, got {apart:.1e}")
