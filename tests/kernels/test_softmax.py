"""Softmax and its gradient along an axis, also of extreme numbers and long rows."""

import numpy as np
import pytest

from dlarray.kernels import softmax_forward, softmax_grad
from dlarray.kernels._lanes import LANES
from dlarray.testing import TOLERANCES
from tests import naive

SHAPES = [(1,), (7,), (3, 5), (2, 3, 17), (4, 1), (2000, 11), (2, LANES - 1), (2, LANES)]
SHAPES += [(3, LANES + 1), (2, 130 * LANES + 3)]

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@both_types
def test_matches(shape, dtype, rng):
    x = rng.standard_normal(shape).astype(dtype)
    y = softmax_forward(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, naive.softmax(x, -1), rtol=0, atol=TOLERANCES[dtype])
    np.testing.assert_allclose(y.sum(-1), 1, rtol=0, atol=TOLERANCES[dtype])


@pytest.mark.parametrize("size", [80.0, 1e4, 1e30], ids=str)
@both_types
def test_large_logits_stay_finite(size, dtype):
    x = np.array([[size, 0.0, -size], [-size, -size, -size], [size, size, -size]], dtype)
    got = softmax_forward(x)
    want = np.array([[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0]])
    np.testing.assert_allclose(got, want, rtol=0, atol=TOLERANCES[dtype])


@both_types
def test_a_shift_changes_nothing(dtype):
    x = np.arange(12, dtype=dtype).reshape(3, 4)
    np.testing.assert_array_equal(softmax_forward(x + dtype(1024)), softmax_forward(x))


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
@both_types
def test_nan_and_infinity_spoil_their_row_only(bad, dtype, rng):
    x = rng.standard_normal((3, 5)).astype(dtype)
    clean = softmax_forward(x)
    x[1, 2] = bad
    got = softmax_forward(x)
    assert np.all(np.isnan(got[1]))
    np.testing.assert_array_equal(got[::2], clean[::2])


@both_types
def test_minus_infinity_gets_no_share(dtype):
    x = np.array([1.0, -np.inf, 1.0], dtype)
    np.testing.assert_array_equal(softmax_forward(x), [0.5, 0, 0.5])


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0,)], ids=str)
def test_a_size_of_zero(shape):
    assert softmax_forward(np.ones(shape)).shape == shape


def test_any_layout_and_no_change_of_the_input(rng):
    x = rng.standard_normal((3, 5, 7))
    want = softmax_forward(x)
    for odd in (
        np.asfortranarray(x),
        np.repeat(x, 2, -1)[..., ::2],
        x[..., ::-1].copy()[..., ::-1],
        x.astype(">f8"),
    ):
        before = odd.copy()
        np.testing.assert_allclose(softmax_forward(odd), want, rtol=TOLERANCES[np.float64])
        np.testing.assert_array_equal(odd, before)


def slope(dy, y):
    dy, y = dy.astype(np.float64), y.astype(np.float64)
    return y * (dy - (dy * y).sum(-1, keepdims=True))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@both_types
def test_gradient_matches(shape, dtype, rng):
    dy, x = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    y = softmax_forward(x)
    dx = softmax_grad(dy, y)
    assert dx.dtype == dtype
    np.testing.assert_allclose(dx, slope(dy, y), rtol=0, atol=TOLERANCES[dtype])


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)], ids=str)
def test_any_axis_in_any_memory_order(axis, order, rng):
    x, dy = rng.standard_normal((2, 3, 5, 7))
    x = x.transpose(order).copy().transpose(np.argsort(order))
    want = softmax_forward(np.moveaxis(x, axis, -1).copy())
    y = softmax_forward(x, axis)
    np.testing.assert_allclose(np.moveaxis(y, axis, -1), want, rtol=0, atol=1e-15)
    got = np.moveaxis(softmax_grad(dy, y, axis), axis, -1)
    np.testing.assert_allclose(got, slope(np.moveaxis(dy, axis, -1), want), rtol=0, atol=1e-15)


def test_the_result_lies_in_memory_as_its_input(rng):
    x = np.ascontiguousarray(rng.standard_normal((7, 3, 5))).transpose(2, 0, 1)
    assert softmax_forward(x, 0).strides == x.strides


@both_types
def test_a_bad_gradient_stays_in_its_row(dtype, rng):
    y = softmax_forward(rng.standard_normal((3, 2 * LANES + 1)).astype(dtype))
    dy = np.ones_like(y)
    dy[1, -1] = np.nan
    dx = softmax_grad(dy, y)
    assert np.all(np.isnan(dx[1]))
    assert np.all(np.isfinite(dx[::2]))


@pytest.mark.parametrize("chans", [64, 65])
def test_large_gradients_are_the_same_past_the_caches(chans, rng):
    y = softmax_forward(rng.standard_normal(((1 << 21) // chans + 100, chans)).astype("f4"))
    dy = rng.standard_normal(y.shape).astype("f4")
    np.testing.assert_array_equal(softmax_grad(dy, y)[:99], softmax_grad(dy[:99], y[:99]))


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0,)], ids=str)
def test_a_gradient_of_size_zero(shape):
    assert softmax_grad(np.ones(shape), np.ones(shape)).shape == shape
