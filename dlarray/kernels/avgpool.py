"""Averages over windows along one axis, and their gradient.

Windows are those of `maxpool`.  Padding counts as zeros, or not at all (``mean``): then the average
is over the samples that exist, NaN where there is none.  The gradient is a sum over windows too:
those that hold a sample.
"""

from __future__ import annotations

import numpy as np

from ._buffers import Array, empty, workspace
from ._jit import canonical, kernel, workers
from ._lanes import LANES
from ._map import put
from ._pooling import FOLDED, INT32, SHARED, chunk_of, from_rows, parts_of, rows_of, streams_rows
from ._simd import address, div, fence, itemsize, lanes, load, load_whole, splat, store
from ._window_sums import sum_sliding, sum_windows


@kernel
def _average_apart(worker, workers, dy, k, stride, left, divisor, dx, streamed):
    """dx[a, p, c] = dy[a, t, c] / divisor of the only window t that holds p, 0 if none does."""
    outer, length, chans = dx.shape
    out = dy.shape[1]
    like = dy.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    row, whole, by = chans * size, chans // width * width, splat(like, divisor)
    job, end = worker * outer * length // workers, (worker + 1) * outer * length // workers
    while job < end:
        a, p = job // length, job % length
        stop = min(length, p + end - job)
        t = min((p + left) // stride, out - 1)
        while p < stop:
            begin = t * stride - left
            last = stop if t == out - 1 else min(stop, begin + stride)
            at, target = address(dy) + (a * out + t) * row, address(dx) + job * row
            for c in range(0, whole, width):
                value, to = div(load_whole(like, at + c * size), by), target + c * size
                for j in range(p - begin, last - begin):
                    put(value if j < k else splat(like, like), to, streamed)
                    to += row
            if whole < chans:
                count, to = chans - whole, target + whole * size
                value = div(load(like, at + whole * size, count), by)
                for j in range(p - begin, last - begin):
                    store(value if j < k else splat(like, like), to, count)
                    to += row
            job += last - p
            p, t = last, t + 1
    if streamed:
        fence()


@kernel
def _expand(worker, workers, dy, chans, stride, spaced):
    """spaced[n*stride, c] = dy[n, c], zeros between; arrays flat."""
    rows = dy.shape[0] // chans
    gap = (stride - 1) * chans
    begin, end = worker * rows // workers * chans, (worker + 1) * rows // workers * chans
    at = begin * stride
    for first in range(begin, end, chans):
        for c in range(first, first + chans):
            spaced[at] = dy[c]
            at += 1
        for _ in range(gap):
            spaced[at] = 0
            at += 1


def average_rows(x: Array, k: int, stride: int, left: int, right: int, mean: bool) -> Array:
    """y (A, T, C) of x (A, L, C): the sums over windows of k samples, by k or, if ``mean``, by the
    number of samples that exist.
    """
    out = (x.shape[1] + left + right - k) // stride + 1
    return _sums(x, out, (stride, 1, -left, k - left), k, mean, k // stride)


def _sums(
    x: Array, out: int, moves: tuple[int, int, int, int], k: int, mean: bool, shared: int
) -> Array:
    x = canonical(x)
    outer, length, chans = x.shape
    y = empty((outer, out, chans), x.dtype)
    rows = (moves[3] - moves[2]) // moves[1] + 1  # of a window, at most
    if not x.size:
        y[...] = np.nan if mean else 0
    elif shared > SHARED and out > 1:
        n = workers(flops=32.0 * max(x.size, y.size))
        parts = parts_of(out, rows * moves[1], moves[0])
        wide = chunk_of(rows * x.itemsize, chans)
        scratch = empty((n, (rows + 2) * wide), x.dtype)
        sum_sliding(n, x.reshape(-1), *moves, k, mean, parts, wide, scratch, y)
    else:
        n = workers(nbytes=float(x.nbytes + y.nbytes), flops=2.0 * y.size * min(rows, length))
        held, table = workspace(n * FOLDED, x.dtype), workspace(n * LANES, INT32)
        sum_windows(
            n, x.reshape(-1), outer, length, chans, *moves, k, mean, held, table, y.reshape(-1),
            streams_rows(y),
        )  # fmt: skip
    return y


def average_rows_grad(dy: Array, length: int, k: int, stride: int, left: int, mean: bool) -> Array:
    """dx (A, L, C) of dy (A, T, C)."""
    dy = canonical(dy)
    outer, out, chans = dy.shape
    divisor = k
    if mean:
        starts = np.arange(out) * stride - left
        counts = np.minimum(starts + k, length) - np.maximum(starts, 0)
        if (counts < k).any():
            dy, divisor = dy / np.maximum(counts, 1).astype(dy.dtype)[:, None], 1
    if (k <= stride and 2 * chans > LANES) or (out == 1 and k == length and dy.size):
        dx = empty((outer, length, chans), dy.dtype)
        n, by = workers(nbytes=float(dx.nbytes + dy.nbytes)), dy.dtype.type(divisor)
        _average_apart(n, dy, k, max(stride, k), left, by, dx, streams_rows(dx))
        return dx
    if stride > 1 and 2 * chans <= LANES and k <= SHARED * stride and dy.size:
        spaced = empty((outer, out * stride, chans), dy.dtype)
        n = workers(nbytes=float(spaced.nbytes + dy.nbytes))
        _expand(n, dy.reshape(-1), chans, stride, spaced.reshape(-1))
        return _sums(spaced, length, (1, 1, left - k + 1, left + 1), divisor, False, 0)
    moves = (1, stride, left - k + stride, left + stride)
    return _sums(dy, length, moves, divisor, False, k // stride)


def avgpool_forward(
    x: Array, axis: int, k: int, stride: int, left: int, right: int, mean: bool
) -> Array:
    """The averages of windows along one axis."""
    rows, order = rows_of(x, axis)
    return from_rows(average_rows(rows, k, stride, left, right, mean), x.shape, axis, order)


def avgpool_grad(
    dy: Array, axis: int, length: int, k: int, stride: int, left: int, mean: bool
) -> Array:
    """The gradient of the operand of `avgpool_forward`, of this length along the axis."""
    rows, order = rows_of(dy, axis)
    return from_rows(average_rows_grad(rows, length, k, stride, left, mean), dy.shape, axis, order)
