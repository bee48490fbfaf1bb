"""What a tile reads at a border: padded rows of a sequence, gathered into scratch."""

from __future__ import annotations

from typing import NamedTuple

from ._jit import device
from ._simd import (
    itemsize,
    lanes,
    load,
    load_whole,
    move,
    number,
    splat,
    store,
    store_whole,
)

SCALAR, INCLUDE_EDGE, EXCLUDE_EDGE, REPLICATE = range(4)


class Geometry(NamedTuple):
    """How a filter moves along a sequence, in samples.

    ``mode`` says what lies beyond the ends: SCALAR (``value``), INCLUDE_EDGE or EXCLUDE_EDGE (the
    sequence mirrored, with or without its end sample), REPLICATE (the end sample).
    """

    stride: int = 1
    dilation: int = 1
    left: int = 0
    right: int = 0
    mode: int = SCALAR
    value: float = 0.0

    def out_length(self, length: int, k_size: int) -> int:
        """Number of output positions; less than 1 if the filter is longer than the padded
        sequence.
        """
        return (
            length + self.left + self.right - (k_size - 1) * self.dilation - 1
        ) // self.stride + 1


@device
def source(position, length, mode):
    """The sample that a padded position holds, or -1 where it holds the padding value."""
    if 0 <= position < length:
        return position
    if mode == SCALAR:
        return -1
    if mode == INCLUDE_EDGE:
        position = -1 - position if position < 0 else 2 * length - 1 - position
    elif mode == EXCLUDE_EDGE:
        position = -position if position < 0 else 2 * length - 2 - position
    return min(max(position, 0), length - 1)


@device
def copy(like, target, start, count, width):
    """Copy ``count`` numbers as ``like`` between addresses, then write zeros up to ``width``."""
    size, step = itemsize(like), lanes(like)
    whole = count // step * step
    for i in range(0, whole * size, step * size):  # twice as fast as with masks
        store_whole(load_whole(like, start + i), target + i)
    for i in range(whole, width, step):
        store(load(like, start + i * size, count - i), target + i * size, width - i)


@device
def copy_strided(like, target, start, step, count, width):
    """Copy ``count`` numbers that lie ``step`` bytes apart, then write zeros up to ``width``."""
    size = itemsize(like)
    for i in range(count):
        move(like, target + i * size, start + i * step)
    if count < width:
        fill(like, target + count * size, number(like, 0), width - count)


@device
def fill(like, target, value, count):
    """Write ``count`` copies of ``value`` to an address."""
    size = itemsize(like)
    for i in range(0, count, lanes(like)):
        store(splat(like, value), target + i * size, count - i)


@device
def gather(sequence, length, chans, mode, value, start, rows, step, target):
    """Write the padded rows start + r*step, r < rows, of a sequence one after the other.

    A row is ``chans`` numbers as ``value``.  ``sequence`` and ``target`` are addresses.
    """
    row_bytes = chans * itemsize(value)
    r = 0
    while r < rows:
        row = source(start + r * step, length, mode)
        run = 1
        if row < 0:
            fill(value, target, value, chans)
        else:
            if step == 1 and row == start + r:  # inside: the rest of the run lies together
                run = min(rows - r, length - row)
            copy(value, target, sequence + row * row_bytes, run * chans, run * chans)
        target += run * row_bytes
        r += run
