"""Softmax over the last axis, also of extreme numbers."""

import numpy as np
import pytest

from dlarray.kernels import softmax_forward
from dlarray.testing import TOLERANCES
from tests import naive

SHAPES = [(1,), (7,), (3, 5), (2, 3, 17), (4, 1), (2000, 11)]

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
