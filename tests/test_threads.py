"""Threads of linear algebra: one in the product, before NumPy is loaded; an own setting stands."""

import os
import subprocess
import sys

import pytest

NAMES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")

# Tells the settings at the moment when NumPy is looked for, and ends there.
WATCHED = """
import os, runpy, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy":
            print(*(os.environ.get(name, "unset") for name in {names}), flush=True)
            os._exit(0)
sys.meta_path.insert(0, Watch())
{start}
"""
DASHBOARD = """
from streamlit.testing.v1 import AppTest
AppTest.from_file("dashboard.py").run(timeout=60)
"""
COMMAND_LINE = """
sys.argv = ["descent_lab", "schema"]
runpy.run_module("descent_lab", run_name="__main__")
"""


def threads(start, **own):
    """The settings with which NumPy is loaded."""
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    command = [sys.executable, "-c", WATCHED.format(names=NAMES, start=start)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**kept, **own})
    return done.stdout.split()


@pytest.mark.parametrize("start", [DASHBOARD, COMMAND_LINE], ids=["dashboard", "command line"])
def test_the_product_has_one_thread(start):
    assert threads(start) == ["1", "1", "1"]


def test_an_own_setting_stands():
    assert threads("import ui, numpy", OPENBLAS_NUM_THREADS="3") == ["3", "1", "1"]


@pytest.mark.parametrize("start", ["import engine", "import descent_lab; descent_lab.fit"])
def test_the_engine_leaves_the_setting_alone(start):
    assert threads(start) == ["unset"] * 3


def test_the_tests_have_one_thread():
    assert all(name in os.environ for name in NAMES)
