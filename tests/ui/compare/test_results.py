"""Where the runs ended: the details of one seed and of several."""

import json
from dataclasses import replace

import numpy as np
import pytest

import ui.shell.training
from comparison.document import with_default_view
from engine import Run, fit
from engine.rules import Momentum
from tests.driven import captions, small
from tests.ui.compare.driven import page


@pytest.mark.parametrize("order", [1, -1], ids=["the best first", "the best last"])
def test_paired_differences_stand_in_the_details_of_several_seeds(order, show):
    compared = small(runs=small().runs[::order], seeds=(0, 1, 2))
    names = ["SGD", "Adam"][::order]
    show("details")
    at = page(compared)
    losses = np.array([past.validation_loss.final for past in fit(compared).runs])
    best = int(np.median(losses, axis=1).argmin())
    differences = losses[1 - best] - losses[best]

    assert len(at.dataframe) == 2
    (row,) = at.dataframe[1].value.to_dict("records")
    assert row == {
        "Run": names[1 - best],
        "Median difference": np.median(differences),
        "Smallest": differences.min(),
        "Largest": differences.max(),
        "Better in": f"{(differences < 0).sum()} / 3",
        "Worse in": f"{(differences > 0).sum()} / 3",
        "Equal in": "0 / 3",
    }
    said = captions(at).replace("\\", "")
    assert "Final validation loss minus that of " + names[best] in said
    assert "over the same 3 seeds: above 0 is worse." in said
    assert "infinite" not in said  # no seed diverged


def test_the_details_ask_for_the_seconds_of_every_run(show, monkeypatch):
    def time_alone(history):
        yield
        runs = [replace(run, seconds_per_update=1e-3, seconds_spread=1e-4) for run in history.runs]
        return replace(history, runs=tuple(runs), is_timed=True)

    monkeypatch.setattr(ui.shell.training, "time_alone", time_alone)
    show("details")
    shown = page(small(data_seed=4_000_011)).dataframe[0].value

    assert shown["Seconds alone"].tolist() == pytest.approx([0.05, 0.05])  # 5 epochs of 10 updates
    assert shown["± s"].tolist() == pytest.approx([0.005, 0.005])


def test_a_single_seed_has_no_paired_differences(show):
    show("details")
    assert len(page(small()).dataframe) == 1


def test_runs_that_differ_in_their_last_letters_are_told_apart_in_the_table():
    runs = [Run(optimizer=Momentum(momentum=mu), learning_rate=0.1) for mu in (0.5, 0.9, 0.99)]
    table = page(small(runs=runs)).dataframe[0]

    longest = max(table.value["Run"], key=len)
    assert longest == "Momentum μ 0.99"
    assert json.loads(table.proto.columns)["Run"]["width"] >= 7 * len(longest) + 16


def test_a_name_of_80_letters_leaves_room_for_the_other_columns():
    opened = with_default_view(small())
    view = opened.view.model_copy(update={"names": ("w" * 80, "")})
    table = page(opened.model_copy(update={"view": view})).dataframe[0]

    assert "w" * 80 in list(table.value["Run"])
    columns = json.loads(table.proto.columns)
    assert columns["Run"]["width"] <= 300
