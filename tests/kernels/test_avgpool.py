"""Averages over windows and their gradient."""

import numpy as np
import pytest

from dlarray.kernels import avgpool_forward, avgpool_grad
from dlarray.testing import TOLERANCES
from tests import naive
from tests.kernels.pool_cases import all_cases, both_types

both_paddings = pytest.mark.parametrize("mean", [False, True], ids=["zeros", "mean"])


def average(x, moves, mean):
    k, stride, left, right = moves
    return avgpool_forward(x, 1, k, stride, left, right, mean)


def matrix_of(length, moves, mean):
    k, stride, left, right = moves
    return naive.averages(length, k, stride, left, right, mean)


def empty_windows(length, moves):
    return np.array([not held for held in naive.windows(length, *moves)])


@both_paddings
@all_cases
@both_types
def test_values(case, mean, dtype, rng):
    length, chans, *moves = case
    x = rng.standard_normal((2, length, chans)).astype(dtype)
    y = average(x, moves, mean)
    matrix = matrix_of(length, moves, mean)
    want, size = (np.einsum("tl,blc->btc", matrix, v.astype(float)) for v in (x, np.abs(x)))
    nothing = empty_windows(length, moves) & mean
    assert y.dtype == dtype
    assert np.isnan(y[:, nothing]).all()
    error = np.abs(y - want)[:, ~nothing]
    assert (error <= TOLERANCES[dtype] * size[:, ~nothing]).all()


@both_paddings
@all_cases
@both_types
def test_gradient(case, mean, dtype, rng):
    length, chans, *moves = case
    matrix = matrix_of(length, moves, mean)
    dy = rng.standard_normal((2, len(matrix), chans)).astype(dtype)
    dx = avgpool_grad(dy, 1, length, moves[0], moves[1], moves[2], mean)
    want, size = (np.einsum("tl,btc->blc", matrix, v.astype(float)) for v in (dy, np.abs(dy)))
    assert dx.dtype == dtype and dx.shape == want.shape
    assert (np.abs(dx - want) <= TOLERANCES[dtype] * size).all()


@both_paddings
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@all_cases
def test_a_value_that_is_not_finite_reaches_its_windows_only(case, value, mean, rng):
    length, chans, *moves = case
    x, at = rng.standard_normal((2, length, chans)).astype("f4"), (1, length // 2, chans - 1)
    clean = average(x, moves, mean)
    x[at] = value
    y = average(x, moves, mean)
    held = [length // 2 in window for window in naive.windows(length, *moves)]
    changed = np.zeros(y.shape, bool)
    changed[1, held, chans - 1] = True
    np.testing.assert_array_equal(y[changed], np.full(sum(held), value, "f4"))
    np.testing.assert_array_equal(y[~changed], clean[~changed])


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 0, 2)], ids=str)
@pytest.mark.parametrize("axis", range(3))
def test_any_axis_in_any_memory_order(axis, order, rng):
    shape = (5, 7, 6)
    x = rng.standard_normal([shape[a] for a in order]).transpose(np.argsort(order))
    matrix = naive.averages(shape[axis], 3, 2, 1, 0)
    y = avgpool_forward(x, axis, 3, 2, 1, 0, False)
    want = np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)
    np.testing.assert_allclose(y, want, atol=1e-14)
    dx = avgpool_grad(y, axis, shape[axis], 3, 2, 1, False)
    want = np.moveaxis(np.tensordot(matrix.T, y, (1, axis)), 0, axis)
    np.testing.assert_allclose(dx, want, atol=1e-14)


@pytest.mark.parametrize("k", [500, 5000])
def test_long_sums_in_single_precision(k, rng):
    x = rng.uniform(0, 1, (1, 3 * k, 3)).astype("f4")
    sums = np.cumsum(np.concatenate([np.zeros((1, 1, 3)), x.astype(float)], 1), 1)
    want = (sums[:, k:] - sums[:, :-k]) / k
    y = avgpool_forward(x, 1, k, 1, 0, 0, False)
    np.testing.assert_allclose(y, want, rtol=5e-7)


@both_types
def test_the_mean_of_equal_numbers_is_that_number(dtype):
    x = np.full((2, 50, 5), 0.1, dtype)
    for k, stride in ((3, 1), (3, 2), (3, 3), (40, 1)):
        y = avgpool_forward(x, 1, k, stride, 2, 2, True)
        np.testing.assert_allclose(y, dtype(0.1), rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("shape", [(0, 7, 5), (3, 7, 0)], ids=str)
@pytest.mark.parametrize(("k", "stride"), [(2, 2), (3, 1), (6, 1), (7, 1)])
def test_no_elements(shape, k, stride):
    y = avgpool_forward(np.ones(shape), 1, k, stride, 0, 0, True)
    assert y.shape == (shape[0], (7 - k) // stride + 1, shape[2])
    assert avgpool_grad(y, 1, 7, k, stride, 0, True).shape == shape


def test_results_past_the_caches(monkeypatch):
    monkeypatch.setattr("dlarray.kernels._pooling.STREAM_BYTES", 0)
    x = np.arange(2 * 1001 * 64, dtype="f4").reshape(2, 1001, 64) % 251
    for k, stride in ((2, 2), (4, 1)):
        y = avgpool_forward(x, 1, k, stride, 0, 0, False)
        held = [x[:, j : j + stride * y.shape[1] : stride][:, : y.shape[1]] for j in range(k)]
        np.testing.assert_array_equal(y, np.sum(held, axis=0) / k)
        dx = avgpool_grad(np.ones_like(y), 1, x.shape[1], k, stride, 0, False)
        assert dx[:, k:-k].min() == dx[:, k:-k].max() == max(1, k // stride) / k
