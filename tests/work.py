"""How much is done, counted: what others do on the machine changes no count."""

import sys

FEW_CALLS = 50_000  # a few hundredths of a second; what is held to it takes 10,000 at most


def calls(work):
    """Return how many functions ``work()`` calls, Python's and C's."""
    counted = 0

    def count(_frame, event, _argument):
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted
