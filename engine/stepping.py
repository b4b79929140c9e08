"""One update of all lanes: the private step that ``train`` and ``minimize`` share."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from engine.optimizers import stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Array, Integers, State
    from engine.optimizers import Optimizer


class Stepper:
    """The rules of some lanes and what they remember; updates the parameters in place.

    Lanes of one rule are neighbours, so that each rule sees one contiguous slice.

    Attributes:
        params: ``(lanes, n_params)``, changed by every step.
        grads: ``(lanes, n_params)``, filled by the caller before each step.
        update: ``(lanes, n_params)``, written: what a step subtracts, learning rate x direction.
        learning_rates: ``(lanes, 1)``; a schedule rewrites this column before a step.
    """

    def __init__(
        self,
        optimizers: Sequence[Optimizer],
        learning_rates: Array,
        params: Array,
        grads: Array,
        update: Array,
    ) -> None:
        self.params, self.grads, self.update = params, grads, update
        self.learning_rates = learning_rates
        self._slices: list[_Slice] = []
        start = 0
        for _, neighbours in groupby(optimizers, type):
            rules = list(neighbours)
            self._slices.append(_Slice(rules, self, slice(start, start + len(rules))))
            start += len(rules)

    def step(self, number: int) -> None:
        """Take update ``number`` (from 1) with the gradients in ``grads``."""
        for rows in self._slices:
            direction, rows.state = rows.rule.direction(
                rows.grads, rows.state, number, **rows.extra
            )
            np.multiply(rows.learning_rates, direction, out=rows.update)
        np.subtract(self.params, self.update, out=self.params)

    def take_state(self, before: Stepper, lanes: Integers) -> None:
        """Go on with what ``before`` remembers of its ``lanes``, one per lane of this stepper."""
        for rows in self._slices:
            old = next(part for part in before._slices if type(part.rule) is type(rows.rule))
            kept = lanes[rows.lanes] - old.lanes.start
            rows.state = tuple(slot[kept] for slot in old.state)

    def slots(self, lane: int) -> dict[str, Array]:
        """Return what the rule of a lane remembers, slot by name, each ``(n_params,)``."""
        for rows in self._slices:
            if rows.lanes.start <= lane < rows.lanes.stop:
                position = lane - rows.lanes.start
                return {
                    name: slot[position]
                    for name, slot in zip(rows.rule.slots, rows.state, strict=True)
                }
        raise IndexError(lane)


class _Slice:
    """The lanes of one rule."""

    def __init__(self, rules: Sequence[Optimizer], stepper: Stepper, lanes: slice) -> None:
        self.rule = stack(rules)
        self.lanes = lanes
        self.grads = stepper.grads[lanes]
        self.update = stepper.update[lanes]
        self.learning_rates = stepper.learning_rates[lanes]
        self.state: State = tuple(np.zeros_like(self.grads) for _ in self.rule.slots)
        self.extra = {"params": stepper.params[lanes]} if "params" in self.rule.needs else {}
