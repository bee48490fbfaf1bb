"""The weight gradient of a convolution over one dimension with one to four filters.

Sizes, equations and borders as in the general kernel.  A tile has filters as rows and, as columns,
the channels of all taps where the taps follow each other, else those of one tap.
"""

from __future__ import annotations

from ._buffers import Array, empty, workspace
from ._dot_tile import MOST_COLUMNS, row_columns, row_tile
from ._few_columns import gather_outputs, runs_of
from ._jit import canonical, device, kernel, workers
from ._lanes import LANES
from ._simd import address, itemsize, number
from ._window import Geometry, fill

# Positions that the weight gradient sums in registers, and those that it gathers at once.
CHUNK, PIECE = 128, 16

# The weight gradient is split into at most this many parts, of at least so many operations.
PARTS, PART_FLOPS = 16, 1e6


def few_filters_pay(n_filt: int, chans: int, taps: int, dilation: int, itemsize: int) -> bool:
    """Whether `few_grad_w` is faster than the general kernel.

    It took 0.12 to 0.75 of its time wherever one to four filters were measured.  Not where its tile
    has more vectors than the general one has rows.
    """
    if n_filt > MOST_COLUMNS:
        return False
    depth = taps * chans
    runs, inner = (1, depth) if taps == 1 or dilation == 1 else (taps, chans)
    width = row_columns(n_filt, itemsize)
    return runs * -(-inner // width) * width * itemsize <= 4 * LANES * depth


@device
def _weight_run(value, sources, sizes, target):
    """Add to a part of the weight gradient what n positions give that are read alike.

    ``sources`` is (x, step of a position, step of a tap, dy), ``sizes`` (n, filters, runs, numbers
    of a run, columns of a tile, numbers of a row of the target).
    """
    start, step, tap_step, slope = sources
    n, n_filt, outer, inner, width, wide = sizes
    size = itemsize(value)
    for p in range(0, inner, width):
        for o in range(outer):
            rows = (start + o * tap_step + p * size, step)
            out = (target + (o * n_filt * wide + p) * size, wide * size, n_filt, inner - p)
            row_tile(value, n_filt, (slope, n_filt * size, n), rows, out)


@kernel
def _few_weight_parts(
    worker, workers, x, dy, partial, work, scratch_size, value, mode,
    n_batch, length, chans, taps, dilation, stride, left, n_out, n_filt, width,
):  # fmt: skip
    """partial[p, o, f, r] = the weight gradient of filter f at number r of run o, over the p-th
    share of (sequence, chunk) pairs.  ``work`` has ``scratch_size`` numbers for each worker.
    """
    moves = (n_batch, length, chans, taps, dilation, stride, left)
    size = itemsize(value)
    row_bytes = chans * size
    outer, inner = runs_of(chans, taps, dilation)
    parts, _, _, wide = partial.shape
    part_size = outer * n_filt * wide
    scratch = address(work) + worker * scratch_size * size
    chunks = (n_out + CHUNK - 1) // CHUNK
    todo = n_batch * chunks
    first = (left + stride - 1) // stride
    for part in range(worker * parts // workers, (worker + 1) * parts // workers):
        target = address(partial) + part * part_size * size
        fill(value, target, number(value, 0), part_size)
        for q in range(part * todo // parts, (part + 1) * todo // parts):
            b, t = q // chunks, q % chunks * CHUNK
            end = min(n_out, t + CHUNK)
            # positions from first to before last are read in place: their window lies in the
            # sequence, and what a tile reads of it, whole vectors, in x
            behind = (n_batch * length * chans - wide) // chans - b * length
            behind -= (outer - 1) * dilation
            last = min(length - 1 - (taps - 1) * dilation, behind)
            last = (last + left) // stride + 1
            while t < end:
                in_place = first <= t < last
                stop = min(end, last) if in_place else min(end, t + PIECE)
                if t < first < last:
                    stop = min(stop, first)
                slope = address(dy) + (b * n_out + t) * n_filt * size
                if in_place:
                    start = address(x) + (b * length + t * stride - left) * row_bytes
                    step, tap_step = stride * row_bytes, dilation * row_bytes
                else:
                    start = scratch
                    step, tap_step, _ = gather_outputs(
                        x, scratch, value, mode, moves, b, t, stop - t
                    )
                sizes = (stop - t, n_filt, outer, inner, width, wide)
                _weight_run(value, (start, step, tap_step, slope), sizes, target)
                t = stop


@kernel
def _collect(worker, workers, partial, dw):
    """dw (K, C, F) = the sum over parts, in their order, turned round."""
    parts, outer, n_filt, _ = partial.shape
    taps, chans, _ = dw.shape
    for k in range(worker * taps // workers, (worker + 1) * taps // workers):
        o, first = (0, k * chans) if outer == 1 else (k, 0)
        for c in range(chans):
            for f in range(n_filt):
                total = partial[0, o, f, first + c]
                for p in range(1, parts):
                    total += partial[p, o, f, first + c]
                dw[k, c, f] = total


def few_grad_w(x: Array, dy: Array, k_size: int, geometry: Geometry) -> Array:
    """dw (k_size, C, F) of x (B, L, C) and dy (B, T, F), F <= MOST_COLUMNS."""
    x, dy = canonical(x), canonical(dy)
    n_batch, length, chans = x.shape
    _, n_out, n_filt = dy.shape
    dw = empty((k_size, chans, n_filt), x.dtype)
    if dw.size == 0 or dy.size == 0:
        dw[...] = 0
        return dw
    stride, dilation, left, _, mode, value = geometry
    flops = 2.0 * dy.size * k_size * chans
    outer, inner = (1, k_size * chans) if k_size == 1 or dilation == 1 else (k_size, chans)
    width = row_columns(n_filt, x.itemsize)
    wide = -(-inner // width) * width
    parts = int(max(1, min(PARTS, flops // PART_FLOPS, n_batch * -(-n_out // CHUNK))))
    parts = max(1, min(parts, n_batch * n_out // 64))
    partial = empty((parts, outer, n_filt, wide), x.dtype)
    n = workers(flops=flops)
    scratch = PIECE * k_size * chans + wide
    work = workspace(n * scratch, x.dtype)
    _few_weight_parts(
        n, x, dy, partial, work, scratch, x.dtype.type(value), mode,
        n_batch, length, chans, k_size, dilation, stride, left, n_out, n_filt, width,
    )  # fmt: skip
    _collect(workers(nbytes=partial.nbytes), partial, dw)
    return dw
