"""Arrays that hold the same values in memory of every kind."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any


def strided(x: Array) -> Array:
    """Every second element along each axis of a larger array."""
    large = np.full([2 * n for n in x.shape], np.nan if x.dtype.kind in "fc" else 0, x.dtype)
    every_second: Any = (..., *[slice(None, None, 2)] * x.ndim)
    view = large[every_second]
    view[...] = x
    return view


def negative(x: Array) -> Array:
    """Stored backwards along every axis."""
    turned: Any = (..., *[slice(None, None, -1)] * x.ndim)
    return np.ascontiguousarray(x[turned])[turned]


def read_only(x: Array) -> Array:
    copy = x.copy()
    copy.flags.writeable = False
    return copy


def misaligned(x: Array) -> Array:
    """One byte beside where an element should lie."""
    memory = np.zeros(x.nbytes + 1, np.uint8)
    view = np.frombuffer(memory.data, x.dtype, x.size, offset=1).reshape(x.shape)
    view[...] = x
    return view


def memory_mapped(x: Array) -> Array:
    if not x.size:
        return x.copy()  # no file of no bytes can be mapped
    with tempfile.TemporaryFile() as file:
        file.write(np.ascontiguousarray(x).tobytes())
        file.flush()
        return np.memmap(file, x.dtype, "r", shape=x.shape)


class Own(np.ndarray):
    """A subclass with an opinion about sums, which is not asked."""

    def __array_ufunc__(self, *args: Any, **options: Any) -> Any:
        raise AssertionError("the subclass was asked")


# Arrays of NumPy's own class, as kernels take them.
OF_MEMORY: dict[str, Callable[[Array], Array]] = {
    "Fortran": lambda x: np.array(x, order="F"),
    "strided": strided,
    "negative strides": negative,
    "read-only": read_only,
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "misaligned": misaligned,
}

LAYOUTS: dict[str, Callable[[Array], Array]] = {
    **OF_MEMORY,
    "memory-mapped": memory_mapped,
    "masked array without a mask": lambda x: np.ma.masked_array(x.copy()),
    "subclass": lambda x: x.copy().view(Own),
}
