"""relu, leakyrelu, sigmoid, gelu and their gradients over arrays of any layout."""

from itertools import product

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from dlarray import kernels
from dlarray.kernels import relu_forward, relu_grad
from dlarray.kernels._lanes import LANES
from dlarray.testing import TOLERANCES
from tests.kernels import special_functions as exact

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


# Arrays of two dimensions in memory that holds fewer elements, some of them several times.
REPEATING = {
    "rows": lambda a: as_strided(a, a.shape, (0, a.itemsize)),
    "columns": lambda a: as_strided(a, a.shape, (a.strides[0], 0)),
    "every second column": lambda a: as_strided(a, a.shape, (0, 2 * a.itemsize)),
    "one element": lambda a: as_strided(a, a.shape, (0, 0)),
    "overlapping": lambda a: as_strided(a, a.shape, (a.itemsize, a.itemsize)),
    "pages": lambda a: as_strided(a, (2, 3, *a.shape), (0, a.itemsize, 0, a.itemsize)),
}


@pytest.mark.parametrize("view", REPEATING.values(), ids=REPEATING)
@pytest.mark.parametrize("function", [relu_forward, kernels.sigmoid_forward, kernels.erf])
@both_types
def test_writable_memory_whose_elements_repeat(view, function, dtype, rng):
    x = view(rng.standard_normal((4, 50)).astype(dtype))
    assert x.flags.writeable
    np.testing.assert_array_equal(function(x), function(x.copy()))
    np.testing.assert_array_equal(relu_grad(x, x), np.maximum(x, 0))


@pytest.mark.parametrize("shape", [(2, 3), (3, 1, 2), (2, 3, 2)], ids=str)
def test_any_strides(shape, rng):
    memory = rng.standard_normal(60)[30:]
    for strides in product(range(-3, 4), repeat=len(shape)):
        x = as_strided(memory, shape, [8 * stride for stride in strides])
        np.testing.assert_array_equal(relu_forward(x), np.maximum(x, 0), err_msg=str(strides))


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


# -- leakyrelu, sigmoid, gelu: (forward, gradient from x) and the same in double precision

SCALE = -0.25


def sigmoid_grad(dy, x):
    return kernels.sigmoid_grad(dy, kernels.sigmoid_forward(x))


def sigmoid_slope(x):
    return exact.sigmoid(x) * exact.sigmoid(-x)


FUNCTIONS = {
    "leakyrelu": (
        lambda x: kernels.leakyrelu_forward(x, SCALE),
        lambda dy, x: kernels.leakyrelu_grad(dy, x, SCALE),
        lambda x: np.where(x > 0, x, SCALE * x),
        lambda x: np.where(x > 0, 1, SCALE),
    ),
    "sigmoid": (kernels.sigmoid_forward, sigmoid_grad, exact.sigmoid, sigmoid_slope),
    "gelu": (
        lambda x: kernels.gelu_forward(x, False),
        lambda dy, x: kernels.gelu_grad(dy, x, False),
        exact.gelu,
        exact.gelu_slope,
    ),
    "gelu_tanh": (
        lambda x: kernels.gelu_forward(x, True),
        lambda dy, x: kernels.gelu_grad(dy, x, True),
        exact.gelu_tanh,
        exact.gelu_tanh_slope,
    ),
}
all_functions = pytest.mark.parametrize("functions", FUNCTIONS.values(), ids=FUNCTIONS)


def assert_values(functions, x, dy, dtype):
    """Results for arrays of one type against those of their values in double precision."""
    forward, grad, value, slope = functions
    wide, wide_dy = x.astype(np.float64), dy.astype(np.float64)
    for got, want in ((forward(x), value(wide)), (grad(dy, x), wide_dy * slope(wide))):
        assert got.dtype == dtype
        assert got.shape == x.shape
        np.testing.assert_allclose(got, want.astype(float), rtol=0, atol=5 * TOLERANCES[dtype])


@all_functions
@pytest.mark.parametrize("n", [*SIZES, 20_001])
@both_types
def test_values_at_any_size(n, functions, dtype, rng):
    x, dy = rng.standard_normal((2, n)).astype(dtype)
    assert_values(functions, x, dy, dtype)


@all_functions
@pytest.mark.parametrize("other", LAYOUTS.values(), ids=LAYOUTS)
@all_layouts
def test_values_of_any_layout(layout, other, functions, rng):
    x, dy = rng.standard_normal((2, 3, 5, 7))
    odd_x, odd_dy = layout(x), other(dy)
    assert_values(functions, odd_x, odd_dy, np.float64)
    np.testing.assert_array_equal(odd_x, x)
    np.testing.assert_array_equal(odd_dy, dy)


@all_functions
@both_types
def test_nan_stays_in_its_place(functions, dtype, rng):
    forward, grad = functions[:2]
    x, dy = rng.standard_normal((2, 3 * LANES + 5)).astype(dtype)
    clean, slopes = forward(x), grad(dy, x)
    for place in (0, LANES, len(x) - 1):
        for bad in (np.nan, np.inf):
            odd, odd_dy = x.copy(), dy.copy()
            odd[place] = odd_dy[place] = bad
            got = np.delete(forward(odd), place), np.delete(grad(odd_dy, x), place)
            np.testing.assert_array_equal(got[0], np.delete(clean, place))
            np.testing.assert_array_equal(got[1], np.delete(slopes, place))
            assert not np.isfinite(grad(odd_dy, x)[place])
        odd[place] = np.nan
        assert np.isnan(forward(odd)[place])


def test_leakyrelu_at_zero_has_the_scale_as_slope():
    zero = np.array([0.0, -0.0, np.nan])
    np.testing.assert_array_equal(kernels.leakyrelu_forward(zero, 0.1), zero)
    np.testing.assert_array_equal(kernels.leakyrelu_grad(np.ones(2), zero[:2], 0.1), [0.1, 0.1])


@all_functions
def test_large_results_are_the_same_past_the_caches(functions, rng):
    n = (1 << 23) // 4
    x, dy = rng.standard_normal((2, n + 5)).astype("f4")
    for got, want in (
        (functions[0](x), functions[0](x[: n // 2])),
        (functions[1](dy, x), functions[1](dy[: n // 2], x[: n // 2])),
    ):
        np.testing.assert_array_equal(got[: n // 2], want)
        assert np.all(np.isfinite(got))
