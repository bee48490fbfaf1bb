"""Cross-channel normalization: each number divided by a power of the squares around it.

x is (N, C) in memory; over a window of ``before`` channels before, the channel itself and ``after``
channels after it, as far as there are any::

    d = k + alpha * sum of x^2 over the window,   y = x * d^-beta
    dx = dy * d^-beta - 2 alpha beta x * sum of dy x d^(-beta - 1) over the windows with the channel

A row is copied to scratch with zeros on both sides, so that the edges need no case of their own and
a loop over the channels of one neighbour is a vector loop.
"""

from __future__ import annotations

import math

from ._buffers import Array, empty, workspace
from ._jit import canonical, device, kernel, workers

PAD = 16  # zeros on either side, at least the window


@device
def _inverse_power(d, beta, out):
    """out = d^-beta; by roots for the default, 0.75."""
    n = out.shape[0]
    if beta == 0.75:
        one = out.dtype.type(1)
        for c in range(n):
            root = math.sqrt(d[c])
            out[c] = one / (root * math.sqrt(root))
    else:
        for c in range(n):
            out[c] = d[c] ** -beta


@device
def _window_sum(values, first, last, total):
    """total[c] = sum of values[PAD + c + j] for j from ``first`` to ``last``."""
    n = total.shape[0]
    total[:] = 0
    for at in range(PAD + first, PAD + last + 1):
        for c in range(n):
            total[c] += values[at + c]


@kernel
def _forward(worker, workers, x, before, after, alpha, beta, k, scratch, y, d):
    """Writes y and d.  scratch (workers, C + 2*PAD), zero in the first and last PAD."""
    rows, chans = x.shape
    squares = scratch[worker]
    alpha_, k_ = x.dtype.type(alpha), x.dtype.type(k)
    for r in range(worker * rows // workers, (worker + 1) * rows // workers):
        for c in range(chans):
            squares[PAD + c] = x[r, c] * x[r, c]
        _window_sum(squares, -before, after, d[r])
        for c in range(chans):
            d[r, c] = k_ + alpha_ * d[r, c]
        _inverse_power(d[r], beta, y[r])
        for c in range(chans):
            y[r, c] *= x[r, c]


@kernel
def _backward(worker, workers, dy, x, d, before, after, alpha, beta, scratch, rows_of, dx):
    """Writes dx.  scratch as in `_forward`; rows_of (workers, 2, C)."""
    rows, chans = x.shape
    slopes = scratch[worker]
    power, total = rows_of[worker, 0], rows_of[worker, 1]
    factor = x.dtype.type(2 * alpha * beta)
    for r in range(worker * rows // workers, (worker + 1) * rows // workers):
        _inverse_power(d[r], beta, power)
        for c in range(chans):
            slopes[PAD + c] = dy[r, c] * x[r, c] * power[c] / d[r, c]
        _window_sum(slopes, -after, before, total)
        for c in range(chans):
            dx[r, c] = dy[r, c] * power[c] - factor * x[r, c] * total[c]


def _padded(n: int, chans: int, dtype) -> Array:
    scratch = empty((n, chans + 2 * PAD), dtype)
    scratch[...] = 0
    return scratch


def crosschannelnorm_forward(
    x: Array, before: int, after: int, alpha: float, beta: float, k: float
) -> tuple[Array, Array]:
    """y and d (N, C) of x (N, C); before and after below `PAD`."""
    x = canonical(x)
    y, d = empty(x.shape, x.dtype), empty(x.shape, x.dtype)
    if x.size:
        n = workers(nbytes=8.0 * x.nbytes)
        _forward(n, x, before, after, alpha, beta, k, _padded(n, x.shape[1], x.dtype), y, d)
    return y, d


def crosschannelnorm_backward(
    dy: Array, x: Array, d: Array, before: int, after: int, alpha: float, beta: float
) -> Array:
    """dx (N, C)."""
    dy, x, d = canonical(dy), canonical(x), canonical(d)
    dx = empty(x.shape, x.dtype)
    if x.size:
        n, chans = workers(nbytes=8.0 * x.nbytes), x.shape[1]
        rows = workspace(2 * n * chans, x.dtype)[: 2 * n * chans].reshape(n, 2, chans)
        padded = _padded(n, chans, x.dtype)
        _backward(n, dy, x, d, before, after, alpha, beta, padded, rows, dx)
    return dx
