"""Constants and bits of vectors, for functions that are written once for both types.

``Numbers(single=(...), double=(...))`` is a compile-time constant of kernels: the digits, and how
many of them, that each type needs.  Powers of two are made from bits: ``rounded`` adds 1.5 * 2^m to
a number, m the bits of its fraction, after which the low bits are those of the nearest integer and
no conversion to integers is needed, which LLVM leaves undefined for NaN and vectors lack for double
precision.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_constant
from numba.extending import intrinsic, models, register_model, typeof_impl

from ._lanes import HAS_SCALEF, Vector, call_vector, lanes_of, vector_of


class Numbers:
    """The coefficients of a polynomial, lowest first, or one number, as each type has them."""

    def __init__(self, single: tuple[float, ...], double: tuple[float, ...]) -> None:
        self.single, self.double = single, double

    @classmethod
    def same(cls, value: float) -> Numbers:
        """One number for both types."""
        return cls((value,), (value,))

    def of(self, dtype) -> tuple[float, ...]:
        """The numbers for a Numba type."""
        return self.single if dtype == types.float32 else self.double


class _NumbersType(types.Type):
    def __init__(self, numbers):
        self.numbers = numbers
        super().__init__(name=f"Numbers({numbers.single},{numbers.double})")


register_model(_NumbersType)(models.OpaqueModel)


@typeof_impl.register(Numbers)
def _type_of_numbers(value, context):
    return _NumbersType(value)


@lower_constant(_NumbersType)
def _constant_numbers(context, builder, t, value):
    return context.get_dummy_value()


class _Bits(NamedTuple):
    """How a type stores its numbers."""

    fraction: int  # bits of the fraction
    vector: ir.VectorType  # integers of the same width
    magic: float  # 1.5 * 2^fraction
    one: int  # the bits of 1.0
    low: int  # the bits of sqrt(1/2), the least fraction that `fraction_of` gives


def _bits_of(t):
    single = t.dtype == types.float32
    fraction = 23 if single else 52
    real, whole = (np.float32, np.int32) if single else (np.float64, np.int64)
    vector = ir.VectorType(ir.IntType(t.dtype.bitwidth), t.lanes)
    one, low = (int(real(x).view(whole)) for x in (1.0, np.sqrt(0.5)))
    return _Bits(fraction, vector, 1.5 * 2.0**fraction, one, low)


def _copies(vector, value):
    return ir.Constant(vector, [value] * vector.count)


def _integer(builder, t, value):
    """The integer in a `rounded` number, and how the type stores it."""
    bits = _bits_of(t)
    magic = builder.bitcast(_copies(vector_of(t), bits.magic), bits.vector)
    return builder.sub(builder.bitcast(value, bits.vector), magic), bits


def _power_of_two(builder, t, exponent, bits):
    raised = builder.shl(exponent, _copies(bits.vector, bits.fraction))
    return builder.bitcast(builder.add(raised, _copies(bits.vector, bits.one)), vector_of(t))


@intrinsic
def constant(typingctx, x, numbers):
    """A vector like x of the one number."""
    t, value = x, numbers.numbers.of(x.dtype)[0]
    return x(x, numbers), lambda context, builder, sig, args: _copies(vector_of(t), value)


@intrinsic
def constant_like(typingctx, like, numbers):
    """A vector of the one number, in the type of the number ``like``."""
    t, value = Vector(like, lanes_of(like)), numbers.numbers.of(like)[0]
    return t(like, numbers), lambda context, builder, sig, args: _copies(vector_of(t), value)


SPLIT = 6  # coefficients from which a polynomial is two shorter ones


@intrinsic
def polynomial(typingctx, x, numbers):
    """The polynomial in x.

    A long one as even(x^2) + x odd(x^2), each by Horner's rule: half as many multiply-adds wait for
    each other.
    """
    t, coefficients = x, numbers.numbers.of(x.dtype)

    def codegen(context, builder, sig, args):
        def horner(v, terms):
            value = _copies(vector_of(t), terms[-1])
            for term in terms[-2::-1]:
                value = call_vector(builder, t, "fma", [value, v, _copies(vector_of(t), term)])
            return value

        if len(coefficients) < SPLIT:
            return horner(args[0], coefficients)
        square = builder.fmul(args[0], args[0])
        even, odd = horner(square, coefficients[::2]), horner(square, coefficients[1::2])
        return call_vector(builder, t, "fma", [odd, args[0], even])

    return x(x, numbers), codegen


@intrinsic
def rounded(typingctx, x, factor):
    """x * factor, rounded to an integer n, as n + 1.5 * 2^m; |n| < 2^(m-1)."""
    t = x

    def codegen(context, builder, sig, args):
        return call_vector(builder, t, "fma", [*args, _copies(vector_of(t), _bits_of(t).magic)])

    return x(x, x), codegen


@intrinsic
def whole(typingctx, n):
    """The number n itself of a `rounded` one."""
    t = n

    def codegen(context, builder, sig, args):
        return builder.fsub(args[0], _copies(vector_of(t), _bits_of(t).magic))

    return n(n), codegen


@intrinsic
def power_of_two(typingctx, n):
    """2^n of a `rounded` n whose power is a normal number."""
    t = n
    return n(n), lambda context, builder, sig, args: _power_of_two(
        builder, t, *_integer(builder, t, args[0])
    )


@intrinsic
def raised(typingctx, x, n):
    """x * 2^n of a `rounded` n, where that is a normal number."""
    t = x

    def codegen(context, builder, sig, args):
        bits = _bits_of(t)
        power = builder.bitcast(args[1], bits.vector)
        raised = builder.shl(power, _copies(bits.vector, bits.fraction))  # drops the 1.5 * 2^m
        value = builder.add(builder.bitcast(args[0], bits.vector), raised)
        return builder.bitcast(value, vector_of(t))

    return x(x, x), codegen


def _scaled_at_once(builder, t, x, n):
    """`scaled` by the one instruction that AVX-512 has: softmax took 0.83 of the time."""
    vector, mask = vector_of(t), ir.IntType(t.lanes)
    kind = ir.FunctionType(vector, [vector, vector, vector, mask, ir.IntType(32)])
    name = "llvm.x86.avx512.mask.scalef." + ("ps.512" if t.dtype == types.float32 else "pd.512")
    whole_n = builder.fsub(n, _copies(vector, _bits_of(t).magic))
    every, as_is = ir.Constant(mask, -1), ir.Constant(ir.IntType(32), 4)  # lanes, rounding mode
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, [x, whole_n, x, every, as_is])


@intrinsic
def scaled(typingctx, x, n):
    """x * 2^n of a `rounded` n, rounded once, also where it overflows or is denormal; x about 1."""
    t = x

    def codegen(context, builder, sig, args):
        if HAS_SCALEF and t.lanes * t.dtype.bitwidth == 512:
            return _scaled_at_once(builder, t, *args)
        exponent, bits = _integer(builder, t, args[1])
        half = builder.ashr(exponent, _copies(bits.vector, 1))
        raised = builder.shl(half, _copies(bits.vector, bits.fraction))
        value = builder.add(builder.bitcast(args[0], bits.vector), raised)
        other = _power_of_two(builder, t, builder.sub(exponent, half), bits)
        return builder.fmul(builder.bitcast(value, vector_of(t)), other)

    return x(x, x), codegen


@intrinsic
def exponent_of(typingctx, x):
    """n, where x = f * 2^n with f from sqrt(1/2) on and below sqrt(2); x is positive and normal."""
    t = x

    def codegen(context, builder, sig, args):
        bits = _bits_of(t)
        above = builder.sub(builder.bitcast(args[0], bits.vector), _copies(bits.vector, bits.low))
        exponent = builder.ashr(above, _copies(bits.vector, bits.fraction))
        magic = _copies(vector_of(t), bits.magic)
        number = builder.add(exponent, builder.bitcast(magic, bits.vector))
        return builder.fsub(builder.bitcast(number, vector_of(t)), magic)

    return x(x), codegen


@intrinsic
def fraction_of(typingctx, x):
    """f of `exponent_of`."""
    t = x

    def codegen(context, builder, sig, args):
        bits = _bits_of(t)
        low = _copies(bits.vector, bits.low)
        above = builder.sub(builder.bitcast(args[0], bits.vector), low)
        kept = builder.and_(above, _copies(bits.vector, (1 << bits.fraction) - 1))
        return builder.bitcast(builder.add(kept, low), vector_of(t))

    return x(x), codegen
