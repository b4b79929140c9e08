"""What every test shares."""

import functools
import gc
import os
import sys

import pytest
from hypothesis import settings

import comparison  # noqa: F401 - before NumPy is loaded: tests have one thread, as the dashboard has
from language import set_language

# The same examples on every run and no clock: a failure here is a failure anywhere.
# CI tries more of them.
settings.register_profile("ci", derandomize=True, deadline=None, database=None, max_examples=100)
settings.register_profile("local", settings.get_profile("ci"), max_examples=30)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")


def pytest_make_parametrize_id(val, argname):
    """Name a case of bytes by its argument and number: files may hold the time they were made at.

    Two workers only share the tests to which both give the same names.
    """
    return argname if isinstance(val, bytes) else None


def pytest_collection_finish():
    """Leave what all tests share out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def machine_of_the_estimates():
    """Let estimates be those of the machine they were fitted on, however busy this one is."""
    from engine.training import cost  # noqa: PLC0415 - not before its coverage is measured

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "timeit.repeat", lambda *_work, number, **_: [number * cost._REFERENCE_CALL]
        )
        assert cost._slowness() == 1.0  # and remembered


@pytest.fixture(autouse=True)
def main_of_the_tests():
    """Put this program back, where Streamlit's driver leaves its script: children would run it."""
    program = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = program


@pytest.fixture(scope="session", autouse=True)
def shelf_of_the_tests(tmp_path_factory):
    """Let no page, and no server that a test starts, keep sweeps where their user's are."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DESCENT_LAB_SWEEPS", str(tmp_path_factory.mktemp("sweeps")))
        yield


@pytest.fixture(scope="session", autouse=True)
def components_looked_for_once():
    """Let no page look through all installed packages, as a server does once, at its start."""
    from streamlit.components.v2 import manifest_scanner  # noqa: PLC0415 - see above

    with pytest.MonkeyPatch.context() as patched:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patched.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(autouse=True)
def no_chart_fails(caplog):
    """Let a chart that could not be drawn fail its test, though its page goes on.

    A test that breaks one on purpose ends with ``caplog.clear()``.
    """
    yield
    broken = [one for one in caplog.get_records("call") if one.name == "comparison.attempts"]
    assert not broken, broken[0].exc_text or broken[0].getMessage()


@pytest.fixture
def nothing_waits(monkeypatch):
    """Whether work waits for a click depends on the machine; here only what takes 59 s does.

    What takes more than 60 is refused.
    """
    monkeypatch.setattr("ui.shell.driver.AT_ONCE_SECONDS", 58.0)


@pytest.fixture(scope="module")
def nothing_drawn():
    """Drawing takes seconds and a browser; the browser tests do it."""
    from exports.printed import CannotRender  # noqa: PLC0415 - see above

    def refuse(*_args):
        raise CannotRender("nothing to draw with")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("exports.bundle.to_images", refuse)
        yield


@pytest.fixture
def offered(monkeypatch):
    """What download buttons offer, by file name; contents are made when they are asked for."""
    import streamlit  # noqa: PLC0415 - see above

    button, found = streamlit.download_button, {}

    def note(title, content, **options):
        found[options["file_name"]] = content
        return button(title, content, **options)

    monkeypatch.setattr(streamlit, "download_button", note)
    return found


@pytest.fixture(autouse=True)
def nothing_timed(monkeypatch):
    """Runs are timed by their own tests alone, on a clock that those turn: elsewhere in no turn."""
    monkeypatch.setattr("engine.training.timing._MOST_TURNS", 0)


@pytest.fixture(autouse=True)
def english_before_and_after():
    """No test finds the language of another, whatever their order."""
    set_language("en")
    yield
    set_language("en")
