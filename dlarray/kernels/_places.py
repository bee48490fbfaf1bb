"""Vectors of maxima and of the places where they were found.

A place is a whole number.  It travels as the bits of a number in a vector of the same type as the
values, so that one comparison selects value and place; nothing ever computes with it as a number.
In memory it is an integer of the least size that holds it.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ._lanes import I32, I64, Vector, lanes_of, mask_of, pointer_at, size_of, splat_of, vector_of


def _whole(t):
    """The integers in whose bits the places of a vector type lie."""
    return ir.VectorType(ir.IntType(t.dtype.bitwidth), t.lanes)


def _resized(builder, value, element):
    """Integer lanes in another size; places are never negative."""
    target = ir.VectorType(element, value.type.count)
    if element.width < value.type.element.width:
        return builder.trunc(value, target)
    return builder.zext(value, target) if element.width > value.type.element.width else value


def _masked(builder, name, result, arguments):
    memory = arguments[-1].type if result is None else result
    kinds = [a.type for a in arguments]
    function = ir.FunctionType(ir.VoidType() if result is None else result, kinds)
    suffix = f"v{memory.count}i{memory.element.width}"
    full = f"llvm.masked.{name}.{suffix}.p0"
    return builder.call(cgutils.get_or_insert_function(builder.module, function, full), arguments)


@intrinsic
def place(typingctx, like, n):
    """A vector of places n, beside vectors of numbers as ``like``."""
    t = Vector(like, lanes_of(like))

    def codegen(context, builder, sig, args):
        whole = _whole(t)
        n_ = args[1] if whole.element.width == 64 else builder.trunc(args[1], whole.element)
        return builder.bitcast(splat_of(builder, whole, n_), vector_of(t))

    return t(like, types.intp), codegen


@intrinsic
def where_better(typingctx, value, best, x, y):
    """x where ``value`` takes the place of ``best``: it is larger, or the first NaN; else y."""
    t = value

    def codegen(context, builder, sig, args):
        value_, best_, x_, y_ = args
        larger = builder.fcmp_unordered(">", value_, best_)
        number = builder.fcmp_ordered("ord", best_, best_)
        return builder.select(builder.and_(larger, number), x_, y_)

    return t(t, t, t, t), codegen


@intrinsic
def where_as_good(typingctx, value, best, x, y):
    """x where ``value``, which comes earlier, takes the place of ``best``: it is as large, or NaN;
    else y.
    """
    t = value

    def codegen(context, builder, sig, args):
        value_, best_, x_, y_ = args
        large = builder.fcmp_ordered(">=", value_, best_)
        nan = builder.fcmp_unordered("uno", value_, value_)
        return builder.select(builder.or_(large, nan), x_, y_)

    return t(t, t, t, t), codegen


@intrinsic
def store_places(typingctx, kind, places, minus, target, count):
    """Write the first ``count`` lanes of ``places``, less ``minus``, as integers as ``kind``."""
    t = places

    def codegen(context, builder, sig, args):
        _, places_, minus_, target_, count_ = args
        value = _stored(builder, t, kind, places_, minus_)
        pointer = pointer_at(builder, target_, value.type)
        align = ir.Constant(I32, kind.bitwidth // 8)
        mask = mask_of(builder, t, count_)
        function = ir.FunctionType(ir.VoidType(), [value.type, pointer.type, align.type, mask.type])
        name = f"llvm.masked.store.v{t.lanes}i{kind.bitwidth}.p0"
        store = cgutils.get_or_insert_function(builder.module, function, name)
        builder.call(store, [value, pointer, align, mask])
        return context.get_dummy_value()

    return types.void(kind, t, types.intp, types.intp, types.intp), codegen


@intrinsic
def store_whole_places(typingctx, kind, places, minus, target):
    """Write ``places``, less ``minus``, as integers as ``kind``."""
    t = places

    def codegen(context, builder, sig, args):
        _, places_, minus_, target_ = args
        value = _stored(builder, t, kind, places_, minus_)
        pointer = pointer_at(builder, target_, value.type)
        builder.store(value, pointer, align=kind.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(kind, t, types.intp, types.intp), codegen


def _stored(builder, t, kind, places, minus):
    whole = _whole(t)
    minus = minus if whole.element.width == 64 else builder.trunc(minus, whole.element)
    less = builder.sub(builder.bitcast(places, whole), splat_of(builder, whole, minus))
    return _resized(builder, less, ir.IntType(kind.bitwidth))


@intrinsic
def at_place(typingctx, kind, value, source, n, count):
    """The first ``count`` lanes of ``value`` where the integer as ``kind`` at ``source`` is n, else
    0.
    """
    t = value

    def codegen(context, builder, sig, args):
        _, value_, source_, n_, count_ = args
        memory = ir.VectorType(ir.IntType(kind.bitwidth), t.lanes)
        pointer = pointer_at(builder, source_, memory)
        align = ir.Constant(I32, kind.bitwidth // 8)
        mask = mask_of(builder, t, count_)
        zero = ir.Constant(memory, [0] * t.lanes)
        function = ir.FunctionType(memory, [pointer.type, align.type, mask.type, memory])
        name = f"llvm.masked.load.v{t.lanes}i{kind.bitwidth}.p0"
        load = cgutils.get_or_insert_function(builder.module, function, name)
        found = builder.call(load, [pointer, align, mask, zero])
        return _kept(builder, t, value_, found, n_)

    return t(kind, t, types.intp, types.intp, types.intp), codegen


@intrinsic
def at_whole_place(typingctx, kind, value, source, n):
    """The lanes of ``value`` where the integer as ``kind`` at ``source`` is n, else 0."""
    t = value

    def codegen(context, builder, sig, args):
        _, value_, source_, n_ = args
        memory = ir.VectorType(ir.IntType(kind.bitwidth), t.lanes)
        pointer = pointer_at(builder, source_, memory)
        return _kept(builder, t, value_, builder.load(pointer, align=kind.bitwidth // 8), n_)

    return t(kind, t, types.intp, types.intp), codegen


def _kept(builder, t, value, found, n):
    """value where ``found`` is n, which fits its integers, else 0."""
    element = found.type.element
    n = n if element.width == 64 else builder.trunc(n, element)
    same = builder.icmp_unsigned("==", found, splat_of(builder, found.type, n))
    return builder.select(same, value, ir.Constant(vector_of(t), [0.0] * t.lanes))


@intrinsic
def gather(typingctx, like, source, offsets, count):
    """The vector of the first ``count`` numbers as ``like`` at ``source`` + offset, offsets 32-bit
    integers in bytes at the address ``offsets``; other lanes are 0 and not read.
    """
    t = Vector(like, lanes_of(like))

    def codegen(context, builder, sig, args):
        _, source_, offsets_, count_ = args
        small = ir.VectorType(I32, t.lanes)
        table = builder.load(pointer_at(builder, offsets_, small), align=4)
        wide = ir.VectorType(I64, t.lanes)
        places = builder.add(builder.sext(table, wide), splat_of(builder, wide, source_))
        scalar = vector_of(t).element
        pointers = builder.inttoptr(places, ir.VectorType(scalar.as_pointer(), t.lanes))
        mask = mask_of(builder, t, count_)
        zero = ir.Constant(vector_of(t), [0.0] * t.lanes)
        kinds = [pointers.type, I32, mask.type, zero.type]
        name = f"llvm.masked.gather.v{t.lanes}f{t.dtype.bitwidth}.v{t.lanes}p0"
        function = ir.FunctionType(vector_of(t), kinds)
        call = cgutils.get_or_insert_function(builder.module, function, name)
        return builder.call(call, [pointers, ir.Constant(I32, size_of(t)), mask, zero])

    return t(like, types.intp, types.intp, types.intp), codegen
