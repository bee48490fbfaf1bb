"""Vectors and register tiles for Numba kernels.

Numba offers no vector types, and LLVM's loop vectoriser will neither keep a matrix tile in
registers nor be told to.  So this module adds the two types that kernels need and the few
operations on them, each an intrinsic that emits one LLVM instruction per vector:

``Tile(dtype, lanes, rows, vecs)``
    ``rows x vecs`` vectors, the accumulators of a micro-kernel.  ``rank1`` adds one outer product
    to it; every convolution and matrix product of the package is that one update with different
    strides.
``Vector(dtype, lanes)``
    One vector, for kernels that are bound by memory and for reductions in a fixed order.

Memory is addressed by integers (bytes), taken from an array by ``address``.  A kernel then has one
call site whether an array is read in place or from scratch (two inlined copies of a tile ran at
half the speed of one), and Numba puts no reference counting into loops.  Numba frees an array after
its last use *as an array*, so whoever takes an address passes the array in from outside and never
allocates it.

Lanes and multiply-adds are explicit and no fast-math flag is set: with ``reassoc`` or ``contract``
two inlined copies of one body were seen to give different bits.
"""

from __future__ import annotations

import os
import platform

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.imputils import lower_constant
from numba.extending import intrinsic, models, register_model, typeof_impl

_I8P = ir.IntType(8).as_pointer()
_I32 = ir.IntType(32)
_I64 = ir.IntType(64)


def host_lanes() -> int:
    """Float32 lanes of a vector register: 16 (AVX-512), 8 (AVX2) or 4 (SSE, NEON).

    The environment variable DLARRAY_LANES overrides it: LLVM splits vectors that the machine lacks,
    so every width gives right values everywhere, and tests use that.
    """
    override = os.environ.get("DLARRAY_LANES")
    if override is not None:
        if override not in ("4", "8", "16"):
            raise ValueError(
                f"DLARRAY_LANES: must be 4, 8 or 16; got {override!r}. Unset it to use the host's."
            )
        return int(override)
    if config.CPU_NAME not in (
        None,
        "host",
    ):  # NUMBA_CPU_NAME: compile for that CPU, not for this one
        features = set((config.CPU_FEATURES or "").split(","))
    else:
        features = {f"+{name}" for name, present in llvm.get_host_cpu_features().items() if present}
    if {"+avx512f", "+avx512vl"} <= features:
        return 16
    return 8 if {"+avx2", "+fma"} <= features else 4


LANES = host_lanes()


class TileShape:
    """Rows and vectors of a tile, a compile-time constant of kernels."""

    def __init__(self, rows: int, vecs: int) -> None:
        self.rows, self.vecs = rows, vecs


# 8 x 2 accumulators + 2 operands fit the 32 registers of AVX-512 and NEON and leave the loads below
# two a cycle;
# 12 x 2 is 1 % faster on long runs (248 against 245 GFLOP/s on one Zen 5 core) but wastes more on
# the short lengths
# that sequences have.  16 registers hold 6 x 2.  With one vector a row, loads are the limit, n rows
# reach n/(n+1) of
# the peak, and THIN has more of them; TAIL is for the last columns beside wide tiles.
MR = 8 if LANES == 16 or platform.machine() in ("arm64", "aarch64") else 6
WIDE = TileShape(MR, 2)
THIN = TileShape(2 * MR, 1)
TAIL = TileShape(MR, 1)


class TileShapeType(types.Type):
    """The Numba type of one `TileShape`."""

    def __init__(self, rows, vecs):
        self.rows, self.vecs = rows, vecs
        super().__init__(name=f"TileShape({rows},{vecs})")


register_model(TileShapeType)(models.OpaqueModel)


@typeof_impl.register(TileShape)
def _type_of_shape(value, context):
    return TileShapeType(value.rows, value.vecs)


@lower_constant(TileShapeType)
def _constant_shape(context, builder, t, value):
    return context.get_dummy_value()


class Vector(types.Type):
    """``lanes`` elements of ``dtype`` in one register."""

    def __init__(self, dtype, lanes):
        self.dtype, self.lanes = dtype, lanes
        super().__init__(name=f"Vector({dtype}x{lanes})")


class Tile(types.Type):
    """``rows x vecs`` vectors, kept in registers."""

    def __init__(self, dtype, lanes, rows, vecs):
        self.dtype, self.lanes, self.rows, self.vecs = dtype, lanes, rows, vecs
        super().__init__(name=f"Tile({dtype}x{lanes},{rows},{vecs})")


def _scalar(t):
    return ir.FloatType() if t.dtype == types.float32 else ir.DoubleType()


def _vector(t):
    return ir.VectorType(_scalar(t), t.lanes)


def _size(t):
    return t.dtype.bitwidth // 8


def _lanes(dtype):
    return LANES * 32 // dtype.bitwidth


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, _vector(t))


@register_model(Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, ir.ArrayType(_vector(t), t.rows * t.vecs))


# -- emitting LLVM --------------------------------------------------------------------------------


def _at(builder, address, pointee, offset=None):
    """Pointer to ``pointee`` at an address in bytes."""
    pointer = builder.inttoptr(address, _I8P)
    if offset is not None:
        pointer = builder.gep(pointer, [offset])
    return builder.bitcast(pointer, pointee.as_pointer())


def _splat(builder, vector, scalar):
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(_I32, 0))
    return builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(_I32, vector.count), [0] * vector.count)
    )


def _call(builder, t, name, args):
    """Call an LLVM vector intrinsic whose arguments and result are vectors of ``t``."""
    vector = _vector(t)
    signature = ir.FunctionType(vector, [vector] * len(args))
    suffix = f"v{t.lanes}f{t.dtype.bitwidth}"
    return builder.call(
        cgutils.get_or_insert_function(builder.module, signature, f"llvm.{name}.{suffix}"), args
    )


def _mask(builder, t, count):
    """Vector of bits, true in the first ``count`` lanes."""
    lanes = ir.VectorType(_I64, t.lanes)
    return builder.icmp_signed(
        "<", ir.Constant(lanes, list(range(t.lanes))), _splat(builder, lanes, count)
    )


def _masked_load(builder, t, pointer, mask):
    vector = _vector(t)
    signature = ir.FunctionType(vector, [vector.as_pointer(), _I32, mask.type, vector])
    name = f"llvm.masked.load.v{t.lanes}f{t.dtype.bitwidth}.p0"
    load = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(
        load, [pointer, ir.Constant(_I32, _size(t)), mask, ir.Constant(vector, [0.0] * t.lanes)]
    )


def _masked_store(builder, t, value, pointer, mask):
    vector = _vector(t)
    signature = ir.FunctionType(ir.VoidType(), [vector, vector.as_pointer(), _I32, mask.type])
    name = f"llvm.masked.store.v{t.lanes}f{t.dtype.bitwidth}.p0"
    store = cgutils.get_or_insert_function(builder.module, signature, name)
    builder.call(store, [value, pointer, ir.Constant(_I32, _size(t)), mask])


def _each_row(builder, t, address, step, rows):
    """Yield (row, vector pointers) of a tile's rows in memory, the rows at and past ``rows``
    branched over.
    """
    for i in range(t.rows):
        with builder.if_then(builder.icmp_signed("<", ir.Constant(_I64, i), rows), likely=True):
            row = builder.mul(step, ir.Constant(_I64, i))
            pointer = _at(builder, address, _vector(t), row)
            yield i, [builder.gep(pointer, [ir.Constant(_I64, j)]) for j in range(t.vecs)]


# -- sizes and addresses --------------------------------------------------------------------------


@intrinsic
def itemsize(typingctx, like):
    """Bytes of a number as ``like``, a constant."""
    size = like.bitwidth // 8
    return types.intp(like), lambda context, builder, sig, args: ir.Constant(_I64, size)


@intrinsic
def number(typingctx, like, n):
    """The integer n in the type of ``like``."""

    def codegen(context, builder, sig, args):
        return builder.sitofp(args[1], context.get_value_type(like))

    return like(like, types.intp), codegen


@intrinsic
def lanes(typingctx, like):
    """Numbers as ``like`` in a vector, a constant."""
    count = _lanes(like)
    return types.intp(like), lambda context, builder, sig, args: ir.Constant(_I64, count)


@intrinsic
def columns(typingctx, shape, like):
    """Columns of a tile of this shape, a constant."""
    count = shape.vecs * _lanes(like)
    return types.intp(shape, like), lambda context, builder, sig, args: ir.Constant(_I64, count)


def columns_of(shape: TileShape, itemsize: int) -> int:
    """What `columns` gives in a kernel, for drivers."""
    return shape.vecs * LANES * 4 // itemsize


@intrinsic
def address(typingctx, array):
    """Address in bytes of the first element of a C-contiguous array."""

    def codegen(context, builder, sig, args):
        return builder.ptrtoint(
            context.make_array(sig.args[0])(context, builder, args[0]).data, _I64
        )

    return types.intp(array), codegen


@intrinsic
def stay_out_of_line(typingctx):
    """Keep the function that calls this a function: LLVM must not inline it."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


# -- tiles ----------------------------------------------------------------------------------------


@intrinsic
def zero_tile(typingctx, shape, like):
    """A tile of zeros of a `TileShape`, in the type of the number ``like``."""
    t = Tile(like, _lanes(like), shape.rows, shape.vecs)

    def codegen(context, builder, sig, args):
        return ir.Constant(ir.ArrayType(_vector(t), t.rows * t.vecs), None)

    return t(shape, like), codegen


@intrinsic
def rank1(typingctx, tile, a, a_step, b):
    """tile[i, :] += a[i] * b[:], with ``a[i]`` at ``a + i*a_step`` bytes and the row ``b`` at
    address ``b``.
    """
    t = tile

    def codegen(context, builder, sig, args):
        acc, a_, step, b_ = args
        row = _at(builder, b_, _vector(t))
        b_vecs = [
            builder.load(builder.gep(row, [ir.Constant(_I64, j)]), align=_size(t))
            for j in range(t.vecs)
        ]
        pointer = builder.inttoptr(a_, _I8P)
        for i in range(t.rows):
            element = builder.load(
                builder.bitcast(pointer, _scalar(t).as_pointer()), align=_size(t)
            )
            a_vec = _splat(builder, _vector(t), element)
            for j in range(t.vecs):
                k = i * t.vecs + j
                updated = _call(
                    builder, t, "fma", [a_vec, b_vecs[j], builder.extract_value(acc, k)]
                )
                acc = builder.insert_value(acc, updated, k)
            if i < t.rows - 1:
                pointer = builder.gep(pointer, [step])
        return acc

    return tile(tile, types.intp, types.intp, types.intp), codegen


@intrinsic
def add_row(typingctx, tile, row):
    """Every row of the tile plus the one row of ``vecs`` vectors at address ``row``."""
    t = tile

    def codegen(context, builder, sig, args):
        acc, row_ = args
        pointer = _at(builder, row_, _vector(t))
        for j in range(t.vecs):
            bias = builder.load(builder.gep(pointer, [ir.Constant(_I64, j)]), align=_size(t))
            for k in range(j, t.rows * t.vecs, t.vecs):
                acc = builder.insert_value(
                    acc, builder.fadd(builder.extract_value(acc, k), bias), k
                )
        return acc

    return tile(tile, types.intp), codegen


@intrinsic
def store_tile(typingctx, tile, y, y_step, rows, cols):
    """y[i, j] = tile[i, j] for i < rows, j < cols; row i of y is at ``y + i*y_step`` bytes."""
    t = tile

    def codegen(context, builder, sig, args):
        acc, y_, step, rows_, cols_ = args
        whole = builder.icmp_signed(">=", cols_, ir.Constant(_I64, t.vecs * t.lanes))
        with builder.if_else(whole, likely=True) as (full, part):
            with full:
                for i, pointers in _each_row(builder, t, y_, step, rows_):
                    for j, pointer in enumerate(pointers):
                        builder.store(
                            builder.extract_value(acc, i * t.vecs + j), pointer, align=_size(t)
                        )
            with part:
                masks = _column_masks(builder, t, cols_)
                for i, pointers in _each_row(builder, t, y_, step, rows_):
                    for j, pointer in enumerate(pointers):
                        _masked_store(
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
                old = _masked_load(builder, t, pointer, masks[j])
                _masked_store(
                    builder,
                    t,
                    builder.fadd(old, builder.extract_value(acc, i * t.vecs + j)),
                    pointer,
                    masks[j],
                )
        return context.get_dummy_value()

    return types.void(tile, types.intp, types.intp, types.intp, types.intp), codegen


def _column_masks(builder, t, cols):
    return [
        _mask(builder, t, builder.sub(cols, ir.Constant(_I64, j * t.lanes))) for j in range(t.vecs)
    ]


# -- vectors --------------------------------------------------------------------------------------


@intrinsic
def splat(typingctx, like, value):
    """A vector of copies of ``value``, in the type of the number ``like``."""
    t = Vector(like, _lanes(like))

    def codegen(context, builder, sig, args):
        return _splat(builder, _vector(t), args[1])

    return t(like, like), codegen


@intrinsic
def load_whole(typingctx, like, source):
    """The vector of numbers as ``like`` at address ``source``."""
    t = Vector(like, _lanes(like))

    def codegen(context, builder, sig, args):
        return builder.load(_at(builder, args[1], _vector(t)), align=_size(t))

    return t(like, types.intp), codegen


@intrinsic
def store_whole(typingctx, vector, target):
    """Write ``vector`` to address ``target``."""
    t = vector

    def codegen(context, builder, sig, args):
        builder.store(args[0], _at(builder, args[1], _vector(t)), align=_size(t))
        return context.get_dummy_value()

    return types.void(vector, types.intp), codegen


@intrinsic
def load(typingctx, like, source, count):
    """The vector at address ``source``, of numbers as ``like``; lanes from ``count`` on are zero
    and not read.
    """
    t = Vector(like, _lanes(like))

    def codegen(context, builder, sig, args):
        _, source_, count_ = args
        pointer = _at(builder, source_, _vector(t))
        return _masked_load(builder, t, pointer, _mask(builder, t, count_))

    return t(like, types.intp, types.intp), codegen


@intrinsic
def store(typingctx, vector, target, count):
    """Write the first ``count`` lanes of ``vector`` to address ``target``."""
    t = vector

    def codegen(context, builder, sig, args):
        value, target_, count_ = args
        _masked_store(
            builder, t, value, _at(builder, target_, _vector(t)), _mask(builder, t, count_)
        )
        return context.get_dummy_value()

    return types.void(vector, types.intp, types.intp), codegen


@intrinsic
def move(typingctx, like, target, source):
    """Copy one number as ``like`` from address ``source`` to address ``target``."""

    def codegen(context, builder, sig, args):
        scalar = context.get_value_type(like)
        value = builder.load(_at(builder, args[2], scalar), align=like.bitwidth // 8)
        builder.store(value, _at(builder, args[1], scalar), align=like.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(like, types.intp, types.intp), codegen


@intrinsic
def fma(typingctx, a, b, c):
    """a*b + c, rounded once."""
    t = a
    return a(a, a, a), lambda context, builder, sig, args: _call(builder, t, "fma", list(args))


@intrinsic
def add(typingctx, a, b):
    """a + b."""
    return a(a, a), lambda context, builder, sig, args: builder.fadd(*args)


@intrinsic
def sub(typingctx, a, b):
    """a - b."""
    return a(a, a), lambda context, builder, sig, args: builder.fsub(*args)


@intrinsic
def mul(typingctx, a, b):
    """a * b."""
    return a(a, a), lambda context, builder, sig, args: builder.fmul(*args)


@intrinsic
def keep_first(typingctx, a, count):
    """The first ``count`` lanes of a, zero in the others."""
    t = a

    def codegen(context, builder, sig, args):
        return builder.select(
            _mask(builder, t, args[1]), args[0], ir.Constant(_vector(t), [0.0] * t.lanes)
        )

    return a(a, types.intp), codegen


@intrinsic
def keep_positive(typingctx, a, b):
    """b where a > 0 or a is NaN, else 0."""
    t = a

    def codegen(context, builder, sig, args):
        zero = ir.Constant(_vector(t), [0.0] * t.lanes)
        return builder.select(builder.fcmp_ordered("<=", args[0], zero), zero, args[1])

    return a(a, a), codegen


@intrinsic
def lane_sum(typingctx, a):
    """Sum over the lanes, pairwise: the same order whatever surrounds the call."""
    t = a

    def codegen(context, builder, sig, args):
        (value,) = args
        width = t.lanes
        while width > 1:
            width //= 2
            undefined = ir.Constant(value.type, ir.Undefined)
            half = ir.VectorType(_I32, width)
            low = builder.shuffle_vector(value, undefined, ir.Constant(half, list(range(width))))
            high = builder.shuffle_vector(
                value, undefined, ir.Constant(half, list(range(width, 2 * width)))
            )
            value = builder.fadd(low, high)
        return builder.extract_element(value, ir.Constant(_I32, 0))

    return t.dtype(a), codegen
