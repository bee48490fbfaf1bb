"""Layer normalization of rows: values, gradients, what spreads and what does not."""

from typing import Any

import numpy as np
import pytest

from dlarray.kernels import layernorm_backward, layernorm_forward
from dlarray.kernels._lanes import LANES
from dlarray.testing import TOLERANCES
from tests import naive

EPSILON = 1e-5
SHAPES = [
    (1, 1),
    (1, LANES),
    (3, LANES - 1),
    (6, LANES + 1),
    (35, 4 * LANES),
    (8, 7 * LANES + 5),
    (910, 11),
    (2, 10_000),
]
EMPTY = [(0, 4), (3, 0)]
LONG_ROW = (2, 1 << 20)

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


def draw(rng, shape, dtype: Any = np.float64) -> Any:
    """x, dy, scale and offset."""
    rows = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    return [*rows, *(rng.standard_normal(shape[-1]).astype(dtype) for _ in range(2))]


def reference(x, scale, offset):
    return naive.layernorm(x, (1,), 1, offset, scale, EPSILON)


def statistics(x):
    """Mean and 1/sqrt(var + epsilon) of each row, in double precision."""
    x = np.asarray(x, np.float64)
    return x.mean(1), 1 / np.sqrt(x.var(1) + EPSILON)


def reference_gradients(dy, x, scale):
    """dx, dscale and doffset as the definition gives them."""
    mean, rstd = (s[:, None] for s in statistics(x))
    dy, xhat = dy.astype(np.float64), (x - mean) * rstd
    g = dy * scale
    dx = (g - g.mean(1, keepdims=True) - xhat * (g * xhat).mean(1, keepdims=True)) * rstd
    return dx, (dy * xhat).sum(0), dy.sum(0)


def assert_forward_within(x, scale, offset):
    """Relative to |x| / sigma |scale| + |offset|, the sizes that make a value."""
    dtype = x.dtype.type
    y, stats = layernorm_forward(x, scale, offset, EPSILON)
    mean, rstd = statistics(x)
    size = np.abs(x).max(1) * rstd
    scale_of_y = size[:, None] * np.abs(scale) + np.abs(offset)
    assert y.dtype == stats.dtype == dtype
    assert np.all(np.abs(y - reference(x, scale, offset)) <= TOLERANCES[dtype] * scale_of_y)
    assert np.all(np.abs(stats[0] - mean) <= TOLERANCES[dtype] * np.abs(x).max(1))
    assert np.all(np.abs(stats[1] / rstd - 1) <= TOLERANCES[dtype] * size)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@both_types
def test_forward_matches(shape, dtype, rng):
    x, _, scale, offset = draw(rng, shape, dtype)
    assert_forward_within(x, scale, offset)


@pytest.mark.parametrize("mean", [0.0, 100.0])
@both_types
def test_forward_keeps_its_accuracy_over_a_long_row(mean, dtype, rng):
    x, _, scale, offset = draw(rng, LONG_ROW, dtype)
    assert_forward_within(x + dtype(mean), scale, offset)


@pytest.mark.parametrize("shape", SHAPES[3:], ids=str)
@both_types
def test_gradients_match(shape, dtype, rng):
    x, dy, scale, offset = draw(rng, shape, dtype)
    _, stats = layernorm_forward(x, scale, offset, EPSILON)
    got = layernorm_backward(dy, x, scale, stats)
    dx, dscale, doffset = reference_gradients(dy, x, scale)
    _, rstd = statistics(x)
    size = np.abs(x).max(1) * rstd
    largest = np.abs(dy * scale).max(1) * rstd * (1 + size) ** 2
    of_scale = (np.abs(dy) * (1 + size)[:, None] ** 2).sum(0)
    sizes = (largest[:, None], of_scale, np.abs(dy).sum(0))
    for a, b, s in zip(got, (dx, dscale, doffset), sizes, strict=True):
        assert a.dtype == dtype
        assert a.shape == b.shape
        assert np.all(np.abs(a - b) <= TOLERANCES[dtype] * s)


def test_gradients_agree_with_central_differences(rng):
    x, dy, scale, offset = draw(rng, (12, 5))
    _, stats = layernorm_forward(x, scale, offset, EPSILON)
    slopes = layernorm_backward(dy, x, scale, stats)
    h = 1e-5
    for place, slope in enumerate(slopes):
        arguments: Any = [x, scale, offset]
        step = rng.standard_normal(arguments[place].shape)

        def at(t, place=place, step=step, arguments=arguments):
            moved = [a + t * step if i == place else a for i, a in enumerate(arguments)]
            return np.vdot(layernorm_forward(moved[0], moved[1], moved[2], EPSILON)[0], dy)

        measured = (at(h) - at(-h)) / (2 * h)
        assert abs(measured - np.vdot(slope, step)) <= 1e-7 * np.linalg.norm(slope) * h**-0.2


@pytest.mark.parametrize("shape", EMPTY, ids=str)
@both_types
def test_a_size_of_zero(shape, dtype, rng):
    x, dy, scale, offset = draw(rng, shape, dtype)
    y, stats = layernorm_forward(x, scale, offset, EPSILON)
    dx, dscale, doffset = layernorm_backward(dy, x, scale, stats)
    assert y.shape == dx.shape == shape
    assert stats.shape == (2, shape[0])
    np.testing.assert_array_equal(dscale, np.zeros(shape[-1]))
    np.testing.assert_array_equal(doffset, np.zeros(shape[-1]))


@both_types
def test_a_constant_row_gives_the_offset(dtype, rng):
    x = np.full((6, LANES + 1), 7, dtype)
    _, _, scale, offset = draw(rng, x.shape, dtype)
    y, stats = layernorm_forward(x, scale, offset, EPSILON)
    np.testing.assert_array_equal(y, np.broadcast_to(offset, x.shape))
    np.testing.assert_array_equal(stats[0], 7)


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
@both_types
def test_a_bad_sample_spoils_its_row_only(bad, dtype, rng):
    x, dy, scale, offset = draw(rng, (3, LANES + 3), dtype)
    y, stats = layernorm_forward(x, scale, offset, EPSILON)
    dx, _, _ = layernorm_backward(dy, x, scale, stats)
    x[1, LANES] = bad
    worse, stats = layernorm_forward(x, scale, offset, EPSILON)
    worse_dx, dscale, _ = layernorm_backward(dy, x, scale, stats)
    for got, clean in ((worse, y), (worse_dx, dx)):
        assert np.all(np.isnan(got[1]))
        np.testing.assert_array_equal(got[::2], clean[::2])
    assert np.all(np.isnan(dscale))


@both_types
def test_a_row_does_not_depend_on_other_rows(dtype, rng):
    x, dy, scale, offset = draw(rng, (99, LANES + 3), dtype)
    y, stats = layernorm_forward(x, scale, offset, EPSILON)
    dx, _, _ = layernorm_backward(dy, x, scale, stats)
    one = slice(40, 41)
    y_one, stats_one = layernorm_forward(x[one], scale, offset, EPSILON)
    np.testing.assert_array_equal(y_one, y[one])
    np.testing.assert_array_equal(layernorm_backward(dy[one], x[one], scale, stats_one)[0], dx[one])


LAYOUTS = {
    "strided": lambda a: np.repeat(a, 2, -1)[..., ::2],
    "fortran": np.asfortranarray,
    "negative": lambda a: a[..., ::-1].copy()[..., ::-1],
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@both_types
def test_the_layout_of_an_input_does_not_matter(layout, dtype, rng):
    clean = draw(rng, (15, 7), dtype)
    x, dy, scale, offset = (layout(array) for array in clean)
    y, stats = layernorm_forward(x, scale, offset, EPSILON)
    want, want_stats = layernorm_forward(clean[0], clean[2], clean[3], EPSILON)
    np.testing.assert_array_equal(y, want)
    got = layernorm_backward(dy, x, scale, stats)
    for a, b in zip(got, layernorm_backward(clean[1], clean[0], clean[2], want_stats), strict=True):
        np.testing.assert_array_equal(a, b)
    for array, original in zip((x, dy, scale, offset), clean, strict=True):
        np.testing.assert_array_equal(array, original)


@both_types
def test_gradients_of_like_numbers_over_many_rows_lose_little(dtype, rng):
    """As those of a mean, whose rounding errors have all the same sign."""
    shape = (1 << 17, 3)
    x, _, scale, offset = draw(rng, shape, dtype)
    _, stats = layernorm_forward(x, scale, offset, EPSILON)
    _, _, doffset = layernorm_backward(np.full(shape, 0.1, dtype), x, scale, stats)
    want = shape[0] * float(dtype(0.1))
    np.testing.assert_allclose(doffset, np.full(3, want), rtol=TOLERANCES[dtype])
