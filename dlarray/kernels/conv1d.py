"""1-D convolution: forward, input gradient and weight gradient, each on the register tile.

Arrays are C-contiguous in channels-last order: x (B, L, C), w (K, C, F), y (B, T, F).  With ``xp``
the padded input::

    y[b, t, f]  = bias[f] + sum_{k,c} xp[b, t*stride + k*dilation - left, c] * w[k, c, f]
    dw[k, c, f] = sum_{b,t} xp[b, t*stride + k*dilation - left, c] * dy[b, t, f]
    dx          = the forward of dy with the filter flipped and transposed, a phase per residue of
    the stride

One correlation macro-kernel serves forward and input gradient.  Its rows are output positions, its
columns filters, its sum runs over taps and channels; stride and dilation are strides in memory.
The filter is packed into panels of a tile's width.  Tiles that touch a border, and only those,
gather their window into scratch, where a padding value is an index map.  The weight gradient has
channels as rows and sums over positions, in a number of parts fixed by the problem, so its bits do
not depend on the number of threads.

A matrix product (N, C) x (C, F) is the convolution of one batch with one tap.
"""

from __future__ import annotations

from math import gcd

import numpy as np

from ._buffers import Array, empty
from ._jit import canonical, device, kernel, workers
from ._simd import (
    TAIL,
    THIN,
    WIDE,
    accumulate_tile,
    add,
    add_row,
    address,
    columns,
    columns_of,
    itemsize,
    lanes,
    load,
    rank1,
    stay_out_of_line,
    store,
    store_tile,
    zero_tile,
)
from ._window import SCALAR, Geometry, copy, gather, gather_layout, source

WIDE_ROWS, THIN_ROWS = WIDE.rows, THIN.rows

# Row tiles that share one pass over the panels.
GROUP = 16

# Positions summed in registers before a tile of the weight gradient goes to memory: a panel of them
# is half of
# L1.  Measured with 64, 96, 128, 192, 256 (bench conv1d): 128 is best or within 3 % on every case.
CHUNK = 128

# The weight gradient is split into at most this many jobs, of at least so many operations, and its
# partial sums
# take at most so many numbers.
JOBS, JOB_FLOPS, PARTIAL_SIZE = 16, 2e6, 1 << 20


@device
def panel_columns(left, like):
    """Width of the panel that begins where ``left`` columns are left."""
    return columns(WIDE, like) if left > lanes(like) else lanes(like)


@device
def tile_size(n_cols, like):
    """(columns, rows) of the tiles for a result of so many columns."""
    if n_cols > lanes(like):
        return columns(WIDE, like), WIDE_ROWS
    return lanes(like), THIN_ROWS


@device
def _multiply(tile, a, row_step, outer, outer_step, inner, inner_step, b, b_step):
    """tile[i, :] += sum_{o < outer, r < inner} a[o*outer_step + r*inner_step + i*row_step] *
    b[o*inner + r, :].
    """
    for o in range(outer):
        element = a + o * outer_step
        for _ in range(inner):
            tile = rank1(tile, element, row_step, b)
            element += inner_step
            b += b_step
    return tile


@device
def _correlate_ukr(
    shape, like, a, row_step, outer, outer_step, inner, b, bias, y, y_step, rows, cols
):
    """One tile: y[i, :] = bias + sum_{o,r} a[i*row_step + o*outer_step + r] * b[o*inner + r, :]."""
    stay_out_of_line()
    size = itemsize(like)
    tile = _multiply(
        zero_tile(shape, like),
        a,
        row_step,
        outer,
        outer_step,
        inner,
        size,
        b,
        columns(shape, like) * size,
    )
    store_tile(add_row(tile, bias), y, y_step, rows, cols)


@device
def _weight_ukr(shape, like, fresh, a, n, a_step, b, b_step, y, y_step, rows, cols):
    """One tile: y[i, :] (+)= sum_{t < n} a[t*a_step + i] * b[t*b_step, :]; stored if ``fresh``,
    else added.
    """
    stay_out_of_line()
    tile = _multiply(zero_tile(shape, like), a, itemsize(like), 1, 0, n, a_step, b, b_step)
    if fresh:
        store_tile(tile, y, y_step, rows, cols)
    else:
        accumulate_tile(tile, y, y_step, rows, cols)


@kernel
def _correlate(
    worker, workers, x, panels, bias, y, scratch, value, mode,
    n_batch, length, chans, taps, dilation, stride, left,
    n_rows, n_cols, out_batch, out_start, out_step,
):  # fmt: skip
    """y[b*out_batch + out_start + t*out_step + f] = bias[f] + sum_{k,c} xp[b, t*stride + k*dilation
    - left, c] * w[k, c, f].

    t < n_rows, f < n_cols.  All arrays are flat; ``panels`` holds w as `_pack` writes it, ``bias``
    is padded to whole vectors, and each worker has a row of ``scratch``.  Writes those elements of
    y only.
    """
    size = itemsize(value)
    panel_width, tile_rows = tile_size(n_cols, value)
    window = (tile_rows - 1) * stride + (taps - 1) * dilation + 1
    gather_taps, gather_rows = gather_layout(taps, dilation, tile_rows, stride)
    apart = gather_taps > 1
    row_bytes = chans * size
    tiles = (n_rows + tile_rows - 1) // tile_rows
    place = np.empty((GROUP, 3), np.intp)
    last = (worker + 1) * n_batch * tiles // workers
    for first in range(worker * n_batch * tiles // workers, last, GROUP):
        count = min(GROUP, last - first)
        free = address(scratch) + worker * scratch.shape[1] * size
        for i in range(count):
            b, t = (first + i) // tiles, (first + i) % tiles * tile_rows
            start = t * stride - left
            needed = window - (tile_rows - min(tile_rows, n_rows - t)) * stride
            inside = start >= 0 and start + needed <= length
            if (
                inside and b * length + start + window <= n_batch * length
            ):  # also for rows past the last output
                place[i, 0] = address(x) + (b * length + start) * row_bytes
                place[i, 1] = stride * row_bytes
                place[i, 2] = dilation * row_bytes
                continue
            gather(
                address(x) + b * length * row_bytes, length, chans, mode, value, start,
                gather_taps, dilation, gather_rows, stride if apart else 1, free,
            )  # fmt: skip
            place[i, 0] = free
            place[i, 1] = row_bytes if apart else stride * row_bytes
            place[i, 2] = gather_rows * row_bytes if apart else dilation * row_bytes
            free += gather_taps * gather_rows * row_bytes
        for p in range(0, n_cols, panel_width):
            cols = n_cols - p
            panel, bias_at = address(panels) + p * taps * row_bytes, address(bias) + p * size
            for i in range(count):
                b, t = (first + i) // tiles, (first + i) % tiles * tile_rows
                rows = min(tile_rows, n_rows - t)
                out = address(y) + (b * out_batch + out_start + t * out_step + p) * size
                outer, inner = taps, chans
                if place[i, 2] == row_bytes:  # the taps follow each other: one run
                    outer, inner = 1, taps * chans
                where = place[i]
                if cols > lanes(value):
                    _correlate_ukr(
                        WIDE,
                        value,
                        where[0],
                        where[1],
                        outer,
                        where[2],
                        inner,
                        panel,
                        bias_at,
                        out,
                        out_step * size,
                        rows,
                        cols,
                    )
                elif p > 0:
                    _correlate_ukr(
                        TAIL,
                        value,
                        where[0],
                        where[1],
                        outer,
                        where[2],
                        inner,
                        panel,
                        bias_at,
                        out,
                        out_step * size,
                        rows,
                        cols,
                    )
                else:
                    _correlate_ukr(
                        THIN,
                        value,
                        where[0],
                        where[1],
                        outer,
                        where[2],
                        inner,
                        panel,
                        bias_at,
                        out,
                        out_step * size,
                        rows,
                        cols,
                    )


@kernel
def _pack(worker, workers, w, bias, panels, padded_bias):
    """The panels of w (K, C, F): for each, (K*C, width) numbers, zero beyond F; and the bias, zero
    if empty.
    """
    taps, chans, n_filt = w.shape
    like = w.dtype.type(0)
    size = itemsize(like)
    target = address(panels)
    n_bias = min(len(bias), n_filt)
    for p in range(0, n_filt, columns(WIDE, like)):
        width = panel_columns(n_filt - p, like)
        start = address(w) + p * size
        for _ in range(taps * chans):
            copy(like, target, start, min(width, n_filt - p), width)
            target += width * size
            start += n_filt * size
        copy(
            like,
            address(padded_bias) + p * size,
            address(bias) + p * size,
            min(width, n_bias - p),
            width,
        )


@kernel
def _pack_transposed(worker, workers, w, first_tap, tap_step, n_taps, panels):
    """The panels of w (K, C, F) turned round: taps first_tap + j*tap_step, last first; sum over F,
    columns C.
    """
    chans, n_filt = w.shape[1], w.shape[2]
    like = w.dtype.type(0)
    offset = 0
    for p in range(0, chans, columns(WIDE, like)):
        width = panel_columns(chans - p, like)
        cols = min(width, chans - p)
        for j in range(n_taps - 1, -1, -1):
            k = first_tap + j * tap_step
            for f in range(n_filt):
                for c in range(cols):
                    panels[offset + c] = w[k, p + c, f]
                for c in range(cols, width):
                    panels[offset + c] = 0
                offset += width


@kernel
def _weight_parts(
    worker, workers, x, dy, partial, scratch, value, mode,
    n_batch, length, chans, taps, dilation, stride, left, n_out, n_filt, groups,
):  # fmt: skip
    """partial[p] (K*C, F) = the weight gradient over the p-th share of all (sequence, chunk of
    positions).

    A job is one part and one group of its row tiles.  All arrays but ``partial`` and ``scratch``
    are flat.
    """
    size = itemsize(value)
    row_bytes = chans * size
    panel_width, tile_rows = tile_size(n_filt, value)
    chunks = (n_out + CHUNK - 1) // CHUNK
    todo = n_batch * chunks
    parts = len(partial)
    own = address(scratch) + worker * scratch.shape[1] * size
    packed = own + (taps * min(CHUNK, n_out) * chans + tile_rows) * size
    for job in range(worker * parts * groups // workers, (worker + 1) * parts * groups // workers):
        part, group = job // groups, job % groups
        for q in range(part * todo // parts, (part + 1) * todo // parts):
            b, t0 = q // chunks, q % chunks * CHUNK
            n = min(CHUNK, n_out - t0)
            start = t0 * stride - left
            a, a_step, tap_step = (
                address(x) + (b * length + start) * row_bytes,
                stride * row_bytes,
                dilation * row_bytes,
            )
            window = (n - 1) * stride + (taps - 1) * dilation + 1
            if (
                start < 0 or start + window > length or q == todo - 1
            ):  # tiles read a few numbers past the last row
                gather_taps, gather_rows = gather_layout(taps, dilation, n, stride)
                apart = gather_taps > 1
                gather(
                    address(x) + b * length * row_bytes, length, chans, mode, value, start,
                    gather_taps, dilation, gather_rows, stride if apart else 1, own,
                )  # fmt: skip
                a = own
                if apart:
                    a_step, tap_step = row_bytes, gather_rows * row_bytes
            n_taps, n_rows = taps, chans
            if tap_step == row_bytes:  # the taps follow each other: one run of rows
                n_taps, n_rows = 1, taps * chans
            row_tiles = (n_rows + tile_rows - 1) // tile_rows
            tiles = n_taps * row_tiles
            for p in range(0, n_filt, panel_width):
                cols = n_filt - p
                width = panel_columns(cols, value)
                panel, b_step = address(dy) + ((b * n_out + t0) * n_filt + p) * size, n_filt * size
                if n_filt != width:
                    for t in range(n):
                        copy(
                            value,
                            packed + t * width * size,
                            panel + t * b_step,
                            min(cols, width),
                            width,
                        )
                    panel, b_step = packed, width * size
                for i in range(group * tiles // groups, (group + 1) * tiles // groups):
                    tap, row = i // row_tiles, i % row_tiles * tile_rows
                    rows = min(tile_rows, n_rows - row)
                    at = a + tap * tap_step + row * size
                    out = (
                        address(partial)
                        + (((part * n_taps + tap) * n_rows + row) * n_filt + p) * size
                    )
                    fresh = q == part * todo // parts
                    if cols > lanes(value):
                        _weight_ukr(
                            WIDE,
                            value,
                            fresh,
                            at,
                            n,
                            a_step,
                            panel,
                            b_step,
                            out,
                            n_filt * size,
                            rows,
                            cols,
                        )
                    elif p > 0:
                        _weight_ukr(
                            TAIL,
                            value,
                            fresh,
                            at,
                            n,
                            a_step,
                            panel,
                            b_step,
                            out,
                            n_filt * size,
                            rows,
                            cols,
                        )
                    else:
                        _weight_ukr(
                            THIN,
                            value,
                            fresh,
                            at,
                            n,
                            a_step,
                            panel,
                            b_step,
                            out,
                            n_filt * size,
                            rows,
                            cols,
                        )


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
    n_batch, length, _ = x.shape
    k_size, _, n_filt = w.shape
    n_out = geometry.out_length(length, k_size)
    y = empty((n_batch, n_out, n_filt), x.dtype)
    panels, padded_bias = _panel_buffers(w.size // max(1, n_filt), n_filt, x.dtype)
    _pack(1, w, padded_bias[:0] if bias is None else canonical(bias), panels, padded_bias)
    _run_correlate(
        x, panels, padded_bias, y, k_size, geometry, (n_out, n_filt, n_out * n_filt, 0, n_filt)
    )
    return y


def conv1d_grad_x(dy: Array, w: Array, length: int, geometry: Geometry) -> Array:
    """dx (B, length, C) of dy (B, T, F) and w (K, C, F)."""
    dy, w = canonical(dy), canonical(w)
    n_batch, _, n_filt = dy.shape
    k_size, chans, _ = w.shape
    g = geometry
    if g.mode != SCALAR and g.left + g.right > 0:
        plain = Geometry(g.stride, g.dilation)
        padded = conv1d_grad_x(dy, w, length + g.left + g.right, plain)
        dx = empty((n_batch, length, chans), dy.dtype)
        _fold(workers(nbytes=padded.nbytes), padded, dx, g.left, g.mode)
        return dx
    dx = empty((n_batch, length, chans), dy.dtype)
    shared = gcd(g.stride, g.dilation)
    period, spread = g.stride // shared, g.dilation // shared
    for phase in range(min(g.stride, length)):
        taps = [k for k in range(k_size) if (phase + g.left - k * g.dilation) % g.stride == 0]
        if not taps:
            dx[:, phase :: g.stride] = 0
            continue
        # dx[phase + m*stride] = sum_j w[taps[j]] dy[m + shift - j*spread], a forward with the taps
        # reversed
        shift = (phase + g.left - taps[0] * g.dilation) // g.stride
        panels, padded_bias = _panel_buffers(len(taps) * n_filt, chans, dy.dtype)
        _pack_transposed(1, w, taps[0], period, len(taps), panels)
        padded_bias[:] = 0
        step = Geometry(1, spread, (len(taps) - 1) * spread - shift)
        n_rows = len(range(phase, length, g.stride))
        rows = (n_rows, chans, length * chans, phase * chans, g.stride * chans)
        _run_correlate(dy, panels, padded_bias, dx, len(taps), step, rows)
    return dx


def conv1d_grad_w(x: Array, dy: Array, k_size: int, geometry: Geometry) -> Array:
    """dw (k_size, C, F) of x (B, L, C) and dy (B, T, F)."""
    x, dy, g = canonical(x), canonical(dy), geometry
    n_batch, length, chans = x.shape
    _, n_out, n_filt = dy.shape
    size = k_size * chans * n_filt
    chunks = n_batch * -(-n_out // CHUNK)
    if size == 0 or chunks == 0:
        return np.zeros((k_size, chans, n_filt), x.dtype)
    flops = 2.0 * n_batch * n_out * size
    jobs = int(min(JOBS, max(1, flops // JOB_FLOPS)))
    parts = max(1, min(jobs, chunks, PARTIAL_SIZE // size))
    groups = max(1, min(-(-jobs // parts), k_size * chans // (4 * THIN.rows)))
    n = workers(flops=flops)
    partial = empty((parts, size), x.dtype)
    scratch = empty(
        (n, min(CHUNK, n_out) * (k_size * chans + columns_of(WIDE, x.dtype)) + THIN.rows), x.dtype
    )
    _weight_parts(
        n, x.reshape(-1), dy.reshape(-1), partial, scratch, x.dtype.type(g.value), g.mode,
        n_batch, length, chans, k_size, g.dilation, g.stride, g.left, n_out, n_filt, groups,
    )  # fmt: skip
    if parts == 1:
        return partial.reshape(k_size, chans, n_filt)
    total = empty((k_size, chans, n_filt), x.dtype)
    _sum_parts(workers(nbytes=partial.nbytes), partial, total.reshape(-1))
    return total


def _panel_buffers(depth: int, n_cols: int, dtype: np.dtype) -> tuple[Array, Array]:
    """Room for the panels of (depth, n_cols) and for a bias padded as they are."""
    lane_count = columns_of(TAIL, dtype)
    width = -(-n_cols // lane_count) * lane_count
    return empty((depth * width,), dtype), empty((width,), dtype)


def _run_correlate(x, panels, bias, y, k_size, geometry, rows) -> None:
    """Call `_correlate` with scratch for every worker; ``rows`` are its last five arguments."""
    n_batch, length, chans = x.shape
    g = geometry
    n = workers(flops=2.0 * n_batch * rows[0] * rows[1] * k_size * chans)
    tile_rows = THIN.rows if rows[1] <= columns_of(TAIL, x.dtype) else WIDE.rows
    window = min((tile_rows - 1) * g.stride + (k_size - 1) * g.dilation + 1, k_size * tile_rows)
    scratch = empty((n, GROUP * window * chans), x.dtype)
    _correlate(
        n, x.reshape(-1), panels, bias, y.reshape(-1), scratch, x.dtype.type(g.value), g.mode,
        n_batch, length, chans, k_size, g.dilation, g.stride, g.left, *rows,
    )  # fmt: skip
