"""What a function of two parameters is: its value, its derivatives, and where to look at it."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from engine.arrays import Array  # noqa: TC001 - pydantic reads annotations of Spec classes
from engine.spec import Spec

Kind: TypeAlias = Literal["minimum", "saddle", "maximum"]
Side: TypeAlias = tuple[float, float]


class StationaryPoint(NamedTuple):
    """A point where the gradient is zero.

    Attributes:
        x: its first coordinate.
        y: its second coordinate.
        kind: by the Hessian there: positive, mixed or negative eigenvalues.
        is_global: whether no value of the function is lower.
    """

    x: float
    y: float
    kind: Kind
    is_global: bool = False


class FunctionOfTwo(Spec):
    """A function f(x, y).

    Attributes:
        name: the id in files, links and the registry.
        is_known: whether ``stationary_points`` and ``bounded`` are mathematics, not numbers found.
        pushes: what is added to the gradient, one after another and over again; they add up to
            nothing, so that f is what a path of small steps follows. None for most functions.
    """

    name: str
    is_known: ClassVar[bool]
    pushes: ClassVar[tuple[tuple[float, float], ...]] = ()

    @property
    @abstractmethod
    def start(self) -> tuple[float, float]:
        """Return where runs start by default."""

    @property
    @abstractmethod
    def window(self) -> tuple[Side, Side]:
        """Return the part that is shown, ``((x low, x high), (y low, y high))``."""

    @property
    @abstractmethod
    def stationary_points(self) -> tuple[StationaryPoint, ...]:
        """Return those in the window that are alone; those of a whole curve are not listed."""

    @property
    @abstractmethod
    def bounded(self) -> bool | None:
        """Tell whether the function has a lowest value; None where nobody knows."""

    @property
    def minima(self) -> tuple[StationaryPoint, ...]:
        """Return the global minima; none if it is not bounded, or its minima are a curve."""
        return tuple(point for point in self.stationary_points if point.is_global)

    @abstractmethod
    def value(self, points: Array) -> Array:
        """Return f, ``(lanes,)``."""

    @abstractmethod
    def gradient(self, points: Array) -> Array:
        """Return (df/dx, df/dy), ``(lanes, 2)``."""

    @abstractmethod
    def hessian(self, points: Array) -> Array:
        """Return the second derivatives, ``(lanes, 2, 2)``, symmetric."""


class KnownFunction(FunctionOfTwo):
    """A function of the house, of which all that is listed is known.

    Attributes:
        formula: f in LaTeX.
    """

    is_known: ClassVar = True
    formula: ClassVar[str]
    start: ClassVar[tuple[float, float]]
    window: ClassVar[tuple[Side, Side]]
    stationary_points: ClassVar[tuple[StationaryPoint, ...]]
    bounded: ClassVar[bool] = True
