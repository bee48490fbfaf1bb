"""The weight gradient of a convolution: the macro-kernel and its sizes.

Rows are the channels of a group, or taps and channels where they follow each other; columns its
filters; the sum runs over positions, in chunks.  It is split into a number of parts fixed by the
problem, so its bits do not depend on the number of threads.  The gradient of the bias, the sum of
dy, is made of the same panels: by itself it cost 15 to 70 us on the shapes of bench/conv1d.py.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from ._buffers import Array, empty, workspace
from ._jit import device, kernel, workers
from ._lanes import DOUBLED_TRIPLE, THIN, WIDE
from ._prefetch import prefetch_all
from ._register_tile import columns, columns_of
from ._simd import (
    add,
    address,
    itemsize,
    lanes,
    load,
    stack_integers,
    store,
)
from ._sources import (
    IN_PLACE,
    OUT,
    OWN,
    Movement,
    integers,
    locate,
    next_tile,
    tile_count,
    tile_size,
    tile_start,
)
from ._tiles import (
    add_rows,
    doubled,
    tile_rows,
    weight_panel_width,
    weight_tile,
    write_weight_row,
)

# Positions of which the inputs are found at once, at most.
CHUNK = 128

# Positions summed in registers before a tile goes to memory.  A panel of 128 is a third of L1, and
# of 64 to 512 the best where the gradient fits there too; a gradient that does not, of more numbers
# than LARGE, gains 1 to 8 % from fewer trips, unless its panels hold each column twice.
SUM, SUM_LARGE, LARGE = 128, 256, 1 << 13

# Chunks run across sequences shorter than this.
SHORT = 48

# The weight gradient is split into at most this many jobs, of at least so many operations, and its
# partial sums take at most so many numbers.
JOBS, JOB_FLOPS, PARTIAL_SIZE = 16, 2e6, 1 << 20

# Numbers of the gradient that a job makes at least, where it makes some of its tiles only.
SHARE_SIZE = 1 << 12

# Fields of a plan, after those of `_sources`.
GROUPS, DEPTH, COLS, PARTS, SHARES, SCRATCH, GATHERED, TOGETHER, BIAS = (OWN + i for i in range(9))

MOST = 16  # chunks that are summed together


@device
def _weight_panel(rows, left, n, scratch, like):
    """``left`` columns of n ``rows`` of dy, (address, step), as a panel: those rows themselves if
    they are one.
    """
    start, step = rows
    vector = lanes(like) * itemsize(like)
    row_step = weight_panel_width(left, like) * itemsize(like)
    if step == row_step and not doubled(left, like):
        return rows
    target = scratch
    for _ in range(n):
        one, two = load(like, start, left), load(like, start + vector, left - lanes(like))
        target = write_weight_row(like, one, two, left, target)
        start += step
    return scratch, row_step


@device
def _place_chunks(x, value, plan, sequence, t, count, scratch, place):
    """Find ``count`` chunks from t of a sequence on: (sequence, first position) of the next one,
    and the positions of all.

    Rows of ``place``: address, positions, step and table of runs of a chunk.
    """
    total = 0
    for i in range(count):
        n = tile_size(plan, sequence, t)
        at, layout = locate(value, plan, address(x), sequence, t, n, n, scratch)
        if layout != IN_PLACE:
            scratch += plan[GATHERED] * itemsize(value)
        place[i, 0], place[i, 1], place[i, 2] = at, n, plan[layout]
        place[i, 3] = address(plan) + 8 * plan[layout + 3]
        total += n
        sequence, t = next_tile(plan, sequence, t, n)
    return sequence, t, total


@device
def _tiling(plan, value):
    """Rows of a tile, tiles of a run of rows, those of all rows, and panels of a group.

    One division into tiles for all chunks, gathered or not: jobs share the tiles by number.
    """
    height, wide = tile_rows(plan[COLS], value), columns(WIDE, value)
    of_run = (plan[IN_PLACE + 2] + height - 1) // height
    return height, of_run, plan[IN_PLACE + 1] * of_run, (plan[COLS] + wide - 1) // wide


@device
def _add_chunks(value, plan, dy, total, place, count, begin, end, fresh, partial, packed):
    """Add what ``count`` chunks make of the tiles from ``begin`` to before ``end`` to a part of the
    sums, at address ``partial``; write it if ``fresh``.

    Their ``total`` rows of dy begin at an address; at ``packed`` is place for a panel.
    """
    size, depth, cols = itemsize(value), plan[DEPTH], plan[COLS]
    run, row_bytes = plan[IN_PLACE + 2], plan[GROUPS] * cols * size
    height, of_run, tiles, panels = _tiling(plan, value)
    # each tile asks for a little of what the next chunks read
    step = place[count - 1, 2]
    next_x, next_dy = place[count - 1, 0] + place[count - 1, 1] * step, dy + total * row_bytes
    share_x, share_dy = total * step // (end - begin) + 1, total * row_bytes // (end - begin) + 1
    for outer in range(begin // tiles, (end + tiles - 1) // tiles):
        g, p = outer // panels, outer % panels * columns(WIDE, value)
        first, left = (g * cols + p) * size, cols - p
        slopes = (dy + first, row_bytes)
        panel = _weight_panel(slopes, left, total, packed, value)
        begin_tile, end_tile = begin - outer * tiles, end - outer * tiles
        if plan[BIAS] and begin_tile <= 0:
            bias = partial + plan[IN_PLACE + 1] * run * row_bytes + first
            add_rows(value, slopes, total, fresh, bias, left)
        for i in range(max(begin_tile, 0), min(end_tile, tiles)):
            prefetch_all(next_x, share_x)
            prefetch_all(next_dy, share_dy)
            next_x += share_x
            next_dy += share_dy
            o, r = i // of_run, i % of_run * height
            out = partial + (o * run + r) * row_bytes + first
            target = (out, row_bytes, min(height, run - r), left)
            source = (address(place), count, o, (g * depth + r) * size)
            weight_tile(value, p, source, panel, fresh, target)


@kernel
def _weight_parts(worker, workers, x, dy, partial, work, value, plan):
    """partial[p] (K*C/G, F) = the weight gradient over the p-th share of the chunks; with BIAS one
    row more, the sum of dy.

    A job is one part and one share of its tiles, taken column by column, so that few panels are
    copied by two of them.  ``work`` has SCRATCH numbers for each worker.
    """
    size, parts, shares = itemsize(value), plan[PARTS], plan[SHARES]
    row_bytes = plan[GROUPS] * plan[COLS] * size
    part_bytes = (plan[IN_PLACE + 1] * plan[IN_PLACE + 2] + plan[BIAS]) * row_bytes
    _, _, tiles, panels = _tiling(plan, value)
    tiles *= plan[GROUPS] * panels
    todo, together = tile_count(plan), plan[TOGETHER]
    scratch = address(work) + worker * plan[SCRATCH] * size
    packed = scratch + together * plan[GATHERED] * size
    place = stack_integers(MOST, 4)
    for job in range(worker * parts * shares // workers, (worker + 1) * parts * shares // workers):
        part, share = job // shares, job % shares
        begin, end = share * tiles // shares, (share + 1) * tiles // shares
        chunk, last = part * todo // parts, (part + 1) * todo // parts
        sums = address(partial) + part * part_bytes
        sequence, t = tile_start(plan, chunk)
        fresh = True
        while chunk < last:
            count = min(together, last - chunk)
            rows = address(dy) + (sequence * plan[OUT + 2] + t) * row_bytes
            sequence, t, total = _place_chunks(x, value, plan, sequence, t, count, scratch, place)
            _add_chunks(
                value, plan, rows, total, place, count, begin, end, fresh, sums, packed
            )  # fmt: skip
            chunk += count
            fresh = False


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


def weight_gradient_plan(move: Movement, groups: int, cols: int, bias: bool) -> WeightGradient:
    """The plan of the gradient of ``cols`` filters a group."""
    step, taps = move.steps[2], prod(move.taps)
    move = move.simplified()
    depth, out = move.chans // groups, move.out[2]
    n_rows = move.n_batch * prod(move.out)
    flat = out < SHORT and n_rows > out
    line = n_rows if flat else out
    chunk = -(-line // -(-line // CHUNK))
    todo = n_rows // line * -(-line // chunk)
    size = taps * depth * groups * cols
    jobs = int(min(JOBS, max(1, 2.0 * n_rows * size // JOB_FLOPS)))
    parts = max(1, min(jobs, todo, PARTIAL_SIZE // size))
    shares = max(1, min(-(-jobs // parts), size // SHARE_SIZE))
    wide = 2 * cols > columns_of(DOUBLED_TRIPLE, move.itemsize)
    together = (SUM_LARGE if wide and size > LARGE else SUM) // chunk
    together = max(1, min(MOST, together, -(-todo // parts)))
    own = [groups, depth, cols, parts, shares, 0, 0, together, int(bias)]
    fields, gathered = move.fields(chunk, flat, depth, own, beyond=THIN.rows)
    fields[GATHERED] = gathered
    fields[SCRATCH] = together * (gathered + chunk * columns_of(DOUBLED_TRIPLE, move.itemsize))
    dtype = np.float32 if move.itemsize == 4 else np.float64
    flops = 2.0 * n_rows * size
    return WeightGradient(integers(fields), dtype(step.value), flops, parts, fields[SCRATCH])


def weight_gradient(plan: WeightGradient, x: Array, dy: Array, dw: Array) -> None:
    """Write dw (rows, F), with a last row for the bias if the plan has one; x and dy have three
    axes.
    """
    n = workers(flops=plan.flops)
    shape = (plan.parts, dw.size)
    partial = dw.reshape(1, -1) if plan.parts == 1 else empty(shape, x.dtype)
    work = workspace(n * plan.scratch, x.dtype)
    _weight_parts(n, x, dy, partial, work, plan.value, plan.plan)
    if plan.parts > 1:
        _sum_parts(workers(nbytes=partial.nbytes), partial, dw)
