"""The correlation of data with filters: the macro-kernel of the convolution's forward and of its
input gradient.

Rows are output positions, columns the filters of a group, the sum runs over taps and channels.
Tiles of rows lie along the last dimension, in sequences too short for them across sequences.
`GROUP` row tiles share one pass over the panels of all filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ._buffers import Array, workspace
from ._jit import Kernel, device, kernel, workers
from ._lanes import TAIL, WIDE
from ._panels import find_panel, panels_of, write_bias, write_tap
from ._prefetch import prefetch_all
from ._register_tile import ask_for_rows, columns_of
from ._simd import address, itemsize, lanes, stack_integers
from ._sources import (
    IN_PLACE,
    OWN,
    ROWS,
    TAPS,
    Movement,
    Three,
    alike,
    integers,
    line_of,
    locate,
    next_tile,
    tile_count,
    tile_size,
    tile_start,
)
from ._tiles import panel_tile

# Row tiles that share one pass over the panels; fewer where their windows would fill the cache.
GROUP, GROUP_BYTES = 16, 1 << 18

# Rows of tiles are taken across sequences where more than this share of them would be wasted, and
# so many filters pay for the copy of their inputs.
WASTE, FLAT_COLUMNS = 0.15, 8

# Workers pack panels of up to so many numbers each for itself: to share that work is a launch more,
# and takes lines of the cache from one to the other, 2 of 30 us for 10 MFLOP on two threads.
OWN_PANELS = 1 << 15

# Data and results of more bytes together are far away, in the last cache or in memory.  There a
# tile asks for samples that are read later, and for what it will write: with 17 MB of each, 32
# channels and 32 filters, two threads took 0.7 ms rather than 1.4 with one tap, 1.4 rather than 1.8
# with three.  With 8 MB that is 1 to 3 % more.
FAR_BYTES = 1 << 24

# Fields of a plan, after those of `_sources`: TO_BATCH and the three of TO_OUT are numbers from
# position to position of the result, W_TAPS where the table of the filter's taps begins.  A group
# has WHOLE panels and one of LAST_VECS and LAST_TERMS, PANEL_SIZE numbers together, and BIAS_SIZE
# of the bias; EACH_PACKS is 1 where each worker packs for itself, FAR where `is_far`.
GROUPS, DEPTH, COLS, RELU, SCRATCH, SHARED, REVERSED, TO_BATCH, TO_OUT = (OWN + i for i in range(9))
START, W_TAPS, WHOLE, LAST_VECS, LAST_TERMS = (OWN + 11 + i for i in range(5))
PANEL_SIZE, BIAS_SIZE, EACH_PACKS, FAR, FIELDS = (OWN + 16 + i for i in range(5))


@device
def _layout(plan, layout):
    """A layout's bytes from row to row, number of runs, numbers of a run, and table of offsets."""
    return plan[layout], plan[layout + 1], plan[layout + 2], address(plan) + 8 * plan[layout + 3]


@device
def _all_taps(plan):
    return plan[TAPS] * plan[TAPS + 1] * plan[TAPS + 2]


@device
def _panel(plan, q, value):
    """Panel q of a group: (first column, vectors, terms, numbers before it)."""
    last = plan[LAST_VECS], plan[LAST_TERMS]
    column, vecs, terms = find_panel(value, q, plan[WHOLE], last)
    return column, vecs, terms, plan[IN_PLACE + 1] * plan[IN_PLACE + 2] * column


@device
def _write_panels(worker, workers, w, bias, work, value, plan):
    """One worker's share of the panels of w (taps, C, F), by groups, to address ``work``; behind
    them all of the bias.
    """
    size = itemsize(value)
    depth, taps, run, panels = plan[DEPTH], _all_taps(plan), plan[IN_PLACE + 2], plan[WHOLE] + 1
    sizes = depth, plan[COLS], plan[REVERSED] != 0
    jobs = plan[GROUPS] * panels * taps
    for job in range(worker * jobs // workers, (worker + 1) * jobs // workers):
        j, q, g = job % taps, job // taps % panels, job // (taps * panels)
        column, vecs, terms, before = _panel(plan, q, value)
        target = work + (g * plan[PANEL_SIZE] + before) * size
        width, term = vecs * lanes(value) // terms, j * depth
        if terms == 1:
            target += term * width * size
        else:
            target += (term // run) * ((run + 1) // 2) * 2 * width * size
        tap = plan[plan[W_TAPS] + j]
        write_tap(value, target, (column, vecs, terms), w, tap, g, sizes, term % run, run)
    if worker == 0:
        target = work + plan[GROUPS] * plan[PANEL_SIZE] * size
        write_bias(value, target, bias, plan[GROUPS], plan[COLS], plan[BIAS_SIZE])


@kernel
def _pack(worker, workers, w, bias, work, value, plan):
    """The panels of w and the bias to the beginning of ``work``."""
    _write_panels(worker, workers, w, bias, address(work), value, plan)


@device
def _place_tiles(x, y, value, plan, sequence, t, count, scratch, place):
    """Find ``count`` tiles from t of a sequence on: (sequence, first position) of the next one.

    Rows of ``place``: address and layout of a tile's input, address of its result, positions.
    """
    size = itemsize(value)
    i = 0
    while i < count:
        rows = tile_size(plan, sequence, t)
        at, layout = locate(value, plan, address(x), sequence, t, rows, plan[ROWS], scratch)
        b, t1, t2 = line_of(plan, sequence)
        out = plan[START] + b * plan[TO_BATCH] + t1 * plan[TO_OUT] + t2 * plan[TO_OUT + 1]
        out = address(y) + (out + t * plan[TO_OUT + 2]) * size
        step, stop = 0, i + 1
        if layout == IN_PLACE:
            step, stop = plan[IN_PLACE] * rows, i + alike(plan, sequence, t, rows, count - i)
        else:
            scratch += plan[SCRATCH] * size
        while i < stop:
            place[i, 0], place[i, 1], place[i, 2], place[i, 3] = at, layout, out, rows
            at, out, i = at + step, out + rows * plan[TO_OUT + 2] * size, i + 1
            sequence, t = next_tile(plan, sequence, t, rows)
    return sequence, t


@kernel
def _correlate(worker, workers, x, w, bias, y, work, value, plan):
    """y[b, t, f] = bias[f] + sum_{k,c} xp[b, ...] * w[k, c, f], of the movement in ``plan``.

    ``work`` holds panels and bias as `_pack` leaves them, then SCRATCH numbers for each tile of a
    group and worker; with EACH_PACKS all of that for each worker.  Writes those elements of y only.
    """
    size = itemsize(value)
    groups, cols, relu, together = plan[GROUPS], plan[COLS], plan[RELU] != 0, plan[SHARED]
    all_panels, of_worker = groups * (plan[PANEL_SIZE] + plan[BIAS_SIZE]), together * plan[SCRATCH]
    panels = address(work)
    scratch = panels + (all_panels + worker * of_worker) * size
    if plan[EACH_PACKS]:
        panels += worker * (all_panels + of_worker) * size
        scratch = panels + all_panels * size
        _write_panels(0, 1, w, bias, panels, value, plan)
    bias_at = panels + groups * plan[PANEL_SIZE] * size
    place = stack_integers(GROUP, 4)
    tiles = tile_count(plan)
    begin, end = worker * tiles // workers, (worker + 1) * tiles // workers
    sequence, t = tile_start(plan, begin)
    for first in range(begin, end, together):
        count = min(together, end - first)
        sequence, t = _place_tiles(x, y, value, plan, sequence, t, count, scratch, place)
        for g in range(groups):
            shift = g * plan[DEPTH] * size
            for q in range(plan[WHOLE] + 1):
                column, vecs, terms, before = _panel(plan, q, value)
                panel = panels + (g * plan[PANEL_SIZE] + before) * size
                row = bias_at + (g * plan[BIAS_SIZE] + column) * size
                for i in range(count):
                    step, runs, run, table = _layout(plan, place[i, 1])
                    tile_source = (place[i, 0] + shift, step, runs, table, run)
                    out = place[i, 2] + (g * cols + column) * size
                    target = (out, plan[TO_OUT + 2] * size, place[i, 3], cols - column)
                    if plan[FAR]:
                        ask_for_rows(WIDE, value, out, target[1])
                        if g + q == 0:  # in place, one tile's samples lie behind the other's
                            prefetch_all(
                                place[i, 0] + together * place[i, 3] * step, place[i, 3] * step
                            )
                    panel_tile(value, vecs, terms, tile_source, panel, row, target, relu)


class Correlation(NamedTuple):
    """A plan for `_correlate`, or a kernel that takes the same, and what its driver needs."""

    kernel: Kernel
    pack: Kernel
    plan: Array
    value: Any  # what padding holds, in the type of the data
    flops: float
    shared: int  # numbers of workspace for panels and bias that all share, 0 if none do,
    own: int  # and for each worker
    shape: tuple[int, ...]  # of the result


class Target(NamedTuple):
    """Where the results of a correlation go, in numbers: the first, and from one to the next."""

    shape: tuple[int, ...]
    start: int
    to_batch: int
    to_out: Three


def is_far(move: Movement, n_filt: int) -> bool:
    """Whether data and results are larger than FAR_BYTES."""
    samples = prod(move.lengths) * move.chans + prod(move.out) * n_filt
    return move.n_batch * samples * move.itemsize > FAR_BYTES


def correlation(
    move: Movement,
    groups: int,
    cols: int,
    w_taps: Sequence[int],
    target: Target,
    reverse: bool,
    relu: bool,
) -> Correlation:
    """The plan of a correlation with ``cols`` filters a group.

    ``w_taps`` are the taps of the weights in the order of the sum.
    """
    steps, far = (target.to_batch, *target.to_out), is_far(move, groups * cols)
    uniform = all(steps[i] == steps[i + 1] * move.out[i] for i in range(3))
    step = move.steps[2]
    if uniform:
        move = move.simplified()
    height = WIDE.rows
    n_rows, line = move.n_batch * prod(move.out), max(1, move.out[2])
    wasted = 1 - line / (-(-line // height) * height)
    flat = uniform and wasted > WASTE and n_rows > line and cols >= FLAT_COLUMNS
    depth = move.chans // groups
    own = [groups, depth, cols, int(relu), 0, 0, int(reverse), target.to_batch, *target.to_out]
    own += [target.start] + [0] * (FIELDS - START - 1)
    fields, scratch = move.fields(height, flat, depth, own)
    tiles = -(-n_rows // height) if flat else n_rows // line * -(-line // height)
    together = max(1, min(GROUP, tiles, GROUP_BYTES // max(1, scratch * move.itemsize)))
    runs, run = fields[IN_PLACE + 1], fields[IN_PLACE + 2]
    whole, last = panels_of(cols, run, move.itemsize)
    vector = columns_of(TAIL, move.itemsize)
    bias_size = (-(-cols // vector) + 1) * vector  # a panel's last vector of it may begin anywhere
    fields[SCRATCH], fields[SHARED] = scratch, together
    panel_size = runs * (whole * run * WIDE.vecs + last.rows(run) * last.vecs) * vector
    fields[W_TAPS], fields[WHOLE], fields[PANEL_SIZE] = len(fields), whole, panel_size
    fields[LAST_VECS], fields[LAST_TERMS] = last
    panels, scratch = groups * (panel_size + bias_size), together * scratch
    each_packs = panels <= OWN_PANELS
    fields[BIAS_SIZE], fields[EACH_PACKS], fields[FAR] = bias_size, int(each_packs), int(far)
    dtype = np.float32 if move.itemsize == 4 else np.float64
    return Correlation(
        _correlate,
        _pack,
        integers([*fields, *w_taps]),
        dtype(step.value),
        2.0 * n_rows * cols * move.chans * len(w_taps),
        0 if each_packs else panels,
        scratch + panels if each_packs else scratch,
        target.shape,
    )


def correlate(c: Correlation, x: Array, w: Array, bias: Array, y: Array) -> None:
    """Run the kernel of a plan; x, w and y have three axes."""
    n = workers(flops=c.flops)
    work = workspace(c.shared + n * c.own, x.dtype)
    if c.shared:
        c.pack(workers(nbytes=8.0 * w.nbytes), w, bias, work, c.value, c.plan)
    c.kernel(n, x, w, bias, y, work, c.value, c.plan)
