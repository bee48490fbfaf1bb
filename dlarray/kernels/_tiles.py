"""Micro-kernels: one register tile each, out of line, and the panels that they read.

Two sums make every convolution and matrix product.  `correlate_tile` writes a tile of results: its
rows are positions, its columns come from a panel.  `weight_tile` writes or adds a tile of a weight
gradient: its rows are channels, its sum runs over positions.  Both stay functions, because LLVM
makes worse code of a tile inlined at several places.

A panel holds the columns of a filter that one tile computes, (depth, width) contiguous.  Panels are
as wide as `WIDE`, the last one as one vector if that is enough; beyond the last column they are
zero.
"""

from __future__ import annotations

from ._jit import device
from ._lanes import TAIL, THIN, WIDE
from ._register_tile import accumulate_tile, add_row, columns, rank1, store_tile, zero_tile
from ._simd import address, itemsize, lanes, stay_out_of_line
from ._window import copy, copy_strided, fill

WIDE_ROWS, THIN_ROWS = WIDE.rows, THIN.rows


@device
def panel_width(left, like):
    """Columns of the panel that begins where ``left`` columns are left."""
    return columns(WIDE, like) if left > lanes(like) else lanes(like)


@device
def padded_columns(n_cols, like):
    """The width of all panels together: ``n_cols`` rounded up to whole vectors."""
    return (n_cols + lanes(like) - 1) // lanes(like) * lanes(like)


@device
def tile_rows(n_cols, like):
    """Rows of the tiles for a result of so many columns."""
    return WIDE_ROWS if n_cols > lanes(like) else THIN_ROWS


@device
def _multiply(tile, a, row_step, outer, outer_step, inner, inner_step, b, b_step):
    """tile[i, :] += sum over o < outer, r < inner of a[i, o, r] * b[o*inner + r, :].

    The element a[i, o, r] is at address a + i*row_step + o*outer_step + r*inner_step.
    """
    for o in range(outer):
        element = a + o * outer_step
        for _ in range(inner):
            tile = rank1(tile, element, row_step, b)
            element += inner_step
            b += b_step
    return tile


@device
def _correlate_ukr(shape, like, source, panel, bias, target):
    """target[i, :] = bias + sum over o < outer, r < inner of source[i, o, r] * panel[o*inner + r,
    :].

    ``source`` is (address, row step, outer, outer step, inner), ``target`` (address, row step,
    rows, columns); steps in bytes.  Writes those rows and columns only.
    """
    stay_out_of_line()
    a, row_step, outer, outer_step, inner = source
    size = itemsize(like)
    tile = zero_tile(shape, like)
    width = columns(shape, like) * size
    tile = _multiply(tile, a, row_step, outer, outer_step, inner, size, panel, width)
    y, y_step, rows, cols = target
    store_tile(add_row(tile, bias), y, y_step, rows, cols)


@device
def correlate_tile(like, first_column, source, panel, bias, target):
    """`_correlate_ukr` of the shape that serves the columns left, ``target[3]`` of them."""
    if target[3] > lanes(like):
        _correlate_ukr(WIDE, like, source, panel, bias, target)
    elif first_column > 0:
        _correlate_ukr(TAIL, like, source, panel, bias, target)
    else:
        _correlate_ukr(THIN, like, source, panel, bias, target)


@device
def _weight_ukr(shape, like, source, panel, fresh, target):
    """target[i, :] (+)= sum over t < n of source[t, i] * panel[t, :]; written if ``fresh``, else
    added.

    ``source`` is (address, n, step), ``panel`` (address, step), ``target`` as in `_correlate_ukr`.
    """
    stay_out_of_line()
    a, n, step = source
    tile = _multiply(zero_tile(shape, like), a, itemsize(like), 1, 0, n, step, panel[0], panel[1])
    y, y_step, rows, cols = target
    if fresh:
        store_tile(tile, y, y_step, rows, cols)
    else:
        accumulate_tile(tile, y, y_step, rows, cols)


@device
def weight_tile(like, first_column, source, panel, fresh, target):
    """`_weight_ukr` of the shape that serves the columns left, ``target[3]`` of them."""
    if target[3] > lanes(like):
        _weight_ukr(WIDE, like, source, panel, fresh, target)
    elif first_column > 0:
        _weight_ukr(TAIL, like, source, panel, fresh, target)
    else:
        _weight_ukr(THIN, like, source, panel, fresh, target)


@device
def write_panels(w, bias, panels):
    """Write the panels of w (K, C, F), of depth K*C, to an address, and behind them the bias.

    The bias is zero beyond the elements that it has.
    """
    taps, chans, n_filt = w.shape
    like = w.dtype.type(0)
    size = itemsize(like)
    target = panels
    bias_at = panels + taps * chans * padded_columns(n_filt, like) * size
    n_bias = min(len(bias), n_filt)
    for p in range(0, n_filt, columns(WIDE, like)):
        width = panel_width(n_filt - p, like)
        start = address(w) + p * size
        for _ in range(taps * chans):
            copy(like, target, start, min(width, n_filt - p), width)
            target += width * size
            start += n_filt * size
        copy(like, bias_at + p * size, address(bias) + p * size, min(width, n_bias - p), width)


@device
def write_reversed_panels(w, first_tap, tap_step, n_taps, panels):
    """Write the panels of w (K, C, F) turned round to an address, and a bias of zeros behind them.

    Taps are first_tap + j*tap_step, j < n_taps, the last first; the depth runs over them and F,
    columns are C.
    """
    chans, n_filt = w.shape[1], w.shape[2]
    like = w.dtype.type(0)
    size = itemsize(like)
    target = panels
    for p in range(0, chans, columns(WIDE, like)):
        width = panel_width(chans - p, like)
        cols = min(width, chans - p)
        for j in range(n_taps - 1, -1, -1):
            k = first_tap + j * tap_step
            for f in range(n_filt):
                start = address(w) + ((k * chans + p) * n_filt + f) * size
                copy_strided(like, target, start, n_filt * size, cols, width)
                target += width * size
    fill(like, target, like, padded_columns(chans, like))
