"""A run's schedule: which one, its numbers, and its factors over the budget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from charts.schedules import schedule_preview
from comparison.edits import change_schedule, choose_schedule, count_schedule_in
from comparison.offers import schedules
from comparison.sweep.plan import typed_targets
from comparison.words.scheduled import schedule_symbol
from engine import InvalidInput
from engine.rules.schedules import SCHEDULES, Constant, intervals, words
from engine.spec import by_name, name_of
from language import _
from language.labels import inline, label
from ui.shell.binding import bound
from ui.shell.controls import choice, number
from ui.shell.figure import sketch
from ui.shell.store import document, edit, refuse, styles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.experiment import Run
    from engine.rules.schedules import ProgressUnit, Schedule

_SCHEDULES: Mapping[str, type[Schedule]] = by_name(SCHEDULES)
_SHARES: Final = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_COUNTS: Final = tuple(float(f"{digit}e{power}") for power in range(-1, 9) for digit in (1, 2, 5))
# Where a slider stops, for numbers that are no lengths.
_STOPS: Final[Mapping[str, Sequence[float]]] = {
    "end": (0.0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    "patience": (0, 1, 2, 3, 5, 10, 20, 50, 100),
    "cooldown": (0, 1, 2, 3, 5, 10, 20, 50, 100),
    "threshold": (0.0, 1e-4, 1e-3, 0.01, 0.02, 0.05, 0.1),
}


def schedule_controls(index: int, run: Run) -> None:
    """Offer a run's schedule with all that it has, and a picture of it."""
    experiment = document().experiment
    kinds = [name_of(kind) for kind in schedules(experiment)]
    choice(
        _("Schedule"),
        run.schedule.name,
        kinds if run.schedule.name in kinds else [*kinds, run.schedule.name],
        "schedule",
        lambda name: edit(choose_schedule, index, _SCHEDULES[name]),
        names=partial(label, "schedule"),
        help=_(
            "What the learning rate is multiplied by, update by update. η is the rate where this"
            " factor is 1. The factor is drawn below the losses."
        ),
    )
    _numbers(index, run.schedule)
    if run.schedule != Constant():
        style = styles()[index]
        chart = sketch(lambda: schedule_preview(experiment, run, style), "schedule-preview")
        if chart is not None and chart.remarks:
            st.caption(" ".join(chart.remarks))


def _numbers(index: int, schedule: Schedule) -> None:
    """Offer every field of a schedule, from its metadata; a constant one has a warm-up alone."""
    kind = type(schedule)
    limits, listed = intervals(kind, schedule.unit), words(kind)
    if schedule != Constant():
        units = [unit for unit in listed.pop("unit") if unit != "epochs" or _has_epochs(schedule)]
        choice(
            label("schedule_field", "unit"),
            schedule.unit,
            units,
            "schedule-unit",
            lambda unit: edit(count_schedule_in, index, unit),
            names=partial(label, "progress_unit"),
            help=_(
                "In epochs the factor depends on the rows seen, so runs of all batch sizes have the"
                " same. In shares of the run it fits every budget."
            ),
        )
        for name, values in listed.items():
            choice(
                label("schedule_field", name),
                getattr(schedule, name),
                values,
                f"schedule-{name}",
                partial(_change, index, name),
                names=partial(label, "curve"),
            )
    for name, interval in limits.items():
        value = getattr(schedule, name)
        title = ", ".join((label("schedule_field", name), schedule_symbol(schedule, name)))
        if schedule == Constant():  # which shows no unit above
            title += f" ({inline('progress_unit', schedule.unit)})"
        if isinstance(value, tuple):
            _milestones(index, value, title)
            continue
        number(
            name,
            value,
            interval,
            f"schedule-{schedule.name}-{name}",
            partial(_change, index, name),
            title=title,
            stops=_stops(schedule, name),
        )


def _has_epochs(schedule: Schedule) -> bool:
    """Tell whether lengths may be counted in epochs: a test function has none."""
    return document().experiment.problem.has_rows or schedule.unit == "epochs"


def _change(index: int, name: str, value: object) -> None:
    edit(change_schedule, index, **{name: value})


def _stops(schedule: Schedule, name: str) -> Sequence[float] | None:
    """Return where the slider of a number stops; None for those of its interval."""
    if name in type(schedule).lengths or name == "warm_up":
        return _SHARES if schedule.unit == "share" else _up_to_budget(schedule.unit)
    return _STOPS.get(name)


def _up_to_budget(unit: ProgressUnit) -> list[float]:
    """Return 0 and lengths up to that of the selected run: a warm-up of one update does nothing."""
    experiment = document().experiment
    run = experiment.runs[document().view.selected]
    total = experiment.iterations(run)
    most = total if unit == "updates" else experiment.counts(run).epochs(total)
    least = 2 if unit == "updates" else 0.5
    return [0.0, *(count for count in _COUNTS if least <= count <= most)]


def _milestones(index: int, value: tuple[Any, ...], title: str) -> None:
    bound(
        st.text_input,
        title,
        key="schedule-milestones",
        shown=", ".join(f"{one:.12g}" for one in value),
        report=lambda text: _typed(index, text),
        help=_("Rising numbers with commas between them, such as 30, 45."),
    )


def _typed(index: int, text: str) -> None:
    try:
        milestones = typed_targets(text)
    except InvalidInput as error:
        refuse(error)
    else:
        edit(change_schedule, index, milestones=milestones)
