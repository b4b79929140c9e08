"""The generated data sets: each shows one difficulty, and two tiny ones can be followed by hand.

``noise`` is a standard deviation, in the units of what it is added to: the target in regression,
each input in classification. The class is decided before the noise is added, so noisy classes
overlap. For the same seed and number of rows, larger noise moves the same rows further in the same
directions; without noise every row lies on its curve.

Row i of a classification set has class i mod classes, so class sizes differ by at most one row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

import numpy as np

from engine.limits import Classes, Features, Interval, Noise, Rows
from engine.problems.datasets.source import Drawn, Source, Task

if TYPE_CHECKING:
    from engine.arrays import Array, Integers

Coefficient = Annotated[float, Interval(-10, 10)]

XOR_GAP: Final = 0.1  # distance from the axes, so that without noise the squares do not touch
XOR_EDGE: Final = 1.5
SPIRAL_RADIUS: Final = 3.0
BLOB_EDGE: Final = 2.0
CANDIDATES_PER_BLOB: Final = 20


class Toy(Source):
    """A generated data set with any number of rows.

    Attributes:
        rows: number of rows, 2 to 60,000.
        noise: standard deviation of the Gaussian noise, 0 to 10.
    """

    rows: Rows = 200
    noise: Noise = 0.1

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.rows


class _Curve(Toy):
    """Regression of one target on one input."""

    task: ClassVar[Task] = "regression"

    @property
    def n_features(self) -> int:
        """One: the x of a curve y(x)."""
        return 1


class _Plane(Toy):
    """Classes of points in the plane."""

    task: ClassVar[Task] = "classification"
    rows: Rows = 300

    @property
    def n_features(self) -> int:
        """Two: the coordinates of a point."""
        return 2


class Line(_Curve):
    """A straight line: y = slope x + intercept + noise, with x uniform in [-1, 1].

    Attributes:
        slope: w of y = w x + b, -10 to 10.
        intercept: b of y = w x + b, -10 to 10.
    """

    name: Literal["line"] = "line"
    noise: Noise = 0.2
    slope: Coefficient = 2.0
    intercept: Coefficient = 1.0

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Draw x, then the noise of y."""
        x = rng.uniform(-1, 1, (self.rows, 1))
        return x, self.slope * x + self.intercept + _noise(rng, self.noise, x.shape)


class Sine(_Curve):
    """A sine: y = sin(frequency x) + noise, with x uniform in [-pi, pi].

    Attributes:
        frequency: full waves between -pi and pi, above 0 to 5; more waves are harder to learn.
    """

    name: Literal["sine"] = "sine"
    frequency: Annotated[float, Interval(0, 5, open_low=True)] = 1.0

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Draw x, then the noise of y."""
        x = rng.uniform(-np.pi, np.pi, (self.rows, 1))
        return x, np.sin(self.frequency * x) + _noise(rng, self.noise, x.shape)


class Polynomial(_Curve):
    """A noisy cubic: y = constant + linear x + quadratic x² + cubic x³ + noise.

    x is uniform in [-2, 2]. The default, x³ / 2 - x, turns at x = ±0.82 and stays within ±2.

    Attributes:
        constant: coefficient of 1, -10 to 10.
        linear: coefficient of x, -10 to 10.
        quadratic: coefficient of x², -10 to 10.
        cubic: coefficient of x³, -10 to 10.
    """

    name: Literal["polynomial"] = "polynomial"
    noise: Noise = 0.2
    constant: Coefficient = 0.0
    linear: Coefficient = -1.0
    quadratic: Coefficient = 0.0
    cubic: Coefficient = 0.5

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Draw x, then the noise of y."""
        x = rng.uniform(-2, 2, (self.rows, 1))
        y = ((self.cubic * x + self.quadratic) * x + self.linear) * x + self.constant
        return x, y + _noise(rng, self.noise, x.shape)


class Chebyshev(_Curve):
    """A Chebyshev polynomial of the first kind: y = cos(degree arccos x) + noise.

    The rows are equally spaced in [-1, 1], its ends included, so without noise nothing is drawn. Of
    all polynomials of its degree that stay between -1 and 1 there, it swings most often.

    Attributes:
        degree: how often it swings from one end to the other, 1 to 10.

    Source:
        Cohen et al. (2021), arXiv:2103.00065, fit 20 points of those of degree 3 to 5, to see
        gradient descent at the edge of stability.
    """

    name: Literal["chebyshev"] = "chebyshev"
    rows: Rows = 20
    noise: Noise = 0.0
    degree: Annotated[int, Interval(1, 10)] = 4

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Space x evenly, then draw the noise of y."""
        x = np.linspace(-1, 1, self.rows)[:, None]
        before, y = np.ones_like(x), x.copy()  # T_0 and T_1
        for _ in range(self.degree - 1):
            before, y = y, 2 * x * y - before
        return x, y + _noise(rng, self.noise, x.shape)


class TwoMoons(_Plane):
    """Two half circles of radius 1 that reach into each other.

    They lie as in scikit-learn's ``make_moons``: class 0 is the upper half circle around (0, 0),
    class 1 the lower one around (1, 0.5).
    """

    name: Literal["two_moons"] = "two_moons"
    noise: Noise = 0.15

    @property
    def class_names(self) -> tuple[str, ...]:
        """Upper moon, lower moon."""
        return ("0", "1")

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Spread the rows evenly along the moons, then add noise to both coordinates."""
        lower, share = _dealt(self.rows, 2)
        side, angle = 1 - 2 * lower, np.pi * share
        moons = np.column_stack((side * np.cos(angle) + lower, side * np.sin(angle) + lower / 2))
        return moons + _noise(rng, self.noise, moons.shape), lower


class Circles(_Plane):
    """A circle of radius 1 (class 0) around a smaller one (class 1).

    Both lie as in scikit-learn's ``make_circles``.

    Attributes:
        factor: radius of the inner circle, 0.1 to 0.9.
    """

    name: Literal["circles"] = "circles"
    factor: Annotated[float, Interval(0.1, 0.9)] = 0.5

    @property
    def class_names(self) -> tuple[str, ...]:
        """Outer circle, inner circle."""
        return ("0", "1")

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Spread the rows evenly along the circles, then add noise to both coordinates."""
        inner, share = _dealt(self.rows, 2)
        circles = np.where(inner, self.factor, 1.0)[:, np.newaxis] * _directions(share)
        return circles + _noise(rng, self.noise, circles.shape), inner


class Xor(_Plane):
    """Four squares of a chessboard: class 1 where exactly one coordinate is negative.

    Rows are uniform in the squares, 0.1 to 1.5 away from both axes; the noise then carries some
    across. (TensorFlow Playground lets the noise move the class instead of the point.)
    """

    name: Literal["xor"] = "xor"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Equal signs, different signs."""
        return ("0", "1")

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Draw rows in the four squares in turn, then add noise to both coordinates."""
        square = np.arange(self.rows) % 4
        signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])[square]
        squares = signs * rng.uniform(XOR_GAP, XOR_EDGE, signs.shape)
        return squares + _noise(rng, self.noise, squares.shape), square % 2


class Spirals(_Plane):
    """Spiral arms, one per class, that wind outwards evenly to radius 3.

    Two arms of 1.75 turns are TensorFlow Playground's spiral.

    Attributes:
        arms: number of arms and classes, 2 to 4.
        turns: how often an arm winds around the centre, 0.25 to 3.
    """

    name: Literal["spirals"] = "spirals"
    arms: Annotated[int, Interval(2, 4)] = 2
    turns: Annotated[float, Interval(0.25, 3)] = 1.75

    @property
    def class_names(self) -> tuple[str, ...]:
        """One class per arm."""
        return tuple(str(arm) for arm in range(self.arms))

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Spread the rows evenly along the arms, then add noise to both coordinates."""
        arm, share = _dealt(self.rows, self.arms)
        radius = SPIRAL_RADIUS * share[:, np.newaxis]
        spirals = radius * _directions(self.turns * share + arm / self.arms)
        return spirals + _noise(rng, self.noise, spirals.shape), arm


class Blobs(Toy):
    """Round Gaussian clouds, one for each class, around centres in the cube [-2, 2]^features.

    The centres are drawn like those of scikit-learn's ``make_blobs``, but kept apart: each is the
    candidate farthest from those before it. ``noise`` is the standard deviation of every coordinate
    around its centre. The distance between centres grows with the square root of the number of
    features, so with many features the classes are well separated unless the noise grows, too.

    Attributes:
        classes: number of clouds, 2 to 10.
        features: number of coordinates, 1 to 784.
    """

    name: Literal["blobs"] = "blobs"
    task: ClassVar[Task] = "classification"
    rows: Rows = 300
    noise: Noise = 0.5
    classes: Classes = 3
    features: Features = 2

    @property
    def n_features(self) -> int:
        """Number of coordinates."""
        return self.features

    @property
    def class_names(self) -> tuple[str, ...]:
        """One class per cloud."""
        return tuple(str(cloud) for cloud in range(self.classes))

    def draw(self, rng: np.random.Generator) -> Drawn:
        """Choose the centres, then scatter the rows around them."""
        centres = _spread_centres(rng, self.classes, self.features)
        inputs = _noise(rng, self.noise, (self.rows, self.features))
        # Class by class, in place: centres indexed by row would double the memory of the largest.
        for cloud, centre in enumerate(centres):
            inputs[cloud :: self.classes] += centre
        return inputs, np.arange(self.rows) % self.classes


class ThreePoints(Source):
    """y = 2 x at x = 1, 2, 3: small enough to follow every step of gradient descent by hand."""

    name: Literal["three_points"] = "three_points"
    task: ClassVar[Task] = "regression"

    @property
    def n_rows(self) -> int:
        """Three points."""
        return 3

    @property
    def n_features(self) -> int:
        """One: x."""
        return 1

    def draw(self, rng: np.random.Generator) -> Drawn:  # noqa: ARG002 - nothing here is random
        """Return the three points."""
        x = np.array([[1.0], [2.0], [3.0]])
        return x, 2 * x


class SingleRow(Source):
    """x = (0.2, 0.5) with targets (0.2, 0.4): backpropagation through a 2-2-2 network by hand."""

    name: Literal["single_row"] = "single_row"
    task: ClassVar[Task] = "regression"

    @property
    def n_rows(self) -> int:
        """One row."""
        return 1

    @property
    def n_features(self) -> int:
        """Two inputs."""
        return 2

    @property
    def n_outputs(self) -> int:
        """Two targets."""
        return 2

    def draw(self, rng: np.random.Generator) -> Drawn:  # noqa: ARG002 - nothing here is random
        """Return the row."""
        return np.array([[0.2, 0.5]]), np.array([[0.2, 0.4]])


def _noise(rng: np.random.Generator, deviation: float, shape: tuple[int, ...]) -> Array:
    # Scaled in place rather than drawn at this scale: noise 0 draws as many numbers as any other.
    noise = rng.standard_normal(shape)
    noise *= deviation
    return noise


def _dealt(rows: int, classes: int) -> tuple[Integers, Array]:
    """Deal rows to classes in turn; return each row's class and its even share of (0, 1) there."""
    row = np.arange(rows)
    targets = row % classes
    per_class = np.bincount(targets, minlength=classes)
    # The middle of each share: at 0, where spiral arms meet, two classes would share a point.
    return targets, (row // classes + 0.5) / per_class[targets]


def _directions(turns: Array) -> Array:
    """Return unit vectors ``(rows, 2)`` at angles given in full turns ``(rows,)``."""
    angle = 2 * np.pi * turns
    return np.column_stack((np.cos(angle), np.sin(angle)))


def _spread_centres(rng: np.random.Generator, count: int, features: int) -> Array:
    """Choose centres ``(count, features)``, each the candidate farthest from those before it."""
    candidates = rng.uniform(-BLOB_EDGE, BLOB_EDGE, (CANDIDATES_PER_BLOB * count, features))
    chosen = [0]
    distance = np.full(len(candidates), np.inf)
    while len(chosen) < count:
        to_last = np.square(candidates - candidates[chosen[-1]]).sum(axis=1)
        distance = np.minimum(distance, to_last)
        chosen.append(int(distance.argmax()))
    centres: Array = candidates[chosen]
    return centres
