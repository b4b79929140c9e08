"""A real browser on a real server.

A page has a file of tests of its own. A test opens the page with `visit` and waits for values:

    def test_the_start_is_where_it_was_clicked(visit, place):
        tab = visit("/surfaces", locale="ko-KR", color_scheme="dark")
        tab.mouse.click(*place(tab.locator(".js-plotly-plot").first, 1.0, -0.5))
        expect(tab.get_by_role("spinbutton", name="x")).to_have_value("1.0")

Such a test runs beside others on a machine of any speed, so it knows states, not moments:

- After an interaction wait for what it changes, by `expect(…)`, and only then for `idle`: between a
  key press and the rerun that it causes the page is idle as well.
- Idle is the script, not the screen: the code of charts and tables may still be on its way. Wait
  for a cell or a label before reading many (`expect(…).to_have_count(7)`).
- What is read at once (`all_text_contents`, `evaluate_all`) does not wait: put an `expect` before
  it, or compare by `expect(…).to_have_text([…])`.
- What `wait_for_function` asks must hold where nothing is there yet, `one?.value`: an error in it
  ends the test at once.
- While a page changes its layout, language or place, the old part may stand beside the new one, and
  an `expect` of a single element fails at once: compare a list, `expect(…).to_have_text(["w"])`.
- A focus that a rerun may move is no state: wait for what the key did.
- What lasts for a moment, such as a frame of a playing picture, is noted by a script in the page.
- Time is no state either: `make bench` measures it. That something was given up is seen in what it
  left undone, such as a training that has no result.
- All tabs of a worker share its browser's caches and one process, or each would compile the
  dashboard's code again. Cookies and storage are gone when the tab of a test is closed.
- To load a page is what takes longest, some four seconds of work. Tests that only look, or bring
  back what they changed, do so on one page: `share`, in place of `visit`. One that begins with a
  link, and changes nothing but what a link holds, has one tab led to it: `lead`.

A test that fails is run once more, and the run tells of it: see `second_try.py`.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.second_try import (  # noqa: F401 - hooks
    HAS_FAILED,
    pytest_collection_modifyitems,
    pytest_runtest_makereport,
    pytest_terminal_summary,
)

ROOT = Path(__file__).parents[2]
# Patience costs a passing test nothing; what a loaded machine needs is unknown.
START_SECONDS = 120
EXPECT_MILLISECONDS = ACTION_MILLISECONDS = 120_000
LOAD_MILLISECONDS = 180_000

# Below /surfaces and the like, Streamlit looks for its server there first, and is told 404.
LOOKED_FOR = ("/_stcore/health", "/_stcore/host-config")

CHROMIUM_ARGS = [
    "--no-sandbox",  # root has none
    "--disable-dev-shm-usage",  # containers have a small /dev/shm
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # or each tab would compile the dashboard's code again
]
CONTEXT = {
    "locale": "en-US",
    "color_scheme": "light",
    "reduced_motion": "reduce",
    "viewport": {"width": 1280, "height": 900},
}

expect.set_options(timeout=EXPECT_MILLISECONDS)


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


@pytest.fixture(scope="session")
def contexts(browser):
    """Function that returns the browser context of some options, always the same one.

    Its first tab stays empty. It keeps the process, and with it the compiled code, for the next.
    """
    kept = {}

    def context(options):
        name = json.dumps(options, sort_keys=True)
        if name not in kept:
            kept[name] = browser.new_context(**options)
            kept[name].set_default_timeout(ACTION_MILLISECONDS)
            kept[name].set_default_navigation_timeout(LOAD_MILLISECONDS)
            empty = kept[name].new_page()
            empty.route("**", lambda route: route.fulfill(body=""))
            empty.goto("http://127.0.0.1/")
        return kept[name]

    return context


@pytest.fixture
def new_page(browser, contexts):
    """Function that opens a tab, which knows nothing of other tests: `new_page(locale="ko-KR")`."""
    for context in browser.contexts:  # a tab that is shared stays open, and has left its own
        context.clear_cookies()
    tabs = []

    def open_tab(**options):
        tab = contexts({**CONTEXT, **options}).new_page()
        tabs.append(tab)
        return tab

    yield open_tab
    for tab in tabs:
        _close(tab)


def _close(tab):
    """Close a tab and remove what its page has left in the browser, apart from the caches."""
    if tab.is_closed():
        return
    origin = "{}://{}".format(*urlsplit(tab.url))
    tab.goto("about:blank")  # a page may go on for a moment after its tab, and set its language
    if origin.startswith("http"):
        kinds = {"origin": origin, "storageTypes": "local_storage,indexeddb"}
        tab.context.new_cdp_session(tab).send("Storage.clearDataForOrigin", kinds)
    tab.close()
    tab.context.clear_cookies()


@pytest.fixture
def visit(new_page, app_url, idle):
    """Function that opens a page in a tab of its own: `visit("/surfaces", color_scheme="dark")`.

    The tab must stay quiet until the test ends: no error on its console, no request elsewhere.
    """
    heard = []

    def open_address(address="/", **options):
        return _open(new_page(**options), urljoin(app_url, address), idle, heard)

    yield open_address
    assert heard == []


@pytest.fixture(scope="module")
def kept():
    """Tabs that the tests of a file share, by address and options, and what each has heard."""
    tabs = {}
    yield tabs
    for tab, _heard in tabs.values():
        _close(tab)


@pytest.fixture
def share(kept, contexts, app_url, idle, request):
    """Function that opens a page like `visit`, for this test and the next ones of its file.

    A test that only looks needs no page of its own. One that changes something brings it back, or
    begins with what it needs. After a failure the next one gets a new tab.
    """
    used = set()

    def open_address(address="/", **options):
        name = json.dumps([address, options])
        used.add(name)
        if name not in kept:
            heard = []
            tab = contexts({**CONTEXT, **options}).new_page()
            kept[name] = tab, heard
            _open(tab, urljoin(app_url, address), idle, heard)
        return kept[name][0]

    yield open_address
    heard = [line for name in used for line in kept[name][1]]
    if heard or request.node.stash.get(HAS_FAILED, False):
        for name in used:
            _close(kept.pop(name)[0])
    assert heard == []


@pytest.fixture
def lead(share, idle):
    """Function that has the file's tab of a page show a link: `lead("epochs", {"budget": 4})`.

    It goes there as the browser's Back and Forward do, without loading anything again. What no link
    holds, such as a language or an open popover, a test brings back.
    """

    def show(page, query, **options):
        tab = share(f"/{page}", **options)
        tab.set_viewport_size(options.get("viewport", CONTEXT["viewport"]))
        answered = "window.comparisonPlace?.number && !window.comparisonPlace.asked"
        tab.wait_for_function(answered)
        tab.evaluate(
            """query => {
                history.pushState(null, "", location.pathname + query);
                dispatchEvent(new PopStateEvent("popstate", {state: null}));
            }""",
            f"?{urlencode(query, doseq=True)}" if query else "",
        )
        tab.wait_for_function(answered)
        idle(tab)
        return tab

    return show


def _open(tab, url, idle, heard):
    """Go to an address and listen from the beginning."""
    tab.on("console", lambda line: _note_error(line, heard))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.on("request", lambda request: _note_foreign(request.url, urlsplit(url).netloc, heard))
    tab.goto(url)
    idle(tab)
    return tab


def _note_error(line, heard):
    if line.type == "error" and not line.location["url"].endswith(LOOKED_FOR):
        heard.append(line.text)


def _note_foreign(address, host, heard):
    scheme, netloc = urlsplit(address)[:2]
    if scheme not in {"data", "blob"} and netloc != host:
        heard.append(address)


@pytest.fixture(scope="session")
def server(tmp_path_factory, contexts, idle):
    """Dashboard for all tests, which somebody has visited before: its address, and its log."""
    log = tmp_path_factory.mktemp("server") / "log"
    with _server(log) as url:
        tab = contexts(CONTEXT).new_page()
        tab.goto(url)
        idle(tab)
        tab.close()
        yield url, log


@pytest.fixture
def app_url(server):
    """Address of the dashboard, which must log no traceback during the test."""
    url, log = server
    before = log.stat().st_size
    yield url
    assert "Traceback" not in log.read_bytes()[before:].decode()


@pytest.fixture
def fresh_app_url(tmp_path):
    """Address of the dashboard on a server that nobody has visited, for deep links."""
    log = tmp_path / "log"
    with _server(log) as url:
        yield url
    assert "Traceback" not in log.read_text("utf-8")


@pytest.fixture(scope="session")
def idle():
    """Function that waits until the page's script has ended and everything it drew is there."""

    def wait(page):
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(
            timeout=LOAD_MILLISECONDS
        )
        page.wait_for_function(
            """() => !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')""",
            timeout=LOAD_MILLISECONDS,
        )

    return wait


@pytest.fixture(scope="session")
def drawn():
    """Function that returns the traces that a Plotly chart has drawn: dicts of name, x and y.

    Plotly's own `data` may hold packed numbers; these are the unpacked ones.
    """

    def read(chart):
        chart.locator(".main-svg").first.wait_for()
        return chart.evaluate(
            """chart => chart._fullData.map(({name, x, y}) =>
                ({name, x: Array.from(x ?? []), y: Array.from(y ?? [])}))"""
        )

    return read


@pytest.fixture(scope="session")
def place():
    """Function that returns where the mouse finds a point of a chart, given in its axes' units."""

    def find(chart, x, y):
        chart.locator(".main-svg").first.wait_for()
        chart.scroll_into_view_if_needed()
        return chart.evaluate(
            """(chart, [x, y]) => {
                const {xaxis, yaxis} = chart._fullLayout, box = chart.getBoundingClientRect();
                const left = box.left + xaxis._offset, top = box.top + yaxis._offset;
                return [left + xaxis.d2p(x), top + yaxis.d2p(y)];
            }""",
            [x, y],
        )

    return find


@contextmanager
def _server(log_path, script="dashboard.py"):
    """Run the dashboard, or another script."""
    port = _free_port()
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
    }
    command = [sys.executable, "-m", "tests.browser.server", "run", script]
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
        process.wait(timeout=START_SECONDS)


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
    # The shell is the same browser without the windows that nobody sees.
    for name in (os.environ.get("CHROME"), "chromium-headless-shell", "chromium"):
        path = name and shutil.which(name)
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
