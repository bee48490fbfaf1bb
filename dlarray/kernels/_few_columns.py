"""1-D convolution with one to four filters, or its input gradient with one to four channels.

Sizes, equations and borders as in `convolution`.  Vectors run along the sum: along taps and
channels where the taps follow each other (dilation 1), else along the channels of each tap.

`few_columns_pay` says where these kernels are faster than the general ones.  The weight gradient of
few filters is in `_few_filters`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ._buffers import Array, empty, workspace
from ._dot_tile import DOT_ROWS, MOST_COLUMNS, SUMS, dot_tile
from ._jit import canonical, device, kernel, workers
from ._lanes import LANES
from ._one_sequence import Phase, fold_padding, gather_grid, phases
from ._simd import (
    add,
    address,
    itemsize,
    lanes,
    load_whole,
    move,
    splat,
    store,
    store_whole,
    where_less,
)
from ._window import SCALAR, Geometry

# The sum of an element is at least so long where these kernels are used, for 1 to 4 columns that
# follow each other in the result, and for those of a phase, which are written one by one.  On one
# core with AVX-512 the general kernel took, of this one's time at the depths 12, 24, 48, 100 and
# 320: 1.4, 1.6, 2.2, 2.5, 4.5 with one column and 0.84, 0.95, 1.2, 1.5, 1.9 with four; in a phase
# of stride 2 with four columns 0.85 at 64, 1.1 at 128 and 1.3 at 192.  In double precision 1.4,
# 1.7, 1.4, 2.0, 2.8 and 0.81, 0.96, 1.1, 1.2, 1.4.
LEAST_TOGETHER, LEAST_APART = (4, 8, 16, 32), (32, 64, 96, 128)

_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}


def runs_of(chans: int, taps: int, dilation: int) -> tuple[int, int]:
    """The sum of an output as runs in memory: (runs, numbers of a run)."""
    if taps == 1 or dilation == 1:
        return 1, taps * chans
    return taps, chans


kernel_runs_of = device(runs_of)


def few_columns_pay(
    n_cols: int, chans: int, taps: int, dilation: int, itemsize: int, together: bool
) -> bool:
    """Whether `few_correlate` is faster than the general kernel.

    For results of ``n_cols`` columns, written ``together`` or in a phase of a stride, and a sum
    over taps and channels.  At least a quarter of the lanes are at work.
    """
    if n_cols > MOST_COLUMNS:
        return False
    depth = taps * chans
    least = (LEAST_TOGETHER if together else LEAST_APART)[n_cols - 1]
    runs, inner = runs_of(chans, taps, dilation)
    return depth >= least and 4 * runs * -(-inner // (LANES * 4 // itemsize)) <= depth


@device
def _write_panel(w, bias, work, base, steps, n_cols, chans, taps, dilation):
    """The panel of `dot_tile` to the beginning of ``work``, and the bias for each sum of a tile.

    Element (tap, channel, column) of the panel is w[base + tap*steps[0] + channel*steps[1] +
    column*steps[2]], w flat.
    """
    width = lanes(w.dtype.type(0))
    outer, inner = kernel_runs_of(chans, taps, dilation)
    vectors = (inner + width - 1) // width
    work[: outer * vectors * n_cols * width] = 0
    for j in range(n_cols):
        for k in range(taps):
            o, r = (0, k * chans) if outer == 1 else (k, 0)
            first = base + k * steps[0] + j * steps[2]
            for c in range(chans):
                at = ((o * vectors + r // width) * n_cols + j) * width + r % width
                work[at] = w[first + c * steps[1]]
                r += 1
    behind = outer * vectors * n_cols * width
    for i in range(SUMS):
        work[behind + i] = bias[i % n_cols] if len(bias) > 0 else 0


@kernel
def _pack(worker, workers, w, bias, work, base, steps, n_cols, chans, taps, dilation):
    """`_write_panel`, for several workers."""
    _write_panel(w, bias, work, base, steps, n_cols, chans, taps, dilation)


@device
def gather_outputs(x, free, value, mode, moves, b, t, n):
    """Gather what n outputs from t read: (row step, tap step, numbers taken).

    As one window, or a window for each output where that is less: in both the taps follow each
    other if they do so in x.
    """
    _, length, chans, taps, dilation, stride, left = moves
    row_bytes = chans * itemsize(value)
    sequence, start = address(x) + b * length * row_bytes, t * stride - left
    window = (n - 1) * stride + (taps - 1) * dilation + 1
    if window <= taps * n:
        gather_grid(sequence, length, chans, mode, value, start, (1, 0, window, 1), free)
        return stride * row_bytes, dilation * row_bytes, window * chans
    gather_grid(sequence, length, chans, mode, value, start, (n, stride, taps, dilation), free)
    return taps * row_bytes, row_bytes, taps * n * chans


@kernel
def _correlate_few(
    worker, workers, x, w, bias, y, work, base, step_0, step_1, step_2,
    panel_size, scratch_size, value, floor, mode,
    n_batch, length, chans, taps, dilation, stride, left, n_cols, height,
    n_rows, out_batch, out_start, out_step,
):  # fmt: skip
    """y[b*out_batch + out_start + t*out_step + f] = bias[f] + the sum, y flat; floor where less.

    For t < n_rows and f < n_cols <= MOST_COLUMNS.  ``work`` holds the panel as `_write_panel`
    leaves it, then ``scratch_size`` numbers for each worker; one worker alone packs for itself.
    Writes those elements of y only.
    """
    if workers == 1:
        steps = (step_0, step_1, step_2)
        _write_panel(w, bias, work, base, steps, n_cols, chans, taps, dilation)
    moves = (n_batch, length, chans, taps, dilation, stride, left)
    size = itemsize(value)
    row_bytes = chans * size
    outer, inner = kernel_runs_of(chans, taps, dilation)
    first_sum = panel_size + SUMS + worker * scratch_size
    sums, free = address(work) + first_sum * size, address(work) + (first_sum + SUMS) * size
    shift, low = address(work) + panel_size * size, splat(value, floor)
    window = (height - 1) * stride + (taps - 1) * dilation + 1
    tiles = (n_rows + height - 1) // height
    for i in range(worker * n_batch * tiles // workers, (worker + 1) * n_batch * tiles // workers):
        b, t = i // tiles, i % tiles * height
        n = min(height, n_rows - t)
        start = t * stride - left
        inside = start >= 0 and start + window - (height - n) * stride <= length
        # rows past the last output are computed too, from what lies behind: it must be x
        if inside and b * length + start + window <= n_batch * length:
            place = address(x) + (b * length + start) * row_bytes
            row_step, tap_step = stride * row_bytes, dilation * row_bytes
        else:
            place = free
            row_step, tap_step, _ = gather_outputs(x, free, value, mode, moves, b, t, height)
        dot_tile(value, n_cols, (place, row_step, outer, tap_step, inner), address(work), sums)
        for at in range(0, n * n_cols, lanes(value)):
            result = add(load_whole(value, sums + at * size), load_whole(value, shift + at * size))
            result = where_less(result, low, low, result)
            out = b * out_batch + out_start + t * out_step
            if out_step == n_cols:
                store(result, address(y) + (out + at) * size, n * n_cols - at)
            else:
                store_whole(result, sums + at * size)
        if out_step != n_cols:
            source, target = sums, address(y) + out * size
            for _ in range(n):
                for f in range(n_cols):
                    move(value, target + f * size, source + f * size)
                source += n_cols * size
                target += out_step * size


def few_correlate(
    x: Array,
    w: Array,
    bias: Array | None,
    y: Array,
    geometry: Geometry,
    panel: tuple[int, int, tuple[int, int, int], int],
    rows: tuple[int, int, int, int],
    relu: bool = False,
) -> None:
    """Write ``n_cols`` columns of y, the sum over taps and the channels of x.

    ``panel`` is (n_cols, base, steps, taps): which elements of w make it, see `_pack`.  ``rows`` is
    (n_rows, out_batch, out_start, out_step), see `_correlate_few`.  All arrays as kernels take
    them.
    """
    n_cols, base, steps, taps = panel
    n_batch, length, chans = x.shape
    stride, dilation, left, _, mode, value = geometry
    panel_size, scratch = _sizes(chans, taps, stride, dilation, n_cols, x.itemsize)
    n = workers(flops=2.0 * n_batch * rows[0] * n_cols * taps * chans)
    work = workspace(panel_size + SUMS + n * scratch, x.dtype)
    bias = _NO_BIAS[x.dtype] if bias is None else bias
    w, like = w.reshape(-1), x.dtype.type
    if n > 1:
        _pack(1, w, bias, work, base, steps, n_cols, chans, taps, dilation)
    _correlate_few(
        n, x, w, bias, y, work, base, *steps, panel_size, scratch, like(value),
        like(0 if relu else -np.inf), mode,
        n_batch, length, chans, taps, dilation, stride, left, n_cols, DOT_ROWS[n_cols - 1], *rows,
    )  # fmt: skip


@lru_cache(maxsize=512)
def _sizes(
    chans: int, taps: int, stride: int, dilation: int, n_cols: int, itemsize: int
) -> tuple[int, int]:
    """Numbers of a panel, and of scratch for one worker."""
    width = LANES * 4 // itemsize
    outer, inner = runs_of(chans, taps, dilation)
    height = DOT_ROWS[n_cols - 1]
    window = min((height - 1) * stride + (taps - 1) * dilation + 1, taps * height)
    return outer * -(-inner // width) * width * n_cols, SUMS + -(-window * chans // 16) * 16


def few_forward(
    x: Array, w: Array, bias: Array | None, geometry: Geometry, relu: bool = False
) -> Array:
    """y (B, T, F) of x (B, L, C), w (K, C, F), F <= MOST_COLUMNS, and bias (F,) or None."""
    x, w = canonical(x), canonical(w)
    k_size, chans, n_filt = w.shape
    n_out = max(0, geometry.out_length(x.shape[1], k_size))
    y = empty((x.shape[0], n_out, n_filt), x.dtype)
    if y.size:
        bias = None if bias is None else canonical(bias)
        panel = (n_filt, 0, (chans * n_filt, n_filt, 1), k_size)
        rows = (n_out, n_out * n_filt, 0, n_filt)
        few_correlate(x, w, bias, y, geometry, panel, rows, relu)
    return y


def few_grad_x_phase(dy: Array, w: Array, dx: Array, phase: Phase, stride: int) -> None:
    """Write dx[:, phase.start::stride], dx (B, L, C) with C <= MOST_COLUMNS."""
    _, chans, n_filt = w.shape
    first, period, n_taps = phase.line
    length = dx.shape[1]
    a_tap = chans * n_filt
    panel = (chans, first * a_tap, (period * a_tap, 1, n_filt), n_taps)
    n_rows = -(-(length - phase.start) // stride)
    rows = (n_rows, length * chans, phase.start * chans, stride * chans)
    few_correlate(dy, w, None, dx, phase.step, panel, rows)


def few_grad_x(dy: Array, w: Array, length: int, geometry: Geometry) -> Array:
    """dx (B, length, C) of dy (B, T, F) and w (K, C, F), C <= MOST_COLUMNS."""
    dy, w, g = canonical(dy), canonical(w), geometry
    k_size, chans, _ = w.shape
    dx = empty((dy.shape[0], length, chans), dy.dtype)
    if not dx.size:
        return dx
    if g.mode != SCALAR and g.left + g.right > 0:
        padded = few_grad_x(dy, w, g.left + length + g.right, Geometry(g.stride, g.dilation))
        fold_padding(workers(nbytes=padded.nbytes), padded, dx, g.left, g.mode)
        return dx
    turns = phases(length, k_size, g.stride, g.dilation, g.left)
    if len(turns) < min(g.stride, length) or dy.size == 0:
        dx[...] = 0
    for phase in turns if dy.size else ():
        few_grad_x_phase(dy, w, dx, phase, g.stride)
    return dx
