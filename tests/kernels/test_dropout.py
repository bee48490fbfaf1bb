"""Dropout: which elements are kept is a function of the key and their number."""

import importlib

import numpy as np
import pytest

from dlarray.kernels import dropout
from dlarray.testing import TOLERANCES

N = 1 << 17
SIGMAS = 5
KEY = 2**63 + 12345

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
probabilities = pytest.mark.parametrize("p", [0.0, 1e-3, 0.1, 0.25, 0.5, 0.9])


def kept(p, key, n=N, dtype=np.float64):
    return dropout(np.ones(n, dtype), p, key) != 0


def assert_share(mask, expected):
    """The share of True differs from the expected one by less than five standard deviations."""
    sigma = np.sqrt(expected * (1 - expected) / mask.size)
    assert abs(mask.mean() - expected) <= SIGMAS * sigma


@probabilities
@both_types
def test_kept_values_are_scaled_and_others_zero(p, dtype, rng):
    x = rng.standard_normal(1001).astype(dtype)
    y = dropout(x, p, KEY)
    mask = kept(p, KEY, x.size)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, np.where(mask, x * dtype(1 / (1 - p)), 0))
    np.testing.assert_allclose(y[mask], x[mask] / (1 - p), rtol=TOLERANCES[dtype])


@pytest.mark.parametrize("p", [0.0, 0.5, 0.75])
def test_a_power_of_two_scales_exactly(p, rng):
    x = rng.standard_normal(1001)
    y = dropout(x, p, KEY)
    np.testing.assert_array_equal(y[y != 0], (x / (1 - p))[y != 0])


@probabilities
def test_the_share_kept(p):
    assert_share(kept(p, KEY), 1 - p)


@pytest.mark.parametrize("key", [0, 1, 2, KEY])
def test_neighbours_and_halves_are_kept_independently(key):
    mask = kept(0.5, key)
    assert_share(mask[1:] & mask[:-1], 0.25)
    assert_share(mask[: N // 2] & mask[N // 2 :], 0.25)
    assert_share(mask[::2], 0.5)


def test_the_same_key_gives_the_same_mask():
    np.testing.assert_array_equal(kept(0.3, KEY), kept(0.3, KEY))


@pytest.mark.parametrize("other", [KEY + 1, KEY - 1, 0, 1, 2**64 - 1])
def test_another_key_gives_an_independent_mask(other):
    assert_share(kept(0.5, KEY) & kept(0.5, other), 0.25)


def test_the_mask_depends_on_neither_type_nor_shape():
    mask = kept(0.4, KEY, 30)
    np.testing.assert_array_equal(kept(0.4, KEY, 30, np.float32), mask)
    np.testing.assert_array_equal(dropout(np.ones((2, 3, 5)), 0.4, KEY).ravel() != 0, mask)
    np.testing.assert_array_equal(kept(0.4, KEY, 20), mask[:20])


def test_a_larger_probability_drops_more_of_the_same():
    assert np.all(kept(0.2, KEY) >= kept(0.6, KEY))


@pytest.mark.parametrize("split", [2, 3, 64])
def test_the_mask_does_not_depend_on_the_split_of_the_work(split, monkeypatch):
    module = importlib.import_module("dlarray.kernels.dropout")
    mask = kept(0.3, KEY, 1001)
    monkeypatch.setattr(module, "workers", lambda **work: split)
    np.testing.assert_array_equal(kept(0.3, KEY, 1001), mask)


def test_the_gradient_is_the_same_mask(rng):
    x, dy = rng.standard_normal((2, 1001))
    np.testing.assert_allclose(
        np.vdot(dropout(x, 0.3, KEY), dy),
        np.vdot(x, dropout(dy, 0.3, KEY)),
        atol=TOLERANCES[np.float64] * np.abs(x) @ np.abs(dy),
        rtol=0,
    )


@both_types
def test_dropped_values_are_zero_whatever_they_were(dtype):
    mask = kept(0.5, KEY, 100)
    for bad in (np.nan, np.inf, -np.inf):
        y = dropout(np.full(100, bad, dtype), 0.5, KEY)
        np.testing.assert_array_equal(y, np.where(mask, bad, 0))


@pytest.mark.parametrize("shape", [(0,), (3, 0, 2), (1,)], ids=str)
def test_small_shapes(shape):
    assert dropout(np.ones(shape), 0.5, KEY).shape == shape


def test_elements_are_numbered_in_c_order(rng):
    x = rng.standard_normal((3, 5, 7))
    want = dropout(x, 0.5, KEY)
    for odd in (np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2], x.astype(">f8")):
        before = odd.copy()
        np.testing.assert_array_equal(dropout(odd, 0.5, KEY), want)
        np.testing.assert_array_equal(odd, before)
