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
    tries = Path("tries")
    tried = tries.exists()
    tries.touch()
    assert tried, "the first failure"
"""


@pytest.fixture
def outcome(pytester):
    """Function that runs the test of a folder, with workers as `make browser` has them."""

    def run(folder, test):
        pytester.makeconftest(CONFTEST)
        path = pytester.mkpydir(folder) / "test_it.py"
        path.write_text(test, encoding="utf-8")
        options = ["--import-mode=importlib", "-o", f"pythonpath={ROOT}", "-n", "1"]
        return pytester.runpytest_subprocess(folder, *options)

    return run


def test_a_test_that_passes_at_the_second_try_is_told_with_its_first_failure(outcome):
    done = outcome("browser", FAILS_AT_FIRST)

    assert done.ret == pytest.ExitCode.OK
    told = ["*needed a second try*", "browser/test_it.py::test_something*", "*the first failure*"]
    done.stdout.fnmatch_lines(told)


def test_a_test_that_fails_twice_fails_the_run(outcome):
    done = outcome("browser", "def test_something(): assert False, 'fails again'")

    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*needed a second try*", "FAILED browser/test_it.py*"])


def test_a_test_elsewhere_gets_no_second_try(outcome):
    done = outcome("engine", FAILS_AT_FIRST)

    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.no_fnmatch_line("*needed a second try*")
