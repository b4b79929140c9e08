"""A rule is a class, a line in the registry, a row of translations if any, and a file of facts.

The registry is read once, when modules are imported, so that all this is in a process of its own.
``tests/a_new_rule/plugin.py`` says which rules are new there.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OF_ALL_RULES = (
    "tests/engine/rules",
    "tests/engine/analysis/test_inspection.py",
    "tests/engine/analysis/test_theory.py",
    "tests/comparison/words/test_worked.py",
    "tests/exports/scripts",
)


def with_more_rules(*arguments):
    """Whether tests pass where there are more rules, and what pytest says."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.a_new_rule.plugin"]
    command += ["-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def test_more_rules_change_nothing_that_was_there_and_work_everywhere():
    passed, said = with_more_rules("tests/a_new_rule/checks.py", "tests/a_new_rule/needs.py")

    assert passed, said


def test_a_new_rule_keeps_the_contract_of_all_rules():
    passed, said = with_more_rules(*OF_ALL_RULES, "-k", "inertia")

    assert passed, said
    assert " 0 selected" not in said
