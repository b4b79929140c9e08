"""In what the settings of a sweep differ: their run, and the fields of the axes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sweeps.axes import RangeAxis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array, Integers
    from sweeps.axes import Axis
    from sweeps.spec import SweepSpec

RUN: Final = "run"  # the dimension of the runs, which no field has
MOST_PLACES: Final = 40  # of numbers; more of them are put into bins
_BINS: Final = 12


@dataclass(frozen=True, eq=False)
class Dimension:
    """One thing in which settings differ.

    Attributes:
        field: as in the axis; ``RUN`` for the runs, rule by rule.
        values: those that settings have, rising where they are numbers, with "all" behind them. A
            run is its position among the variants; what is no number and no word is as in JSON.
        places: position of each setting's value, or bin, ``(settings,)``; -1 where it has none.
        numbers: the value of each setting, ``(settings,)``; NaN where it is no number.
        log: whether the axis is logarithmic.
        edges: lower and upper ends of bins, ``(bins + 1,)``; None where every value has a place.
    """

    field: str
    values: tuple[Any, ...]
    places: Integers
    numbers: Array
    log: bool = False
    edges: Array | None = None

    def __len__(self) -> int:
        """Return how many places there are."""
        return len(self.values) if self.edges is None else len(self.edges) - 1

    @property
    def has_numbers_only(self) -> bool:
        """Tell whether its values are numbers, without "all"."""
        return self.field != RUN and all(map(_is_number, self.values))

    @property
    def is_numeric(self) -> bool:
        """Tell whether its values are numbers, "all" aside."""
        is_known = all(_is_number(value) or value == "all" for value in self.values)
        return self.field != RUN and is_known and any(map(_is_number, self.values))

    @property
    def is_ordered(self) -> bool:
        """Tell whether a first and a last value are edges, beyond which others may follow."""
        return self.is_numeric and len(self) > 1


@cache
def dimensions(spec: SweepSpec) -> tuple[Dimension, ...]:
    """Return the dimensions of a sweep: its runs first, then its fields, each once."""
    settings = spec.settings
    indices = np.arange(len(settings))
    fields: dict[str, list[Axis]] = {}
    for axis in settings.axes:
        fields.setdefault(axis.field, []).append(axis)
    runs = Dimension(
        RUN,
        tuple(range(len(settings.variants))),
        settings.variants_of(indices),
        np.full(len(indices), np.nan),
    )
    return (runs, *(_dimension(spec, field, axes, indices) for field, axes in fields.items()))


def dimension(spec: SweepSpec, field: str) -> Dimension | None:
    """Return the dimension of a field; None where the sweep has none."""
    return next((one for one in dimensions(spec) if one.field == field), None)


def _dimension(spec: SweepSpec, field: str, axes: Sequence[Axis], indices: Integers) -> Dimension:
    table, at = spec.settings.column(field, indices)
    texts = [None if value is None else _text(value) for value in table]
    distinct = {text: value for text, value in zip(texts, table, strict=True) if text is not None}
    used = {texts[place] for place in np.unique(at).tolist()} - {None}
    known = [(text, value) for text, value in distinct.items() if text in used]
    is_log = all(isinstance(axis, RangeAxis) and axis.scale == "log" for axis in axes)
    if all(_is_number(value) or value == "all" for _, value in known):
        known.sort(key=lambda one: math.inf if one[1] == "all" else one[1])
        is_log = is_log or _looks_logarithmic([v for _, v in known if v != "all"])
    position = {text: place for place, (text, _) in enumerate(known)}
    places = np.array([position.get(text, -1) if text else -1 for text in texts])[at]
    numbers = np.array([float(v) if _is_number(v) else np.nan for v in table])[at]
    values = tuple(value if isinstance(value, (int, float, str)) else text for text, value in known)
    whole = Dimension(field, values, places, numbers, is_log)
    return _binned(whole) if whole.is_numeric and len(values) > MOST_PLACES else whole


def _binned(every: Dimension) -> Dimension:
    """Return a dimension of so many values that they are put into bins of equal width."""
    known = every.numbers[~np.isnan(every.numbers)]
    scale = np.log if every.log else np.asarray
    low, high = scale(known.min()), scale(known.max())
    shares = (scale(every.numbers) - low) / (high - low)
    places = np.clip(np.nan_to_num(shares) * _BINS, 0, _BINS - 1).astype(np.int64)
    edges = np.linspace(low, high, _BINS + 1)
    return Dimension(
        every.field,
        every.values,
        np.where(np.isnan(every.numbers), -1, places),
        every.numbers,
        every.log,
        np.exp(edges) if every.log else edges,
    )


def _looks_logarithmic(numbers: Sequence[float]) -> bool:
    """Tell whether numbers of a list are apart by factors rather than by steps."""
    if len(numbers) < 3 or min(numbers) <= 0:
        return False
    return max(numbers) / min(numbers) >= 2 ** (len(numbers) - 1)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
