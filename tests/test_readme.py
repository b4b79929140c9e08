"""The README's examples run as they stand."""

import re
from pathlib import Path

import numpy as np

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
