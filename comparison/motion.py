"""What moves over the charts of a surface: where every run is at each tick, for the browser."""

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
_WHOLE: Final = 8.0  # seconds that the whole way takes at first, about


def first_speed(clock: Clock) -> int:
    """Return the speed, in ticks per second, that comes nearest to eight seconds for all ticks."""
    per_second = (len(clock.ticks) - 1) / _WHOLE
    return min(_SPEEDS, key=lambda speed: abs(np.log(speed / max(per_second, 0.5))))


def moving_runs(
    scene: Scene, window: tuple[float, float, float, float] | None, *, with_heights: bool
) -> dict[str, Any]:
    """Return the runs of a scene, ready for JSON: colours, and where they are at every tick.

    Args:
        scene: whose runs these are.
        window: left, right, bottom and top of what is seen, beyond which there are no heights; None
            is all of it.
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
    """Return the activation that makes a prediction of w x + b; "identity" for a function.

    A loss that reads logits has a sigmoid within it.
    """
    if problem.kind == "function":
        return "identity"
    return "sigmoid" if LOSSES[problem.loss].reads == "logits" else problem.output_activation


def packed(arrays: Sequence[Any]) -> str:
    """Return numbers as float32, one array after the other, in base64."""
    with np.errstate(over="ignore"):  # beyond float32 is beyond the picture
        joined = np.concatenate([*arrays, np.empty(0)]).astype("<f4")
    return base64.b64encode(joined.tobytes()).decode()


def _at_ticks(scene: Scene, values: Sequence[Any]) -> str:
    """Return a value of every run's points, packed, at every tick; nothing of none."""
    return packed([own[scene.clock.places[run]] for run, own in enumerate(values)])
