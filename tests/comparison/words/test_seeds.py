"""Seeds in words: those that follow each other by their ends, and none is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.words.seeds import named_seeds, seeds_words


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ([0], "0"),
        ([0, 1], "0, 1"),
        ([0, 1, 2], "0–2"),
        (range(12), "0–11"),
        ([3, 1, 2], "1–3"),
        ([0, 1, 2, 5, 7, 8], "0–2, 5, 7, 8"),
        ([1000, 4, 5, 6], "4–6, 1000"),
    ],
)
def test_seeds_that_follow_each_other_are_told_by_their_ends(seeds, said):
    assert seeds_words(seeds) == said


def test_one_seed_is_called_a_seed():
    assert named_seeds([7]) == "seed 7"
    assert named_seeds([0, 1, 2]) == "seeds 0–2"


@given(st.sets(st.integers(0, 40), min_size=1))
def test_every_seed_can_be_read_back(seeds):
    read = set()
    for part in seeds_words(list(seeds)).split(", "):
        first, _, last = part.partition("–")
        read |= set(range(int(first), int(last or first) + 1))

    assert read == seeds
