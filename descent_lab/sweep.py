"""``sweep``: trains every setting of a sweep, by processes of this machine or by a Dask cluster."""

from __future__ import annotations

import errno
import os
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from comparison.document import FILE_BYTES, Document, read_saved, with_default_view
from comparison.pages import SweepPage
from comparison.sweep.look import sweep_styles
from comparison.sweep.plan import sweep_of
from comparison.words.errors import explain
from comparison.words.sweeps import (
    answer_lines,
    found_words,
    in_use_words,
    kept_words,
    no_cluster_words,
    no_distributed_words,
    not_applicable_words,
    other_engine_words,
    outcome_words,
    refused_words,
    size_words,
    stale_workers_words,
    state_words,
    stopped_sweep_words,
    workers_lack_words,
)
from descent_lab.tables import DataRefused, bring, data_hint
from descent_lab.terminal import DONE, REFUSED, STOPPED, bar, show, stop_signal, tell, warn
from engine import Experiment, Interval, InvalidInput
from engine.limits import LIMITS
from engine.training.chunks import OtherEngine
from language import _, set_language
from storage.lock import FolderInUse
from sweeps.answers import best_settings
from sweeps.axes import read_axis
from sweeps.chunking import Chunking
from sweeps.cluster import Cluster, StaleWorkers, WorkersLack
from sweeps.local import Local, cores
from sweeps.runner import CrewGone, Runner
from sweeps.spec import SPEC_BYTES, SweepSpec, read_spec
from sweeps.store import FolderRefused, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.problems.datasets.table import Table
    from sweeps.runner import State
    from sweeps.store import Folder

FAILED: Final = 1
_EXPECTED: Final = (
    InvalidInput,
    DataRefused,
    FolderRefused,
    FolderInUse,
    OtherEngine,
    CrewGone,
    StaleWorkers,
    WorkersLack,
    ImportError,
    OSError,
)
_LOOK_SECONDS: Final = 0.2  # between two drawings of the bar, and looks for a file that says stop
_WORKERS: Final = Interval(1, 1_024)


@dataclass(frozen=True)
class Asked:
    """What the command was asked for.

    Attributes:
        spec: a file with a sweep, or None.
        base: a file with an experiment, or None.
        axes: axes as lines.
        seeds: how many seeds, in place of the base's own; None keeps those.
        folder: where the sweep is kept.
        workers: how many processes; None is one for each core.
        cluster: address of a Dask scheduler, or None.
        retry: whether lanes that failed are trained again.
        dry_run: whether to say the size alone.
        data: files with readers' tables.
    """

    spec: Path | None
    base: Path | None
    axes: Sequence[str]
    seeds: int | None
    folder: Path | None
    workers: int | None
    cluster: str | None
    retry: bool
    dry_run: bool
    data: Sequence[Path] = ()


def sweep(asked: Asked, language: str) -> int:
    """Train a sweep, or what is missing of it, and return the exit status."""
    set_language(language)
    try:
        return _swept(asked)
    except KeyboardInterrupt:
        show("")
        return STOPPED
    except _EXPECTED as error:
        warn(_reason(error, asked))
        return STOPPED if isinstance(error, CrewGone) or _is_full(error) else REFUSED


def _reason(error: Exception, asked: Asked) -> str:
    """Return why a sweep ended, and what to do."""
    if isinstance(error, InvalidInput):
        why = f"{asked.spec or asked.base}: {error.field or 'file'}: {explain(error)}"
        return f"{why} {_hint(error, asked)}".rstrip()
    if isinstance(error, OSError):
        why = os.strerror(error.errno) if error.errno else str(error)
        reason = f"{error.filename2 or error.filename or asked.folder}: {why}"
        return f"{reason}. {kept_words()}" if _is_full(error) else reason
    words: dict[type[Exception], Callable[[Any], str]] = {
        DataRefused: lambda error: error.why,
        FolderRefused: lambda error: f"{asked.folder}: {refused_words(error)}",
        FolderInUse: lambda _error: f"{asked.folder}: {in_use_words()}",
        OtherEngine: other_engine_words,
        CrewGone: lambda error: no_cluster_words(asked.cluster or "", str(error)),
        StaleWorkers: lambda _error: stale_workers_words(),
        WorkersLack: workers_lack_words,
        ImportError: no_distributed_words,
    }
    return next(say(error) for kind, say in words.items() if isinstance(error, kind))


def _hint(error: InvalidInput, asked: Asked) -> str:
    """Return what to do where an experiment was given for a sweep, or a sweep for an experiment."""
    if error.code != "unknown_field":
        return data_hint(error)
    if asked.spec and error.field in Experiment.model_fields | Document.model_fields:
        return _("The file holds an experiment: give it with --from.")
    if asked.base and error.field in SweepSpec.model_fields:
        return _("The file holds a sweep: give it without --from.")
    return ""


def _is_full(error: Exception) -> bool:
    """Tell whether the disk is full, or the share of it that one may use."""
    full = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return isinstance(error, OSError) and error.errno in full


def _swept(asked: Asked) -> int:
    spec, carried = _spec(asked)
    chunking = Chunking(spec)
    workers = _WORKERS.integer("workers", cores() if asked.workers is None else asked.workers)
    side_by_side = 1 if asked.cluster else min(workers, cores())  # nobody knows a cluster's yet
    tell(size_words(chunking.size, len(spec.experiment.seeds), side_by_side))
    for sentence in not_applicable_words(spec):
        tell(sentence)
    if asked.dry_run or asked.folder is None:
        return DONE
    tables = bring(spec.tables, asked.data, carried)
    with opened(asked.folder, spec) as folder:
        found = folder.found()
        done = found.done if asked.retry else found.done | found.failed
        seconds = sum(chunk.seconds for chunk in chunking.chunks(done))
        for sentence in found_words(found, seconds / side_by_side):
            tell(sentence)
        state = None
        if not done.all():
            crew: Local | Cluster = (
                Cluster(asked.cluster, tables) if asked.cluster else Local(workers, tables)
            )
            with closing(crew):
                state = _train(Runner(folder, chunking, crew, done), folder)
            if state.done < state.lanes:
                tell(stopped_sweep_words(state.done, state.lanes))
                return STOPPED
        if state is not None or not folder.is_finished:
            folder.finish()
        return _summary(folder)


def _train(runner: Runner, folder: Folder) -> State:
    """Train to the end, or until asked to stop, with a progress bar on a terminal."""
    looked = 0.0
    with stop_signal(_("Stopping. Interrupt again to quit at once.")) as asked:
        states = runner.states()
        with closing(states):
            for state in states:
                if time.monotonic() - looked > _LOOK_SECONDS:
                    looked = time.monotonic()
                    show(f"{bar(state.done / state.lanes)}  {state_words(state)}")
                    if folder.is_asked_to_stop:
                        break
                if asked.is_set():
                    break
    show("")
    return runner.state()


def _summary(folder: Folder) -> int:
    """Tell what came of a finished sweep, and return the exit status."""
    counts, spec = folder.counts(), folder.spec
    tell(outcome_words(counts.lanes, counts.diverged, counts.failed))
    styles = sweep_styles(spec, with_default_view(spec.experiment).view)
    names = [style.name for style in styles]
    for line in answer_lines(best_settings(spec, folder.results), names, spec.experiment):
        tell(line)
    tell(str(folder.results))
    return FAILED if counts.failed else DONE


def _spec(asked: Asked) -> tuple[SweepSpec, tuple[Table, ...]]:
    """Return the sweep of a file, or that of an experiment with axes; and tables that it carries.

    What was saved on the Sweep page has the axes of that page, unless others are given.
    """
    if asked.spec is not None:
        with asked.spec.open("rb") as file:
            return read_spec(file.read(SPEC_BYTES + 1)), ()
    if asked.base is None:
        raise InvalidInput("missing", "sweep", None)
    with asked.base.open("rb") as file:
        document, carried = read_saved(file.read(FILE_BYTES + 1))
    fields: dict[str, Any] = {"experiment": document.experiment.model_dump(mode="json")}
    if isinstance(document.view.page, SweepPage) and not asked.axes:
        fields = sweep_of(document).model_dump(mode="json")
    if asked.seeds is not None:
        seeds = range(LIMITS["seeds"].integer("seeds", asked.seeds))
        fields["experiment"]["seeds"] = list(seeds)
    if asked.axes:
        fields["axes"] = [read_axis(line) for line in asked.axes]
    return SweepSpec.model_validate(fields), carried
