"""How a script follows the schedule of its run: by the library's own, or by a table of factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.rules.schedules import Constant, ReduceOnPlateau
from exports.scripts.translations.schedules import (
    RATE_INSIDE,
    RATE_OUTSIDE,
    RATE_UNKNOWN,
    SCHEDULE_FORMS,
    form,
    whole,
)
from language import N_
from language.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine import Experiment, Run

TABLE: Final = "schedule.csv"

_OWN: Final = N_("The learning rate follows {library}'s own schedule “{schedule}”.")
_READ: Final = N_("The script reads the factor of every update from schedule.csv.")
_ROWS: Final = N_("The lengths of the schedule are not whole numbers of updates of equal size.")
_NO_FORM: Final = N_("{library} has no schedule that is equal with these numbers.")
_ZERO: Final = N_("Keras' warm-up begins with a rate of 0, so that its first update does nothing.")


class Followed(NamedTuple):
    """How a script follows a schedule.

    Attributes:
        own: the library's own form; None where the script reads a table.
        reason: why it reads one, to be translated; "" where no library is asked.
    """

    own: str | None
    reason: str = ""


def is_scheduled(run: Run) -> bool:
    """Tell whether the rate of a run changes."""
    return run.schedule != Constant()


def followed(library: str, experiment: Experiment, run: Run) -> Followed:
    """Return how a library's optimizer follows the schedule of a run."""
    schedule = run.schedule
    numbers = whole(schedule, run.learning_rate, experiment.counts(run), experiment.iterations(run))
    own = None if numbers is None else form(library, schedule, numbers)
    if own is not None:
        return Followed(own)
    reason = SCHEDULE_FORMS[type(schedule)].differences.get(library, "")
    if isinstance(schedule, ReduceOnPlateau):
        return Followed(None, reason)
    if numbers is None:
        return Followed(None, _ROWS)
    if library == "keras" and numbers.warm_up:
        return Followed(None, _ZERO)
    return Followed(None, reason or _NO_FORM)


def keeps_the_rate_outside(library: str, run: Run) -> bool:
    """Tell whether a library's optimizer may follow a schedule as the rule does here."""
    return type(run.optimizer) in RATE_OUTSIDE[library]


def why_not_outside(library: str, run: Run) -> str:
    """Return why it may not, to be translated."""
    has_velocity = library == "keras" and any(s.name == "velocity" for s in run.optimizer.slots)
    return RATE_INSIDE if has_velocity else RATE_UNKNOWN


def words(how: Followed, title: str, run: Run, say: Callable[[str], str]) -> str:
    """Return a sentence on how the script follows the schedule; ``say`` puts it into a language."""
    named = {"library": title, "schedule": say(LABELS["schedule"][run.schedule.name])}
    if how.own is not None:
        return say(_OWN).format(**named)
    return f"{say(how.reason)} {say(_READ)}".strip().format(**named)


def table_lines(run: Run) -> str:
    """Return the lines that read the factors; only updates that they cover are replayed."""
    seed = "SEED" if isinstance(run.schedule, ReduceOnPlateau) else '"all"'
    return (
        f'factors = [\n    float(line["factor"]) for line in table("{TABLE}", number=RUN,'
        f" seed={seed})\n]\n"
    )
