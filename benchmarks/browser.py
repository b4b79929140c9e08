"""From a slider's release to the repainted chart, measured in the browser.

Run ``python -m benchmarks.browser`` (needs the development requirements and a Chromium). It opens
the first view, moves the learning-rate slider with the keyboard and waits, frame by frame, until
the loss chart holds other numbers. Every move is to a rate that was not trained before.
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

MOVES = 15

_WATCH = """() => {
  const chart = () => document.querySelector('.st-key-chart-loss .js-plotly-plot');
  const state = () => { const c = chart(); if (!c || !c.data || !c.data.length) return null;
    const y = c.data[0].y; return y.bdata || Array.from(y).slice(-5).join(); };
  const before = state();
  window.moved = new Promise(resolve => {
    document.addEventListener('keyup', () => {
      const start = performance.now();
      const look = () => { const now = state();
        if (now && now !== before) requestAnimationFrame(() => resolve(performance.now() - start));
        else requestAnimationFrame(look); };
      look();
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
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
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


def slider_milliseconds(moves: int = MOVES) -> list[float]:
    """Return the time of every move, from the key's release to the painted frame."""
    with _server() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.locator(".st-key-chart-loss .js-plotly-plot").wait_for(timeout=60_000)
        slider = page.locator(".st-key-learning_rate-slider").get_by_role("slider")
        times = []
        for _move in range(moves + 1):
            page.wait_for_timeout(500)
            slider.focus()
            page.evaluate(_WATCH)
            slider.press("ArrowLeft")
            times.append(float(page.evaluate("() => window.moved")))
        browser.close()
    return times[1:]  # the first one warms up


if __name__ == "__main__":
    measured = slider_milliseconds()
    print(
        f"slider to repainted chart: median {statistics.median(measured):.0f} ms, "
        f"{min(measured):.0f} to {max(measured):.0f} ms over {len(measured)} moves"
    )
