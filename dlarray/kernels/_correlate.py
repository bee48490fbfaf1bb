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
from ._jit import device, kernel, workers
from ._lanes import TAIL, THIN, WIDE
from ._register_tile import columns, columns_of
from ._simd import address, itemsize, number
from ._sources import (
    IN_PLACE,
    OUT,
    OWN,
    ROWS,
    TAPS,
    Movement,
    Three,
    integers,
    locate,
    tile_count,
    tile_positions,
)
from ._tiles import correlate_tile, padded_columns, panel_width, write_panel_rows
from ._window import copy, fill

# Row tiles that share one pass over the panels; fewer where their windows would fill the cache.
GROUP, GROUP_BYTES = 16, 1 << 18

# Rows of tiles are taken across sequences where more than this share of them would be wasted, and
# so many filters pay for the copy of their inputs.
WASTE, FLAT_COLUMNS = 0.15, 8

# Fields of a plan, after those of `_sources`: TO_BATCH and the three of TO_OUT are numbers from
# position to position of the result, W_TAPS where the table of the filter's taps begins.
GROUPS, DEPTH, COLS, RELU, SCRATCH, SHARED, REVERSED, TO_BATCH, TO_OUT = (OWN + i for i in range(9))
START, W_TAPS = OWN + 11, OWN + 12


@device
def _layout(plan, layout):
    """A layout's bytes from row to row, number of runs, numbers of a run, and table of offsets."""
    return plan[layout], plan[layout + 1], plan[layout + 2], address(plan) + 8 * plan[layout + 3]


@device
def _all_taps(plan):
    return plan[TAPS] * plan[TAPS + 1] * plan[TAPS + 2]


@device
def _write_panels(worker, workers, w, bias, work, value, plan):
    """One worker's share of the panels of w (taps, C, F), by groups; all of the bias behind them.

    The panels of a group lie one after the other, (taps, depth, width) each: a depth of channels
    and columns of filters, or the other way round if REVERSED.
    """
    size = itemsize(value)
    depth, cols, taps, n_filt = plan[DEPTH], plan[COLS], _all_taps(plan), w.shape[2]
    wide, padded = columns(WIDE, value), padded_columns(cols, value)
    panels = (cols + wide - 1) // wide
    jobs = plan[GROUPS] * panels * taps
    for job in range(worker * jobs // workers, (worker + 1) * jobs // workers):
        j, p, g = job % taps, job // taps % panels * wide, job // (taps * panels)
        width = panel_width(cols - p, value)
        target = address(work) + ((g * padded + p) * taps + j * width) * depth * size
        k = plan[plan[W_TAPS] + j]
        start = address(w) + (k * depth * n_filt + g * cols + p) * size
        row_step, column_step = n_filt * size, size
        if plan[REVERSED]:
            start = address(w) + ((k * cols + p) * n_filt + g * depth) * size
            row_step, column_step = size, n_filt * size
        count = min(width, cols - p)
        write_panel_rows(value, target, width, start, row_step, column_step, depth, count)
    target = address(work) + plan[GROUPS] * taps * depth * padded * size
    for g in range(plan[GROUPS] if worker == 0 else 0):
        if len(bias):
            copy(value, target, address(bias) + g * cols * size, cols, padded)
        else:
            fill(value, target, number(value, 0), padded)
        target += padded * size


@kernel
def _pack(worker, workers, w, bias, work, value, plan):
    """The panels of w and the bias to the beginning of ``work``."""
    _write_panels(worker, workers, w, bias, work, value, plan)


@kernel
def _correlate(worker, workers, x, w, bias, y, work, value, plan):
    """y[b, t, f] = bias[f] + sum_{k,c} xp[b, ...] * w[k, c, f], of the movement in ``plan``.

    ``work`` holds panels and bias as `_write_panels` leaves them, then SCRATCH numbers for each
    worker; one worker alone packs for itself.  Writes those elements of y only.
    """
    if workers == 1:
        _write_panels(0, 1, w, bias, work, value, plan)
    size = itemsize(value)
    groups, cols, relu, together = plan[GROUPS], plan[COLS], plan[RELU] != 0, plan[SHARED]
    depth = _all_taps(plan) * plan[DEPTH]
    padded = padded_columns(cols, value)
    bias_at = address(work) + groups * depth * padded * size
    scratch = bias_at + (groups * padded + worker * together * plan[SCRATCH]) * size
    place = np.empty((GROUP, 4), np.intp)  # address and layout of a tile's input, result, rows
    tiles = tile_count(plan)
    last = (worker + 1) * tiles // workers
    for first in range(worker * tiles // workers, last, together):
        count = min(together, last - first)
        free = scratch
        for i in range(count):
            sequence, t, rows = tile_positions(plan, first + i)
            at, layout = locate(value, plan, address(x), sequence, t, rows, plan[ROWS], free)
            if layout != IN_PLACE:
                free += plan[SCRATCH] * size
            t2, rest = sequence % plan[OUT + 1], sequence // plan[OUT + 1]
            t1, b = rest % plan[OUT], rest // plan[OUT]
            out = plan[START] + b * plan[TO_BATCH] + t1 * plan[TO_OUT] + t2 * plan[TO_OUT + 1]
            place[i, 0], place[i, 1], place[i, 3] = at, layout, rows
            place[i, 2] = address(y) + (out + t * plan[TO_OUT + 2]) * size
        for g in range(groups):
            panels = address(work) + g * depth * padded * size
            shift = g * plan[DEPTH] * size
            for p in range(0, cols, columns(WIDE, value)):
                panel, row = panels + p * depth * size, bias_at + (g * padded + p) * size
                for i in range(count):
                    step, runs, run, table = _layout(plan, place[i, 1])
                    tile_source = (place[i, 0] + shift, step, runs, table, run)
                    out = place[i, 2] + (g * cols + p) * size
                    target = (out, plan[TO_OUT + 2] * size, place[i, 3], cols - p)
                    correlate_tile(value, p, tile_source, panel, row, target, relu)


class Correlation(NamedTuple):
    """A plan for `_correlate` and what its driver needs."""

    plan: Array
    value: Any  # what padding holds, in the type of the data
    flops: float
    panels: int  # numbers of workspace: for panels and bias,
    scratch: int  # and for each worker
    shape: tuple[int, ...]  # of the result


class Target(NamedTuple):
    """Where the results of a correlation go, in numbers: the first, and from one to the next."""

    shape: tuple[int, ...]
    start: int
    to_batch: int
    to_out: Three


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
    steps = (target.to_batch, *target.to_out)
    uniform = all(steps[i] == steps[i + 1] * move.out[i] for i in range(3))
    step = move.steps[2]
    if uniform:
        move = move.simplified()
    vector = columns_of(TAIL, move.itemsize)
    height = THIN.rows if cols <= vector else WIDE.rows
    n_rows, line = move.n_batch * prod(move.out), max(1, move.out[2])
    wasted = 1 - line / (-(-line // height) * height)
    flat = uniform and wasted > WASTE and n_rows > line and cols >= FLAT_COLUMNS
    depth = move.chans // groups
    padded = -(-cols // vector) * vector
    own = [groups, depth, cols, int(relu), 0, 0, int(reverse), target.to_batch, *target.to_out]
    fields, scratch = move.fields(height, flat, depth, [*own, target.start, 0])
    tiles = -(-n_rows // height) if flat else n_rows // line * -(-line // height)
    together = max(1, min(GROUP, tiles, GROUP_BYTES // max(1, scratch * move.itemsize)))
    fields[SCRATCH], fields[SHARED], fields[W_TAPS] = scratch, together, len(fields)
    dtype = np.float32 if move.itemsize == 4 else np.float64
    return Correlation(
        integers([*fields, *w_taps]),
        dtype(step.value),
        2.0 * n_rows * cols * move.chans * len(w_taps),
        groups * padded * (len(w_taps) * depth + 1),
        together * scratch,
        target.shape,
    )


def correlate(c: Correlation, x: Array, w: Array, bias: Array, y: Array) -> None:
    """Run `_correlate`; x, w and y have three axes."""
    n = workers(flops=c.flops)
    work = workspace(c.panels + n * c.scratch, x.dtype)
    if n > 1:
        _pack(workers(nbytes=8.0 * w.nbytes), w, bias, work, c.value, c.plan)
    _correlate(n, x, w, bias, y, work, c.value, c.plan)
