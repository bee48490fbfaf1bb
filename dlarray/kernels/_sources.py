"""Where the inputs of some output positions lie: in place, or gathered into scratch.

Both macro-kernels of the convolution read rows of inputs, one a position, of which each holds a run
of numbers for every tap.  Three layouts serve them, and a table of offsets a layout says where the
runs of a row begin:

    in place    the window is inside the data, and so is what a tile reads beyond it
    a window    padded rows around it are gathered, so that rows of a tile share what they overlap
    row by row  each position's inputs lie together, for positions of several sequences

A padding value is an index map: a position beyond a border in any dimension holds the scalar, and
a mirrored or repeated one is mapped in each dimension.

What does not depend on the data is a plan, an array of integers: the fields below, those of the
macro-kernel (from OWN on), and the tables.  Data of fewer than three dimensions have leading ones
of size 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from ._buffers import Array
from ._jit import device
from ._simd import itemsize
from ._window import Geometry, fill, gather, source

Three = tuple[int, int, int]


def integers(numbers: Sequence[int]) -> Array:
    """The numbers of a plan; beyond 64 bits they count bytes that no memory has."""
    try:
        return np.array(numbers, np.intp)
    except OverflowError:
        raise MemoryError("sizes beyond 64 bits") from None


# Fields of a plan.  Sizes are numbers, not bytes, unless they say so.
BATCH, CHANS, TOTAL = 0, 1, 2  # observations, numbers a position, numbers of the data
LENGTH, OUT, TAPS = 3, 6, 9  # three each: of the data, of the positions to make, of the filter
STRIDE, DILATION, LEFT, MODE = 12, 15, 18, 21  # three each
FLAT = 24  # whether the positions of a tile may belong to several sequences
ROWS = 25  # positions of a whole tile
REACH = 26  # numbers from the first that a position reads to behind the last that a tile may read
APART, PITCH = 27, 28  # a window: each tap by itself or all as one run; rows from tap to tap
IN_PLACE, WINDOW, EACH = 29, 33, 37  # layouts: bytes from row to row, runs, run, table of offsets
OWN = 41


@device
def tile_start(plan, tile):
    """(sequence, first position) of a tile; `tile_count` of them make the output."""
    n_out, rows = plan[OUT + 2], plan[ROWS]
    if plan[FLAT]:
        return tile * rows // n_out, tile * rows % n_out
    each = (n_out + rows - 1) // rows
    return tile // each, tile % each * rows


@device
def tile_size(plan, sequence, t):
    """Positions of the tile that begins there."""
    left = plan[OUT + 2] - t
    if plan[FLAT]:
        left += (plan[BATCH] * plan[OUT] * plan[OUT + 1] - sequence - 1) * plan[OUT + 2]
    return min(plan[ROWS], left)


@device
def next_tile(plan, sequence, t, rows):
    """(sequence, first position) of the tile after one of ``rows`` positions."""
    t += rows
    while t >= plan[OUT + 2]:
        t -= plan[OUT + 2]
        sequence += 1
    return sequence, t


@device
def line_of(plan, sequence):
    """(observation, position in the first, position in the second dimension) of a sequence."""
    if plan[OUT] == 1 and plan[OUT + 1] == 1:
        return sequence, 0, 0
    t2, rest = sequence % plan[OUT + 1], sequence // plan[OUT + 1]
    return rest // plan[OUT], rest % plan[OUT], t2


@device
def tile_count(plan):
    """The number of tiles."""
    n_out, rows = plan[OUT + 2], plan[ROWS]
    sequences = plan[BATCH] * plan[OUT] * plan[OUT + 1]
    if plan[FLAT]:
        return (sequences * n_out + rows - 1) // rows
    return sequences * ((n_out + rows - 1) // rows)


@device
def locate(value, plan, x, sequence, t, rows, read, scratch):
    """(address, layout) of the inputs of ``rows`` positions from t of a sequence on.

    A tile reads those of ``read`` positions.  ``x`` and ``scratch`` are addresses.
    """
    if t + rows > plan[OUT + 2]:
        _gather_each(value, plan, x, sequence, t, rows, scratch)
        return scratch, EACH
    b, t1, t2 = line_of(plan, sequence)
    p1 = t1 * plan[STRIDE] - plan[LEFT]
    p2 = t2 * plan[STRIDE + 1] - plan[LEFT + 1]
    p3 = t * plan[STRIDE + 2] - plan[LEFT + 2]
    last1 = p1 + (plan[TAPS] - 1) * plan[DILATION]
    last2 = p2 + (plan[TAPS + 1] - 1) * plan[DILATION + 1]
    last3 = p3 + (plan[TAPS + 2] - 1) * plan[DILATION + 2] + (rows - 1) * plan[STRIDE + 2]
    inside = p1 >= 0 and p2 >= 0 and p3 >= 0
    if inside and last1 < plan[LENGTH] and last2 < plan[LENGTH + 1] and last3 < plan[LENGTH + 2]:
        at = ((b * plan[LENGTH] + p1) * plan[LENGTH + 1] + p2) * plan[LENGTH + 2] + p3
        # rows past the last position are read too, from what lies behind: it must be x
        beyond = (at + (read - 1) * plan[STRIDE + 2]) * plan[CHANS] + plan[REACH]
        if beyond <= plan[TOTAL]:
            return x + at * plan[CHANS] * itemsize(value), IN_PLACE
    positions = plan[LENGTH] * plan[LENGTH + 1] * plan[LENGTH + 2]
    _gather_window(
        value, plan, x + b * positions * plan[CHANS] * itemsize(value), p1, p2, p3, read, scratch
    )
    return scratch, WINDOW


@device
def alike(plan, sequence, t, rows, most):
    """How many whole tiles, ``most`` at most, lie one after the other in a sequence from the one at
    t on, of ``rows`` positions and in place, and are in place too; 1 if that is not whole.

    What `locate` would say of each, which took a fifth of the time of a small tile.
    """
    if rows < plan[ROWS] or most == 1:
        return 1
    b, t1, t2 = line_of(plan, sequence)
    p1 = t1 * plan[STRIDE] - plan[LEFT]
    p2 = t2 * plan[STRIDE + 1] - plan[LEFT + 1]
    line = ((b * plan[LENGTH] + p1) * plan[LENGTH + 1] + p2) * plan[LENGTH + 2]
    inside = plan[LENGTH + 2] - 1 - (plan[TAPS + 2] - 1) * plan[DILATION + 2]
    readable = (plan[TOTAL] - plan[REACH]) // max(1, plan[CHANS]) - line
    last = (min(inside, readable) + plan[LEFT + 2]) // plan[STRIDE + 2]
    return max(1, min(most, (min(last + 1, plan[OUT + 2]) - t) // rows))


@device
def _line(value, plan, x, p1, p2):
    """The address of the line of positions that the taps of two dimensions reach; -1 beyond."""
    row1 = source(p1, plan[LENGTH], plan[MODE])
    row2 = source(p2, plan[LENGTH + 1], plan[MODE + 1])
    if row1 < 0 or row2 < 0:
        return -1
    position = (row1 * plan[LENGTH + 1] + row2) * plan[LENGTH + 2]
    return x + position * plan[CHANS] * itemsize(value)


@device
def _gather_window(value, plan, x, p1, p2, p3, rows, target):
    """Gather what ``rows`` positions of the observation at address x read, from p3 on in a line."""
    length, chans, mode = plan[LENGTH + 2], plan[CHANS], plan[MODE + 2]
    taps, dilation, stride = plan[TAPS + 2], plan[DILATION + 2], plan[STRIDE + 2]
    pitch = plan[PITCH] * chans * itemsize(value)
    for k1 in range(plan[TAPS]):
        for k2 in range(plan[TAPS + 1]):
            line = _line(value, plan, x, p1 + k1 * plan[DILATION], p2 + k2 * plan[DILATION + 1])
            runs, count, step = taps, rows, stride
            if not plan[APART]:
                runs, count, step = 1, (rows - 1) * stride + (taps - 1) * dilation + 1, 1
            for k in range(runs):
                start = p3 + k * dilation
                if line == -1:
                    fill(value, target, value, count * chans)
                else:
                    gather(line, length, chans, mode, value, start, count, step, target)
                target += pitch


@device
def _gather_each(value, plan, x, sequence, t, rows, target):
    """Gather what ``rows`` positions read, one after the other, on into the next sequences."""
    length, chans, mode = plan[LENGTH + 2], plan[CHANS], plan[MODE + 2]
    taps, dilation = plan[TAPS + 2], plan[DILATION + 2]
    positions = plan[LENGTH] * plan[LENGTH + 1] * length
    row_bytes = chans * itemsize(value)
    for _ in range(rows):
        b, t1, t2 = line_of(plan, sequence)
        start = t * plan[STRIDE + 2] - plan[LEFT + 2]
        for k1 in range(plan[TAPS]):
            p1 = t1 * plan[STRIDE] - plan[LEFT] + k1 * plan[DILATION]
            for k2 in range(plan[TAPS + 1]):
                p2 = t2 * plan[STRIDE + 1] - plan[LEFT + 1] + k2 * plan[DILATION + 1]
                line = _line(value, plan, x + b * positions * row_bytes, p1, p2)
                if line == -1:
                    fill(value, target, value, taps * chans)
                else:
                    gather(line, length, chans, mode, value, start, taps, dilation, target)
                target += taps * row_bytes
        t += 1
        if t == plan[OUT + 2]:
            t, sequence = 0, sequence + 1


class Movement(NamedTuple):
    """A filter and the data that it moves over, in three dimensions."""

    n_batch: int
    chans: int  # numbers a position, of all groups
    lengths: Three
    taps: Three
    out: Three
    steps: tuple[Geometry, Geometry, Geometry]
    itemsize: int

    def simplified(self) -> Movement:
        """Where every position is its own window, all of them as one sequence."""
        plain = all(step.stride == 1 and step.left == 0 for step in self.steps)
        if not plain or prod(self.taps) != 1 or self.lengths != self.out:
            return self
        line = (1, 1, self.n_batch * prod(self.lengths))
        return self._replace(n_batch=1, lengths=line, out=line)

    def fields(
        self, rows: int, flat: bool, inner: int, own: list[int], beyond: int = 0
    ) -> tuple[list[int], int]:
        """The plan, and numbers of scratch for one tile.

        ``inner`` numbers of a position follow each other for one tap, fewer than ``chans`` with
        groups. ``own`` are the fields of the macro-kernel.  A tile reads ``beyond`` numbers more.
        """
        taps, chans, steps = self.taps, self.chans, self.steps
        lines = (self.lengths[1] * self.lengths[2], self.lengths[2], 1)
        last, dilation = steps[2].stride, steps[2].dilation
        window = (rows - 1) * last + (taps[2] - 1) * dilation + 1
        apart = window > taps[2] * rows
        pitch, blocks = (rows, taps[2]) if apart else (window, 1)
        between = tuple(step.dilation * n for step, n in zip(steps, lines, strict=True))
        in_place = _offsets(taps, between)
        line = blocks * pitch
        gathered = _offsets(taps, (taps[1] * line, line, pitch if apart else dilation))
        each = list(range(prod(taps)))
        layouts = (last, in_place), (1 if apart else last, gathered), (prod(taps), each)
        shared = _shared_run(taps, [offsets for _, offsets in layouts]) if inner == chans else 1
        reach = in_place[-1] * chans + chans + beyond
        fields = [
            self.n_batch, chans, self.n_batch * prod(self.lengths) * chans,
            *self.lengths, *self.out, *taps,
            *(step.stride for step in steps), *(step.dilation for step in steps),
            *(step.left for step in steps), *(step.mode for step in steps),
            int(flat), rows, reach, int(apart), pitch,
        ]  # fmt: skip
        table: list[int] = []
        start = OWN + len(own)
        for row_step, offsets in layouts:
            fields += [
                row_step * chans * self.itemsize,
                prod(taps) // shared,
                shared * inner,
                start + len(table),
            ]
            table += [offset * chans * self.itemsize for offset in offsets[::shared]]
        gather_rows = max(prod(taps[:2]) * line, rows * prod(taps) if flat else 0)
        return [*fields, *own, *table], gather_rows * chans + beyond


def _offsets(taps: Three, between: tuple[int, ...]) -> list[int]:
    """Where each tap lies, in positions; ``between`` from tap to tap of each dimension."""
    index = np.indices(taps).reshape(3, -1)
    return [int(n) for n in np.array(between) @ index]


def _shared_run(taps: Three, tables: list[list[int]]) -> int:
    """How many taps follow each other in all tables, so that they are one run."""
    for run in (prod(taps), taps[1] * taps[2], taps[2]):
        if run and all(
            offsets[i] == offsets[i - i % run] + i % run
            for offsets in tables
            for i in range(len(offsets))
        ):
            return run
    return 1


def in_three(sizes: tuple[int, ...]) -> Three:
    """Sizes with leading ones."""
    return ((1,) * (3 - len(sizes)) + sizes)[-3:]  # type: ignore[return-value]


def steps_in_three(moves: tuple[Geometry, ...]) -> tuple[Geometry, Geometry, Geometry]:
    """Movements with leading ones of one tap."""
    return ((Geometry(),) * (3 - len(moves)) + moves)[-3:]  # type: ignore[return-value]


def in_a_line(array: Array) -> Array:
    """(first, all between, last): the same memory with three axes, so that kernels compile once."""
    if array.ndim == 3:
        return array
    shape = array.shape
    return array.reshape(shape[0], prod(shape[1:-1]), shape[-1])


def filters_in_a_line(w: Array) -> Array:
    """w (taps..., C, F) as (taps, C, F)."""
    if w.ndim == 3:
        return w
    return w.reshape(prod(w.shape[:-2]), *w.shape[-2:])
