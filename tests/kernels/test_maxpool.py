"""Maxima over windows, their places, and what goes back to them."""

import numpy as np
import pytest

from dlarray.kernels import maxpool_forward, maxpool_grad, maxpool_pick
from tests import naive
from tests.kernels.pool_cases import all_cases, both_types


def with_ties(rng, dtype, *shape):
    """Few different numbers, among them -Inf, Inf and NaN."""
    x = rng.integers(-3, 4, shape).astype(dtype)
    for value in (np.nan, -np.inf, np.inf):
        x[rng.random(shape) < 0.04] = value
    return x


def in_window(place, stride, left):
    """Positions as places in their windows, 0 for none."""
    start = np.arange(place.shape[1])[:, None] * stride - left
    return np.where(place < 0, 0, place - start)


@all_cases
@both_types
def test_values_and_first_places(case, dtype, rng):
    length, chans, *moves = case
    x = with_ties(rng, dtype, 2, length, chans)
    before = x.copy()
    y, index = maxpool_forward(x, 1, *moves)
    want, place = naive.maxpool(x, *moves)
    assert y.dtype == dtype
    assert index.dtype == (np.uint8 if moves[0] <= 256 else np.int32)
    np.testing.assert_array_equal(y, want)
    np.testing.assert_array_equal(index, in_window(place, *moves[1:3]))
    np.testing.assert_array_equal(x, before)


@all_cases
@both_types
def test_gradient_goes_to_the_places(case, dtype, rng):
    length, chans, k, stride, left, right = case
    x = with_ties(rng, dtype, 2, length, chans)
    y, index = maxpool_forward(x, 1, k, stride, left, right)
    dy = rng.standard_normal(y.shape).astype(dtype)
    _, place = naive.maxpool(x, k, stride, left, right)
    dx = maxpool_grad(dy, index, 1, length, k, stride, left)
    assert dx.dtype == dtype
    size = naive.unpool(np.abs(dy), place, length)
    error = np.abs(dx - naive.unpool(dy, place, length))
    assert (error <= 8 * np.finfo(dtype).eps * size).all()
    picked = maxpool_pick(x, index, 1, stride, left)
    np.testing.assert_array_equal(picked, np.where(place < 0, 0, y))


@both_types
def test_a_nan_slope_reaches_its_place_only(dtype):
    x = np.arange(24, dtype=dtype).reshape(1, 8, 3)
    y, index = maxpool_forward(x, 1, 3, 2, 1, 1)
    dy = np.ones_like(y)
    dy[0, 1, 1] = np.nan
    dx = maxpool_grad(dy, index, 1, 8, 3, 2, 1)
    assert np.argwhere(np.isnan(dx)).tolist() == [[0, 3, 1]]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 0, 2)], ids=str)
@pytest.mark.parametrize("axis", range(3))
def test_any_axis_in_any_memory_order(axis, order, rng):
    shape = (5, 7, 6)
    x = rng.standard_normal([shape[a] for a in order]).transpose(np.argsort(order))
    y, index = maxpool_forward(x, axis, 3, 2, 1, 0)

    def as_rows(array):
        return np.moveaxis(array, axis, 2).reshape(-1, array.shape[axis], 1)

    want, place = naive.maxpool(as_rows(x), 3, 2, 1, 0)

    np.testing.assert_array_equal(as_rows(y), want)
    dy = rng.standard_normal(y.shape)
    dx = maxpool_grad(dy, index, axis, shape[axis], 3, 2, 1)
    np.testing.assert_allclose(as_rows(dx), naive.unpool(as_rows(dy), place, shape[axis]))
    np.testing.assert_array_equal(maxpool_pick(x, index, axis, 2, 1), y)


def test_strided_read_only_and_byte_swapped_data(rng):
    wide = rng.standard_normal((4, 26, 10))
    swapped = wide[:2, :13, :5].astype(">f8")
    fixed = wide[:2, :13, :5].copy()
    fixed.flags.writeable = False
    for x in (wide[::2, ::2, ::2], wide[1::-1, 12::-1, :5], swapped, fixed):
        y, index = maxpool_forward(x, 1, 3, 2, 1, 1)
        want, place = naive.maxpool(np.asarray(x, float), 3, 2, 1, 1)
        np.testing.assert_array_equal(y, want)
        dy = np.broadcast_to(np.float64(2), y.shape)
        np.testing.assert_array_equal(
            maxpool_grad(dy, index, 1, 13, 3, 2, 1), naive.unpool(dy, place, 13)
        )


@pytest.mark.parametrize("shape", [(0, 7, 5), (3, 7, 0)], ids=str)
@pytest.mark.parametrize(("k", "stride"), [(2, 2), (3, 1), (6, 1), (7, 1)])
def test_no_elements(shape, k, stride):
    y, index = maxpool_forward(np.ones(shape), 1, k, stride, 0, 0)
    assert y.shape == index.shape == (shape[0], (7 - k) // stride + 1, shape[2])
    assert maxpool_grad(y, index, 1, 7, k, stride, 0).shape == shape
    assert maxpool_pick(np.ones(shape), index, 1, stride, 0).shape == y.shape


def test_results_past_the_caches(rng, monkeypatch):
    monkeypatch.setattr("dlarray.kernels._pooling.STREAM_BYTES", 0)
    x = rng.permutation(2 * 1001 * 64).reshape(2, 1001, 64).astype("f4")
    for k, stride in ((2, 2), (3, 1)):
        y, index = maxpool_forward(x, 1, k, stride, 0, 0)
        held = [x[:, j : j + stride * y.shape[1] : stride][:, : y.shape[1]] for j in range(k)]
        np.testing.assert_array_equal(y, np.max(held, axis=0))
        np.testing.assert_array_equal(index, np.argmax(held, axis=0))
        ones = np.ones_like(y)
        dx = maxpool_grad(ones, index, 1, x.shape[1], k, stride, 0)
        np.testing.assert_array_equal(dx.sum((0, 1)), ones.sum((0, 1)))
        np.testing.assert_array_equal(dx > 0, np.isin(x, y))
        np.testing.assert_array_equal(maxpool_pick(x, index, 1, stride, 0), y)
