"""Questions to a training: a history or an experiment goes in, numbers about it come out."""
