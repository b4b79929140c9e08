"""The Backpropagation page: a graph of numbers, the step at which it stands, and a module per tab.

In: this page's settings, which hold the example or the reader's formula, and for the last tab the
session's comparison. Out: changes of those settings; and an example as a comparison of optimizers,
which the Gradient descent tab opens on the Compare or the Surfaces page.
"""
