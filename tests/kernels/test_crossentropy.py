"""The sum of cross-entropies and its gradients."""

import numpy as np
import pytest

from dlarray.kernels import crossentropy_forward, crossentropy_grad
from dlarray.kernels._lanes import LANES
from dlarray.kernels.crossentropy import PART
from dlarray.testing import TOLERANCES

SHAPES = [(0, 3), (1, 1), (LANES - 1,), (LANES + 1,), (3, 5, 7), (PART,), (2 * PART + 17,)]
LAYOUTS = {
    "contiguous": lambda a: a,
    "fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, 1)[:, ::2],
    "negative": lambda a: a[::-1].copy()[::-1],
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
}
DL = np.full((1, 1), 0.7)

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
both_modes = pytest.mark.parametrize("multilabel", [False, True], ids=["single", "multi"])


def reference(y, t, multilabel):
    """The total, and the derivatives by y and t, in double precision."""
    tiny = np.finfo(y.dtype).tiny
    y, t = y.astype(np.float64), t.astype(np.float64)

    def logarithm(p):
        return np.log(np.maximum(p, tiny))

    def quotient(t, p):
        return np.where(p >= tiny, t / np.maximum(p, tiny), 0)

    total, by_y, by_t = t * logarithm(y), quotient(t, y), logarithm(y)
    if multilabel:
        total = total + (1 - t) * logarithm(1 - y)
        by_y = by_y - quotient(1 - t, 1 - y)
        by_t = by_t - logarithm(1 - y)
    return -total.sum(), -by_y, -by_t


def assert_matches(y, t, multilabel):
    dtype = y.dtype.newbyteorder("=").type
    total, by_y, by_t = reference(y, t, multilabel)
    got = crossentropy_forward(y, t, multilabel)
    assert (got.shape, got.dtype) == ((1, 1), dtype)
    np.testing.assert_allclose(got, total, rtol=TOLERANCES[dtype])
    dl = DL.astype(dtype)
    for of_targets, want in ((False, by_y), (True, by_t)):
        slopes = crossentropy_grad(dl, y, t, multilabel, of_targets=of_targets)
        assert slopes.dtype == dtype
        scale = np.abs(want).max(initial=1.0)
        np.testing.assert_allclose(slopes, 0.7 * want, rtol=0, atol=TOLERANCES[dtype] * scale)


def draw(rng, shape, dtype):
    return rng.uniform(0.05, 0.95, shape).astype(dtype), rng.uniform(0, 1, shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@both_modes
@both_types
def test_matches_at_any_size(shape, multilabel, dtype, rng):
    y, t = draw(rng, shape, dtype)
    assert_matches(y, t, multilabel)


@pytest.mark.parametrize("of_t", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("of_y", LAYOUTS.values(), ids=LAYOUTS)
@both_modes
def test_any_layout_and_no_change_of_the_input(of_y, of_t, multilabel, rng):
    y, t = draw(rng, (3, 5, 7), np.float64)
    odd_y, odd_t = of_y(y), of_t(t)
    assert_matches(odd_y, odd_t, multilabel)
    np.testing.assert_array_equal(odd_y, y)
    np.testing.assert_array_equal(odd_t, t)


@both_types
def test_logarithms_are_clipped_and_have_no_slope_there(dtype):
    tiny = np.finfo(dtype).tiny
    y, t = np.array([0.0, tiny / 2, 1.0], dtype), np.ones(3, dtype)
    total = crossentropy_forward(y, t, False).item()
    np.testing.assert_allclose(total, -2 * np.log(tiny), rtol=TOLERANCES[dtype])
    slopes = crossentropy_grad(np.ones((1, 1), dtype), y, t, False)
    np.testing.assert_array_equal(slopes, [0, 0, -1])
    total = crossentropy_forward(1 - y, 1 - t, True).item()
    np.testing.assert_allclose(total, -2 * np.log(tiny), rtol=TOLERANCES[dtype])


@both_modes
@both_types
def test_nan_comes_out(multilabel, dtype, rng):
    y, t = draw(rng, (PART + 3,), dtype)
    y[PART + 1] = np.nan
    assert np.isnan(crossentropy_forward(y, t, multilabel)).all()
    slopes = crossentropy_grad(np.ones((1, 1)), y, t, multilabel)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(slopes)), [PART + 1])


def test_single_precision_keeps_its_digits_over_many_elements():
    y, t = np.full((1 << 22,), 0.3, "f4"), np.ones((1 << 22,), "f4")
    want = -y.size * np.log(np.float64(np.float32(0.3)))
    np.testing.assert_allclose(crossentropy_forward(y, t, False), want, rtol=5e-7)
