"""Register tiles: ``rows x vecs`` vectors of accumulators, and the few operations on them.

``rank1`` adds one outer product to a tile; every convolution and matrix product of the package is
that one update with different strides.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._lanes import (
    I8P,
    I64,
    LANES,
    Tile,
    TileShape,
    call_vector,
    lanes_of,
    mask_of,
    masked_load,
    masked_store,
    pointer_at,
    scalar_of,
    size_of,
    splat_of,
    vector_of,
)
from ._prefetch import CACHE_LINE, emit_prefetch


@intrinsic
def columns(typingctx, shape, like):
    """Columns of a tile of this shape, a constant."""
    count = shape.vecs * lanes_of(like)
    return types.intp(shape, like), lambda context, builder, sig, args: ir.Constant(I64, count)


@intrinsic
def terms(typingctx, shape):
    """Terms of the sum in a vector of a tile of this shape, a constant."""
    count = shape.terms
    return types.intp(shape), lambda context, builder, sig, args: ir.Constant(I64, count)


def columns_of(shape: TileShape, itemsize: int) -> int:
    """What `columns` gives in a kernel, for drivers."""
    return shape.vecs * LANES * 4 // itemsize


@intrinsic
def zero_tile(typingctx, shape, like):
    """A tile of zeros of a `TileShape`, in the type of the number ``like``."""
    t = Tile(like, lanes_of(like), shape.rows, shape.vecs)

    def codegen(context, builder, sig, args):
        return ir.Constant(ir.ArrayType(vector_of(t), t.rows * t.vecs), None)

    return t(shape, like), codegen


def outer_product(builder, t, args, spread):
    """Emit tile[i, :] += a[i] * b[:] for args (tile, a, a_step, b).

    ``a[i]`` is at ``a + i*a_step`` bytes, the vector ``spread(pointer)`` is made of it, and the row
    ``b`` is at address ``b``.
    """
    acc, a_, step, b_ = args
    row = pointer_at(builder, b_, vector_of(t))
    b_vecs = [
        builder.load(builder.gep(row, [ir.Constant(I64, j)]), align=size_of(t))
        for j in range(t.vecs)
    ]
    pointer = builder.inttoptr(a_, I8P)
    for i in range(t.rows):
        a_vec = spread(pointer)
        for j in range(t.vecs):
            k = i * t.vecs + j
            updated = call_vector(
                builder, t, "fma", [a_vec, b_vecs[j], builder.extract_value(acc, k)]
            )
            acc = builder.insert_value(acc, updated, k)
        if i < t.rows - 1:
            pointer = builder.gep(pointer, [step])
    return acc


@intrinsic
def rank1(typingctx, tile, a, a_step, b):
    """tile[i, :] += a[i] * b[:], with ``a[i]`` at ``a + i*a_step`` bytes and the row ``b`` at
    address ``b``.
    """
    t = tile

    def codegen(context, builder, sig, args):
        def copies(pointer):
            place = builder.bitcast(pointer, scalar_of(t).as_pointer())
            return splat_of(builder, vector_of(t), builder.load(place, align=size_of(t)))

        return outer_product(builder, t, args, copies)

    return tile(tile, types.intp, types.intp, types.intp), codegen


@intrinsic
def add_row(typingctx, tile, row):
    """Every row of the tile plus the one row of ``vecs`` vectors at address ``row``."""
    t = tile

    def codegen(context, builder, sig, args):
        acc, row_ = args
        pointer = pointer_at(builder, row_, vector_of(t))
        for j in range(t.vecs):
            bias = builder.load(builder.gep(pointer, [ir.Constant(I64, j)]), align=size_of(t))
            for k in range(j, t.rows * t.vecs, t.vecs):
                acc = builder.insert_value(
                    acc, builder.fadd(builder.extract_value(acc, k), bias), k
                )
        return acc

    return tile(tile, types.intp), codegen


@intrinsic
def positive_tile(typingctx, tile):
    """max(tile, 0), NaN where the tile is, as `_simd.keep_positive`."""
    t = tile

    def codegen(context, builder, sig, args):
        acc = args[0]
        zero = ir.Constant(vector_of(t), [0.0] * t.lanes)
        for k in range(t.rows * t.vecs):
            value = builder.extract_value(acc, k)
            kept = builder.select(builder.fcmp_ordered("<=", value, zero), zero, value)
            acc = builder.insert_value(acc, kept, k)
        return acc

    return tile(tile), codegen


@intrinsic
def store_tile(typingctx, tile, y, y_step, rows, cols):
    """y[i, j] = tile[i, j] for i < rows, j < cols; row i of y is at ``y + i*y_step`` bytes."""
    t = tile

    def codegen(context, builder, sig, args):
        acc, y_, step, rows_, cols_ = args
        whole = builder.icmp_signed(">=", cols_, ir.Constant(I64, t.vecs * t.lanes))
        with builder.if_else(whole, likely=True) as (full, part):
            with full:
                for i, pointers in _each_row(builder, t, y_, step, rows_):
                    for j, pointer in enumerate(pointers):
                        builder.store(
                            builder.extract_value(acc, i * t.vecs + j), pointer, align=size_of(t)
                        )
            with part:
                masks = _column_masks(builder, t, cols_)
                for i, pointers in _each_row(builder, t, y_, step, rows_):
                    for j, pointer in enumerate(pointers):
                        masked_store(
                            builder,
                            t,
                            builder.extract_value(acc, i * t.vecs + j),
                            pointer,
                            masks[j],
                        )
        return context.get_dummy_value()

    return types.void(tile, types.intp, types.intp, types.intp, types.intp), codegen


@intrinsic
def accumulate_tile(typingctx, tile, y, y_step, rows, cols):
    """y[i, j] += tile[i, j] for i < rows, j < cols."""
    t = tile

    def codegen(context, builder, sig, args):
        acc, y_, step, rows_, cols_ = args
        masks = _column_masks(builder, t, cols_)
        for i, pointers in _each_row(builder, t, y_, step, rows_):
            for j, pointer in enumerate(pointers):
                old = masked_load(builder, t, pointer, masks[j])
                masked_store(
                    builder,
                    t,
                    builder.fadd(old, builder.extract_value(acc, i * t.vecs + j)),
                    pointer,
                    masks[j],
                )
        return context.get_dummy_value()

    return types.void(tile, types.intp, types.intp, types.intp, types.intp), codegen


def _each_vector(builder, t, address):
    """Yield (number, pointer) of a tile's vectors that lie one after the other from an address."""
    pointer = pointer_at(builder, address, vector_of(t))
    for k in range(t.rows * t.vecs):
        yield k, builder.gep(pointer, [ir.Constant(I64, k)])


@intrinsic
def save_tile(typingctx, tile, target):
    """Write all of a tile to an address."""
    t = tile

    def codegen(context, builder, sig, args):
        for k, pointer in _each_vector(builder, t, args[1]):
            builder.store(builder.extract_value(args[0], k), pointer, align=size_of(t))
        return context.get_dummy_value()

    return types.void(tile, types.intp), codegen


@intrinsic
def saved_tile(typingctx, like, source):
    """What `save_tile` wrote of a tile as ``like``."""
    t = like

    def codegen(context, builder, sig, args):
        tile = args[0]
        for k, pointer in _each_vector(builder, t, args[1]):
            tile = builder.insert_value(tile, builder.load(pointer, align=size_of(t)), k)
        return tile

    return like(like, types.intp), codegen


@intrinsic
def butterfly(typingctx, tile, place):
    """saved + tile, of the tile that `save_tile` wrote; saved - tile goes to its place."""
    t = tile

    def codegen(context, builder, sig, args):
        total = args[0]
        for k, pointer in _each_vector(builder, t, args[1]):
            saved = builder.load(pointer, align=size_of(t))
            value = builder.extract_value(args[0], k)
            builder.store(builder.fsub(saved, value), pointer, align=size_of(t))
            total = builder.insert_value(total, builder.fadd(saved, value), k)
        return total

    return tile(tile, types.intp), codegen


@intrinsic
def ask_for_rows(typingctx, shape, like, a, a_step):
    """Prefetch the rows of a tile of a `TileShape` at ``a + i*a_step`` bytes."""
    rows, size = shape.rows * shape.terms, -(-shape.vecs // shape.terms) * LANES * 4

    def codegen(context, builder, sig, args):
        place = args[2]
        for i in range(rows):
            for line in range(0, size, CACHE_LINE):
                emit_prefetch(context, builder, builder.add(place, ir.Constant(I64, line)), 0)
            if i < rows - 1:
                place = builder.add(place, args[3])
        return context.get_dummy_value()

    return types.void(shape, like, types.intp, types.intp), codegen


def _column_masks(builder, t, cols):
    return [
        mask_of(builder, t, builder.sub(cols, ir.Constant(I64, j * t.lanes))) for j in range(t.vecs)
    ]


def _each_row(builder, t, address, step, rows):
    """Yield (row, vector pointers) of a tile's rows in memory, the rows at and past ``rows``
    branched over.
    """
    for i in range(t.rows):
        with builder.if_then(builder.icmp_signed("<", ir.Constant(I64, i), rows), likely=True):
            row = builder.mul(step, ir.Constant(I64, i))
            pointer = pointer_at(builder, address, vector_of(t), row)
            yield i, [builder.gep(pointer, [ir.Constant(I64, j)]) for j in range(t.vecs)]
