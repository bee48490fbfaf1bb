"""relu and its gradient over arrays of any layout."""

import numpy as np
import pytest

from dlarray.kernels import relu_forward, relu_grad
from dlarray.kernels._lanes import LANES
from dlarray.testing import TOLERANCES

SIZES = [0, 1, LANES - 1, LANES, LANES + 1, 3 * LANES + 5, 1000]
LAYOUTS = {
    "contiguous": lambda a: a,
    "fortran": np.asfortranarray,
    "permuted": lambda a: np.ascontiguousarray(a.transpose(1, 2, 0)).transpose(2, 0, 1),
    "strided": lambda a: np.repeat(a, 2, 1)[:, ::2],
    "negative": lambda a: a[::-1, :, ::-1].copy()[::-1, :, ::-1],
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
}
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 5.0, -5.0]

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
all_layouts = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)


@pytest.mark.parametrize("n", SIZES)
@both_types
def test_matches_at_any_size(n, dtype, rng):
    x, dy = (rng.standard_normal(n).astype(dtype) for _ in range(2))
    y = relu_forward(x)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    np.testing.assert_array_equal(relu_grad(dy, y), np.where(x > 0, dy, 0))


@all_layouts
@both_types
def test_the_layout_of_the_input_does_not_matter(layout, dtype, rng):
    clean = rng.standard_normal((3, 5, 7)).astype(dtype)
    x = layout(clean)
    np.testing.assert_array_equal(relu_forward(x), np.maximum(clean, 0))
    np.testing.assert_array_equal(x, clean)


@pytest.mark.parametrize("other", LAYOUTS.values(), ids=LAYOUTS)
@all_layouts
def test_gradient_and_result_may_lie_in_different_orders(layout, other, rng):
    y, dy = rng.standard_normal((2, 3, 5, 7))
    got = relu_grad(other(dy), layout(y))
    np.testing.assert_array_equal(got, np.where(y > 0, dy, 0))


def test_a_broadcast_gradient(rng):
    y, row = rng.standard_normal((3, 5, 7)), rng.standard_normal((1, 5, 1))
    dy = np.broadcast_to(row, y.shape)
    np.testing.assert_array_equal(relu_grad(dy, y), np.where(y > 0, row, 0))
    np.testing.assert_array_equal(relu_grad(y, dy), np.where(dy > 0, y, 0))


@both_types
def test_special_values(dtype):
    x = np.tile(np.array(SPECIAL, dtype), LANES)
    np.testing.assert_array_equal(relu_forward(x), np.where(np.isnan(x) | (x > 0), x, 0))
    assert not np.any(np.signbit(relu_forward(np.zeros(3, dtype))))


@both_types
def test_the_gradient_is_zero_at_zero_and_passes_at_nan(dtype):
    y = np.array([0.0, -0.0, 1.0, np.nan], dtype)
    dy = np.array([3.0, 3.0, 3.0, 3.0], dtype)
    np.testing.assert_array_equal(relu_grad(dy, y), [0, 0, 3, 3])


@both_types
def test_bad_gradients_stay_where_they_are(dtype):
    y = np.array([1.0, 0.0, 1.0, 1.0], dtype)
    dy = np.array([np.nan, np.nan, np.inf, 2.0], dtype)
    np.testing.assert_array_equal(relu_grad(dy, y), [np.nan, 0, np.inf, 2])


def test_a_scalar_array():
    assert relu_forward(np.array(-2.0)).shape == ()
    assert relu_forward(np.array(2.0)) == 2.0


def test_the_result_keeps_the_memory_order(rng):
    x = np.asfortranarray(rng.standard_normal((3, 5, 7)))
    assert relu_forward(x).strides == x.strides
