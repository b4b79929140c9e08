"""What seeds are called, as short as they can be told."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from language import ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence


def seeds_words(seeds: Sequence[int]) -> str:
    """Return seeds in rising order, three or more that follow each other by their ends: "0–11"."""
    ordered = sorted(seeds)
    runs = groupby(enumerate(ordered), key=lambda one: one[1] - one[0])
    parts: list[str] = []
    for _of, run in runs:
        numbers = [str(seed) for _at, seed in run]
        parts += [f"{numbers[0]}–{numbers[-1]}"] if len(numbers) > 2 else numbers
    return ", ".join(parts)


def named_seeds(seeds: Sequence[int]) -> str:
    """Return the same with a noun: "seed 0", "seeds 0–11"."""
    text = ngettext("seed {seeds}", "seeds {seeds}", len(seeds))
    return text.format(seeds=seeds_words(seeds))
