"""The weight gradient of a convolution over one dimension with few filters.

Sizes, equations and borders as in the general kernel.  A tile has up to four filters as rows and,
as columns, the channels of all taps where the taps follow each other, else those of one tap.  The
general tile has filters as columns, in whole vectors; where they would fill too little of these,
this one is faster.
"""

from __future__ import annotations

from math import inf

from ._buffers import Array, empty, workspace
from ._dot_tile import MOST_COLUMNS, row_tiles, row_vectors
from ._few_columns import gather_outputs, kernel_runs_of, runs_of
from ._jit import canonical, device, kernel, workers
from ._lanes import DOUBLED_TRIPLE, LANES, TAIL, THIN, WIDE
from ._simd import add, address, itemsize, lanes, load_whole, number, store_whole
from ._tiles import add_rows, panel_width
from ._window import Geometry, copy_strided, fill

# Positions that the weight gradient sums in registers, and those that it gathers at once.
CHUNK, PIECE = 128, 16

# The weight gradient is split into at most this many parts, of at least so many operations.
PARTS, PART_FLOPS = 16, 1e6

# Filters up to which it was measured.
MOST_FILTERS = 64


def few_filters_time(n_filt: int, chans: int, taps: int, dilation: int, itemsize: int) -> float:
    """The time of `few_grad_w`, as a share of the general kernel's, by what a position takes in
    both.

    That is multiply-adds, two a cycle, or loads, or where a tile is small the latency of its
    multiply-adds.  With 32 channels and 3 taps it took, of the general kernel's time, 0.42 with 8
    filters, 0.88 with 16, 0.73 with 20, 0.87 with 24, 0.71 with 36 and 0.79 with 40 (one core with
    AVX-512).
    """
    if n_filt > MOST_FILTERS:
        return inf
    width = LANES * 4 // itemsize
    _, inner = runs_of(chans, taps, dilation)
    vectors = -(-inner // width)
    few = sum(_cycles(rows, v) for rows in _blocks(n_filt) for v in row_vectors(rows, vectors))
    whole, left = divmod(n_filt, WIDE.vecs * width)
    last = TAIL if whole else THIN
    if left > width:
        last = DOUBLED_TRIPLE if 2 * left <= 3 * width else WIDE
    shapes = [WIDE] * whole + ([last] if left else [])
    general = sum(  # and taking pairs apart is a cycle more
        -(-inner // (shape.rows * shape.terms))
        * (_cycles(shape.rows, shape.vecs) + shape.terms - 1)
        for shape in shapes
    )
    return few / general


def _cycles(rows: int, vecs: int) -> float:
    """Of a tile of the weight gradient, for one position; a multiply-add takes four to finish."""
    return max(4, rows * vecs / 2, 1.14 * (rows + vecs) / 2)


def _blocks(n_filt: int) -> list[int]:
    """The filters of each tile: as even as can be."""
    blocks = -(-n_filt // MOST_COLUMNS)
    return [(i + 1) * n_filt // blocks - i * n_filt // blocks for i in range(blocks)]


@device
def _weight_run(value, sources, sizes, target):
    """Add to a part of the weight gradient what n positions give that are read alike.

    ``sources`` is (x, step of a position, step of a tap, dy), ``sizes`` (n, filters, runs, numbers
    of a run, numbers of a row of the target).  The sum of dy goes behind the rows.
    """
    start, step, tap_step, slope = sources
    n, n_filt, outer, inner, wide = sizes
    size = itemsize(value)
    blocks = (n_filt + MOST_COLUMNS - 1) // MOST_COLUMNS
    for i in range(blocks):
        first, end = i * n_filt // blocks, (i + 1) * n_filt // blocks
        slopes = (slope + first * size, n_filt * size, n)
        for o in range(outer):
            out = (target + (o * n_filt + first) * wide * size, wide * size, end - first, inner)
            row_tiles(value, end - first, slopes, (start + o * tap_step, step), out)
    first = 0
    while first < n_filt:
        rows, out = (slope + first * size, n_filt * size), (outer * n_filt * wide + first) * size
        add_rows(value, rows, n, False, target + out, n_filt - first)
        first += panel_width(n_filt - first, value)


@kernel
def _few_weight_parts(
    worker, workers, x, dy, partial, work, scratch_size, value, mode,
    n_batch, length, chans, taps, dilation, stride, left, n_out, n_filt, wide,
):  # fmt: skip
    """partial[p] = the weight gradient of filter f at number r of run o as [o, f, r], ``wide``
    numbers for the last, and the sum of dy, over the p-th share of (sequence, chunk) pairs.

    ``work`` has ``scratch_size`` numbers for each worker.
    """
    moves = (n_batch, length, chans, taps, dilation, stride, left)
    size = itemsize(value)
    row_bytes = chans * size
    outer, inner = kernel_runs_of(chans, taps, dilation)
    parts, part_size = partial.shape
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
                sizes = (stop - t, n_filt, outer, inner, wide)
                _weight_run(value, (start, step, tap_step, slope), sizes, target)
                t = stop


@kernel
def _collect(worker, workers, partial, dw, work, inner, wide):
    """dw (taps and channels, F) = the sum over parts, in their order, turned round; with a row more
    the sum of dy.

    ``work`` has a vector for each filter and worker.
    """
    parts, part_size = partial.shape
    n_rows, n_filt = dw.shape
    value = partial.dtype.type(0)
    size, width = itemsize(value), lanes(value)
    runs = part_size // (n_filt * wide)
    scratch = address(work) + worker * n_filt * width * size
    vectors = (inner + width - 1) // width
    for job in range(worker * runs * vectors // workers, (worker + 1) * runs * vectors // workers):
        o, r = job // vectors, job % vectors * width
        for f in range(n_filt):
            at = address(partial) + ((o * n_filt + f) * wide + r) * size
            total = load_whole(value, at)
            for _ in range(1, parts):
                at += part_size * size
                total = add(total, load_whole(value, at))
            store_whole(total, scratch + f * width * size)
        for i in range(min(width, inner - r)):
            target = address(dw) + (o * inner + r + i) * n_filt * size
            copy_strided(value, target, scratch + i * size, width * size, n_filt, n_filt)
    if worker == 0 and n_rows > runs * inner:
        for f in range(n_filt):
            total = partial[0, part_size - n_filt + f]
            for p in range(1, parts):
                total += partial[p, part_size - n_filt + f]
            dw[n_rows - 1, f] = total


def few_grad_w(x: Array, dy: Array, k_size: int, geometry: Geometry, bias: bool = False) -> Array:
    """dw (k_size*C, F) of x (B, L, C) and dy (B, T, F), with ``bias`` a row more: the sum of dy."""
    x, dy = canonical(x), canonical(dy)
    n_batch, length, chans = x.shape
    _, n_out, n_filt = dy.shape
    dw = empty((k_size * chans + bias, n_filt), x.dtype)
    if dw.size == 0 or dy.size == 0:
        dw[...] = 0
        return dw
    stride, dilation, left, _, mode, value = geometry
    flops = 2.0 * dy.size * k_size * chans
    width = LANES * 4 // x.itemsize
    runs, inner = runs_of(chans, k_size, dilation)
    wide = width * max(sum(row_vectors(rows, -(-inner // width))) for rows in _blocks(n_filt))
    parts = int(max(1, min(PARTS, flops // PART_FLOPS, n_batch * -(-n_out // CHUNK))))
    parts = max(1, min(parts, n_batch * n_out // 64))
    partial = empty((parts, runs * n_filt * wide + n_filt), x.dtype)
    n = workers(flops=flops)
    scratch = PIECE * k_size * chans + wide
    work = workspace(max(n * scratch, n * n_filt * width), x.dtype)
    _few_weight_parts(
        n, x, dy, partial, work, scratch, x.dtype.type(value), mode,
        n_batch, length, chans, k_size, dilation, stride, left, n_out, n_filt, wide,
    )  # fmt: skip
    m = min(n, workers(nbytes=partial.nbytes))
    _collect(m, partial, dw, work, inner, wide)
    return dw
