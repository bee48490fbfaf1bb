"""Kernels that apply one function of vectors to flat arrays, element by element."""

from __future__ import annotations

import numpy as np

from ._buffers import Array, empty_like
from ._jit import Kernel, device, is_dry, kernel, workers
from ._memory import flatten, is_simple, paired
from ._simd import (
    address,
    fence,
    itemsize,
    lanes,
    load,
    load_whole,
    stay_inline,
    store,
    store_whole,
    stream,
)

# Results of this size together are written past the caches, which saves reading what they
# overwrite.  A gradient of GELU of 16 MB took 0.90, of 32 MB 0.83 of the time, a step of Adam of
# 4 MB 0.75, of 64 MB 0.65.
STREAM_BYTES = 1 << 23

# Below this an array is too small to be shared or pooled, and a call goes straight to its kernel:
# 1.2 us instead of 2.
SMALL_BYTES = 1 << 15


@device
def share(worker, workers, n, width):
    """The worker's range of n elements, in whole vectors."""
    vectors = (n + width - 1) // width
    return worker * vectors // workers * width, min(n, (worker + 1) * vectors // workers * width)


@device
def put(vector, target, streamed):
    """Write a whole vector, past the caches if ``streamed``; then a `fence` must follow."""
    stay_inline()
    if streamed:
        stream(vector, target)
    else:
        store_whole(vector, target)


def unary(function) -> Kernel:
    """The kernel y = function(x) of flat arrays; ``function`` takes and gives a vector."""

    def elementwise(worker, workers, x, y, streamed):
        like = x.dtype.type(0)
        size, width = itemsize(like), lanes(like)
        start, stop = share(worker, workers, len(x), width)
        whole = start + (stop - start) // width * width
        a, target = address(x), address(y)
        for i in range(start * size, whole * size, width * size):
            put(function(load_whole(like, a + i)), target + i, streamed)
        if whole < stop:
            at, count = whole * size, stop - whole
            store(function(load(like, a + at, count)), target + at, count)
        if streamed:
            fence()

    return kernel(_named(elementwise, function))


def binary(function) -> Kernel:
    """The kernel z = function(x, y) of flat arrays; ``function`` takes vectors and gives one."""

    def elementwise(worker, workers, x, y, z, streamed):
        like = x.dtype.type(0)
        size, width = itemsize(like), lanes(like)
        start, stop = share(worker, workers, len(x), width)
        whole = start + (stop - start) // width * width
        a, b, target = address(x), address(y), address(z)
        for i in range(start * size, whole * size, width * size):
            put(function(load_whole(like, a + i), load_whole(like, b + i)), target + i, streamed)
        if whole < stop:
            at, count = whole * size, stop - whole
            value = function(load(like, a + at, count), load(like, b + at, count))
            store(value, target + at, count)
        if streamed:
            fence()

    return kernel(_named(elementwise, function))


def _named(elementwise, function):
    """Named after the function, because compiled kernels are stored by their names."""
    elementwise.__module__ = function.py_func.__module__
    elementwise.__name__ = elementwise.__qualname__ = f"map_{function.py_func.__name__}"
    return elementwise


def streams(*arrays: Array) -> bool:
    """Whether flat results of this size and place are written past the caches."""
    large = len(arrays) * arrays[0].nbytes >= STREAM_BYTES
    return large and all(a.ctypes.data % 64 == 0 for a in arrays)


def map_one(function: Kernel, x: Array) -> Array:
    """function(x) in the memory order of x."""
    if x.nbytes < SMALL_BYTES and is_simple(x) and not is_dry():
        flat_x = x.ravel("K")
        # Where strides are 0 a copy by NumPy has not the order of a new array by NumPy.
        if flat_x.base is not None or 0 not in x.strides:
            y = np.empty_like(x)
            function.entry(0, 1, flat_x, y.ravel("K"), False)
            return y
    y = empty_like(x)
    if is_simple(x) and x.flags.forc:  # 0.3 us less
        flat_x, flat = x.ravel("K"), y.ravel("K")
    else:
        flat_x, flat = flatten(x), flatten(y)
    function(workers(nbytes=2.0 * x.nbytes), flat_x, flat, streams(flat))
    return y


def map_two(function: Kernel, x: Array, y: Array) -> Array:
    """function(x, y) of arrays of one shape, in the memory order of y."""
    if y.nbytes < SMALL_BYTES and _lie_alike(x, y) and not is_dry():
        z = np.empty_like(y)
        function.entry(0, 1, x.ravel("K"), y.ravel("K"), z.ravel("K"), False)
        return z
    z = empty_like(y)
    flat = flatten(z)
    function(workers(nbytes=3.0 * y.nbytes), paired(x, y), flatten(y), flat, streams(flat))
    return z


def _lie_alike(x: Array, y: Array) -> bool:
    """Whether two arrays lie in memory in one order and as kernels take them."""
    a, b = x.flags, y.flags
    together = (a.c_contiguous and b.c_contiguous) or (a.f_contiguous and b.f_contiguous)
    return together and is_simple(x) and is_simple(y)
