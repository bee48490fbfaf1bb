"""Micro-kernels of the channel-wise convolution: a tile whose rows are multiplied by one row.

Its vectors run over channels.  Forward, rows are positions and the row that multiplies them is a
tap of the filter; in the weight gradient, rows are taps and it is a position of dy.  A vector of x
is a memory operand of its multiply-add, so a tile is bound by loads: ``rows`` of them, and one more
for all rows.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._jit import device
from ._lanes import (
    I8P,
    I32,
    I64,
    MR,
    TAIL,
    THIN,
    WIDE,
    TileShape,
    call_vector,
    pointer_at,
    size_of,
    splat_of,
    vector_of,
)
from ._prefetch import emit_prefetch
from ._register_tile import (
    accumulate_tile,
    add_row,
    ask_for_rows,
    columns,
    store_tile,
    zero_tile,
)
from ._simd import itemsize, lanes, stay_out_of_line

# Taps of the tiles of the weight gradient: a filter is divided evenly into tiles of at most MR
# taps, and a tile takes the smallest of these heights that holds them.
LOW, MIDDLE = 3, 5
_LOW, _LOW_TAIL = TileShape(LOW, 2), TileShape(LOW, 1)
_MIDDLE, _MIDDLE_TAIL = TileShape(MIDDLE, 2), TileShape(MIDDLE, 1)


# Lanes that may lie idle, as a share of those at work, before more positions are folded; a folded
# row has at most so many numbers.
IDLE, FOLDED = 0.125, 512


@intrinsic
def multiply_rows(typingctx, tile, a, a_step, b):
    """tile[i, :] += a[i, :] * b[:], with the row ``a[i]`` at ``a + i*a_step`` bytes and the row
    ``b`` at address ``b``.
    """
    t = tile

    def codegen(context, builder, sig, args):
        acc, a_, step, b_ = args
        vector = vector_of(t)

        def load(pointer, j):
            place = builder.gep(pointer, [ir.Constant(I64, j)])
            return builder.load(place, align=size_of(t))

        row = pointer_at(builder, b_, vector)
        factors = [load(row, j) for j in range(t.vecs)]
        pointer = builder.inttoptr(a_, I8P)
        for i in range(t.rows):
            row = builder.bitcast(pointer, vector.as_pointer())
            for j in range(t.vecs):
                k = i * t.vecs + j
                operands = [load(row, j), factors[j], builder.extract_value(acc, k)]
                acc = builder.insert_value(acc, call_vector(builder, t, "fma", operands), k)
            if i < t.rows - 1:
                pointer = builder.gep(pointer, [step])
        return acc

    return tile(tile, types.intp, types.intp, types.intp), codegen


@intrinsic
def at_least(typingctx, tile, floor):
    """The tile with ``floor`` where it is less; NaN stays."""
    t = tile

    def codegen(context, builder, sig, args):
        acc, floor_ = args
        low = splat_of(builder, vector_of(t), floor_)
        for k in range(t.rows * t.vecs):
            value = builder.extract_value(acc, k)
            value = builder.select(builder.fcmp_ordered("<=", value, low), low, value)
            acc = builder.insert_value(acc, value, k)
        return acc

    return tile(tile, tile.dtype), codegen


@intrinsic
def ask_for_row(typingctx, tile, a):
    """Prefetch a row of a tile at address ``a``."""
    t = tile

    def codegen(context, builder, sig, args):
        for j in range(t.vecs):
            line = ir.Constant(I64, j * t.lanes * size_of(t))
            emit_prefetch(context, builder, builder.add(args[1], line), 0)
        return context.get_dummy_value()

    return types.void(tile, types.intp), codegen


@intrinsic
def stream_tile(typingctx, tile, y, y_step):
    """y[i, :] = tile[i, :], past the caches; addresses are multiples of a vector's size."""
    t = tile

    def codegen(context, builder, sig, args):
        acc, y_, step = args
        hint = builder.module.add_metadata([ir.Constant(I32, 1)])
        for i in range(t.rows):
            row = pointer_at(builder, y_, vector_of(t), builder.mul(step, ir.Constant(I64, i)))
            for j in range(t.vecs):
                place = builder.gep(row, [ir.Constant(I64, j)])
                value = builder.extract_value(acc, i * t.vecs + j)
                written = builder.store(value, place, align=size_of(t) * t.lanes)
                written.set_metadata("nontemporal", hint)
        return context.get_dummy_value()

    return types.void(tile, types.intp, types.intp), codegen


@device
def _channel_ukr(shape, like, source, panel, bias, floor, target):
    """target[i, :] = the larger of floor and bias + sum over k < taps of source[i, k] * panel[k].

    ``source`` is (address, row step, taps, tap step, ahead), ``target`` (address, row step, rows,
    columns, streamed); steps in bytes.  Writes those rows and columns only, past the caches if
    ``streamed``, which takes a whole tile.  Reads all of the tile's, and asks for what lies
    ``ahead``.
    """
    stay_out_of_line()
    a, row_step, taps, tap_step, ahead = source
    width = columns(shape, like) * itemsize(like)
    tile = zero_tile(shape, like)
    ask_for_rows(shape, like, a + ahead, row_step)
    for _ in range(taps):
        tile = multiply_rows(tile, a, row_step, panel)
        a += tap_step
        panel += width
    y, y_step, rows, cols, streamed = target
    tile = at_least(add_row(tile, bias), floor)
    if streamed:
        stream_tile(tile, y, y_step)
    else:
        store_tile(tile, y, y_step, rows, cols)


@device
def channel_tile(like, first_column, left, source, panel, bias, floor, target):
    """`_channel_ukr` of the shape that serves a panel with ``left`` columns left."""
    if left > lanes(like):
        _channel_ukr(WIDE, like, source, panel, bias, floor, target)
    elif first_column > 0:
        _channel_ukr(TAIL, like, source, panel, bias, floor, target)
    else:
        _channel_ukr(THIN, like, source, panel, bias, floor, target)


@device
def _channel_weight_ukr(shape, like, source, slopes, ahead, target):
    """target[i, :] += sum over t < n of source[t, i] * slopes[t].

    ``source`` is (address, tap step, step), ``slopes`` (address, step, n), ``target`` (address,
    row step, rows, columns).  Asks for what lies ``ahead`` steps ahead of both.
    """
    stay_out_of_line()
    a, tap_step, a_step = source
    b, b_step, n = slopes
    tile = zero_tile(shape, like)
    a_ahead, b_ahead = ahead * a_step, ahead * b_step
    for _ in range(n):
        ask_for_row(tile, a + a_ahead)
        ask_for_row(tile, b + b_ahead)
        tile = multiply_rows(tile, a, tap_step, b)
        a += a_step
        b += b_step
    y, y_step, rows, cols = target
    accumulate_tile(tile, y, y_step, rows, cols)


@device
def channel_weight_tile(like, height, left, source, slopes, ahead, target):
    """`_channel_weight_ukr` of this height, and as wide as serves ``left`` columns."""
    if left > lanes(like):
        if height == LOW:
            _channel_weight_ukr(_LOW, like, source, slopes, ahead, target)
        elif height == MIDDLE:
            _channel_weight_ukr(_MIDDLE, like, source, slopes, ahead, target)
        else:
            _channel_weight_ukr(WIDE, like, source, slopes, ahead, target)
    elif height == LOW:
        _channel_weight_ukr(_LOW_TAIL, like, source, slopes, ahead, target)
    elif height == MIDDLE:
        _channel_weight_ukr(_MIDDLE_TAIL, like, source, slopes, ahead, target)
    else:
        _channel_weight_ukr(TAIL, like, source, slopes, ahead, target)


def tap_tiles(k_size: int) -> tuple[int, int]:
    """Taps from one tile of the weight gradient to the next, and the height of the tiles."""
    each = -(-k_size // -(-k_size // MR))
    return each, LOW if each <= LOW else MIDDLE if each <= MIDDLE else MR


def positions_in_a_row(chans: int, lanes: int, least: int) -> int:
    """How many positions make one row of at least ``least`` numbers with few idle lanes."""

    def idle(fold: int) -> float:
        return -(-fold * chans // lanes) * lanes / (fold * chans) - 1

    folds = [1, *(f for f in (2, 4, 8, 16, 32) if f * chans <= FOLDED)]
    for fold in folds:
        if idle(fold) <= IDLE and fold * chans >= least:
            return fold
    return min(folds, key=lambda fold: (idle(fold), fold))
