"""What `maxpool` and `avgpool` share: how windows are read, and arrays as (A, L, C).

Windows are read one by one, four vectors of channels at once.  At stride 1 all samples and channels
of adjacent windows are one long row, so that any number of channels fills vectors.  Of few channels
several windows are one vector (gathered; short windows at a stride) or several samples of one
window (folded; long windows).  Where many windows share a sample there are kernels that keep what
the parts of a window before and after a fixed sample come to, at a cost that does not depend on the
length of the window.
"""

from __future__ import annotations

import math

import numpy as np

from ._buffers import Array, inverse_axes, memory_axes
from ._jit import canonical, device
from ._lanes import LANES
from ._map import STREAM_BYTES
from ._simd import itemsize, lanes

FOLDED = 4 * LANES  # numbers of a folded row, at most
SHARED = 16  # windows of a sample from which keeping parts of windows costs less
SCRATCH = 1 << 17  # bytes of the parts of a window that are kept for a chunk of columns
INT32 = np.dtype(np.int32)


@device
def is_gathered(like, chans, k, stride):
    """Whether windows of few channels, short and at a stride, are read several at once."""
    width = lanes(like)
    return 1 < stride < 1 << 20 and 2 * chans <= width and k * chans < width * 8


@device
def fill_table(like, table, chans, step):
    """Offsets in bytes of the columns of as many windows, ``step`` bytes apart, as fit a vector."""
    together = lanes(like) // chans
    for lane in range(lanes(like)):
        t = min(lane // chans, together - 1)
        table[lane] = t * step + lane % chans * itemsize(like)


@device
def whole_windows(begin, length, k, stride, gathers, more):
    """Of windows from a whole one on, how many are read at once: whole ones side by side."""
    if stride == 1:
        return min(more, length - k - begin + 1)
    return min(more, (length - k - begin) // stride + 1) if gathers else 1


@device
def divided(n, divisor):
    """Quotient, rounded down, and remainder."""
    return n // divisor, n % divisor


@device
def stepped(quotient, remainder, step, divisor):
    """`divided` of a number larger by ``step``, which is 1 unless the divisor is: a division costs
    as much as a row of few channels.
    """
    if divisor == 1:
        return quotient + step, remainder
    if remainder + 1 == divisor:
        return quotient + 1, 0
    return quotient, remainder + 1


def streams_rows(y: Array) -> bool:
    """Whether rows of channels are written past the caches: each begins at a whole vector."""
    return y.nbytes >= STREAM_BYTES and y.shape[-1] % LANES == 0 and y.ctypes.data % 64 == 0


def parts_of(out: int, k: int, stride: int) -> int:
    """In how many parts a sequence of windows is shared: each longer than the window it begins
    with.
    """
    return max(1, min(8, out * stride // (4 * k)))


def chunk_of(column: int, chans: int) -> int:
    """Columns of a chunk, whole vectors, of this many bytes each."""
    return min(-(-chans // LANES), max(1, SCRATCH // (2 * column * LANES))) * LANES


def rows_of(
    x: Array, axis: int, order: tuple[int, ...] | None = None
) -> tuple[Array, tuple[int, ...]]:
    """x as (A, L, C) with this axis as L, and its axes in the order of memory."""
    order = memory_axes(x) if order is None else order
    moved = x.transpose(order)
    place = order.index(axis)
    outer, inner = math.prod(moved.shape[:place]), math.prod(moved.shape[place + 1 :])
    return canonical(moved).reshape(outer, x.shape[axis], inner), order


def from_rows(y: Array, shape: tuple[int, ...], axis: int, order: tuple[int, ...]) -> Array:
    """A result (A, T, C) with the axes of what `rows_of` took, of this shape but for T."""
    sizes = [y.shape[1] if a == axis else shape[a] for a in order]
    return y.reshape(sizes).transpose(inverse_axes(order))
