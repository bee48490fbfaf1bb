"""Indices of `maxpool`, and `maxunpool`, which takes them back."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.golden import rand


def test_golden_row_with_indices_counted_from_1():
    X = dl.dlarray(rand(6, 6, 1, 1), "SSCB")
    Y, indx, size = dl.maxpool(X, 2, Stride=2, nargout=3)
    maxima = [[0.9058, 0.9595, 0.7577], [0.9649, 0.8003, 0.7431], [0.9706, 0.9340, 0.8235]]
    np.testing.assert_allclose(Y.data[:, :, 0, 0], maxima, atol=5e-5)
    want = np.array([2, 10, 12, 20, 15, 24, 26, 27, 36])
    np.testing.assert_array_equal(indx.data.ravel(order="F"), want - 1)
    _, counted = dl.maxpool(X, 2, Stride=2, nargout=2, index_base=1)
    np.testing.assert_array_equal(counted.data.ravel(order="F"), want)
    assert (counted.fmt, counted.shape, counted.dtype) == ("SSCB", Y.shape, np.float64)
    back = dl.maxunpool(Y, counted, size, index_base=1)
    np.testing.assert_array_equal(back.data, dl.maxunpool(Y, indx, size).data)
    assert size == (6, 6, 1, 1)
    assert (indx.fmt, indx.shape, indx.dtype) == ("SSCB", Y.shape, np.float64)


@pytest.mark.parametrize(
    ("fmt", "options"),
    [
        ("SCB", {}),
        ("SSCB", {"Padding": ((1, 0), (0, 1))}),
        ("CBT", {"PoolFormat": "T"}),
        ("SCBT", {"PoolFormat": "ST"}),
        ("SSSC", {}),
    ],
)
def test_indices_name_the_maxima(fmt, options, rng):
    shape = {"S": 6, "C": 3, "B": 2, "T": 8}
    X = dl.dlarray(rng.integers(0, 4, [shape[label] for label in fmt]).astype(float), fmt)
    Y, indx, size = dl.maxpool(X, 2, Stride=2, nargout=3, **options)
    index = indx.data.astype(int)
    assert size == X.shape
    np.testing.assert_array_equal(X.data.ravel(order="F")[index], Y.data)
    assert np.unique(index).size == index.size


def test_the_first_maximum_in_column_major_order():
    X = dl.dlarray(np.zeros((4, 6, 1)), "SSC")
    _, indx = dl.maxpool(X, (2, 3), Stride=(2, 3), nargout=2)
    np.testing.assert_array_equal(indx.data[..., 0], [[0, 12], [2, 14]])


def test_index_of_the_first_nan():
    X = dl.dlarray([[[1.0, np.nan, np.nan, 9.0]]], "CBT")
    Y, indx = dl.maxpool(X, "global", PoolFormat="T", nargout=2)
    assert np.isnan(Y.item()) and indx.item() == 1


@pytest.mark.parametrize("order", list(permutations("CBT")), ids="".join)
def test_indices_of_unformatted_data_count_in_their_order(order, rng):
    fmt, sizes = "".join(order), {"C": 3, "B": 2, "T": 7}
    x = rng.standard_normal([sizes[label] for label in order])
    Y, indx, size = dl.maxpool(x, 2, DataFormat=fmt, PoolFormat="T", Stride=2, nargout=3)
    assert indx.fmt == "" and indx.shape == Y.shape and size == x.shape
    np.testing.assert_array_equal(x.ravel(order="F")[indx.data.astype(int)], Y.data)
    back = dl.maxunpool(Y, indx, size, DataFormat=fmt)
    assert back.fmt == ""
    np.testing.assert_array_equal(back.data, np.where(np.isin(x, Y.data), x, 0))


@pytest.mark.parametrize("fmt", ["SCB", "CBT", "SSC"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_unpooling_puts_maxima_back(fmt, dtype, rng):
    x = rng.permutation(72).reshape(6, 2, 6).astype(dtype)
    X = dl.dlarray(x, fmt)
    pool_format = "T" if "T" in fmt else None
    Y, indx, size = dl.maxpool(X, 2, PoolFormat=pool_format, Stride=2, nargout=3)
    back = dl.maxunpool(Y, indx, size)
    assert (back.fmt, back.dtype) == (fmt, dtype)
    np.testing.assert_array_equal(back.data, np.where(np.isin(x, Y.data), x, 0))
    column = dl.maxunpool(Y, indx.data.ravel(order="F"), size)
    np.testing.assert_array_equal(column.data, back.data)
    np.testing.assert_array_equal(
        dl.maxpool(back, 2, PoolFormat=pool_format, Stride=2).data, Y.data
    )


def test_sizes_may_leave_out_trailing_ones():
    X = dl.dlarray([[5.0]], "SC")
    Y = dl.maxunpool(X, [2], 4)
    assert (Y.fmt, Y.data.ravel().tolist()) == ("SC", [0, 0, 5, 0])
    assert dl.maxunpool(X, [2], np.array([[4, 1]])).shape == (4, 1)


@pytest.mark.parametrize("index", [np.zeros(0), np.zeros((2, 0, 3)), []])
def test_nothing_is_put_nowhere(index):
    X = dl.dlarray(np.ones((2, 0, 3)), "CBT")
    Y = dl.maxunpool(X, index, (2, 0, 6))
    assert (Y.fmt, Y.shape) == ("CBT", (2, 0, 6))


def test_of_two_elements_at_one_index_the_last_counts():
    X = dl.dlarray([[1.0, 2.0]], "CT")
    index = dl.dlarray([[3.0, 3.0]], "CT")
    assert dl.maxunpool(X, index, (1, 5)).data.tolist() == [[0, 0, 0, 2, 0]]
    checkGradients(lambda X: dl.maxunpool(X, index, (1, 5)), X)


def test_indices_have_no_derivative(rng):
    X = dl.dlarray(rng.standard_normal((3, 2, 8)), "CBT")

    def slope(X):
        _, indx = dl.maxpool(X, 2, PoolFormat="T", Stride=2, nargout=2)
        return dl.dlgradient(dl.sum(X * 0, "all") + dl.sum(indx, "all"), X)

    assert not dl.dlfeval(slope, X).data.any()


def test_indices_from_1_of_any_type_may_be_traced(rng):
    X, counted = dl.dlarray([[1.0, 2.0]], "CT"), dl.dlarray(np.array([[5, 1]], "f4"), "CT")

    def slopes(X, indx):
        Y = dl.maxunpool(X, indx, (1, 5), index_base=1)
        return Y, *dl.dlgradient(dl.sum(Y * np.arange(5.0)[np.newaxis], "all"), X, indx)

    Y, dX, dindx = dl.dlfeval(slopes, X, counted)
    assert Y.data.tolist() == [[2, 0, 0, 0, 1]]
    assert dX.data.tolist() == [[4, 0]]
    assert dindx.data.tolist() == [[0, 0]]
    assert dl.maxunpool(X, np.array([5, 1], "u1"), (1, 5), index_base=1).data[0, 0] == 2


@pytest.mark.parametrize("base", [0, 1])
def test_replayed_indices_follow_the_data(base, rng):
    def up_and_down(X):
        Y, indx, size = dl.maxpool(X, 2, PoolFormat="T", Stride=2, nargout=3, index_base=base)
        return dl.maxunpool(Y, indx, size, index_base=base)

    fast = dl.dlaccelerate(up_and_down)
    for _ in range(3):
        X = dl.dlarray(rng.standard_normal((3, 2, 8)), "CBT")
        np.testing.assert_array_equal(fast(X).data, up_and_down(X).data)
    assert fast.HitRate > 0  # it was replayed
