"""What ids are called. The ids in links and files are the same in every language.

Ids live in spaces, because one word may be two things: `budget` is a field of an experiment, and
it is also the status of a run that used its budget up.

An id without a label is shown in its own words, so that a new rule needs no entry here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from language import N_, _

Space = Literal[
    "activation",
    "axis",
    "clipping",
    "dataset",
    "field",
    "function",
    "hyperparameter",
    "family",
    "last_batch",
    "loss",
    "method",
    "problem",
    "quantity",
    "sampling",
    "slot",
    "start",
    "status",
]

LABELS: Mapping[Space, Mapping[str, str]] = MappingProxyType(
    {
        "problem": {
            "network": N_("Data and network"),
            "function": N_("Test function"),
        },
        "dataset": {
            "three_points": N_("Three points of y = 2x"),
            "single_row": N_("One row with two targets"),
            "line": N_("Straight line"),
            "sine": N_("Sine"),
            "polynomial": N_("Cubic polynomial"),
            "blobs": N_("Gaussian blobs"),
            "two_moons": N_("Two moons"),
            "circles": N_("Circles"),
            "xor": N_("XOR"),
            "spirals": N_("Spirals"),
            "iris": N_("Iris flowers"),
            "breast_cancer": N_("Breast cancer (Wisconsin)"),
            "digits": N_("Handwritten digits"),
            "diabetes": N_("Diabetes progression"),
        },
        "function": {
            "ravine": N_("x²/20 + y²"),
            "bowl": N_("Bowl of chosen condition number"),
            "rosenbrock": N_("Rosenbrock"),
            "booth": N_("Booth"),
            "matyas": N_("Matyas"),
            "saddle": N_("Saddle x² − y²"),
            "plateau": N_("Plateau"),
            "dip": N_("Bowl with a dip"),
            "beale": N_("Beale"),
            "himmelblau": N_("Himmelblau"),
            "three_hump_camel": N_("Three-hump camel"),
            "styblinski_tang": N_("Styblinski–Tang"),
            "rastrigin": N_("Rastrigin"),
        },
        "activation": {
            "sigmoid": N_("Sigmoid"),
            "tanh": N_("Tanh"),
            "relu": N_("ReLU"),
            "leaky_relu": N_("Leaky ReLU"),
            "identity": N_("Identity"),
        },
        "loss": {
            "mean_squared_error": N_("Mean squared error"),
            "half_mean_squared_error": N_("Half mean squared error (1/2m)"),
            "half_sum_of_squares": N_("Half sum of squares per sample (½Σ)"),
            "binary_cross_entropy": N_("Binary cross-entropy"),
            "cross_entropy": N_("Cross-entropy (softmax)"),
        },
        "start": {
            "he": N_("He (normal)"),
            "glorot": N_("Glorot (uniform)"),
            "uniform": N_("Uniform ±0.5"),
            "zeros": N_("Zeros"),
        },
        "sampling": {
            "shuffled": N_("Shuffled pass"),
            "replacement": N_("Drawn with replacement"),
        },
        "last_batch": {
            "kept": N_("Short last batch kept"),
            "dropped": N_("Short last batch dropped"),
        },
        "clipping": {
            "none": N_("None"),
            "norm": N_("By norm"),
            "value": N_("By value"),
        },
        # kinds of rules, as the menu has them
        "family": {
            "momentum": N_("Momentum"),
            "adaptive": N_("A rate per parameter"),
            "signs": N_("Signs"),
            "averages": N_("Averages of iterates"),
            "wrappers": N_("Around another rule"),
            "layers": N_("Whole layers"),
            "second_order": N_("Curvature"),
        },
        "hyperparameter": {
            "momentum": N_("Momentum"),
            "decay": N_("Decay of the average"),
            "beta1": N_("Decay of the mean"),
            "beta2": N_("Decay of the squares"),
            "epsilon": N_("Epsilon"),
            "weight_decay": N_("Weight decay"),
        },
        # what rules remember from one update to the next
        "slot": {
            "velocity": N_("Velocity"),
            "sum_of_squares": N_("Sum of squares"),
            "first_moment": N_("First moment"),
            "second_moment": N_("Second moment"),
        },
        # what is counted or measured: curves, axes, columns of results
        "quantity": {
            "batch_size": N_("Batch size"),
            "epochs": N_("Epochs"),
            "iterations": N_("Iterations"),
            "rows_seen": N_("Rows seen"),
            "gradients": N_("Gradients"),
            "seconds": N_("Seconds if trained alone"),
            "training_loss": N_("Training loss"),
            "validation_loss": N_("Validation loss"),
            "batch_loss": N_("Batch loss"),
            "accuracy": N_("Accuracy"),
            "r2": N_("R²"),
            "batch_gradient_norm": N_("Norm of the batch gradient"),
            "full_gradient_norm": N_("Norm of the full gradient"),
            "update_norm": N_("Norm of the update"),
            "final_loss": N_("Final loss"),
            "best_loss": N_("Best loss"),
            "best_epoch": N_("Best at epoch"),
            "iterations_per_epoch": N_("Iterations per epoch"),
            "iterations_in_all": N_("Iterations in all"),
            "iterations_to_target": N_("Iterations to the target loss"),
            "rows_over_budget": N_("Rows over the budget"),
        },
        # ways to a derivative
        "method": {
            "backpropagation": N_("Backpropagation"),
            "forward": N_("Forward difference"),
            "central": N_("Central difference"),
            "complex": N_("Complex step"),
        },
        # how a run or a seed of it ended
        "status": {
            "budget": N_("finished"),
            "target_loss": N_("reached its target loss"),
            "gradient_norm": N_("gradient small enough"),
            "patience": N_("no more improvement"),
            "diverged": N_("diverged"),
            "stopped": N_("stopped by you"),
        },
        # fields of an axis of a sweep
        "axis": {
            "count": N_("Number of values"),
            "field": N_("Field"),
            "high": N_("Last value"),
            "low": N_("First value"),
            "rules": N_("Optimizers"),
            "scale": N_("Scale"),
            "values": N_("Values"),
        },
        # fields of a comparison, of its parts and of the pages' settings; keys of links
        "field": {
            "activation": N_("Activation"),
            "amount": N_("Budget"),
            "arms": N_("Arms"),
            "axes": N_("Axes"),
            "axis": N_("Horizontal axis"),
            "axis_values": N_("Values of an axis"),
            "batch_size": N_("Batch size"),
            "bias": N_("Biases"),
            "both_budgets": N_("Equal updates, too"),
            "brushes": N_("Brushed parts of axes"),
            "choosing": N_("Seeds that choose"),
            "diverged": N_("Diverged only"),
            "held": N_("Fields held at a value"),
            "place": N_("Position of the value"),
            "p_values": N_("p-values"),
            "reference": N_("Compared with"),
            "setting": N_("Setting"),
            "sweep": N_("Sweep"),
            "sweep_bytes": N_("Size on the disk"),
            "sweep_seconds": N_("Time"),
            "across": N_("Across"),
            "upwards": N_("Upwards"),
            "budget": N_("Budget"),
            "camera": N_("Camera"),
            "charts": N_("Charts"),
            "classes": N_("Classes"),
            "clicks": N_("Click to move the start"),
            "colours": N_("Colours"),
            "condition": N_("Condition number"),
            "constant": N_("Constant term"),
            "cubic": N_("Cubic term"),
            "curve_points": N_("Points of a curve"),
            "data": N_("Data set"),
            "data_seed": N_("Data seed"),
            "dataset": N_("Data set"),
            "design": N_("Choice of settings"),
            "epoch": N_("Epoch of the run"),
            "epochs": N_("Epochs"),
            "epochs_shown": N_("Epochs shown"),
            "iteration": N_("Iteration of the fits"),
            "iterations": N_("Iterations"),
            "every": N_("Iterations between evaluations"),
            "clipping": N_("Gradient clipping"),
            "example": N_("Example"),
            "factor": N_("Inner radius"),
            "features": N_("Features"),
            "fineness": N_("Points"),
            "first_row": N_("First row shown"),
            "format": N_("File format"),
            "formula": N_("Formula"),
            "formula_characters": N_("Length of the formula in characters"),
            "formula_operations": N_("Number of operations in the formula"),
            "frequency": N_("Frequency"),
            "function": N_("Test function"),
            "gradient": N_("Gradient norm"),
            "gradient_norm": N_("Gradient norm"),
            "hidden": N_("Hidden layers"),
            "hidden_runs": N_("Hidden runs"),
            "intercept": N_("Intercept"),
            "l2": N_("L2 penalty"),
            "last_batch": N_("Last batch"),
            "learning_rate": N_("Learning rate"),
            "linear": N_("Linear term"),
            "log": N_("Logarithmic loss axis"),
            "loss": N_("Loss function"),
            "names": N_("Name"),
            "noise": N_("Noise"),
            "noise_seed": N_("Seed of the noise"),
            "noise_size": N_("Batch size of the cloud"),
            "norm": N_("Norm"),
            "numbers": N_("Colours"),
            "optimizer": N_("Optimizer"),
            "output": N_("Output activation"),
            "output_activation": N_("Output activation"),
            "page": N_("Page"),
            "panels": N_("One panel per run"),
            "parameters": N_("Number of parameters"),
            "patience": N_("Patience (epochs)"),
            "plan": N_("Setting in the editor"),
            "plane": N_("Plane"),
            "plane_seed": N_("Seed of the directions"),
            "plans": N_("Settings that are counted"),
            "present": N_("Presentation"),
            "presentation": N_("Presentation"),
            "problem": N_("Problem"),
            "quadratic": N_("Quadratic term"),
            "quantity": N_("Loss shown"),
            "random_settings": N_("Number of settings"),
            "record_every": N_("Iterations between evaluations"),
            "relief": N_("In three dimensions"),
            "rows": N_("Rows"),
            "run": N_("Run"),
            "runs": N_("Runs"),
            "sampling": N_("Sampling"),
            "schedule": N_("Schedule"),
            "seed": N_("Seed"),
            "seeds": N_("Seeds"),
            "threshold": N_("Clipping threshold"),
            "workers": N_("Workers"),
            "selected": N_("Selected run"),
            "settings": N_("Number of settings"),
            "show": N_("Loss shown"),
            "shown": N_("Quantity shown"),
            "sizes": N_("Batch sizes"),
            "slice": N_("One parameter"),
            "slope": N_("Slope"),
            "smoothing": N_("Smoothing"),
            "standardize": N_("Standardise the inputs"),
            "standardize_targets": N_("Standardise the targets"),
            "start": N_("Starting weights"),
            "step": N_("Step"),
            "stopping": N_("Stopping"),
            "surface": N_("Surface"),
            "sweep_lanes": N_("Number of lanes"),
            "sweep_problems": N_("Number of problems"),
            "tab": N_("Tab"),
            "target": N_("Target loss"),
            "target_loss": N_("Target loss"),
            "targets": N_("Target losses"),
            "tuned": N_("Tuned learning rates"),
            "turns": N_("Turns"),
            "unit": N_("Counted in"),
            "updates": N_("Updates taken"),
            "validation": N_("Validation share"),
            "validation_share": N_("Validation share"),
            "values": N_("Values of the variables"),
            "variable": N_("Variable"),
            "weights": N_("Two parameters"),
            "window": N_("Window"),
        },
    }
)
_INLINE: Mapping[Space, Mapping[str, str]] = MappingProxyType(
    {
        "field": {
            "batch_size": N_("batch size"),
            "learning_rate": N_("learning rate"),
            "optimizer": N_("optimizer"),
        },
        "dataset": {
            "three_points": N_("three points of y = 2x"),
            "single_row": N_("one row with two targets"),
            "line": N_("a straight line"),
            "sine": N_("a sine"),
            "polynomial": N_("a cubic polynomial"),
            "blobs": N_("Gaussian blobs"),
            "two_moons": N_("two moons"),
            "circles": N_("circles"),
            "xor": N_("XOR"),
            "spirals": N_("spirals"),
            "iris": N_("iris flowers"),
            "breast_cancer": N_("breast cancer"),
            "digits": N_("handwritten digits"),
            "diabetes": N_("diabetes progression"),
        },
        "loss": {
            "mean_squared_error": N_("mean squared error"),
            "half_mean_squared_error": N_("half mean squared error (1/2m)"),
            "half_sum_of_squares": N_("half sum of squares per sample (½Σ)"),
            "binary_cross_entropy": N_("binary cross-entropy"),
            "cross_entropy": N_("cross-entropy (softmax)"),
        },
        "quantity": {
            "epochs": N_("epochs"),
            "iterations": N_("iterations"),
            "rows_seen": N_("rows seen"),
            "gradients": N_("gradients"),
            "seconds": N_("seconds if trained alone"),
            "training_loss": N_("training loss"),
            "validation_loss": N_("validation loss"),
            "batch_loss": N_("batch loss"),
        },
        "sampling": {
            "shuffled": N_("shuffled pass"),
            "replacement": N_("drawn with replacement"),
        },
    }
)


def label(space: Space, name: str) -> str:
    """Return what an id is called where it stands alone: in a title, a menu, a table.

    Args:
        space: the kind of thing that is named, a key of `LABELS`.
        name: the id.
    """
    return _worded(LABELS[space], name)


def inline(space: Literal["dataset", "field", "loss", "quantity", "sampling"], name: str) -> str:
    """Return what an id is called within a sentence.

    Args:
        space: the kind of thing that is named; these are spoken of in sentences.
        name: the id.
    """
    return _worded(_INLINE[space], name)


def _worded(sentences: Mapping[str, str], name: str) -> str:
    return _(sentences[name]) if name in sentences else name.replace("_", " ")
