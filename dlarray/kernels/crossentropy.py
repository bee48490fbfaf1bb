"""The cross-entropy of probabilities y and targets t, summed over all elements, and its gradients.

With ln clipped to the smallest normal number, ``l(y) = ln max(y, tiny)``::

    single-label   -sum t l(y)
    multilabel     -sum t l(y) + (1 - t) l(1 - y)

Elements are summed in parts of PART, the parts in double precision in their order.
"""

from __future__ import annotations

import numpy as np

from . import _vmath
from ._buffers import Array, empty, empty_like
from ._jit import device, kernel, workers
from ._map import put, share, streams
from ._memory import flatten, paired
from ._numbers import constant
from ._simd import (
    add,
    address,
    div,
    fence,
    fma,
    itemsize,
    keep_first,
    lane_sum,
    lanes,
    load,
    load_whole,
    mul,
    splat,
    stay_inline,
    store,
    sub,
    where_less,
)

PART = 4096
RUN = 16  # terms a lane that are summed in one run, so that single precision loses little


@device
def _log(y):
    """ln max(y, tiny)."""
    stay_inline()
    tiny = constant(y, _vmath.SMALLEST_NORMAL)
    return _vmath.log(where_less(y, tiny, tiny, y))


@device
def _single(y, t):
    """t l(y)."""
    stay_inline()
    return mul(t, _log(y))


@device
def _multi(y, t):
    """t l(y) + (1 - t) l(1 - y)."""
    stay_inline()
    one = constant(y, _vmath.ONE)
    return fma(t, _log(y), mul(sub(one, t), _log(sub(one, y))))


@device
def _quotient(t, y):
    """The derivative of t l(y): t / y, and 0 where y is clipped."""
    stay_inline()
    return where_less(y, constant(y, _vmath.SMALLEST_NORMAL), constant(y, _vmath.ZERO), div(t, y))


@kernel
def _totals(worker, workers, y, t, multilabel, totals):
    """totals[p] = the sum of the elements from p * PART on, before the sign."""
    like = y.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    parts = len(totals)
    a, b = address(y), address(t)
    for part in range(worker * parts // workers, (worker + 1) * parts // workers):
        start, stop = part * PART, min(len(y), (part + 1) * PART)
        whole = start + (stop - start) // width * width
        total = splat(like, like)
        for begin in range(start, whole, RUN * width):
            run = splat(like, like)
            for i in range(begin * size, min(whole, begin + RUN * width) * size, width * size):
                values, targets = load_whole(like, a + i), load_whole(like, b + i)
                if multilabel:
                    run = add(run, _multi(values, targets))
                else:
                    run = add(run, _single(values, targets))
            total = add(total, run)
        if whole < stop:
            at, count = whole * size, stop - whole
            values, targets = load(like, a + at, count), load(like, b + at, count)
            if multilabel:
                total = add(total, keep_first(_multi(values, targets), count))
            else:
                total = add(total, keep_first(_single(values, targets), count))
        totals[part] = lane_sum(total)


@device
def _slope_y(y, t, factor, multilabel):
    stay_inline()
    slope = _quotient(t, y)
    if multilabel:
        one = constant(y, _vmath.ONE)
        slope = sub(slope, _quotient(sub(one, t), sub(one, y)))
    return mul(slope, factor)


@device
def _slope_t(y, t, factor, multilabel):
    stay_inline()
    slope = _log(y)
    if multilabel:
        slope = sub(slope, _log(sub(constant(y, _vmath.ONE), y)))
    return mul(slope, factor)


@kernel
def _gradient(worker, workers, y, t, factor, multilabel, of_targets, result, streamed):
    """result = factor times the derivative of an element by y, or by t if ``of_targets``."""
    size, width = itemsize(factor), lanes(factor)
    start, stop = share(worker, workers, len(y), width)
    whole = start + (stop - start) // width * width
    a, b, target = address(y), address(t), address(result)
    scale = splat(factor, factor)
    for i in range(start * size, whole * size, width * size):
        values, targets = load_whole(factor, a + i), load_whole(factor, b + i)
        if of_targets:
            put(_slope_t(values, targets, scale, multilabel), target + i, streamed)
        else:
            put(_slope_y(values, targets, scale, multilabel), target + i, streamed)
    if whole < stop:
        at, count = whole * size, stop - whole
        values, targets = load(factor, a + at, count), load(factor, b + at, count)
        if of_targets:
            store(_slope_t(values, targets, scale, multilabel), target + at, count)
        else:
            store(_slope_y(values, targets, scale, multilabel), target + at, count)
    if streamed:
        fence()


def crossentropy_forward(y: Array, t: Array, multilabel: bool) -> Array:
    """The sum over all elements, (1, 1); y and t have one shape."""
    flat = flatten(y)
    totals = empty((-(-y.size // PART),), flat.dtype)
    _totals(workers(nbytes=4.0 * y.nbytes), flat, paired(t, y), multilabel, totals)
    return np.full((1, 1), -totals.sum(dtype=np.float64), totals.dtype)


def crossentropy_grad(
    dl: Array, y: Array, t: Array, multilabel: bool, *, of_targets: bool = False
) -> Array:
    """dl (one number) times the derivative of the sum by y, or by t."""
    result = empty_like(y)
    flat = flatten(result)
    factor = result.dtype.type(-dl.item())
    n = workers(nbytes=3.0 * y.nbytes)
    _gradient(n, flatten(y), paired(t, y), factor, multilabel, of_targets, flat, streams(flat))
    return result
