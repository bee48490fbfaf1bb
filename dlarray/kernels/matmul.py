"""Matrix products, page by page, on the register tile.

``y[p, m, n] = sum_k a[p, m, k] * b[p, k, n]``, each element by one chain of multiply-adds over k in
ascending order, whatever the sizes, the number of threads and the memory order of the operands.

The tile takes a's elements one by one, so a is read where it lies, transposed or not.  b goes into
panels, page by page, by the worker that needs it, or once before all work where its pages are one.
Rows of the last tile are counted from the end, so that it reads only what is there; fewer rows than
a tile has are gathered into scratch.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ._buffers import Array, empty, workspace
from ._jit import canonical, device, kernel, workers
from ._lanes import TAIL, THIN, WIDE
from ._panels import write_panel_rows
from ._register_tile import columns, columns_of
from ._simd import address, itemsize, move, number
from ._tiles import panel_width, product_tile, tile_rows
from ._window import copy, fill

# Row tiles that share one pass over the panels.
GROUP = 16

ROUND = 16  # numbers: parts of the workspace begin at multiples of it


@device
def _write_panels(like, b, depth_step, column_step, depth, n_cols, panels):
    """Write the panels of b (depth, n_cols) to an address; steps in bytes."""
    for p in range(0, n_cols, columns(WIDE, like)):
        width = panel_width(n_cols - p, like)
        target, start = panels + p * depth * itemsize(like), b + p * column_step
        cols = min(width, n_cols - p)
        write_panel_rows(like, target, width, start, depth_step, column_step, depth, cols)


@kernel
def _pack(worker, workers, like, plan):
    """The panels of b's first page; ``plan`` as in `_multiply`."""
    _write_panels(like, plan[10], plan[13], plan[14], plan[3], plan[4], plan[21])


@device
def _gather_rows(like, a, row_step, depth_step, rows, depth, height, target):
    """The rows of a one after the other to an address, then zeros up to ``height`` rows."""
    size = itemsize(like)
    for i in range(rows):
        start = a + i * row_step
        if depth_step == size:
            copy(like, target, start, depth, depth)
        else:
            for k in range(depth):
                move(like, target + k * size, start + k * depth_step)
        target += depth * size
    fill(like, target, number(like, 0), (height - rows) * depth)


@kernel
def _multiply(worker, workers, like, plan):
    """y[p, q, m, :] = sum_k a[p, q, m, k] * b[p, q, k, :].

    ``plan`` holds the sizes p, q, m, k, n; for a, b and y the address and the steps of p, q, rows
    and columns in bytes (columns of y lie together); the addresses of a row of zeros as wide as a
    panel, of b's panels (0 where each worker writes them), of scratch, its bytes for a worker; and
    the offsets of the runs of a row of a: 0, or those of its elements if they do not follow each
    other.  Writes y.
    """
    outer, inner, n_rows, depth, n_cols = plan[0], plan[1], plan[2], plan[3], plan[4]
    a_at, a_outer, a_inner, a_row, a_depth = plan[5], plan[6], plan[7], plan[8], plan[9]
    b_at, b_outer, b_inner, b_depth, b_column = plan[10], plan[11], plan[12], plan[13], plan[14]
    y_at, y_outer, y_inner, y_row = plan[15], plan[16], plan[17], plan[18]
    zeros, shared, scratch, scratch_bytes = plan[20], plan[21], plan[22], plan[23]
    offsets = address(plan) + 24 * 8
    size = itemsize(like)
    runs, run = (1, depth) if a_depth == size else (depth, 1)
    height = tile_rows(n_cols, like)
    tiles = (n_rows + height - 1) // height
    rows_at = scratch + worker * scratch_bytes
    panels = shared
    if shared == 0:
        panels = rows_at + (height * depth + ROUND - 1) // ROUND * ROUND * size
    packed = -1  # the page whose panels the worker's scratch holds
    first = worker * outer * inner * tiles // workers
    last = (worker + 1) * outer * inner * tiles // workers
    while first < last:
        page = first // tiles
        p, q = page // inner, page % inner
        begin, end = first - page * tiles, min(tiles, last - page * tiles)
        end = min(end, begin + GROUP)
        first += end - begin
        if shared == 0 and page != packed:
            b_page = b_at + p * b_outer + q * b_inner
            _write_panels(like, b_page, b_depth, b_column, depth, n_cols, panels)
            packed = page
        a_page = a_at + p * a_outer + q * a_inner
        y_page = y_at + p * y_outer + q * y_inner
        if n_rows < height:
            _gather_rows(like, a_page, a_row, a_depth, n_rows, depth, height, rows_at)
        for c in range(0, n_cols, columns(WIDE, like)):
            panel = panels + c * depth * size
            for t in range(begin, end):
                rows = min(height, n_rows - t * height)
                source = (a_page + t * height * a_row, a_row, runs, offsets, run)
                target = (y_page + t * height * y_row + c * size, y_row, rows, n_cols - c)
                if n_rows < height:
                    source = (rows_at, depth * size, 1, offsets, depth)
                elif rows < height:  # from the last row upwards
                    source = (a_page + (n_rows - 1) * a_row, -a_row, runs, offsets, run)
                    bottom = y_page + (n_rows - 1) * y_row + c * size
                    target = (bottom, -y_row, rows, n_cols - c)
                product_tile(like, c, source, panel, zeros, target, False)


def page_matmul(a: Array, b: Array, order: tuple[int, ...] | None = None) -> Array:
    """y (P..., M, N) of a (P..., M, K) and b (P..., K, N), with one or two page axes.

    A page axis of size 1 is expanded to the other operand's.  ``order`` lists the axes of y from
    slowest to fastest in memory, rows or columns last; without it they lie as is fastest.
    """
    ndim = a.ndim
    if order is not None and ndim == 3:
        order = (0, *(axis + 1 for axis in order))
    a, b = _four(a), _four(b)
    pages = tuple(n if m == 1 else m for m, n in zip(a.shape[:2], b.shape[:2], strict=True))
    n_rows, depth, n_cols = a.shape[2], a.shape[3], b.shape[3]
    # few rows would waste most of a tile
    swap = n_rows < min(n_cols, WIDE.rows) if order is None else order[-1] == 2
    if swap:
        a, b = b.swapaxes(2, 3), a.swapaxes(2, 3)
        n_rows, n_cols = n_cols, n_rows
        order = None if order is None else tuple((0, 1, 3, 2)[axis] for axis in order)
    y = empty((*pages, n_rows, n_cols), a.dtype.newbyteorder("="), order)
    if y.size and depth:
        _run(_readable(a), _readable(b), y, depth)
    elif y.size:
        y[...] = 0
    y = y.swapaxes(2, 3) if swap else y
    return y if ndim == 4 else y[0]


def _four(x: Array) -> Array:
    return x if x.ndim == 4 else x[np.newaxis]


def _readable(x: Array) -> Array:
    """x as the kernel takes it: aligned, native, and its rows or columns together in memory."""
    together = x.itemsize in x.strides[2:] or 1 in x.shape[2:]
    if together and x.flags.aligned and x.dtype.isnative:
        return x
    return canonical(x)


def _operand(x: Array) -> tuple[int, int, int, int, int]:
    """Address and steps, 0 along pages that are expanded."""
    p, q, row, column = x.strides
    return (
        x.__array_interface__["data"][0],
        p if x.shape[0] != 1 else 0,
        q if x.shape[1] != 1 else 0,
        row,
        column,
    )


def _run(a: Array, b: Array, y: Array, depth: int) -> None:
    outer, inner, n_rows, n_cols = y.shape
    like = y.dtype.type(0)
    one_page = b.shape[0] == b.shape[1] == 1
    zeros, panels, scratch = _work_sizes(depth, n_cols, y.itemsize)
    n = workers(flops=2.0 * y.size * depth)
    own = scratch + (0 if one_page else panels)
    work = workspace(zeros + (panels if one_page else 0) + n * own, y.dtype)
    work[:zeros] = 0
    start = work.__array_interface__["data"][0]
    rest = start + zeros * y.itemsize
    shared = rest if one_page else 0
    rest += panels * y.itemsize if one_page else 0
    sizes, places = (outer, inner, n_rows, depth, n_cols), (start, shared, rest, own * y.itemsize)
    plan = np.array((*sizes, *_operand(a), *_operand(b), *_operand(y), *places, 0), np.intp)
    if a.strides[3] != y.itemsize:
        plan = np.concatenate((plan, np.arange(1, depth) * a.strides[3]))
    if one_page:
        _pack(1, like, plan)
    _multiply(n, like, plan)


@lru_cache(maxsize=512)
def _work_sizes(depth: int, n_cols: int, itemsize: int) -> tuple[int, int, int]:
    """Numbers that a row of zeros, the panels of a page and the rows of one tile take."""
    vector = columns_of(TAIL, itemsize)
    height = THIN.rows if n_cols <= vector else WIDE.rows
    panels = depth * -(-n_cols // vector) * vector
    return (
        columns_of(WIDE, itemsize),
        -(-panels // ROUND) * ROUND,
        -(-height * depth // ROUND) * ROUND,
    )
