"""Arrays as flat memory, for kernels that do not care in which order the axes lie."""

from __future__ import annotations

from ._buffers import Array, empty_like, memory_axes
from ._jit import canonical


def is_simple(array: Array) -> bool:
    """Whether kernels take the memory of an array as it is, wherever its elements lie together."""
    return array.flags.behaved and array.dtype.isnative


def flatten(array: Array) -> Array:
    """The elements in memory order, as a contiguous vector; a copy only where they do not lie
    together.
    """
    return paired(array, array)


def flat_like(array: Array) -> tuple[Array, Array, Array]:
    """The flat elements, a new array of the same shape and memory order, and its flat elements."""
    result = empty_like(array)
    return flatten(array), result, flatten(result)


def paired(array: Array, other: Array) -> Array:
    """The elements of ``array`` in the memory order of ``other``, which has its shape."""
    flags = other.flags
    if flags.c_contiguous:
        return canonical(array).reshape(-1)
    if flags.f_contiguous:
        return canonical(array.T).reshape(-1)
    return canonical(array.transpose(memory_axes(other))).reshape(-1)
