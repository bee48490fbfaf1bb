"""Maximum along an axis, its first place, and the gradient."""

from itertools import permutations

import numpy as np
import pytest

from dlarray.kernels import max_axis, max_axis_grad
from dlarray.testing import TOLERANCES

SHAPE = (3, 7, 5)

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
all_axes = pytest.mark.parametrize("axis", range(len(SHAPE)))
all_orders = pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)


def in_order(array, order):
    """A copy that lies in memory with these axes from slowest to fastest."""
    return np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order))


def placed(dy, index, axis, n):
    """Zeros with dy at the index, one at a time."""
    dx = np.zeros((*dy.shape[:axis], n, *dy.shape[axis + 1 :]))
    for place in np.ndindex(dy.shape):
        dx[(*place[:axis], index[place], *place[axis + 1 :])] = dy[place]
    return dx


@all_axes
@all_orders
@both_types
def test_value_and_place_in_any_memory_order(axis, order, dtype, rng):
    x = in_order(rng.standard_normal(SHAPE).astype(dtype), order)
    before = x.copy()
    y, index = max_axis(x, axis)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, x.max(axis, keepdims=True))
    np.testing.assert_array_equal(index, x.argmax(axis, keepdims=True))
    np.testing.assert_array_equal(x, before)


@all_axes
@all_orders
@both_types
def test_gradient_in_any_memory_order(axis, order, dtype, rng):
    x = rng.standard_normal(SHAPE).astype(dtype)
    y, index = max_axis(x, axis)
    dy = in_order(rng.standard_normal(y.shape).astype(dtype), order)
    got = max_axis_grad(dy, index, axis, SHAPE[axis])
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, placed(dy, index, axis, SHAPE[axis]))
    lies = in_order(index, order)
    np.testing.assert_array_equal(max_axis_grad(dy, lies, axis, SHAPE[axis]), got)


@all_axes
def test_the_first_place_at_ties(axis, rng):
    x = rng.integers(0, 2, SHAPE).astype(np.float64)
    _, index = max_axis(x, axis)
    np.testing.assert_array_equal(index, x.argmax(axis, keepdims=True))
    _, index = max_axis(np.zeros(SHAPE), axis)
    assert not index.any()


@both_types
def test_nan_wins_and_its_first_place_is_given(dtype):
    x = np.array([[1.0, 3.0, np.nan, 5.0, np.nan], [1.0, 3.0, 2.0, -1.0, 0.0]], dtype)
    y, index = max_axis(x, 1)
    np.testing.assert_array_equal(y, [[np.nan], [3]])
    np.testing.assert_array_equal(index, [[2], [1]])


@both_types
def test_infinite_values(dtype):
    x = np.array([[-np.inf, -np.inf], [-np.inf, np.inf]], dtype)
    y, index = max_axis(x, 1)
    np.testing.assert_array_equal(y, [[-np.inf], [np.inf]])
    np.testing.assert_array_equal(index, [[0], [1]])


@pytest.mark.parametrize("shape", [(0, 7, 5), (3, 7, 0)], ids=str)
def test_nothing_to_compare(shape):
    y, index = max_axis(np.ones(shape), 1)
    assert y.shape == index.shape == (shape[0], 1, shape[2])
    assert max_axis_grad(y, index, 1, 7).shape == shape


def test_strided_reversed_broadcast_and_byte_swapped(rng):
    wide = rng.standard_normal([2 * n for n in SHAPE])
    layouts = (
        wide[::2, ::2, ::2],
        wide[::-2, :7, ::-2],
        np.broadcast_to(wide[:1, :7, :1], SHAPE),
        wide[:3, :7, :5].astype(">f8"),
    )
    for x in layouts:
        y, index = max_axis(x, 1)
        np.testing.assert_array_equal(y, x.max(1, keepdims=True))
        np.testing.assert_array_equal(index, x.argmax(1, keepdims=True))


def test_a_broadcast_gradient(rng):
    _, index = max_axis(rng.standard_normal(SHAPE), 1)
    dy = np.broadcast_to(np.float64(2), index.shape)
    np.testing.assert_array_equal(max_axis_grad(dy, index, 1, 7), placed(dy, index, 1, 7))


def test_gradient_is_the_adjoint(rng):
    x, u = rng.standard_normal(SHAPE), rng.standard_normal((3, 1, 5))
    y, index = max_axis(x, 1)
    np.testing.assert_allclose(
        np.vdot(y, u), np.vdot(x, max_axis_grad(u, index, 1, 7)), rtol=TOLERANCES[np.float64] * 10
    )
