"""Backpropagation by hand: a graph or a network in, values, derivatives and their checks out."""
