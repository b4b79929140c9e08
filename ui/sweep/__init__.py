"""The Sweep page: plans a sweep, starts it as a process of its own, and shows its folder.

In: the comparison, the page's settings, and sweeps on the server's shelf. Out: maps, curves, tables
and scores, which grow while the sweep runs, and comparisons that are opened from them.
"""
