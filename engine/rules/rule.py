"""What a rule is: the contract between a formula and the loop that follows it.

A rule turns a gradient into a **direction**; ``engine.training.updates`` takes the step ``params -=
learning_rate * schedule factor * direction``. A rule is a frozen dataclass of scalars. ``stack``
puts several runs of one rule into columns, and then the same formula moves all their lanes at once:
every array is ``(lanes, n_params)``, every hyperparameter ``(lanes, 1)`` or, where all lanes share
it, ``(1, 1)``.

Each ``direction`` is the formula, in the order of its paper. It may change its own slots in place
and returns them; it never writes to anything in the ``Moment``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_type_hints,
)

import numpy as np
from pydantic import TypeAdapter, ValidationError

from engine.limits import Interval
from engine.spec import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.arrays import Array, Layout, State

Family: TypeAlias = Literal[
    "momentum", "adaptive", "signs", "averages", "wrappers", "layers", "second_order", "own"
]
"""What kinds of rules there are, in the order of the menu."""

Need: TypeAlias = Literal["layers", "hessian", "all_rows"]
"""What a rule makes no sense without: the layers of a network, the Hessian of a test function, or
updates that all follow the gradient of all rows, without noise."""

Epsilon = Annotated[float, Interval(1e-16, 1, symbol=r"\epsilon", scale="log")]


_KINDS: Final = 256  # classes of rules that are remembered: every typed one has its own


@dataclass(slots=True)
class Moment:
    """What a rule may look at in one update.

    Attributes:
        grads: gradient of the loss, ``(lanes, n_params)``; in ``direction`` it is the second one
            if the rule ``looks_at`` a second point.
        params: where the lanes are, ``(lanes, n_params)``.
        layout: where each layer's matrix lies in a lane; a point without layers is one row.
        step: number of the update, from 1; 0 before the first one.
        rate: learning rate x schedule factor of this update, ``(lanes, 1)``.
        hessian: of the loss at ``params``, ``(lanes, n_params, n_params)``; None for a rule that
            does not need it.
    """

    grads: Array
    params: Array
    layout: Layout
    step: int
    rate: Array
    hessian: Array | None = None


class Slot(NamedTuple):
    """An array that a rule remembers from one update to the next; it starts at zero.

    Attributes:
        name: its id, of which the page makes a label.
        symbol: what it is called in ``formula``, in LaTeX, without the index of the step.
        size: numbers per lane, from the layout; None means as many as there are parameters.
    """

    name: str
    symbol: str
    size: Callable[[Layout], int] | None = None

    def numbers(self, layout: Layout) -> int:
        """Return how many numbers the slot holds for each lane."""
        return layout.n_params if self.size is None else self.size(layout)


class Rule(ABC):
    """What every rule has: a name, slots and one formula. The rest is for the rules that need it.

    Its fields are numbers with an interval, its hyperparameters, and words from a list, its choices
    (``Literal``). Lanes move together where choices and whole numbers are equal: these are no
    columns, so a formula may branch and count by them.

    Attributes:
        name: the id in files, links and the registry.
        title: the proper name, the same in every language.
        family: where the menu has it.
        needs: without what it is refused.
        couples: which coordinates of a lane influence each other: none, those of the same
            layer's matrix, or all.
        default_learning_rate: the rate of a run that is added with it
            (``benchmarks/default_rates.py``).
        formula: the rule in LaTeX, as the page shows it.
        source: where the rule was published.
    """

    name: str
    title: ClassVar[str]
    family: ClassVar[Family]
    needs: ClassVar[frozenset[Need]] = frozenset()
    couples: ClassVar[Literal["nothing", "matrix", "lane"]] = "nothing"
    default_learning_rate: ClassVar[float]
    formula: ClassVar[str]
    source: ClassVar[str]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Return the arrays that the rule remembers; most rules write them as a class variable."""
        return ()

    @abstractmethod
    def direction(self, moment: Moment, state: State) -> tuple[Array, State]:
        """Return the direction, ``(lanes, n_params)``, and the new state.

        Args:
            moment: what there is to see; left as it is.
            state: one array per slot, ``(lanes, numbers of the slot)``, in the order of ``slots``;
                may be changed in place.
        """

    def looks_at(self, moment: Moment, state: State) -> Array | None:
        """Return the points at which a second gradient is taken, on the same rows.

        ``(lanes, n_params)``. None, and no second gradient, unless a rule says where. A rule that
        does so has a point for every lane in every update, for that is what updates are counted and
        paid by. It writes to nothing that it is given.
        """
        return None

    def evaluated(self, moment: Moment, state: State) -> Array:
        """Return the points whose losses, scores and pictures are reported, ``(lanes, n_params)``.

        Those of an average, for example. ``moment`` is that of the last update, with the parameters
        after it; it and the state are left as they are.
        """
        return moment.params

    def corrected(self, moment: Moment, state: State) -> State:
        """Return the new slots corrected for their start at zero.

        All of them, or the first ones, if the rule does not correct the others; none if it corrects
        none.
        """
        return ()

    def scale(self, moment: Moment, state: State) -> Array | float:
        """Return what the direction multiplies the gradient, or its running mean, by.

        For each parameter, from the moment of an update and the state that it left. The **effective
        learning rate** of a parameter is the learning rate times this number: 1 unless the rule
        gives each parameter its own rate, NaN where that is not known.
        """
        return 1.0

    def operations(self, layout: Layout) -> float:
        """Return about what an update of a lane costs beyond some operations for each parameter.

        In additions and multiplications, as fast as those of products of large matrices: what
        training takes is estimated with it, and cut into pieces.
        """
        return 0.0

    @property
    def gradients_per_update(self) -> int:
        """Return how many gradients an update takes: 2 if the rule ``looks_at`` a second point."""
        return 1 if type(self).looks_at is Rule.looks_at else 2

    @property
    def reports_its_params(self) -> bool:
        """Tell whether what is evaluated are the parameters themselves."""
        return type(self).evaluated is Rule.evaluated


SomeRule = TypeVar("SomeRule", bound=Rule)


def hyperparameters(rule: type[Rule]) -> dict[str, Interval]:
    """Return the hyperparameters of a rule with their intervals, in the order of its fields."""
    return {name: note for name, (_, note) in _fields(rule) if isinstance(note, Interval)}


def choices(rule: type[Rule]) -> dict[str, tuple[str, ...]]:
    """Return the fields of a rule that hold one word of a list, each with its list."""
    return {name: note for name, (_, note) in _fields(rule) if not isinstance(note, Interval)}


def structure(rule: Rule) -> tuple[object, ...]:
    """Return what rules must have in common to be stacked: class, choices and whole numbers."""
    return (type(rule), *(getattr(rule, name) for name in _structural(type(rule))))


@lru_cache(maxsize=_KINDS)
def _structural(rule: type[Rule]) -> tuple[str, ...]:
    return tuple(name for name, (kind, _) in _fields(rule) if kind is not float)


@lru_cache(maxsize=_KINDS)
def _fields(rule: type[Rule]) -> tuple[tuple[str, tuple[type, Interval | tuple[str, ...]]], ...]:
    """Return the type of each field of a rule, and its interval or the words that it may hold.

    A field that can hold one word alone, such as ``name``, is none of them.
    """
    hints = get_type_hints(rule, include_extras=True)
    kinds = {field.name: _kind(hints[field.name]) for field in fields(cast("Any", rule))}
    return tuple(
        (name, (kind, note))
        for name, (kind, note) in kinds.items()
        if isinstance(note, Interval) or len(note) > 1
    )


def _kind(hint: Any) -> tuple[type, Interval | tuple[str, ...]]:
    kind, *notes = get_args(hint)
    return (kind, notes[0]) if isinstance(kind, type) else (str, get_args(hint))


def validated(rule: SomeRule) -> SomeRule:
    """Return an equal rule whose fields were checked; raises ``InvalidInput``."""
    given = vars(rule)
    try:
        return _adapter(type(rule)).validate_python(given)
    except ValidationError as error:
        raise refusal(error, given) from None


@lru_cache(maxsize=_KINDS)
def _adapter(rule: type[SomeRule]) -> TypeAdapter[SomeRule]:
    return TypeAdapter(rule)


def stack(rules: Sequence[SomeRule]) -> SomeRule:
    """Return one rule whose hyperparameters are columns ``(lanes, 1)``, a row per given rule.

    One that all share is ``(1, 1)``, which is faster; arrays round the same at any length. Choices
    and whole numbers, which all have in common (``structure``), stay as they are.
    """
    kind = type(rules[0])
    return stacked(rules, [name for name in hyperparameters(kind) if name not in _structural(kind)])


Columns = TypeVar("Columns")


def stacked(given: Sequence[Columns], names: Iterable[str]) -> Columns:
    """Return the first of some equal dataclasses with columns in place of these fields."""
    columns = {}
    for name in names:
        column = [[getattr(one, name)] for one in given]
        columns[name] = np.array(column[:1] if column.count(column[0]) == len(column) else column)
    return replace(cast("Any", given[0]), **columns)
