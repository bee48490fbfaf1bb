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
index map.  The weight gradient is in `_depthwise_weights`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ._buffers import ALIGNMENT, Array, empty, workspace
from ._channel_tile import channel_tile, positions_in_a_row
from ._depthwise_weights import depthwise_grad_w
from ._jit import canonical, device, kernel, workers
from ._lanes import LANES, THIN, WIDE
from ._one_sequence import fold_padding, gather_taps, phases
from ._register_tile import columns
from ._simd import address, fence, itemsize, stack_integers
from ._tiles import padded_columns, panel_width, tile_rows
from ._window import SCALAR, Geometry, copy, fill

# Tiles that share one pass over the taps: as many as read so much, and at most GROUP.  With more of
# them memory is read in shorter pieces, which took 1.1 to 1.15 times as long; but taps that fill L1
# are worth it, 0.96.
GROUP, GROUP_BYTES, GROUP_BYTES_LARGE, LARGE = 16, 1 << 13, 1 << 15, 1 << 15

# Inputs and outputs of this size together are written past the caches.
STREAM_BYTES = 1 << 24

__all__ = ["depthwise_forward", "depthwise_grad_w", "depthwise_grad_x"]

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
def _in_place(value, moves, fold, height, b, t, n):
    """Whether the inputs of n positions are read where they lie."""
    n_batch, length, chans, taps, dilation, stride, left = moves
    start, reach = t * stride - left, (taps - 1) * dilation
    # rows and columns past the last are computed too, from what lies behind: it must be x
    wide = padded_columns(fold * chans, value)
    read = (b * length + start + (height - 1) * fold * stride + reach) * chans + wide
    inside = start >= 0 and start + (n - 1) * stride + reach < length
    return inside and read <= n_batch * length * chans


@device
def _place_tiles(x, scratch, value, mode, moves, fold, height, n_rows, first, count, out, place):
    """Where ``count`` tiles from number ``first`` on find their inputs, to be read as whole tiles,
    and where their results go: ``out`` is the address of the first and steps from sequence to
    sequence and from position to position.

    Rows of ``place``: address, row step and tap step of a tile's inputs, address of its results,
    positions.  Neighbours at a border share a window in scratch: 9 taps 8 apart reach over 72
    positions for a tile of 8, and over 96 for four.
    """
    _, length, chans, taps, dilation, stride, left = moves
    row_bytes, positions = chans * itemsize(value), height * fold
    tiles = (n_rows + positions - 1) // positions
    b, tile = first // tiles, first % tiles
    i = 0
    while i < count:
        t = tile * positions
        most, n = min(count - i, tiles - tile), 0
        while n < most:
            at = t + n * positions
            if _in_place(value, moves, fold, height, b, at, min(positions, n_rows - at)):
                break
            n += 1
        sequence, start = address(x) + b * length * row_bytes, t * stride - left
        source = sequence + start * row_bytes
        step, tap_step = stride * row_bytes, dilation * row_bytes
        if n > 0:
            source, wanted = scratch, (taps, dilation, n * positions, stride)
            step, tap_step, used = gather_taps(
                sequence, length, chans, mode, value, start, wanted, scratch
            )
            scratch += used * itemsize(value)
        for _ in range(max(n, 1)):
            place[i, 0], place[i, 1], place[i, 2] = source, fold * step, tap_step
            place[i, 3] = out[0] + b * out[1] + t * out[2]
            place[i, 4] = min(positions, n_rows - t)
            source += positions * step
            t += positions
            tile += 1
            i += 1
        if tile == tiles:
            b, tile = b + 1, 0


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
    out = (address(y) + out_start * size, out_batch * size, out_step * size)
    place = stack_integers(GROUP, 5)
    last = (worker + 1) * n_batch * tiles // workers
    for first in range(worker * n_batch * tiles // workers, last, group):
        count = min(group, last - first)
        _place_tiles(
            x, scratch, value, mode, moves, fold, height, n_rows, first, count, out, place
        )  # fmt: skip
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
                    to = (target, target_step, rows, left, past)
                    channel_tile(value, p, left, tile_source, panel, shift, floor, to)
                if rest * chans > p:  # part of a folded row
                    tile_source = (start + rows * row_step, 0, taps, tap_step, 0)
                    to = (target + rows * target_step, 0, 1, rest * chans - p, False)
                    channel_tile(value, p, left, tile_source, panel, shift, floor, to)
    if streamed:
        fence()


def depthwise_forward(
    x: Array, w: Array, bias: Array | None, geometry: Geometry, relu: bool = False
) -> Array:
    """y (B, T, C) of x (B, L, C), w (K, C) and bias (C,) or None; 0 where less, if ``relu``."""
    x, w = canonical(x), canonical(w)
    k_size, chans = w.shape
    n_out = max(0, geometry.out_length(x.shape[1], k_size))
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
    turns = phases(length, k_size, g.stride, g.dilation, g.left)
    if len(turns) < min(g.stride, length) or dy.size == 0:
        dx[...] = 0
    for phase in turns if dy.size else ():
        n_rows = -(-(length - phase.start) // g.stride)
        rows = (n_rows, length * chans, phase.start * chans, g.stride * chans)
        _run(dy, w, _NO_BIAS[w.dtype], dx, phase.step, rows, phase.line, False)
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
        n_batch, length, chans, taps, dilation, stride, left, fold, group, streamed,
        *rows, *packing[:2],
    )  # fmt: skip


@lru_cache(maxsize=512)
def _sizes(
    chans: int, taps: int, stride: int, dilation: int, itemsize: int, apart: bool
) -> tuple[int, int, int, int]:
    """Positions in a row and tiles in a group of `_channelwise`, numbers that taps and bias take,
    and those of scratch for one worker.
    """
    lanes = LANES * 4 // itemsize
    fold = 1 if apart else positions_in_a_row(chans, lanes, 0)
    wide = -(-fold * chans // lanes) * lanes
    rows = (THIN if fold * chans <= lanes else WIDE).rows * fold
    share = GROUP_BYTES if taps * wide * itemsize <= LARGE else GROUP_BYTES_LARGE
    group = max(1, min(GROUP, share // (rows * chans * itemsize)))
    window = min((rows - 1) * stride + (taps - 1) * dilation + 1, taps * rows)
    return fold, group, (taps + 1) * wide, group * window * chans + wide
