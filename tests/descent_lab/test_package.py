"""``import descent_lab``: the engine for notebooks. Where it is installed: ``test_wheel.py``."""

import subprocess
import sys

import pytest

import descent_lab
import engine


@pytest.mark.parametrize("name", engine.__all__)
def test_every_public_name_of_the_engine_is_one_of_the_package(name):
    assert getattr(descent_lab, name) is getattr(engine, name)


def test_the_engine_itself_is_there():
    from descent_lab import engine as ours  # noqa: PLC0415 - what is tested

    assert ours is engine


def test_a_notebook_completes_the_names():
    assert set(dir(descent_lab)) == {"engine", *engine.__all__}


def test_another_name_is_refused():
    with pytest.raises(AttributeError, match="Adamant"):
        _ = descent_lab.Adamant


def test_nothing_is_loaded_before_a_name_is_asked_for():
    """The command decides on threads before NumPy is loaded."""
    script = "import sys, descent_lab; print({'engine', 'numpy'} & set(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    assert done.stdout == "set()\n"
