"""Layer normalization of rows: forward and gradients, one pass each way.

x is (R, C) in memory: each row is normalized over its C numbers, then scaled and shifted by
channel::

    xhat = (x - mean) / sqrt(var + epsilon),   y = scale[c] * xhat + offset[c]

with the biased variance, in two passes over the row.  With g = dy * scale::

    dx = (g - mean(g) - xhat * mean(g * xhat)) / sqrt(var + epsilon)
    dscale = sum dy * xhat,   doffset = sum dy

Rows go in blocks that stay in the first cache.  A pass over a block makes the sums of its rows,
which wait for no other row; the next one reads it again by columns, so that the last two sums stay
in registers.  They are made in parts fixed by the problem, and merged in double precision.  Rows
over several positions are those of `groupnorm` with one group.
"""

from __future__ import annotations

import math

import numpy as np

from ._buffers import Array, empty, workspace
from ._columns import store_four
from ._jit import canonical, device, kernel, workers
from ._prefetch import prefetch, prefetch_to_write
from ._simd import (
    add,
    address,
    fma,
    itemsize,
    keep_first,
    lane_sum,
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

RUN = 512  # vectors of a row summed before double precision takes over
RUN_ROWS = 128  # and rows of a column
BLOCK_SIZE = 2048  # numbers of a block of rows: x, dy and y of 8 KiB each
BLOCK_ROWS = 64
MAX_PARTS = 64
PART_SIZE = 1 << 14  # numbers of x, at least, that one part sums

# -- forward --------------------------------------------------------------------------------------


@device
def _run_sum(like, start, n):
    """The sum of n numbers at an address."""
    size, width = itemsize(like), lanes(like)
    step = width * size
    a = splat(like, number(like, 0))
    end, four = start + n // width * step, start + n // (4 * width) * (4 * step)
    if start < four:
        b, c, d = a, a, a
        while start < four:
            a = add(a, load_whole(like, start))
            b = add(b, load_whole(like, start + step))
            c = add(c, load_whole(like, start + 2 * step))
            d = add(d, load_whole(like, start + 3 * step))
            start += 4 * step
        a = add(add(a, b), add(c, d))
    while start < end:
        a = add(a, load_whole(like, start))
        start += step
    if n % width:
        a = add(a, load(like, start, n % width))
    return lane_sum(a)


@device
def _run_squares(like, start, n, centre):
    """The sum of the squared distances of n numbers from ``centre``."""
    size, width = itemsize(like), lanes(like)
    step = width * size
    a = splat(like, number(like, 0))
    end, two = start + n // width * step, start + n // (2 * width) * (2 * step)
    if start < two:
        b = a
        while start < two:
            apart = sub(load_whole(like, start), centre)
            a = fma(apart, apart, a)
            apart = sub(load_whole(like, start + step), centre)
            b = fma(apart, apart, b)
            start += 2 * step
        a = add(a, b)
    if start < end:
        apart = sub(load_whole(like, start), centre)
        a = fma(apart, apart, a)
        start += step
    if n % width:
        apart = keep_first(sub(load(like, start, n % width), centre), n % width)
        a = fma(apart, apart, a)
    return lane_sum(a)


@device
def _block_statistics(like, start, out, rows, n, epsilon, mean, rstd):
    """mean and 1/sqrt(var + epsilon) of rows of n numbers that follow each other.  Asks for the
    lines at ``out``, which are written next.
    """
    size, run = itemsize(like), RUN * lanes(like)
    share = 1.0 / n
    for i in range(rows):
        total = 0.0
        for at in range(0, n, run):
            total += _run_sum(like, start + (i * n + at) * size, min(run, n - at))
        mean[i] = total * share
    for i in range(rows):
        centre, total = splat(like, mean[i]), 0.0
        for at in range(i * n * size, (i + 1) * n * size, lanes(like) * size):
            prefetch_to_write(out + at)
        for at in range(0, n, run):
            total += _run_squares(like, start + (i * n + at) * size, min(run, n - at), centre)
        rstd[i] = total * share
    for i in range(rows):
        rstd[i] = 1.0 / math.sqrt(rstd[i] + epsilon)


@kernel
def _forward(worker, workers, x, scale, offset, epsilon, block, y, stats):
    """Writes y and stats (2, R): mean and 1/sqrt(var + epsilon) of each row."""
    rows, chans = x.shape
    like = x.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    whole, row_size = chans // width * width * size, chans * size
    rest, ahead = chans % width, block * row_size
    gain, shift = address(scale), address(offset)
    end = (worker + 1) * rows // workers
    for first in range(worker * rows // workers, end, block):
        last = min(end, first + block)
        mean, rstd = stats[0, first:last], stats[1, first:last]
        source, target = address(x) + first * row_size, address(y) + first * row_size
        _block_statistics(like, source, target, last - first, chans, epsilon, mean, rstd)
        for i in range(last - first):
            centre, factor = splat(like, mean[i]), splat(like, rstd[i])
            for at in range(0, whole, width * size):
                prefetch(source + ahead + at)
                xhat = mul(sub(load_whole(like, source + at), centre), factor)
                value = fma(xhat, load_whole(like, gain + at), load_whole(like, shift + at))
                store_whole(value, target + at)
            if rest:
                xhat = mul(sub(load(like, source + whole, rest), centre), factor)
                value = fma(xhat, load(like, gain + whole, rest), load(like, shift + whole, rest))
                store(value, target + whole, rest)
            source += row_size
            target += row_size


# -- backward -------------------------------------------------------------------------------------


@device
def _run_slopes(like, dy, x, gain, n, centre, dx):
    """The sums over n numbers of g = dy * gain, and of g * (x - centre).  Asks for the lines of dx,
    which is written next.
    """
    size, width = itemsize(like), lanes(like)
    a = splat(like, number(like, 0))
    b = a
    whole = n // width * width * size
    for at in range(0, whole, width * size):
        prefetch_to_write(dx + at)
        g = mul(load_whole(like, dy + at), load_whole(like, gain + at))
        a, b = add(a, g), fma(g, sub(load_whole(like, x + at), centre), b)
    if n % width:
        prefetch_to_write(dx + whole)
        g = mul(load(like, dy + whole, n % width), load(like, gain + whole, n % width))
        a, b = add(a, g), fma(g, sub(load(like, x + whole, n % width), centre), b)
    return lane_sum(a), lane_sum(b)


@device
def _block_slopes(like, dy, x, gain, dx, rows, n, factors):
    """factors[2:, i] = -mean(g) / sqrt(var + epsilon) and -mean(g * xhat) / sqrt(var + epsilon) of
    each row, from factors[:2, i] = mean and 1/sqrt(var + epsilon).
    """
    size, run = itemsize(like), RUN * lanes(like)
    share = -1.0 / n
    for i in range(rows):
        centre = splat(like, factors[0, i])
        total, total_x = 0.0, 0.0
        for c in range(0, n, run):
            at, count = (i * n + c) * size, min(run, n - c)
            a, b = _run_slopes(like, dy + at, x + at, gain + c * size, count, centre, dx + at)
            total += a
            total_x += b
        factors[2, i], factors[3, i] = total, total_x
    for i in range(rows):
        factor = factors[1, i]
        factors[2, i] *= share * factor
        factors[3, i] *= share * factor * factor


@device
def _dx(g, xhat, gain, factor, slope, slope_x):
    return fma(mul(g, gain), factor, fma(xhat, slope_x, slope))


@device
def _block_gradient_four(like, dy, x, gain, dx, rows, stride, factors, sums, row_out):
    """dx of four vectors of columns; adds to ``sums`` and ``sums + row_out`` those of dy * xhat and
    of dy.  Asks for the next rows of dy and x.
    """
    step, ahead = lanes(like) * itemsize(like), rows * stride
    ax, bx = load_whole(like, sums), load_whole(like, sums + step)
    cx, ex = load_whole(like, sums + 2 * step), load_whole(like, sums + 3 * step)
    a, b = load_whole(like, sums + row_out), load_whole(like, sums + row_out + step)
    c, e = load_whole(like, sums + row_out + 2 * step), load_whole(like, sums + row_out + 3 * step)
    for i in range(rows):
        for at in range(ahead, ahead + 4 * step, step):
            prefetch(dy + at)
            prefetch(x + at)
        centre, factor = splat(like, factors[0, i]), splat(like, factors[1, i])
        slope, slope_x = splat(like, factors[2, i]), splat(like, factors[3, i])
        g, xhat = load_whole(like, dy), mul(sub(load_whole(like, x), centre), factor)
        a, ax = add(a, g), fma(g, xhat, ax)
        store_whole(_dx(g, xhat, load_whole(like, gain), factor, slope, slope_x), dx)
        at = step
        g, xhat = load_whole(like, dy + at), mul(sub(load_whole(like, x + at), centre), factor)
        b, bx = add(b, g), fma(g, xhat, bx)
        store_whole(_dx(g, xhat, load_whole(like, gain + at), factor, slope, slope_x), dx + at)
        at = 2 * step
        g, xhat = load_whole(like, dy + at), mul(sub(load_whole(like, x + at), centre), factor)
        c, cx = add(c, g), fma(g, xhat, cx)
        store_whole(_dx(g, xhat, load_whole(like, gain + at), factor, slope, slope_x), dx + at)
        at = 3 * step
        g, xhat = load_whole(like, dy + at), mul(sub(load_whole(like, x + at), centre), factor)
        e, ex = add(e, g), fma(g, xhat, ex)
        store_whole(_dx(g, xhat, load_whole(like, gain + at), factor, slope, slope_x), dx + at)
        dy += stride
        x += stride
        dx += stride
    store_four(sums, step, ax, bx, cx, ex)
    store_four(sums + row_out, step, a, b, c, e)


@device
def _block_gradient_one(like, dy, x, gain, dx, rows, stride, factors, sums, row_out, count):
    """As `_block_gradient_four`, of the first ``count`` lanes of one vector."""
    weight, ahead = load(like, gain, count), rows * stride
    ax, a = load(like, sums, count), load(like, sums + row_out, count)
    for i in range(rows):
        prefetch(dy + ahead)
        prefetch(x + ahead)
        centre, factor = splat(like, factors[0, i]), splat(like, factors[1, i])
        slope, slope_x = splat(like, factors[2, i]), splat(like, factors[3, i])
        g, xhat = load(like, dy, count), mul(sub(load(like, x, count), centre), factor)
        a, ax = add(a, g), fma(g, xhat, ax)
        store(_dx(g, xhat, weight, factor, slope, slope_x), dx, count)
        dy += stride
        x += stride
        dx += stride
    store(ax, sums, count)
    store(a, sums + row_out, count)


@device
def _block_gradient(like, dy, x, gain, dx, rows, chans, factors, sums):
    """dx of a block of rows; adds dy * xhat and dy to sums (2, C)."""
    size, width = itemsize(like), lanes(like)
    stride = chans * size
    whole = chans // (4 * width) * (4 * width) * size
    for at in range(0, whole, 4 * width * size):
        _block_gradient_four(
            like, dy + at, x + at, gain + at, dx + at, rows, stride, factors, sums + at, stride
        )
    for at in range(whole, stride, width * size):
        count, out = (stride - at) // size, sums + at
        _block_gradient_one(
            like, dy + at, x + at, gain + at, dx + at, rows, stride, factors, out, stride, count
        )


@device
def _flush(sums, total):
    """total += sums, sums = 0."""
    for k in range(2):
        for c in range(sums.shape[1]):
            total[k, c] += sums[k, c]
            sums[k, c] = 0


@kernel
def _backward(worker, workers, dy, x, scale, stats, block, scratch, dx, partial):
    """Writes dx, and partial (parts, 2, C) = dscale and doffset summed over a share of the rows.
    scratch (workers, 2*C + 4*block).
    """
    rows, chans = x.shape
    parts = partial.shape[0]
    like = x.dtype.type(0)
    sums = scratch[worker, : 2 * chans].reshape(2, chans)
    factors = scratch[worker, 2 * chans :].reshape(4, block)
    gain = address(scale)
    for part in range(worker * parts // workers, (worker + 1) * parts // workers):
        partial[part] = 0
        sums[:] = 0
        begin, end = part * rows // parts, (part + 1) * rows // parts
        for first in range(begin, end, block):
            n, at = min(block, end - first), first * chans * itemsize(like)
            for i in range(n):
                factors[0, i], factors[1, i] = stats[0, first + i], stats[1, first + i]
            slope, source, target = address(dy) + at, address(x) + at, address(dx) + at
            _block_slopes(like, slope, source, gain, target, n, chans, factors)
            _block_gradient(like, slope, source, gain, target, n, chans, factors, address(sums))
            if (first - begin) % RUN_ROWS < block:
                _flush(sums, partial[part])
        _flush(sums, partial[part])


# -- drivers --------------------------------------------------------------------------------------


def _block(chans: int) -> int:
    return max(1, min(BLOCK_ROWS, BLOCK_SIZE // chans))


def layernorm_forward(x: Array, scale: Array, offset: Array, epsilon: float) -> tuple[Array, Array]:
    """y (R, C) and the statistics (2, R) of x (R, C), scale (C,), offset (C,)."""
    x = canonical(x)
    y = empty(x.shape, x.dtype)
    stats = empty((2, x.shape[0]), x.dtype)
    if x.size:
        n = workers(nbytes=2.0 * x.nbytes)
        scale, offset = canonical(scale), canonical(offset)
        _forward(n, x, scale, offset, epsilon, _block(x.shape[1]), y, stats)
    return y, stats


def layernorm_backward(
    dy: Array, x: Array, scale: Array, stats: Array
) -> tuple[Array, Array, Array]:
    """dx (R, C), dscale (C,), doffset (C,)."""
    dy, x = canonical(dy), canonical(x)
    rows, chans = x.shape
    dx = empty(x.shape, x.dtype)
    if not x.size:
        return dx, np.zeros(chans, x.dtype), np.zeros(chans, x.dtype)
    parts = max(1, min(MAX_PARTS, rows, x.size // PART_SIZE))
    partial = empty((parts, 2, chans), np.float64)
    block, n = _block(chans), workers(nbytes=3.0 * x.nbytes)
    each = 2 * chans + 4 * block
    scratch = workspace(n * each, x.dtype)[: n * each].reshape(n, each)
    _backward(n, dy, x, canonical(scale), stats, block, scratch, dx, partial)
    dscale, doffset = np.add.reduce(partial, axis=0).astype(x.dtype)
    return dx, dscale, doffset
