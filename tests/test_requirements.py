"""The locks: compiled from pyproject.toml, the same pins in both, nothing below a known hole."""

import tomllib
from importlib import metadata
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
LOCKS = [("requirements.txt", RUNTIME), ("requirements-dev.txt", RUNTIME + DEVELOPMENT)]

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


def environment(python, system="Linux"):
    """What the markers of a requirement ask for."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "os_name": "nt" if system == "Windows" else "posix",
        "sys_platform": {"Windows": "win32"}.get(system, system.lower()),
        "platform_system": system,
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }


def pins(path, python):
    """Name -> version that pip installs from this lock under this Python on Linux."""
    requirements = [Requirement(line) for line in lock_lines(path)]
    return {
        canonicalize_name(requirement.name): exact(requirement)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(environment(python))
    }


def exact(requirement):
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return Version(specifier.version)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("path", "dependencies"), LOCKS)
def test_every_dependency_is_pinned_inside_its_range(path, dependencies, python):
    pinned = pins(path, python)

    for requirement in map(Requirement, dependencies):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {path}: make lock"
        assert version in requirement.specifier, f"{requirement} is {version} in {path}: make lock"


ANYWHERE = [
    environment(python, system) for python in PYTHONS for system in ("Linux", "Darwin", "Windows")
]


def required_by(requirement):
    """What the installed package of a requirement requires on any system, with its extras."""
    try:
        texts = metadata.requires(requirement.name) or []
    except metadata.PackageNotFoundError:  # it belongs to another system or Python
        return []
    extras = {"", *requirement.extras}
    return [
        further
        for further in map(Requirement, texts)
        if further.marker is None
        or any(
            further.marker.evaluate(where | {"extra": extra})
            for where in ANYWHERE
            for extra in extras
        )
    ]


def all_required_by(dependencies):
    """The names of all packages that these require, directly or indirectly."""
    found, waiting = set(), list(map(Requirement, dependencies))
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key not in found:
            found.add(key)
            waiting += required_by(requirement)
    return {name for name, _extras in found}


def leftovers(path, dependencies):
    """The packages of a lock that none of these dependencies requires."""
    locked = {canonicalize_name(Requirement(line).name) for line in lock_lines(path)}
    return locked - all_required_by(dependencies)


@pytest.mark.parametrize(("path", "dependencies"), LOCKS)
def test_every_pin_is_required_by_a_dependency(path, dependencies):
    assert leftovers(path, dependencies) == set(), f"{path} holds more than is asked for: make lock"


@pytest.mark.parametrize(("path", "dependencies"), LOCKS)
@pytest.mark.parametrize("name", ["plotly", "pydantic"])
def test_a_dependency_that_was_given_up_is_seen_in_the_lock(path, dependencies, name):
    assert name in leftovers(path, [text for text in dependencies if not text.startswith(name)])


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
