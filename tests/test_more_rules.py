"""The registry is not the default: with ten more rules nothing that was there changes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_ten_more_rules_change_nothing_that_was_there_and_work_everywhere():
    """In a process of its own: a registry is read once, when modules are imported."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.more_rules.plugin"]
    command += ["-p", "no:cacheprovider", "tests/more_rules/checks.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
