"""Statistics of channels over positions, and what is made of them: the loops of `batchnorm` and
`groupnorm`; those of their gradients are in `_column_gradients`.

x is (R, P, W) in memory: R observations, P positions, W columns.  A column is a channel, or several
columns are one channel where narrow data were folded: (P, C) is (P/f, f*C) in the same memory, and
whole vectors then read it.

A reduction is shared as ``parts`` of the positions of each observation, a number fixed by the
problem.  A part runs over chunks that stay in the first cache: there a chunk is read twice, for its
mean and for the squared distances from it, which costs no memory traffic and keeps the digits of
data far from 0.  Chunks and parts are merged in double precision.
"""

from __future__ import annotations

import math

import numpy as np

from ._jit import device, kernel
from ._prefetch import prefetch
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

# -- one chunk ------------------------------------------------------------------------------------


@device
def _sums_of_four(like, start, rows, stride):
    """Sums over rows, ``stride`` bytes apart, of the four vectors at an address."""
    step = lanes(like) * itemsize(like)
    a = splat(like, number(like, 0))
    b, c, d = a, a, a
    for _ in range(rows):
        a = add(a, load_whole(like, start))
        b = add(b, load_whole(like, start + step))
        c = add(c, load_whole(like, start + 2 * step))
        d = add(d, load_whole(like, start + 3 * step))
        start += stride
    return a, b, c, d


@device
def _moments_of_four(like, start, rows, stride, out, row_out):
    """Of four vectors over rows: the mean as rounded, the sum of the distances from it, and that of
    their squares, to ``out``, ``out + row_out`` and ``out + 2*row_out``.  Asks for the rows after.
    """
    step = lanes(like) * itemsize(like)
    share = splat(like, number(like, 1) / number(like, rows))
    a, b, c, d = _sums_of_four(like, start, rows, stride)
    a, b, c, d = mul(a, share), mul(b, share), mul(c, share), mul(d, share)
    ea = splat(like, number(like, 0))
    eb, ec, ed, qa, qb, qc, qd = ea, ea, ea, ea, ea, ea, ea
    ahead = rows * stride
    for _ in range(rows):
        for at in range(ahead, ahead + 4 * step, step):
            prefetch(start + at)
        x = sub(load_whole(like, start), a)
        ea, qa = add(ea, x), fma(x, x, qa)
        x = sub(load_whole(like, start + step), b)
        eb, qb = add(eb, x), fma(x, x, qb)
        x = sub(load_whole(like, start + 2 * step), c)
        ec, qc = add(ec, x), fma(x, x, qc)
        x = sub(load_whole(like, start + 3 * step), d)
        ed, qd = add(ed, x), fma(x, x, qd)
        start += stride
    store_four(out, step, a, b, c, d)
    store_four(out + row_out, step, ea, eb, ec, ed)
    store_four(out + 2 * row_out, step, qa, qb, qc, qd)


@device
def store_four(out, step, a, b, c, d):
    """Four vectors, ``step`` bytes apart."""
    store_whole(a, out)
    store_whole(b, out + step)
    store_whole(c, out + 2 * step)
    store_whole(d, out + 3 * step)


@device
def _moments_of_one(like, start, rows, stride, out, row_out, count):
    """As `_moments_of_four`, of the first ``count`` lanes of one vector."""
    total = splat(like, number(like, 0))
    e, q, at = total, total, start
    for _ in range(rows):
        total = add(total, load(like, at, count))
        at += stride
    mean = mul(total, splat(like, number(like, 1) / number(like, rows)))
    for _ in range(rows):
        x = sub(load(like, start, count), mean)
        e, q = add(e, x), fma(x, x, q)
        start += stride
    store(mean, out, count)
    store(e, out + row_out, count)
    store(q, out + 2 * row_out, count)


@device
def _chunk_moments(like, start, rows, wide, out):
    """The moments of ``wide`` columns over rows that follow each other, to out (3, wide)."""
    size, width = itemsize(like), lanes(like)
    whole = wide // (4 * width) * (4 * width)
    for c in range(0, whole, 4 * width):
        at = c * size
        _moments_of_four(like, start + at, rows, wide * size, out + at, wide * size)
    for c in range(whole, wide, width):
        at = c * size
        _moments_of_one(like, start + at, rows, wide * size, out + at, wide * size, wide - c)


@device
def _merge_chunk(chunk, rows, before, total, spread):
    """Add a chunk of rows to the sums and squared distances of the ``before`` rows so far."""
    weight, divisor = before * float(rows) / (before + rows), max(before, 1)
    for c in range(total.shape[0]):
        rest = np.float64(chunk[1, c])
        whole = rows * np.float64(chunk[0, c])
        here = whole + rest
        if here != here:  # noqa: PLR0124 - the mean is Inf, and distances from it are NaN
            here = whole
        apart = here / rows - total[c] / divisor
        spread[c] += chunk[2, c] - rest * rest / rows + apart * apart * weight
        total[c] += here


@kernel
def moments(worker, workers, x, chunk, scratch, partial):
    """partial[r, q] = sum of x, and of squared distances from the mean, by column over the q-th
    part of the positions of observation r.  partial (R, parts + 1, 2, W), scratch (workers, 3, W).
    """
    outer, positions, wide = x.shape
    parts = partial.shape[1] - 1
    like = x.dtype.type(0)
    mine = scratch[worker]
    for job in range(worker * outer * parts // workers, (worker + 1) * outer * parts // workers):
        r, q = job // parts, job % parts
        begin, end = q * positions // parts, (q + 1) * positions // parts
        total, spread = partial[r, q, 0], partial[r, q, 1]
        total[:] = 0
        spread[:] = 0
        for first in range(begin, end, chunk):
            rows = min(chunk, end - first)
            start = address(x) + (r * positions + first) * wide * itemsize(like)
            _chunk_moments(like, start, rows, wide, address(mine))
            _merge_chunk(mine, rows, first - begin, total, spread)


@kernel
def statistics(worker, workers, partial, positions, fold, group, stats):
    """stats[r, :, g] = mean and biased variance of the numbers of ``group`` channels, from what
    `moments` left of them.  Uses the last part of ``partial`` as scratch.
    """
    outer, slots, _, wide = partial.shape
    parts, chans = slots - 1, wide // fold
    n = float(positions) * fold * group
    for r in range(worker * outer // workers, (worker + 1) * outer // workers):
        total, spread = partial[r, parts, 0], partial[r, parts, 1]
        total[:] = 0
        spread[:] = 0
        for q in range(parts):
            for c in range(wide):
                total[c] += partial[r, q, 0, c]
        for g in range(chans // group):
            mean = _group_sum(total, g * group, group, chans) / n
            stats[r, 0, g] = mean
            for j in range(0, wide, chans):
                for c in range(j + g * group, j + (g + 1) * group):
                    total[c] = mean
        for q in range(parts):
            rows = (q + 1) * positions // parts - q * positions // parts
            for c in range(wide):
                apart = partial[r, q, 0, c] / rows - total[c]
                spread[c] += partial[r, q, 1, c] + rows * apart * apart
        for g in range(chans // group):
            variance = _group_sum(spread, g * group, group, chans) / n
            stats[r, 1, g] = 0.0 if variance < 0 else variance  # by rounding, of equal numbers


@device
def _group_sum(values, first, group, chans):
    """The sum of ``group`` channels from ``first``, over all folds."""
    total = 0.0
    for j in range(0, values.shape[0], chans):
        for c in range(j + first, j + first + group):
            total += values[c]
    return total


# -- y from statistics ----------------------------------------------------------------------------


@device
def _spread_factors(mean, variance, scale, offset, epsilon, factors):
    """factors (3, W): centre, factor and offset of each column."""
    chans = scale.shape[0]
    group = chans // mean.shape[0]
    for c in range(chans):
        g = c // group
        factors[0, c] = mean[g]
        factors[1, c] = scale[c] / math.sqrt(variance[g] + epsilon)
        factors[2, c] = offset[c]
    for row in range(3):
        tile_row(factors[row], chans)


@device
def tile_row(row, chans):
    """Repeat the first ``chans`` numbers over the whole row."""
    for c in range(chans, row.shape[0]):
        row[c] = row[c - chans]


@kernel
def standardize(worker, workers, x, stats, scale, offset, epsilon, scratch, y):
    """y = (x - mean) / sqrt(variance + epsilon) * scale + offset, the first two by observation and
    group from stats (R, 2, G), the others by channel.  scratch (workers, 3, W).
    """
    outer, positions, wide = x.shape
    like = x.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    factors = scratch[worker]
    centre = address(factors)
    factor, shift = centre + wide * size, centre + 2 * wide * size
    row, end = worker * outer * positions // workers, (worker + 1) * outer * positions // workers
    whole = wide // width * width
    while row < end:
        r = row // positions
        _spread_factors(stats[r, 0], stats[r, 1], scale, offset, epsilon, factors)
        stop = min(end, (r + 1) * positions)
        source, target = address(x) + row * wide * size, address(y) + row * wide * size
        for _ in range(row, stop):
            for at in range(0, whole * size, width * size):
                apart = sub(load_whole(like, source + at), load_whole(like, centre + at))
                value = fma(apart, load_whole(like, factor + at), load_whole(like, shift + at))
                store_whole(value, target + at)
            if whole < wide:
                at, count = whole * size, wide - whole
                apart = sub(load(like, source + at, count), load(like, centre + at, count))
                value = fma(apart, load(like, factor + at, count), load(like, shift + at, count))
                store(value, target + at, count)
            source += wide * size
            target += wide * size
        row = stop
