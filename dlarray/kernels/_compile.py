"""How kernels become machine code: every function once.

Numba makes a library of every function that it compiles, optimizes it, generates its code and
wraps it for Python and C; then the whole of it is linked into each caller, where all of that
happens again.  A convolution is some forty functions, six deep, so nearly all the work was thrown
away.  Here a function that only kernels call stays as Numba lowered it, and the kernel takes in all
of them and is optimized once, with the same passes.

A kernel has one entry for Python, `entry_of`.  It runs the kernel's function for one worker, or
passes its address, and that of its arguments, to `fan_out`, the only parallel loop there is.  A
parallel loop a kernel cost 3-6 times its serial function to compile, and a kernel that was called
with small and large work was compiled twice.
"""

from __future__ import annotations

from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.extending import intrinsic
from numba import _dynfunc

from ._lanes import I64

class _Part(JITCodeLibrary):
    """The code of a function that only kernels call: neither optimized nor made machine code."""

    def finalize(self):
        self._raise_if_finalized()
        self._finalized = True


class _Whole(JITCodeLibrary):
    """The code of a kernel with all that it calls."""

    def finalize(self):
        self._linking_libraries = _all_parts(self._linking_libraries)
        super().finalize()


def _all_parts(libraries):
    found = {}
    stack = list(reversed(libraries))
    while stack:
        library = stack.pop()
        if library not in found:
            found[library] = None
            if isinstance(library, _Part):
                stack += reversed(library._linking_libraries)
    return list(found)


def _no_executable(library, fndesc, env):
    return _dynfunc.make_function(
        fndesc.lookup_module(), fndesc.qualname.split(".")[-1], "", 0, env, (library,)
    )


class PartCompiler(Compiler):
    """Numba's compiler for functions that only kernels call."""

    def compile_extra(self, func):
        codegen = self.state.targetctx.codegen()
        self.state.library = _Part(codegen, func.__qualname__)
        self.state.targetctx.get_executable = _no_executable
        return super().compile_extra(func)


class KernelCompiler(Compiler):
    """Numba's compiler for what Python calls."""

    def compile_extra(self, func):
        codegen = self.state.targetctx.codegen()
        self.state.library = _Whole(codegen, func.__qualname__)
        self.state.library.enable_object_caching()
        return super().compile_extra(func)


# -- one entry for one worker and for many --------------------------------------------------------


@intrinsic
def _call_worker(typingctx, function, data, worker, workers):
    """Call the function at an address, as `_launch` makes it."""

    def codegen(context, builder, sig, args):
        _call_address(context, builder, args[0], args[1:])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, types.intp), codegen


def _call_address(context, builder, address, args):
    """Call a function of three integers that Numba or `_launch` compiled."""
    three = (types.intp,) * 3
    kind = context.call_conv.get_function_type(types.void, three).as_pointer()
    function = address if isinstance(address, ir.Function) else builder.inttoptr(address, kind)
    status, _ = context.call_conv.call_function(builder, function, types.void, three, args)
    with cgutils.if_unlikely(builder, status.is_error):
        context.call_conv.return_status_propagate(builder, status)


@intrinsic(prefer_literal=False)
def _launch(typingctx, body, launcher, workers, args):
    """body(0, 1, *args), or a call of the launcher with what it needs to do that per worker."""
    body_sig = body.get_call_type(typingctx, (types.intp, types.intp, *args), {})

    def codegen(context, builder, sig, values):
        _, launcher_, workers_, packed = values
        worker = _worker_of(context, builder, sig.args[0], body_sig, packed.type)
        place = cgutils.alloca_once_value(builder, packed)
        data = builder.ptrtoint(place, I64)
        zero, one = ir.Constant(I64, 0), ir.Constant(I64, 1)
        alone = builder.icmp_signed("==", launcher_, zero)
        with builder.if_else(alone) as (serially, shared):
            with serially:
                _call_address(context, builder, worker, [data, zero, one])
            with shared:
                address = builder.ptrtoint(worker, I64)
                _call_address(context, builder, launcher_, [address, data, workers_])
        return context.get_dummy_value()

    return types.void(body, types.intp, types.intp, args), codegen


def _worker_of(context, builder, body, body_sig, packed):
    """The function (address of arguments, worker, workers) that calls the body."""
    kind = context.call_conv.get_function_type(types.void, (types.intp,) * 3)
    name = builder.module.get_unique_name(builder.function.name + ".worker")
    function = ir.Function(builder.module, kind, name)
    function.linkage = "internal"
    inside = ir.IRBuilder(function.append_basic_block("entry"))
    data, worker, workers = function.args[-3:]
    values = inside.load(inside.inttoptr(data, packed.as_pointer()))
    args = [worker, workers, *cgutils.unpack_tuple(inside, values)]
    context.get_function(body, body_sig)(inside, args)
    context.call_conv.return_value(inside, context.get_dummy_value())
    return function


def entry_of(body, options):
    """The function of (launcher, workers, *args) that Python calls: without a launcher, 0, it is
    body(0, 1, *args).
    """

    @njit(pipeline_class=KernelCompiler, no_cfunc_wrapper=True, **options)
    def entry(launcher, workers, *args):
        _launch(body, launcher, workers, args)

    return entry


def fan_out(options):
    """The function of (address, data, workers) that shares a kernel's workers among threads."""

    @njit(parallel=True, no_cfunc_wrapper=True, **options)
    def fan_out(function, data, workers):
        for worker in prange(workers):
            _call_worker(function, data, worker, workers)

    return fan_out


def address_of(dispatcher, args):
    """The address of a compiled function, which Numba's code can call while the function lives."""
    dispatcher.compile(args)
    result = dispatcher.overloads[args]
    return result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
