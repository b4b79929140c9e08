"""What leaves of a sweep: its tables, its bundle, its report.

In: a sweep as it is looked at, and its folder. Out: bytes by their file names, of the lanes that
the look has seen, even while others are being trained.
"""
