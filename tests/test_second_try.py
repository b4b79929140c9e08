"""A test in the browser gets a second try, which is told; a test without one does not."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytest_plugins = ["pytester"]

CONFTEST = """
import tests.browser.second_try as second_try
from pathlib import Path
from tests.browser.second_try import (
    pytest_collection_modifyitems, pytest_runtest_makereport, pytest_terminal_summary
)
second_try.HERE = Path(__file__).parent / "browser"
"""
FAILS_AT_FIRST = """
from pathlib import Path

def test_something():
    tries = Path(__file__).with_suffix(".tries")
    tried = tries.exists()
    tries.touch()
    assert tried, "the first failure"
"""
FAILS = "def test_something(): assert False, 'fails again'"
TESTS = {
    "browser/test_that_fails_once.py": FAILS_AT_FIRST,
    "browser/test_that_fails_twice.py": FAILS,
    "engine/test_elsewhere.py": FAILS_AT_FIRST,
}


def test_it_is_run_once_more_and_told_with_its_first_failure_or_fails_the_run(pytester):
    pytester.makeconftest(CONFTEST)
    for name, test in TESTS.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(test, encoding="utf-8")
    # With workers, as `make browser` has them.
    options = ["--import-mode=importlib", "-o", f"pythonpath={ROOT}", "-n", "1", "-rfR"]
    done = pytester.runpytest_subprocess(*options)

    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert done.parseoutcomes() == {"passed": 1, "failed": 2, "rerun": 2}
    _results, told = done.stdout.str().split("needed a second try")
    told, summary = told.split("short test summary")
    assert "browser/test_that_fails_once.py::test_something" in told
    assert "the first failure" in told
    assert "browser/test_that_fails_twice.py::test_something" in told
    assert "elsewhere" not in told
    assert "FAILED browser/test_that_fails_twice.py" in summary
    assert "FAILED engine/test_elsewhere.py" in summary
    assert "FAILED browser/test_that_fails_once.py" not in summary
