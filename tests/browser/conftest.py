"""A real browser on a real server.

A test takes `page`, `app_url` and `idle`:

    def test_title(page, app_url, idle):
        page.goto(app_url)
        idle(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("…")

After an interaction wait for a value (`expect(…)`), never for a time: the page is still idle in the
moment between a key press and the rerun it causes.
"""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
START_SECONDS = 60

CHROMIUM_ARGS = [
    "--no-sandbox",  # root has none
    "--disable-dev-shm-usage",  # containers have a small /dev/shm
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONTEXT = {
    "locale": "en-US",
    "color_scheme": "light",
    "reduced_motion": "reduce",
    "viewport": {"width": 1280, "height": 900},
}


def pytest_runtest_setup():
    """Skip without a Chromium, fail if CI=true: here and not in a fixture, to say it only once."""
    if _chromium() is None:
        reason = "no Chromium: apt-get install chromium, or playwright install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser):
    """Function that opens a tab with cookies of its own: `new_page(locale="ko-KR")`."""
    contexts = []

    def open_tab(**options):
        context = browser.new_context(**{**CONTEXT, **options})
        contexts.append(context)
        return context.new_page()

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page):
    return new_page()


@pytest.fixture(scope="session")
def app_url(tmp_path_factory):
    """Address of the dashboard, on one server for all tests."""
    with _server(tmp_path_factory.mktemp("server") / "log") as url:
        yield url


@pytest.fixture
def fresh_app_url(tmp_path):
    """Address of the dashboard on a server that nobody has visited, for deep links."""
    with _server(tmp_path / "log") as url:
        yield url


@pytest.fixture(scope="session")
def idle():
    """Function that waits until the page's script has ended and everything it drew is there."""

    def wait(page):
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        page.wait_for_function(
            """() => !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')"""
        )

    return wait


@contextmanager
def _server(log_path):
    """Run the dashboard; what it wrote must hold no traceback."""
    port = _free_port()
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
    }
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_healthy(process, port, log_path)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert "Traceback" not in log_path.read_text("utf-8"), log_path.read_text("utf-8")


def _wait_until_healthy(process, port, log_path):
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    pytest.fail(f"the dashboard did not start:\n{log_path.read_text('utf-8')}", pytrace=False)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@cache
def _chromium():
    """Path of a Chromium that starts, or None."""
    for path in (os.environ.get("CHROME"), shutil.which("chromium")):
        if path and _starts(path):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if _starts(path) else None


def _starts(path):
    try:
        return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
