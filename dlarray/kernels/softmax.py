"""Softmax along an axis and its gradient, a row at a time, each row read from the cache.

With x and dy of shape (R, C)::

    y = exp(x - max x) / sum exp(x - max x),   dx = y (dy - sum dy y)

Sums run over at most RUN terms a lane at a time, so that single precision keeps its digits over
long rows.  Where the axis is not the last one in memory the array is copied once: a row in one
place is worth it, and data from a layer or a labelled array lie so already.
"""

from __future__ import annotations

from . import _vmath
from ._buffers import Array, empty, inverse_axes, memory_axes
from ._jit import canonical, device, kernel, workers
from ._map import put, streams
from ._numbers import Numbers, constant_like
from ._simd import (
    add,
    address,
    fence,
    first_or,
    fma,
    itemsize,
    keep_first,
    lane_max,
    lane_sum,
    lanes,
    load,
    load_whole,
    mul,
    splat,
    store,
    store_whole,
    sub,
    where_less,
)

RUN = 128
MINUS_INFINITY = Numbers.same(float("-inf"))


@device
def _row_max(like, row, n):
    """The largest of n numbers at an address; NaN, or that of the others, if one is NaN."""
    size, width = itemsize(like), lanes(like)
    least = constant_like(like, MINUS_INFINITY)
    largest, whole = least, n // width * width
    for i in range(0, whole * size, width * size):
        x = load_whole(like, row + i)
        largest = where_less(x, largest, largest, x)
    if whole < n:
        x = first_or(load(like, row + whole * size, n - whole), n - whole, least)
        largest = where_less(x, largest, largest, x)
    return lane_max(largest)


@device
def _row_exp(like, row, target, n, top):
    """Write exp(x - top) of n numbers at an address to another; their sum."""
    size, width = itemsize(like), lanes(like)
    shift, total = splat(like, top), splat(like, like)
    whole = n // width * width
    for begin in range(0, whole, RUN * width):
        run = splat(like, like)
        for i in range(begin * size, min(whole, begin + RUN * width) * size, width * size):
            e = _vmath.exp(sub(load_whole(like, row + i), shift))
            store_whole(e, target + i)
            run = add(run, e)
        total = add(total, run)
    if whole < n:
        at, count = whole * size, n - whole
        e = _vmath.exp(sub(load(like, row + at, count), shift))
        store(e, target + at, count)
        total = add(total, keep_first(e, count))
    return lane_sum(total)


@kernel
def _forward(worker, workers, x, y):
    """Writes y (R, C), C at least 1."""
    rows, n = x.shape
    like = x.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    one = x.dtype.type(1)
    whole = n // width * width
    for r in range(worker * rows // workers, (worker + 1) * rows // workers):
        row, target = address(x) + r * n * size, address(y) + r * n * size
        total = _row_exp(like, row, target, n, _row_max(like, row, n))
        factor = splat(like, one / total)
        for i in range(0, whole * size, width * size):
            store_whole(mul(load_whole(like, target + i), factor), target + i)
        if whole < n:
            at, count = target + whole * size, n - whole
            store(mul(load(like, at, count), factor), at, count)


@device
def _row_product(like, a, b, n):
    """The sum of the products of n numbers at two addresses."""
    size, width = itemsize(like), lanes(like)
    total, whole = splat(like, like), n // width * width
    for begin in range(0, whole, RUN * width):
        run = splat(like, like)
        for i in range(begin * size, min(whole, begin + RUN * width) * size, width * size):
            run = fma(load_whole(like, a + i), load_whole(like, b + i), run)
        total = add(total, run)
    if whole < n:
        at, count = whole * size, n - whole
        total = fma(load(like, a + at, count), load(like, b + at, count), total)
    return lane_sum(total)


@device
def _row_gradient(like, slope, value, target, n, product, streamed):
    """dx of one row: y (dy - product)."""
    size, width = itemsize(like), lanes(like)
    shift, whole = splat(like, product), n // width * width
    for i in range(0, whole * size, width * size):
        difference = sub(load_whole(like, slope + i), shift)
        put(mul(load_whole(like, value + i), difference), target + i, streamed)
    if whole < n:
        i, count = whole * size, n - whole
        difference = sub(load(like, slope + i, count), shift)
        store(mul(load(like, value + i, count), difference), target + i, count)


@kernel
def _backward(worker, workers, dy, y, dx, streamed):
    """Writes dx (R, C); ``streamed`` only if C is a number of whole vectors.

    Rows go in fours: the sum of one waits long for its own lanes, and not for another's.
    """
    rows, n = y.shape
    like = y.dtype.type(0)
    step = n * itemsize(like)
    first, last = worker * rows // workers, (worker + 1) * rows // workers
    offset = first * step
    slope, value, target = address(dy) + offset, address(y) + offset, address(dx) + offset
    for _ in range((last - first) // 4):
        a = _row_product(like, slope, value, n)
        b = _row_product(like, slope + step, value + step, n)
        c = _row_product(like, slope + 2 * step, value + 2 * step, n)
        d = _row_product(like, slope + 3 * step, value + 3 * step, n)
        _row_gradient(like, slope, value, target, n, a, streamed)
        _row_gradient(like, slope + step, value + step, target + step, n, b, streamed)
        _row_gradient(like, slope + 2 * step, value + 2 * step, target + 2 * step, n, c, streamed)
        _row_gradient(like, slope + 3 * step, value + 3 * step, target + 3 * step, n, d, streamed)
        slope, value, target = slope + 4 * step, value + 4 * step, target + 4 * step
    for _ in range((last - first) % 4):
        product = _row_product(like, slope, value, n)
        _row_gradient(like, slope, value, target, n, product, streamed)
        slope, value, target = slope + step, value + step, target + step
    if streamed:
        fence()


def _rows(x: Array, order: tuple[int, ...]) -> Array:
    """x with its axes in this order, as (R, C) in C order."""
    moved = canonical(x.transpose(order))
    return moved.reshape(-1 if x.size else 0, moved.shape[-1])


def _order(x: Array, axis: int) -> tuple[int, ...]:
    """The axes as they lie in memory, this one last."""
    if axis in (-1, x.ndim - 1) and x.flags.c_contiguous:
        return tuple(range(x.ndim))
    axis %= x.ndim
    order = memory_axes(x)
    if order[-1] == axis:
        return order
    return (*(other for other in order if other != axis), axis)


def _restored(rows: Array, shape: tuple[int, ...], order: tuple[int, ...]) -> Array:
    return rows.reshape([shape[axis] for axis in order]).transpose(inverse_axes(order))


def softmax_forward(x: Array, axis: int = -1) -> Array:
    """exp(x - max) / sum exp(x - max) along an axis; NaN where its run of x holds NaN or +Inf."""
    order = _order(x, axis)
    rows = _rows(x, order)
    y = empty(rows.shape, rows.dtype)
    if rows.size:
        _forward(workers(nbytes=4.0 * rows.nbytes), rows, y)
    return _restored(y, x.shape, order)


def softmax_grad(dy: Array, y: Array, axis: int = -1) -> Array:
    """y (dy - sum dy y) along an axis, from the result y."""
    order = _order(y, axis)
    rows = _rows(y, order)
    dx = empty(rows.shape, rows.dtype)
    if rows.size:
        streamed = streams(dx) and rows.shape[-1] * rows.itemsize % 64 == 0
        _backward(workers(nbytes=3.0 * rows.nbytes), _rows(dy, order), rows, dx, streamed)
    return _restored(dx, y.shape, order)
