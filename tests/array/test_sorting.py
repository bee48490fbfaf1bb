"""Sorting, and searching in unformatted arrays."""

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from tests.holds import assert_holds

from .gradients import gradient

DATA = np.random.default_rng(7).permutation(30).reshape(2, 3, 5).astype(float)


# -- sort
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f4", "f8", "?"])
@pytest.mark.parametrize(("dim", "axis"), [(None, 0), ("C", 1), (2, 2), (-1, 2)])
def test_sort(dim, axis, dtype):
    data = (DATA % 7 if dtype != "?" else DATA > 9).astype(dtype)
    Y, index = dl.sort(dl.dlarray(data, "SCB"), dim, nargout=2)
    assert_holds(Y, "SCB", np.sort(data, axis))
    assert_holds(index, "SCB", np.argsort(data, axis, kind="stable"))
    assert (Y.dtype, index.dtype) == (np.dtype(dtype), np.float64)


@pytest.mark.parametrize("arguments", [(1, "descend"), ("C", "DESCEND")])
def test_descending_sort_keeps_the_order_of_equal_elements(arguments):
    data = DATA % 4
    Y, index = dl.sort(dl.dlarray(data, "SCB"), *arguments, nargout=2)
    assert_holds(index, "SCB", np.argsort(-data, 1, kind="stable"))
    assert_holds(Y, "SCB", -np.sort(-data, 1))


def test_the_direction_alone():
    assert_holds(dl.sort(dl.dlarray([3.0, 5.0]), "descend"), "", [[5], [3]])
    assert_holds(dl.sort(dl.dlarray([5.0, 3.0]), "ascend"), "", [[3], [5]])


def test_nan_counts_as_the_largest():
    X = dl.dlarray([np.nan, 1.0, np.inf, -np.inf])
    assert_holds(dl.sort(X), "", [[-np.inf], [1], [np.inf], [np.nan]])
    assert_holds(dl.sort(X, "descend"), "", [[np.nan], [np.inf], [1], [-np.inf]])


def test_complex_numbers_are_sorted_by_magnitude_then_angle():
    X = dl.dlarray([2j, -1, 1, 1j, 0.5])
    assert_holds(dl.sort(X), "", [[0.5], [1], [1j], [-1], [2j]])
    assert_holds(dl.sort(X, "descend"), "", [[2j], [-1], [1j], [1], [0.5]])


def test_the_order_of_ties_and_gradients():
    X = dl.dlarray([2.0, 1.0, 2.0])
    weights = np.array([[10.0], [20.0], [30.0]])
    assert_holds(gradient(lambda x: dl.sort(x) * weights, X), "", [[20], [10], [30]])


def test_indices_have_no_trace():
    def function(x):
        Y, index = dl.sort(x, nargout=2)
        assert tape.is_traced(Y)
        assert not tape.is_traced(index)

    dl.dlfeval(function, dl.dlarray(DATA))


def test_indices_of_sort_are_subscripts():
    X = dl.dlarray([5.0, 3.0, 4.0])
    Y, index = dl.sort(X, nargout=2)
    assert_holds(X[index], "", Y.data)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1)], ids=str)
def test_sort_of_little(shape):
    assert_holds(dl.sort(dl.dlarray(np.ones(shape), "CB")), "CB", np.ones(shape))


def test_indices_counted_from_1():
    X = dl.dlarray(DATA, "SCB")
    _, index = dl.sort(X, "C", nargout=2)
    _, counted = dl.sort(X, "C", nargout=2, index_base=1)
    assert_holds(counted, "SCB", index.data + 1)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"dim": "T"}, dl.FormatError, 'sort: no dimension is labelled "T"'),
        ({"direction": "up"}, ValueError, 'sort: direction must be one of "ascend", "descend"'),
        ({"nargout": 3}, ValueError, "sort: nargout must be 1 or 2; got 3"),
        ({"index_base": 1}, ValueError, "sort: index_base is for indices, and this call gives no"),
        ({"nargout": 2, "index_base": 3}, ValueError, "sort: index_base must be 0 or 1, as in MA"),
    ],
)
def test_sort_errors(options, error, text):
    with pytest.raises(error, match=text):
        dl.sort(dl.dlarray(DATA, "SCB"), **options)


# -- find, unique, ismember
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("X", [DATA % 3, dl.dlarray(DATA % 3), dl.dlarray(DATA % 3 > 0)])
def test_find(X):
    flat = np.flatnonzero((DATA % 3).ravel("F"))
    np.testing.assert_array_equal(dl.find(X), flat)
    np.testing.assert_array_equal(dl.find(X, 4), flat[:4])
    np.testing.assert_array_equal(dl.find(X, 4, "last"), flat[-4:])
    rows, columns, values = dl.find(X, nargout=3)
    np.testing.assert_array_equal(rows + 2 * columns, flat)
    np.testing.assert_array_equal(values.data.ravel(), dl.dlarray(X)[flat].data.ravel())


def test_find_gives_what_indexes():
    X = dl.dlarray(DATA)
    assert_holds(X[dl.find(X > 27)], "", X[X > 27].data)


def test_unique():
    X = dl.dlarray([[3.0, 1.0, 3.0, 2.0, 1.0]])
    values, first, which = dl.unique(X, nargout=3)
    assert_holds(values, "", [[1, 2, 3]])
    assert (first.tolist(), which.tolist()) == ([1, 3, 0], [2, 0, 2, 1, 0])
    assert_holds(dl.unique(dl.dlarray([[2.0, 1.0], [1.0, 3.0]])), "", [[1], [2], [3]])
    assert len(dl.unique(X, nargout=2)) == 2
    assert dl.unique(dl.dlarray([np.nan, np.nan])).shape == (2, 1)


def test_ismember():
    X = dl.dlarray([[1.0, 5.0], [np.nan, 3.0]])
    found, places = dl.ismember(X, [3.0, 1.0, np.nan, 3.0], nargout=2)
    assert_holds(found, "", [[True, False], [False, True]])
    assert places.tolist() == [[1, -1], [-1, 0]]
    assert_holds(dl.ismember(X, []), "", np.zeros((2, 2), bool))


@pytest.mark.parametrize(
    ("call", "function"),
    [("find", dl.find), ("unique", dl.unique), ("ismember", lambda X: dl.ismember(X, [1.0]))],
)
def test_searches_take_unformatted_data(call, function):
    text = rf"{call}: [XA] must be unformatted; got 3\(C\) × 5\(B\)\. Use stripdims first"
    with pytest.raises(dl.FormatError, match=text):
        function(dl.dlarray(np.ones((3, 5)), "CB"))
