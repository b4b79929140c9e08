"""Every id that a page or file shows has a label; a foreign one is shown in its own words."""

import re
from pathlib import Path

import pytest

from engine.problems.activations import ACTIVATIONS
from engine.problems.datasets import DATASETS
from engine.problems.functions import FUNCTIONS
from engine.problems.losses import LOSSES
from engine.problems.specs import StartName
from engine.rules import RULES, hyperparameters
from language.labels import LABELS, label

ROOT = Path(__file__).parents[2]


def fields(specs):
    return {name for spec in specs for name in spec.model_fields} - {"name"}


@pytest.mark.parametrize(
    "ids",
    [
        {dataset().name for dataset in DATASETS} | fields(DATASETS),
        {function().name for function in FUNCTIONS} | fields(FUNCTIONS),
        {*ACTIVATIONS, *LOSSES, *StartName.__args__},
        {name for rule in RULES for name in hyperparameters(rule)},
        {slot.name for rule in RULES for slot in rule.slots},
    ],
    ids=["data sets", "functions", "networks", "hyperparameters", "slots"],
)
def test_every_id_of_a_registry_has_a_label(ids):
    assert ids - set(LABELS) == set()


def test_every_id_that_is_written_in_the_code_has_a_label():
    written = {
        name
        for floor in ("charts", "comparison", "exports", "descent_lab", "ui", "pages")
        for script in (ROOT / floor).rglob("*.py")
        for name in re.findall(r'\blabel\("(\w+)"\)', script.read_text("utf-8"))
    }

    assert len(written) > 10
    assert written - set(LABELS) == set()


def test_an_id_without_a_label_is_shown_in_its_own_words():
    assert label("share_of_what_is_left") == "share of what is left"
    assert label("x²/20 + y²") == "x²/20 + y²"
