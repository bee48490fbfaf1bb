"""Maximum over windows along one axis, its places and its gradient; global maxima.

A window of k samples begins at t*stride - left; samples outside the data are left out.  The maximum
is NaN if a sample is; its place, from 0 in the window, is that of the first maximum or the first
NaN, a byte where it fits.  A window without a sample has maximum -Inf and place 0, which lies
outside the data, so nothing goes back from it.
"""

from __future__ import annotations

import numpy as np

from ._buffers import Array, empty, workspace
from ._jit import canonical, device, kernel, workers
from ._lanes import LANES
from ._map import put
from ._maxima import max_sliding, max_windows
from ._places import at_place, at_whole_place
from ._pooling import (
    FOLDED,
    INT32,
    SHARED,
    chunk_of,
    divided,
    from_rows,
    parts_of,
    rows_of,
    stepped,
    streams_rows,
)
from ._prefetch import prefetch
from ._simd import add, address, fence, itemsize, lanes, load, load_whole, splat, store

AHEAD = 256  # numbers that `_gather_four` asks for ahead: 8.2 ms became 3.1 ms at 150 MB
GATHERED = 16  # windows of a sample up to which `_max_gather` costs less than `_max_scatter`

# -- gradients ------------------------------------------------------------------------------------


@device
def _gather_four(like, kind, dy, index, rows, chans, first, stride, dx, streamed):
    """Four vectors of `_gather_row`."""
    small, width = itemsize(kind), lanes(like)
    step, places = width * itemsize(like), width * small
    a = splat(like, like)
    b, c, d = a, a, a
    ahead, places_ahead = rows * chans * itemsize(like), rows * chans * small
    for at in range(0, 4 * step, step):
        prefetch(dy + AHEAD * itemsize(like) + ahead + at)
    prefetch(index + AHEAD * small + places_ahead)
    for _ in range(rows):
        x, y = load_whole(like, dy), load_whole(like, dy + step)
        a = add(a, at_whole_place(kind, x, index, first))
        b = add(b, at_whole_place(kind, y, index + places, first))
        x, y = load_whole(like, dy + 2 * step), load_whole(like, dy + 3 * step)
        c = add(c, at_whole_place(kind, x, index + 2 * places, first))
        d = add(d, at_whole_place(kind, y, index + 3 * places, first))
        dy += chans * itemsize(like)
        index += chans * small
        first -= stride
    put(a, dx, streamed)
    put(b, dx + step, streamed)
    put(c, dx + 2 * step, streamed)
    put(d, dx + 3 * step, streamed)


@device
def _gather_row(like, kind, dy, index, columns, rows, chans, first, stride, dx, streamed):
    """dx[c] = the sum of dy[r, c] over the rows r whose index[r, c] is first - r*stride."""
    size, small, width = itemsize(like), itemsize(kind), lanes(like)
    whole = columns // (4 * width) * (4 * width)
    for c in range(0, whole, 4 * width):
        at, where, to = dy + c * size, index + c * small, dx + c * size
        _gather_four(like, kind, at, where, rows, chans, first, stride, to, streamed)
    for c in range(whole, columns, width):
        count, n = columns - c, first
        total, at, where = splat(like, like), dy + c * size, index + c * small
        for _ in range(rows):
            total = add(total, at_place(kind, load(like, at, count), where, n, count))
            at += chans * size
            where += chans * small
            n -= stride
        store(total, dx + c * size, count)


@kernel
def _max_gather(worker, workers, dy, index, k, stride, left, dx, streamed):
    """dx[a, p, c] = the sum of dy[a, t, c] over the windows t whose maximum lies at p."""
    outer, length, chans = dx.shape
    out = dy.shape[1]
    like, kind = dy.dtype.type(0), index.dtype.type(0)
    size, small = itemsize(like), itemsize(kind)
    job, end = worker * outer * length // workers, (worker + 1) * outer * length // workers
    while job < end:
        a, p = job // length, job % length
        stop = min(length, p + end - job)
        first, to_first = divided(p + left - k + stride, stride)
        last, to_last = divided(p + left, stride)
        while p < stop:
            lo, hi = max(first, 0), min(last, out - 1) + 1
            n = 1
            if stride == 1 and hi - lo == k:  # positions in k windows each are one row
                n = min(stop - p, out - last)
            at = (a * out + lo) * chans
            _gather_row(
                like, kind, address(dy) + at * size, address(index) + at * small, n * chans,
                max(hi - lo, 0), chans, p + left - lo * stride, stride,
                address(dx) + job * chans * size, streamed,
            )  # fmt: skip
            p, job = p + n, job + n
            first, to_first = stepped(first, to_first, n, stride)
            last, to_last = stepped(last, to_last, n, stride)
    if streamed:
        fence()


@kernel
def _max_apart(worker, workers, dy, index, k, stride, left, dx, streamed):
    """As `_max_gather` where a sample is in one window at most: each slope is read once."""
    outer, length, chans = dx.shape
    out = dy.shape[1]
    like, kind = dy.dtype.type(0), index.dtype.type(0)
    size, small, width = itemsize(like), itemsize(kind), lanes(like)
    row, whole = chans * size, chans // width * width
    job, end = worker * outer * length // workers, (worker + 1) * outer * length // workers
    while job < end:
        a, p = job // length, job % length
        stop = min(length, p + end - job)
        t = min((p + left) // stride, out - 1)
        while p < stop:
            begin = t * stride - left
            last = stop if t == out - 1 else min(stop, begin + stride)
            at = address(dy) + (a * out + t) * row
            where = address(index) + (a * out + t) * chans * small
            target = address(dx) + job * row
            for c in range(0, whole, width):
                value, to = load_whole(like, at + c * size), target + c * size
                for j in range(p - begin, last - begin):
                    kept = splat(like, like)
                    if j < k:
                        kept = at_whole_place(kind, value, where + c * small, j)
                    put(kept, to, streamed)
                    to += row
            if whole < chans:
                count, to = chans - whole, target + whole * size
                value = load(like, at + whole * size, count)
                for j in range(p - begin, last - begin):
                    kept = splat(like, like)
                    if j < k:
                        kept = at_place(kind, value, where + whole * small, j, count)
                    store(kept, to, count)
                    to += row
            job += last - p
            p, t = last, t + 1
    if streamed:
        fence()


@kernel
def _max_scatter(worker, workers, dy, index, k, stride, left, dx):
    """As `_max_gather`, from the windows to their places: less work for long windows."""
    outer, length, chans = dx.shape
    out = dy.shape[1]
    job, end = worker * outer * length // workers, (worker + 1) * outer * length // workers
    while job < end:
        a, p = job // length, job % length
        stop = min(length, p + end - job)
        dx[a, p:stop] = 0
        first, last = max((p + left - k + stride) // stride, 0), (stop - 1 + left) // stride
        for t in range(first, min(last, out - 1) + 1):
            begin = t * stride - left
            if begin >= p and begin + k <= stop:
                for c in range(chans):
                    dx[a, begin + index[a, t, c], c] += dy[a, t, c]
            else:
                for c in range(chans):
                    at = begin + index[a, t, c]
                    if p <= at < stop:
                        dx[a, at, c] += dy[a, t, c]
        job += stop - p


@kernel
def _pick(worker, workers, v, index, stride, left, y):
    """y[a, t, c] = v[a, p, c] at the place p of the maximum of window t, 0 where it has none."""
    outer, length, chans = v.shape
    out = y.shape[1]
    for job in range(worker * outer * out // workers, (worker + 1) * outer * out // workers):
        a, t = job // out, job % out
        begin = t * stride - left
        for c in range(chans):
            at = begin + index[a, t, c]
            y[a, t, c] = v[a, at, c] if 0 <= at < length else 0


# -- drivers --------------------------------------------------------------------------------------


def place_type(k: int) -> type[np.unsignedinteger] | type[np.signedinteger]:
    """The integers that hold the places in a window of k samples."""
    return np.uint8 if k <= 256 else np.int32


def max_rows(x: Array, k: int, stride: int, left: int, right: int) -> tuple[Array, Array]:
    """y (A, T, C) and the place in its window of each, of windows of k over L of x (A, L, C)."""
    x = canonical(x)
    outer, length, chans = x.shape
    out = (length + left + right - k) // stride + 1
    y, index = empty((outer, out, chans), x.dtype), empty((outer, out, chans), place_type(k))
    if not x.size:
        y[...], index[...] = -np.inf, 0
    elif k > SHARED * stride and out > 1:
        _sliding(x, k, stride, left, y, index)
    else:
        n = workers(nbytes=float(x.nbytes + y.nbytes), flops=8.0 * y.size * min(k, length))
        held, marks = workspace(n * FOLDED, x.dtype), workspace(n * FOLDED, INT32)
        max_windows(
            n, x.reshape(-1), outer, length, chans, k, stride, left, held, marks, y.reshape(-1),
            index.reshape(-1), streams_rows(y),
        )  # fmt: skip
    return y, index


def _sliding(x: Array, k: int, stride: int, left: int, y: Array, index: Array) -> None:
    _, out, chans = y.shape
    n = workers(flops=64.0 * x.size)
    parts, wide = parts_of(out, k, stride), chunk_of(k * x.itemsize, chans)
    scratch = empty((n, (2 * k + 2) * wide), x.dtype)
    max_sliding(n, x.reshape(-1), k, stride, left, parts, wide, scratch, y, index)


def max_rows_grad(dy: Array, index: Array, length: int, k: int, stride: int, left: int) -> Array:
    """dx (A, L, C) of dy (A, T, C): each element goes to its place."""
    dy, index = canonical(dy), canonical(index)
    outer, _, chans = dy.shape
    dx = empty((outer, length, chans), dy.dtype)
    n = workers(nbytes=float(dx.nbytes + dy.nbytes))
    if (stride > 1 and 2 * chans <= LANES) or k > GATHERED * stride or not dy.size:
        _max_scatter(n, dy, index, k, stride, left, dx)
    else:
        kernel = _max_apart if k <= stride else _max_gather
        kernel(n, dy, index, k, stride, left, dx, streams_rows(dx))
    return dx


def pick_rows(v: Array, index: Array, stride: int, left: int) -> Array:
    """y (A, T, C): the element of v (A, L, C) at each place."""
    v, index = canonical(v), canonical(index)
    y = empty(index.shape, v.dtype)
    _pick(workers(nbytes=float(y.nbytes) * 4), v, index, stride, left, y)
    return y


def max_axis(x: Array, axis: int) -> tuple[Array, Array]:
    """The maximum along one axis, which stays with size 1, and its first index there."""
    return maxpool_forward(x, axis, x.shape[axis], 1, 0, 0)


def max_axis_grad(dy: Array, index: Array, axis: int, n: int) -> Array:
    """The gradient of the operand of `max_axis`, of size n along the axis."""
    return maxpool_grad(dy, index, axis, n, n, 1, 0)


def maxpool_forward(
    x: Array, axis: int, k: int, stride: int, left: int, right: int
) -> tuple[Array, Array]:
    """The maxima of windows along one axis, and the place of each in its window."""
    rows, order = rows_of(x, axis)
    y, index = max_rows(rows, k, stride, left, right)
    return from_rows(y, x.shape, axis, order), from_rows(index, x.shape, axis, order)


def maxpool_grad(
    dy: Array, index: Array, axis: int, length: int, k: int, stride: int, left: int
) -> Array:
    """The gradient of the operand of `maxpool_forward`, of this length along the axis."""
    places, order = rows_of(index, axis)
    slopes, _ = rows_of(dy, axis, order)
    dx = max_rows_grad(slopes, places, length, k, stride, left)
    return from_rows(dx, dy.shape, axis, order)


def maxpool_pick(v: Array, index: Array, axis: int, stride: int, left: int) -> Array:
    """The elements of v at the places of `maxpool_forward`."""
    places, order = rows_of(index, axis)
    rows, _ = rows_of(v, axis, order)
    return from_rows(pick_rows(rows, places, stride, left), v.shape, axis, order)
