"""Backpropagation by hand: a graph or a network goes in, derivatives and their checks come out."""
