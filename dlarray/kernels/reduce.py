"""Sums over the middle axis of (A, N, C) arrays: bias gradients and global pooling."""

from __future__ import annotations

import numpy as np

from ._buffers import Array, empty, inverse_axes, memory_axes
from ._jit import canonical, kernel, workers
from ._simd import add, address, itemsize, lanes, load, splat, store

SMALL = 1 << 14  # numbers below which NumPy's sum costs less than a kernel call and its views
ROWS = 64  # rows summed in one run, so that single precision loses little


@kernel
def _sum_runs(worker, workers, x, partial, rows, run):
    """partial[a, q, c] = sum of x[a, n, c] over the q-th run of n; each job is one (a, q)."""
    outer, parts, chans = partial.shape
    like = x.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    for job in range(worker * outer * parts // workers, (worker + 1) * outer * parts // workers):
        a, q = job // parts, job % parts
        begin, end = q * run, min(rows, (q + 1) * run)
        for c in range(0, chans, width):
            count = chans - c
            at = address(x) + ((a * rows + begin) * chans + c) * size
            total = splat(like, like)
            for _ in range(begin, end):
                total = add(total, load(like, at, count))
                at += chans * size
            store(total, address(partial) + (job * chans + c) * size, count)


def sum_rows(x: Array) -> Array:
    """(A, C), the sums of x (A, N, C) over N, in runs of a length fixed by N."""
    x = canonical(x)
    outer, rows, chans = x.shape
    while rows > ROWS:
        parts = -(-rows // ROWS)
        partial = empty((outer, parts, chans), x.dtype)
        _sum_runs(workers(nbytes=float(x.nbytes)), x.reshape(-1), partial, rows, ROWS)
        x, rows = partial, parts
    total = empty((outer, 1, chans), x.dtype)
    _sum_runs(workers(nbytes=float(x.nbytes)), x.reshape(-1), total, rows, max(1, rows))
    return total.reshape(outer, chans)


def sum_axes(x: Array, axes: tuple[int, ...]) -> Array:
    """The sum over some axes, which stay with size 1."""
    if not axes:
        return x
    if x.size < SMALL:
        return np.add.reduce(x, axis=axes, dtype=x.dtype, keepdims=True)
    order = memory_axes(x)
    places = sorted(order.index(axis) for axis in axes)
    together = places[-1] - places[0] == len(places) - 1
    if not together or places[-1] == x.ndim - 1:
        return np.add.reduce(x, axis=axes, dtype=x.dtype, keepdims=True)
    moved = canonical(x.transpose(order))
    first, last = places[0], places[-1] + 1
    outer, chans = int(np.prod(moved.shape[:first])), int(np.prod(moved.shape[last:]))
    total = sum_rows(moved.reshape(outer, -1 if moved.size else 0, chans))
    kept = moved.shape[:first] + (1,) * (last - first) + moved.shape[last:]
    return total.reshape(kept).transpose(inverse_axes(order))
