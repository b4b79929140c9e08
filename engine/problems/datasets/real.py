"""The measured data sets, read from ``files/*.csv``; ``files/README.md`` names their sources."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from engine.problems.datasets.source import Drawn, Source, Task

if TYPE_CHECKING:
    from engine.arrays import Array
    from engine.problems.datasets.source import Targets


class Real(Source):
    """A measured data set, in the units and the row order of its file.

    Attributes:
        size: rows and features of the file, stated here so that it need not be read for them.
        class_ids: ids of the classes in the order of their numbers; none for regression.
    """

    size: ClassVar[tuple[int, int]]
    class_ids: ClassVar[tuple[str, ...]] = ()
    measured: ClassVar[bool] = True

    @property
    def n_rows(self) -> int:
        """Number of rows in the file."""
        return self.size[0]

    @property
    def n_features(self) -> int:
        """Number of columns in the file, without the target."""
        return self.size[1]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns, from the file's header."""
        return _read(self.name, self.task)[0]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Ids of the classes."""
        return self.class_ids

    def draw(self, rng: np.random.Generator) -> Drawn:  # noqa: ARG002 - nothing here is random
        """Return the rows of the file; the arrays are shared and read-only."""
        return _read(self.name, self.task)[1:]


class Iris(Real):
    """Sepals and petals of 150 iris flowers, in centimetres; one of three species is set apart."""

    name: Literal["iris"] = "iris"
    task: ClassVar[Task] = "classification"
    size: ClassVar[tuple[int, int]] = (150, 4)
    class_ids: ClassVar[tuple[str, ...]] = ("setosa", "versicolor", "virginica")


class BreastCancer(Real):
    """Thirty measures of cell nuclei in 569 biopsies (Wisconsin, diagnostic); malignant or benign.

    The features differ in scale by a factor of 100,000: unless they are standardised, gradient
    descent crawls or diverges.
    """

    name: Literal["breast_cancer"] = "breast_cancer"
    task: ClassVar[Task] = "classification"
    size: ClassVar[tuple[int, int]] = (569, 30)
    class_ids: ClassVar[tuple[str, ...]] = ("malignant", "benign")


class Digits(Real):
    """Handwritten digits as images of 8 x 8 pixels from 0 to 16, row by row; ten classes."""

    name: Literal["digits"] = "digits"
    task: ClassVar[Task] = "classification"
    size: ClassVar[tuple[int, int]] = (1797, 64)
    class_ids: ClassVar[tuple[str, ...]] = tuple("0123456789")
    is_image: ClassVar[bool] = True


class Penguins(Real):
    """Bills and flippers of 342 penguins of three species, in millimetres; their mass in grams."""

    name: Literal["penguins"] = "penguins"
    task: ClassVar[Task] = "regression"
    size: ClassVar[tuple[int, int]] = (342, 3)
    spread_targets: ClassVar[bool] = True

    @property
    def target_names(self) -> tuple[str, ...]:
        """The body mass."""
        return ("body_mass",)


class Airfoil(Real):
    """1,503 measurements of a wing section in a wind tunnel; the noise that it makes, in decibels.

    The features differ in scale as much as those of the breast cancer data do.
    """

    name: Literal["airfoil"] = "airfoil"
    task: ClassVar[Task] = "regression"
    size: ClassVar[tuple[int, int]] = (1503, 5)
    spread_targets: ClassVar[bool] = True

    @property
    def target_names(self) -> tuple[str, ...]:
        """The sound pressure level."""
        return ("sound_level",)


@cache
def _read(name: str, task: Task) -> tuple[tuple[str, ...], Array, Targets]:
    """Read a file, once per process; return its feature names and what ``Source.draw`` returns."""
    file = resources.files(__package__) / "files" / f"{name}.csv"  # the engine may be a zip file
    header, *rows = file.read_text("utf-8").splitlines()
    table = np.loadtxt(rows, delimiter=",")
    inputs = table[:, :-1].copy()
    classes, numbers = table[:, -1].astype(np.int64), table[:, -1:].copy()
    targets = classes if task == "classification" else numbers
    for array in (inputs, targets):
        array.flags.writeable = False
    return tuple(header.split(",")[:-1]), inputs, targets
