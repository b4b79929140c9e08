"""What registry ids are called; the ids in links and files are the same in every language."""

from collections.abc import Mapping
from types import MappingProxyType

from language import N_, _

LABELS: Mapping[str, str] = MappingProxyType(
    {
        # data sets
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
        # fields of data sets
        "rows": N_("Rows"),
        "noise": N_("Noise"),
        "slope": N_("Slope"),
        "intercept": N_("Intercept"),
        "frequency": N_("Frequency"),
        "constant": N_("Constant term"),
        "linear": N_("Linear term"),
        "quadratic": N_("Quadratic term"),
        "cubic": N_("Cubic term"),
        "classes": N_("Classes"),
        "features": N_("Features"),
        "factor": N_("Inner radius"),
        "arms": N_("Arms"),
        "turns": N_("Turns"),
        # problems
        "network": N_("Data and network"),
        "function": N_("Test function"),
        # test functions
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
        # networks
        "sigmoid": N_("Sigmoid"),
        "tanh": N_("Tanh"),
        "relu": N_("ReLU"),
        "leaky_relu": N_("Leaky ReLU"),
        "identity": N_("Identity"),
        "mean_squared_error": N_("Mean squared error"),
        "half_mean_squared_error": N_("Half mean squared error (1/2m)"),
        "half_sum_of_squares": N_("Half sum of squares a sample (½Σ)"),
        "binary_cross_entropy": N_("Binary cross-entropy"),
        "cross_entropy": N_("Cross-entropy (softmax)"),
        "he": N_("He (normal)"),
        "glorot": N_("Glorot (uniform)"),
        "uniform": N_("Uniform ±0.5"),
        "zeros": N_("Zeros"),
        # hyperparameters
        "optimizer": N_("Optimizer"),
        "learning_rate": N_("Learning rate"),
        "batch_size": N_("Batch size"),
        "momentum": N_("Momentum"),
        "decay": N_("Decay of the average"),
        "beta1": N_("Decay of the mean"),
        "beta2": N_("Decay of the squares"),
        "epsilon": N_("Epsilon"),
        "weight_decay": N_("Weight decay"),
        "condition": N_("Condition number"),
        # what rules remember
        "velocity": N_("Velocity"),
        "sum_of_squares": N_("Sum of squares"),
        "first_moment": N_("First moment"),
        "second_moment": N_("Second moment"),
        "shuffled": N_("Shuffled pass"),
        "replacement": N_("Drawn with replacement"),
        "kept": N_("Short last batch kept"),
        "dropped": N_("Short last batch dropped"),
        "all": N_("all"),
        # axes and quantities
        "seconds": N_("Seconds if trained alone"),
        "batch_gradient_norm": N_("Norm of the batch gradient"),
        "full_gradient_norm": N_("Norm of the full gradient"),
        "update_norm": N_("Norm of the update"),
        "epochs": N_("Epochs"),
        "iterations": N_("Iterations"),
        "rows_seen": N_("Rows seen"),
        "training_loss": N_("Training loss"),
        "validation_loss": N_("Validation loss"),
        "batch_loss": N_("Batch loss"),
        # ways to a derivative
        "backpropagation": N_("Backpropagation"),
        "forward_difference": N_("Forward difference"),
        "central_difference": N_("Central difference"),
        "complex_difference": N_("Complex step"),
        # columns of the results
        "run": N_("Run"),
        "best_loss": N_("Best loss"),
        "best_epoch": N_("Best at epoch"),
        "iterations_per_epoch": N_("Iterations per epoch"),
        "iterations_in_all": N_("Iterations in all"),
        "rows_over_budget": N_("Rows over the budget"),
        "seconds_alone": N_("Seconds alone"),
        "status": N_("Status"),
        "accuracy": N_("Accuracy"),
        "r2": N_("R²"),
        "iterations_to_target": N_("Iterations to the target loss"),
        "final_loss": N_("Final loss"),
        "four": N_("Four small charts"),
        "loss": N_("Loss"),
        # what ended a run
        "budget": N_("finished"),
        "target_loss": N_("reached its target loss"),
        "gradient_norm": N_("gradient small enough"),
        "patience": N_("no more improvement"),
        "diverged": N_("diverged"),
        "stopped": N_("stopped by you"),
    }
)


def label(name: str) -> str:
    """Return what an id is called in the current language; of one without a label its own words."""
    return _(LABELS[name]) if name in LABELS else name.replace("_", " ")
