"""Fewer multiplications than taps: what the fast kernels of convolutions with stride 1 share.

Two results of a filter of three taps take four products of sums rather than six (the minimal
filtering F(2, 3) of S. Winograd, Arithmetic Complexity of Computations, 1980; for convolutions
A. Lavin and S. Gray, 2016).  With the samples x0 to x3 under them::

    a = (x1 + x2) * (w0 + w1 + w2)/2        y0 = a + b + c
    b = (x1 - x2) * (w1 - w0 - w2)/2        y1 = a - b + d
    c = (x0 - x2) * w0
    d = (x1 - x3) * -w2

two taps take three products, one takes two::

    a = x1 * (w0 + w1),  c = (x0 - x1) * w0,  d = (x1 - x2) * -w1        c = x0 * w,  d = x1 * w

A longer filter is split into groups of three taps and a rest, and the products of a kind, of all
groups and channels, are one sum.  So K taps cost 4 * K // 3 multiply-adds a pair of results, up to
a third less.  The gradient of the weights has the same products with (dy0 + dy1, dy0 - dy1, dy0,
dy1) in the place of the weights, and the sums of the weights undone at the end.

A result sees the samples of its own window only: NaN and Inf reach what they reach in the sum
itself, but an Inf may come out as NaN.  Rounding errors are those of the sum itself for numbers of
one size; they are relative to the largest samples and weights of a channel's window rather than to
each product.  So this is for float32; in float64 every product is rounded alone.

With a dilation d the samples of one residue, d apart, are sequences of their own, here called
lines.  A window is a piece of a line: `transform` finds its samples, then their differences and
sums, in planes: samples (if the filter has a rest), x0 - x2, x0 + x1 and x0 - x1 for each row.
"""

from __future__ import annotations

from typing import NamedTuple

from ._jit import device
from ._lanes import WIDE
from ._simd import add, itemsize, lanes, load, load_whole, store, store_whole, sub
from ._sources import Movement
from ._window import gather

# Fields of a plan.  A line has WINDOWS of POSITIONS each, of ROWS samples; a plane has PLANE
# numbers.  With ALTERNATE only every other row of sums is needed.  A group has DEPTH channels, COLS
# filters and RUNS runs of products.
BATCH, CHANS, LENGTH, OUT, DILATION, LEFT, MODE, TAPS = range(8)
POSITIONS, WINDOWS, ROWS, PLANE, ALTERNATE = range(8, 13)
GROUPS, DEPTH, COLS, RUNS, OWN = range(13, 18)

PLANES = 4
SAMPLES, ENDS, SUMS, DIFFERENCES = range(PLANES)

# Numbers of all planes of a window, at most, so that they stay in the second cache.
PLANE_NUMBERS = 1 << 18

KINDS = 4  # of products: a, b, c, d

_ONE = (1, 1)


class Windows(NamedTuple):
    """Windows of a movement: the fields of a plan, and where the products of each kind find their
    numbers, in bytes from the first sample of a pair on, one for each run of channels.
    """

    fields: list[int]
    offsets: tuple[list[int], ...]

    @property
    def size(self) -> int:
        """Numbers of scratch of a window."""
        return PLANES * self.fields[PLANE]

    @property
    def runs(self) -> int:
        return self.fields[RUNS]


def fewer_products_gain(move: Movement, groups: int, cols: int) -> float:
    """How many times as fast as the sum itself this is, 0 where it can't be.

    The rule does not look at the batch: a sequence's bits must not depend on how many others there
    are.  A pair of results costs multiply-adds for K * 4/3 products rather than 2 * K, two vectors
    of which run in a cycle; about 5 cycles to make a vector of the planes, for both samples; and 8
    to put the products of each vector of results together.  Measured on one Zen 5 core against the
    sum itself: 1.37 for 64 channels, 64 filters and 3 taps (model: 1.32), 1.46 for 256 (1.45), 1.25
    for 32 (1.17), 1.23 for 16, 32 and 5 (1.16), 1.51 for 16, 16 and 51 (1.45).
    """
    taps, depth, longest = move.taps[2], move.chans // groups, lines(move)[1]
    plain = move.steps[2].stride == 1 and move.lengths[:2] == move.taps[:2] == move.out[:2] == _ONE
    if move.itemsize != 4 or not plain or taps < 3 or depth * longest == 0:
        return 0.0
    if PLANES * taps * move.chans > PLANE_NUMBERS:
        return 0.0
    products = taps // 3 * 4 + (0, 2, 3)[taps % 3]
    gain = 2 * taps / products / (1 + 20 / (products * cols) + 16 / (products * depth))
    return gain * filled(longest, 2 * WIDE.rows) / filled(move.out[2], WIDE.rows)


def filled(rows: int, tile: int) -> float:
    """Which part of whole tiles so many rows fill."""
    return rows / (-(-rows // tile) * tile)


def lines(move: Movement) -> tuple[int, int]:
    """How many lines a batch has, and positions of the longest."""
    dilation = move.steps[2].dilation
    return move.n_batch * dilation, -(-move.out[2] // dilation)


def positions_in(numbers: int, move: Movement) -> int:
    """Positions of a window whose planes take about so many numbers."""
    return max(2 * WIDE.rows, numbers // (PLANES * move.chans) - move.taps[2])


def windows_of(move: Movement, groups: int, cols: int, positions: int) -> Windows:
    """Windows of so many positions each, an even number."""
    taps, step = move.taps[2], move.steps[2]
    rows = positions + taps
    plane = -(-rows * move.chans // 16) * 16  # so that all planes begin in a cache line
    places: list[list[tuple[int, int]]] = [[], [], [], []]
    for group in range(taps // 3):
        row = 3 * group
        found = (SUMS, row + 1), (DIFFERENCES, row + 1), (ENDS, row), (ENDS, row + 1)
        for kind, place in enumerate(found):
            places[kind].append(place)
    row = taps // 3 * 3
    if taps % 3 == 2:
        places[0].append((SAMPLES, row + 1))
    if taps % 3:
        plane_of_rest = DIFFERENCES if taps % 3 == 2 else SAMPLES
        places[2].append((plane_of_rest, row))
        places[3].append((plane_of_rest, row + 1))
    offsets = tuple(
        [(which * plane + row * move.chans) * move.itemsize for which, row in kind]
        for kind in places
    )
    fields = [
        move.n_batch, move.chans, move.lengths[2], move.out[2], step.dilation, step.left, step.mode,
        taps, positions, -(-lines(move)[1] // positions), rows, plane, int(taps in (3, 4)),
        groups, move.chans // groups, cols, sum(map(len, offsets)),
    ]  # fmt: skip
    return Windows(fields, offsets)


@device
def first_runs(plan):
    """Where the runs of each kind begin, of all that follow each other: those of b, c and d."""
    full, rest = plan[TAPS] // 3, plan[TAPS] % 3
    of_b = full + (rest == 2)
    of_c = of_b + full
    return of_b, of_c, of_c + full + (rest > 0)


@device
def find_window(plan, index):
    """(observation, first sample of the line, first position, positions) of a window, by number.

    The windows of all lines at one place of the sequence follow each other.  Shorter lines may end
    before it: then there are no positions, or fewer than 0.
    """
    d = plan[DILATION]
    line, rest = index % d, index // d
    first = rest % plan[WINDOWS] * plan[POSITIONS]
    left = (plan[OUT] - line + d - 1) // d - first
    return rest // plan[WINDOWS], line, first, min(plan[POSITIONS], left)


@device
def transform(value, plan, x, b, line, first, planes):
    """Write the planes of a window to an address; ``x`` is an address too."""
    size, chans, d, rows = itemsize(value), plan[CHANS], plan[DILATION], plan[ROWS]
    start = line + first * d - plan[LEFT]
    sequence = x + b * plan[LENGTH] * chans * size
    source, step = sequence + start * chans * size, d * chans * size
    if plan[TAPS] % 3 or start < 0 or start + (rows - 1) * d >= plan[LENGTH]:
        gather(sequence, plan[LENGTH], chans, plan[MODE], value, start, rows, d, planes)
        source, step = planes, chans * size
    plane = plan[PLANE] * size
    if plan[ALTERNATE]:
        for row in range(0, plan[POSITIONS], 2):
            at, target = source + row * step, planes + row * chans * size
            _combine(value, at, step, target, plane, chans, False)
            _combine(value, at + step, step, target + chans * size, plane, chans, True)
    elif step == chans * size:
        _combine(value, source, step, planes, plane, (rows - 2) * chans, True)
    else:
        for row in range(rows - 2):
            target = planes + row * chans * size
            _combine(value, source + row * step, step, target, plane, chans, True)


@device
def _combine(like, source, step, target, plane, count, sums):
    """Of ``count`` samples the differences to those two steps on; with ``sums`` also their sums
    with, and differences to, those one step on.
    """
    size, width = itemsize(like), lanes(like)
    whole = count // width * width
    for i in range(0, whole * size, width * size):
        x0, x2 = load_whole(like, source + i), load_whole(like, source + 2 * step + i)
        store_whole(sub(x0, x2), target + ENDS * plane + i)
        if sums:
            x1 = load_whole(like, source + step + i)
            store_whole(add(x0, x1), target + SUMS * plane + i)
            store_whole(sub(x0, x1), target + DIFFERENCES * plane + i)
    if whole < count:
        i, left = whole * size, count - whole
        x0, x2 = load(like, source + i, left), load(like, source + 2 * step + i, left)
        store(sub(x0, x2), target + ENDS * plane + i, left)
        if sums:
            x1 = load(like, source + step + i, left)
            store(add(x0, x1), target + SUMS * plane + i, left)
            store(sub(x0, x1), target + DIFFERENCES * plane + i, left)
