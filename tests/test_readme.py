"""The README's examples run as they stand, and its limits are those of the code."""

import re
from pathlib import Path

import numpy as np

from comparison.document import FILE_BYTES
from comparison.link import LINK_CHARACTERS
from engine import LIMITS

ROOT = Path(__file__).parents[1]


def test_examples_of_the_readme_run():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    names = {}

    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own text

    assert len(blocks) == 2
    assert names["history"].runs[0].training_loss.last.shape[0] == 3
    assert names["path"].shape == (31, 2)
    assert np.linalg.norm(names["path"][-1]) < 1


def test_the_limits_of_the_readme_are_those_of_the_code():
    def span(name):
        return f"{LIMITS[name].low:,}–{LIMITS[name].high:,}"

    def most(name, unit=1):
        return f"{LIMITS[name].high / unit:,.0f}"

    rates = LIMITS["learning_rate"]
    said = [
        f"rows {span('rows')}",
        f"features {span('features')}",
        f"classes {span('classes')}",
        f"hidden layers {span('hidden_layers')} of {span('units')} units",
        f"parameters ≤ {most('parameters')}",
        f"given start values ≤ {most('start_values')}",
        f"learning rate {rates.low:.0e}–{rates.high:.0e}".replace("e-0", "e-").replace("e+0", "e"),
        f"batch size {LIMITS['batch_size'].low}–all",
        f"epochs {span('epochs')}",
        f"runs {span('runs')}",
        f"seeds {span('seeds')}",
        (
            f"one training ≤ {most('seconds')} s on the page, {most('bytes', 2**30)} GiB of memory"
            f" and {most('history_bytes', 2**20)} MiB of history"
        ),
        f"link ≤ {LINK_CHARACTERS:,} characters",
        f"file ≤ {FILE_BYTES // 2**20} MiB. What is over a limit is refused",
    ]
    readme = (ROOT / "README.md").read_text("utf-8")
    printed = " ".join(readme.partition("## Limits")[2].split())

    assert printed.startswith(" · ".join(said))
    assert f"up to {most('lanes')} runs × seeds on a page" in printed
    assert f"{LIMITS['sweep_lanes'].high // 10**6:.0f} million by the command." in printed
    # Whatever a history keeps besides them, so many parameters fit at two steps, of 8 bytes each.
    assert "runs × seeds × parameters up to 3 million always fit" in printed
    assert LIMITS["history_bytes"].high > 2 * 8 * 3_000_000
