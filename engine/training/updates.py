"""One update of all lanes: the only place where parameters change.

The gradient of a batch, for some rules a second gradient on the same rows, clipped where a run asks
for it, each rule's direction, the rate of this update, the step. ``train``, ``minimize``,
``inspect`` and range tests all take their updates here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar, cast

import numpy as np

from engine.problems.pieces import param_blocks
from engine.rules import stack, structure
from engine.rules.rule import Moment, stacked
from engine.rules.schedules import Constant, ReduceOnPlateau, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.arrays import Array, Integers, Layout, State
    from engine.counts import Counts
    from engine.experiment import Run
    from engine.problems.pieces import Piece
    from engine.rules import Rule
    from engine.rules.clipping import Clipping

RATES_AT_ONCE: Final = 256  # updates whose rates are made together, where they change


class Gradients(Protocol):
    """Where gradients come from, for parameters and gradients that it was made with."""

    @property
    def hessian(self) -> Callable[[Array], Array] | None:
        """Return what gives the Hessians ``(points, n_params, n_params)`` of points, if anything.

        None where there are none, as of networks, whose rules need none.
        """

    def load(self, rows: Any, /) -> None:
        """Take the rows of a segment of updates."""

    def pieces(self, position: int, size: int, /) -> Iterable[Piece]:
        """Return the work that fills the gradients for one update of the segment."""


Source = TypeVar("Source", bound=Gradients)


class Updates(Generic[Source]):
    """The updates of some lanes.

    Neighbours that can be stacked, by rule and clipping, are one slice of lanes, or several where
    these are large: an update may be long.

    Args:
        lanes: the run of each lane.
        params: ``(lanes, n_params)``, changed in place by every update.
        layout: where each layer's matrix lies in a lane.
        make: returns where gradients come from: of the given parameters, into the given gradients,
            both ``(lanes, n_params)``; it is called for all lanes, and again for the lanes of every
            rule that takes a second gradient.
        counts: how all these runs cut their rows into batches.
        total: updates that the budget gives each of them.

    Attributes:
        step: updates taken.
        batches: the source of the first gradients; the losses of batches are its own, for a second
            gradient has a source of its own.
        changes: ``(2, lanes, n_params)``: the first gradient, not clipped, and what the last update
            subtracted, rate x direction; side by side, so that one call gives both norms.
        points: ``(lanes, n_params)``, what is evaluated; the parameters themselves unless a rule
            reports other points: then ``report`` fills it.
    """

    def __init__(
        self,
        lanes: Sequence[Run],
        params: Array,
        layout: Layout,
        make: Callable[[Array, Array], Source],
        counts: Counts,
        total: int,
    ) -> None:
        self.step = 0
        self.params, self.changes = params, np.zeros((2, *params.shape))
        grads, self._update = self.changes
        self.batches = make(params, grads)
        self.points = params
        if not all(run.optimizer.reports_its_params for run in lanes):
            self.points = params.copy()
        self._rates = np.array([[run.learning_rate] for run in lanes])
        self._scheduled: _Rates | None = None
        if any(run.schedule != Constant() for run in lanes):
            self._scheduled = _Rates(lanes, counts, total)
        self._slices: list[_Slice] = []
        self._second: list[Source] = []
        start = 0
        for _, neighbours in groupby(lanes, _stacks):
            runs = list(neighbours)
            stop = start + len(runs)
            second = None
            if runs[0].optimizer.gradients_per_update == 2:
                second = np.zeros((2, len(runs), params.shape[1]))
                self._second.append(make(*second))
            operations = max(run.optimizer.operations(layout) for run in runs)
            for part in param_blocks(len(runs), params.shape[1], operations):
                here = slice(start + part.start, start + part.stop)
                moment = Moment(grads[here], params[here], layout, 0, self._rates[here])
                looking = None if second is None else second[:, part]
                update = self._update[here]
                one = _Slice(runs[part], here, moment, update, looking)
                if "hessian" in one.rule.needs:
                    one.hessian = self.batches.hessian
                self._slices.append(one)
            start = stop

    def load(self, rows: Any) -> None:
        """Take the rows of a segment of updates."""
        self.batches.load(rows)
        for second in self._second:
            second.load(rows)

    def pieces(self, position: int, size: int) -> Iterable[Piece]:
        """Return the work, to be done in order, that readies the next update.

        Nothing but gradients is written, so that it may be dropped half-way.

        Args:
            position: of the batch in the segment.
            size: rows of the batch.
        """
        self._set_rates(self.step + 1)
        first = self.batches.pieces(position, size)
        return chain(first, self._again(position, size)) if self._second else first

    def _again(self, position: int, size: int) -> Iterator[Piece]:
        """Yield the work of the second gradients."""
        for part in self._slices:
            if part.looking is not None:
                yield partial(part.look, self.step + 1, *part.looking)
        for second in self._second:
            yield from second.pieces(position, size)

    def take(self) -> None:
        """Take the update that is ready."""
        self.step += 1
        for part in self._slices:
            part.turn(self.step)
        np.subtract(self.params, self._update, out=self.params)

    def taking(self) -> Iterator[slice]:
        """Take the update that is ready some lanes at a time; yield which have taken it."""
        self.step += 1
        for part in self._slices:
            part.turn(self.step)
            np.subtract(part.moment.params, part.update, out=part.moment.params)
            yield part.lanes

    def report(self) -> Iterable[None]:
        """Bring ``points`` up to date, some lanes at a time, as it is iterated over."""
        return () if self.points is self.params else self._report()

    def _report(self) -> Iterator[None]:
        self._set_rates(max(self.step, 1))
        for part in self._slices:
            part.moment.step = self.step
            self.points[part.lanes] = part.rule.evaluated(part.moment, part.state)
            yield

    def _set_rates(self, step: int) -> None:
        """Set the rates of an update where schedules change them."""
        if self._scheduled is not None:
            self._scheduled.write(step, self._rates)

    @property
    def watches(self) -> bool:
        """Tell whether a schedule watches the validation loss at the end of every epoch."""
        return self._scheduled is not None and bool(self._scheduled.watching)

    def watch(self, losses: Array) -> None:
        """Show the validation losses ``(lanes,)`` after the last update, at the end of an epoch.

        They act from the next update on.
        """
        if self._scheduled is not None:
            self._scheduled.watch(self.step, losses)

    def rates(self, step: int) -> Array:
        """Return the rate of every lane in the update with this number, ``(lanes,)``."""
        self._set_rates(step)
        return self._rates[:, 0].copy()

    def scales(self) -> Array:
        """Return what each rule multiplied its gradients, or running means, by in the last update.

        ``(lanes, n_params)``; ``Rule.scale`` says more.
        """
        found = np.ones_like(self.params)
        for part in self._slices:
            found[part.lanes] = part.rule.scale(part.moment, part.state)
        return found

    def go_on(self, before: Updates[Source], lanes: Integers) -> None:
        """Go on where ``before`` is, with what it remembers of its ``lanes``, one per lane here."""
        self.step = before.step
        if self._scheduled is not None and before._scheduled is not None:
            self._scheduled.go_on(before._scheduled, lanes)
        for part in self._slices:
            wanted = lanes[part.lanes]
            for old in before._slices:
                here = (wanted >= old.lanes.start) & (wanted < old.lanes.stop)
                if here.any():
                    for slot, kept in zip(part.state, old.state, strict=True):
                        slot[here] = kept[wanted[here] - old.lanes.start]

    def seen(self, lane: int, step: int) -> tuple[Moment, State]:
        """Return copies of what the rule of a lane has before it, ``(1, n_params)`` and so on.

        Args:
            lane: its position.
            step: number of the update that is ready, or of the one just taken: then parameters and
                slots are those that it left.

        Raises:
            IndexError: there is no such lane.
        """
        for part in self._slices:
            if part.lanes.start <= lane < part.lanes.stop:
                if step > self.step:
                    part.ready(step)
                return part.seen(lane - part.lanes.start, step)
        raise IndexError(lane)


def _stacks(run: Run) -> tuple[object, ...]:
    """Return what neighbouring lanes must have in common to be one slice."""
    return (*structure(run.optimizer), type(run.clipping))


class _Slice:
    """Lanes of one rule, and of one kind of clipping.

    Attributes:
        looking: ``(2, lanes, n_params)``: where the second gradient is taken, and that gradient;
            None for a rule that takes none.
        hessian: returns Hessians; None for a rule that needs none.
    """

    hessian: Callable[[Array], Array] | None = None

    def __init__(
        self,
        runs: Sequence[Run],
        lanes: slice,
        moment: Moment,
        update: Array,
        looking: Array | None,
    ) -> None:
        self.rule: Rule = stack([run.optimizer for run in runs])
        clippings = [run.clipping for run in runs if run.clipping is not None]
        self._clipping: Clipping | None = stacked(clippings, ["threshold"]) if clippings else None
        self.lanes, self.moment, self.update, self.looking = lanes, moment, update, looking
        self._first = moment.grads
        self.state: State = tuple(
            np.zeros((len(runs), slot.numbers(moment.layout))) for slot in self.rule.slots
        )

    def look(self, step: int, points: Array, second: Array) -> None:
        """Write where the second gradient of an update is taken; ``turn`` then sees it."""
        self.moment.step, self.moment.grads = step, self._clipped(self._first)
        np.copyto(points, cast("Array", self.rule.looks_at(self.moment, self.state)))
        self.moment.grads = second

    def turn(self, step: int) -> None:
        """Write the update with this number: rate x direction."""
        self.ready(step)
        direction, self.state = self.rule.direction(self.moment, self.state)
        np.multiply(self.moment.rate, direction, out=self.update)

    def ready(self, step: int) -> None:
        """Show the rule all that it sees in the update with this number."""
        moment = self.moment
        moment.step = step
        if self._clipping is not None:
            moment.grads = self._clipped(self._first if self.looking is None else self.looking[1])
        if self.hessian is not None:
            moment.hessian = self.hessian(moment.params)

    def _clipped(self, grads: Array) -> Array:
        return grads if self._clipping is None else self._clipping.clipped(grads)

    def seen(self, position: int, step: int) -> tuple[Moment, State]:
        row = slice(position, position + 1)
        moment, state = self.moment, tuple(slot[row].copy() for slot in self.state)
        names = ["grads", "params", "rate"] + ["hessian"] * (moment.hessian is not None)
        arrays = {name: getattr(moment, name)[row].copy() for name in names}
        return replace(moment, step=step, **arrays), state


class _Rates:
    """The rates of lanes with schedules.

    Attributes:
        watching: schedule of each lane that watches the validation loss.
    """

    def __init__(self, lanes: Sequence[Run], counts: Counts, total: int) -> None:
        self._counts, self._total = counts, total
        self._schedules = list(dict.fromkeys(run.schedule for run in lanes))
        self._which = [self._schedules.index(run.schedule) for run in lanes]
        self._constant = np.array([run.learning_rate for run in lanes])
        self._first, self._rates = 0, np.empty((0, len(lanes)))
        self.watching = {
            lane: run.schedule
            for lane, run in enumerate(lanes)
            if isinstance(run.schedule, ReduceOnPlateau)
        }
        self._watched = dict.fromkeys(self.watching, Watched())
        # Factors of watched losses: up to the update after which they were seen, and from then on.
        self._seen_at, self._old, self._new = 0, np.ones(len(lanes)), np.ones(len(lanes))

    def write(self, step: int, rates: Array) -> None:
        """Write the rates of an update, ``(lanes, 1)``."""
        block, position = divmod(step - 1, RATES_AT_ONCE)
        if not len(self._rates) or self._first != block * RATES_AT_ONCE + 1:
            self._first = block * RATES_AT_ONCE + 1
            self._rates = self._constant * self._factors()
        rates[:, 0] = self._rates[position]
        if self.watching:
            rates[:, 0] *= self._new if step > self._seen_at else self._old

    def _factors(self) -> Array:
        """Return the factors of a block of updates, ``(updates, lanes)``.

        A block always begins at the same updates, so that a factor is never rounded in two ways.
        """
        steps = np.arange(
            self._first, max(min(self._first + RATES_AT_ONCE - 1, self._total), 1) + 1
        )
        columns = [one.factors(steps, self._counts, self._total) for one in self._schedules]
        return np.stack(columns, axis=1)[:, self._which]

    def watch(self, step: int, losses: Array) -> None:
        """Take the validation losses ``(lanes,)`` after an update."""
        self._seen_at, self._old = step, self._new.copy()
        for lane, schedule in self.watching.items():
            if schedule.is_warm(step, self._counts, self._total):
                self._watched[lane] = schedule.watch(self._watched[lane], float(losses[lane]))
                self._new[lane] = self._watched[lane].factor

    def go_on(self, before: _Rates, lanes: Integers) -> None:
        """Go on with what was watched ``before`` of its ``lanes``, one per lane here."""
        self._seen_at, self._old, self._new = (
            before._seen_at,
            before._old[lanes],
            before._new[lanes],
        )
        self._watched = {lane: before._watched[int(lanes[lane])] for lane in self.watching}
