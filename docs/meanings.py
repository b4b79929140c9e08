"""What limits and codes of refusals mean, and an example of each refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from comparison.document import FILE_BYTES, read_document
from comparison.tables.known import read_known
from comparison.tables.reading import read
from engine.experiment import Experiment
from engine.formulas.formula import parse
from engine.formulas.graph import differentiate
from engine.problems.datasets.table import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS: Final = {
    "rows": "Rows of a data set",
    "features": "Inputs of a row",
    "classes": "Classes of a data set",
    "table_columns": "Columns of a reader's table",
    "table_bytes": "Bytes of a file with a table",
    "cell_characters": "Characters of a text that is a class or marks validation rows",
    "text_characters": "Characters of a text in a table",
    "hidden_layers": "Hidden layers of a network",
    "units": "Units of a hidden layer",
    "parameters": "Parameters of a network",
    "learning_rate": "Learning rate of a run",
    "batch_size": "Rows of a batch, and never more than the training rows",
    "epochs": "Epochs of a budget, or of patience",
    "iterations": "Iterations of a budget, or from one evaluation to the next",
    "rows_seen": "Rows of a budget",
    "gradients": "Gradients of a budget",
    "runs": "Runs of a comparison",
    "lanes": "Runs × seeds that are trained together",
    "seeds": "Seeds of a comparison",
    "sweep_lanes": "Settings × seeds of a sweep",
    "sweep_problems": "Problems of a sweep",
    "random_settings": "Quasi-random settings of each run of a sweep",
    "axes": "Axes of a sweep",
    "axis_values": "Values of an axis",
    "targets": "Target losses of a sweep",
    "curve_points": "Points of each lane's curve that are kept",
    "seed": "Any seed",
    "start_values": "Starting weights that are given as numbers",
    "grid": "Points along each axis of a surface",
    "window": "Edges of a surface's window",
    "counted_rows": "Training rows, and rows of a batch, that are only counted",
    "counted_iterations": "Iterations that are turned into epochs",
    "seconds": "Estimated seconds of one training",
    "bytes": "Bytes of memory of one training",
    "history_bytes": "Bytes of the history of one training",
    "name_characters": "Characters of a run's name",
    "formula_characters": "Characters of a formula",
    "formula_operations": "Operations in a formula",
    "formula_nesting": "Depth of brackets in a formula",
    "variables": "Variables of a formula",
    "updates": "Updates of a worked example",
    "descent_work": "Updates × operations of a worked example",
    "difference_work": "2 × rows × parameters², where central differences check backpropagation",
    "variable_characters": "Characters of a variable's name",
    "rule_characters": "Characters of a typed rule",
    "rule_lines": "Lines of a typed rule",
    "rule_constants": "Constants of a typed rule",
    "rule_slots": "Slots of a typed rule",
    "rule_numbers": "Ends of the interval of a constant of a typed rule",
}


def _sgd(**fields: object) -> Callable[[], object]:
    run = {"optimizer": {"name": "sgd"}, "learning_rate": 0.1, **fields}
    return lambda: Experiment.model_validate({"runs": [run]})


def _experiment(**fields: object) -> Callable[[], object]:
    return lambda: Experiment.model_validate(fields)


# What each code means, and an input that is refused with it.
REFUSALS: Final[dict[str, tuple[str, Callable[[], object]]]] = {
    "wrong_type": ("The value has the wrong type.", _sgd(learning_rate="fast")),
    "not_finite": ("The number is infinite, or it is NaN.", _sgd(learning_rate=float("nan"))),
    "out_of_range": ("The number is too small or too large.", _sgd(learning_rate=-1.0)),
    "unknown_choice": (
        "The value is not one of the choices.",
        _experiment(problem={"kind": "network", "activation": "step"}),
    ),
    "retired": (
        "The data set is no longer here; another one takes its place.",
        _experiment(problem={"kind": "network", "dataset": {"name": "diabetes"}}),
    ),
    "unknown_field": ("No field has this name.", _sgd(colour="red")),
    "missing": ("A field without a default was left out.", _experiment(runs=[{}])),
    "wrong_length": ("There are too few or too many entries or characters.", _experiment(seeds=[])),
    "duplicate": ("A value appears twice where all must differ.", _experiment(seeds=[1, 1])),
    "duplicate_key": (
        "A key appears twice in a JSON object or a link.",
        lambda: read_document('{"budget": {"amount": 1}, "budget": {"amount": 7}}'),
    ),
    "conflict": (
        "Two settings do not work together, though each is allowed by itself.",
        _experiment(problem={"kind": "function"}, stopping={"patience": 3}),
    ),
    "too_expensive": (
        "The work would take too much time or memory, or the file or link is too long.",
        lambda: read_document(b" " * 2 * FILE_BYTES),
    ),
    "not_here": (
        "The rows of a table are needed that nobody has brought.",
        lambda: TABLES.get("0" * 64),
    ),
    "not_a_table": (
        "A file of data is no table, or one that cannot be used.",
        lambda: read(b"x,y\n1,2\n3,4,5\n"),
    ),
    "other_values": (
        "A file of data holds another table than the experiment was made with.",
        lambda: read_known(b"x,y\n1,2\n3,4\n", "nn", "0" * 64),
    ),
    "not_json": ("The file is not valid JSON.", lambda: read_document('{"format": 1,')),
    "unexpected": ("The formula cannot be read.", lambda: parse("2 +")),
    "no_value": (
        "The formula has no value at this point.",
        lambda: differentiate(parse("1/(x - 2)"), {"x": 2.0}),
    ),
    "no_derivative": (
        "The formula has no derivative at this point.",
        lambda: differentiate(parse("(x - 2)^0.5"), {"x": 2.0}),
    ),
}
