"""What is known of the lanes of a sweep, while it runs and afterwards: its folder as arrays."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.training.chunks import QUANTITIES
from engine.training.history import Status
from engine.training.scores import RunScores, Summary
from sweeps.store import RESULTS_FILE, WORKERS_FILE, shards_in
from sweeps.tables import FAILED, SCORES, WORKERS, row_schema

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.arrays import Array, Booleans, Integers
    from sweeps.spec import SweepSpec

# What ended a lane, by its number in ``Lanes.status``; the first stands for one not trained yet.
_RESULTS: Final[tuple[Status, ...]] = get_args(Status)
STATUSES: Final = ("", FAILED, *_RESULTS)
_DIVERGED: Final = STATUSES.index("diverged")
_KEYS: Final = 64  # of a shard that are compared: one of another sweep has hardly a key of ours


@dataclass(frozen=True, eq=False)
class Lanes:
    """The lanes of a sweep, as far as they are trained; no array can be written to.

    Attributes:
        spec: the sweep.
        status: the number of what ended each lane in ``STATUSES``, ``(settings, seeds)``.
        last_step: the step at which it ended, ``(settings, seeds)``; 0 where there is no result.
        scores: by their columns, ``(settings, seeds)`` each, those of the training loss and all
            that a lane has; NaN where there is none. Final and best losses of a lane that diverged
            are +inf.
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
        """Return which loss is compared: "validation_loss" where a setting has validation rows."""
        has_validation = "validation_loss_final" in self.scores
        if not self.done.any():  # as in the base of the sweep, then
            has_validation = bool(self.spec.experiment.problem.n_validation)
        return "validation_loss" if has_validation else "training_loss"

    @property
    def nbytes(self) -> int:
        """Return the size of all arrays in bytes."""
        arrays = (self.status, self.last_step, self.first_steps, *self.scores.values())
        return sum(array.nbytes for array in arrays)

    def run_scores(self, setting: int) -> RunScores:
        """Return how a setting went, for the seeds that have a result."""
        seeds = np.flatnonzero(self.done[setting])
        summaries = {name: self._summary(name, setting, seeds) for name in QUANTITIES}
        known = {
            name: one
            for name, one in summaries.items()
            if name == "training_loss" or not np.isnan([one.first, one.final, one.best]).all()
        }
        return RunScores(
            training_loss=known["training_loss"],
            validation_loss=known.get("validation_loss"),
            training_score=known.get("training_score"),
            validation_score=known.get("validation_score"),
            first_steps=self.first_steps[:, setting, seeds],
            curve=np.empty((0, len(seeds))),
            last_step=self.last_step[setting, seeds],
            status=tuple(_RESULTS[code - 2] for code in self.status[setting, seeds].tolist()),
        )

    def _summary(self, name: str, setting: int, seeds: Integers) -> Summary:
        nothing = np.full(len(seeds), np.nan)
        columns = [self.scores.get(f"{name}_{part}") for part in ("first", "final", "best")]
        return Summary(*(nothing if own is None else own[setting, seeds] for own in columns))


def no_lanes(spec: SweepSpec) -> Lanes:
    """Return the lanes of a sweep before any is trained."""
    shape = len(spec.settings), len(spec.experiment.seeds)
    nothing = _frozen(np.full(shape, np.nan))
    return Lanes(
        spec,
        _frozen(np.zeros(shape, dtype=np.int8)),
        _frozen(np.zeros(shape, dtype=np.int32)),
        {name: nothing for name in SCORES if name.startswith("training_loss")},
        _frozen(np.full((len(spec.targets), *shape), np.nan)),
    )


class Watch:
    """A look at a sweep's folder, as often as one likes: only what is new is read.

    Several threads may look at once.
    """

    def __init__(self, path: Path, spec: SweepSpec) -> None:
        """Take the folder of a sweep, which need not be there yet."""
        self._path, self._nothing = path, no_lanes(spec)
        self._lock = threading.Lock()
        self._forget()

    def look(self) -> Lanes:
        """Return all lanes that are in the folder now.

        What cannot be read is named in ``unreadable``, and is tried again at the next look. Where a
        file that was read is gone or another one, as in a folder that was made anew, all is read
        again.
        """
        with self._lock:
            if any(_mark(file) != mark for file, mark in self._seen.items()):
                self._forget()
            if not self._is_final:
                self._read_on()
            return self._lanes

    def _forget(self) -> None:
        self._lanes, self._is_final = self._nothing, False
        self._seen: dict[Path, tuple[int, int]] = {}

    def _read_on(self) -> None:
        results, workers = self._path / RESULTS_FILE, self._path / WORKERS_FILE
        mark = _mark(results) if _mark(workers) else None
        unreadable: list[str] = []
        if mark and (not self._seen or RESULTS_FILE in self._lanes.unreadable):
            unreadable += self._take([results])
        if not self._lanes.is_whole:  # what failed may be in training again
            unreadable += self._take(shards_in(self._path))
        if mark and self._lanes.is_whole:
            self._is_final, self._seen = True, {results: mark}
        missing = () if self._lanes.is_whole else tuple(unreadable)
        if missing != self._lanes.unreadable:
            self._lanes = replace(self._lanes, unreadable=missing)

    def _take(self, files: Iterable[Path]) -> list[str]:
        """Add the lanes of files that were not read yet; return names of those that cannot be."""
        tables, unreadable = [], []
        for file in files:
            if file in self._seen:
                continue
            mark, table = _mark(file), _read(file, self._lanes.spec)
            if mark is None or table is None:
                unreadable.append(file.name)
            else:
                tables.append(table)
                self._seen[file] = mark
        if tables:
            self._lanes = _with(self._lanes, pa.concat_tables(tables))
        return unreadable


def _mark(file: Path) -> tuple[int, int] | None:
    """Return what is another where a file was written anew; None where it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _read(file: Path, spec: SweepSpec) -> pa.Table | None:
    """Return the rows of a file without curves and workers; None where it has no such rows."""
    others = {"curve", *WORKERS}
    wanted = pa.schema([field for field in row_schema(spec) if field.name not in others])
    try:
        with file.open("rb") as opened:
            found = pq.ParquetFile(opened, page_checksum_verification=True)
            table = found.read(wanted.names)
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return None
    return table if table.schema.equals(wanted) and _are_ours(table, spec) else None


def _are_ours(table: pa.Table, spec: SweepSpec) -> bool:
    """Tell whether rows are of a sweep, by their lanes and some of their keys."""
    settings, seeds = table["setting"].to_numpy(), table["seed"].to_numpy()
    known = (settings >= 0) & (settings < len(spec.settings))
    known &= np.isin(seeds, spec.experiment.seeds)
    known &= pc.is_in(table["status"], pa.array(STATUSES[1:])).to_numpy()
    if not known.all():
        return False
    some = np.arange(0, len(table), max(1, len(table) // _KEYS))
    for seed in np.unique(seeds[some]).tolist():
        mine = some[seeds[some] == seed]
        expected = [key for (key,) in spec.settings.keys(settings[mine], (seed,))]
        if table["key"].take(pa.array(mine)).to_pylist() != expected:
            return False
    return True


def _with(lanes: Lanes, table: pa.Table) -> Lanes:
    """Return lanes with further rows; what was there is not changed."""
    known = np.array(lanes.spec.experiment.seeds)
    order = np.argsort(known)
    settings = table["setting"].to_numpy()
    seeds = order[np.searchsorted(known, table["seed"].to_numpy(), sorter=order)]
    codes = pc.index_in(table["status"], pa.array(STATUSES)).to_numpy()
    # A result stands for a failure, whichever was read first. Two results of a lane are equal.
    is_result = codes > 1
    is_done = lanes.done
    is_done[settings[is_result], seeds[is_result]] = True
    rows = np.flatnonzero(is_result | ~is_done[settings, seeds])
    at = settings[rows], seeds[rows]

    def column(name: str) -> Array:
        values: Array = table[name].to_numpy()[rows]
        return values

    nothing = np.full(lanes.status.shape, np.nan)
    scores = {
        name: _filled(lanes.scores.get(name, nothing), at, column(name))
        for name in SCORES
        if name in lanes.scores or table[name].null_count < len(table)
    }
    first_steps = lanes.first_steps.copy()
    for number, steps in enumerate(first_steps):
        found = column(f"first_step_{number + 1}")
        steps[at] = np.where(np.isnan(found) & is_result[rows], np.inf, found)
    return replace(
        lanes,
        status=_filled(lanes.status, at, codes[rows]),
        last_step=_filled(lanes.last_step, at, np.nan_to_num(column("last_step"))),
        scores=scores,
        first_steps=_frozen(first_steps),
    )


def _filled(array: Any, at: tuple[Integers, Integers], values: Array) -> Any:
    """Return a copy of an array with other values at some places."""
    copy = array.copy()
    copy[at] = values
    return _frozen(copy)


def _frozen(array: Any) -> Any:
    """Return an array that cannot be written to from now on."""
    array.setflags(write=False)
    return array
