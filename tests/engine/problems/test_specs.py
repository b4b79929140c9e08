"""Problems know what fits their data: losses, standardisation, start values."""

import pytest

from engine import Function, InvalidInput, Network
from engine.problems.datasets import DATASETS, Digits, Iris, Line, Penguins, TwoMoons
from engine.problems.losses import LOSSES


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_network_can_be_adapted_to_every_data_set(dataset, loss):
    asked = Network().model_copy(
        update={
            "dataset": dataset(),
            "loss": loss,
            "standardize_targets": True,
            "start": (0.5,) * Network().n_params,
        }
    )
    adapted = asked.adapted()

    assert Network.model_validate(adapted.model_dump()) == adapted
    if LOSSES[loss].suits(dataset().n_classes):
        assert adapted.loss == loss


@pytest.mark.parametrize(
    ("dataset", "usual"),
    [
        (Line(), "mean_squared_error"),
        (TwoMoons(), "binary_cross_entropy"),
        (Iris(), "cross_entropy"),
    ],
)
def test_the_usual_loss_takes_the_place_of_one_that_does_not_suit(dataset, usual):
    others = [name for name in LOSSES if not LOSSES[name].suits(dataset.n_classes)]
    for name in others:
        with pytest.raises(InvalidInput):
            Network(dataset=dataset, loss=name)
        asked = Network().model_copy(update={"dataset": dataset, "loss": name})
        assert asked.adapted().loss == usual


def test_what_fits_is_left_as_it_is():
    start = tuple(float(number) for number in range(Network().n_params))

    for network in (
        Network(),
        Network(start=start),
        Network(dataset=Penguins(), loss="half_mean_squared_error", standardize_targets=True),
    ):
        assert network.adapted() == network


@pytest.mark.parametrize(("share", "held_back"), [(0.0, 0), (0.25, 100), (0.9, 360)])
def test_training_and_validation_rows_are_all_rows(share, held_back):
    network = Network(validation_share=share)

    assert network.n_validation == held_back
    assert network.training_rows + network.n_validation == network.dataset.n_rows


def test_a_function_has_no_rows_to_cut_or_to_hold_back():
    assert (Function.has_rows, Function().n_validation) == (False, 0)
    assert Network.has_rows


def test_data_sets_say_what_they_are():
    named = {
        mark: {dataset().name for dataset in DATASETS if getattr(dataset, mark)}
        for mark in ("measured", "is_image", "spread_targets")
    }

    assert named == {
        "measured": {"iris", "breast_cancer", "digits", "penguins", "airfoil"},
        "is_image": {"digits"},
        "spread_targets": {"penguins", "airfoil"},
    }


def test_numbers_of_a_specification_come_with_their_intervals():
    assert list(TwoMoons.intervals()) == ["rows", "noise"]
    assert Digits.intervals() == {}
