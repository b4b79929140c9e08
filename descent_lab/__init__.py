"""The command: ``python -m descent_lab``."""
