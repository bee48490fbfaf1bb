"""The weight gradient of the channel-wise convolution; sizes and equations as in `depthwise`.

A tile has taps as rows and channels as columns and is summed over positions in registers.  Partial
sums are split by the problem's sizes only, so the bits don't depend on the number of threads.
"""

from __future__ import annotations

from functools import lru_cache

from ._buffers import Array, empty, workspace
from ._channel_tile import channel_weight_tile, positions_in_a_row, tap_tiles
from ._jit import canonical, device, kernel, workers
from ._lanes import LANES, WIDE
from ._one_sequence import gather_taps
from ._register_tile import columns
from ._simd import address, itemsize, number
from ._tiles import add_rows, padded_columns
from ._window import Geometry, copy, fill

# Positions of the weight gradient that are summed in registers: those of which x and dy take so
# much.
CHUNK_BYTES, MIN_CHUNK, MAX_CHUNK = 1 << 15, 16, 256

# Positions at a border that the weight gradient gathers at once.
PIECE = 8

# The weight gradient is split into at most this many parts, of at least so many bytes of x.
PARTS, PART_BYTES = 16, 1 << 16


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
    _, length, chans, taps, dilation, stride, left = moves
    n, height = sizes[0], sizes[5]
    size = itemsize(value)
    row_bytes = chans * size
    sequence, start = address(x) + b * length * row_bytes, t * stride - left
    step, tap_step, _ = gather_taps(
        sequence, length, chans, mode, value, start, (taps, dilation, n, stride), scratch
    )
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


@device
def _add_slopes(value, slope, n, chans, fold, target):
    """Add n positions of dy at an address to a row of whole vectors, ``fold`` positions a row."""
    size = itemsize(value)
    whole, rest = n // fold, n % fold
    step = fold * chans * size
    for p in range(0, fold * chans, columns(WIDE, value)):
        left = fold * chans - p
        if whole > 0:
            add_rows(value, (slope + p * size, step), whole, False, target + p * size, left)
        if rest * chans > p:
            last = (slope + whole * step + p * size, step)
            add_rows(value, last, 1, False, target + p * size, rest * chans - p)


@kernel
def _weight_parts(
    worker, workers, x, dy, partial, work, scratch_size, value, mode,
    n_batch, length, chans, taps, dilation, stride, left, n_out, fold, each, height, chunk, piece,
):  # fmt: skip
    """partial[p, k, j] = the weight gradient of tap k and column j of the folded rows, over the
    p-th share of (sequence, chunk) pairs; in one row more, if there is one, the sum of dy, of which
    each chunk is in cache.  ``work`` has ``scratch_size`` numbers for each worker.
    """
    moves = (n_batch, length, chans, taps, dilation, stride, left)
    size = itemsize(value)
    parts, all_rows, wide = partial.shape
    scratch = address(work) + worker * scratch_size * size
    chunks = (n_out + chunk - 1) // chunk
    todo = n_batch * chunks
    reach = (taps - 1) // each * each + height - 1
    for part in range(worker * parts // workers, (worker + 1) * parts // workers):
        target = address(partial) + part * all_rows * wide * size
        fill(value, target, number(value, 0), all_rows * wide)
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
                slope = address(dy) + (b * n_out + t) * chans * size
                if in_place:
                    start = address(x) + (b * length + t * stride - left) * chans * size
                    sources = (start, stride * chans * size, dilation * chans * size, slope)
                    _weight_run(value, sources, sizes, chunk, target)
                else:
                    _gathered_run(x, dy, scratch, value, mode, moves, sizes, b, t, target)
                if all_rows > taps:
                    _add_slopes(value, slope, stop - t, chans, fold, target + taps * wide * size)
                t = stop


@kernel
def _collect(worker, workers, partial, dw):
    """dw (rows, C) = the sum over parts, then over the folds, both in their order.

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


def depthwise_grad_w(
    x: Array, dy: Array, k_size: int, geometry: Geometry, bias: bool = False
) -> Array:
    """dw (k_size, C) of x (B, L, C) and dy (B, T, C); with ``bias`` a row more, the sum of dy."""
    x, dy = canonical(x), canonical(dy)
    n_batch, length, chans = x.shape
    n_out = dy.shape[1]
    dw = empty((k_size + bias, chans), x.dtype)
    if dw.size == 0 or dy.size == 0:
        dw[...] = 0
        return dw
    stride, dilation, left, _, mode, value = geometry
    dilation = dilation if k_size > 1 else 1
    parts, wide, scratch, *split = _weight_sizes(
        n_batch, n_out, chans, k_size, stride, dilation, x.itemsize
    )
    partial = empty((parts, k_size + bias, wide), x.dtype)
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
    """Parts, numbers of a row of partial sums and of scratch for one worker, positions in a row,
    taps of a tile, its height, positions of a chunk, and of what is gathered at once.
    """
    lanes = LANES * 4 // itemsize
    fold = 1 if stride > 1 else positions_in_a_row(chans, lanes, 2 * lanes)
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
