"""What is asked of a training: a history or an experiment in, numbers about it out."""
