"""What notebooks import: the names that were public once stay, wherever their code lives."""

import importlib

import pytest

import engine

# As they were when the engine was one folder.
ENGINE = """
    GRID_SIZES LIMITS Budget Cost Experiment Function History Interval InvalidInput Network Noise
    PairedDifference Path Plan Plane PrincipalPlane Progress Run RunHistory RunScores Scores Series
    SigmoidLosses Spread StepInspection Stopping Surface SurfaceProgress Sweep Term Timeline Window
    alone_to_the_end batch_gradients batch_rate_sweep batch_size_ladder batch_size_runs batches
    can_be_timed data datasets default_window effective_learning_rates epoch_losses estimate
    estimate_scores estimate_surface exact_plane final_losses fit following_learning_rates functions
    gradient_norms initial_params inspect inspecting iterations_to layers measure_noise minimize
    optimizers paired_differences parameter_names path patience_stop predictions principal_plane
    random_plane rate_sweep recorded_params row_gradients score scoring sigmoid_losses spread
    surface theory time_alone timed timeline train training_gradients training_losses
    under_both_losses weights_plane
"""
BESIDE = {
    "optimizers": "OPTIMIZERS SGD Momentum Nesterov Adagrad RMSprop Adam AdamW hyperparameters",
    "datasets": """
        DATASETS BreastCancer Digits Iris Penguins Airfoil Blobs Circles Line Polynomial Sine
        SingleRow Spirals ThreePoints TwoMoons Xor generate
    """,
    "functions": """
        FUNCTIONS StationaryPoint FunctionOfTwo Ravine Bowl Booth Matyas Saddle Plateau Dip
        Rosenbrock Beale Himmelblau ThreeHumpCamel StyblinskiTang Rastrigin
    """,
    "theory": """
        BestSetting curvatures sharpness_threshold largest_stable_rate best_setting
        convergence_rate stationary_variance measured_rate
    """,
}


@pytest.mark.parametrize("name", ENGINE.split())
def test_a_public_name_of_the_engine_stays(name):
    assert name in engine.__all__
    assert hasattr(engine, name)


@pytest.mark.parametrize("module", BESIDE)
def test_a_module_for_notebooks_has_the_names_that_it_had(module):
    found = importlib.import_module(f"engine.{module}")

    assert found is getattr(engine, module)
    assert [name for name in BESIDE[module].split() if not hasattr(found, name)] == []
