"""Schedules: what the learning rate of a run is multiplied by, update by update.

``SCHEDULES`` is the registry, and ``AnySchedule`` the type of a field that takes any of them.
"""

from typing import TYPE_CHECKING, Annotated, Final, Union

from pydantic import Field

from engine.rules.schedules.cycles import OneCycle, Triangular, WarmRestarts, WarmUpStableDecay
from engine.rules.schedules.decays import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    MultiStep,
    PolynomialDecay,
    Step,
)
from engine.rules.schedules.plateau import ReduceOnPlateau, Watched
from engine.rules.schedules.schedule import (
    LENGTHS,
    Clock,
    ProgressUnit,
    Schedule,
    intervals,
    words,
)

__all__ = [
    "LENGTHS",
    "SCHEDULES",
    "AnySchedule",
    "Clock",
    "Constant",
    "Cosine",
    "Exponential",
    "InverseTime",
    "MultiStep",
    "OneCycle",
    "PolynomialDecay",
    "ProgressUnit",
    "ReduceOnPlateau",
    "Schedule",
    "Step",
    "Triangular",
    "WarmRestarts",
    "WarmUpStableDecay",
    "Watched",
    "intervals",
    "words",
]

SCHEDULES: Final = (
    Constant,
    Step,
    MultiStep,
    Exponential,
    InverseTime,
    PolynomialDecay,
    Cosine,
    WarmRestarts,
    OneCycle,
    Triangular,
    WarmUpStableDecay,
    ReduceOnPlateau,
)

if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = Annotated[Union[SCHEDULES], Field(discriminator="name")]  # noqa: UP007 - of a tuple
