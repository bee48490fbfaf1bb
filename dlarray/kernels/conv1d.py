"""1-D convolution: forward, input gradient and weight gradient, each on the register tile.

Arrays are C-contiguous in channels-last order: x (B, L, C), w (K, C, F), y (B, T, F).  With ``xp``
the padded input::

    y[b, t, f]  = bias[f] + sum_{k,c} xp[b, t*stride + k*dilation - left, c] * w[k, c, f]
    dw[k, c, f] = sum_{b,t} xp[b, t*stride + k*dilation - left, c] * dy[b, t, f]
    dx          = the forward of dy with the filter flipped and transposed, a phase per residue of
    the stride

One correlation macro-kernel serves forward and input gradient.  Its rows are output positions, its
columns filters, its sum runs over taps and channels; stride and dilation are strides in memory.
Tiles that touch a border, and only those, gather their window into scratch, where a padding value
is an index map.  The weight gradient has channels as rows and sums over positions, in a number of
parts fixed by the problem, so its bits do not depend on the number of threads.

A matrix product (N, C) x (C, F) is the convolution of one batch with one tap.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np

from ._buffers import Array, empty, workspace
from ._jit import canonical, device, kernel, workers
from ._lanes import TAIL, THIN, WIDE
from ._register_tile import columns, columns_of
from ._simd import add, address, itemsize, lanes, load, store
from ._tiles import (
    correlate_tile,
    padded_columns,
    panel_width,
    tile_rows,
    weight_tile,
    write_panels,
    write_reversed_panels,
)
from ._window import SCALAR, Geometry, copy, gather, gather_layout, source

# Row tiles that share one pass over the panels.
GROUP = 16

# Positions summed in registers before a tile of the weight gradient goes to memory: a panel of them
# is half of L1.  Of 64, 96, 128, 192 and 256, 128 was best or within 3 % on every case of
# bench/conv1d.py.
CHUNK = 128

# The weight gradient is split into at most this many jobs, of at least so many operations, and its
# partial sums take at most so many numbers.
JOBS, JOB_FLOPS, PARTIAL_SIZE = 16, 2e6, 1 << 20


_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}


@kernel
def _pack(worker, workers, w, bias, work, first_tap, tap_step, n_taps):
    """The panels of w and the bias to the beginning of ``work``; turned round if n_taps > 0."""
    if n_taps > 0:
        write_reversed_panels(w, first_tap, tap_step, n_taps, address(work))
    else:
        write_panels(w, bias, address(work))


@kernel
def _correlate(
    worker, workers, x, w, bias, y, work, scratch_size, value, mode,
    n_batch, length, chans, taps, dilation, stride, left,
    n_rows, n_cols, out_batch, out_start, out_step, first_tap, tap_step, n_taps,
):  # fmt: skip
    """y[b*out_batch + out_start + t*out_step + f] = bias[f] + sum_{k,c} xp[b, ...] * w[k, c, f].

    For t < n_rows and f < n_cols.  ``work`` holds panels and bias as `_pack` writes them, then
    ``scratch_size`` numbers for each worker; one worker alone packs for itself.  Writes those
    elements of y only.
    """
    if workers == 1:
        if n_taps > 0:
            write_reversed_panels(w, first_tap, tap_step, n_taps, address(work))
        else:
            write_panels(w, bias, address(work))
    size = itemsize(value)
    row_bytes = chans * size
    all_columns = padded_columns(n_cols, value)
    bias = address(work) + taps * all_columns * row_bytes
    scratch = bias + (all_columns + worker * scratch_size) * size
    height = tile_rows(n_cols, value)
    window = (height - 1) * stride + (taps - 1) * dilation + 1
    gather_taps, gather_rows, apart = gather_layout(taps, dilation, height, stride)
    tiles = (n_rows + height - 1) // height
    place = np.empty((GROUP, 3), np.intp)  # address, row step and tap step of a tile's input
    last = (worker + 1) * n_batch * tiles // workers
    for first in range(worker * n_batch * tiles // workers, last, GROUP):
        count = min(GROUP, last - first)
        free = scratch
        for i in range(count):
            b, t = (first + i) // tiles, (first + i) % tiles * height
            start = t * stride - left
            needed = window - (height - min(height, n_rows - t)) * stride
            inside = start >= 0 and start + needed <= length
            # rows past the last output are computed too, from what lies behind: it must be x
            if inside and b * length + start + window <= n_batch * length:
                place[i, 0] = address(x) + (b * length + start) * row_bytes
                place[i, 1] = stride * row_bytes
                place[i, 2] = dilation * row_bytes
                continue
            sequence = address(x) + b * length * row_bytes
            rows_wanted = (gather_taps, dilation, gather_rows, stride if apart else 1)
            gather(sequence, length, chans, mode, value, start, rows_wanted, free)
            place[i, 0] = free
            place[i, 1] = row_bytes if apart else stride * row_bytes
            place[i, 2] = gather_rows * row_bytes if apart else dilation * row_bytes
            free += gather_taps * gather_rows * row_bytes
        for p in range(0, n_cols, columns(WIDE, value)):
            panel = address(work) + p * taps * row_bytes
            for i in range(count):
                b, t = (first + i) // tiles, (first + i) % tiles * height
                outer, inner = taps, chans
                if place[i, 2] == row_bytes:  # the taps follow each other: one run
                    outer, inner = 1, taps * chans
                tile_source = (place[i, 0], place[i, 1], outer, place[i, 2], inner)
                out = address(y) + (b * out_batch + out_start + t * out_step + p) * size
                target = (out, out_step * size, min(height, n_rows - t), n_cols - p)
                correlate_tile(value, p, tile_source, panel, bias + p * size, target)


@device
def _weight_source(x, scratch, value, mode, moves, b, t0, n, height):
    """Where the inputs of n positions lie: (address, step of a position, step of a tap).

    In place, or gathered into scratch where they touch a border or a tile would read past the end
    of x.
    """
    n_batch, length, chans, taps, dilation, stride, left = moves
    row_bytes = chans * itemsize(value)
    start = t0 * stride - left
    window = (n - 1) * stride + (taps - 1) * dilation + 1
    inside = start >= 0 and start + window <= length
    if inside and (b * length + start + window) * chans + height <= n_batch * length * chans:
        return (
            address(x) + (b * length + start) * row_bytes,
            stride * row_bytes,
            dilation * row_bytes,
        )
    gather_taps, gather_rows, apart = gather_layout(taps, dilation, n, stride)
    rows_wanted = (gather_taps, dilation, gather_rows, stride if apart else 1)
    sequence = address(x) + b * length * row_bytes
    gather(sequence, length, chans, mode, value, start, rows_wanted, scratch)
    if apart:
        return scratch, row_bytes, gather_rows * row_bytes
    return scratch, stride * row_bytes, dilation * row_bytes


@device
def _weight_panel(dy, scratch, value, row, n, n_filt, p):
    """Columns p.. of n rows of dy as a panel: (address, step); in place if they are one panel."""
    size = itemsize(value)
    width = panel_width(n_filt - p, value)
    start = address(dy) + (row * n_filt + p) * size
    if n_filt == width:
        return start, n_filt * size
    for t in range(n):
        target = scratch + t * width * size
        copy(value, target, start + t * n_filt * size, min(n_filt - p, width), width)
    return scratch, width * size


@kernel
def _weight_parts(
    worker, workers, x, dy, partial, work, scratch_size, value, mode,
    n_batch, length, chans, taps, dilation, stride, left, n_out, n_filt, groups,
):  # fmt: skip
    """partial[p] (K*C, F) = the weight gradient over the p-th share of (sequence, chunk) pairs.

    A job is one part and one group of its row tiles.  ``work`` has ``scratch_size``
    numbers for each worker.
    """
    moves = (n_batch, length, chans, taps, dilation, stride, left)
    size = itemsize(value)
    height = tile_rows(n_filt, value)
    chunks = (n_out + CHUNK - 1) // CHUNK
    todo = n_batch * chunks
    # One division into tiles for all chunks, gathered or not: jobs share the tiles by number.
    n_taps, n_rows = taps, chans
    if taps == 1 or (dilation == 1 and stride <= taps):  # the taps follow each other: one run
        n_taps, n_rows = 1, taps * chans
    row_tiles = (n_rows + height - 1) // height
    tiles = n_taps * row_tiles
    parts = len(partial)
    scratch = address(work) + worker * scratch_size * size
    packed = scratch + (taps * min(CHUNK, n_out) * chans + height) * size
    for job in range(worker * parts * groups // workers, (worker + 1) * parts * groups // workers):
        part, group = job // groups, job % groups
        for q in range(part * todo // parts, (part + 1) * todo // parts):
            b, t0 = q // chunks, q % chunks * CHUNK
            n = min(CHUNK, n_out - t0)
            start, step, tap_step = _weight_source(x, scratch, value, mode, moves, b, t0, n, height)
            fresh = q == part * todo // parts
            for p in range(0, n_filt, columns(WIDE, value)):
                panel = _weight_panel(dy, packed, value, b * n_out + t0, n, n_filt, p)
                for i in range(group * tiles // groups, (group + 1) * tiles // groups):
                    tap, row = i // row_tiles, i % row_tiles * height
                    tile_source = (start + tap * tap_step + row * size, n, step)
                    out = ((part * n_taps + tap) * n_rows + row) * n_filt + p
                    rows = min(height, n_rows - row)
                    target = (address(partial) + out * size, n_filt * size, rows, n_filt - p)
                    weight_tile(value, p, tile_source, panel, fresh, target)


@kernel
def _sum_parts(worker, workers, partial, total):
    """total = the sum of the rows of partial, in their order."""
    like = total.dtype.type(0)
    size, width = itemsize(like), lanes(like)
    n = len(total)
    vectors = (n + width - 1) // width
    for i in range(worker * vectors // workers, (worker + 1) * vectors // workers):
        at, count = i * width * size, n - i * width
        value = load(like, address(partial) + at, count)
        for p in range(1, len(partial)):
            value = add(value, load(like, address(partial) + p * n * size + at, count))
        store(value, address(total) + at, count)


@kernel
def _fold(worker, workers, padded, dx, left, mode):
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
                for c in range(chans):
                    dx[b, row, c] += padded[b, position + left, c]


def conv1d_forward(x: Array, w: Array, bias: Array | None, geometry: Geometry) -> Array:
    """y (B, T, F) of x (B, L, C), w (K, C, F) and bias (F,) or None."""
    x, w = canonical(x), canonical(w)
    k_size, _, n_filt = w.shape
    n_out = geometry.out_length(x.shape[1], k_size)
    y = empty((x.shape[0], n_out, n_filt), x.dtype)
    if y.size:
        bias = _NO_BIAS[w.dtype] if bias is None else canonical(bias)
        rows = (n_out, n_filt, n_out * n_filt, 0, n_filt)
        _run_correlate(x, w, bias, y, k_size, geometry, rows, (0, 0, 0))
    return y


def conv1d_grad_x(dy: Array, w: Array, length: int, geometry: Geometry) -> Array:
    """dx (B, length, C) of dy (B, T, F) and w (K, C, F)."""
    dy, w, g = canonical(dy), canonical(w), geometry
    k_size, chans, _ = w.shape
    dx = empty((dy.shape[0], length, chans), dy.dtype)
    if not dx.size:
        return dx
    if g.mode != SCALAR and g.left + g.right > 0:
        padded = conv1d_grad_x(dy, w, g.left + length + g.right, Geometry(g.stride, g.dilation))
        _fold(workers(nbytes=padded.nbytes), padded, dx, g.left, g.mode)
        return dx
    phases = _phases(length, k_size, g.stride, g.dilation, g.left)
    for phase, taps, step in phases:
        if taps[2] == 0 or dy.size == 0:
            dx[:, phase :: g.stride] = 0
            continue
        n_rows = -(-(length - phase) // g.stride)
        rows = (n_rows, chans, length * chans, phase * chans, g.stride * chans)
        _run_correlate(dy, w, _NO_BIAS[w.dtype], dx, taps[2], step, rows, taps)
    return dx


@lru_cache(maxsize=512)
def _phases(
    length: int, k_size: int, stride: int, dilation: int, left: int
) -> tuple[tuple[int, tuple[int, int, int], Geometry], ...]:
    """For each residue of the stride: (phase, (first tap, tap step, number of taps), movement).

    dx[phase + m*stride] = sum_j w[first + j*step] dy[m + shift - j*spread]: a forward of dy with
    the taps reversed.
    """
    shared = gcd(stride, dilation)
    period, spread = stride // shared, dilation // shared
    phases = []
    for phase in range(min(stride, length)):
        taps = [k for k in range(k_size) if (phase + left - k * dilation) % stride == 0]
        first = taps[0] if taps else 0
        shift = (phase + left - first * dilation) // stride
        step = Geometry(1, spread, (len(taps) - 1) * spread - shift)
        phases.append((phase, (first, period, len(taps)), step))
    return tuple(phases)


def _run_correlate(
    x: Array,
    w: Array,
    bias: Array,
    y: Array,
    taps: int,
    geometry: Geometry,
    rows: tuple[int, int, int, int, int],
    packing: tuple[int, int, int],
) -> None:
    """Call `_correlate` with workers and memory; ``rows`` and ``packing`` come last."""
    n_batch, length, chans = x.shape
    n_rows, n_cols = rows[:2]
    stride, dilation, left, _, mode, value = geometry
    panels, scratch = _work_sizes(x.shape, x.itemsize, taps, stride, dilation, n_rows, n_cols)
    n = workers(flops=2.0 * n_batch * n_rows * n_cols * taps * chans)
    work = workspace(panels + n * scratch, x.dtype)
    if n > 1:
        _pack(1, w, bias, work, *packing)
    _correlate(
        n, x, w, bias, y, work, scratch, x.dtype.type(value), mode,
        n_batch, length, chans, taps, dilation, stride, left, *rows, *packing,
    )  # fmt: skip


@lru_cache(maxsize=512)
def _work_sizes(
    shape: tuple[int, ...],
    itemsize: int,
    taps: int,
    stride: int,
    dilation: int,
    n_rows: int,
    n_cols: int,
) -> tuple[int, int]:
    """Numbers that panels and bias take, and what one worker takes to gather GROUP windows."""
    n_batch, _, chans = shape
    vector = columns_of(TAIL, itemsize)
    height = THIN.rows if n_cols <= vector else WIDE.rows
    window = min((height - 1) * stride + (taps - 1) * dilation + 1, taps * height)
    tiles = n_batch * -(-n_rows // height)
    panels = (taps * chans + 1) * -(-n_cols // vector) * vector
    return panels, min(GROUP, tiles) * window * chans


def conv1d_grad_w(x: Array, dy: Array, k_size: int, geometry: Geometry) -> Array:
    """dw (k_size, C, F) of x (B, L, C) and dy (B, T, F)."""
    x, dy = canonical(x), canonical(dy)
    n_batch, length, chans = x.shape
    _, n_out, n_filt = dy.shape
    total = empty((k_size, chans, n_filt), x.dtype)
    if total.size == 0 or dy.size == 0:
        total[...] = 0
        return total
    stride, dilation, left, _, mode, value = geometry
    flops = 2.0 * dy.size * k_size * chans
    parts, groups, scratch = _weight_sizes(n_batch, n_out, k_size, chans, n_filt, x.itemsize)
    partial = total.reshape(1, -1) if parts == 1 else empty((parts, total.size), x.dtype)
    n = workers(flops=flops)
    work = workspace(n * scratch, x.dtype)
    _weight_parts(
        n, x, dy, partial, work, scratch, x.dtype.type(value), mode,
        n_batch, length, chans, k_size, dilation, stride, left, n_out, n_filt, groups,
    )  # fmt: skip
    if parts > 1:
        _sum_parts(workers(nbytes=partial.nbytes), partial, total.reshape(-1))
    return total


@lru_cache(maxsize=512)
def _weight_sizes(
    n_batch: int, n_out: int, k_size: int, chans: int, n_filt: int, itemsize: int
) -> tuple[int, int, int]:
    """Parts and groups of the weight gradient, and numbers of scratch for one worker."""
    size = k_size * chans * n_filt
    jobs = int(min(JOBS, max(1, 2.0 * n_batch * n_out * size // JOB_FLOPS)))
    parts = max(1, min(jobs, n_batch * -(-n_out // CHUNK), PARTIAL_SIZE // size))
    groups = max(1, min(-(-jobs // parts), k_size * chans // (4 * THIN.rows)))
    columns = columns_of(WIDE, itemsize)
    return parts, groups, min(CHUNK, n_out) * (k_size * chans + columns) + THIN.rows
