"""The loop: an experiment in, its history or its scores out, piece by piece."""
