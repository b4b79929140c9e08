"""How long a slider's release takes to change the page, measured in the browser.

Run ``python -m benchmarks.browser`` (needs the development requirements and a Chromium). It opens
the first view, moves the learning-rate slider with the keyboard and waits, frame by frame, until
the loss chart holds other numbers. Every move is to a rate that has not been trained before. It
does the same during a long training, until that one has given way, and on the Surfaces page, until
the contour has been redrawn with the other path. Finally it times the server's health check during
fast clicking, and counts the frames that the clock draws in a second.
"""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

MOVES = 15

LONG = "?format=1&data.rows=10000&hidden=32_32&budget=40"  # about half a minute

_GONE = """() => {
  window.moved = new Promise(resolve => {
    document.addEventListener('keyup', () => {
      const start = performance.now();
      const poll = () => {
        if (!document.querySelector('[data-testid="stProgress"]')
            && document.querySelector('.st-key-training-begin')) resolve(performance.now() - start);
        else requestAnimationFrame(poll); };
      poll();
    }, {once: true, capture: true});
  });
}"""

# Eight runs of two hundred steps on the ravine.
MANY = "?page=surfaces&problem=function&function=ravine&budget=200&unit=iterations" + "".join(
    f"&run=sgd~{0.05 * number:g}~all" for number in range(1, 9)
)

_FRAMES = """() => new Promise(resolve => {
    const root = [...document.querySelectorAll('*')].map(one => one.shadowRoot)
        .filter(Boolean).map(one => one.querySelector('.clock')).find(Boolean)
        || document.querySelector('.clock');
    const began = performance.now(), first = Number(root.dataset.drawn);
    setTimeout(() => resolve((Number(root.dataset.drawn) - first)
                             / (performance.now() - began) * 1000), 1000);
})"""

# {key} is the key of the chart, {trace} the number of the trace that changes.
_WATCH = """() => {
  const chart = () => document.querySelector('.st-key-chart-{key} .js-plotly-plot');
  const state = () => { const c = chart(); if (!c || !c._fullLayout || !c.data) return null;
    const trace = c.data[{trace}]; if (!trace || !c.querySelector('.trace')) return null;
    const y = trace.y; return y.bdata || Array.from(y).slice(-5).join(); };
  const before = state();
  window.moved = new Promise(resolve => {
    document.addEventListener('keyup', () => {
      const start = performance.now();
      const poll = () => { const now = state();
        if (now && now !== before) {
          const painted = new MessageChannel(); // its message comes after this frame
          painted.port1.onmessage = () => resolve(performance.now() - start);
          painted.port2.postMessage(0);
        } else requestAnimationFrame(poll); };
      poll();
    }, {once: true, capture: true});
  });
}"""


@contextmanager
def _server() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py"]
    command += ["--server.port", str(port), "--server.headless", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own command
    try:
        url = f"http://127.0.0.1:{port}"
        for _attempt in range(300):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)  # noqa: S310 - local
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _tab(query: str) -> Iterator[Page]:
    with _server() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url + query)
        yield page
        browser.close()


def slider_milliseconds(moves: int = MOVES) -> list[float]:
    """Return the time of every move, from the release of the key to the painted frame."""
    with _tab("") as page:
        page.locator(".st-key-chart-loss .js-plotly-plot").wait_for(timeout=60_000)
        page.wait_for_timeout(1_000)
        times = [_press(page, _watch("loss", 0)) for _move in range(moves + 1)]
    return times[1:]  # the first one warms up


def surface_milliseconds(moves: int = MOVES) -> list[float]:
    """Return the time of every move on the Surfaces page, until the contour is repainted."""
    with _tab("") as page:
        page.get_by_role("link", name="Surfaces", exact=True).click()
        page.locator(".st-key-chart-surfaces-contour-0 canvas.clock-layer").wait_for(
            state="attached", timeout=60_000
        )
        page.wait_for_timeout(1_000)
        # The third run is selected, so its path is redrawn; the surface is the first trace.
        times = [_press(page, _watch("surfaces-contour-0", 3)) for _move in range(moves + 1)]
    return times[1:]


def give_way_milliseconds(moves: int = MOVES) -> list[float]:
    """Return how long a training takes to give way after the release of the key."""
    times = []
    with _tab(LONG) as page:
        for _move in range(moves + 1):
            page.locator(".st-key-training-begin button").click(timeout=60_000)
            page.get_by_test_id("stProgress").wait_for(timeout=60_000)
            times.append(_press(page, _GONE))
    return times[1:]


def frames_a_second(windows: int = 5) -> list[float]:
    """Return the frames per second of the clock with eight runs of two hundred steps."""
    with _tab(MANY) as page:
        page.locator(".st-key-chart-surfaces-contour-0 canvas.clock-layer").wait_for(
            state="attached", timeout=60_000
        )
        page.wait_for_timeout(1_000)
        page.get_by_role("combobox", name="Speed").select_option("20")
        page.get_by_role("button", name="To the start", exact=True).click()
        page.get_by_role("button", name="Play", exact=True).click()
        return [float(page.evaluate(_FRAMES)) for _window in range(windows)]


def health_milliseconds(presses: int = 40) -> list[float]:
    """Return how long the server's health check takes while somebody clicks as fast as they can."""
    times = []
    with _tab("") as page:
        page.locator(".st-key-chart-loss .js-plotly-plot").wait_for(timeout=60_000)
        health = page.url.rstrip("/") + "/_stcore/health"
        slider = page.locator(".st-key-learning_rate-slider").get_by_role("slider")
        for press in range(presses):
            slider.press("ArrowLeft" if press % 20 < 10 else "ArrowRight")
            began = time.perf_counter()
            urllib.request.urlopen(health, timeout=60)  # noqa: S310 - local
            times.append(1_000 * (time.perf_counter() - began))
    return times


def _watch(key: str, trace: int) -> str:
    return _WATCH.replace("{key}", key).replace("{trace}", str(trace))


def _press(page: Page, watch: str) -> float:
    page.wait_for_timeout(500)
    slider = page.locator(".st-key-learning_rate-slider").get_by_role("slider")
    slider.focus()
    page.evaluate(watch)
    slider.press("ArrowLeft")
    return float(page.evaluate("() => window.moved"))


def _tell(what: str, figures: list[float], unit: str = "ms") -> None:
    print(
        f"{what}: median {statistics.median(figures):.0f} {unit}, "
        f"{min(figures):.0f} to {max(figures):.0f} {unit} over {len(figures)}"
    )


if __name__ == "__main__":
    _tell("slider to repainted chart", slider_milliseconds())
    _tell("slider to repainted contour", surface_milliseconds())
    _tell("slider to a training that has given way", give_way_milliseconds())
    _tell("health check during fast clicking", health_milliseconds())
    _tell("the clock of eight runs of 200 steps", frames_a_second(), "frames a second")
