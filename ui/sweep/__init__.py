"""The Sweep page: the trainings of a sweep, and how their settings and losses go together.

In: the table of a sweep, as coordinates and brushes. Out: what its reader brushes.
"""
