"""The locks: compiled from pyproject.toml, the same pins in both, nothing below a known hole."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

PYTHONS = ["3.11", "3.12", "3.13"]
PROJECT = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
DEVELOPMENT = PROJECT["dependency-groups"]["dev"]

# No lock may go below these: security floors of what reads requests and users' files.
SAFE_FROM = {
    "pyarrow": "14.0.1",  # CVE-2023-47248: reading a file could run its code
    "python-multipart": "0.0.32",
    "starlette": "1.3.1",
    "streamlit": "1.54",
}


def lock_lines(path):
    lines = Path(path).read_text("utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def pins(path, python):
    """Name -> version that pip installs from this lock under this Python on Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    requirements = [Requirement(line) for line in lock_lines(path)]
    return {
        canonicalize_name(requirement.name): exact(requirement)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }


def exact(requirement):
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return Version(specifier.version)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    ("path", "dependencies"),
    [("requirements.txt", RUNTIME), ("requirements-dev.txt", RUNTIME + DEVELOPMENT)],
)
def test_every_dependency_is_pinned_inside_its_range(path, dependencies, python):
    pinned = pins(path, python)

    for requirement in map(Requirement, dependencies):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {path}: make lock"
        assert version in requirement.specifier, f"{requirement} is {version} in {path}: make lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_development_lock_holds_the_runtime_lock(python):
    runtime, development = pins("requirements.txt", python), pins("requirements-dev.txt", python)

    assert runtime == {name: development.get(name) for name in runtime}


@pytest.mark.parametrize("name", SAFE_FROM)
@pytest.mark.parametrize("python", PYTHONS)
def test_no_pin_below_a_known_hole(name, python):
    assert pins("requirements.txt", python)[name] >= Version(SAFE_FROM[name])


@pytest.mark.parametrize("path", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_holds_pins_only(path):
    """No index, no path, no option: it means the same on every machine."""
    for line in lock_lines(path):
        requirement = Requirement(line)

        assert requirement.url is None
        assert exact(requirement)


@pytest.mark.parametrize("dependency", RUNTIME + DEVELOPMENT)
def test_every_dependency_has_its_reason(dependency):
    (line,) = [
        line
        for line in Path("pyproject.toml").read_text("utf-8").splitlines()
        if line.strip().startswith(f'"{dependency}"')
    ]

    assert line.partition("# ")[2].strip()


def test_the_pythons_are_the_ones_tested():
    supported = SpecifierSet(PROJECT["project"]["requires-python"])

    assert [f"3.{minor}" for minor in range(30) if f"3.{minor}" in supported] == PYTHONS
