"""Controls made from the engine's metadata: every slider with a number field beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from comparison.words.names import symbol
from engine import Interval, InvalidInput
from engine.rules import hyperparameters
from language import _
from language.labels import label
from ui.shell.session import change_run, document, refuse, set_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
    "units": (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256),
    "features": (1, 2, 3, 5, 10, 20, 50, 100, 200, 784),
}
_DECAYS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999)


def number(
    name: str,
    value: Number,
    interval: Interval,
    key: str,
    report: Callable[[Any], None],
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
    chosen = _STOPS.get(name) if stops is None else stops
    options = sorted({value, *(chosen or _spread(interval, value))})
    options = [option for option in options if option in interval]

    def within(chosen: Number) -> None:
        if chosen in interval:
            report(chosen)
        else:
            refuse(InvalidInput("out_of_range", name, chosen, interval))

    take = within if bounded else report
    slider, box = st.columns([5, 2], vertical_alignment="bottom")
    _show(f"{key}-slider", value)
    slider.select_slider(
        title,
        options,
        format_func=_written,
        key=f"{key}-slider",
        help=help,
        on_change=_pass_on,
        args=(f"{key}-slider", take),
    )
    with box:
        _field(title, value, f"{key}-number", take)


def choice(
    title: str,
    value: str,
    options: Sequence[str],
    key: str,
    report: Callable[[str], None],
    *,
    names: Callable[[str], str],
    help: str | None = None,
) -> None:
    """Offer ids by their names."""
    _show(key, value)
    st.selectbox(
        title,
        options,
        format_func=names,
        key=key,
        help=help,
        on_change=_pass_on_id,
        args=(key, options, report),
    )


def switch(
    title: str,
    field: str,
    value: Number | None,
    first: Number,
    report: Callable[[Any], None],
    *,
    help: str | None = None,
) -> None:
    """Offer a number that may be absent: a switch, and the number while it is on."""
    _show(f"{field}-on", value is not None)
    st.toggle(
        title,
        key=f"{field}-on",
        help=help,
        on_change=lambda: report(first if st.session_state[f"{field}-on"] else None),
    )
    if value is None:
        return
    _field(title, value, f"{field}-number", report)


def batch_size(position: int, rows: int) -> None:
    """Offer a batch size: powers of two and all rows on the slider, any number in the field."""
    run = document().experiment.runs[position]
    size = rows if run.batch_size == "all" else run.batch_size
    powers = [2**power for power in range(rows.bit_length()) if 2**power < rows]

    def report(value: int) -> None:
        change_run(position, batch_size="all" if value == rows else value)

    number(
        "batch_size",
        size,
        Interval(1, rows),
        "batch_size",
        report,
        stops=[*powers, rows],
        help=_("Rows of one update; the largest stop is all {rows} training rows.").format(
            rows=rows
        ),
    )


def rule_hyperparameters(position: int) -> None:
    """Offer every hyperparameter of a run's rule, from its metadata."""
    run = document().experiment.runs[position]
    for name, interval in hyperparameters(type(run.optimizer)).items():

        def report(value: float, name: str = name) -> None:
            optimizer = document().experiment.runs[position].optimizer
            fields = {**vars(optimizer), name: value}
            change_run(position, optimizer=type(optimizer)(**fields))

        number(
            name,
            getattr(run.optimizer, name),
            interval,
            f"{run.optimizer.name}-{name}",
            report,
            title=", ".join(dict.fromkeys((label("hyperparameter", name), symbol(name, interval)))),
        )


def open_tabs(titles: Mapping[str, str], key: str, opened: str) -> dict[str, Any]:
    """Return tabs by their ids; the page's settings say which one is open.

    Args:
        titles: what the tabs are called, to be translated, by id.
        key: of the widget.
        opened: the id of the open one.
    """
    ids = {_(title): name for name, title in titles.items()}
    _show(key, _(titles[opened]))
    tabs = st.tabs(list(ids), key=key, on_change=lambda: set_page(tab=ids[st.session_state[key]]))
    return dict(zip(titles, tabs, strict=True))


def _field(title: str, value: Number, key: str, report: Callable[[Any], None]) -> None:
    """Offer a number to type."""
    _show(key, value)
    st.number_input(
        title,
        value=None,  # an emptied field says so, where it would be 0 with a number here
        step=1 if isinstance(value, int) else _step(value),
        format="%d" if isinstance(value, int) else f"%.{max(6, _digits(value))}g",
        key=key,
        label_visibility="collapsed",
        on_change=_pass_on,
        args=(key, report),
    )


def _show(key: str, value: object) -> None:
    """Fill a widget from the comparison."""
    st.session_state[key] = value


def _pass_on(key: str, report: Callable[[Any], None]) -> None:
    """Pass a value on; an emptied field is filled again by the page."""
    if st.session_state[key] is not None:
        report(st.session_state[key])


def _pass_on_id(key: str, options: Sequence[str], report: Callable[[Any], None]) -> None:
    """Pass an id on; where the language has just changed the browser sends the old label."""
    if st.session_state[key] in options:
        report(st.session_state[key])


def _spread(interval: Interval, value: Number) -> list[Number]:
    """Return stops for a field without a list of its own."""
    if interval.scale == "complement":
        return list(_DECAYS)
    low, high = interval.low, interval.high
    if interval.scale == "log":
        return [
            float(f"1e{power}")
            for power in range(math.ceil(math.log10(low)), int(math.log10(high)) + 1)
        ]
    if isinstance(value, int):
        step = max(1, round((high - low) / 20))
        return list(range(int(low), int(high) + 1, step))
    return [round(low + (high - low) * step / 20, 10) for step in range(21)]


def _written(value: Number) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.{max(6, _digits(value))}g}"


def _digits(value: float) -> int:
    """Return how many significant digits it takes to write a number exactly."""
    return next(count for count in range(1, 18) if float(f"{value:.{count}g}") == value)


def _step(value: float) -> float:
    """Return a tenth of the value's power of ten."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.01
