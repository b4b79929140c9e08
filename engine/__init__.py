"""The engine of Descent Lab: optimizers compared from the same start with the same batches.

An ``Experiment`` describes what is trained. ``train`` trains it piece by piece and ``fit`` all at
once; both return a ``History``. ``score`` only keeps where each run began, ended and was best.
``minimize`` follows a rule down any gradient. ``data``, ``initial_params``, ``batches`` and
``layers`` give what you need to replay a run elsewhere. The engine imports nothing but NumPy,
pydantic and the standard library.
"""

from engine import datasets, functions, optimizers, theory
from engine.analysis.batch_sizes import (
    batch_rate_sweep,
    batch_size_ladder,
    batch_size_runs,
    final_losses,
    iterations_to,
)
from engine.analysis.claims import FEWEST_SEEDS, Claim, claim, is_no_better_than_guessing
from engine.analysis.inspection import (
    StepInspection,
    Term,
    effective_learning_rates,
    following_learning_rates,
    inspect,
    inspecting,
)
from engine.analysis.noise import Noise, batch_gradients, measure_noise, row_gradients
from engine.analysis.overfitting import alone_to_the_end, epoch_losses, patience_stop
from engine.analysis.probes import gradient_norms, predictions, training_gradients
from engine.analysis.profiles import (
    PerformanceProfile,
    PerformanceRatios,
    Speedup,
    TimeToTarget,
    performance_ratios,
    speedup,
    time_to_target,
)
from engine.analysis.range_test import (
    RangeTest,
    estimate_range_test,
    range_test,
    range_testing,
)
from engine.analysis.rates import RateCurve, rate_curves
from engine.analysis.sharpness import (
    RunSharpness,
    Sharpness,
    SharpnessPrice,
    SharpnessProgress,
    estimate_sharpness,
    measure_sharpness,
    measuring_sharpness,
)
from engine.analysis.significance import (
    ConfidenceInterval,
    bootstrap_interval,
    holm,
    interquartile_mean,
    mean_interval,
    median_interval,
    sign_flip_p,
)
from engine.analysis.statistics import (
    PairedDifference,
    Spread,
    loss_differences,
    paired_difference,
    paired_differences,
    spread,
)
from engine.analysis.tuning import BestOf, best_of
from engine.errors import InvalidInput
from engine.experiment import Budget, Experiment, Run, Stopping, Sweep, distinct_runs, rate_sweep
from engine.landscape.curvature import TopEigenpairs, largest_eigenvalues
from engine.landscape.planes import (
    Plane,
    PrincipalPlane,
    Window,
    default_window,
    exact_plane,
    parameter_names,
    principal_plane,
    random_plane,
    recorded_params,
    weights_plane,
)
from engine.landscape.surfaces import (
    GRID_SIZES,
    Path,
    SigmoidLosses,
    Surface,
    SurfaceProgress,
    path,
    sigmoid_losses,
    surface,
    training_losses,
    under_both_losses,
)
from engine.limits import LIMITS, Interval
from engine.problems.problem import Guess
from engine.problems.specs import Function, Network
from engine.training.cost import Cost, estimate, estimate_surface
from engine.training.history import History, RunHistory, Series
from engine.training.loop import Progress, fit, minimize, train
from engine.training.plans import Plan, Timeline, timeline
from engine.training.replay import batches, data, initial_params, layers
from engine.training.scores import RunScores, Scores, estimate_scores, score, scoring
from engine.training.timing import can_be_timed, time_alone, timed
from engine.work import finish

__all__ = [
    "FEWEST_SEEDS",
    "GRID_SIZES",
    "LIMITS",
    "BestOf",
    "Budget",
    "Claim",
    "ConfidenceInterval",
    "Cost",
    "Experiment",
    "Function",
    "Guess",
    "History",
    "Interval",
    "InvalidInput",
    "Network",
    "Noise",
    "PairedDifference",
    "Path",
    "PerformanceProfile",
    "PerformanceRatios",
    "Plan",
    "Plane",
    "PrincipalPlane",
    "Progress",
    "RangeTest",
    "RateCurve",
    "Run",
    "RunHistory",
    "RunScores",
    "RunSharpness",
    "Scores",
    "Series",
    "Sharpness",
    "SharpnessPrice",
    "SharpnessProgress",
    "SigmoidLosses",
    "Speedup",
    "Spread",
    "StepInspection",
    "Stopping",
    "Surface",
    "SurfaceProgress",
    "Sweep",
    "Term",
    "TimeToTarget",
    "Timeline",
    "TopEigenpairs",
    "Window",
    "alone_to_the_end",
    "batch_gradients",
    "batch_rate_sweep",
    "batch_size_ladder",
    "batch_size_runs",
    "batches",
    "best_of",
    "bootstrap_interval",
    "can_be_timed",
    "claim",
    "data",
    "datasets",
    "default_window",
    "distinct_runs",
    "effective_learning_rates",
    "epoch_losses",
    "estimate",
    "estimate_range_test",
    "estimate_scores",
    "estimate_sharpness",
    "estimate_surface",
    "exact_plane",
    "final_losses",
    "finish",
    "fit",
    "following_learning_rates",
    "functions",
    "gradient_norms",
    "holm",
    "initial_params",
    "inspect",
    "inspecting",
    "interquartile_mean",
    "is_no_better_than_guessing",
    "iterations_to",
    "largest_eigenvalues",
    "layers",
    "loss_differences",
    "mean_interval",
    "measure_noise",
    "measure_sharpness",
    "measuring_sharpness",
    "median_interval",
    "minimize",
    "optimizers",
    "paired_difference",
    "paired_differences",
    "parameter_names",
    "path",
    "patience_stop",
    "performance_ratios",
    "predictions",
    "principal_plane",
    "random_plane",
    "range_test",
    "range_testing",
    "rate_curves",
    "rate_sweep",
    "recorded_params",
    "row_gradients",
    "score",
    "scoring",
    "sigmoid_losses",
    "sign_flip_p",
    "speedup",
    "spread",
    "surface",
    "theory",
    "time_alone",
    "time_to_target",
    "timed",
    "timeline",
    "train",
    "training_gradients",
    "training_losses",
    "under_both_losses",
    "weights_plane",
]
