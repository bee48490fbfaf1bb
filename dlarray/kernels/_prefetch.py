"""Reading ahead, for kernels that go over a block in cache while the next one is still in memory.

A kernel that reads memory, then computes in cache, then reads on, leaves the memory idle half of
the time: the processor's own prefetchers stop with the reads.  Asking for the next block while
computing took layer normalization's gradient of 16 MiB from 2.1 ms to 1.5 ms on one thread.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ._jit import device

CACHE_LINE = 64  # bytes

_I32 = ir.IntType(32)
_I8P = ir.IntType(8).as_pointer()


def emit_prefetch(context, builder, address, writing):
    """Emit `prefetch`, or `prefetch_to_write`."""
    kind = ir.FunctionType(ir.VoidType(), [_I8P, _I32, _I32, _I32])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    flags = [ir.Constant(_I32, n) for n in (writing, 3, 1)]  # ..., to stay, data
    builder.call(function, [builder.inttoptr(address, _I8P), *flags])
    return context.get_dummy_value()


@intrinsic
def prefetch(typingctx, source):
    """Ask for the cache line at an address, for reading; one that is not ours does no harm."""
    return types.void(types.intp), lambda context, builder, sig, args: emit_prefetch(
        context, builder, args[0], 0
    )


@intrinsic
def prefetch_to_write(typingctx, target):
    """Ask for the cache line at an address, for writing."""
    return types.void(types.intp), lambda context, builder, sig, args: emit_prefetch(
        context, builder, args[0], 1
    )


@device
def prefetch_all(start, nbytes):
    """Ask for what lies in so many bytes from an address on."""
    for line in range(start, start + nbytes, CACHE_LINE):
        prefetch(line)
