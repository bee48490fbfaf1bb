"""Elementwise kernels over flat arrays: relu and its gradient."""

from __future__ import annotations

from ._buffers import Array
from ._jit import device, kernel, workers
from ._memory import flat_like, paired
from ._simd import address, itemsize, keep_positive, lanes, load, load_whole, store, store_whole


@device
def share(worker, workers, n, width):
    """The worker's range of n elements, in whole vectors."""
    vectors = (n + width - 1) // width
    return worker * vectors // workers * width, min(n, (worker + 1) * vectors // workers * width)


@kernel
def _positive_part(worker, workers, sign, values, result):
    """result = values where sign > 0 or NaN, else 0; flat arrays of one size."""
    like = values.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    start, stop = share(worker, workers, len(values), width)
    whole = start + (stop - start) // width * width
    a, b, y = address(sign), address(values), address(result)
    for i in range(start, whole, width):
        store_whole(
            keep_positive(load_whole(like, a + i * size), load_whole(like, b + i * size)),
            y + i * size,
        )
    if whole < stop:
        at, count = whole * size, stop - whole
        store(keep_positive(load(like, a + at, count), load(like, b + at, count)), y + at, count)


def relu_forward(x: Array) -> Array:
    """max(x, 0), NaN where x is."""
    flat, y, flat_y = flat_like(x)
    _positive_part(workers(nbytes=2.0 * x.nbytes), flat, flat, flat_y)
    return y


def relu_grad(dy: Array, y: Array) -> Array:
    """dy where the result y is positive, else 0."""
    flat, dx, flat_dx = flat_like(y)
    _positive_part(workers(nbytes=3.0 * y.nbytes), flat, paired(dy, y), flat_dx)
    return dx
