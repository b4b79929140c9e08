"""Typed formulas and graphs of numbers: text in, values and exact derivatives out."""
