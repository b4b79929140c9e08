"""The training loop: an experiment goes in, its history or its scores come out."""
