"""Theory of quadratics, for notebooks; it is defined in ``engine.analysis.theory``."""

from engine.analysis.theory import (
    BestSetting,
    best_setting,
    convergence_rate,
    curvatures,
    edge_formula,
    largest_stable_rate,
    measured_rate,
    sharpness_threshold,
    stationary_variance,
)

__all__ = [
    "BestSetting",
    "best_setting",
    "convergence_rate",
    "curvatures",
    "edge_formula",
    "largest_stable_rate",
    "measured_rate",
    "sharpness_threshold",
    "stationary_variance",
]
