"""In what the settings of a sweep differ: their run, and the fields of the axes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sweeps.axes import RangeAxis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array, Integers
    from sweeps.axes import Axis
    from sweeps.settings import Settings
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
            run is its position among the variants; what is no number and no word is as in JSON,
            without what inside it has an axis of its own.
        places: position of each setting's value, or bin, ``(settings,)``; -1 where it has none:
            the field of another rule, or "all" beside bins.
        numbers: the value of each setting, ``(settings,)``; NaN where it is no number.
        log: whether the axis is logarithmic.
        edges: lower and upper ends of bins, ``(bins + 1,)``; None where every value has a place.
            A value at an edge is in the bin above it, the highest one in the last.
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

    @cached_property
    def is_numeric(self) -> bool:
        """Tell whether its values are numbers, "all" aside."""
        is_known = all(_is_number(value) or value == "all" for value in self.values)
        return self.field != RUN and is_known and any(map(_is_number, self.values))

    @property
    def is_ordered(self) -> bool:
        """Tell whether a first and a last value are edges, beyond which others may follow."""
        return self.is_numeric and len(self) > 1


def dimensions(spec: SweepSpec) -> tuple[Dimension, ...]:
    """Return the dimensions of a sweep: its runs first, then its fields, each once."""
    return _dimensions(spec.settings)


@lru_cache(maxsize=8)  # by identity: not every sweep can be hashed
def _dimensions(settings: Settings) -> tuple[Dimension, ...]:
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
    return (runs, *(_dimension(settings, field, axes) for field, axes in fields.items()))


def dimension(spec: SweepSpec, field: str) -> Dimension | None:
    """Return the dimension of a field; None where the sweep has none."""
    return next((one for one in dimensions(spec) if one.field == field), None)


def _dimension(settings: Settings, field: str, axes: Sequence[Axis]) -> Dimension:
    table, at = settings.column(field, np.arange(len(settings)))
    depth, is_of_runs = len(axes[0].path), axes[0].is_of_runs
    inside = [one.path[depth:] for one in settings.axes if one.field.startswith(f"{field}.")]
    # A run without the hyperparameter has no value; what every run and experiment has may be null.
    may_lack = is_of_runs and depth > 1
    names: list[Any] = [
        None if value is None and may_lack else _name(value, inside) for value in table
    ]
    used = [names[place] for place in np.unique(at).tolist()]
    values = [name for name in dict.fromkeys(used) if name is not None]
    is_log = False
    if all(_is_number(value) or value == "all" for value in values):
        values.sort(key=lambda value: math.inf if value == "all" else value)
        is_log = _is_logarithmic(axes, [value for value in values if value != "all"])
    position = {value: place for place, value in enumerate(values)}
    places = np.array([position.get(name, -1) for name in names])[at]
    numbers = np.array([float(name) if _is_number(name) else np.nan for name in names])[at]
    whole = Dimension(field, tuple(values), places, numbers, is_log)
    return _binned(whole) if whole.is_numeric and len(values) > MOST_PLACES else whole


def _binned(every: Dimension) -> Dimension:
    """Return a dimension of so many values that they are put into bins of equal width."""
    is_number = ~np.isnan(every.numbers)
    low, high = every.numbers[is_number].min(), every.numbers[is_number].max()
    if every.log:
        edges = np.exp(np.linspace(np.log(low), np.log(high), _BINS + 1))
    else:
        edges = np.linspace(low, high, _BINS + 1)
    edges[[0, -1]] = low, high
    above = np.searchsorted(edges, every.numbers, side="right")
    places = np.where(is_number, np.minimum(above - 1, _BINS - 1), -1)
    return replace(every, places=places, edges=edges)


def _is_logarithmic(axes: Sequence[Axis], numbers: Sequence[float]) -> bool:
    """Tell whether an axis is logarithmic: as its ranges are, else as its lists seem to be."""
    if min(numbers, default=0) <= 0:
        return False
    scales = {axis.scale for axis in axes if isinstance(axis, RangeAxis)}
    return scales == {"log"} if scales else _are_apart_by_factors(numbers)


def _are_apart_by_factors(numbers: Sequence[float]) -> bool:
    """Tell whether rising numbers above 0 are more even in log x than in x."""
    if len(numbers) < 3:
        return False
    steps, factors = np.diff(numbers), np.diff(np.log(numbers))
    return bool(factors.max() * steps.min() < steps.max() * factors.min())


def _is_number(value: object) -> bool:
    return type(value) in {int, float}  # a bool is none


def _name(value: Any, inside: Sequence[list[str]]) -> Any:
    """Return a number or a word as it is, and anything else as JSON without the fields inside."""
    if isinstance(value, (int, float, str)):
        return value
    for path in inside:
        value = _without(value, path)
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _without(value: Any, path: Sequence[str]) -> Any:
    """Return an object without a field, however deep it is."""
    name, *rest = path
    if not isinstance(value, dict) or name not in value:
        return value
    others = {key: part for key, part in value.items() if key != name}
    return others | {name: _without(value[name], rest)} if rest else others
