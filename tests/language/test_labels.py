"""Every id that a page or file shows has a label, and no label is bent to fit a sentence."""

import ast
from pathlib import Path

import pytest

from engine.experiment import FORMAT_1_RUNS
from engine.problems.activations import ACTIVATIONS
from engine.problems.datasets import DATASETS
from engine.problems.functions import EVERY_FUNCTION
from engine.problems.losses import LOSSES
from engine.problems.specs import StartName
from engine.rules import hyperparameters
from language import set_language
from language.labels import _INLINE, LABELS, inline, label

ROOT = Path(__file__).parents[2]
SPEAKING = ("charts", "comparison", "descent_lab", "exports", "language", "pages", "ui")
CHANGES_OF_CASE = {"capitalize", "casefold", "lower", "swapcase"}


def fields(specs):
    return {name for spec in specs for name in spec.model_fields} - {"name"}


def columns(dataset):
    """Its features and targets in name spaces of its own; pixels are not spoken of."""
    return {f"{dataset.name}.{name}" for name in (*dataset.feature_names, *dataset.target_names)}


MEASURED = [dataset() for dataset in DATASETS if dataset.measured and not dataset.is_image]
IDS = {
    "activation": set(ACTIVATIONS),
    "column": set().union(*map(columns, MEASURED)),
    "dataset": {dataset().name for dataset in DATASETS},
    "field": fields(DATASETS) | fields(EVERY_FUNCTION),
    "function": {function().name for function in EVERY_FUNCTION},
    "hyperparameter": {
        name for run in FORMAT_1_RUNS for name in hyperparameters(type(run.optimizer))
    },
    "last_batch": {"kept", "dropped"},
    "loss": set(LOSSES),
    "sampling": {"shuffled", "replacement"},
    "slot": {slot.name for run in FORMAT_1_RUNS for slot in run.optimizer.slots},
    "start": set(StartName.__args__),
    "status": {"budget", "target_loss", "gradient_norm", "patience", "diverged", "stopped"},
}


@pytest.mark.parametrize("space", IDS)
def test_every_id_of_a_registry_has_a_label(space):
    assert IDS[space] - set(LABELS[space]) == set()


def test_a_label_is_no_id():
    shown = [label(space, name) for space, sentences in LABELS.items() for name in sentences]

    assert [text for text in shown if "_" in text] == []


def test_a_label_follows_the_language():
    set_language("ko")

    assert label("quantity", "training_loss") == "훈련 손실"
    assert inline("quantity", "training_loss") == "훈련 손실"


def test_an_id_is_called_after_what_it_is():
    assert label("field", "budget") == "Budget"
    assert label("status", "budget") == "finished"
    assert label("field", "loss") == "Loss function"
    assert label("quantity", "training_loss") == "Training loss"
    assert inline("quantity", "training_loss") == "training loss"


def test_an_id_without_a_label_is_shown_in_its_own_words():
    assert label("hyperparameter", "share_of_what_is_left") == "share of what is left"
    assert inline("loss", "own_loss") == "own loss"


def test_what_is_spoken_of_within_a_sentence_also_stands_alone():
    for space, sentences in _INLINE.items():
        assert set(sentences) <= set(LABELS[space])
    assert set(_INLINE["dataset"]) == IDS["dataset"]
    assert set(_INLINE["loss"]) == IDS["loss"]
    assert set(_INLINE["sampling"]) == IDS["sampling"]


def test_no_label_is_written_in_small_letters_or_capitals_by_the_code():
    """Which words begin with a capital is a matter of the language: Loss, but Verlust."""
    found = [
        f"{script.relative_to(ROOT)}:{node.lineno}"
        for floor in SPEAKING
        for script in (ROOT / floor).rglob("*.py")
        for node in ast.walk(ast.parse(script.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in CHANGES_OF_CASE
    ]

    # The one exception reads the tag that a browser sends, which is no sentence.
    assert [place.partition(":")[0] for place in found] == ["language/__init__.py"]
