"""The reference is what the code says now, and misses nothing that a reader could name."""

import argparse
import re
import tomllib
from itertools import pairwise

import pytest

from comparison.pages import PAGES
from descent_lab.command import _parser
from docs.meanings import LIMITS as MEANINGS
from docs.meanings import REFUSALS
from docs.reference import FILE, ROOT, text
from engine.errors import CODES
from engine.limits import LIMITS
from engine.problems.activations import ACTIVATIONS
from engine.problems.datasets import DATASETS
from engine.problems.functions import EVERY_FUNCTION
from engine.problems.losses import LOSSES
from engine.rules import RULES, choices, hyperparameters
from engine.rules.schedules import SCHEDULES
from language import set_language

COMMITTED = FILE.read_text("utf-8")


def names(specs):
    return [spec.model_fields["name"].default for spec in specs]


def commands():
    """Every command of the command line with its parser."""
    (subcommands,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    return subcommands.choices


def options():
    """What is given to each command, as it is typed."""
    return [
        (action.option_strings or [action.metavar])[0]
        for command in commands().values()
        for action in command._actions
        if "-h" not in action.option_strings
    ]


def explained_settings():
    """The options of Streamlit that have a comment right above them."""
    lines = (ROOT / ".streamlit" / "config.toml").read_text("utf-8").splitlines()
    section = ""
    for before, line in pairwise(lines):
        section = line.strip("[]") if line.startswith("[") else section
        if before.startswith("#") and " = " in line and not line.startswith("#"):
            yield f"{section}.{line.split()[0]}"


HAVE_HEADINGS = {
    "Rules": [rule.name for rule in RULES],
    "Schedules": [schedule.name for schedule in SCHEDULES],
    "Data sets": [*names(DATASETS), "own"],
    "Test functions": names(EVERY_FUNCTION),
    "Activations": list(ACTIVATIONS),
    "Losses": list(LOSSES),
    "Pages": names(PAGES),
    "Refusals": list(CODES),
    "Limits": list(LIMITS),
    "Settings": list(explained_settings()),
}


def section(title):
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", COMMITTED, re.MULTILINE | re.DOTALL)
    assert found, f"{title} is no section"
    return found[1]


def headings(level, within):
    """What the headings of a level have between backticks."""
    return re.findall(rf"^{'#' * level} .*?`(.+)`\)?$", within, re.MULTILINE)


def entry(title, name):
    """What stands below a heading of a section."""
    return section(title).partition(f"`{name}`")[2].partition("\n### ")[0]


def test_the_committed_reference_is_what_the_code_says():
    assert text() == COMMITTED, "run make reference"


@pytest.mark.parametrize("title", HAVE_HEADINGS)
def test_everything_has_its_heading_in_the_order_of_the_code(title):
    assert headings(3, section(title)) == HAVE_HEADINGS[title]


def test_every_command_and_option_has_its_heading():
    written = headings(3, section("Commands"))

    assert [command.split()[-1] for command in written] == ["descent_lab", *commands()]
    assert headings(4, section("Commands")) == options()
    assert {"EXPERIMENT", "--to"} <= set(options())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_its_formula_its_hyperparameters_and_its_source(rule):
    told = entry("Rules", rule.name)

    assert rule.formula.partition(r"\\")[0] in told
    assert rule.source in told
    assert re.findall(r"^\| `(\w+)`", told, re.MULTILINE) == [
        *hyperparameters(rule),
        *choices(rule),
    ]
    assert f"Default learning rate: {rule.default_learning_rate:g}\n" in told


@pytest.mark.parametrize(("kind", "specs"), [("Data sets", DATASETS), ("Pages", PAGES)])
def test_every_setting_has_its_row(kind, specs):
    for spec in specs:
        told = entry(kind, spec.model_fields["name"].default)
        rows = re.findall(r"^\| `(\w+)` \|.*\| [^|]+ \|$", told, re.MULTILINE)
        assert rows == [name for name in spec.model_fields if name != "name"]


def test_no_meaning_is_of_something_that_is_gone():
    assert list(REFUSALS) == list(CODES)
    assert list(MEANINGS) == list(LIMITS)


def test_it_is_written_in_english_whatever_language_was_spoken():
    set_language("ko")

    assert text() == COMMITTED


def test_every_link_within_it_leads_somewhere():
    targets = re.findall(r"\]\(([^)]+)\)", COMMITTED)
    titles = re.findall(r"^## (.+)$", COMMITTED, re.MULTILINE)

    anchors = {f"#{title.lower().replace(' ', '-')}" for title in titles}
    assert {target for target in targets if target.startswith("#")} == anchors
    for target in targets:
        assert target.startswith("#") or (FILE.parent / target).exists()


def test_settings_of_streamlit_are_those_of_the_file():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))

    for name in headings(3, section("Settings")):
        place, _, option = name.partition(".")
        assert option in config[place]
