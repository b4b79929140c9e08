"""What is minimised: a test function, or a network on data. Frozen, validated, without arrays."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from engine.arrays import Layout
from engine.errors import InvalidInput
from engine.limits import LIMITS, Coordinate, Interval, Length, Seed, Share, Units
from engine.problems.activations import ACTIVATIONS
from engine.problems.datasets import Dataset, TwoMoons
from engine.problems.functions import AnyFunction, Ravine
from engine.problems.losses import LOSSES, usual_loss
from engine.problems.network import Model
from engine.spec import Spec

ActivationName = Literal["sigmoid", "tanh", "relu", "leaky_relu", "identity"]
LossName = Literal[
    "mean_squared_error",
    "half_mean_squared_error",
    "half_sum_of_squares",
    "binary_cross_entropy",
    "cross_entropy",
]
StartName = Literal["he", "glorot", "uniform", "zeros"]


class Function(Spec):
    """A test function as the problem; it has one row, so an epoch is an iteration.

    Attributes:
        function: what is minimised.
        start: where all runs start; None means the function's own start.
        noise: standard deviation of the normal noise on each component of every gradient; for a
            seed it is the same in all runs.
        noise_seed: seeds this noise, together with a seed of the experiment.
    """

    has_rows: ClassVar[bool] = False  # no batches can be cut from it

    kind: Literal["function"] = "function"
    function: AnyFunction = Ravine()
    start: Annotated[tuple[Coordinate, Coordinate], Length(Interval(2, 2))] | None = None
    noise: Annotated[float, Interval(0, 1e6)] = 0.0
    noise_seed: Seed = 0

    @property
    def is_disturbed(self) -> bool:
        """Tell whether gradients are not those of f: noise is added, or pushes in turn."""
        return self.noise > 0 or bool(self.function.pushes)

    @property
    def training_rows(self) -> int:
        """Return 1: the function itself."""
        return 1

    @property
    def n_validation(self) -> int:
        """Return 0."""
        return 0

    @property
    def layout(self) -> Layout:
        """Return a layout of one row: a point has no layers."""
        return Layout((2, 1), bias=False)

    @property
    def n_params(self) -> int:
        """Return 2."""
        return self.layout.n_params

    @property
    def score(self) -> None:
        """Return None: a score needs rows."""
        return


class Network(Spec):
    """A data set and a fully connected network as the problem.

    Attributes:
        dataset: where the rows come from.
        validation_share: share of the rows kept out of training, 0 to 0.9.
        standardize: whether inputs get mean 0 and standard deviation 1 over the training rows.
        standardize_targets: the same for the targets of a regression.
        hidden: units of each hidden layer; without any it is a linear or logistic regression.
        activation: that of the hidden layers.
        output_activation: that of the output layer; the cross-entropies need "identity", because
            they read logits.
        bias: whether layers have biases.
        loss: what is minimised, a mean over rows.
        l2: adds l2 / 2 x the sum of all squared parameters, biases included, to the loss (PyTorch's
            ``weight_decay``).
        start: how a seed draws the initial weights, or the values themselves, layer by layer, each
            matrix (units out, units in + bias) row by row.
    """

    has_rows: ClassVar[bool] = True

    kind: Literal["network"] = "network"
    dataset: Dataset = TwoMoons(rows=400, noise=0.2)
    validation_share: Share = 0.25
    standardize: bool = Field(default=False, strict=True)
    standardize_targets: bool = Field(default=False, strict=True)
    hidden: Annotated[tuple[Units, ...], Length(LIMITS["hidden_layers"])] = (8, 8)
    activation: ActivationName = "tanh"
    output_activation: ActivationName = "identity"
    bias: bool = Field(default=True, strict=True)
    loss: LossName = "binary_cross_entropy"
    l2: Annotated[float, Interval(0, 10, symbol=r"\lambda")] = 0.0
    start: StartName | Annotated[tuple[Coordinate, ...], Length(LIMITS["start_values"])] = "glorot"

    @property
    def training_rows(self) -> int:
        """Return how many rows are left for training."""
        return self.dataset.n_rows - self.n_validation

    @property
    def n_validation(self) -> int:
        """Return how many rows are kept out of training."""
        return self.dataset.n_validation(self.validation_share)

    @property
    def score(self) -> Literal["accuracy", "r2"]:
        """Return what the scores of a history are."""
        return "accuracy" if self.dataset.task == "classification" else "r2"

    @property
    def layout(self) -> Layout:
        """Return where each layer lies in a lane."""
        outputs = self.dataset.n_outputs or LOSSES[self.loss].n_outputs(self.dataset.n_classes)
        return Layout((self.dataset.n_features, *self.hidden, outputs), self.bias)

    @property
    def n_params(self) -> int:
        """Return the number of parameters."""
        return self.layout.n_params

    @property
    def model(self) -> Model:
        """Return the layers with their functions."""
        return Model(
            self.layout,
            ACTIVATIONS[self.activation],
            ACTIVATIONS[self.output_activation],
            LOSSES[self.loss],
            self.l2,
        )

    def adapted(self) -> Self:
        """Return the network with settings replaced that do not fit its data set or its layers.

        A loss that does not suit the data becomes the usual one; classes are not standardised;
        start values for another number of parameters become the default way to draw them. Other
        fields are left as they are, valid or not.
        """
        update: dict[str, Any] = {}
        if not LOSSES[self.loss].suits(self.dataset.n_classes):
            loss = usual_loss(self.dataset.n_classes)
            update = {"loss": loss, "output_activation": "identity"}
        if self.dataset.task == "classification" and self.standardize_targets:
            update["standardize_targets"] = False
        network = self.model_copy(update=update)
        if isinstance(network.start, tuple) and len(network.start) != network.n_params:
            return network.model_copy(update={"start": "glorot"})
        return network

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        loss = self.loss
        if not LOSSES[loss].suits(self.dataset.n_classes):
            raise InvalidInput("conflict", "loss", loss, ("dataset", self.dataset.name))
        if LOSSES[loss].reads == "logits" and self.output_activation != "identity":
            raise InvalidInput(
                "conflict", "output_activation", self.output_activation, ("loss", loss)
            )
        if self.standardize_targets and self.dataset.task == "classification":
            raise InvalidInput(
                "conflict",
                "standardize_targets",
                self.standardize_targets,
                ("dataset", self.dataset.name),
            )
        if self.n_params not in LIMITS["parameters"]:
            raise InvalidInput("out_of_range", "parameters", self.n_params, LIMITS["parameters"])
        if isinstance(self.start, tuple) and len(self.start) != self.n_params:
            needed = Interval(self.n_params, self.n_params)
            raise InvalidInput("wrong_length", "start", self.start, needed)
        return self
