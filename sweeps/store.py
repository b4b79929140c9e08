"""The folder of a sweep, from which it goes on after whatever ended it.

``sweep.json`` says what the sweep is. ``rows/`` holds the lanes that are done, in shards that are
written whole. At the end ``results.parquet`` has all lanes, sorted by setting and seed: the same
bytes whatever happened on the way. ``workers.parquet`` tells who trained which lane. A file
``stop``, whoever puts it there, stops the process that trains.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.errors import InvalidInput
from engine.spec import parse_json
from storage.lock import LOCK_FILE, locked
from storage.writing import whole, write
from sweeps.tables import FAILED, WORKERS, result_table, row_schema, worker_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.arrays import Booleans, Integers
    from sweeps.spec import SweepSpec

SPEC_FILE: Final = "sweep.json"
RESULTS_FILE: Final = "results.parquet"
WORKERS_FILE: Final = "workers.parquet"
STOP_FILE: Final = "stop"
_ROWS: Final = "rows"
_BROKEN: Final = ".broken"
_NUMBER: Final = re.compile(r"[0-9]+")
_SCRATCH: Final = "sorting-"
_PART: Final = 200_000  # lanes that are sorted and written together
WRITTEN: Final = {"compression": "zstd", "write_page_checksum": True}


class FolderRefused(Exception):  # noqa: N818 - says what happened
    """A folder that a sweep cannot be kept in, or go on from.

    Attributes:
        code: "not_empty": it holds something else; "no_spec": rows, but no file that says of which
            sweep; "other_sweep": another sweep; "other_engine": the same one, by an engine whose
            numbers may differ; "other_rows": a shard of another sweep; "damaged": a shard that was
            damaged since it was found; "contradiction": two results of one lane differ.
        detail: the name of the shard, or both results.
    """

    def __init__(self, code: str, detail: object = None) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, eq=False)
class Found:
    """What a folder holds.

    Attributes:
        done: lanes with a result, ``(settings, seeds)``.
        failed: lanes that could not be trained.
        broken: names of shards that cannot be read; they are kept under another name.
    """

    done: Booleans
    failed: Booleans
    broken: tuple[str, ...]


class Counts(NamedTuple):
    """How many lanes a finished sweep has, how many diverged, how many could not be trained."""

    lanes: int
    diverged: int
    failed: int


@contextmanager
def opened(path: Path, spec: SweepSpec) -> Iterator[Folder]:
    """Give a folder for a sweep, which is made where it is missing, to this process alone.

    Raises:
        FolderRefused: it holds something else.
        FolderInUse: another process works on it.
        OSError: it cannot be written to.
    """
    path.mkdir(parents=True, exist_ok=True)
    holds(path, spec)  # before anything is written to it
    with locked(path):
        if not holds(path, spec):  # another process may have been faster
            write(path / SPEC_FILE, spec.key.encode())
        (path / STOP_FILE).unlink(missing_ok=True)  # it was meant for another process
        (path / _ROWS).mkdir(exist_ok=True)
        yield Folder(path, spec)


def shards_in(path: Path) -> list[Path]:
    """Return the shards of a sweep's folder, the oldest first; none where it is not there."""
    files = (path / _ROWS).glob("[0-9]*.parquet")
    return sorted(file for file in files if file.is_file())


def shard_count(path: Path) -> int:
    """Return how many shards a folder has, whoever works on it; 0 where there is none."""
    return len(shards_in(path))


def holds(path: Path, spec: SweepSpec) -> bool:
    """Tell whether a folder holds the sweep; False where it is empty.

    Raises:
        FolderRefused: it holds something else.
    """
    file = path / SPEC_FILE
    if not file.exists():
        if any(item.name != LOCK_FILE for item in path.iterdir()):
            raise FolderRefused(_without_spec(path))
        return False
    wanted = parse_json(spec.key)
    try:
        held = parse_json(file.read_bytes())
        same_sweep, engine = held["sweep"] == wanted["sweep"], held["engine"]
    except (InvalidInput, KeyError, TypeError):
        raise FolderRefused(_without_spec(path)) from None
    if not same_sweep:
        raise FolderRefused("other_sweep")
    if engine != wanted["engine"]:
        raise FolderRefused("other_engine" if isinstance(engine, int) else _without_spec(path))
    return True


def _without_spec(path: Path) -> str:
    return "no_spec" if (path / _ROWS).exists() else "not_empty"


class Folder:
    """A folder with a sweep.

    Attributes:
        path: the folder.
        spec: the sweep.
    """

    def __init__(self, path: Path, spec: SweepSpec) -> None:
        """Take a folder that is this process's own; ``opened`` gives one."""
        self.path, self.spec = path, spec
        numbers = [_NUMBER.match(file.name) for file in (path / _ROWS).iterdir()]
        self._next = 1 + max((int(number[0]) for number in numbers if number), default=0)

    @property
    def shards(self) -> list[Path]:
        """Return the shards, the oldest first."""
        return shards_in(self.path)

    @property
    def is_asked_to_stop(self) -> bool:
        """Tell whether somebody has put a file ``stop`` there since this process took it."""
        return (self.path / STOP_FILE).exists()

    @property
    def is_finished(self) -> bool:
        """Tell whether the final tables are there and whole."""
        return all(self._is_whole(self.path / name) for name in (RESULTS_FILE, WORKERS_FILE))

    def _is_whole(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                table = pq.ParquetFile(file, page_checksum_verification=True)
                return sum(map(len, table.iter_batches())) == self.spec.lanes
        except (pa.ArrowException, OSError):
            return False

    @property
    def results(self) -> Path:
        """Return the path of the final table."""
        return self.path / RESULTS_FILE

    def counts(self) -> Counts:
        """Return what the final table holds."""
        with self.results.open("rb") as file:
            status = read_columns(file, ("status",))["status"]
        diverged, failed = (pc.sum(pc.equal(status, end)).as_py() for end in ("diverged", FAILED))
        return Counts(len(status), diverged, failed)

    def append(self, tables: list[pa.Table]) -> None:
        """Write rows as a new shard."""
        with whole(self.path / _ROWS / f"{self._next:06d}.parquet") as file:
            pq.write_table(pa.concat_tables(tables), file, **WRITTEN)
        self._next += 1

    def found(self) -> Found:
        """Return which lanes are done, by the keys of the rows that are there.

        What cannot be read is put aside, and its lanes are not done.

        Raises:
            FolderRefused: rows of another sweep, or two results of a lane that differ.
        """
        for left in (self.path / _ROWS).glob(".*.part"):  # of a process that was killed
            left.unlink(missing_ok=True)
        for left in self.path.glob(f"{_SCRATCH}*"):
            shutil.rmtree(left)
        seeds, settings = self.spec.experiment.seeds, self.spec.settings
        order = np.argsort(seeds)
        done = np.zeros((len(settings), len(seeds)), dtype=bool)
        failed, twice = done.copy(), done.copy()
        broken = []
        for shard in self.shards:
            try:
                lanes = read_shard(shard)
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, OSError) and error.errno:
                    raise  # the system cannot read it now; that says nothing about its content
                shard.rename(shard.with_name(shard.name + _BROKEN))
                broken.append(shard.name)
                continue
            self._check_keys(shard, lanes)
            has_failed = pc.equal(lanes["status"], FAILED).to_numpy()
            places = order[np.searchsorted(seeds, lanes["seed"].to_numpy(), sorter=order)]
            at = lanes["setting"].to_numpy(), places
            failed[at] |= has_failed
            good = tuple(index[~has_failed] for index in at)
            twice[good] |= done[good]
            done[good] = True
        if twice.any():
            without_twins(self._rows_of(np.flatnonzero(twice.any(axis=1))))
        return Found(done, failed & ~done, tuple(broken))

    def finish(self) -> None:
        """Write the final tables from all rows.

        Raises:
            FolderRefused: two results of a lane differ, or a shard was damaged since it was found.
            OSError: the folder cannot be written to.
        """
        with ExitStack() as files:
            workers, results = (
                files.enter_context(whole(self.path / name))
                for name in (WORKERS_FILE, RESULTS_FILE)
            )
            writers: dict[Any, pq.ParquetWriter] = {}
            for part in self._parts():
                tables = {workers: worker_table(part), results: result_table(self.spec, part)}
                for file, table in tables.items():
                    if file not in writers:
                        writers[file] = files.enter_context(
                            pq.ParquetWriter(file, table.schema, **WRITTEN)
                        )
                    writers[file].write_table(table, row_group_size=_PART)

    def _parts(self) -> Iterator[pa.Table]:
        """Yield all rows, sorted by setting and seed, so many at a time."""
        step = max(1, _PART // len(self.spec.experiment.seeds))
        firsts = range(0, len(self.spec.settings), step)
        with TemporaryDirectory(prefix=_SCRATCH, dir=self.path) as scratch:
            paths = [Path(scratch) / str(first) for first in firsts]
            schema = row_schema(self.spec)
            with ExitStack() as files:
                outs = [files.enter_context(path.open("wb")) for path in paths]
                streams = [files.enter_context(pa.ipc.new_stream(out, schema)) for out in outs]
                for shard in self.shards:
                    table = _found_shard(shard)
                    of = table["setting"].to_numpy() // step
                    for part in np.unique(of).tolist():
                        streams[part].write_table(table.filter(pa.array(of == part)))
            for path in paths:
                with path.open("rb") as file, pa.ipc.open_stream(file) as stream:
                    rows = stream.read_all()
                yield without_twins(rows)

    def _rows_of(self, settings: Integers) -> pa.Table:
        """Return the rows of some settings, which rise."""
        tables = [row_schema(self.spec).empty_table()]
        for shard in self.shards:
            table = _found_shard(shard)
            own = table["setting"].to_numpy()
            places = np.minimum(np.searchsorted(settings, own), len(settings) - 1)
            tables.append(table.filter(pa.array(settings[places] == own)))
        return pa.concat_tables(tables)

    def _check_keys(self, shard: Path, lanes: pa.Table) -> None:
        if lanes.schema != row_schema(self.spec):
            raise FolderRefused("other_rows", shard.name)
        settings, seeds = lanes["setting"].to_numpy(), lanes["seed"].to_numpy()
        keys = np.array(lanes["key"].to_pylist(), dtype=object)
        known = np.isin(seeds, self.spec.experiment.seeds)
        known &= (settings >= 0) & (settings < len(self.spec.settings))
        if not known.all():
            raise FolderRefused("other_rows", shard.name)
        for seed in np.unique(seeds).tolist():
            mine = seeds == seed
            expected = [key for (key,) in self.spec.settings.keys(settings[mine], (seed,))]
            if keys[mine].tolist() != expected:
                raise FolderRefused("other_rows", shard.name)


def read_shard(shard: Path) -> pa.Table:
    """Return the rows of a shard, whose checksums are compared."""
    with shard.open("rb") as file:  # pyarrow itself opens no path that is no UTF-8
        return pq.ParquetFile(file, page_checksum_verification=True).read()


def read_columns(file: BinaryIO, names: Sequence[str]) -> pa.Table:
    """Return some columns of a Parquet file.

    pyarrow's own ``read_table`` loads readers of clouds, whose threads abort some processes on a
    busy machine as they end.
    """
    return pq.ParquetFile(file).read(columns=list(names), use_threads=False)


def _found_shard(shard: Path) -> pa.Table:
    """Return the rows of a shard that could be read a while ago."""
    try:
        return read_shard(shard)
    except pa.ArrowException:
        raise FolderRefused("damaged", shard.name) from None


def failures(path: Path) -> Counter[str]:
    """Return why lanes of a finished sweep could not be trained, and of how many that is said.

    It is empty where that cannot be read.
    """
    try:
        with (path / WORKERS_FILE).open("rb") as file:
            table = read_columns(file, ("failure",))
    except (pa.ArrowException, OSError):
        return Counter()
    counts = pc.value_counts(table["failure"].drop_null()).to_pylist()
    return Counter({one["values"]: one["counts"] for one in counts})


def without_twins(rows: pa.Table) -> pa.Table:
    """Return rows sorted by setting and seed, one for each lane; a result stands for a failure.

    Raises:
        FolderRefused: two results of a lane differ.
    """
    rows = rows.append_column("has_failed", pc.equal(rows["status"], FAILED))
    keys = [(name, "ascending") for name in ("setting", "seed", "has_failed")]
    rows = rows.sort_by(keys)
    lanes = np.array([rows["setting"].to_numpy(), rows["seed"].to_numpy()])
    is_twin = np.zeros(len(rows), dtype=bool)
    is_twin[1:] = (lanes[:, 1:] == lanes[:, :-1]).all(axis=0)
    results = rows.drop_columns(list(WORKERS))
    for place in np.flatnonzero(is_twin & ~rows["has_failed"].to_numpy()).tolist():
        one, other = results.slice(place - 1, 2).to_pylist()
        if one != other:
            raise FolderRefused("contradiction", (one, other))
    return rows.filter(pa.array(~is_twin)).drop_columns(["has_failed"])
