"""Vectors for Numba kernels, one LLVM instruction an operation.

Numba offers no vector types, and LLVM's loop vectoriser will neither keep a matrix tile in
registers nor be told to.  So `_lanes` adds the two types that kernels need, this module the
operations on vectors, and `_register_tile` those on tiles, each an intrinsic that emits one LLVM
instruction per vector.

Memory is addressed by integers (bytes), taken from an array by ``address``.  A kernel then has one
call site whether an array is read in place or from scratch (two inlined copies of a tile ran at
half the speed of one).  Kernels count no references (`_jit.OPTIONS`), so they allocate nothing:
memory comes from outside, and few integers are on the stack, `stack_integers`.

Lanes and multiply-adds are explicit and no fast-math flag is set: with ``reassoc`` or ``contract``
two inlined copies of one body were seen to give different bits.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from ._lanes import (
    I32,
    I64,
    Vector,
    call_vector,
    lanes_of,
    mask_of,
    masked_load,
    masked_store,
    pointer_at,
    size_of,
    splat_of,
    vector_of,
)

# -- sizes and addresses --------------------------------------------------------------------------


@intrinsic
def itemsize(typingctx, like):
    """Bytes of a number as ``like``, a constant."""
    size = like.bitwidth // 8
    return types.intp(like), lambda context, builder, sig, args: ir.Constant(I64, size)


@intrinsic
def number(typingctx, like, n):
    """The integer n in the type of ``like``."""

    def codegen(context, builder, sig, args):
        return builder.sitofp(args[1], context.get_value_type(like))

    return like(like, types.intp), codegen


@intrinsic
def lanes(typingctx, like):
    """Numbers as ``like`` in a vector, a constant."""
    count = lanes_of(like)
    return types.intp(like), lambda context, builder, sig, args: ir.Constant(I64, count)


@intrinsic
def address(typingctx, array):
    """Address in bytes of the first element of a C-contiguous array."""

    def codegen(context, builder, sig, args):
        return builder.ptrtoint(
            context.make_array(sig.args[0])(context, builder, args[0]).data, I64
        )

    return types.intp(array), codegen


@intrinsic
def stay_inline(typingctx):
    """Put the body of the function that calls this into its callers."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("alwaysinline")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def stay_out_of_line(typingctx):
    """Keep the function that calls this a function: LLVM must not inline it."""

    def codegen(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


# -- vectors --------------------------------------------------------------------------------------


@intrinsic
def splat(typingctx, like, value):
    """A vector of copies of ``value``, in the type of the number ``like``."""
    t = Vector(like, lanes_of(like))

    def codegen(context, builder, sig, args):
        return splat_of(builder, vector_of(t), args[1])

    return t(like, like), codegen


@intrinsic
def load_whole(typingctx, like, source):
    """The vector of numbers as ``like`` at address ``source``."""
    t = Vector(like, lanes_of(like))

    def codegen(context, builder, sig, args):
        return builder.load(pointer_at(builder, args[1], vector_of(t)), align=size_of(t))

    return t(like, types.intp), codegen


@intrinsic
def store_whole(typingctx, vector, target):
    """Write ``vector`` to address ``target``."""
    t = vector

    def codegen(context, builder, sig, args):
        builder.store(args[0], pointer_at(builder, args[1], vector_of(t)), align=size_of(t))
        return context.get_dummy_value()

    return types.void(vector, types.intp), codegen


@intrinsic
def load(typingctx, like, source, count):
    """The vector at address ``source``, of numbers as ``like``; lanes from ``count`` on are zero
    and not read.
    """
    t = Vector(like, lanes_of(like))

    def codegen(context, builder, sig, args):
        _, source_, count_ = args
        pointer = pointer_at(builder, source_, vector_of(t))
        return masked_load(builder, t, pointer, mask_of(builder, t, count_))

    return t(like, types.intp, types.intp), codegen


@intrinsic
def store(typingctx, vector, target, count):
    """Write the first ``count`` lanes of ``vector`` to address ``target``."""
    t = vector

    def codegen(context, builder, sig, args):
        value, target_, count_ = args
        masked_store(
            builder,
            t,
            value,
            pointer_at(builder, target_, vector_of(t)),
            mask_of(builder, t, count_),
        )
        return context.get_dummy_value()

    return types.void(vector, types.intp, types.intp), codegen


@intrinsic
def move(typingctx, like, target, source):
    """Copy one number as ``like`` from address ``source`` to address ``target``."""

    def codegen(context, builder, sig, args):
        scalar = context.get_value_type(like)
        value = builder.load(pointer_at(builder, args[2], scalar), align=like.bitwidth // 8)
        builder.store(value, pointer_at(builder, args[1], scalar), align=like.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(like, types.intp, types.intp), codegen


@intrinsic
def load_index(typingctx, source):
    """The integer of 64 bits at address ``source``."""

    def codegen(context, builder, sig, args):
        return builder.load(pointer_at(builder, args[0], I64), align=8)

    return types.intp(types.intp), codegen


@intrinsic(prefer_literal=True)
def stack_integers(typingctx, rows, columns):
    """An array of integers on the stack, as long as the function runs; its sizes are constants."""
    shape = rows.literal_value, columns.literal_value
    kind = types.Array(types.intp, 2, "C")

    def codegen(context, builder, sig, args):
        memory = cgutils.alloca_once(builder, ir.ArrayType(I64, shape[0] * shape[1]))
        array = context.make_array(kind)(context, builder)
        populate_array(
            array,
            data=builder.bitcast(memory, I64.as_pointer()),
            shape=[ir.Constant(I64, n) for n in shape],
            strides=[ir.Constant(I64, 8 * n) for n in (shape[1], 1)],
            itemsize=ir.Constant(I64, 8),
            meminfo=None,
        )
        return array._getvalue()

    return kind(rows, columns), codegen


@intrinsic
def fma(typingctx, a, b, c):
    """a*b + c, rounded once."""
    t = a
    return a(a, a, a), lambda context, builder, sig, args: call_vector(
        builder, t, "fma", list(args)
    )


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
            mask_of(builder, t, args[1]), args[0], ir.Constant(vector_of(t), [0.0] * t.lanes)
        )

    return a(a, types.intp), codegen


@intrinsic
def first_or(typingctx, a, count, b):
    """The first ``count`` lanes of a, b in the others."""
    t = a

    def codegen(context, builder, sig, args):
        return builder.select(mask_of(builder, t, args[1]), args[0], args[2])

    return a(a, types.intp, a), codegen


@intrinsic
def keep_positive(typingctx, a, b):
    """b where a > 0 or a is NaN, else 0."""
    t = a

    def codegen(context, builder, sig, args):
        zero = ir.Constant(vector_of(t), [0.0] * t.lanes)
        return builder.select(builder.fcmp_ordered("<=", args[0], zero), zero, args[1])

    return a(a, a), codegen


def _folded(builder, t, value, combine):
    """The lanes combined pairwise, the lower half with the upper one."""
    width = t.lanes
    while width > 1:
        width //= 2
        undefined = ir.Constant(value.type, ir.Undefined)
        half = ir.VectorType(I32, width)
        low = builder.shuffle_vector(value, undefined, ir.Constant(half, list(range(width))))
        high = builder.shuffle_vector(
            value, undefined, ir.Constant(half, list(range(width, 2 * width)))
        )
        value = combine(low, high)
    return builder.extract_element(value, ir.Constant(I32, 0))


@intrinsic
def lane_sum(typingctx, a):
    """Sum over the lanes, pairwise: the same order whatever surrounds the call."""
    t = a

    def codegen(context, builder, sig, args):
        return _folded(builder, t, args[0], builder.fadd)

    return t.dtype(a), codegen


@intrinsic
def lane_max(typingctx, a):
    """The largest lane; of a vector with NaN, NaN or the largest of some lanes."""
    t = a

    def codegen(context, builder, sig, args):
        def larger(low, high):
            return builder.select(builder.fcmp_ordered(">", low, high), low, high)

        return _folded(builder, t, args[0], larger)

    return t.dtype(a), codegen


@intrinsic
def div(typingctx, a, b):
    """a / b."""
    return a(a, a), lambda context, builder, sig, args: builder.fdiv(*args)


@intrinsic
def sqrt(typingctx, a):
    """The square root, rounded correctly; NaN below 0."""
    t = a
    return a(a), lambda context, builder, sig, args: call_vector(builder, t, "sqrt", list(args))


@intrinsic
def absolute(typingctx, a):
    """a without its sign."""
    t = a
    return a(a), lambda context, builder, sig, args: call_vector(builder, t, "fabs", list(args))


@intrinsic
def copy_sign(typingctx, a, b):
    """a with the sign of b."""
    t = a
    return a(a, a), lambda context, builder, sig, args: call_vector(
        builder, t, "copysign", list(args)
    )


@intrinsic
def where_less(typingctx, a, b, x, y):
    """x where a < b, else y, also where a or b is NaN."""

    def codegen(context, builder, sig, args):
        a_, b_, x_, y_ = args
        return builder.select(builder.fcmp_ordered("<", a_, b_), x_, y_)

    return a(a, a, a, a), codegen


@intrinsic
def stream(typingctx, vector, target):
    """Write ``vector`` to an address, a multiple of its size, past the caches."""
    t = vector

    def codegen(context, builder, sig, args):
        whole = size_of(t) * t.lanes
        written = builder.store(args[0], pointer_at(builder, args[1], vector_of(t)), align=whole)
        hint = builder.module.add_metadata([ir.Constant(I32, 1)])
        written.set_metadata("nontemporal", hint)
        return context.get_dummy_value()

    return types.void(vector, types.intp), codegen


@intrinsic
def fence(typingctx):
    """What was streamed before is in memory before anything that follows."""

    def codegen(context, builder, sig, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), codegen
