"""The gradients of `batchnorm` and `groupnorm`: sums of channels over positions, and dx from them.

Sizes, parts and chunks as in `_columns`.  The sums of a chunk are in the type of the data, those of
a part in double precision.
"""

from __future__ import annotations

import math

from ._columns import store_four, tile_row
from ._jit import device, kernel
from ._simd import (
    add,
    address,
    fma,
    itemsize,
    lanes,
    load,
    load_whole,
    mul,
    number,
    splat,
    store,
    store_whole,
    sub,
)


@device
def _gradients_of_four(like, dy, x, rows, stride, centre, out, row_out):
    """Of four vectors over rows: sums of dy and of dy * (x - centre), to out and out + row_out."""
    step = lanes(like) * itemsize(like)
    a = splat(like, number(like, 0))
    b, c, d, qa, qb, qc, qd = a, a, a, a, a, a, a
    ma, mb = load_whole(like, centre), load_whole(like, centre + step)
    mc, md = load_whole(like, centre + 2 * step), load_whole(like, centre + 3 * step)
    for _ in range(rows):
        slope = load_whole(like, dy)
        a, qa = add(a, slope), fma(slope, sub(load_whole(like, x), ma), qa)
        slope = load_whole(like, dy + step)
        b, qb = add(b, slope), fma(slope, sub(load_whole(like, x + step), mb), qb)
        slope = load_whole(like, dy + 2 * step)
        c, qc = add(c, slope), fma(slope, sub(load_whole(like, x + 2 * step), mc), qc)
        slope = load_whole(like, dy + 3 * step)
        d, qd = add(d, slope), fma(slope, sub(load_whole(like, x + 3 * step), md), qd)
        dy += stride
        x += stride
    store_four(out, step, a, b, c, d)
    store_four(out + row_out, step, qa, qb, qc, qd)


@device
def _gradients_of_one(like, dy, x, rows, stride, centre, out, row_out, count):
    """As `_gradients_of_four`, of the first ``count`` lanes of one vector."""
    a = splat(like, number(like, 0))
    q, middle = a, load(like, centre, count)
    for _ in range(rows):
        slope = load(like, dy, count)
        a, q = add(a, slope), fma(slope, sub(load(like, x, count), middle), q)
        dy += stride
        x += stride
    store(a, out, count)
    store(q, out + row_out, count)


@device
def _chunk_gradients(like, dy, x, rows, wide, scratch):
    """scratch (3, wide) = sums of dy and of dy * (x - centre) over rows; the centre stands in the
    third row.
    """
    size, width = itemsize(like), lanes(like)
    stride = wide * size
    whole = wide // (4 * width) * (4 * width)
    for c in range(0, whole, 4 * width):
        at = c * size
        out = scratch + at
        _gradients_of_four(like, dy + at, x + at, rows, stride, out + 2 * stride, out, stride)
    for c in range(whole, wide, width):
        at, count = c * size, wide - c
        out = scratch + at
        _gradients_of_one(like, dy + at, x + at, rows, stride, out + 2 * stride, out, stride, count)


@kernel
def gradient_sums(worker, workers, dy, x, stats, chans, chunk, scratch, partial):
    """partial[r, q] = sum of dy, and of dy * (x - mean), by column over the q-th part of the
    positions of observation r.  Sizes as in `moments`.
    """
    outer, positions, wide = x.shape
    parts = partial.shape[1] - 1
    like = x.dtype.type(0)
    mine = scratch[worker]
    group = chans // stats.shape[2]
    for job in range(worker * outer * parts // workers, (worker + 1) * outer * parts // workers):
        r, q = job // parts, job % parts
        begin, end = q * positions // parts, (q + 1) * positions // parts
        sums = partial[r, q]
        sums[:] = 0
        for c in range(chans):
            mine[2, c] = stats[r, 0, c // group]
        tile_row(mine[2], chans)
        for first in range(begin, end, chunk):
            rows = min(chunk, end - first)
            at = (r * positions + first) * wide * itemsize(like)
            _chunk_gradients(like, address(dy) + at, address(x) + at, rows, wide, address(mine))
            for k in range(2):
                for c in range(wide):
                    sums[k, c] += mine[k, c]


@kernel
def gradient_means(worker, workers, partial, stats, scale, epsilon, count, means):
    """From what `gradient_sums` left: the last part of ``partial`` becomes doffset and dscale of
    each observation, by channel, and means[r, :, g] the means over ``count`` numbers of dy * scale
    and of dy * scale * xhat.
    """
    outer, slots, _, wide = partial.shape
    parts, chans = slots - 1, scale.shape[0]
    group = chans // stats.shape[2]
    for r in range(worker * outer // workers, (worker + 1) * outer // workers):
        sums = partial[r, parts]
        sums[:] = 0
        for q in range(parts):
            for k in range(2):
                for c in range(wide):
                    sums[k, c] += partial[r, q, k, c]
        for j in range(chans, wide, chans):
            for k in range(2):
                for c in range(chans):
                    sums[k, c] += sums[k, j + c]
        for g in range(chans // group):
            rstd = 1.0 / math.sqrt(stats[r, 1, g] + epsilon)
            slope, slope_x = 0.0, 0.0
            for c in range(g * group, (g + 1) * group):
                sums[1, c] *= rstd
                slope += sums[0, c] * scale[c]
                slope_x += sums[1, c] * scale[c]
            means[r, 0, g], means[r, 1, g] = slope / count, slope_x / count


@device
def _spread_slopes(mean, variance, scale, slope, slope_x, epsilon, factors):
    """factors (4, W) with dx = factors[0] * dy - factors[1] - factors[2] * (x - factors[3])."""
    chans = scale.shape[0]
    group = chans // mean.shape[0]
    for c in range(chans):
        g = c // group
        rstd = 1.0 / math.sqrt(variance[g] + epsilon)
        factors[0, c] = scale[c] * rstd
        factors[1, c] = slope[g] * rstd
        factors[2, c] = slope_x[g] * rstd * rstd
        factors[3, c] = mean[g]
    for row in range(4):
        tile_row(factors[row], chans)


@kernel
def gradient_x(worker, workers, dy, x, stats, scale, means, epsilon, scratch, dx):
    """dx = (g - mean g - xhat * mean(g * xhat)) / sqrt(variance + epsilon), g = dy * scale.
    scratch (workers, 4, W).
    """
    outer, positions, wide = x.shape
    like = x.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    factors = scratch[worker]
    a = address(factors)
    b, d, centre = a + wide * size, a + 2 * wide * size, a + 3 * wide * size
    row, end = worker * outer * positions // workers, (worker + 1) * outer * positions // workers
    whole = wide // width * width
    while row < end:
        r = row // positions
        _spread_slopes(stats[r, 0], stats[r, 1], scale, means[r, 0], means[r, 1], epsilon, factors)
        stop = min(end, (r + 1) * positions)
        for at_row in range(row * wide * size, stop * wide * size, wide * size):
            slope, source, target = address(dy) + at_row, address(x) + at_row, address(dx) + at_row
            for at in range(0, whole * size, width * size):
                apart = sub(load_whole(like, source + at), load_whole(like, centre + at))
                away = fma(apart, load_whole(like, d + at), load_whole(like, b + at))
                value = mul(load_whole(like, slope + at), load_whole(like, a + at))
                store_whole(sub(value, away), target + at)
            if whole < wide:
                at, count = whole * size, wide - whole
                apart = sub(load(like, source + at, count), load(like, centre + at, count))
                away = fma(apart, load(like, d + at, count), load(like, b + at, count))
                value = mul(load(like, slope + at, count), load(like, a + at, count))
                store(sub(value, away), target + at, count)
        row = stop
