"""What is kept on a disk: whole files, and a folder that one process at a time writes to.

The standard library alone, for every floor.
"""
