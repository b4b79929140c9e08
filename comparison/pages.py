"""The settings of each page: what a link or file says about a page besides the experiment."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from engine.analysis.sharpness import EVERY
from engine.backprop.examples import EXAMPLES
from engine.errors import InvalidInput
from engine.formulas.formula import parse
from engine.formulas.graph import Graph, differentiate, steps
from engine.limits import LIMITS, Coordinate, Interval, LearningRate, Length, Seed
from engine.rules import TypedRule, typed_rule
from engine.spec import Spec
from engine.training.plans import EPOCHS, Plan
from sweeps.axes import Axis, ListAxis, RangeAxis
from sweeps.cells import Quantity  # noqa: TC001 - pydantic reads it
from sweeps.spec import Grid, QuasiRandom

PLANS: Final = Interval(1, 6)
_NARROWEST: Final = 1e-12  # share of a window's size; a narrower one shows only rounding
SIZES: Final = Interval(2, 6)
TARGET: Final = Interval(-1e12, 1e12)
_FIELD_CHARACTERS: Final = 80
_TITLE_CHARACTERS: Final = 40  # of a typed rule
_FINITE: Final = Interval(-1e300, 1e300)


class TrainingPage(Spec):
    """The Compare page.

    Attributes:
        tab: the open one.
        norm: the one that is drawn.
        sharpness: what is drawn of a measurement of sharpness: itself, or the share of the last
            step along the most curved direction.
        sharpness_every: epochs from one measurement to the next; None is about forty in all.
        epoch: the epoch of the fits, or the nearest recorded one; None is the last.
        iteration: likewise, where the budget is in iterations.
        features: positions of the one or two features that fits are drawn over, where the data have
            more; none for the first ones.
    """

    name: Literal["training"] = "training"
    tab: Literal["loss", "score", "norms", "fits", "rates", "find", "sharpness", "details"] = "loss"
    norm: Literal["full_gradient_norm", "batch_gradient_norm", "update_norm"] = "full_gradient_norm"
    sharpness: Literal["sharpness", "step_share"] = "sharpness"
    sharpness_every: Annotated[int, EVERY] | None = None
    epoch: Annotated[float, Interval(0, LIMITS["epochs"].high)] | None = None
    iteration: Annotated[int, Interval(0, LIMITS["iterations"].high)] | None = None
    features: Annotated[
        tuple[Annotated[int, Interval(0, LIMITS["features"].high - 1)], ...],
        Length(Interval(0, 2)),
    ] = ()

    @model_validator(mode="after")
    def _has_different_features(self) -> Self:
        if len(set(self.features)) < len(self.features):
            raise InvalidInput("duplicate", "features", self.features)
        return self


class SurfacesPage(Spec):
    """The Surfaces page.

    Attributes:
        surface: "function" is the page's own problem, "network" the Compare page's.
        step: where the clock is, in iterations or epochs; None is the end.
        panels: one panel per run instead of one picture.
        relief: the surface in three dimensions beside it.
        tab: the open one.
        clicks: whether a click on the surface moves the start of all runs.
        window: left, right, bottom and top of the visible part; None is all of it.
        camera: eye, centre and up of the view in three dimensions.
        plane: the plane through a network's parameters: principal components, random directions,
            or two weights.
        plane_seed: seed of the random directions.
        weights: positions of the plane's two weights, and of the two inspected parameters.
        slice: which of the two inspected parameters the loss is drawn against.
        fineness: points along each axis.
        rows: training rows on which the surface of a network is computed; None means all.
    """

    name: Literal["surfaces"] = "surfaces"
    surface: Literal["function", "network"] = "function"
    step: Annotated[float, Interval(0, 1e9)] | None = None
    panels: bool = Field(default=False, strict=True)
    relief: bool = Field(default=False, strict=True)
    clicks: bool = Field(default=False, strict=True)
    tab: Literal["step", "rates", "theory", "slice", "distance", "wrong"] = "step"
    window: (
        Annotated[tuple[Annotated[float, LIMITS["window"]], ...], Length(Interval(4, 4))] | None
    ) = None
    camera: Annotated[tuple[Coordinate, ...], Length(Interval(9, 9))] | None = None
    plane: Literal["principal", "random", "weights"] = "principal"
    plane_seed: Seed = 0
    weights: Annotated[
        tuple[Annotated[int, Interval(0, LIMITS["parameters"].high - 1)], ...],
        Length(Interval(2, 2)),
    ] = (0, 1)
    slice: Annotated[int, Interval(0, 1)] = 0
    fineness: Literal[31, 61, 121] = 61
    rows: Annotated[int, LIMITS["rows"]] | None = None

    @model_validator(mode="after")
    def _has_two_weights(self) -> Self:
        if self.weights[0] == self.weights[1]:
            raise InvalidInput("duplicate", "weights", self.weights)
        return self

    @model_validator(mode="after")
    def _has_a_window_to_see_through(self) -> Self:
        left, right, bottom, top = self.window or (0.0, 1.0, 0.0, 1.0)
        for low, high in ((left, right), (bottom, top)):
            least = low + _NARROWEST * max(1.0, abs(low), abs(high))
            if high < least:
                allowed = Interval(least, LIMITS["window"].high)
                raise InvalidInput("out_of_range", "window", high, allowed)
        return self


class EpochsPage(Spec):
    """The Epochs page; it uses the Compare page's experiment.

    Attributes:
        tab: the open one.
        plans: what is counted, 1 to 6 settings side by side.
        plan: position of the plan in the editor.
        iterations: how many are turned into epochs; None for those of the plan.
        epochs_shown: epochs in the timeline.
        first_row: number of the first row in the timeline's window.
        sizes: batch sizes that train side by side, 2 to 6; none for all rows, 32 and 1.
        charts: four small charts at once, or one large one with its axis.
        epoch: the epoch of the gradients, or the last one recorded before it.
        noise_size: batch size of the cloud.
        parameters: positions of the cloud's two parameters; none for the two that scatter most.
        patience: epochs without improvement.
        shown: what the map shows.
        target: training loss up to which the map counts iterations.
    """

    name: Literal["epochs"] = "epochs"
    tab: Literal["count", "batches", "rows", "noise", "overfitting", "map"] = "count"
    plans: Annotated[tuple[Plan, ...], Length(PLANS)] = (
        Plan(rows=1_000, batch_size=1_000, epochs=50),
        Plan(rows=1_000, batch_size=100, epochs=50),
        Plan(rows=1_000, batch_size=1, epochs=50),
        Plan(rows=1_000, batch_size=300, epochs=50),
        Plan(rows=1_000, batch_size=300, epochs=50, last_batch="dropped"),
    )
    plan: Annotated[int, Interval(0, PLANS.high - 1)] = 1
    iterations: Annotated[int, LIMITS["counted_iterations"]] | None = None
    epochs_shown: Annotated[int, EPOCHS] = 3
    first_row: Annotated[int, Interval(1, LIMITS["rows"].high)] = 1
    sizes: Annotated[
        tuple[Literal["all"] | Annotated[int, LIMITS["batch_size"]], ...],
        Length(Interval(0, SIZES.high)),
    ] = ()
    charts: Literal["four", "iterations", "epochs", "rows_seen", "seconds"] = "four"
    epoch: Annotated[float, Interval(0, LIMITS["epochs"].high)] = 0.0
    noise_size: Annotated[int, LIMITS["batch_size"]] = 8
    parameters: Annotated[
        tuple[Annotated[int, Interval(0, LIMITS["parameters"].high - 1)], ...],
        Length(Interval(0, 2)),
    ] = ()
    patience: Annotated[int, LIMITS["epochs"]] = 10
    shown: Literal["final_loss", "iterations_to_target"] = "final_loss"
    target: Annotated[float, TARGET] = 0.3

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.plan >= len(self.plans):
            limits = Interval(0, len(self.plans) - 1)
            raise InvalidInput("out_of_range", "plan", self.plan, limits)
        if self.sizes and len(self.sizes) not in SIZES:
            raise InvalidInput("wrong_length", "sizes", len(self.sizes), SIZES)
        if len(set(self.sizes)) < len(self.sizes):
            raise InvalidInput("duplicate", "sizes", self.sizes)
        return self


VariableName = Annotated[str, Field(max_length=int(LIMITS["variable_characters"].high))]


class BackpropagationPage(Spec):
    """The Backpropagation page; its last tab uses the Compare page's experiment.

    Attributes:
        example: which worked example; "own" is the reader's formula.
        formula: the reader's formula, used only by "own".
        values: values of the variables, in the order of the formula; none for the example's own.
        step: how many nodes are done, forward and then back; None for all.
        minimised: the line of the reader's formula whose result is differentiated and minimised, by
            its name; "" for the last.
        moved: the variables of the reader's formula that gradient descent moves.
        learning_rate: that of gradient descent; None for the example's own.
        updates: how many steps of it have been taken.
        variable: the variable whose derivative is written out; "" for the first.
        tab: the open one.
    """

    name: Literal["backpropagation"] = "backpropagation"
    example: Literal[
        "line",
        "apples",
        "apples_and_grapes",
        "square_of_sum",
        "one_weight",
        "sigmoid_network",
        "relu_neuron",
        "softmax",
        "own",
    ] = "apples"
    formula: Annotated[str, Field(max_length=int(LIMITS["formula_characters"].high))] = ""
    values: Annotated[tuple[Coordinate, ...], Length(Interval(0, LIMITS["variables"].high))] = ()
    step: Annotated[int, Interval(0, 500)] | None = None
    minimised: Annotated[str, Field(max_length=int(LIMITS["formula_characters"].high))] = ""
    moved: Annotated[tuple[VariableName, ...], Length(Interval(0, LIMITS["variables"].high))] = ()
    learning_rate: LearningRate | None = None
    updates: Annotated[int, LIMITS["updates"]] = 0
    variable: VariableName = ""
    tab: Literal["meaning", "chain", "descent", "differences", "network"] = "meaning"

    @model_validator(mode="after")
    def _has_value_and_derivatives(self) -> Self:
        inputs = self.graph.inputs
        if self.values and len(self.values) != len(inputs):
            needed = Interval(len(inputs), len(inputs))
            raise InvalidInput("wrong_length", "values", len(self.values), needed)
        if self.variable and self.variable not in inputs:
            raise InvalidInput("unknown_choice", "variable", self.variable, inputs)
        last = len(steps(self.graph)) - 1
        if self.step is not None and self.step > last:
            raise InvalidInput("out_of_range", "step", self.step, Interval(0, last))
        differentiate(self.graph, self.point)
        return self

    @model_validator(mode="after")
    def _has_something_to_minimise(self) -> Self:
        if self.example == "own" and self.minimised not in {"", *self.outputs}:
            raise InvalidInput("unknown_choice", "minimised", self.minimised, self.outputs)
        for name in self.moved if self.example == "own" else ():
            if name not in self.graph.inputs:
                raise InvalidInput("unknown_choice", "moved", name, self.graph.inputs)
        if len(set(self.moved)) < len(self.moved):
            raise InvalidInput("duplicate", "moved", self.moved)
        if self.updates not in self.possible_updates:
            raise InvalidInput("out_of_range", "updates", self.updates, self.possible_updates)
        return self

    @property
    def graph(self) -> Graph:
        """Return the graph of the example, or of the reader's formula with what it minimises."""
        own = self.example == "own"
        return _own_graph(self.formula, self.minimised) if own else EXAMPLES[self.example].graph

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of the results that can be minimised, in the order of the lines."""
        graph = _own_graph(self.formula, "") if self.example == "own" else self.graph
        varying = (name for name, at in graph.names.items() if graph.varies[at])
        named = [name for name in varying if graph.nodes[graph.names[name]].operands]
        last = graph.nodes[graph.output].name
        return (*(name for name in named if name != last), last)

    @property
    def learnt(self) -> tuple[str, ...]:
        """Return the variables that gradient descent moves."""
        return self.moved if self.example == "own" else EXAMPLES[self.example].weights

    @property
    def rate(self) -> float:
        """Return the learning rate of gradient descent."""
        own = 0.1 if self.example == "own" else EXAMPLES[self.example].learning_rate
        return self.learning_rate or own

    @property
    def possible_updates(self) -> Interval:
        """Return how many updates may be taken: fewer where a pass through the graph takes long."""
        most = LIMITS["descent_work"].high // max(1, len(self.graph.operations))
        return Interval(0, min(LIMITS["updates"].high, most))

    @property
    def point(self) -> dict[str, float]:
        """Return the value of every variable, before any update."""
        inputs = self.graph.inputs
        if self.values:
            return dict(zip(inputs, self.values, strict=True))
        if self.example == "own":
            return dict.fromkeys(inputs, 1.0)
        return {name: EXAMPLES[self.example].point[name] for name in inputs}


@lru_cache(maxsize=64)
def _own_graph(formula: str, minimised: str) -> Graph:
    """Return the graph of a formula; its output is the result of that name, if there is one."""
    graph = parse(formula)
    return replace(graph, output=graph.names.get(minimised, graph.output))


FieldPath = Annotated[str, Field(max_length=_FIELD_CHARACTERS)]


class Held(Spec):
    """A field of a sweep that is held at one of its values.

    Attributes:
        field: of an axis, or "run".
        place: the position of the value, or bin, among those of the field.
    """

    field: FieldPath
    place: Annotated[int, Interval(0, LIMITS["axis_values"].high)]


class Brush(Spec):
    """A part of an axis of the parallel coordinates, which only some settings pass through.

    Attributes:
        field: of the axis.
        low: its lower end; None is open.
        high: its upper end; None is open, and includes what diverged.
        diverged: whether only what diverged passes.
    """

    field: FieldPath
    low: Annotated[float, _FINITE] | None = None
    high: Annotated[float, _FINITE] | None = None
    diverged: bool = Field(default=False, strict=True)


class SweepPage(Spec):
    """The Sweep page; its base is the Compare page's comparison.

    Attributes:
        tab: the open one.
        sweep: the id of the sweep that is shown, on the server that has it; "" for none.
        axes: which fields take which values.
        seeds: how many seeds each setting has, from the first one of the comparison on.
        design: all combinations, or quasi-random ones.
        targets: training losses up to which time is counted.
        both_budgets: whether all is trained twice: with the comparison's budget, and with as many
            updates for every batch size.
        shown: the quantity of map, curves and table.
        target: position of the target whose time is shown.
        across: the field across the map.
        upwards: the field upwards, or "run".
        held: fields that are held at a value; over all others the best is shown.
        brushes: what the settings of map and table pass through.
        setting: the index of the setting that is picked; None for none.
        run: position of the run whose learning rate is tested.
        choosing: how many seeds choose the best settings; the others report. 0 is half of them.
        problem: position of the problem whose scores are shown, where axes make several.
        reference: position of the run that others are compared with.
        p_values: whether differences are tested.
    """

    name: Literal["sweep"] = "sweep"
    tab: Literal["map", "curves", "parallel", "table", "scores", "range"] = "map"
    sweep: Annotated[str, Field(max_length=64)] = ""
    axes: Annotated[tuple[Axis, ...], Length(LIMITS["axes"])] = (
        RangeAxis(field="learning_rate", low=1e-3, high=10.0, count=9, scale="log"),
        ListAxis(field="batch_size", values=(8, 32, "all")),
    )
    seeds: Annotated[int, LIMITS["seeds"]] = 12
    design: Annotated[Grid | QuasiRandom, Field(discriminator="kind")] = Grid()
    targets: Annotated[tuple[Annotated[float, TARGET], ...], Length(LIMITS["targets"])] = ()
    both_budgets: bool = Field(default=False, strict=True)
    shown: Quantity = "final_loss"
    target: Annotated[int, Interval(0, LIMITS["targets"].high - 1)] = 0
    across: FieldPath = "learning_rate"
    upwards: FieldPath = "run"
    held: Annotated[tuple[Held, ...], Length(Interval(0, LIMITS["axes"].high + 1))] = ()
    brushes: Annotated[tuple[Brush, ...], Length(Interval(0, LIMITS["axes"].high + 2))] = ()
    setting: Annotated[int, Interval(0, LIMITS["sweep_lanes"].high)] | None = None
    run: Annotated[int, Interval(0, 1_000)] = 0
    choosing: Annotated[int, Interval(0, LIMITS["seeds"].high - 1)] = 0
    problem: Annotated[int, Interval(0, LIMITS["sweep_problems"].high - 1)] = 0
    reference: Annotated[int, Interval(0, 1_000)] = 0
    p_values: bool = Field(default=False, strict=True)


class DataPage(Spec):
    """The page on which a reader brings a table; it uses the Compare page's experiment.

    Attributes:
        tab: how a table is brought.
    """

    name: Literal["data"] = "data"
    tab: Literal["file", "paste", "type"] = "file"


class RulePage(Spec):
    """The page of a rule of one's own.

    Attributes:
        title: the reader's name for the rule, as ``engine.rules.typed_rule`` takes it.
        text: its lines.
        values: of its constants, in the order of the text; none for those of the text.
        tab: the library for which its code is shown.
    """

    name: Literal["rule"] = "rule"
    title: Annotated[str, Field(max_length=_TITLE_CHARACTERS)] = "My Momentum"
    text: Annotated[str, Field(max_length=int(LIMITS["rule_characters"].high))] = (
        "momentum = 0.9 in [0, 1)\nv = momentum*v + g\ndirection = v"
    )
    values: Annotated[
        tuple[Annotated[float, LIMITS["rule_numbers"]], ...], Length(LIMITS["rule_constants"])
    ] = ()
    tab: Literal["numpy", "pytorch"] = "numpy"

    @model_validator(mode="after")
    def _is_a_rule(self) -> Self:
        constants = typed_rule(self.title, self.text).program.constants
        if self.values and len(self.values) != len(constants):
            needed = Interval(len(constants), len(constants))
            raise InvalidInput("wrong_length", "values", len(self.values), needed)
        for place, (one, value) in enumerate(zip(constants, self.values, strict=False)):
            if value not in one.interval:
                raise InvalidInput("out_of_range", f"values.{place}", value, one.interval)
        return self

    @property
    def rule(self) -> TypedRule:
        """Return the rule with the values of its constants."""
        kind = typed_rule(self.title, self.text)
        names = [one.name for one in kind.program.constants]
        return kind(**dict(zip(names, self.values, strict=bool(self.values))))


PAGES: Final = (
    TrainingPage,
    SurfacesPage,
    EpochsPage,
    BackpropagationPage,
    SweepPage,
    DataPage,
    RulePage,
)

AnyPage = Annotated[
    TrainingPage
    | SurfacesPage
    | EpochsPage
    | BackpropagationPage
    | SweepPage
    | DataPage
    | RulePage,
    Field(discriminator="name"),
]
