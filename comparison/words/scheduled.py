"""Schedules in short: how names, tables and contracts tell one from another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from comparison.words.mathml import plain_symbol
from engine.rules.schedules import Constant, intervals, words
from language import N_, _, ngettext
from language.labels import inline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.rules.schedules import ProgressUnit, Schedule


RATE_WORDS: Final = N_(
    "η₀ is the learning rate of the run, fₜ the factor of its schedule at this update."
)


def schedule_sign(schedule: Schedule, others: Iterable[Schedule] = ()) -> str:
    """Return a schedule with what is not its default, or tells it apart: "cosine e 0.1".

    Args:
        schedule: of a run.
        others: those from which it is told apart.
    """
    kind = type(schedule)
    alike = [kind(), schedule, *(other for other in others if type(other) is kind)]
    differing = [
        name
        for name in (*intervals(kind, schedule.unit), *words(kind))
        if name != "unit" and len({getattr(one, name) for one in alike}) > 1
    ]
    units = {one.unit for one in alike}
    if len(units) > 1:  # then lengths say which is meant
        differing += [name for name in kind.lengths or ("unit",) if name not in differing]
    said = [_said(schedule, name) for name in differing]
    if kind is Constant and said:
        return " ".join(said)
    return " ".join([inline("schedule", schedule.name), *said])


def schedule_symbol(schedule: Schedule, name: str) -> str:
    """Return the symbol of a number of a schedule in plain text."""
    return plain_symbol(intervals(type(schedule), schedule.unit)[name].symbol)


def _said(schedule: Schedule, name: str) -> str:
    """Return a field of a schedule with its value."""
    value = getattr(schedule, name)
    if isinstance(value, str):
        return inline("progress_unit" if name == "unit" else "curve", value)
    written = f"{value:g}" if isinstance(value, (int, float)) else _listed(value)
    if name in {*type(schedule).lengths, "warm_up"}:
        written = length_words(value, schedule.unit)
    if name == "warm_up":
        return _("warm-up {length}").format(length=written)
    return f"{schedule_symbol(schedule, name)} {written}"


def length_words(value: Any, unit: ProgressUnit) -> str:
    """Return one length, or several, in words: "5 epochs", "30%"."""
    values = value if isinstance(value, tuple) else (value,)
    if unit == "share":
        return ", ".join(f"{100 * one:.4g}%" for one in values)
    count = 1 if values == (1,) else 2
    text = {
        "epochs": ngettext("{count} epoch", "{count} epochs", count),
        "updates": ngettext("{count} update", "{count} updates", count),
    }[unit]
    return text.format(count=_listed(values))


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{one:g}" for one in values)
