"""Controls made from the engine's metadata: every slider with a number field beside it."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from comparison.edits import change_batch_size, change_hyperparameter
from comparison.words.names import choice_words, symbol
from engine import Interval, InvalidInput
from engine.rules import TypedRule, choices, hyperparameters
from language import _
from language.labels import label
from ui.shell.binding import bound
from ui.shell.store import document, edit, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.rules import Rule

Number = int | float

# Where a slider stops; the number field beside it takes every allowed value.
_STOPS: dict[str, Sequence[Number]] = {
    "rows": (20, 50, 100, 200, 300, 400, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000),
    "noise": tuple(round(0.05 * step, 2) for step in range(21)),
    "learning_rate": tuple(
        float(f"{digit}e{power}") for power in range(-5, 2) for digit in (1, 1.5, 2, 3, 5, 7)
    ),
    "epochs": (
        1,
        2,
        5,
        10,
        20,
        30,
        40,
        60,
        80,
        100,
        150,
        200,
        300,
        500,
        1_000,
        2_000,
        5_000,
        10_000,
    ),
    "iterations": tuple(digit * 10**power for power in range(1, 6) for digit in (1, 2, 5)),
    "rows_seen": tuple(digit * 10**power for power in range(2, 8) for digit in (1, 2, 5)),
    "gradients": tuple(digit * 10**power for power in range(1, 6) for digit in (1, 2, 5)),
    "units": (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256),
    "features": (1, 2, 3, 5, 10, 20, 50, 100, 200, 784),
}
_BELOW = 1e-4  # of the value, where a scale of powers begins if any number above 0 is allowed
_DECAYS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999)


def number(
    name: str,
    value: Number,
    interval: Interval,
    key: str,
    report: Callable[[Any], object],
    *,
    title: str | None = None,
    stops: Sequence[Number] | None = None,
    help: str | None = None,
    bounded: bool = False,
) -> None:
    """Offer a number as a slider and a field; ``report`` is called with what the reader chose.

    The field takes any number: one out of range is refused by the engine, which says what is
    allowed. ``bounded`` refuses it here, for the few from which something must be made before that.
    """
    title = label("field", name) if title is None else title
    stops = stops or _STOPS.get(name) or _spread(interval, value)
    options = sorted({value, *(stop for stop in stops if stop in interval)})

    def within(chosen: Number) -> None:
        if chosen in interval:
            report(chosen)
        else:
            refuse(InvalidInput("out_of_range", name, chosen, interval))

    take = within if bounded else report
    slider, box = st.columns(_shares(value), vertical_alignment="bottom")
    bound(
        slider.select_slider,
        title,
        options,
        value,
        format_func=_written,
        key=f"{key}-slider",
        shown=value,
        report=take,
        help=help,
    )
    with box:
        _field(title, value, f"{key}-number", take)


def _shares(value: Number) -> tuple[int, int]:
    """Return the shares of slider and field, in which all digits must be seen."""
    digits = len(f"{value}")
    return (5, 2) if digits <= 6 else (4, 3) if digits <= 8 else (1, 1)


def choice(
    title: str,
    value: str,
    options: Sequence[str],
    key: str,
    report: Callable[[str], object],
    *,
    names: Callable[[str], str],
    help: str | None = None,
) -> None:
    """Offer ids by their names."""
    bound(
        st.selectbox,
        title,
        options,
        format_func=names,
        key=key,
        shown=value,
        report=report,
        among=options,
        help=help,
    )


def switch(
    title: str,
    field: str,
    value: Number | None,
    first: Number,
    report: Callable[[Any], object],
    *,
    help: str | None = None,
) -> None:
    """Offer a number that may be absent: a switch, and the number while it is on."""
    bound(
        st.toggle,
        title,
        key=f"{field}-on",
        shown=value is not None,
        report=lambda on: report(first if on else None),
        help=help,
    )
    if value is not None:
        _field(title, value, f"{field}-number", report)


def batch_size(index: int, rows: int) -> None:
    """Offer a run's batch size: powers of two and all rows on the slider, any in the field."""
    run = document().experiment.runs[index]
    size = rows if run.batch_size == "all" else run.batch_size
    powers = [2**power for power in range(rows.bit_length()) if 2**power < rows]
    number(
        "batch_size",
        size,
        Interval(1, rows),
        "batch_size",
        lambda value: edit(change_batch_size, index, value),
        stops=[*powers, rows],
        help=_("Rows used for one update; the slider ends at all {rows} training rows.").format(
            rows=rows
        ),
    )


def rule_hyperparameters(index: int) -> None:
    """Offer every choice and hyperparameter of a run's rule, from its metadata."""
    run = document().experiment.runs[index]
    for name, words in choices(type(run.optimizer)).items():
        choice(
            label("hyperparameter", name),
            getattr(run.optimizer, name),
            words,
            f"{run.optimizer.name}-{name}",
            partial(edit, change_hyperparameter, index, name),
            names=choice_words,
        )
    for name, interval in hyperparameters(type(run.optimizer)).items():
        number(
            name,
            getattr(run.optimizer, name),
            interval,
            f"{run.optimizer.name}-{name}",
            partial(edit, change_hyperparameter, index, name),
            title=_hyperparameter(run.optimizer, name, interval),
        )


def _hyperparameter(rule: Rule, name: str, interval: Interval) -> str:
    """Return what a hyperparameter is called; that of a typed rule has the name that it was given.

    Another rule of this house may have one with the same name and another meaning.
    """
    title = name if isinstance(rule, TypedRule) else label("hyperparameter", name)
    return ", ".join(dict.fromkeys((title, symbol(name, interval))))


def _field(title: str, value: Number, key: str, report: Callable[[Any], object]) -> None:
    """Offer a number to type."""
    bound(
        st.number_input,
        title,
        value=None,  # an emptied field says so, where it would be 0 with a number here
        step=1 if isinstance(value, int) else _step(value),
        format="%d" if isinstance(value, int) else f"%.{max(6, digits(value))}g",
        key=key,
        shown=value,
        report=report,
        label_visibility="collapsed",
    )


def _spread(interval: Interval, value: Number) -> list[Number]:
    """Return stops for a field without a list of its own."""
    if interval.scale == "complement":
        return list(_DECAYS)
    low, high = interval.low, interval.high
    if isinstance(value, int):
        if high >= 100 * max(low, 1):
            return [digit * 10**power for power in range(7) for digit in (1, 2, 5)]
        step = max(1, round((high - low) / 20))
        return list(range(int(low), int(high) + 1, step))
    if interval.scale == "log":
        low = low or value * _BELOW
        return [
            float(f"1e{power}")
            for power in range(math.ceil(math.log10(low)), int(math.log10(high)) + 1)
        ]
    return [round(low + (high - low) * step / 20, 10) for step in range(21)]


def _written(value: Number) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.{max(6, digits(value))}g}"


def digits(value: float) -> int:
    """Return how many significant digits it takes to write a number exactly, 1 to 17."""
    return next(count for count in range(1, 18) if float(f"{value:.{count}g}") == value)


def _step(value: float) -> float:
    """Return a tenth of the value's power of ten."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.01
