"""What a schedule is: a pure factor of the learning rate, update by update.

A schedule is a frozen dataclass like a rule. It counts whole updates, or whole rows where its unit
is epochs, so that runs of every batch size have equal factors at equal rows. The first update has
counted nothing yet.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    TypeAlias,
    cast,
    get_args,
    get_type_hints,
)

import numpy as np

from engine.errors import InvalidInput
from engine.limits import LIMITS, Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Array, Integers
    from engine.counts import Counts

ProgressUnit: TypeAlias = Literal["share", "epochs", "updates"]

_UPDATES: Final = LIMITS["iterations"].high

LENGTHS: Final[Mapping[ProgressUnit, Interval]] = {
    "share": Interval(1e-4, 1),
    "epochs": Interval(1e-3, LIMITS["epochs"].high, scale="log"),
    "updates": Interval(1, _UPDATES, scale="log"),
}
"""What a length of a schedule may be in each unit; a warm-up may be 0 as well."""

WarmUp = Annotated[float, Interval(0, _UPDATES, symbol="w")]
Length = Annotated[float, Interval(0, _UPDATES, open_low=True, symbol="N")]


@dataclass(frozen=True)
class Clock:
    """How a schedule counts the updates of a run: updates, or rows if its unit is epochs.

    Attributes:
        counts: how the run cuts its rows into batches.
        total: its updates.
        unit: that of the schedule.
    """

    counts: Counts
    total: int
    unit: ProgressUnit

    @property
    def each(self) -> int:
        """Return how many updates or rows are 1 in the unit."""
        if self.unit == "share":
            return self.total
        return self.counts.rows if self.unit == "epochs" else 1

    def at(self, done: Integers) -> Integers:
        """Return what is counted after so many updates."""
        return self.counts.rows_seen(done) if self.unit == "epochs" else done

    def counted(self, length: float) -> int:
        """Return a length as a whole number of updates or rows, the nearest one."""
        return math.floor(length * self.each + 0.5)


class Schedule(ABC):
    """What every schedule has: a unit, a warm-up and one formula; a frozen dataclass like a rule.

    A **warm-up** over the first w updates comes before all else: update t has the factor t / w up
    to t = w, and from then on the schedule is what it would be without those updates. Lengths and
    warm-up are rounded to whole updates, or rows; a length is never less than one.

    Attributes:
        name: the id in files, links and the registry.
        formula: the factor in LaTeX; k counts updates, or rows in epochs, before the update and
            after the warm-up.
        source: where the schedule was published.
        lengths: names of the fields that hold a length, or several, in the unit.
        falls_to: name of the field to change where the factor would fall to 0.
        unit: what lengths are counted in: shares of the run's budget, epochs (rows seen over
            training rows), or updates.
        warm_up: w, how long the rate rises at first; 0 for not at all.

    Raises:
        InvalidInput: a length or the warm-up is out of the range that its unit has (``LENGTHS``).
    """

    name: str
    formula: ClassVar[str]
    source: ClassVar[str]
    lengths: ClassVar[tuple[str, ...]] = ()
    falls_to: ClassVar[str] = "unit"
    unit: ProgressUnit
    warm_up: float

    def __post_init__(self) -> None:
        """Refuse lengths that make no sense in the unit."""
        if self.unit not in LENGTHS:
            raise InvalidInput("unknown_choice", "unit", self.unit, tuple(LENGTHS))
        for field in self.lengths:
            value = getattr(self, field)
            if isinstance(value, tuple):
                for position, one in enumerate(value):
                    _check(f"{field}.{position}", one, LENGTHS[self.unit])
            else:
                _check(field, value, LENGTHS[self.unit])
        _check("warm_up", self.warm_up, _warm_ups(self.unit))

    def factors(self, steps: Integers, counts: Counts, total: int) -> Array:
        """Return the factors of some updates, all above 0 if ``check`` refuses nothing.

        Args:
            steps: numbers of the updates, from 1.
            counts: how the run cuts its rows into batches.
            total: updates of the run.
        """
        clock = Clock(counts, total, self.unit)
        before, warm_up = clock.at(steps - 1), clock.counted(self.warm_up)
        rest = self.shape(np.maximum(before - warm_up, 0), clock)
        if not warm_up:
            return rest
        return np.where(before < warm_up, np.minimum(clock.at(steps) / warm_up, 1.0), rest)

    @abstractmethod
    def shape(self, done: Integers, clock: Clock) -> Array:
        """Return the factors without the warm-up.

        Args:
            done: what is counted before each update and after the warm-up, from 0.
            clock: counts the lengths alike.
        """

    def is_warm(self, step: int, counts: Counts, total: int) -> bool:
        """Tell whether an update comes after the warm-up."""
        clock = Clock(counts, total, self.unit)
        return bool(clock.at(np.array([step - 1]))[0] >= clock.counted(self.warm_up))

    def check(self, counts: Counts, total: int) -> None:
        """Raise ``InvalidInput`` if the factor of the last update would be 0."""
        if total < 1 or self.factors(np.array([total]), counts, total)[0] > 0:
            return
        value = getattr(self, self.falls_to)
        if self.falls_to == "end":
            raise InvalidInput("out_of_range", "end", value, Interval(0, 1, open_low=True))
        raise InvalidInput("conflict", self.falls_to, value, ("iterations", total))

    def _length(self, field: str, clock: Clock) -> int:
        """Return a length as a whole number of updates or rows, at least 1."""
        return max(1, clock.counted(getattr(self, field)))

    def _rest(self, clock: Clock) -> int:
        """Return what is left of ``length`` after the warm-up, at least 1."""
        return max(1, self._length("length", clock) - clock.counted(self.warm_up))

    def _fits_warm_up(self, length: float) -> None:
        """Refuse a length that the warm-up uses up."""
        if self.warm_up >= length:
            raise InvalidInput(
                "out_of_range", "warm_up", self.warm_up, _warm_ups(self.unit, length)
            )


def intervals(schedule: type[Schedule], unit: ProgressUnit) -> dict[str, Interval]:
    """Return the numbers of a schedule with their intervals in a unit, in the order of its fields.

    Each of several lengths has the interval that is given for their field.
    """
    of_unit = dict.fromkeys(schedule.lengths, LENGTHS[unit]) | {"warm_up": _warm_ups(unit)}
    actual: dict[str, Interval] = {}
    for name, hint in _hints(schedule).items():
        note = _interval(hint)
        if note is not None:
            actual[name] = replace(of_unit.get(name, note), symbol=note.symbol)
    return actual


def words(schedule: type[Schedule]) -> dict[str, tuple[str, ...]]:
    """Return the fields of a schedule that hold one word of a list, each with its list."""
    named = {name: get_args(hint) for name, hint in _hints(schedule).items()}
    return {name: some for name, some in named.items() if some and isinstance(some[0], str)}


def _hints(schedule: type[Schedule]) -> dict[str, Any]:
    """Return the types of the fields without the name, in their order."""
    hints = get_type_hints(schedule, include_extras=True)
    names = [field.name for field in fields(cast("Any", schedule))]
    return {name: hints[name] for name in names if name != "name"}


def _interval(hint: Any) -> Interval | None:
    """Return the interval of an annotated number, or of the numbers of a tuple."""
    kind, *notes = get_args(hint) or (None,)
    if notes and isinstance(notes[0], Interval):
        return notes[0]
    return _interval(get_args(kind)[0]) if get_args(kind) else None


def _warm_ups(unit: ProgressUnit, below: float | None = None) -> Interval:
    """Return what a warm-up may be, perhaps less than a length."""
    return Interval(0, LENGTHS[unit].high if below is None else below, open_high=below is not None)


def _check(field: str, value: float, allowed: Interval) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInput("wrong_type", field, value, "number")
    if value not in allowed:
        raise InvalidInput("out_of_range", field, value, allowed)
