"""Layer normalization of rows: forward and gradients, one pass each way.

x is (R, P, C) in memory: R rows, each normalized over its P*C numbers, then scaled and shifted by
channel::

    xhat = (x - mean) / sqrt(var + epsilon),   y = scale[c] * xhat + offset[c]

with the biased variance, in two passes over the row.  With g = dy * scale::

    dx = (g - mean(g) - xhat * mean(g * xhat)) / sqrt(var + epsilon)
    dscale = sum dy * xhat,   doffset = sum dy

The last two are summed in parts fixed by the problem.  Every sum runs over at most RUN terms at a
time, so that single precision keeps its digits over long rows.
"""

from __future__ import annotations

import math

from ._buffers import Array, empty
from ._jit import canonical, device, kernel, workers
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
    sub,
)
from .reduce import sum_rows

RUN = 128
MAX_PARTS = 32
PART_SIZE = 4096  # numbers of x, at least, that one part sums


@device
def _sum(like, start, n):
    """A vector with the sum of n numbers at an address."""
    size, width = itemsize(like), lanes(like)
    total = splat(like, number(like, 0))
    whole = n // width * width
    for i in range(0, whole, width):
        total = add(total, load_whole(like, start + i * size))
    if whole < n:
        total = add(total, load(like, start + whole * size, n - whole))
    return total


@device
def _sum_of_squares(like, start, n, centre):
    """A vector with the sum of the squared distances of n numbers from ``centre``."""
    size, width = itemsize(like), lanes(like)
    total = splat(like, number(like, 0))
    whole = n // width * width
    for i in range(0, whole, width):
        distance = sub(load_whole(like, start + i * size), centre)
        total = fma(distance, distance, total)
    if whole < n:
        distance = keep_first(sub(load(like, start + whole * size, n - whole), centre), n - whole)
        total = fma(distance, distance, total)
    return total


@device
def _row_mean(like, row, n):
    """The mean of n numbers at an address."""
    run = RUN * lanes(like)
    total = _sum(like, row, min(n, run))
    for i in range(run, n, run):
        total = add(total, _sum(like, row + i * itemsize(like), min(n - i, run)))
    return lane_sum(total) / number(like, n)


@device
def _row_variance(like, row, n, mean):
    """The mean of the squared distances of n numbers from ``mean``."""
    run, centre = RUN * lanes(like), splat(like, mean)
    total = _sum_of_squares(like, row, min(n, run), centre)
    for i in range(run, n, run):
        start = row + i * itemsize(like)
        total = add(total, _sum_of_squares(like, start, min(n - i, run), centre))
    return lane_sum(total) / number(like, n)


@kernel
def _forward(worker, workers, x, scale, offset, epsilon, y, stats):
    """Writes y and, per row, stats = (mean, 1/sqrt(var + epsilon))."""
    rows, positions, chans = x.shape
    size, width = itemsize(epsilon), lanes(epsilon)
    n = positions * chans
    one = x.dtype.type(1)
    for r in range(worker * rows // workers, (worker + 1) * rows // workers):
        row = address(x) + r * n * size
        mean = _row_mean(epsilon, row, n)
        rstd = one / math.sqrt(_row_variance(epsilon, row, n, mean) + epsilon)
        stats[r, 0], stats[r, 1] = mean, rstd
        centre, factor = splat(epsilon, mean), splat(epsilon, rstd)
        out = address(y) + r * n * size
        for _ in range(positions):
            for c in range(0, chans, width):
                at, count = c * size, chans - c
                xhat = mul(sub(load(epsilon, row + at, count), centre), factor)
                gain = load(epsilon, address(scale) + at, count)
                store(fma(xhat, gain, load(epsilon, address(offset) + at, count)), out + at, count)
            row += chans * size
            out += chans * size


@device
def _add_run(like, run, total, n):
    """total += run, run = 0, for n numbers at two addresses."""
    size = itemsize(like)
    for i in range(0, n, lanes(like)):
        at, count = i * size, n - i
        store(add(load(like, total + at, count), load(like, run + at, count)), total + at, count)
        store(splat(like, number(like, 0)), run + at, count)


@kernel
def _backward(worker, workers, dy, x, scale, stats, dx, partial):
    """Writes dx and partial[p, 0] = (dscale, doffset) summed over the p-th share of rows.

    partial[p, 1] holds the run of such sums that is under way.
    """
    rows, positions, chans = x.shape
    parts = partial.shape[0]
    like = x.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    n = positions * chans
    for part in range(worker * parts // workers, (worker + 1) * parts // workers):
        partial[part] = 0
        total = address(partial) + part * 4 * chans * size
        run, in_run = total + 2 * chans * size, 0
        for r in range(part * rows // parts, (part + 1) * rows // parts):
            centre, factor = splat(like, stats[r, 0]), splat(like, stats[r, 1])
            start = r * n * size
            g_sum, gx_sum = splat(like, like), splat(like, like)
            g_run, gx_run = g_sum, gx_sum
            for p in range(positions):
                for c in range(0, chans, width):
                    at, count = start + (p * chans + c) * size, chans - c
                    gradient = load(like, address(dy) + at, count)
                    xhat = mul(sub(load(like, address(x) + at, count), centre), factor)
                    g = mul(gradient, load(like, address(scale) + c * size, count))
                    g_run, gx_run = add(g_run, g), fma(g, keep_first(xhat, count), gx_run)
                    slot = run + c * size
                    store(fma(gradient, xhat, load(like, slot, count)), slot, count)
                    slot += chans * size
                    store(add(gradient, load(like, slot, count)), slot, count)
                in_run += 1
                if in_run == RUN:
                    _add_run(like, run, total, 2 * chans)
                    g_sum, gx_sum = add(g_sum, g_run), add(gx_sum, gx_run)
                    g_run, gx_run = splat(like, like), splat(like, like)
                    in_run = 0
            g_sum, gx_sum = add(g_sum, g_run), add(gx_sum, gx_run)
            g_mean = splat(like, lane_sum(g_sum) / number(like, n))
            gx_mean = splat(like, lane_sum(gx_sum) / number(like, n))
            for p in range(positions):
                for c in range(0, chans, width):
                    at, count = start + (p * chans + c) * size, chans - c
                    xhat = mul(sub(load(like, address(x) + at, count), centre), factor)
                    g = mul(
                        load(like, address(dy) + at, count),
                        load(like, address(scale) + c * size, count),
                    )
                    store(
                        mul(sub(sub(g, g_mean), mul(xhat, gx_mean)), factor),
                        address(dx) + at,
                        count,
                    )
        _add_run(like, run, total, 2 * chans)


def layernorm_forward(x: Array, scale: Array, offset: Array, epsilon: float) -> tuple[Array, Array]:
    """y (R, P, C) and the statistics (R, 2) of x (R, P, C), scale (C,), offset (C,)."""
    x = canonical(x)
    y = empty(x.shape, x.dtype)
    stats = empty((x.shape[0], 2), x.dtype)
    if x.size:
        n = workers(nbytes=2.0 * x.nbytes)
        _forward(n, x, canonical(scale), canonical(offset), x.dtype.type(epsilon), y, stats)
    return y, stats


def layernorm_backward(
    dy: Array, x: Array, scale: Array, stats: Array
) -> tuple[Array, Array, Array]:
    """dx (R, P, C), dscale (C,), doffset (C,)."""
    dy, x = canonical(dy), canonical(x)
    rows, _, chans = x.shape
    dx = empty(x.shape, x.dtype)
    parts = max(1, min(MAX_PARTS, rows, x.size // PART_SIZE))
    partial = empty((parts, 2, 2 * chans), x.dtype)
    if x.size:
        _backward(workers(nbytes=3.0 * x.nbytes), dy, x, canonical(scale), stats, dx, partial)
    else:
        partial[:] = 0
    sums = sum_rows(partial[:, 0].reshape(1, parts, 2 * chans))[0]
    return dx, sums[:chans], sums[chans:]
