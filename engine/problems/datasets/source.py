"""What is known of a data set before it has rows, and the method that makes them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from engine.spec import Spec

if TYPE_CHECKING:
    import numpy as np

    from engine.arrays import Array, Integers

Task: TypeAlias = Literal["regression", "classification"]
Targets: TypeAlias = "Array | Integers"
Drawn: TypeAlias = "tuple[Array, Targets]"


class Source(Spec):
    """A data set: a frozen description whose sizes are known without generating any rows.

    Attributes:
        name: the id in files, links and the registry.
        task: whether its targets are numbers to predict or classes.
        measured: whether the rows are measurements, each feature in its own unit; generated rows
            have about unit scale.
        spread_targets: whether the regression targets are far from unit scale.
        is_image: whether a row is a picture and its features are the pixels.
    """

    name: str
    task: ClassVar[Task]
    measured: ClassVar[bool] = False
    spread_targets: ClassVar[bool] = False
    is_image: ClassVar[bool] = False

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Number of rows, training and validation together."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Number of inputs per row."""

    @property
    def n_outputs(self) -> int:
        """Number of regression targets per row; 0 for classification."""
        return 1 if self.task == "regression" else 0

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for regression."""
        return len(self.class_names)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Ids of the inputs, the same in every language: ``x``, or ``x1``, ``x2`` and so on."""
        return _numbered("x", self.n_features)

    @property
    def target_names(self) -> tuple[str, ...]:
        """Ids of the regression targets: ``y``, or ``y1``, ``y2``; none for classification."""
        return _numbered("y", self.n_outputs)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Ids of the classes in the order of their numbers; none for regression."""
        return ()

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Drawn:
        """Make the rows.

        Args:
            rng: the only source of randomness.

        Returns:
            Inputs ``(rows, features)``, and targets: classes ``(rows,)`` counted from 0, or
            numbers ``(rows, outputs)``.
        """


def _numbered(letter: str, count: int) -> tuple[str, ...]:
    return (letter,) if count == 1 else tuple(f"{letter}{number}" for number in range(1, count + 1))
