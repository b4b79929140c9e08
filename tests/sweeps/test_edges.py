"""Whether a setting lies at an edge: the lowest or highest that was tried, where others may be."""

import pytest

from sweeps.edges import edges
from sweeps.spec import SweepSpec

RUN = {"optimizer": {"name": "momentum"}, "learning_rate": 0.1, "batch_size": 8}
NETWORK = {"kind": "network", "dataset": {"name": "line", "rows": 40}, "loss": "mean_squared_error"}


def spec(*axes, problem=NETWORK, **rest):
    experiment = {"problem": problem, "runs": [RUN], "seeds": [0]}
    return SweepSpec.model_validate({"experiment": experiment, "axes": axes, **rest})


def listed(field, *values):
    return {"field": field, "values": list(values)}


def of_each(*axes, **rest):
    sweep = spec(*axes, **rest)
    return [edges(sweep, setting) for setting in range(len(sweep.settings))]


@pytest.mark.parametrize(
    ("axis", "low", "high"),
    [
        (listed("learning_rate", 0.01, 0.1, 1.0), "low", "high"),
        (listed("learning_rate", 1e-8, 0.1, 1e7), None, None),
        (listed("optimizer.momentum", 0.0, 0.5, 0.9), None, "high"),
        (listed("optimizer.momentum", 0.5, 0.9, 0.99), "low", "high"),
        (listed("batch_size", 1, 8, 16), None, "high"),
        (listed("batch_size", 2, 8, "all"), "low", None),
        (listed("batch_size", 2, 8, 30), "low", None),  # all training rows
        (listed("problem.l2", 0.0, 0.1, 1.0), None, "high"),
        (listed("problem.validation_share", 0.0, 0.25, 0.5), None, "high"),
        (listed("problem.dataset.rows", 32, 40, 50), "low", "high"),
        (listed("budget.amount", 1, 2, 3), None, "high"),
        (listed("data_seed", 0, 1, 2), None, None),
        (listed("problem.hidden", [], [2], [4]), None, None),
        (listed("problem.activation", "tanh", "relu", "sigmoid"), None, None),
        (listed("optimizer", "sgd", "momentum", "adam"), None, None),
    ],
    ids=str,
)
def test_ends_are_edges_where_an_experiment_may_go_beyond(axis, low, high):
    field = axis["field"]

    assert [found.get(field) for found in of_each(axis)] == [low, None, high]


def test_the_order_in_which_values_are_listed_does_not_matter():
    assert of_each(listed("learning_rate", 1.0, 0.01, 0.1)) == [
        {"learning_rate": "high"},
        {"learning_rate": "low"},
        {},
    ]


def test_one_value_has_no_edge():
    assert of_each(listed("learning_rate", 0.1)) == [{}]


def test_each_rule_has_the_edges_of_its_own_axis():
    sgd = {**listed("learning_rate", 0.1, 1.0), "rules": ["sgd"]}
    momentum = {**listed("learning_rate", 0.01, 0.1), "rules": ["momentum"]}
    rules = listed("optimizer", "sgd", "momentum")

    assert of_each(rules, sgd, momentum) == [
        {"learning_rate": "low"},
        {"learning_rate": "high"},
        {"learning_rate": "low"},
        {"learning_rate": "high"},
    ]


def test_scattered_points_are_at_an_edge_in_the_outermost_twelfth_of_a_range():
    axis = {"field": "learning_rate", "low": 1e-3, "high": 10.0, "scale": "log"}
    sweep = spec(axis, design={"kind": "quasi_random", "settings": 60})
    (rates,) = sweep.settings.levels

    for setting, rate in enumerate(rates):
        low, high = 1e-3 * 10 ** (4 / 12), 10 / 10 ** (4 / 12)
        expected = "low" if rate < low else "high" if rate > high else None
        assert edges(sweep, setting).get("learning_rate") == expected


def test_noise_of_a_function_cannot_be_below_nothing():
    function = {"kind": "function", "function": {"name": "bowl"}}
    run = {**RUN, "batch_size": "all"}
    sweep = SweepSpec.model_validate(
        {
            "experiment": {"problem": function, "runs": [run], "seeds": [0]},
            "axes": [listed("problem.noise", 0.0, 1.0)],
        }
    )

    assert [edges(sweep, 0), edges(sweep, 1)] == [{}, {"problem.noise": "high"}]
