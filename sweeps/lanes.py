"""What is known of the lanes of a sweep, while it runs and afterwards: its folder as arrays."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.training.chunks import QUANTITIES
from engine.training.history import Status
from engine.training.scores import RunScores, Summary
from sweeps.store import RESULTS_FILE, WORKERS_FILE, shards_in
from sweeps.tables import FAILED, SCORES

if TYPE_CHECKING:
    from pathlib import Path

    from engine.arrays import Array, Booleans, Integers
    from sweeps.spec import SweepSpec

# What ended a lane, by its number in ``Lanes.status``; the first stands for one not trained yet.
_RESULTS: Final[tuple[Status, ...]] = get_args(Status)
STATUSES: Final = ("", FAILED, *_RESULTS)
_DIVERGED: Final = STATUSES.index("diverged")


@dataclass(frozen=True, eq=False)
class Lanes:
    """The lanes of a sweep, as far as they are trained.

    Attributes:
        spec: the sweep.
        status: the number of what ended each lane in ``STATUSES``, ``(settings, seeds)``.
        last_step: the step at which it ended, ``(settings, seeds)``; 0 where there is no result.
        scores: by their columns, ``(settings, seeds)`` each; NaN where there is none. Final and
            best losses of a lane that diverged are +inf.
        first_steps: steps at which the targets were reached first, ``(targets, settings, seeds)``;
            +inf where one was not reached, NaN where there is no result.
        unreadable: names of shards that cannot be read, whose lanes are missing.
    """

    spec: SweepSpec
    status: Integers
    last_step: Integers
    scores: dict[str, Array]
    first_steps: Array
    unreadable: tuple[str, ...] = ()

    @property
    def done(self) -> Booleans:
        """Tell which lanes have a result, ``(settings, seeds)``."""
        return self.status > 1

    @property
    def failed(self) -> Booleans:
        """Tell which lanes could not be trained, ``(settings, seeds)``."""
        return self.status == 1

    @property
    def diverged(self) -> Booleans:
        """Tell which lanes diverged, ``(settings, seeds)``."""
        return self.status == _DIVERGED

    @property
    def is_whole(self) -> bool:
        """Tell whether every lane has a result."""
        return bool(self.done.all())

    @property
    def loss(self) -> str:
        """Return which loss is compared: "training_loss" where a problem has no validation rows."""
        losses = self.scores.get("validation_loss_final")
        is_missing = losses is not None and np.isnan(losses[self.done]).any()
        has_validation = self.spec.experiment.problem.n_validation and not is_missing
        return "validation_loss" if has_validation else "training_loss"

    def run_scores(self, setting: int) -> RunScores:
        """Return how a setting went, for the seeds that have a result."""
        seeds = np.flatnonzero(self.done[setting])
        kept = {name: values[setting, seeds] for name, values in self.scores.items()}
        summaries = {
            name: Summary(*(kept[f"{name}_{part}"] for part in ("first", "final", "best")))
            for name in QUANTITIES
            if f"{name}_final" in kept
        }
        return RunScores(
            training_loss=summaries["training_loss"],
            validation_loss=summaries.get("validation_loss"),
            training_score=summaries.get("training_score"),
            validation_score=summaries.get("validation_score"),
            first_steps=self.first_steps[:, setting, seeds],
            curve=np.empty((0, len(seeds))),
            last_step=self.last_step[setting, seeds],
            status=tuple(_RESULTS[code - 2] for code in self.status[setting, seeds].tolist()),
        )


def no_lanes(spec: SweepSpec) -> Lanes:
    """Return the lanes of a sweep before any is trained."""
    shape = len(spec.settings), len(spec.experiment.seeds)
    return Lanes(
        spec,
        np.zeros(shape, dtype=np.int8),
        np.zeros(shape, dtype=np.int32),
        {},
        np.full((len(spec.targets), *shape), np.nan),
    )


class Watch:
    """A look at a sweep's folder, as often as one likes: only what is new is read.

    Several threads may look at once.
    """

    def __init__(self, path: Path, spec: SweepSpec) -> None:
        """Take the folder of a sweep, which need not be there yet."""
        self._path, self._lanes = path, no_lanes(spec)
        self._seen: set[str] = set()
        self._is_final = False
        self._lock = threading.Lock()

    def look(self) -> Lanes:
        """Return all lanes that are in the folder now.

        What cannot be read is named in ``unreadable``, and is tried again at the next look.
        """
        with self._lock:
            if not self._is_final:
                self._read_on()
            return self._lanes

    def _read_on(self) -> None:
        is_finished = all((self._path / name).exists() for name in (RESULTS_FILE, WORKERS_FILE))
        results = [self._path / RESULTS_FILE] if is_finished and not self._seen else []
        tables, unreadable = [], []
        for file in results or shards_in(self._path):
            if file.name in self._seen:
                continue
            table = _read(file, self._lanes.spec)
            if table is None:
                unreadable.append(file.name)
            else:
                tables.append(table)
                self._seen.add(file.name)
        if tables:
            self._lanes = _with(self._lanes, pa.concat_tables(tables))
        if tuple(unreadable) != self._lanes.unreadable:
            self._lanes = replace(self._lanes, unreadable=tuple(unreadable))
        self._is_final = is_finished and self._lanes.is_whole


def _read(file: Path, spec: SweepSpec) -> pa.Table | None:
    """Return the rows of a file without curves and workers; None where it has no such rows."""
    targets = [f"first_step_{number + 1}" for number in range(len(spec.targets))]
    columns = ["setting", "seed", "status", "last_step", *SCORES, *targets]
    try:
        with file.open("rb") as opened:
            table = pq.ParquetFile(opened, page_checksum_verification=True).read(columns)
        settings, seeds = table["setting"].to_numpy(), table["seed"].to_numpy()
        is_ours = (settings >= 0) & (settings < len(spec.settings))
        is_ours &= np.isin(seeds, spec.experiment.seeds)
        is_ours &= np.isin(table["status"].to_numpy(), STATUSES)
    except (pa.ArrowException, OSError, KeyError):
        return None
    return table if is_ours.all() else None


def _with(lanes: Lanes, table: pa.Table) -> Lanes:
    """Return lanes with further rows; what was there is not changed."""
    known = np.array(lanes.spec.experiment.seeds)
    order = np.argsort(known)
    codes = pc.index_in(table["status"], pa.array(STATUSES)).to_numpy()
    # A result stands for a failure, whichever was read first.
    rows = np.argsort(codes != STATUSES.index(FAILED), kind="stable")
    settings = table["setting"].to_numpy()[rows]
    seeds = order[np.searchsorted(known, table["seed"].to_numpy(), sorter=order)][rows]
    codes = codes[rows]
    is_new = (codes > 1) | (lanes.status[settings, seeds] == 0)
    at, rows = (settings[is_new], seeds[is_new]), rows[is_new]

    def column(name: str) -> Array:
        values: Array = table[name].to_numpy()[rows]
        return values

    status, last_step = lanes.status.copy(), lanes.last_step.copy()
    status[at] = codes[is_new]
    last_step[at] = np.nan_to_num(column("last_step"))
    scores = {}
    for name in SCORES:
        if name in lanes.scores or table[name].null_count < len(table):
            scores[name] = lanes.scores.get(name, np.full(status.shape, np.nan)).copy()
            scores[name][at] = column(name)
    first_steps = lanes.first_steps.copy()
    for number in range(len(first_steps)):
        steps = column(f"first_step_{number + 1}")
        first_steps[number][at] = np.where(np.isnan(steps) & (codes[is_new] > 1), np.inf, steps)
    return replace(
        lanes, status=status, last_step=last_step, scores=scores, first_steps=first_steps
    )
