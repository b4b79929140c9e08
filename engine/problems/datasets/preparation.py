"""From the rows of a data set to what a network is trained on: first split, then standardised.

The other way round, means and scales of the validation rows would leak into training.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, cast

import numpy as np

from engine.errors import InvalidInput
from engine.problems.datasets import generate

if TYPE_CHECKING:
    from engine.arrays import Array, Integers
    from engine.problems.datasets.source import Source, Targets


@dataclass(frozen=True, eq=False)
class Data:
    """Training and validation rows, ready for a network; every array is read-only and C-contiguous.

    Targets are classes ``(rows,)``, int64, counted from 0, or numbers ``(rows, outputs)``, float64.
    The original values are ``inputs * input_scale + input_mean``, and likewise for the targets of a
    regression.

    Attributes:
        training_inputs: ``(training rows, features)``.
        training_targets: of the training rows, as above.
        validation_inputs: ``(validation rows, features)``; no rows if none are held back.
        validation_targets: of the validation rows, as above.
        input_mean: ``(features,)``, subtracted from every row; 0 without standardisation.
        input_scale: ``(features,)``, every row was divided by it; 1 without standardisation.
        target_mean: ``(outputs,)``; empty for classification.
        target_scale: ``(outputs,)``; empty for classification.
        training_indices: ``(training rows,)``, their positions among the generated rows, ascending.
        validation_indices: ``(validation rows,)``, likewise.
    """

    training_inputs: Array
    training_targets: Targets
    validation_inputs: Array
    validation_targets: Targets
    input_mean: Array
    input_scale: Array
    target_mean: Array
    target_scale: Array
    training_indices: Integers
    validation_indices: Integers

    def __post_init__(self) -> None:
        """Make the arrays read-only: every run of an experiment reads the same ones."""
        for field in fields(self):
            getattr(self, field.name).flags.writeable = False


def prepare(
    dataset: Source,
    data_seed: int,
    validation_share: float,
    *,
    standardize: bool,
    standardize_targets: bool,
) -> Data:
    """Generate a data set, split it, and standardise it by its training rows.

    The data set chooses the validation rows, by a permutation seeded by ``data_seed`` unless it is
    a reader's table that says otherwise. Both parts keep the order of the rows.

    Args:
        dataset: the description.
        data_seed: seeds the random rows and the split, each from its own stream.
        validation_share: share of the rows held back, 0 to below 1; see ``Source.n_validation``.
        standardize: give each input mean 0 and standard deviation 1 over the training rows.
        standardize_targets: the same for each target of a regression.

    Returns:
        The prepared rows.

    Raises:
        InvalidInput: ``data_seed`` is not a valid seed, or targets that are classes were to be
            standardised.
    """
    if standardize_targets and dataset.task != "regression":
        other = ("dataset", dataset.name)
        raise InvalidInput("conflict", "standardize_targets", value=True, limits=other)
    inputs, targets = generate(dataset, data_seed)
    n_validation = dataset.n_validation(validation_share)
    validation = dataset.validation(np.random.default_rng([data_seed, 1]), targets, n_validation)
    training = np.setdiff1d(np.arange(dataset.n_rows), validation, assume_unique=True)
    training_inputs, validation_inputs = inputs[training], inputs[validation]
    training_targets, validation_targets = targets[training], targets[validation]
    del inputs  # the largest data set takes 376 MB, and the lines below need as much again
    input_mean, input_scale = np.zeros(dataset.n_features), np.ones(dataset.n_features)
    target_mean, target_scale = np.zeros(dataset.n_outputs), np.ones(dataset.n_outputs)
    if standardize:
        input_mean, input_scale = _standardize(training_inputs, validation_inputs)
    if standardize_targets:
        target_mean, target_scale = _standardize(
            cast("Array", training_targets),
            cast("Array", validation_targets),
        )
    return Data(
        training_inputs=training_inputs,
        training_targets=training_targets,
        validation_inputs=validation_inputs,
        validation_targets=validation_targets,
        input_mean=input_mean,
        input_scale=input_scale,
        target_mean=target_mean,
        target_scale=target_scale,
        training_indices=training,
        validation_indices=validation,
    )


def _standardize(training: Array, validation: Array) -> tuple[Array, Array]:
    """Standardise columns, in place, by the training rows; return their mean and scale."""
    mean, scale = _mean_and_scale(training)
    for part in (training, validation):
        np.subtract(part, mean, out=part)
        np.divide(part, scale, out=part)
    return mean, scale


def _mean_and_scale(columns: Array) -> tuple[Array, Array]:
    """Return mean and population standard deviation of each column; 1 for a constant column.

    A column counts as constant where its variance is within the rounding error of the two-pass
    algorithm. The bound, n eps var + (n eps mean)², is from Chan, Golub and LeVeque (1983),
    "Algorithms for computing the sample variance", as scikit-learn applies it in
    ``sklearn.preprocessing._data._is_constant_feature``. All is computed in units of a power of two
    near the largest number of the column, which changes no digit: no square leaves the range of
    numbers, be they around 1e-310 or 1e300.
    """
    n_rows = len(columns)
    largest = np.maximum(columns.max(axis=0), -columns.min(axis=0))
    unit = np.ldexp(1.0, np.frexp(largest)[1] - 1)
    deviations = columns / unit
    mean = deviations.mean(axis=0)
    deviations -= mean
    # The remaining mean is rounding error; without it a constant column becomes exactly 0.
    mean += deviations.mean(axis=0)
    np.divide(columns, unit, out=deviations)
    deviations -= mean
    variance = np.square(deviations, out=deviations).mean(axis=0)
    rounding = n_rows * np.finfo(np.float64).eps
    constant = variance <= rounding * variance + (rounding * mean) ** 2
    deviation = np.sqrt(variance) * unit
    constant |= deviation == 0  # 0 and 5e-324, the smallest number that there is
    return mean * unit, np.where(constant, 1.0, deviation)
