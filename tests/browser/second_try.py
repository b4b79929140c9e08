"""A test in the browser that fails is run once more, and the run says so at its end.

A browser, a server and a machine that does other things as well can part for once. The second try
keeps such a moment from stopping everything; the list under "needed a second try", with the first
failure and what was on the screen, keeps it from being forgotten. A test that fails twice fails.
"""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HEADING = "needed a second try"
SCREENSHOTS = Path("test-results")
PICTURE = "Screenshot"
HAS_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.stash[HAS_FAILED] = report.failed or (
        report.when != "setup" and item.stash.get(HAS_FAILED, False)
    )
    if report.failed and report.when != "teardown":  # then the tabs are closed
        report.sections += [(PICTURE, shot) for shot in screenshots(item)]
    return report


def screenshots(item):
    """Pictures of the tabs that a test has open, as files."""
    browser = item.funcargs.get("browser")
    contexts = browser.contexts if browser else []
    tabs = [tab for context in contexts for tab in context.pages[1:]]  # the first is empty
    SCREENSHOTS.mkdir(exist_ok=True)
    for number, tab in enumerate(tabs, 1):
        path = SCREENSHOTS / f"{re.sub(r'[^A-Za-z0-9_]+', '-', item.name)}-{number}.png"
        try:
            tab.screenshot(path=path, timeout=10_000)
        except Exception as reason:  # noqa: BLE001 - the test's own failure matters more
            yield f"none: {reason}"
        else:
            yield f"{path} of {tab.url}"


def pytest_terminal_summary(terminalreporter):
    again = terminalreporter.stats.get("rerun", [])
    if not again:
        return
    terminalreporter.section(HEADING)
    for report in again:
        terminalreporter.write_line(f"{report.nodeid} ({report.when})", bold=True)
        terminalreporter.write_line(report.longreprtext)
        for title, content in report.sections:
            terminalreporter.write_line(f"{title}: {content}")
