"""Sums over every choice of axes, in every memory order."""

from itertools import combinations, permutations

import numpy as np
import pytest

from dlarray.kernels import sum_axes
from dlarray.kernels._lanes import LANES
from dlarray.kernels.reduce import ROWS, SMALL, sum_rows
from dlarray.testing import TOLERANCES

SHAPE = (17, 31, 37)  # more than SMALL numbers
AXES = [axes for n in range(len(SHAPE) + 1) for axes in combinations(range(len(SHAPE)), n)]
COLUMNS = [1, LANES - 1, LANES, LANES + 1, 3 * LANES + 5]

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


def assert_sums(got, x, axes):
    """Against the sum in double precision, relative to the sum of magnitudes."""
    exact = np.asarray(x, np.float64)
    want = exact.sum(axes, keepdims=True) if axes else exact
    size = np.abs(exact).sum(axes, keepdims=True) if axes else np.abs(exact)
    assert got.dtype == x.dtype
    assert got.shape == want.shape
    assert np.all(np.abs(got - want) <= TOLERANCES[x.dtype.type] * size)


def in_order(array, order):
    """A copy that lies in memory with these axes from slowest to fastest."""
    return np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order))


def test_the_shape_is_large_enough_for_the_kernel():
    assert np.prod(SHAPE) >= SMALL


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("axes", AXES, ids=str)
@both_types
def test_any_axes_in_any_memory_order(axes, order, dtype, rng):
    x = in_order(rng.standard_normal(SHAPE).astype(dtype), order)
    before = x.copy()
    assert_sums(sum_axes(x, axes), x, axes)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("axes", AXES, ids=str)
@both_types
def test_any_axes_of_a_small_array(axes, dtype, rng):
    x = rng.standard_normal((2, 3, 5)).astype(dtype)
    assert_sums(sum_axes(x, axes), x, axes)


@pytest.mark.parametrize("shape", [(0, 3, 5), (3, 0, 5), (3, 5, 0)], ids=str)
@pytest.mark.parametrize("axes", AXES, ids=str)
def test_a_size_of_zero(shape, axes):
    assert_sums(sum_axes(np.ones(shape), axes), np.ones(shape), axes)


@pytest.mark.parametrize("axes", AXES, ids=str)
def test_strided_reversed_and_broadcast(axes, rng):
    wide = rng.standard_normal([2 * n for n in SHAPE])
    strided = wide[::2, ::2, ::2]
    turned = strided[::-1, :, ::-1]
    broadcast = np.broadcast_to(wide[:1, :31, :1], SHAPE)
    for x in (strided, turned, broadcast):
        assert_sums(sum_axes(x, axes), x, axes)


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("rows", [0, 1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 7])
@both_types
def test_any_number_of_rows_and_columns(rows, columns, dtype, rng):
    x = rng.standard_normal((2, rows, columns)).astype(dtype)
    assert_sums(sum_rows(x)[:, None], x, (1,))


@both_types
def test_a_long_sum_of_like_numbers_loses_little(dtype):
    """As the bias gradient of a mean, whose rounding errors have all the same sign."""
    n = 1 << 20
    got = sum_axes(np.full((1, n, 3), 0.1, dtype), (1,))
    np.testing.assert_allclose(got, n * float(dtype(0.1)), rtol=TOLERANCES[dtype])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
@both_types
def test_a_bad_number_reaches_its_sum_only(bad, dtype, rng):
    x = rng.standard_normal(SHAPE).astype(dtype)
    x[3, 5, 7] = bad
    got = sum_axes(x, (1,))
    touched = np.zeros(got.shape, bool)
    touched[3, 0, 7] = True
    np.testing.assert_array_equal(~np.isfinite(got), touched)
    np.testing.assert_array_equal(got[3, 0, 7], dtype(bad))


def test_a_row_does_not_depend_on_other_rows(rng):
    x = rng.standard_normal((5, 1000, 9))
    np.testing.assert_array_equal(sum_axes(x, (1,))[2:3], sum_rows(x[2:3])[:, None])
