"""Register tiles of pairs: in every vector two terms of the sum, or two rows, side by side.

A row of the tiles of `_register_tile` is one or two vectors of columns.  With 8 columns of 16 lanes
half of a vector is idle, and with 16 each multiply-add waits for a load of its own.  Here a vector
holds half as many columns, each twice, for a term of the sum and for the one after it::

    tile[i]  +=  (a[i, r], a[i, r+1], a[i, r], ...) * (b[r, 0], b[r+1, 0], b[r, 1], b[r+1, 1], ...)

so that one load of two neighbours serves up to three vectors a row, and widths go in halves of a
vector.  On one Zen 5 core, of 260 GFLOP/s, 16 columns ran at 258 (230 as one vector), 24 at 255
(196 as two) and 8 at 205 (115).  Neighbouring lanes are added at the end.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._lanes import I32, Tile, scalar_of, size_of, vector_of
from ._register_tile import outer_product


def _shuffled(builder, value, other, lanes):
    """A vector of the given lanes of two vectors, those of the second counted on."""
    indices = ir.Constant(ir.VectorType(I32, len(lanes)), lanes)
    return builder.shuffle_vector(value, other, indices)


def _rank2_of(t, others):
    """What emits `rank2` where ``others`` numbers follow the first one: 1, or 0 for a zero."""
    found = ir.VectorType(scalar_of(t), 1 + others)
    second = ir.Constant(found, ir.Undefined) if others else ir.Constant(found, [0.0])

    def codegen(context, builder, sig, args):
        def pairs(pointer):
            value = builder.load(builder.bitcast(pointer, found.as_pointer()), align=size_of(t))
            return _shuffled(builder, value, second, [0, 1] * (t.lanes // 2))

        return outer_product(builder, t, args, pairs)

    return codegen


@intrinsic
def rank2(typingctx, tile, a, a_step, b):
    """tile[i, :] += a[i, 0] * b[0, :] + a[i, 1] * b[1, :], in pairs.

    ``a[i, 0]`` is at ``a + i*a_step`` bytes and a[i, 1] behind it; at address ``b`` are b[0, j] and
    b[1, j] of one column after the other.
    """
    return tile(tile, types.intp, types.intp, types.intp), _rank2_of(tile, 1)


@intrinsic
def rank2_first(typingctx, tile, a, a_step, b):
    """As `rank2` with a[i, 1] = 0, not read, where b[1, :] is zero: Inf stays Inf."""
    return tile(tile, types.intp, types.intp, types.intp), _rank2_of(tile, 0)


def _every_other(builder, t, tile, i, k):
    """The even (0) or odd (1) lanes of row i of a tile, in whole vectors with zeros behind."""
    row = [builder.extract_value(tile, i * t.vecs + j) for j in range(t.vecs)]
    row.append(ir.Constant(vector_of(t), [0.0] * t.lanes))
    lanes = list(range(k, 2 * t.lanes, 2))
    return [_shuffled(builder, row[j], row[j + 1], lanes) for j in range(0, t.vecs, 2)]


@intrinsic
def added_pairs(typingctx, tile):
    """The tile whose columns are the sums of neighbouring lanes: half as many vectors, rounded up,
    zero beyond the last column.
    """
    t = tile
    half = Tile(t.dtype, t.lanes, t.rows, -(-t.vecs // 2))

    def codegen(context, builder, sig, args):
        result = ir.Constant(ir.ArrayType(vector_of(t), half.rows * half.vecs), ir.Undefined)
        for i in range(t.rows):
            sides = (_every_other(builder, t, args[0], i, k) for k in (0, 1))
            for j, (one, two) in enumerate(zip(*sides, strict=True)):
                result = builder.insert_value(result, builder.fadd(one, two), i * half.vecs + j)
        return result

    return half(tile), codegen


@intrinsic
def parted(typingctx, tile):
    """The tile with a row of the even lanes of each row, and behind it one of the odd lanes: half
    as many vectors, rounded up, zero beyond the last column.
    """
    t = tile
    apart = Tile(t.dtype, t.lanes, 2 * t.rows, -(-t.vecs // 2))

    def codegen(context, builder, sig, args):
        result = ir.Constant(ir.ArrayType(vector_of(t), apart.rows * apart.vecs), ir.Undefined)
        for i in range(t.rows):
            for k in (0, 1):
                for j, lanes in enumerate(_every_other(builder, t, args[0], i, k)):
                    result = builder.insert_value(result, lanes, (2 * i + k) * apart.vecs + j)
        return result

    return apart(tile), codegen


@intrinsic(prefer_literal=True)
def paired(typingctx, first, second, half):
    """first[0], second[0], first[1], second[1], ... of the lower (0) or upper (1) half of two
    vectors.
    """
    t, k = first, half.literal_value

    def codegen(context, builder, sig, args):
        lanes = range(k * t.lanes // 2, (k + 1) * t.lanes // 2)
        order = [lane + side for lane in lanes for side in (0, t.lanes)]
        return _shuffled(builder, args[0], args[1], order)

    return first(first, first, half), codegen
