"""Micro-kernels for results of one to four columns.

A general tile has a vector of columns in a row of accumulators: with one column of sixteen lanes
fifteen are idle.  Here vectors run along the sum.  Every element of the tile is a vector of partial
sums, which are added up at the end, all elements together and pairwise.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._jit import device
from ._lanes import (
    I32,
    I64,
    MR,
    TileShape,
    mask_of,
    masked_load,
    pointer_at,
    size_of,
    vector_of,
)
from ._register_tile import accumulate_tile, columns, outer_product, rank1, zero_tile
from ._simd import itemsize, lanes, stay_out_of_line

MOST_COLUMNS = 4

# Rows x columns: 16 to 24 registers of sums where there are 32, else 8.
DOT_ROWS = (16, 12, 8, 6) if MR == 8 else (8, 4, 2, 2)
SUMS = 32  # numbers that hold those of a tile, whole vectors
_DOT1, _DOT2, _DOT3, _DOT4 = (TileShape(rows, n + 1) for n, rows in enumerate(DOT_ROWS))

# Vectors of a tile of the weight gradient for one to four filters, and of a narrow one, which is
# taken for the last vectors where several of them take fewer multiply-adds, or waits for these.
ROW_VECS, NARROW = ((8, 6, 6, 6), 2) if MR == 8 else ((6, 4, 3, 2), 2)
NARROW_FOR = (2, 2, 4, 4) if MR == 8 else (2, 2, 2, 2)
_ROWS = tuple(TileShape(n + 1, vecs) for n, vecs in enumerate(ROW_VECS))
_NARROW_ROWS = tuple(TileShape(n, NARROW) for n in (1, 2, 3, 4))


@intrinsic
def multiply_vectors(typingctx, tile, a, a_step, b):
    """tile[i, j] += a[i] * b[j], vectors, with ``a[i]`` at ``a + i*a_step`` bytes and ``b[j]`` one
    after the other at address ``b``.
    """
    t = tile

    def codegen(context, builder, sig, args):
        def whole(pointer):
            place = builder.bitcast(pointer, vector_of(t).as_pointer())
            return builder.load(place, align=size_of(t))

        return outer_product(builder, t, args, whole)

    return tile(tile, types.intp, types.intp, types.intp), codegen


@intrinsic
def multiply_parts(typingctx, tile, a, a_step, b, count):
    """As `multiply_vectors` with the first ``count`` lanes of every ``a[i]``, the others unread."""
    t = tile

    def codegen(context, builder, sig, args):
        mask = mask_of(builder, t, args[4])

        def part(pointer):
            place = builder.bitcast(pointer, vector_of(t).as_pointer())
            return masked_load(builder, t, place, mask)

        return outer_product(builder, t, args[:4], part)

    return tile(tile, types.intp, types.intp, types.intp, types.intp), codegen


@intrinsic
def store_sums(typingctx, tile, target):
    """Write the sum over the lanes of every vector of the tile, row by row, pairwise neighbours.

    Up to a whole vector of them is written: zeros behind the last.
    """
    t = tile

    def codegen(context, builder, sig, args):
        acc, target_ = args
        vector = vector_of(t)
        zero = ir.Constant(vector, [0.0] * t.lanes)
        whole = -(-t.rows * t.vecs // t.lanes) * t.lanes
        parts = [builder.extract_value(acc, k) for k in range(t.rows * t.vecs)]
        parts += [zero] * (whole - len(parts))
        indices = ir.VectorType(I32, t.lanes)
        even = ir.Constant(indices, list(range(0, 2 * t.lanes, 2)))
        odd = ir.Constant(indices, list(range(1, 2 * t.lanes, 2)))
        pointer = pointer_at(builder, target_, vector)
        for first in range(0, whole, t.lanes):
            level = parts[first : first + t.lanes]
            while len(level) > 1:
                level = [
                    zero
                    if level[i] is zero and level[i + 1] is zero
                    else builder.fadd(
                        builder.shuffle_vector(level[i], level[i + 1], even),
                        builder.shuffle_vector(level[i], level[i + 1], odd),
                    )
                    for i in range(0, len(level), 2)
                ]
            place = builder.gep(pointer, [ir.Constant(I64, first // t.lanes)])
            builder.store(level[0], place, align=size_of(t))
        return context.get_dummy_value()

    return types.void(tile, types.intp), codegen


@device
def _dot_ukr(shape, like, source, panel, sums):
    """sums[i, j] = sum over o < outer, r < inner of source[i, o, r] * panel[o, r, j].

    ``source`` is (address, row step, outer, outer step, inner), steps in bytes.  The panel has for
    each o and each vector of r a vector for each column.  ``sums`` is an address.
    """
    stay_out_of_line()
    a, row_step, outer, outer_step, inner = source
    width, size = lanes(like), itemsize(like)
    step = columns(shape, like) * size
    tile = zero_tile(shape, like)
    for o in range(outer):
        element = a + o * outer_step
        for _ in range(inner // width):
            tile = multiply_vectors(tile, element, row_step, panel)
            element += width * size
            panel += step
        if inner % width > 0:
            tile = multiply_parts(tile, element, row_step, panel, inner % width)
            panel += step
    store_sums(tile, sums)


@device
def dot_tile(like, n_cols, source, panel, sums):
    """`_dot_ukr` for 1 to MOST_COLUMNS columns."""
    if n_cols == 1:
        _dot_ukr(_DOT1, like, source, panel, sums)
    elif n_cols == 2:
        _dot_ukr(_DOT2, like, source, panel, sums)
    elif n_cols == 3:
        _dot_ukr(_DOT3, like, source, panel, sums)
    else:
        _dot_ukr(_DOT4, like, source, panel, sums)


@device
def _row_ukr(shape, like, slopes, rows, target):
    """target[f, :] += sum over t < n of slopes[t, f] * rows[t, :].

    ``slopes`` is (address, step, n), ``rows`` (address, step), ``target`` (address, row step,
    filters, columns); steps in bytes.  Reads whole vectors of rows, writes those columns only.
    """
    stay_out_of_line()
    a, a_step, n = slopes
    b, b_step = rows
    tile = zero_tile(shape, like)
    for _ in range(n):
        tile = rank1(tile, a, itemsize(like), b)
        a += a_step
        b += b_step
    y, y_step, n_filt, cols = target
    accumulate_tile(tile, y, y_step, n_filt, cols)


@device
def _row_tile(shapes, like, n_filt, slopes, rows, target):
    """`_row_ukr` of the shape for 1 to MOST_COLUMNS filters."""
    if n_filt == 1:
        _row_ukr(shapes[0], like, slopes, rows, target)
    elif n_filt == 2:
        _row_ukr(shapes[1], like, slopes, rows, target)
    elif n_filt == 3:
        _row_ukr(shapes[2], like, slopes, rows, target)
    else:
        _row_ukr(shapes[3], like, slopes, rows, target)


@device
def row_tiles(like, n_filt, slopes, rows, target):
    """target[f, :] += sum over t < n of slopes[t, f] * rows[t, :], for 1 to MOST_COLUMNS filters.

    Arguments as `_row_ukr` has them, of any number of columns.
    """
    width, size = lanes(like), itemsize(like)
    y, y_step, _, cols = target
    done = 0
    while done < cols:
        at = (rows[0] + done * size, rows[1])
        out = (y + done * size, y_step, n_filt, cols - done)
        if cols - done <= NARROW_FOR[n_filt - 1] * width:
            _row_tile(_NARROW_ROWS, like, n_filt, slopes, at, out)
            done += NARROW * width
        else:
            _row_tile(_ROWS, like, n_filt, slopes, at, out)
            done += ROW_VECS[n_filt - 1] * width


def row_vectors(n_filt: int, vectors: int) -> list[int]:
    """The vectors of the tiles that `row_tiles` takes for columns of so many vectors."""
    taken = []
    while sum(taken) < vectors:
        narrow = vectors - sum(taken) <= NARROW_FOR[n_filt - 1]
        taken.append(NARROW if narrow else ROW_VECS[n_filt - 1])
    return taken
