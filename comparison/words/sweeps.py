"""What is said of a sweep: how large it is, how far, what came of it, and why it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from comparison.words.errors import duration, explain
from comparison.words.fields import field_title, place_words, settings_count, value_words
from comparison.words.functions import function_name
from comparison.words.names import dataset_name
from comparison.words.needs import needs_words
from comparison.words.settings import loss_words
from engine import FEWEST_SEEDS
from engine.rules import RULES
from engine.spec import by_name
from engine.version import VERSION
from language import N_, _, ngettext
from sweeps.dimensions import dimensions

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from datetime import datetime

    from engine import Experiment, InvalidInput
    from engine.training.chunks import OtherEngine
    from sweeps.answers import BestSetting
    from sweeps.chunking import Size
    from sweeps.cluster import WorkersLack
    from sweeps.dimensions import Dimension
    from sweeps.lanes import Lanes
    from sweeps.runner import State
    from sweeps.shelf import Status
    from sweeps.spec import SweepSpec
    from sweeps.store import FolderRefused, Found

_REFUSED: Final = {
    "not_empty": N_(
        "The folder holds other files, which would get mixed up with those of the sweep. Choose"
        " another folder."
    ),
    "no_spec": N_(
        "The folder holds rows of a sweep, but its sweep.json is missing or damaged. Put it back,"
        " or choose another folder."
    ),
    "other_sweep": N_(
        "The folder holds another sweep. Choose another folder; to go on with that sweep, start it"
        " just as it was started before."
    ),
    "other_engine": N_(
        "The folder holds this sweep as another version of the engine trains it, whose numbers may"
        " differ. Choose another folder."
    ),
    "other_rows": N_("{detail} holds rows of another sweep. Take it out of the folder."),
    "damaged": N_(
        "{detail} was damaged while the sweep was trained. Let it go on: the lanes of that file are"
        " trained again."
    ),
    "contradiction": N_("Two results of one lane differ, and none can be trusted: {detail}"),
}

# Why a lane could not be trained, where it is known.
_KILLED: Final = {
    "killed its worker": N_("the process that trained them was killed, perhaps for want of memory")
}
_FEW: Final = 4  # values that are all named
_REASONS: Final = 3  # that are named
_REASON: Final = 200  # letters of one


def axes_words(spec: SweepSpec) -> str:
    """Return what a sweep goes over, in one line."""
    runs = len(spec.settings.variants)
    parts = [] if "problem.dataset" in {axis.field for axis in spec.axes} else [_problem(spec)]
    parts.append(ngettext("{count} run", "{count} runs", runs).format(count=runs))
    for one in dimensions(spec)[1:]:
        is_short = one.is_numeric and len(one) > _FEW
        values = range_words(one) if is_short else ", ".join(place_words(one))
        parts.append(f"{field_title(one.field)} {values}")
    seeds = len(spec.experiment.seeds)
    parts.append(ngettext("{count} seed", "{count} seeds", seeds).format(count=seeds))
    return " · ".join(parts)


def _problem(spec: SweepSpec) -> str:
    """Return the data set or the test function of a sweep's base."""
    problem = spec.experiment.problem
    if problem.kind == "function":
        return function_name(problem.function)
    return dataset_name(problem.dataset)


def range_words(dimension: Dimension) -> str:
    """Return the first and the last value of a field of numbers, and how many there are."""
    first, last = (value_words(dimension.field, dimension.values[at]) for at in (0, -1))
    text = _("{first} to {last} ({count})")
    return text.format(first=first, last=last, count=len(dimension.values))


def began_words(began: datetime) -> str:
    """Return when a sweep was put on the shelf, by the clock of the server."""
    return f"{began.astimezone():%Y-%m-%d %H:%M}"


def shelf_words(status: Status) -> str:
    """Return how a sweep on the shelf is doing."""
    if status.kind == "waiting" and status.ahead:
        text = ngettext(
            "waiting: number {place} in the queue, {count} other sweep is trained first",
            "waiting: number {place} in the queue, {count} other sweeps are trained first",
            status.ahead,
        )
        return text.format(place=status.ahead + 1, count=status.ahead)
    return {
        "waiting": _("about to begin"),
        "running": _("stopping …") if status.is_stopping else _("running"),
        "stopped": _("stopped"),
        "failed": _("failed"),
        "finished": _("finished"),
    }[status.kind]


def left_words(seconds: float) -> str:
    """Return how long a sweep that is running still takes."""
    return _("about {time} left").format(time=duration(max(1.0, seconds)))


def failed_words(count: int, reasons: Counter[str]) -> str:
    """Return how many lanes of a finished sweep have no result, and why.

    Args:
        count: how many.
        reasons: why, as ``sweeps.store.failures`` has it.
    """
    text = ngettext(
        "{count} lane could not be trained.", "{count} lanes could not be trained.", count
    )
    told = [text.format(count=f"{count:,}")]
    for reason, lanes in reasons.most_common(_REASONS):
        why = _(_KILLED[reason]) if reason in _KILLED else reason[:_REASON]
        text = ngettext("{count} lane: {why}.", "{count} lanes: {why}.", lanes)
        told.append(text.format(count=f"{lanes:,}", why=why.rstrip(".")))
    return " ".join(told)


def no_shelf_words(error: InvalidInput) -> str:
    """Return that no sweep can be started, because the operator's variables are wrong, and how."""
    text = _(
        "This server starts no sweeps, because an environment variable is wrong: {why} Its operator"
        " can put it right and start the server again."
    )
    return text.format(why=explain(error))


def unwritable_words(error: OSError) -> str:
    """Return that nothing can be written where a server keeps its sweeps."""
    text = _(
        "Nothing was changed, because the server cannot write to the folder of its sweeps"
        " ({reason}). Its operator can see to that; the plan is kept."
    )
    return text.format(reason=error.strerror or type(error).__name__)


def running_words() -> str:
    """Return that a sweep cannot be removed or begun anew while a process is at work on it."""
    return _("A process is still at work on this sweep. Wait for its end, or stop it first.")


def lanes_words(lanes: Lanes) -> str:
    """Return how many lanes a sweep has, and what came of them so far."""
    done, diverged = int(lanes.done.sum()), int(lanes.diverged.sum())
    parts = [
        _("{done} of {lanes} lanes").format(done=f"{done:,}", lanes=f"{lanes.status.size:,}"),
    ]
    if diverged:
        text = ngettext("{count} diverged", "{count} diverged", diverged)
        parts.append(text.format(count=f"{diverged:,}"))
    failed = int(lanes.failed.sum())
    if failed:
        text = ngettext("{count} could not be trained", "{count} could not be trained", failed)
        parts.append(text.format(count=f"{failed:,}"))
    return ", ".join(parts)


def unfinished_words(lanes: Lanes) -> list[str]:
    """Return that a sweep has not finished, that lanes failed, or that some cannot be read."""
    told = []
    if not (lanes.done | lanes.failed).all():
        text = _("The sweep has not finished: {lanes}. What is best may still change.")
        told.append(text.format(lanes=lanes_words(lanes)))
    elif lanes.failed.any():
        text = _("Some lanes have no result: {lanes}.")
        told.append(text.format(lanes=lanes_words(lanes)))
    return [*told, unreadable_words(lanes.unreadable)] if lanes.unreadable else told


def unreadable_words(names: Sequence[str]) -> str:
    """Return that shards cannot be read, and what becomes of their lanes."""
    text = ngettext(
        "{names} cannot be read, so its lanes are missing here. They are trained again when the"
        " sweep is started again.",
        "{names} cannot be read, so their lanes are missing here. They are trained again when the"
        " sweep is started again.",
        len(names),
    )
    return text.format(names=", ".join(names))


def table_words(shown: int, kept: int, all_settings: int) -> str:
    """Return how many settings a table shows, and of how many."""
    if shown < kept:
        text = _("The best {shown} of {kept} settings; the files have all.")
        return text.format(shown=f"{shown:,}", kept=f"{kept:,}")
    if kept < all_settings:
        return _("{kept} of {all} settings").format(kept=f"{kept:,}", all=f"{all_settings:,}")
    return settings_count(kept)


def lane_words() -> str:
    """Return what a lane is."""
    return _("A lane is one training: a setting with one seed.")


def too_few_words(seeds: int) -> list[str]:
    """Return that so few seeds make a map, but no verdict; nothing where they are enough."""
    if seeds >= 2 * FEWEST_SEEDS:
        return []
    text = _(
        "So few seeds make a map; to tell runs apart, {fewest} must report, so take {enough}: half"
        " of them choose."
    )
    return [text.format(fewest=FEWEST_SEEDS, enough=2 * FEWEST_SEEDS)]


def size_words(size: Size, seeds: int, workers: int) -> str:
    """Return how large a sweep is, and how long so many workers would take."""
    text = _(
        "{settings} settings × {seeds} = {lanes} lanes, {updates} updates: about {time} with"
        " {workers}, {megabytes} on the disk"
    )
    seeds_words = ngettext("{count} seed", "{count} seeds", seeds).format(count=seeds)
    workers_words = ngettext("{count} worker", "{count} workers", workers).format(count=workers)
    return text.format(
        settings=f"{size.settings:,}",
        seeds=seeds_words,
        lanes=f"{size.lanes:,}",
        updates=f"{size.updates:,}",
        time=duration(max(1.0, size.seconds / workers)),
        workers=workers_words,
        megabytes=_megabytes(size.bytes),
    )


def not_applicable_words(spec: SweepSpec) -> list[str]:
    """Return which combinations of values make no sense, and why; no full stops."""
    return [
        ngettext(
            "{why}: {count} combination of values is not applicable, and is not trained",
            "{why}: {count} combinations of values are not applicable, and are not trained",
            count,
        ).format(why=needs_words(by_name(RULES)[name]), count=f"{count:,}")
        for name, count in spec.settings.not_applicable.items()
    ]


def found_words(found: Found, seconds: float) -> list[str]:
    """Return what a folder held already, where it held anything, and how long the rest takes."""
    sentences = []
    count = int(found.done.sum())
    if count:
        text = ngettext(
            "{count} lane is there already and is not trained again",
            "{count} lanes are there already and are not trained again",
            count,
        )
        there = text.format(count=f"{count:,}")
        if seconds:
            rest = _("about {time} for the others").format(time=duration(max(1.0, seconds)))
            there = f"{there}: {rest}"
        sentences.append(there)
    for name in found.broken:
        text = _(
            "{name} cannot be read: it is kept as {name}.broken, and its lanes are trained again"
        )
        sentences.append(text.format(name=name))
    return sentences


def state_words(state: State) -> str:
    """Return how fast a sweep goes, and how long it will take."""
    rate = _("{rate} lanes/s").format(rate=f"{state.rate:,.0f}")
    if state.seconds_left is None:
        return rate
    left = _("{time} left").format(time=duration(max(1.0, state.seconds_left)))
    return f"{rate}, {left}"


def outcome_words(lanes: int, diverged: int, failed: int) -> str:
    """Return what came of a sweep."""
    parts = [ngettext("{count} lane", "{count} lanes", lanes).format(count=f"{lanes:,}")]
    text = ngettext("{count} diverged", "{count} diverged", diverged)
    parts.append(text.format(count=f"{diverged:,}"))
    if failed:
        text = ngettext(
            "{count} could not be trained (workers.parquet says why; --retry tries again)",
            "{count} could not be trained (workers.parquet says why; --retry tries again)",
            failed,
        )
        parts.append(text.format(count=f"{failed:,}"))
    return ", ".join(parts)


def answer_lines(
    best: Sequence[BestSetting], names: Sequence[str], experiment: Experiment
) -> list[str]:
    """Return each run's best setting, a line for each, and how far they can be trusted."""
    if not best:
        return []
    seeds = len(experiment.seeds)
    text = ngettext(
        "Each run's lowest final {loss} with {count} seed:",
        "Each run's lowest median of the final {loss} over {count} seeds (quartiles in brackets):",
        seeds,
    )
    loss = _("validation loss") if experiment.problem.n_validation else _("training loss")
    lines = [text.format(loss=loss, count=seeds)]
    width = max(map(len, names))
    lines += [
        f"  {name:<{width}}  {_setting_words(one)}" for name, one in zip(names, best, strict=True)
    ]
    text = chosen_words()
    if seeds < FEWEST_SEEDS and len(best) > 1:
        few = ngettext(
            "{count} seed cannot tell runs apart; {fewest} can.",
            "{count} seeds cannot tell runs apart; {fewest} can.",
            seeds,
        )
        text = f"{text} {few.format(count=seeds, fewest=FEWEST_SEEDS)}"
    return [*lines, text]


def chosen_words() -> str:
    """Return how far a best setting can be trusted that was chosen by what is shown of it."""
    return _(
        "The settings were chosen on these very seeds. How good they are, other seeds can tell."
    )


def _setting_words(best: BestSetting) -> str:
    if not best.setting and best.tried > 1:
        return _("diverged at each of {count} settings").format(count=f"{best.tried:,}")
    parts = [loss_words(best.losses)]
    parts += [f"{field} {value_words(field, value)}" for field, value in best.setting.items()]
    parts.append(_("the best of {count}").format(count=f"{best.tried:,}"))
    if best.edges:
        text = _("at the edge of {fields}: a better one may lie beyond")
        parts.append(text.format(fields=", ".join(best.edges)))
    return " · ".join(parts)


def stopped_sweep_words(done: int, lanes: int) -> str:
    """Return how far a sweep came that was stopped, and how it goes on."""
    text = _("Stopped at {done} of {lanes} lanes. The same command goes on from there.")
    return text.format(done=f"{done:,}", lanes=f"{lanes:,}")


def refused_words(error: FolderRefused) -> str:
    """Return why a folder cannot hold a sweep, and what to do."""
    detail = error.detail
    if isinstance(detail, tuple):
        detail = " ≠ ".join(map(str, detail))
    return _(_REFUSED[error.code]).format(detail=detail)


def in_use_words() -> str:
    """Return that another process has a folder."""
    return _("Another process is working on this folder. Wait for it to end, or stop it.")


def no_cluster_words(address: str, reason: str) -> str:
    """Return that a cluster does not answer, and why, if that is known."""
    text = _("No Dask scheduler answers at {address}.").format(address=address)
    return " ".join(filter(None, [text, reason and f"({reason})", kept_words()]))


def kept_words() -> str:
    """Return that nothing is lost."""
    return _("What has been trained is kept, and the same command goes on from there.")


def stale_workers_words() -> str:
    """Return that workers have to be restarted."""
    return _(
        "The workers still hold the engine of an earlier sweep, and it is another one. Restart the"
        " workers: they are sent this engine."
    )


def workers_lack_words(error: WorkersLack) -> str:
    """Return what is missing on the workers."""
    text = _("The workers have no module {module}. They need NumPy and pydantic.")
    return text.format(module=error.module)


def no_distributed_words(error: ImportError) -> str:
    """Return what a cluster needs to have installed."""
    text = _("A cluster needs {module}: pip install -r requirements-cluster.txt")
    return text.format(module=error.name)


def other_engine_words(error: OtherEngine) -> str:
    """Return which worker has another engine."""
    text = _(
        "The worker {worker} has version {version} of the engine, and this sweep needs version"
        " {own}. Restart that worker, without an engine of its own."
    )
    return text.format(worker=error.worker, version=error.version, own=VERSION)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 1e7 else f"{size / 1e6:,.0f} MB"
