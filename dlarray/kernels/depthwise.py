"""Channel-wise convolution, every channel with a filter of its own: forward and both gradients.

x (B, L, C), w (K, C), y (B, T, C), channels-last.  With ``xp`` the padded input::

    y[b, t, c] = bias[c] + sum_k xp[b, t*stride + k*dilation - left, c] * w[k, c]
    dw[k, c]   = sum_{b,t} xp[b, t*stride + k*dilation - left, c] * dy[b, t, c]
    dx         = the forward of dy with the taps turned round, a phase per residue of the stride

There is no sum over channels, so vectors run over them and the general tile, which multiplies a
number with a row of filters, has nothing to do.  Few multiply-adds fall on a number of x: the
kernels are bound by memory, and what matters is that x is read once and y written once.

Where channels don't fill vectors and the stride is 1, ``fold`` positions make one row: in memory
(T, C) is (T / fold, fold * C), and the filter's rows are repeated as often.

Tiles at a border, and only those, gather their window into scratch, where a padding value is an
index map.  Partial sums of the weight gradient are split by the problem's sizes only.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ._buffers import ALIGNMENT, Array, empty, workspace
from ._channel_tile import channel_tile, channel_weight_tile, tap_tiles
from ._jit import canonical, device, kernel, workers
from ._lanes import LANES, THIN, WIDE
from ._register_tile import columns
from ._simd import address, fence, itemsize, number
from ._tiles import padded_columns, panel_width, tile_rows
from ._window import SCALAR, Geometry, copy, fill, gather, gather_layout
from .conv1d import _fold as fold_padding, _phases as phases_of

# Tiles that share one pass over the taps: as many as read so much, and at most GROUP.
GROUP, GROUP_BYTES = 16, 1 << 15

# Inputs and outputs of this size together are written past the caches.
STREAM_BYTES = 1 << 24

# Positions of the weight gradient that are summed in registers: those of which x and dy take so
# much.
CHUNK_BYTES, MIN_CHUNK, MAX_CHUNK = 1 << 15, 16, 256

# Positions at a border that the weight gradient gathers at once.
PIECE = 8

# The weight gradient is split into at most this many parts, of at least so many bytes of x.
PARTS, PART_BYTES = 16, 1 << 16

# Lanes that may lie idle, as a share of those at work, before more positions are folded; a folded
# row has at most so many numbers.
IDLE, FOLDED = 0.125, 512

_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}


@device
def _write_row(like, source, count, first, target, width):
    """Write the numbers first.. of a row of ``count`` numbers, repeated without end, or of zeros
    if it is empty.
    """
    if count == 0:
        fill(like, target, like, width)
        return
    size = itemsize(like)
    at = first % count
    while width > 0:
        run = min(width, count - at)
        copy(like, target, source + at * size, run, run)
        target += run * size
        width -= run
        at = 0


@device
def _write_panels(w, bias, fold, first_tap, tap_step, n_taps, panels):
    """Write the taps first_tap + k*tap_step, k < n_taps, of w and behind them the bias.

    In panels, as `_tiles.write_panels` has them, of rows that are ``fold`` times repeated.
    """
    chans = w.shape[1]
    like = w.dtype.type(0)
    size = itemsize(like)
    target = panels
    wide = padded_columns(fold * chans, like)
    for p in range(0, wide, columns(WIDE, like)):
        width = panel_width(wide - p, like)
        for k in range(n_taps):
            row = address(w) + (first_tap + k * tap_step) * chans * size
            _write_row(like, row, chans, p, target, width)
            target += width * size
    _write_row(like, address(bias), len(bias), 0, target, wide)


@kernel
def _pack(worker, workers, w, bias, work, fold, first_tap, tap_step, n_taps):
    """The taps of w and the bias to the beginning of ``work``."""
    _write_panels(w, bias, fold, first_tap, tap_step, n_taps, address(work))


@device
def _tile_source(x, free, value, mode, moves, fold, height, b, t, n):
    """Where the inputs of n positions lie, to be read as a whole tile: (address, row step, tap
    step, numbers of scratch taken).
    """
    n_batch, length, chans, taps, dilation, stride, left = moves
    row_bytes = chans * itemsize(value)
    start = t * stride - left
    reach = (taps - 1) * dilation
    # rows and columns past the last are computed too, from what lies behind: it must be x
    wide = padded_columns(fold * chans, value)
    read = (b * length + start + (height - 1) * fold * stride + reach) * chans + wide
    inside = start >= 0 and start + (n - 1) * stride + reach < length
    if inside and read <= n_batch * length * chans:
        place = address(x) + (b * length + start) * row_bytes
        return place, fold * stride * row_bytes, dilation * row_bytes, 0
    gather_taps, gather_rows, apart = gather_layout(taps, dilation, height * fold, stride)
    sequence = address(x) + b * length * row_bytes
    wanted = (gather_taps, dilation, gather_rows, stride if apart else 1)
    gather(sequence, length, chans, mode, value, start, wanted, free)
    used = gather_taps * gather_rows * chans
    if apart:
        return free, fold * row_bytes, gather_rows * row_bytes, used
    return free, fold * stride * row_bytes, dilation * row_bytes, used


@kernel
def _channelwise(
    worker, workers, x, w, bias, y, work, scratch_size, value, floor, mode,
    n_batch, length, chans, taps, dilation, stride, left, fold, group, streamed,
    n_rows, out_batch, out_start, out_step, first_tap, w_step,
):  # fmt: skip
    """y[b*out_batch + out_start + t*out_step + c] = bias[c] + sum_k xp[b, ...] * w[k, c].

    For t < n_rows, or floor where that is less; tap k of the sum is tap first_tap + k*w_step of
    w.  ``work`` holds panels and bias as `_pack` writes them, then ``scratch_size`` numbers for
    each worker; one worker alone packs for itself.  Writes those elements of y only.
    """
    if workers == 1:
        _write_panels(w, bias, fold, first_tap, w_step, taps, address(work))
    moves = (n_batch, length, chans, taps, dilation, stride, left)
    size = itemsize(value)
    wide = padded_columns(fold * chans, value)
    bias_row = address(work) + taps * wide * size
    scratch = bias_row + (wide + worker * scratch_size) * size
    height = tile_rows(fold * chans, value)
    step = height * fold  # positions of a tile
    tiles = (n_rows + step - 1) // step
    ahead = group * step * stride * chans * size
    place = np.empty((GROUP, 5), np.intp)  # address, row step, tap step, target, positions
    last = (worker + 1) * n_batch * tiles // workers
    for first in range(worker * n_batch * tiles // workers, last, group):
        count = min(group, last - first)
        free = scratch
        for i in range(count):
            b, t = (first + i) // tiles, (first + i) % tiles * step
            n = min(step, n_rows - t)
            found = _tile_source(x, free, value, mode, moves, fold, height, b, t, n)
            place[i, 0], place[i, 1], place[i, 2] = found[0], found[1], found[2]
            place[i, 3] = address(y) + (b * out_batch + out_start + t * out_step) * size
            place[i, 4] = n
            free += found[3] * size
        for p in range(0, fold * chans, columns(WIDE, value)):
            panel, shift = address(work) + p * taps * size, bias_row + p * size
            for i in range(count):
                start, row_step, tap_step = place[i, 0] + p * size, place[i, 1], place[i, 2]
                rows, rest = place[i, 4] // fold, place[i, 4] % fold
                target, target_step = place[i, 3] + p * size, fold * out_step * size
                left = fold * chans - p
                if rows > 0:
                    past = streamed and rows == height
                    tile_source = (start, row_step, taps, tap_step, ahead)
                    out = (target, target_step, rows, left, past)
                    channel_tile(value, p, left, tile_source, panel, shift, floor, out)
                if rest * chans > p:  # part of a folded row
                    tile_source = (start + rows * row_step, 0, taps, tap_step, 0)
                    out = (target + rows * target_step, 0, 1, rest * chans - p, False)
                    channel_tile(value, p, left, tile_source, panel, shift, floor, out)
    if streamed:
        fence()


@device
def _weight_run(value, sources, sizes, ahead, target):
    """Add to a part of the weight gradient what n positions give that are read alike.

    ``sources`` is (x, step of a position, step of a tap, dy), ``sizes`` (n, chans, taps, fold,
    taps of a tile, height).  Asks for the positions so many ``ahead``.  ``target`` has a row of
    whole vectors for each tap.
    """
    start, step, tap_step, slope = sources
    n, chans, taps, fold, each, height = sizes
    size = itemsize(value)
    wide = padded_columns(fold * chans, value)
    whole, rest = n // fold, n % fold
    slope_step = fold * chans * size
    for p in range(0, fold * chans, columns(WIDE, value)):
        for k in range(0, taps, each):
            a, b = start + k * tap_step + p * size, slope + p * size
            rows = min(each, taps - k)
            out = target + (k * wide + p) * size
            left = fold * chans - p
            if whole > 0:
                tile_source, slopes = (a, tap_step, fold * step), (b, slope_step, whole)
                to = (out, wide * size, rows, left)
                later = 0 if k > 0 else ahead // fold
                channel_weight_tile(value, height, left, tile_source, slopes, later, to)
            if rest * chans > p:
                tile_source = (a + whole * fold * step, tap_step, step)
                slopes = (b + whole * slope_step, slope_step, 1)
                to = (out, wide * size, rows, rest * chans - p)
                channel_weight_tile(value, height, left, tile_source, slopes, 0, to)


@device
def _gathered_run(x, dy, scratch, value, mode, moves, sizes, b, t, target):
    """`_weight_run` of n positions from scratch, to which their inputs and dy are copied."""
    n_batch, length, chans, taps, dilation, stride, left = moves
    n, height = sizes[0], sizes[5]
    size = itemsize(value)
    row_bytes = chans * size
    gather_taps, gather_rows, apart = gather_layout(taps, dilation, n, stride)
    wanted = (gather_taps, dilation, gather_rows, stride if apart else 1)
    sequence = address(x) + b * length * row_bytes
    gather(sequence, length, chans, mode, value, t * stride - left, wanted, scratch)
    step, tap_step = stride * row_bytes, dilation * row_bytes
    if apart:
        step, tap_step = row_bytes, gather_rows * row_bytes
    # a tile's rows past the last tap and its columns past the last read what lies behind
    behind = padded_columns(sizes[3] * chans, value) * size
    slopes = scratch + (n - 1) * step + row_bytes + (taps + height) * tap_step + behind
    source_row = b * dy.shape[1] + t
    copy(value, slopes, address(dy) + source_row * row_bytes, n * chans, n * chans)
    _weight_run(value, (scratch, step, tap_step, slopes), sizes, 0, target)


@device
def _inside(moves, n_out, wide, reach, b):
    """Positions from the first to before the second are read in place: their window lies in the
    sequence, and what a tile reads in x and dy.  ``reach`` is the last tap that a tile reads.
    """
    n_batch, length, chans, taps, dilation, stride, left = moves
    first = (left + stride - 1) // stride
    last = (length - 1 + left - (taps - 1) * dilation) // stride
    behind = (n_batch * length * chans - wide) // chans - b * length
    last = min(last, (behind + left - reach * dilation) // stride)
    last = min(last, (n_batch * n_out * chans - wide) // chans - b * n_out)
    return first, last + 1


@kernel
def _weight_parts(
    worker, workers, x, dy, partial, work, scratch_size, value, mode,
    n_batch, length, chans, taps, dilation, stride, left, n_out, fold, each, height, chunk, piece,
):  # fmt: skip
    """partial[p, k, j] = the weight gradient of tap k and column j of the folded rows, over the
    p-th share of (sequence, chunk) pairs.  ``work`` has ``scratch_size`` numbers for each worker.
    """
    moves = (n_batch, length, chans, taps, dilation, stride, left)
    size = itemsize(value)
    parts, _, wide = partial.shape
    scratch = address(work) + worker * scratch_size * size
    chunks = (n_out + chunk - 1) // chunk
    todo = n_batch * chunks
    reach = (taps - 1) // each * each + height - 1
    for part in range(worker * parts // workers, (worker + 1) * parts // workers):
        target = address(partial) + part * taps * wide * size
        fill(value, target, number(value, 0), taps * wide)
        for q in range(part * todo // parts, (part + 1) * todo // parts):
            b, t = q // chunks, q % chunks * chunk
            end = min(n_out, t + chunk)
            first, last = _inside(moves, n_out, wide, reach, b)
            while t < end:
                in_place = first <= t < last
                stop = min(end, last) if in_place else min(end, t + piece)
                if t < first < last:
                    stop = min(stop, first)
                sizes = (stop - t, chans, taps, fold, each, height)
                if in_place:
                    start = address(x) + (b * length + t * stride - left) * chans * size
                    slope = address(dy) + (b * n_out + t) * chans * size
                    sources = (start, stride * chans * size, dilation * chans * size, slope)
                    _weight_run(value, sources, sizes, chunk, target)
                else:
                    _gathered_run(x, dy, scratch, value, mode, moves, sizes, b, t, target)
                t = stop


@kernel
def _collect(worker, workers, partial, dw):
    """dw (K, C) = the sum over parts, then over the folds, both in their order.

    Overwrites the first part.
    """
    parts, taps, wide = partial.shape
    chans = dw.shape[1]
    for k in range(worker * taps // workers, (worker + 1) * taps // workers):
        total = partial[0, k]
        for p in range(1, parts):
            row = partial[p, k]
            for j in range(wide):
                total[j] += row[j]
        for c in range(chans):
            dw[k, c] = total[c]
        for i in range(chans, wide // chans * chans, chans):
            for c in range(chans):
                dw[k, c] += total[i + c]


def depthwise_forward(
    x: Array, w: Array, bias: Array | None, geometry: Geometry, relu: bool = False
) -> Array:
    """y (B, T, C) of x (B, L, C), w (K, C) and bias (C,) or None; 0 where less, if ``relu``."""
    x, w = canonical(x), canonical(w)
    k_size, chans = w.shape
    n_out = geometry.out_length(x.shape[1], k_size)
    y = empty((x.shape[0], n_out, chans), x.dtype)
    if y.size:
        bias = _NO_BIAS[w.dtype] if bias is None else canonical(bias)
        rows = (n_out, n_out * chans, 0, chans)
        _run(x, w, bias, y, geometry, rows, (0, 1, k_size), relu)
    return y


def depthwise_grad_x(dy: Array, w: Array, length: int, geometry: Geometry) -> Array:
    """dx (B, length, C) of dy (B, T, C) and w (K, C)."""
    dy, w, g = canonical(dy), canonical(w), geometry
    k_size, chans = w.shape
    dx = empty((dy.shape[0], length, chans), dy.dtype)
    if not dx.size:
        return dx
    if g.mode != SCALAR and g.left + g.right > 0:
        padded = depthwise_grad_x(dy, w, g.left + length + g.right, Geometry(g.stride, g.dilation))
        fold_padding(workers(nbytes=padded.nbytes), padded, dx, g.left, g.mode)
        return dx
    for phase, taps, step in phases_of(length, k_size, g.stride, g.dilation, g.left):
        first, period, n_taps = taps
        if n_taps == 0 or dy.size == 0:
            dx[:, phase :: g.stride] = 0
            continue
        n_rows = -(-(length - phase) // g.stride)
        rows = (n_rows, length * chans, phase * chans, g.stride * chans)
        last = first + (n_taps - 1) * period
        _run(dy, w, _NO_BIAS[w.dtype], dx, step, rows, (last, -period, n_taps), False)
    return dx


def _run(
    x: Array,
    w: Array,
    bias: Array,
    y: Array,
    geometry: Geometry,
    rows: tuple[int, int, int, int],
    packing: tuple[int, int, int],
    relu: bool,
) -> None:
    """Call `_channelwise` with workers and memory.

    ``rows`` is what it takes from n_rows on, ``packing`` (first tap, tap step, number of taps).
    """
    n_batch, length, chans = x.shape
    stride, dilation, left, _, mode, value = geometry
    n_rows, out_batch, out_start, out_step = rows
    taps = packing[2]
    apart = stride > 1 or out_step > chans
    fold, group, panels, scratch = _sizes(chans, taps, stride, dilation, x.itemsize, apart)
    outputs = n_batch * n_rows * chans
    n = workers(flops=2.0 * outputs * taps, nbytes=(x.size / stride + outputs) * x.itemsize)
    work = workspace(panels + n * scratch, x.dtype)
    if n > 1:
        _pack(1, w, bias, work, fold, *packing)
    lines = fold * chans, out_batch, out_start, fold * out_step
    streamed = x.nbytes + y.nbytes >= STREAM_BYTES and all(
        at % ALIGNMENT == 0 for at in (y.ctypes.data, *(y.itemsize * n for n in lines))
    )
    like = x.dtype.type
    _channelwise(
        n, x, w, bias, y, work, scratch, like(value), like(0 if relu else -np.inf), mode,
        n_batch, length, chans, taps, dilation, stride, left, fold, group, streamed, *rows, *packing[:2],
    )  # fmt: skip


def _folded(chans: int, lanes: int, least: int) -> int:
    """How many positions make one row of at least ``least`` numbers with few idle lanes."""

    def idle(fold: int) -> float:
        return -(-fold * chans // lanes) * lanes / (fold * chans) - 1

    folds = [1, *(f for f in (2, 4, 8, 16, 32) if f * chans <= FOLDED)]
    for fold in folds:
        if idle(fold) <= IDLE and fold * chans >= least:
            return fold
    return min(folds, key=lambda fold: (idle(fold), fold))


@lru_cache(maxsize=512)
def _sizes(
    chans: int, taps: int, stride: int, dilation: int, itemsize: int, apart: bool
) -> tuple[int, int, int, int]:
    """Positions in a row and tiles in a group of `_channelwise`, numbers that taps and bias take,
    and those of scratch for one worker.
    """
    lanes = LANES * 4 // itemsize
    fold = 1 if apart else _folded(chans, lanes, 0)
    wide = -(-fold * chans // lanes) * lanes
    rows = (THIN if fold * chans <= lanes else WIDE).rows * fold
    group = max(1, min(GROUP, GROUP_BYTES // (rows * chans * itemsize)))
    window = min((rows - 1) * stride + (taps - 1) * dilation + 1, taps * rows)
    return fold, group, (taps + 1) * wide, group * window * chans + wide


def depthwise_grad_w(x: Array, dy: Array, k_size: int, geometry: Geometry) -> Array:
    """dw (k_size, C) of x (B, L, C) and dy (B, T, C)."""
    x, dy = canonical(x), canonical(dy)
    n_batch, length, chans = x.shape
    n_out = dy.shape[1]
    dw = empty((k_size, chans), x.dtype)
    if dw.size == 0 or dy.size == 0:
        dw[...] = 0
        return dw
    stride, dilation, left, _, mode, value = geometry
    dilation = dilation if k_size > 1 else 1
    parts, wide, scratch, *split = _weight_sizes(
        n_batch, n_out, chans, k_size, stride, dilation, x.itemsize
    )
    partial = empty((parts, k_size, wide), x.dtype)
    n = workers(flops=2.0 * dy.size * k_size, nbytes=dy.nbytes + x.nbytes)
    work = workspace(n * scratch, x.dtype)
    _weight_parts(
        n, x, dy, partial, work, scratch, x.dtype.type(value), mode,
        n_batch, length, chans, k_size, dilation, stride, left, n_out, *split,
    )  # fmt: skip
    _collect(workers(nbytes=partial.nbytes), partial, dw)
    return dw


@lru_cache(maxsize=512)
def _weight_sizes(
    n_batch: int, n_out: int, chans: int, taps: int, stride: int, dilation: int, itemsize: int
) -> tuple[int, ...]:
    """Of the weight gradient: parts, numbers of a row of partial sums and of scratch for one
    worker, positions in a row, taps of a tile, its height, positions of a chunk, and of what is gathered at once.
    """
    lanes = LANES * 4 // itemsize
    fold = 1 if stride > 1 else _folded(chans, lanes, 2 * lanes)
    wide = -(-fold * chans // lanes) * lanes
    each, height = tap_tiles(taps)
    chunk = CHUNK_BYTES // (2 * chans * itemsize) // fold * fold
    chunk = max(MIN_CHUNK, min(MAX_CHUNK * fold, chunk))
    rows = n_batch * n_out
    parts = min(PARTS, rows * chans * itemsize // PART_BYTES, rows // (8 * taps))
    parts = max(1, min(parts, n_batch * -(-n_out // chunk)))
    piece = max(PIECE, 2 * fold)
    # gathered apart, or as one window, of which a tap step is at most 2 * piece
    scratch = piece * (taps + 2 * height + 3) * chans + 2 * wide
    return parts, wide, scratch, fold, each, height, chunk, piece
