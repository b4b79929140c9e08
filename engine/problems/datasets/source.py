"""What is known of a data set before it has rows, and the method that makes them."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

import numpy as np

from engine.spec import Spec

if TYPE_CHECKING:
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

    def n_validation(self, share: float) -> int:
        """Return how many rows are held back for validation where this share is asked for."""
        return validation_rows(self.n_rows, share)

    def validation(
        self,
        rng: np.random.Generator,
        targets: Targets,  # noqa: ARG002 - a reader's table may look at them
        n_validation: int,
    ) -> Integers:
        """Return which rows are held back, rising, ``(n_validation,)``.

        The first of a permutation: a larger share holds back the same rows and more.

        Args:
            rng: the only source of randomness.
            targets: of all rows.
            n_validation: how many are to be held back.
        """
        return np.sort(rng.permutation(self.n_rows)[:n_validation])

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Drawn:
        """Make the rows.

        Args:
            rng: the only source of randomness.

        Returns:
            Inputs ``(rows, features)``, and targets: classes ``(rows,)`` counted from 0, or
            numbers ``(rows, outputs)``.
        """


def validation_rows(n_rows: int, share: float) -> int:
    """Return how many rows are held back for validation.

    Args:
        n_rows: number of rows in the data set, at least 1.
        share: the share of them to hold back, 0 to below 1.

    Returns:
        ``share * n_rows``, halves rounded up, but never all rows: at least one is left to train on.
    """
    return min(math.floor(share * n_rows + 0.5), n_rows - 1)


def _numbered(letter: str, count: int) -> tuple[str, ...]:
    return (letter,) if count == 1 else tuple(f"{letter}{number}" for number in range(1, count + 1))
