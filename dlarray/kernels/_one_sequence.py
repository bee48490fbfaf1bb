"""What special convolutions over one dimension share: gathered windows, phases, folding back."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import NamedTuple

from ._jit import device, kernel
from ._simd import itemsize
from ._window import Geometry, gather, source


@device
def gather_grid(sequence, length, chans, mode, value, start, wanted, target):
    """Write padded rows of a sequence, ``chans`` numbers as ``value`` each, one after the other.

    ``wanted`` is (outer, outer_step, inner, inner_step): the rows start + i*outer_step +
    j*inner_step for i < outer, j < inner.  ``sequence`` and ``target`` are addresses.
    """
    outer, outer_step, inner, inner_step = wanted
    for i in range(outer):
        first = start + i * outer_step
        gather(sequence, length, chans, mode, value, first, inner, inner_step, target)
        target += inner * chans * itemsize(value)


@device
def gather_taps(sequence, length, chans, mode, value, start, moves, target):
    """Write what ``n`` positions read, in the fewest copies: (position step, tap step, numbers).

    The whole window as one run, or a run of n rows for each tap.  ``moves`` is (taps, dilation, n,
    stride); steps in bytes.
    """
    taps, dilation, n, stride = moves
    row_bytes = chans * itemsize(value)
    window = (n - 1) * stride + (taps - 1) * dilation + 1
    if window <= taps * n:
        gather_grid(sequence, length, chans, mode, value, start, (1, 0, window, 1), target)
        return stride * row_bytes, dilation * row_bytes, window * chans
    gather_grid(sequence, length, chans, mode, value, start, (taps, dilation, n, stride), target)
    return row_bytes, n * row_bytes, taps * n * chans


class Phase(NamedTuple):
    """The positions start + m*stride of an input gradient.

    dx[start + m*stride] = sum_j w[taps[j]] dy[m + j*dilation - left], of the movement ``step``;
    the taps are evenly spaced.
    """

    start: int
    taps: tuple[int, ...]
    step: Geometry

    @property
    def line(self) -> tuple[int, int, int]:
        """(first tap, from one tap to the next, number of taps)."""
        return (
            self.taps[0],
            self.taps[1] - self.taps[0] if len(self.taps) > 1 else 1,
            len(self.taps),
        )


@lru_cache(maxsize=512)
def phases(length: int, k_size: int, stride: int, dilation: int, left: int) -> tuple[Phase, ...]:
    """One for each residue of the stride that a tap reaches: a forward of dy with the taps
    reversed.
    """
    spread = dilation // gcd(stride, dilation)
    reached: dict[int, list[int]] = {}
    for k in range(k_size):
        reached.setdefault((k * dilation - left) % stride, []).append(k)
    found = []
    for start, taps in sorted(reached.items()):
        if start < length:
            shift = (start + left - taps[0] * dilation) // stride
            step = Geometry(1, spread, (len(taps) - 1) * spread - shift)
            found.append(Phase(start, tuple(reversed(taps)), step))
    return tuple(found)


@kernel
def fold_padding(worker, workers, padded, dx, left, mode):
    """dx (B, L, C) = the gradient at the samples, plus that at the padded positions which copy
    them.
    """
    n_batch, length, chans = dx.shape
    for b in range(worker * n_batch // workers, (worker + 1) * n_batch // workers):
        for row in range(length):
            for c in range(chans):
                dx[b, row, c] = padded[b, row + left, c]
        for position in range(-left, padded.shape[1] - left):
            if position < 0 or position >= length:
                row = source(position, length, mode)
                for c in range(chans if row >= 0 else 0):
                    dx[b, row, c] += padded[b, position + left, c]
