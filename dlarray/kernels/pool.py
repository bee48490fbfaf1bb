"""Maximum over the middle axis of (A, N, C) arrays, with the place of the first one."""

from __future__ import annotations

import math

import numpy as np

from ._buffers import Array, empty, inverse_axes, memory_axes
from ._jit import canonical, kernel, workers


@kernel
def _max_rows(worker, workers, x, y, index):
    """y[a, c] = max over n of x[a, n, c], NaN if one is; index is its first n."""
    outer, rows, chans = x.shape
    for a in range(worker * outer // workers, (worker + 1) * outer // workers):
        for c in range(chans):
            y[a, c], index[a, c] = x[a, 0, c], 0
        for n in range(1, rows):
            for c in range(chans):
                value, best = x[a, n, c], y[a, c]
                if value > best or (value != value and best == best):  # noqa: PLR0124 - NaN differs from itself
                    y[a, c], index[a, c] = value, n


@kernel
def _max_rows_grad(worker, workers, dy, index, dx):
    """dx[a, n, c] = dy[a, c] where n is index[a, c], else 0."""
    outer, _, chans = dx.shape
    for a in range(worker * outer // workers, (worker + 1) * outer // workers):
        dx[a] = 0
        for c in range(chans):
            dx[a, index[a, c], c] = dy[a, c]


def max_rows(x: Array) -> tuple[Array, Array]:
    """y (A, C) and the index (A, C) of x (A, N, C), N at least 1."""
    x = canonical(x)
    outer, _, chans = x.shape
    y, index = empty((outer, chans), x.dtype), empty((outer, chans), np.intp)
    _max_rows(workers(nbytes=4.0 * x.nbytes), x, y, index)
    return y, index


def max_axis(x: Array, axis: int) -> tuple[Array, Array]:
    """The maximum along one axis, which stays with size 1, and its first index there."""
    order = memory_axes(x)
    moved = canonical(x.transpose(order))
    place = order.index(axis)
    y, index = max_rows(moved.reshape(_outer_rows_inner(moved.shape, place)))
    kept = (*moved.shape[:place], 1, *moved.shape[place + 1 :])
    back = inverse_axes(order)
    return y.reshape(kept).transpose(back), index.reshape(kept).transpose(back)


def _outer_rows_inner(shape: tuple[int, ...], place: int) -> tuple[int, int, int]:
    return math.prod(shape[:place]), shape[place], math.prod(shape[place + 1 :])


def max_axis_grad(dy: Array, index: Array, axis: int, n: int) -> Array:
    """The gradient of the operand of `max_axis`, of size n along the axis."""
    order = memory_axes(index)
    place = order.index(axis)
    outer, _, inner = _outer_rows_inner(tuple(index.shape[a] for a in order), place)
    flat = [canonical(part.transpose(order)).reshape(outer, inner) for part in (dy, index)]
    dx = max_rows_grad(flat[0], flat[1], n)
    shape = [index.shape[a] for a in order]
    shape[place] = n
    return dx.reshape(shape).transpose(inverse_axes(order))


def max_rows_grad(dy: Array, index: Array, rows: int) -> Array:
    """dx (A, rows, C) of dy (A, C)."""
    dy = canonical(dy)
    dx = empty((dy.shape[0], rows, dy.shape[1]), dy.dtype)
    _max_rows_grad(workers(nbytes=float(dx.nbytes)), dy, canonical(index), dx)
    return dx
