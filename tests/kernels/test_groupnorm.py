"""Group normalization, and batch normalization on its kernels: values, gradients, what spreads."""

from typing import Any

import numpy as np
import pytest

from dlarray.kernels import (
    batch_statistics,
    batchnorm_backward,
    batchnorm_forward,
    batchnorm_sums,
    groupnorm,
    groupnorm_backward,
    groupnorm_forward,
)
from dlarray.testing import TOLERANCES
from tests import naive

EPSILON = 1e-5

# (observations, positions, channels), groups: every remainder of a vector and of four, one and
# several chunks and parts, positions that fold and that do not, one value in all
SHAPES: list[tuple[tuple[int, int, int], int]] = [
    ((1, 1, 1), 1),
    ((1, 7, 3), 3),
    ((3, 5, 4), 2),
    ((2, 64, 12), 3),
    ((1, 67, 63), 63),
    ((2, 33, 65), 5),
    ((1, 130, 64), 64),
    ((2, 20, 140), 7),
    ((70, 13, 20), 1),
    ((1, 3, 600), 600),
    ((1, 20_011, 5), 5),
    ((1, 20_000, 6), 2),
]
EMPTY = [(0, 3, 4), (3, 0, 4), (3, 4, 0)]

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
each_shape = pytest.mark.parametrize(("shape", "groups"), SHAPES, ids=str)


def draw(rng, shape, dtype: Any = np.float64) -> Any:
    """x, dy, scale and offset."""
    rows = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    return [*rows, *(rng.standard_normal(shape[-1]).astype(dtype) for _ in range(2))]


def grouped(values, groups):
    """(R, P, C) as (R, P, G, C/G) in double precision."""
    return np.asarray(values, np.float64).reshape(*values.shape[:2], groups, -1)


def statistics(x, groups):
    """Mean and variance (R, G)."""
    parts = grouped(x, groups)
    return parts.mean((1, 3)), parts.var((1, 3))


def spread(values, shape):
    """(R, G) for every element."""
    full = values[:, None, :, None] + np.zeros(grouped(np.empty(shape), values.shape[1]).shape)
    return full.reshape(shape)


def reference_gradients(dy, x, scale, groups):
    """dx, dscale and doffset as the definition gives them."""
    mean, variance = (spread(s, x.shape) for s in statistics(x, groups))
    rstd = 1 / np.sqrt(variance + EPSILON)
    dy, xhat = dy.astype(np.float64), (x - mean) * rstd
    g = dy * scale
    means = [spread(grouped(a, groups).mean((1, 3)), x.shape) for a in (g, g * xhat)]
    return (g - means[0] - xhat * means[1]) * rstd, (dy * xhat).sum((0, 1)), dy.sum((0, 1))


def assert_forward_within(x, scale, offset, groups):
    """Relative to |x| / sigma |scale| + |offset|, the sizes that make a value."""
    dtype = x.dtype.type
    y, stats = groupnorm_forward(x, scale, offset, groups, EPSILON)
    mean, variance = statistics(x, groups)
    rstd = 1 / np.sqrt(variance + EPSILON)
    largest = np.abs(grouped(x, groups)).max((1, 3))
    size = spread(largest * rstd, x.shape)
    want = naive.groupnorm(x, (1,), 2, groups, offset, scale, EPSILON)
    assert y.dtype == stats.dtype == dtype
    assert np.all(np.abs(y - want) <= TOLERANCES[dtype] * (size * np.abs(scale) + np.abs(offset)))
    assert np.all(np.abs(stats[:, 0] - mean) <= TOLERANCES[dtype] * largest)
    room = variance + 1e-3 * TOLERANCES[dtype] * largest**2
    assert np.all(np.abs(stats[:, 1] - variance) <= TOLERANCES[dtype] * room)


@each_shape
@pytest.mark.parametrize("mean", [0.0, 1000.0])
@both_types
def test_forward_matches(shape, groups, mean, dtype, rng):
    """Also the variance keeps its digits far from 0."""
    x, _, scale, offset = draw(rng, shape, dtype)
    assert_forward_within(x + dtype(mean), scale, offset, groups)


@both_types
def test_an_outlier_at_the_start_costs_no_digits(dtype, rng):
    x, _, scale, offset = draw(rng, (1, 6001, 3), dtype)
    x[:] += 1000
    x[0, 0] = 0
    assert_forward_within(x, scale, offset, 3)


@each_shape
@both_types
def test_gradients_match(shape, groups, dtype, rng):
    x, dy, scale, offset = draw(rng, shape, dtype)
    _, stats = groupnorm_forward(x, scale, offset, groups, EPSILON)
    got = groupnorm_backward(dy, x, scale, stats, EPSILON)
    mean, variance = (spread(s, x.shape) for s in statistics(x, groups))
    rstd = 1 / np.sqrt(variance + EPSILON)
    size = 1 + np.abs(x - mean) * rstd + TOLERANCES[dtype] * np.abs(x) * rstd
    of_x = np.abs(dy * scale).max() * rstd * size**2
    of_scale = (np.abs(dy) * size * (1 + np.abs(x) * rstd)).sum((0, 1))
    sizes = (of_x, of_scale, np.abs(dy).sum((0, 1)))
    for a, b, s in zip(got, reference_gradients(dy, x, scale, groups), sizes, strict=True):
        assert a.dtype == dtype
        assert a.shape == b.shape
        assert np.all(np.abs(a - b) <= 2 * TOLERANCES[dtype] * s)


@both_types
def test_observations_beyond_one_slab_are_the_same(dtype, rng, monkeypatch):
    x, dy, scale, offset = draw(rng, (70, 13, 20), dtype)

    def run():
        y, stats = groupnorm_forward(x, scale, offset, 4, EPSILON)
        return y, stats, *groupnorm_backward(dy, x, scale, stats, EPSILON)

    want = run()
    monkeypatch.setattr(groupnorm, "SLAB", 640)
    got = run()
    for a, b in zip(got[:3], want[:3], strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(got[3:], want[3:], strict=True):
        np.testing.assert_allclose(a, b, rtol=TOLERANCES[dtype])


@pytest.mark.parametrize("shape", EMPTY, ids=str)
@both_types
def test_a_size_of_zero(shape, dtype, rng):
    x, dy, scale, offset = draw(rng, shape, dtype)
    y, stats = groupnorm_forward(x, scale, offset, max(1, shape[2]), EPSILON)
    dx, dscale, doffset = groupnorm_backward(dy, x, scale, stats, EPSILON)
    assert y.shape == dx.shape == shape
    assert np.all(np.isnan(stats))
    np.testing.assert_array_equal(dscale, np.zeros(shape[-1]))
    np.testing.assert_array_equal(doffset, np.zeros(shape[-1]))


@both_types
def test_constant_channels_give_the_offset(dtype, rng):
    x = np.full((2, 300, 33), 7, dtype)
    x[1] = 0.1
    _, _, scale, offset = draw(rng, x.shape, dtype)
    y, stats = groupnorm_forward(x, scale, offset, 33, EPSILON)
    np.testing.assert_allclose(y, np.broadcast_to(offset, x.shape), rtol=0, atol=TOLERANCES[dtype])
    np.testing.assert_array_equal(stats[:, 0], x[:, 0])
    assert np.all((stats[:, 1] >= 0) & (stats[:, 1] <= np.finfo(dtype).eps ** 2))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("chans", [5, 70])
@both_types
def test_a_bad_sample_spoils_its_group_only(bad, chans, dtype, rng):
    x, dy, scale, offset = draw(rng, (3, 192, chans), dtype)
    y, stats = groupnorm_forward(x, scale, offset, chans, EPSILON)
    dx, _, _ = groupnorm_backward(dy, x, scale, stats, EPSILON)
    x[1, 20, 2] = bad
    worse, worse_stats = groupnorm_forward(x, scale, offset, chans, EPSILON)
    worse_dx, dscale, doffset = groupnorm_backward(dy, x, scale, worse_stats, EPSILON)
    np.testing.assert_array_equal(worse_stats[1, 0, 2], bad)
    assert np.isnan(worse_stats[1, 1, 2])
    spoilt = np.zeros(x.shape, bool)
    spoilt[1, :, 2] = True
    for got, clean in ((worse, y), (worse_dx, dx)):
        assert np.all(np.isnan(got[spoilt]))
        np.testing.assert_array_equal(got[~spoilt], clean[~spoilt])
    np.testing.assert_array_equal(np.isnan(dscale), np.arange(chans) == 2)
    assert np.all(np.isfinite(doffset))


LAYOUTS = {
    "strided": lambda a: np.repeat(a, 2, -1)[..., ::2],
    "fortran": np.asfortranarray,
    "negative": lambda a: a[..., ::-1].copy()[..., ::-1],
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@both_types
def test_the_layout_of_an_input_does_not_matter(layout, dtype, rng):
    clean = draw(rng, (3, 5, 7), dtype)
    x, dy, scale, offset = (layout(array) for array in clean)
    y, stats = groupnorm_forward(x, scale, offset, 7, EPSILON)
    want, want_stats = groupnorm_forward(clean[0], clean[2], clean[3], 7, EPSILON)
    np.testing.assert_array_equal(y, want)
    got = groupnorm_backward(dy, x, scale, stats, EPSILON)
    expected = groupnorm_backward(clean[1], clean[0], clean[2], want_stats, EPSILON)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a, b)
    for array, original in zip((x, dy, scale, offset), clean, strict=True):
        np.testing.assert_array_equal(array, original)


@both_types
def test_sums_of_like_numbers_over_many_positions_lose_little(dtype, rng):
    shape = (1, 1 << 18, 3)
    x, _, scale, _ = draw(rng, shape, dtype)
    dy = np.full(shape, 0.1, dtype)
    stats = batch_statistics(dy[0])
    np.testing.assert_allclose(stats[0], np.full(3, dtype(0.1)), rtol=TOLERANCES[dtype])
    assert np.all(stats[1] <= np.finfo(dtype).eps ** 2)
    _, _, doffset = batchnorm_backward(dy[0], x[0], batch_statistics(x[0]), scale, EPSILON)
    want = shape[1] * float(dtype(0.1))
    np.testing.assert_allclose(doffset, np.full(3, want), rtol=TOLERANCES[dtype])


# -- batch normalization --------------------------------------------------------------------------


@both_types
def test_batchnorm_is_groupnorm_of_one_observation(dtype, rng):
    x, dy, scale, offset = draw(rng, (1, 700, 13), dtype)
    stats = batch_statistics(x[0])
    y, want_stats = groupnorm_forward(x, scale, offset, 13, EPSILON)
    np.testing.assert_array_equal(stats, want_stats[0])
    np.testing.assert_array_equal(batchnorm_forward(x[0], stats, scale, offset, EPSILON), y[0])
    got = batchnorm_backward(dy[0], x[0], stats, scale, EPSILON)
    want = groupnorm_backward(dy, x, scale, want_stats, EPSILON)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a, b.reshape(a.shape))


@pytest.mark.parametrize("rows", [1, 500])
@both_types
def test_batchnorm_with_given_statistics(rows, dtype, rng):
    x, dy, scale, offset = (a[0] if a.ndim == 3 else a for a in draw(rng, (1, rows, 13), dtype))
    stats = np.stack((rng.standard_normal(13), rng.uniform(0.5, 2, 13))).astype(dtype)
    y = batchnorm_forward(x, stats, scale, offset, EPSILON)
    want = naive.batchnorm(x, 1, offset, scale, stats[0], stats[1], EPSILON)
    assert y.dtype == dtype
    assert np.all(np.abs(y - want) <= 10 * TOLERANCES[dtype])
    sums = batchnorm_sums(dy, x, stats, EPSILON)
    xhat = (x.astype(np.float64) - stats[0]) / np.sqrt(stats[1].astype(np.float64) + EPSILON)
    for got, terms in zip(sums, (dy.astype(np.float64), dy * xhat), strict=True):
        assert np.all(np.abs(got - terms.sum(0)) <= TOLERANCES[dtype] * np.abs(terms).sum(0))


def test_batchnorm_without_rows(rng):
    x, scale = np.empty((0, 3)), np.ones(3)
    stats = batch_statistics(x)
    assert np.all(np.isnan(stats))
    assert batchnorm_forward(x, stats, scale, scale, EPSILON).shape == (0, 3)
    np.testing.assert_array_equal(batchnorm_sums(x, x, stats, EPSILON), np.zeros((2, 3)))
