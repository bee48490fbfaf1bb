"""Memory for results: aligned, and taken back when the array dies.

The activations of a training step have the same sizes from step to step.  Memory fresh from the
system costs a page fault every 4 KiB, as much as a kernel that is bound by memory; memory just
given back is mapped and often still in cache.  So large arrays lie in blocks that return to a pool
when the last view of them is gone.  Arrays are never given back by hand.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ._jit import is_dry

ALIGNMENT = 64  # a cache line, and the widest vector
POOLED_BYTES = 1 << 16  # below, the allocator's own free lists are faster: 0.3 us against 0.9 us
WORKSPACE_BYTES = 1 << 20  # the largest scratch memory that a thread keeps
LIMIT_BYTES = 1 << 29  # what the pool keeps of unused blocks, at most

Array = np.ndarray[Any, Any]


class _Memory(np.ndarray):
    """The memory of a block, as a class of its own: views of an array whose base is an ordinary
    array hold that base alone, and leases would die before their views.
    """


_Block = tuple[int, _Memory, int]  # size, memory, offset of the first aligned byte


class _Pool:
    """Free blocks by size, without a lock, which a Ctrl-C or a fork could leave closed.

    A block changes hands by one operation on a list or dict.  The counts are read and written back,
    and right because CPython does not change threads between the two; without its global lock they
    would be estimates.
    """

    def __init__(self) -> None:
        self.free: dict[int, list[_Block]] = {}
        self.asked: dict[int, int] = {}  # size -> when it was asked for last, in turns
        self.turn = 0
        self.held = 0

    def take(self, nbytes: int) -> _Block:
        size = _size_class(nbytes)
        self.turn = self.asked[size] = self.turn + 1
        try:
            block = self.free[size].pop()
        except (KeyError, IndexError):
            return _new_block(size)
        self.held -= size
        return block

    def give(self, block: _Block) -> None:
        size = block[0]
        if self.held + size > LIMIT_BYTES and not self._make_room(size):
            return
        self.free.setdefault(size, []).append(block)
        self.held += size

    def _make_room(self, size: int) -> bool:
        """Give up blocks of sizes that nobody has asked for since this one, the oldest first; say
        whether there is room for another of this size then.
        """
        now = self.asked.get(size, 0)
        for other, turn in sorted(self.asked.items(), key=lambda item: item[1]):
            blocks = self.free.get(other, [])
            while turn < now and blocks and self.held + size > LIMIT_BYTES:
                try:
                    blocks.pop()
                except IndexError:  # another thread has taken it
                    break
                self.held -= other
        return self.held + size <= LIMIT_BYTES

    def clear(self) -> None:
        self.free, self.asked, self.held = {}, {}, 0


def _new_block(size: int) -> _Block:
    """Memory of NumPy, which asks the system for large pages: 64 MB were there, written once, after
    5 ms; as a bytearray after 33 ms.
    """
    try:
        memory = _Memory((size + ALIGNMENT,), np.uint8)
    except (ValueError, OverflowError):  # more than an address can name
        raise MemoryError(f"{size} bytes") from None
    return size, memory, -memory.ctypes.data % ALIGNMENT


_pool = _Pool()


class _Lease(np.ndarray):
    """The array whose death returns the block; what callers get is a view of it."""

    block: _Block | None = None  # a slice of a lease holds none

    def __del__(self) -> None:
        # Python drops a Ctrl-C that comes in a destructor, and says so: 5 of 2000 in a loop that
        # does little else than make and free large arrays.
        if self.block is not None:
            _pool.give(self.block)


@lru_cache(maxsize=4096)
def _size_class(nbytes: int) -> int:
    """Rounded up to an eighth of a power of two, so that lengths that differ a little share
    blocks.
    """
    step = max(ALIGNMENT, 1 << max(0, nbytes.bit_length() - 4))
    return -(-nbytes // step) * step


def empty(shape: Sequence[int], dtype: npt.DTypeLike, order: Sequence[int] | None = None) -> Array:
    """An uninitialised array; ``order`` lists the axes from slowest to fastest in memory (default C
    order).
    """
    if not isinstance(dtype, np.dtype):
        dtype = np.dtype(dtype)
    if order is not None:
        stored = empty([shape[axis] for axis in order], dtype)
        return stored.transpose(inverse_axes(tuple(order)))
    if is_dry():
        return np.zeros(shape, dtype)
    nbytes = dtype.itemsize * math.prod(shape)
    if nbytes < POOLED_BYTES:
        return np.empty(shape, dtype)
    block = _pool.take(nbytes)
    lease = _Lease(tuple(shape), dtype, block[1], block[2])
    lease.block = block
    return lease.view(np.ndarray)


def maker(shape: Sequence[int], dtype: np.dtype[Any]) -> Callable[[], Array]:
    """`empty` of one shape, in less time where the array is small: 0.25 us against 0.55."""
    shape, make = tuple(shape), np.empty
    if dtype.itemsize * math.prod(shape) >= POOLED_BYTES:
        return lambda: empty(shape, dtype)
    return lambda: np.zeros(shape, dtype) if is_dry() else make(shape, dtype)


def memory_axes(array: Array) -> tuple[int, ...]:
    """The axes from slowest to fastest."""
    return _by_stride(array.strides)


@lru_cache(maxsize=1024)
def _by_stride(strides: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(strides)), key=lambda axis: -abs(strides[axis])))


@lru_cache(maxsize=1024)
def inverse_axes(order: tuple[int, ...]) -> tuple[int, ...]:
    """The order of axes that undoes a transposition."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def empty_like(array: Array, dtype: npt.DTypeLike | None = None) -> Array:
    """An uninitialised array of the shape and memory order of ``array``, in native byte order."""
    dtype = dtype or (array.dtype if array.dtype.isnative else array.dtype.newbyteorder("="))
    if array.flags.c_contiguous:
        return empty(array.shape, dtype)
    if array.flags.f_contiguous:
        return empty(array.shape[::-1], dtype).T
    return empty(array.shape, dtype, memory_axes(array))


class _Workspaces(threading.local):
    def __init__(self) -> None:
        self.arrays: dict[np.dtype[Any], Array] = {}


_workspaces = _Workspaces()


def workspace(size: int, dtype: np.dtype[Any]) -> Array:
    """At least ``size`` numbers for one kernel call to write to, the same memory again in the next
    call.

    Each thread has its own.  A large one comes from the pool instead of being held.
    """
    if size * dtype.itemsize > WORKSPACE_BYTES:
        return empty((size,), dtype)
    array = _workspaces.arrays.get(dtype)
    if array is None or array.size < size:
        memory = np.empty(max(WORKSPACE_BYTES // 16, size * dtype.itemsize) + ALIGNMENT, np.uint8)
        start = -memory.ctypes.data % ALIGNMENT
        array = memory[start : start + memory.size - ALIGNMENT].view(dtype)
        _workspaces.arrays[dtype] = array
    return array


def clear_pool() -> None:
    """Return all unused blocks to the system."""
    _pool.clear()
