"""The controls of a comparison, on every page that has one: what all runs share, and the runs.

In: the document on show, and what may be offered. Out: edits of ``comparison.edits``.
"""
