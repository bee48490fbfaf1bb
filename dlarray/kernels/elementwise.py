"""NumPy's elementwise functions on arrays, with large results in pooled memory."""

from __future__ import annotations

import numpy as np

from ._buffers import POOLED_BYTES, Array, empty_like


def apply(function: np.ufunc, *arrays: Array) -> Array:
    """``function(*arrays)``; the result lies in memory as the largest operand does."""
    largest = arrays[0]
    for array in arrays[1:]:
        if array.size > largest.size:
            largest = array
    if largest.nbytes < POOLED_BYTES or any(
        m != n and m != 1
        for array in arrays
        for m, n in zip(array.shape, largest.shape, strict=False)
    ):
        return function(*arrays)
    return function(*arrays, out=empty_like(largest))
