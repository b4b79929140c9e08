"""Schedules: what the learning rate of a run is multiplied by, update by update.

``SCHEDULES`` is the registry, and ``AnySchedule`` the type of a field that takes any of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, TypeAlias, final

ProgressUnit: TypeAlias = Literal["share", "epochs", "updates"]


class Schedule(ABC):
    """What every schedule has: a name, a unit and one formula; a frozen dataclass like a rule.

    Attributes:
        name: the id in files, links and the registry.
        unit: what progress is counted in: the share of the run's budget, epochs (rows seen over
            training rows, so equal for every batch size), or updates.
    """

    name: str
    unit: ClassVar[ProgressUnit]

    @abstractmethod
    def factor(self, progress: float) -> float:
        """Return the factor of an update, above 0.

        Args:
            progress: how far the run is before the update, from 0.
        """


@final
@dataclass(frozen=True)
class Constant(Schedule):
    """Leave the learning rate as it is."""

    name: Literal["constant"] = "constant"

    unit: ClassVar = "updates"

    def factor(self, progress: float) -> float:
        """Return 1."""
        return 1.0


SCHEDULES: Final = (Constant,)

# With a second one it becomes a union that ``name`` tells apart, as ``AnyRule`` is.
AnySchedule: TypeAlias = Constant
