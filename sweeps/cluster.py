"""A Dask cluster that trains chunks.

Whoever reaches a Dask scheduler can run any code there, so its address comes from the command line
or the environment of the one who starts a sweep, never from a page.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import engine
from sweeps.runner import CrewGone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from engine.problems.datasets.table import Table
    from engine.training.chunks import ChunkResult

_CONNECT_SECONDS: Final = 4
_COUNT_SECONDS: Final = 5.0  # between two counts of the workers


class StaleWorkers(Exception):  # noqa: N818 - says what is the case
    """Workers hold the engine of an earlier sweep, which differs, and cannot take another."""


class WorkersLack(Exception):  # noqa: N818 - says what is the case
    """Workers lack a library that the engine needs.

    Attributes:
        module: its name.
    """

    def __init__(self, module: str) -> None:
        super().__init__(module)
        self.module = module


class Cluster:
    """The workers of a Dask scheduler; the engine travels to them, and to those that join later."""

    def __init__(self, address: str, tables: Sequence[Table] = ()) -> None:
        """Connect to a scheduler.

        Args:
            address: of the scheduler.
            tables: whose rows every worker gets.

        Raises:
            ImportError: ``distributed`` is not installed (requirements-cluster.txt).
            CrewGone: nothing answers at the address.
            StaleWorkers: workers have to be restarted.
            WorkersLack: workers lack a library.
        """
        from distributed import Client  # noqa: PLC0415 - only a cluster needs it

        # What it says of a lost connection, with a traceback, is said in other words.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)

        try:
            asyncio.run(_reach(address))
            self._client: Any = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise CrewGone(str(error).partition("\n")[0]) from error
        try:
            self._send_engine()
            self._executor = self._client.get_executor(pure=False, retries=0)
            rows = [table.text.encode() for table in tables]
            self._rows = self._client.scatter(rows, broadcast=True) if rows else []
        except OSError as error:
            raise CrewGone from error
        except (StaleWorkers, WorkersLack):
            self.close()
            raise
        self._digests = tuple(table.digest for table in tables)
        self._counted, self._threads = -_COUNT_SECONDS, 0

    @property
    def at_once(self) -> int:
        """Return two chunks for each thread of the workers that are there now, at least two."""
        if time.monotonic() - self._counted > _COUNT_SECONDS:
            try:
                self._threads = sum(self._client.nthreads().values())
            except (OSError, AttributeError) as error:  # it has no scheduler to ask
                raise CrewGone from error
            self._counted = time.monotonic()
        return 2 * max(1, self._threads)

    def submit(self, text: str) -> Future[ChunkResult]:
        """Hand in a chunk."""
        return self._executor.submit(_Train(), text, self._digests, *self._rows)

    def renew(self) -> None:
        """Do nothing: the cluster looks after its workers."""

    def close(self) -> None:
        """Take back what is not trained, and leave the cluster alone."""
        self._client.close(timeout=_CONNECT_SECONDS)

    def _send_engine(self) -> None:
        from distributed.diagnostics.plugin import UploadFile  # noqa: PLC0415 - see above

        content = engine_zip()
        name = f"descent-lab-engine-{hashlib.sha256(content).hexdigest()[:12]}"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.zip"
            file.write_bytes(content)
            try:
                self._client.register_plugin(UploadFile(str(file)), name=name)
            except ImportError as error:
                module = error.name or ""
                if module.partition(".")[0] == engine.__name__.partition(".")[0]:
                    raise StaleWorkers from error
                raise WorkersLack(module) from error


def _train(text: str, digests: Sequence[str], *rows: bytes) -> ChunkResult:
    # A worker's own, from the zip.
    from engine.problems.datasets.table import TABLES, table  # noqa: PLC0415
    from engine.training.chunks import train_chunk  # noqa: PLC0415

    for digest, row in zip(digests, rows, strict=True):
        if not TABLES.holds(digest, digest):
            TABLES.keep(digest, table(**json.loads(row)))
    return train_chunk(text)


async def _reach(address: str) -> None:
    """Connect once: a client that cannot leaves threads behind that complain."""
    from distributed.comm import connect  # noqa: PLC0415 - only a cluster needs it

    comm = await connect(address, timeout=_CONNECT_SECONDS)
    await comm.close()


class _Train:
    """Stands for ``_train``, and travels as its text: a scheduler reads it and has no engine."""

    def __call__(self, text: str, digests: Sequence[str], *rows: bytes) -> ChunkResult:
        return _train(text, digests, *rows)

    def __reduce__(self) -> tuple[Any, ...]:
        import cloudpickle  # noqa: PLC0415 - Dask's own

        cloudpickle.register_pickle_by_value(sys.modules[__name__])
        return cloudpickle.loads, (cloudpickle.dumps(_train),)


def engine_zip() -> bytes:
    """Return the engine as a zip file from which it can be imported; its bytes do not vary."""
    top = Path(engine.__file__).parents[engine.__name__.count(".")]
    packages = [top / "__init__.py"] if "." in engine.__name__ else []
    files = [path for path in Path(engine.__file__).parent.rglob("*") if path.is_file()]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted([*packages, *files]):
            if path.suffix != ".pyc":
                name = path.relative_to(top.parent).as_posix()
                archive.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
