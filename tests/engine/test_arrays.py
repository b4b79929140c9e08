"""Where the layers lie in a lane."""

import numpy as np

from engine import Function
from engine.arrays import Layout


def test_layout_says_where_each_matrix_lies():
    layout = Layout((2, 3, 1))
    params = np.arange(13.0)

    first, second = layout.matrices(params)

    assert layout.shapes == ((3, 3), (1, 4))
    assert layout.n_params == 13
    assert first.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert second.tolist() == [[9, 10, 11, 12]]
    assert np.shares_memory(first, params)


def test_layout_without_biases():
    layout = Layout((2, 3, 1), bias=False)

    assert layout.shapes == ((3, 2), (1, 3))
    assert layout.n_params == 9
    assert [m.shape for m in layout.matrices(np.zeros((5, 9)))] == [(5, 3, 2), (5, 1, 3)]


def test_a_point_without_layers_is_one_row():
    """So a rule of matrices needs no second way for test functions."""
    (row,) = Function().layout.matrices(np.array([[3.0, 4.0]]))

    assert row.tolist() == [[[3, 4]]]
