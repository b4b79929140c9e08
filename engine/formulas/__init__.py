"""Typed formulas and computation graphs: text goes in, values and exact derivatives come out."""
