"""Whether a setting lies at an edge of what was tried: a better one may lie beyond."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from engine.errors import InvalidInput
from engine.experiment import Run, Sweep
from sweeps.axes import RangeAxis, with_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweeps.axes import Axis
    from sweeps.spec import SweepSpec

Edge: TypeAlias = Literal["low", "high"]
_OUTERMOST: Final = 1 / 12  # of a range of scattered points, which hardly ever hit its ends


def edges(spec: SweepSpec, setting: int) -> dict[str, Edge]:
    """Return the fields in which a setting has the lowest or highest number that was tried.

    An end beyond which no experiment can go is none: momentum 0, or as many rows in a batch as
    there are. Nor is any seed, for the next one is no better.

    Args:
        spec: the sweep.
        setting: its index.
    """
    settings = spec.settings
    codes = settings.codes(np.array([setting]))[:, 0].tolist()
    is_scattered = spec.design.kind == "quasi_random"
    found: dict[str, Edge] = {}
    for axis, levels, code in zip(settings.axes, settings.levels, codes, strict=True):
        if code < 0 or axis.path[-1].endswith("seed"):
            continue
        edge = _edge(axis, levels, levels[code], is_scattered=is_scattered)
        if edge is not None and _goes_on(spec, setting, axis, levels[code], edge):
            found[axis.field] = edge
    return found


def _edge(axis: Axis, levels: Sequence[Any], value: Any, *, is_scattered: bool) -> Edge | None:
    """Return at which end of an axis a value lies."""
    numbers = [level for level in levels if _is_number(level)]
    if not _is_number(value) or min(numbers) == max(numbers):
        return None
    if is_scattered and isinstance(axis, RangeAxis):
        share = _share(axis, value)
        is_low, is_high = share < _OUTERMOST, share > 1 - _OUTERMOST
    else:
        is_low, is_high = value == min(numbers), value == max(numbers)
    if is_low:
        return "low"
    return "high" if is_high and "all" not in levels else None  # no batch is larger than all


def _share(axis: RangeAxis, value: float) -> float:
    """Return which part of the way from low to high a value has behind it."""
    if axis.scale == "log":
        return math.log(value / axis.low) / math.log(axis.high / axis.low)
    return (value - axis.low) / (axis.high - axis.low)


def _goes_on(spec: SweepSpec, setting: int, axis: Axis, value: float, edge: Edge) -> bool:
    """Tell whether an experiment may have a number beyond that of a setting."""
    if isinstance(value, int):
        beyond: float = value - 1 if edge == "low" else value + 1
    else:
        beyond = math.nextafter(value, -math.inf if edge == "low" else math.inf)
    run, shared = spec.settings.run(setting), spec.settings.experiment(setting)
    if axis.is_of_runs:
        run = with_value(run, axis.path, beyond)
    else:
        shared = with_value(shared, axis.path, beyond)
    try:
        Run.model_validate(run)
        if not axis.is_of_runs or axis.field == "batch_size":  # which depends on the rows
            Sweep.model_validate({**shared, "runs": [run], "seeds": [0]})
    except InvalidInput:
        return False
    return True


def _is_number(value: object) -> bool:
    return type(value) in {int, float}  # a bool is none
