"""Cross-channel normalization: values, gradients, what spreads and what does not."""

from typing import Any

import numpy as np
import pytest

from dlarray.kernels import crosschannelnorm_backward, crosschannelnorm_forward
from dlarray.testing import TOLERANCES
from tests import naive

SHAPES = [(1, 1), (3, 2), (5, 16), (7, 33), (300, 65)]
POWERS = [0.75, 0.01, 1.0, 2.5]

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
each_window = pytest.mark.parametrize("window", [1, 2, 3, 5, 16])


def options(window: int, beta: float = 0.75) -> tuple[int, int, float, float]:
    return (window - 1) // 2, window // 2, 0.6 / window, beta


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("beta", POWERS)
@each_window
@both_types
def test_forward_matches(shape, beta, window, dtype, rng):
    x = 3 * rng.standard_normal(shape).astype(dtype)
    y, d = crosschannelnorm_forward(x, *options(window, beta), 1.5)
    want = naive.crosschannelnorm(x, 1, window, 0.6, beta, 1.5)
    assert y.dtype == d.dtype == dtype
    assert np.all(np.abs(y - want) <= (1 + beta) * TOLERANCES[dtype] * np.abs(want))


def reference_gradient(dy, x, d, window, beta):
    """dx as the definition gives it."""
    before, after, alpha, _ = options(window)
    dx = dy * d**-beta
    for c in range(x.shape[1]):
        for other in range(max(0, c - before), min(x.shape[1], c + after + 1)):
            slope = dy[:, c] * x[:, c] * d[:, c] ** (-beta - 1)
            dx[:, other] -= 2 * alpha * beta * x[:, other] * slope
    return dx


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("beta", POWERS)
@each_window
@both_types
def test_gradient_matches(shape, beta, window, dtype, rng):
    x, dy = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    _, d = crosschannelnorm_forward(x, *options(window, beta), 1.5)
    dx = crosschannelnorm_backward(dy, x, d, *options(window, beta))
    wide: Any = [np.asarray(a, np.float64) for a in (dy, x, d)]
    want = reference_gradient(wide[0], wide[1], wide[2], window, beta)
    size = np.abs(dy).max() * (1 + np.abs(x).max()) ** 2
    assert dx.dtype == dtype
    assert np.all(np.abs(dx - want) <= (1 + beta) * TOLERANCES[dtype] * size)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)], ids=str)
@both_types
def test_a_size_of_zero(shape, dtype):
    x = np.empty(shape, dtype)
    y, d = crosschannelnorm_forward(x, *options(5), 2.0)
    assert y.shape == crosschannelnorm_backward(x, x, d, *options(5)).shape == shape


@both_types
def test_a_nan_spoils_the_windows_that_hold_it(dtype, rng):
    x, dy = (rng.standard_normal((3, 20)).astype(dtype) for _ in range(2))
    x[1, 8] = np.nan
    y, d = crosschannelnorm_forward(x, *options(4), 2.0)
    dx = crosschannelnorm_backward(dy, x, d, *options(4))
    windows, neighbours = np.zeros(x.shape, bool), np.zeros(x.shape, bool)
    windows[1, 6:10] = True  # 2 after and 1 before: those of channels 6 to 9
    neighbours[1, 5:12] = True
    np.testing.assert_array_equal(np.isnan(y), windows)
    np.testing.assert_array_equal(np.isnan(dx), neighbours)


@both_types
def test_the_layout_of_an_input_does_not_matter(dtype, rng):
    x, dy = (rng.standard_normal((9, 20)).astype(dtype) for _ in range(2))
    y, d = crosschannelnorm_forward(x, *options(4), 2.0)
    dx = crosschannelnorm_backward(dy, x, d, *options(4))
    odd = [np.asfortranarray(a).astype(a.dtype.newbyteorder()) for a in (x, dy)]
    np.testing.assert_array_equal(crosschannelnorm_forward(odd[0], *options(4), 2.0)[0], y)
    np.testing.assert_array_equal(crosschannelnorm_backward(odd[1], odd[0], d, *options(4)), dx)
