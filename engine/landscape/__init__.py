"""The surface below a training: a history in, planes and losses on them out."""
