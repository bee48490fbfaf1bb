"""Vectors of the host: their width, their Numba types, and how LLVM code for them is emitted.

``Vector(dtype, lanes)`` is one vector, ``Tile(dtype, lanes, rows, vecs)`` the accumulators of a
micro-kernel.  `_simd` holds the operations on vectors, `_register_tile` those on tiles.
"""

from __future__ import annotations

import os
import platform

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.imputils import lower_constant
from numba.extending import models, register_model, typeof_impl

I8P = ir.IntType(8).as_pointer()
I32 = ir.IntType(32)
I64 = ir.IntType(64)


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
    features = _features()
    if {"+avx512f", "+avx512vl"} <= features:
        return 16
    return 8 if {"+avx2", "+fma"} <= features else 4


def _features() -> set[str]:
    """What the processor can do, as LLVM names it."""
    if config.CPU_NAME not in (None, "host"):  # NUMBA_CPU_NAME: that CPU, not this one
        return set((config.CPU_FEATURES or "").split(","))
    return {f"+{name}" for name, present in llvm.get_host_cpu_features().items() if present}


LANES = host_lanes()

HAS_SCALEF = "+avx512f" in _features()  # x * 2^n for vectors, in one instruction


class TileShape:
    """Rows and vectors of a tile, and the terms of the sum in a vector side by side (`_pair_tile`):
    a compile-time constant of kernels.
    """

    def __init__(self, rows: int, vecs: int, terms: int = 1) -> None:
        self.rows, self.vecs, self.terms = rows, vecs, terms


# 8 x 2 accumulators + 2 operands fit the 32 registers of AVX-512 and NEON and leave the loads below
# two a cycle; 12 x 2 is 1 % faster on long runs (248 against 245 GFLOP/s on one Zen 5 core) but
# wastes more on the short lengths that sequences have.  16 registers hold 6 x 2.  With one vector a
# row, loads are the limit, n rows reach n/(n+1) of the peak, and THIN has more of them; TAIL is for
# the last columns beside wide tiles.  Three vectors a row of pairs need 32 registers.
MR = 8 if LANES == 16 or platform.machine() in ("arm64", "aarch64") else 6
WIDE = TileShape(MR, 2)
THIN = TileShape(2 * MR, 1)
TAIL = TileShape(MR, 1)
PAIRED, PAIRED_WIDE = TileShape(MR, 1, 2), TileShape(MR, 2, 2)
PAIRED_TRIPLE = TileShape(MR, 3, 2) if MR == 8 else None
DOUBLED_TRIPLE = TileShape(MR // 2, 3, 2)


class TileShapeType(types.Type):
    """The Numba type of one `TileShape`."""

    def __init__(self, rows, vecs, terms):
        self.rows, self.vecs, self.terms = rows, vecs, terms
        super().__init__(name=f"TileShape({rows},{vecs},{terms})")


register_model(TileShapeType)(models.OpaqueModel)


@typeof_impl.register(TileShape)
def _type_of_shape(value, context):
    return TileShapeType(value.rows, value.vecs, value.terms)


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


def scalar_of(t):
    return ir.FloatType() if t.dtype == types.float32 else ir.DoubleType()


def vector_of(t):
    return ir.VectorType(scalar_of(t), t.lanes)


def size_of(t):
    return t.dtype.bitwidth // 8


def lanes_of(dtype):
    return LANES * 32 // dtype.bitwidth


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, vector_of(t))


@register_model(Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, ir.ArrayType(vector_of(t), t.rows * t.vecs))


# -- emitting LLVM --------------------------------------------------------------------------------


def pointer_at(builder, address, pointee, offset=None):
    """Pointer to ``pointee`` at an address in bytes."""
    pointer = builder.inttoptr(address, I8P)
    if offset is not None:
        pointer = builder.gep(pointer, [offset])
    return builder.bitcast(pointer, pointee.as_pointer())


def splat_of(builder, vector, scalar):
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
    return builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(I32, vector.count), [0] * vector.count)
    )


def call_vector(builder, t, name, args):
    """Call an LLVM vector intrinsic whose arguments and result are vectors of ``t``."""
    vector = vector_of(t)
    signature = ir.FunctionType(vector, [vector] * len(args))
    suffix = f"v{t.lanes}f{t.dtype.bitwidth}"
    return builder.call(
        cgutils.get_or_insert_function(builder.module, signature, f"llvm.{name}.{suffix}"), args
    )


def mask_of(builder, t, count):
    """Vector of bits, true in the first ``count`` lanes."""
    lanes = ir.VectorType(I64, t.lanes)
    return builder.icmp_signed(
        "<", ir.Constant(lanes, list(range(t.lanes))), splat_of(builder, lanes, count)
    )


def masked_load(builder, t, pointer, mask):
    vector = vector_of(t)
    signature = ir.FunctionType(vector, [vector.as_pointer(), I32, mask.type, vector])
    name = f"llvm.masked.load.v{t.lanes}f{t.dtype.bitwidth}.p0"
    load = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(
        load, [pointer, ir.Constant(I32, size_of(t)), mask, ir.Constant(vector, [0.0] * t.lanes)]
    )


def masked_store(builder, t, value, pointer, mask):
    vector = vector_of(t)
    signature = ir.FunctionType(ir.VoidType(), [vector, vector.as_pointer(), I32, mask.type])
    name = f"llvm.masked.store.v{t.lanes}f{t.dtype.bitwidth}.p0"
    store = cgutils.get_or_insert_function(builder.module, signature, name)
    builder.call(store, [value, pointer, ir.Constant(I32, size_of(t)), mask])
