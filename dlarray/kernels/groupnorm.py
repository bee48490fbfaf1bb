"""Group normalization: each observation's numbers of a group of channels to mean 0 and variance 1.

x is (R, P, C) in memory, its channels in G groups that follow each other; then scaled and shifted
by channel::

    xhat = (x - mean[r, g]) / sqrt(variance[r, g] + epsilon),   y = scale[c] * xhat + offset[c]

over P positions and C/G channels, with the biased variance.  With g = dy * scale::

    dx = (g - mean g - xhat * mean(g * xhat)) / sqrt(variance + epsilon)
    dscale = sum dy * xhat,   doffset = sum dy

One group is layer normalization, one channel a group instance normalization, and one observation
with one channel a group batch normalization.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from ._buffers import Array, empty, workspace
from ._column_gradients import gradient_means, gradient_sums, gradient_x
from ._columns import moments, standardize, statistics
from ._jit import canonical, workers

FOLDED = 64  # columns are folded to a multiple of this, so that vectors are whole
FOLD_LIMIT = 512  # columns that folding makes, at most about
CHUNK_SIZE = 4096  # numbers of a chunk: 16 KiB of float32, which stay in the first cache
CHUNK_ROWS = (8, 64)  # least and most: short of rows merging costs, many lose digits
MAX_PARTS = 64
PART_SIZE = 1 << 14  # numbers that one part sums, at least
SLAB = 1 << 18  # columns of all observations for which partial sums exist at one time


class Plan(NamedTuple):
    """How the positions of (R, P, C) are folded and shared; a function of the sizes only."""

    fold: int
    parts: int
    chunk: int


@functools.lru_cache(maxsize=256)
def plan(outer: int, positions: int, chans: int) -> Plan:
    """The plan of a reduction over the positions of x (outer, positions, chans), none of them 0."""
    fold = 1
    while fold * chans % FOLDED and fold * chans < FOLD_LIMIT and positions % (2 * fold) == 0:
        fold *= 2
    rows, wide = positions // fold, fold * chans
    parts = max(1, min(MAX_PARTS // outer, positions * chans // PART_SIZE, rows))
    return Plan(fold, parts, max(CHUNK_ROWS[0], min(CHUNK_ROWS[1], CHUNK_SIZE // wide)))


def folded(x: Array, fold: int) -> Array:
    """(R, P, C) as (R, P/fold, fold*C)."""
    outer, positions, chans = x.shape
    return x.reshape(outer, positions // fold, fold * chans)


def scratch(count: int, rows: int, wide: int, dtype: np.dtype) -> Array:
    """(count, rows, wide) of workspace."""
    return workspace(count * rows * wide, dtype)[: count * rows * wide].reshape(count, rows, wide)


def group_statistics(x: Array, groups: int) -> Array:
    """(R, 2, G), mean and biased variance of x (R, P, C) over positions and the channels of a
    group; NaN over none.
    """
    x = canonical(x)
    outer, positions, chans = x.shape
    stats = empty((outer, 2, groups), x.dtype)
    if not x.size:
        stats[...] = np.nan
        return stats
    shared = plan(outer, positions, chans)
    wide, group = folded(x, shared.fold), chans // groups
    for slab in _slabs(outer, shared.fold * chans):
        _slab_statistics(wide[slab], shared, group, stats[slab])
    return stats


def _slabs(outer: int, wide: int) -> list[slice]:
    """Shares of the observations whose partial sums fit."""
    step = max(1, SLAB // wide)
    if outer <= step:
        return [slice(None)]
    return [slice(first, min(outer, first + step)) for first in range(0, outer, step)]


def _slab_statistics(x: Array, shared: Plan, group: int, stats: Array) -> None:
    outer, positions, wide = x.shape
    n = workers(nbytes=2.0 * x.nbytes)
    partial = empty((outer, shared.parts + 1, 2, wide), np.float64)
    moments(n, x, shared.chunk, scratch(n, 3, wide, x.dtype), partial)
    n = workers(nbytes=float(partial.nbytes)) if outer > 1 else 1
    statistics(n, partial, positions, shared.fold, group, stats)


def standardized(x: Array, stats: Array, scale: Array, offset: Array, epsilon: float) -> Array:
    """y (R, P, C) from mean and variance (R, 2, G)."""
    x = canonical(x)
    y = empty(x.shape, x.dtype)
    if x.size:
        fold = plan(*x.shape).fold
        n = workers(nbytes=2.0 * x.nbytes)
        wide = folded(x, fold)
        standardize(
            n,
            wide,
            stats,
            canonical(scale),
            canonical(offset),
            epsilon,
            scratch(n, 3, wide.shape[2], x.dtype),
            folded(y, fold),
        )
    return y


def groupnorm_forward(
    x: Array, scale: Array, offset: Array, groups: int, epsilon: float
) -> tuple[Array, Array]:
    """y (R, P, C) and the statistics (R, 2, G) of x (R, P, C), scale (C,), offset (C,)."""
    x = canonical(x)
    stats = group_statistics(x, groups)
    return standardized(x, stats, scale, offset, epsilon), stats


def groupnorm_backward(
    dy: Array, x: Array, scale: Array, stats: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """dx (R, P, C), dscale (C,), doffset (C,)."""
    dy, x, scale = canonical(dy), canonical(x), canonical(scale)
    outer, positions, chans = x.shape
    dx = empty(x.shape, x.dtype)
    if not x.size:
        return dx, np.zeros(chans, x.dtype), np.zeros(chans, x.dtype)
    shared = plan(outer, positions, chans)
    views = [folded(a, shared.fold) for a in (dy, x, dx)]
    sums = np.zeros((2, chans))
    for slab in _slabs(outer, shared.fold * chans):
        slope, data, target = (a[slab] for a in views)
        part, means = column_sums(slope, data, scale, stats[slab], epsilon, shared)
        sums += part
        n = workers(nbytes=3.0 * data.nbytes)
        work = scratch(n, 4, data.shape[2], x.dtype)
        gradient_x(n, slope, data, stats[slab], scale, means, epsilon, work, target)
    doffset, dscale = sums.astype(x.dtype)
    return dx, dscale, doffset


def column_sums(
    dy: Array, x: Array, scale: Array, stats: Array, epsilon: float, shared: Plan
) -> tuple[Array, Array]:
    """(2, C) sums of dy and of dy * xhat over folded observations and positions, in double
    precision, and the means (R, 2, G) of dy * scale and of dy * scale * xhat.
    """
    outer, positions, wide = x.shape
    chans, groups = len(scale), stats.shape[2]
    n = workers(nbytes=2.0 * x.nbytes)
    partial = empty((outer, shared.parts + 1, 2, wide), np.float64)
    means = empty(stats.shape, np.float64)
    gradient_sums(n, dy, x, stats, chans, shared.chunk, scratch(n, 3, wide, x.dtype), partial)
    count = float(positions) * (wide // groups)
    n = workers(nbytes=float(partial.nbytes)) if outer > 1 else 1
    gradient_means(n, partial, stats, scale, epsilon, count, means)
    last = partial[:, -1, :, :chans]
    return (last[0] if outer == 1 else np.add.reduce(last, axis=0)), means
