"""The weight gradient of a convolution: the macro-kernel and its sizes.

Rows are the channels of a group, or taps and channels where they follow each other; columns its
filters; the sum runs over positions, in chunks.  It is split into a number of parts fixed by the
problem, so its bits do not depend on the number of threads.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from ._buffers import Array, empty, workspace
from ._jit import device, kernel, workers
from ._lanes import THIN, WIDE
from ._prefetch import prefetch
from ._register_tile import columns, columns_of
from ._simd import add, address, itemsize, lanes, load, load_index, store
from ._sources import IN_PLACE, OUT, OWN, Movement, integers, locate, tile_count, tile_positions
from ._tiles import panel_width, tile_rows, weight_tile
from ._window import copy

# Positions summed in registers before a tile of the weight gradient goes to memory: a panel of them
# is half of L1.  Of 64, 96, 128, 192 and 256, 128 was best or within 3 % on every case of
# bench/conv1d.py.
CHUNK = 128

# Chunks run across sequences shorter than this.
SHORT = 48

# The weight gradient is split into at most this many jobs, of at least so many operations, and its
# partial sums take at most so many numbers.
JOBS, JOB_FLOPS, PARTIAL_SIZE = 16, 2e6, 1 << 20

# Fields of a plan, after those of `_sources`.
GROUPS, DEPTH, COLS, PARTS, SHARES, SCRATCH, GATHERED = (OWN + i for i in range(7))


@device
def _weight_panel(dy, scratch, value, row, n, n_filt, first, left):
    """``left`` columns of n rows of dy from ``first`` on as a panel: (address, step).

    In place if the panel is the rows.
    """
    size = itemsize(value)
    width = panel_width(left, value)
    start = address(dy) + (row * n_filt + first) * size
    if n_filt == width:
        return start, n_filt * size
    for t in range(n):
        target = scratch + t * width * size
        copy(value, target, start + t * n_filt * size, min(left, width), width)
    return scratch, width * size


@kernel
def _weight_parts(worker, workers, x, dy, partial, work, value, plan):
    """partial[p] (K*C/G, F) = the weight gradient over the p-th share of the chunks.

    A job is one part and one share of its row tiles.  ``work`` has SCRATCH numbers for each worker.
    """
    size = itemsize(value)
    groups, depth, cols = plan[GROUPS], plan[DEPTH], plan[COLS]
    parts, shares, n_filt = plan[PARTS], plan[SHARES], groups * cols
    height = tile_rows(cols, value)
    todo = tile_count(plan)
    # One division into tiles for all chunks, gathered or not: jobs share the tiles by number.
    runs, run = plan[IN_PLACE + 1], plan[IN_PLACE + 2]
    row_tiles = (run + height - 1) // height
    tiles = runs * row_tiles
    scratch = address(work) + worker * plan[SCRATCH] * size
    packed = scratch + plan[GATHERED] * size
    for job in range(worker * parts * shares // workers, (worker + 1) * parts * shares // workers):
        part, share = job // shares, job % shares
        begin, end = share * groups * tiles // shares, (share + 1) * groups * tiles // shares
        for q in range(part * todo // parts, (part + 1) * todo // parts):
            sequence, t0, n = tile_positions(plan, q)
            at, layout = locate(value, plan, address(x), sequence, t0, n, n, scratch)
            table = address(plan) + 8 * plan[layout + 3]
            fresh = q == part * todo // parts
            # each tile asks for a little of what the next chunk reads
            tile_calls = (end - begin) * ((cols + columns(WIDE, value) - 1) // columns(WIDE, value))
            next_dy = address(dy) + (sequence * plan[OUT + 2] + t0 + n) * n_filt * size
            share_dy = n * n_filt * size // tile_calls + 1
            for g in range(begin // tiles, (end + tiles - 1) // tiles):
                for p in range(0, cols, columns(WIDE, value)):
                    first = g * cols + p
                    row = sequence * plan[OUT + 2] + t0
                    panel = _weight_panel(dy, packed, value, row, n, n_filt, first, cols - p)
                    for i in range(max(begin, g * tiles), min(end, (g + 1) * tiles)):
                        o, r = (i - g * tiles) // row_tiles, (i - g * tiles) % row_tiles * height
                        start = at + load_index(table + 8 * o) + (g * depth + r) * size
                        out = ((part * runs + o) * run + r) * n_filt + first
                        rows = min(height, run - r)
                        target = (address(partial) + out * size, n_filt * size, rows, cols - p)
                        for ahead in range(next_dy, next_dy + share_dy, 64):
                            prefetch(ahead)
                        next_dy += share_dy
                        weight_tile(value, p, (start, n, plan[layout]), panel, fresh, target)


@kernel
def _sum_parts(worker, workers, partial, total):
    """total = the sum of the rows of partial, in their order."""
    like = total.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    n = partial.shape[1]
    vectors = (n + width - 1) // width
    for i in range(worker * vectors // workers, (worker + 1) * vectors // workers):
        at, count = i * width * size, n - i * width
        value = load(like, address(partial) + at, count)
        for p in range(1, len(partial)):
            value = add(value, load(like, address(partial) + p * n * size + at, count))
        store(value, address(total) + at, count)


class WeightGradient(NamedTuple):
    """A plan for `_weight_parts` and what its driver needs."""

    plan: Array
    value: Any  # what padding holds, in the type of the data
    flops: float
    parts: int
    scratch: int  # numbers of workspace for each worker


def weight_gradient_plan(move: Movement, groups: int, cols: int) -> WeightGradient:
    """The plan of the gradient of ``cols`` filters a group."""
    step, taps = move.steps[2], prod(move.taps)
    move = move.simplified()
    depth, out = move.chans // groups, move.out[2]
    n_rows = move.n_batch * prod(move.out)
    flat = out < SHORT and n_rows > out
    chunk = min(CHUNK, n_rows if flat else out)
    todo = -(-n_rows // chunk) if flat else n_rows // out * -(-out // chunk)
    size = taps * depth * groups * cols
    jobs = int(min(JOBS, max(1, 2.0 * n_rows * size // JOB_FLOPS)))
    parts = max(1, min(jobs, todo, PARTIAL_SIZE // size))
    shares = max(1, min(-(-jobs // parts), taps * move.chans // (4 * THIN.rows)))
    own = [groups, depth, cols, parts, shares, 0, 0]
    fields, gathered = move.fields(chunk, flat, depth, own, beyond=THIN.rows)
    fields[GATHERED] = gathered
    fields[SCRATCH] = gathered + chunk * columns_of(WIDE, move.itemsize)
    dtype = np.float32 if move.itemsize == 4 else np.float64
    flops = 2.0 * n_rows * size
    return WeightGradient(integers(fields), dtype(step.value), flops, parts, fields[SCRATCH])


def weight_gradient(plan: WeightGradient, x: Array, dy: Array, dw: Array) -> None:
    """Write dw; all arrays have three axes."""
    n = workers(flops=plan.flops)
    shape = (plan.parts, dw.size)
    partial = dw.reshape(1, -1) if plan.parts == 1 else empty(shape, x.dtype)
    work = workspace(n * plan.scratch, x.dtype)
    _weight_parts(n, x, dy, partial, work, plan.value, plan.plan)
    if plan.parts > 1:
        _sum_parts(workers(nbytes=partial.nbytes), partial, dw)
