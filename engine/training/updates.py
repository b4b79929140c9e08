"""One update of all lanes: the private step that ``train`` and ``minimize`` share."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from engine.problems.problem import param_blocks
from engine.rules import stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.arrays import Array, Integers, State
    from engine.rules import Rule


class Stepper:
    """The rules of some lanes and what they remember; updates the parameters in place.

    Lanes of one rule are neighbours, so that each rule sees one contiguous slice, or several where
    these are large: an update may be long.

    Attributes:
        params: ``(lanes, n_params)``, changed by every step.
        grads: ``(lanes, n_params)``, filled by the caller before each step.
        update: ``(lanes, n_params)``, written: what a step subtracts, learning rate x direction.
        learning_rates: ``(lanes, 1)``; a schedule rewrites this column before a step.
    """

    def __init__(
        self,
        optimizers: Sequence[Rule],
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
            for part in param_blocks(len(rules), params.shape[1]):
                lanes = slice(start + part.start, start + part.stop)
                self._slices.append(_Slice(rules[part], self, lanes))
            start += len(rules)

    def step(self, number: int) -> None:
        """Take update ``number`` (from 1) with the gradients in ``grads``."""
        for rows in self._slices:
            rows.turn(number)
        np.subtract(self.params, self.update, out=self.params)

    def stepping(self, number: int) -> Iterator[slice]:
        """Take the update some lanes at a time; yield which have taken it."""
        for rows in self._slices:
            rows.turn(number)
            np.subtract(rows.params, rows.update, out=rows.params)
            yield rows.lanes

    def take_state(self, before: Stepper, lanes: Integers) -> None:
        """Go on with what ``before`` remembers of its ``lanes``, one per lane of this stepper."""
        for rows in self._slices:
            wanted = lanes[rows.lanes]
            for old in before._slices:
                here = (wanted >= old.lanes.start) & (wanted < old.lanes.stop)
                if here.any():
                    for slot, kept in zip(rows.state, old.state, strict=True):
                        slot[here] = kept[wanted[here] - old.lanes.start]

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
    """Lanes of one rule."""

    def __init__(self, rules: Sequence[Rule], stepper: Stepper, lanes: slice) -> None:
        self.rule = stack(rules)
        self.lanes = lanes
        self.params, self.grads = stepper.params[lanes], stepper.grads[lanes]
        self.update = stepper.update[lanes]
        self.learning_rates = stepper.learning_rates[lanes]
        self.state: State = tuple(np.zeros(self.grads.shape) for _ in self.rule.slots)
        self.extra = {"params": self.params} if "params" in self.rule.needs else {}

    def turn(self, number: int) -> None:
        """Write the update with this number: learning rate x direction."""
        direction, self.state = self.rule.direction(self.grads, self.state, number, **self.extra)
        np.multiply(self.learning_rates, direction, out=self.update)
