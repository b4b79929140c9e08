"""The loss surface of a training: a history goes in, planes and the losses on them come out."""
