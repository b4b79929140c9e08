"""The best setting of every run: the lowest median over the seeds, and what it rests on."""

import json

import numpy as np
import pandas as pd
import pytest

from engine.rules import SGD, Adam
from sweeps.answers import best_settings
from sweeps.spec import SweepSpec
from tests.sweeps.small import SPEC, Here, swept, train_chunk


def answer(path, *axes, **fields):
    whole = json.loads(SPEC.model_dump_json())
    spec = SweepSpec.model_validate(
        whole | {"axes": list(axes), "experiment": whole["experiment"] | fields}
    )
    swept(path, spec=spec)
    return best_settings(spec, path / "results.parquet")


def rates(*values, **rest):
    return {"field": "learning_rate", "values": list(values), **rest}


def test_it_is_the_setting_with_the_lowest_median_of_the_final_validation_loss(tmp_path):
    swept(tmp_path)

    found = best_settings(SPEC, tmp_path / "results.parquet")

    table = pd.read_parquet(tmp_path / "results.parquet")
    settings = table.groupby(["rule", "learning_rate", "batch_size"])["validation_loss_final"]
    medians = settings.median()
    for rule, one in zip((SGD, Adam), found, strict=True):
        rate, size = medians[rule.name].idxmin()
        assert one.setting == {"learning_rate": rate, "batch_size": int(size)}
        assert np.median(one.losses) == medians[rule.name].min()
        assert one.tried == 6


def test_without_validation_rows_the_training_loss_is_judged(tmp_path):
    problem = json.loads(SPEC.model_dump_json())["experiment"]["problem"]
    found = answer(tmp_path, rates(0.01, 0.1), problem=problem | {"validation_share": 0})

    table = pd.read_parquet(tmp_path / "results.parquet")
    sgd = table[table["rule"] == "sgd"].groupby("learning_rate")["training_loss_final"].median()
    assert table["validation_loss_final"].isna().all()
    assert np.median(found[0].losses) == sgd.min()


@pytest.mark.parametrize(
    ("axis", "edges"),
    [
        (rates(0.001, 0.01), ("learning_rate",)),
        (rates(0.01, 0.1, 1e6), ()),
        (rates(0.1), ()),
        ({"field": "batch_size", "values": [8, 16]}, ("batch_size",)),
        ({"field": "batch_size", "values": [1, 2]}, ()),
        ({"field": "sampling", "values": ["shuffled", "replacement"]}, ()),
    ],
)
def test_a_best_value_at_the_end_of_those_tried_is_told_where_others_are_allowed(
    tmp_path, axis, edges
):
    assert answer(tmp_path, axis)[0].edges == edges


def test_a_hyperparameter_at_the_end_of_its_interval_is_no_edge(tmp_path):
    run = {"optimizer": {"name": "momentum"}, "learning_rate": 0.1, "batch_size": 8}
    (found,) = answer(tmp_path, {"field": "optimizer.momentum", "values": [0, 0.99]}, runs=[run])

    assert found.setting == {"optimizer.momentum": 0}
    assert found.edges == ()


def test_a_run_that_diverged_everywhere_has_no_best_setting(tmp_path):
    found = answer(tmp_path, rates(1e6, 1e7))

    assert [one.setting for one in found] == [{}, {}]
    assert all(np.isinf(np.median(one.losses)) for one in found)


def test_a_setting_of_which_a_lane_could_not_be_trained_is_never_best(tmp_path):
    def train(text):
        if '"learning_rate":0.1,' in text and '"batch_size":8' in text:
            raise MemoryError
        return train_chunk(text)

    swept(tmp_path, Here(train))

    found = best_settings(SPEC, tmp_path / "results.parquet")

    assert {one.setting["batch_size"] for one in found} == {"all"}


def test_losses_of_several_problems_are_not_compared(tmp_path):
    assert answer(tmp_path, {"field": "problem.l2", "values": [0, 0.1]}) == []
