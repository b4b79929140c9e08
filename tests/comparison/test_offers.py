"""Offers: what there is to choose for a comparison."""

import pytest

from comparison import offers
from comparison.document import Document, View
from engine import Budget, Experiment, Function, InvalidInput, Network
from engine.problems.datasets import DATASETS
from engine.problems.losses import LOSSES, usual_loss
from engine.rules.clipping import ClipNorm
from engine.rules.schedules import SCHEDULES, Cosine, ReduceOnPlateau

FUNCTION = Experiment(problem=Function())


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_losses_that_are_offered_are_those_that_are_taken(dataset):
    usual = usual_loss(dataset().n_classes)
    offered = offers.losses(Network(dataset=dataset(), loss=usual))
    taken = []
    for name in LOSSES:
        try:
            Network(dataset=dataset(), loss=name)
        except InvalidInput:
            continue
        taken.append(name)

    assert list(offered) == taken
    assert usual in offered


def test_a_schedule_that_watches_validation_rows_takes_some():
    without = Experiment(problem=Network(validation_share=0.0))

    assert offers.schedules(Experiment()) == SCHEDULES
    for experiment in (without, FUNCTION):
        assert set(SCHEDULES) - set(offers.schedules(experiment)) == {ReduceOnPlateau}


def test_schedules_and_clipping_can_be_given_to_all_runs_where_one_has_them():
    first, *others = Experiment().runs
    scheduled = first.model_copy(update={"schedule": Cosine(), "clipping": ClipNorm()})

    assert offers.fields_for_all(Experiment()) == ("learning_rate", "batch_size", "optimizer")
    assert offers.fields_for_all(Experiment(runs=(scheduled, *others)))[3:] == (
        "schedule",
        "clipping",
    )


def test_a_validation_loss_takes_validation_rows():
    without = Experiment(problem=Network(validation_share=0.0))

    assert "validation_loss" in offers.quantities(Experiment())
    assert offers.quantities(without) == offers.quantities(FUNCTION)
    assert offers.quantities(without) == ("training_loss", "batch_loss")


def test_without_rows_nothing_is_counted_in_rows_unless_a_link_asks_for_it():
    asked = FUNCTION.model_copy(update={"budget": Budget(amount=9, unit="rows_seen")})

    assert "rows_seen" in offers.axes(Document())
    assert "rows_seen" not in offers.axes(Document(experiment=FUNCTION))
    assert "rows_seen" in offers.axes(Document(experiment=FUNCTION, view=View(axis="rows_seen")))
    assert "rows_seen" in offers.budget_units(Experiment())
    assert "rows_seen" not in offers.budget_units(FUNCTION)
    assert "rows_seen" in offers.budget_units(asked)
    assert "batch_size" not in offers.fields_for_all(FUNCTION)
