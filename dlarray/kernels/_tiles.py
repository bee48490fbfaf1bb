"""Micro-kernels: one register tile each, out of line, and the panels that they read.

Two sums make every convolution and matrix product.  `panel_tile` writes a tile of a convolution's
results, `product_tile` one of a matrix product's: its rows are positions, its columns come from a
panel.  `weight_tile` writes or adds a tile of a weight gradient: its rows are channels, its sum
runs over positions.  All stay functions, because LLVM makes worse code of a tile inlined at several
places.

A panel holds the columns that one tile computes, (depth, width) contiguous.  Panels are as wide as
`WIDE`, the last one as one vector if that is enough; beyond the last column they are zero.  Those
of a convolution's filters have more shapes (`_panels`): a matrix product, whose rows may lie apart
in memory, can't read its terms by two.
"""

from __future__ import annotations

from ._jit import device
from ._lanes import DOUBLED_TRIPLE, PAIRED, PAIRED_TRIPLE, PAIRED_WIDE, TAIL, THIN, WIDE
from ._pair_tile import added_pairs, paired, parted, rank2, rank2_first
from ._register_tile import (
    accumulate_tile,
    add_row,
    ask_for_rows,
    columns,
    positive_tile,
    rank1,
    store_tile,
    terms,
    zero_tile,
)
from ._simd import (
    add,
    itemsize,
    lanes,
    load,
    load_index,
    number,
    splat,
    stay_inline,
    stay_out_of_line,
    store,
    store_whole,
)

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
def _multiply(tile, a, row_step, n, step, b, b_step):
    """tile[i, :] += sum over r < n of a[i, r] * b[r, :].

    The element a[i, r] is at address a + i*row_step + r*step, the row b[r] at b + r*b_step.
    """
    stay_inline()  # called for every run, it took and returned the tile through memory
    for _ in range(n):
        tile = rank1(tile, a, row_step, b)
        a += step
        b += b_step
    return tile


@device
def add_run(shape, like, tile, a, row_step, run, panel):
    """A tile plus the sum over r < run of a[i, r] * panel[r, :].

    Row i begins at address a + i*row_step; the panel has `run_bytes` for the run.
    """
    stay_inline()
    size, width = itemsize(like), columns(shape, like) * itemsize(like)
    if terms(shape) == 1:
        tile = _multiply(tile, a, row_step, run, size, panel, width)
    else:
        for _ in range(run // 2):
            tile = rank2(tile, a, row_step, panel)
            a += 2 * size
            panel += width
        if run % 2:
            tile = rank2_first(tile, a, row_step, panel)
    return tile


@device
def run_bytes(shape, like, run):
    """Bytes of a panel for a run of so many terms."""
    rows = (run + terms(shape) - 1) // terms(shape)
    return rows * columns(shape, like) * itemsize(like)


@device
def finish(shape, tile, bias, relu, target):
    """Write a tile of sums plus the bias; ``target`` and ``relu`` as `_product_ukr` has them."""
    stay_inline()
    if terms(shape) == 1:
        _write(tile, bias, relu, target)
    else:
        _write(added_pairs(tile), bias, relu, target)


@device
def _write(tile, bias, relu, target):
    """`finish`, of a tile with a column in each lane."""
    stay_inline()
    tile = add_row(tile, bias)
    if relu:
        tile = positive_tile(tile)
    y, y_step, rows, cols = target
    store_tile(tile, y, y_step, rows, cols)


@device
def _product_ukr(shape, like, source, panel, bias, target, relu):
    """target[i, :] = bias + sum over o < runs, r < run of source[i, o, r] * panel[o*run + r, :].

    ``source`` is (address, row step, runs, offsets, run): the numbers of a run follow each other
    from address + i*row_step + offsets[o] on, ``offsets`` is an address of integers.  ``target`` is
    (address, row step, rows, columns).  Steps and offsets in bytes.  Writes those rows and columns
    only, max(value, 0) with ``relu``.
    """
    stay_out_of_line()
    a, row_step, runs, offsets, run = source
    tile = zero_tile(shape, like)
    for o in range(runs):
        start = a + load_index(offsets + 8 * o)
        tile = add_run(shape, like, tile, start, row_step, run, panel)
        panel += run_bytes(shape, like, run)
    finish(shape, tile, bias, relu, target)


@device
def product_tile(like, first_column, source, panel, bias, target, relu):
    """`_product_ukr` of the shape that serves the columns left, ``target[3]`` of them."""
    if target[3] > lanes(like):
        _product_ukr(WIDE, like, source, panel, bias, target, relu)
    elif first_column > 0:
        _product_ukr(TAIL, like, source, panel, bias, target, relu)
    else:
        _product_ukr(THIN, like, source, panel, bias, target, relu)


@device
def panel_tile(like, vecs, n_terms, source, panel, bias, target, relu):
    """`_product_ukr` of the shape that a panel of `_panels` has."""
    if n_terms == 1:
        if vecs == 2:
            _product_ukr(WIDE, like, source, panel, bias, target, relu)
        else:
            _product_ukr(TAIL, like, source, panel, bias, target, relu)
    elif vecs == 1:
        _product_ukr(PAIRED, like, source, panel, bias, target, relu)
    elif vecs == 2:
        _product_ukr(PAIRED_WIDE, like, source, panel, bias, target, relu)
    elif PAIRED_TRIPLE is not None:
        _product_ukr(PAIRED_TRIPLE, like, source, panel, bias, target, relu)


@device
def _weight_ukr(shape, like, source, panel, fresh, target):
    """target[i, :] (+)= sum over positions t of source[t, i] * panel[t, :]; written if ``fresh``,
    else added.

    ``source`` is (places, count, run, shift): each of ``count`` places, four integers, says where a
    chunk of positions lies, (address, positions, step, offsets); its numbers begin ``shift`` bytes
    behind offsets[run].  ``panel`` is (address, step), its rows those of the chunks one after the
    other; ``target`` as in `_product_ukr`.
    """
    stay_out_of_line()
    place, count, run, shift = source
    if not fresh:  # what is added to comes from the next cache meanwhile
        ask_for_rows(shape, like, target[0], target[1])
    tile = zero_tile(shape, like)
    row, row_step = panel
    for _ in range(count):
        a = load_index(place) + load_index(load_index(place + 24) + 8 * run) + shift
        n = load_index(place + 8)
        tile = _add_positions(shape, like, tile, a, n, load_index(place + 16), row, row_step)
        row += n * row_step
        place += 32
    if terms(shape) == 1:
        _keep(tile, fresh, target)
    else:
        _keep(parted(tile), fresh, target)


@device
def _add_positions(shape, like, tile, a, n, step, row, row_step):
    """A tile plus the sum over t < n of a[t, :] * row[t, :], ``step`` and ``row_step`` bytes from t
    to t.
    """
    stay_inline()
    size = itemsize(like)
    if terms(shape) == 1:
        tile = _multiply(tile, a, size, n, step, row, row_step)
    else:
        for _ in range(n):
            tile = rank2(tile, a, 2 * size, row)
            a += step
            row += row_step
    return tile


@device
def _keep(tile, fresh, target):
    """Write a tile if ``fresh``, else add it to what is there."""
    stay_inline()
    y, y_step, rows, cols = target
    if fresh:
        store_tile(tile, y, y_step, rows, cols)
    else:
        accumulate_tile(tile, y, y_step, rows, cols)


@device
def doubled(left, like):
    """Whether ``left`` columns of a weight gradient take three vectors with each column twice."""
    return lanes(like) < left and 2 * left <= 3 * lanes(like)


@device
def weight_panel_width(left, like):
    """Numbers in a row of the panel of a weight gradient that begins where ``left`` columns are
    left.
    """
    return 3 * lanes(like) if doubled(left, like) else panel_width(left, like)


@device
def write_weight_row(like, one, two, left, target):
    """Write a row of such a panel to an address, from two vectors of columns: the address behind
    it.
    """
    stay_inline()
    vector = lanes(like) * itemsize(like)
    if doubled(left, like):
        store_whole(paired(one, one, 0), target)
        store_whole(paired(one, one, 1), target + vector)
        store_whole(paired(two, two, 0), target + 2 * vector)
        return target + 3 * vector
    store_whole(one, target)
    if left <= lanes(like):
        return target + vector
    store_whole(two, target + vector)
    return target + 2 * vector


@device
def weight_tile(like, first_column, source, panel, fresh, target):
    """`_weight_ukr` of the shape that serves the columns left, ``target[3]`` of them."""
    left = target[3]
    if doubled(left, like):
        _weight_ukr(DOUBLED_TRIPLE, like, source, panel, fresh, target)
    elif left > lanes(like):
        _weight_ukr(WIDE, like, source, panel, fresh, target)
    elif first_column > 0:
        _weight_ukr(TAIL, like, source, panel, fresh, target)
    else:
        _weight_ukr(THIN, like, source, panel, fresh, target)


@device
def add_rows(like, rows, n, fresh, target, left):
    """target[:] (+)= the sum of n rows, of the columns of one tile; written if ``fresh``.

    ``rows`` is (address, step) in bytes; ``left`` columns are left, and are read and written alone.
    Four sums for each vector, so that additions need not wait for each other.
    """
    stay_out_of_line()
    width, size = lanes(like), itemsize(like)
    for j in range(0, min(left, panel_width(left, like)), width):
        row, step = rows[0] + j * size, rows[1]
        at, count = target + j * size, left - j
        a = splat(like, number(like, 0))
        b, c, d = a, a, a
        for _ in range(n // 4):
            a = add(a, load(like, row, count))
            b = add(b, load(like, row + step, count))
            c = add(c, load(like, row + 2 * step, count))
            d = add(d, load(like, row + 3 * step, count))
            row += 4 * step
        for _ in range(n % 4):
            a = add(a, load(like, row, count))
            row += step
        total = add(add(a, b), add(c, d))
        if not fresh:
            total = add(load(like, at, count), total)
        store(total, at, count)
