"""What moves over the charts of a surface: every run's point at each tick, for the browser."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from charts.surfaces import relief_heights
from engine.problems.losses import LOSSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from comparison.scenes import Clock, Scene
    from engine import Function, Network

_SPEEDS: Final = (1, 2, 5, 10, 20, 50, 100)  # ticks per second
_WHOLE: Final = 8.0  # about how many seconds the whole way takes at first


def first_speed(clock: Clock) -> int:
    """Return the speed, in ticks per second, with which all ticks take about eight seconds."""
    per_second = (len(clock.ticks) - 1) / _WHOLE
    return min(_SPEEDS, key=lambda speed: abs(np.log(speed / max(per_second, 0.5))))


def moving_runs(
    scene: Scene, window: tuple[float, float, float, float] | None, *, with_heights: bool
) -> dict[str, Any]:
    """Return the runs of a scene, ready for JSON: their colours, and where they are at every tick.

    Args:
        scene: the scene of the runs.
        window: left, right, bottom and top of the visible part, beyond which there are no heights;
            None is all of it.
        with_heights: whether there is a picture in three dimensions.
    """
    heights = (
        [relief_heights(trail, scene.field, window) for trail in scene.trails]
        if with_heights
        else []
    )
    return {
        "runs": [
            {"colour": style.colour, "last": last}
            for style, last in zip(scene.styles, scene.clock.lasts, strict=True)
        ],
        "x": _at_ticks(scene, [trail.x for trail in scene.trails]),
        "y": _at_ticks(scene, [trail.y for trail in scene.trails]),
        "loss": _at_ticks(scene, [trail.loss for trail in scene.trails]),
        "height": _at_ticks(scene, heights),
    }


def prediction_curve(problem: Network | Function) -> str:
    """Return the activation that turns w x + b into a prediction; "identity" for a function.

    A loss that reads logits includes a sigmoid.
    """
    if problem.kind == "function":
        return "identity"
    return "sigmoid" if LOSSES[problem.loss].reads == "logits" else problem.output_activation


def packed(arrays: Sequence[Any]) -> str:
    """Return numbers as float32, one array after the other, in base64."""
    with np.errstate(over="ignore"):  # too large for float32 is outside the picture
        joined = np.concatenate([*map(np.ravel, arrays), np.empty(0)]).astype("<f4")
    return base64.b64encode(joined.tobytes()).decode()


def packed_bytes(arrays: Sequence[Any]) -> str:
    """Return numbers from 0 to 255, rounded down, one array after the other, in base64."""
    joined = np.concatenate([*map(np.ravel, arrays), np.empty(0)]).astype(np.uint8)
    return base64.b64encode(joined.tobytes()).decode()


def _at_ticks(scene: Scene, values: Sequence[Any]) -> str:
    """Return, packed, one value per tick for every run."""
    return packed([own[scene.clock.records[run]] for run, own in enumerate(values)])
