"""What an accelerated function checks, it checks for the data of every call."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import dlarray as dl


def twice(function, first, second):
    """The accelerated function of the second data, after a trace with the first."""
    accfun = dl.dlaccelerate(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accfun(dl.dlarray(first))
    return accfun(dl.dlarray(second))


@pytest.mark.filterwarnings("ignore:dlaccelerate")
def test_places_of_values_are_those_of_the_call():
    def first_ones(x):
        return x[dl.unique(x, nargout=2)[1]]

    got = twice(first_ones, [3.0, 1.0, 2.0], [1.0, 2.0, 3.0])
    assert got.data.ravel().tolist() == [1, 2, 3]


def test_nan_is_neither_true_nor_false():
    with pytest.raises(ValueError, match="logical: NaN is neither true nor false"):
        twice(dl.logical, [1.0, 0.0], [np.nan, 0.0])


def test_points_of_interp1_differ():
    def at_one(x):
        return dl.interp1(x, dl.dlarray([1.0, 2.0]), 1.0)

    with pytest.raises(ValueError, match="interp1: the points x must differ"):
        twice(at_one, [0.0, 2.0], [2.0, 2.0])


def test_a_computed_index_is_checked():
    data = dl.dlarray([5.0, 6.0, 7.0])
    accfun = dl.dlaccelerate(lambda x, i: x[i])
    assert accfun(data, dl.dlarray([2.0])).item() == 7
    with pytest.raises(IndexError, match=r"dlarray indexing: .* outside 0 to 2"):
        accfun(data, dl.dlarray([3.0]))
