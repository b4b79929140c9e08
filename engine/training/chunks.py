"""A chunk of a sweep: what a worker is given, and what it gives back.

A chunk is some runs with some seeds that are trained side by side. No lane influences another, so
how a sweep is cut into chunks, and where each is trained, changes no number. One text goes in and
one table comes out; the engine is all that a worker needs.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.experiment import Sweep
from engine.training.scores import score
from engine.version import VERSION

if TYPE_CHECKING:
    from engine.arrays import Array
    from engine.training.scores import RunScores, Scores, Summary

QUANTITIES: Final = ("training_loss", "validation_loss", "training_score", "validation_score")


class OtherEngine(Exception):  # noqa: N818 - says what is the case
    """A worker has another version of the engine, whose numbers may differ.

    Attributes:
        worker: its host and process.
        version: its version.
    """

    def __init__(self, worker: str, version: int) -> None:
        super().__init__(worker, version)
        self.worker, self.version = worker, version


@dataclass(frozen=True, eq=False)
class ChunkResult:
    """What came of a chunk, with a row for each of its lanes: run by run, seed by seed.

    Attributes:
        scores: columns ``(lanes,)`` of numbers, NaN where there is none: of each of ``QUANTITIES``
            that the problem has its ``_first``, ``_final`` and ``_best`` value, and the
            ``last_step``. A lane that diverged has final and best losses of +inf, and no scores.
        first_steps: ``(lanes, targets)``; +inf where a target was not reached.
        curve: the validation (or training) loss at the steps of the curve, ``(lanes, points)``;
            +inf after a lane diverged, NaN after any other end.
        status: what ended each lane, ``(lanes,)``.
        seconds: how long the chunk took.
        worker: who trained it: its host and process.
        numpy: the version of NumPy there.
        processor: the kind of processor there; on another one the last bits may differ.
    """

    scores: dict[str, Array]
    first_steps: Array
    curve: Array
    status: list[str]
    seconds: float
    worker: str
    numpy: str
    processor: str


def chunk_text(experiment: str, targets: tuple[float, ...], points: int) -> str:
    """Return a chunk as the text that a worker is given, with the version of the engine.

    Args:
        experiment: the JSON of a ``Sweep``.
        targets: what ``score`` takes.
        points: the same.
    """
    rest = json.dumps({"engine": VERSION, "targets": targets, "points": points})
    return f'{{"experiment":{experiment},{rest[1:]}'


def train_chunk(text: str) -> ChunkResult:
    """Train a chunk.

    Raises:
        OtherEngine: the text is of another version of the engine.
        InvalidInput: the experiment needs too much memory.
    """
    chunk: dict[str, Any] = json.loads(text)
    if chunk["engine"] != VERSION:
        raise OtherEngine(_worker(), VERSION)
    began = time.perf_counter()
    experiment = Sweep.model_validate(chunk["experiment"])
    scores = score(experiment, tuple(chunk["targets"]), chunk["points"])
    return ChunkResult(
        scores=_columns(scores),
        first_steps=np.concatenate([run.first_steps.T for run in scores.runs]),
        curve=np.concatenate([_curve(run) for run in scores.runs]),
        status=[status for run in scores.runs for status in run.status],
        seconds=time.perf_counter() - began,
        worker=_worker(),
        numpy=np.__version__,
        processor=processor(),
    )


def _worker() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


def processor() -> str:
    """Return the kind of processor: what decides how NumPy rounds beside its version."""
    config: Any = np.show_config(mode="dicts")
    return "-".join([platform.machine(), *config["SIMD Extensions"].get("found", [])[-1:]])


def _curve(run: RunScores) -> Array:
    """Return the curve of each seed, ``(seeds, points)``; a diverged one ends at infinity."""
    diverged = np.array(run.status) == "diverged"
    return np.where(diverged[:, None] & np.isnan(run.curve.T), np.inf, run.curve.T)


def _columns(scores: Scores) -> dict[str, Array]:
    columns = {}
    for quantity in QUANTITIES:
        if getattr(scores.runs[0], quantity) is not None:
            for part in ("first", "final", "best"):
                own = [_kept(run, quantity, part) for run in scores.runs]
                columns[f"{quantity}_{part}"] = np.concatenate(own)
    columns["last_step"] = np.concatenate([run.last_step for run in scores.runs])
    return columns


def _kept(run: RunScores, quantity: str, part: str) -> Array:
    """Return one number for each seed of a run; a diverged one has no loss below infinity."""
    summary: Summary = getattr(run, quantity)
    values: Array = getattr(summary, part)
    if part == "first":
        return values
    worst = np.inf if quantity.endswith("loss") else np.nan
    return np.where(np.array(run.status) == "diverged", worst, values)
