"""How kernels become machine code: every function once.

Numba makes a library of every function that it compiles, optimizes it, generates machine code for
it and wraps it for Python and C; then the whole of it is linked into each caller, where all of that
happens again.  A convolution is some thirty functions, six deep, so most of the work was thrown
away.  Here a function that only kernels call, a part, stays as Numba lowered it; the kernel takes
in all its parts and is optimized once, with the same passes.

A kernel has one entry for Python, `entry_of`.  It calls the kernel's function for each worker in
turn, or passes its address, and that of the arguments, to `fan_out`, the only parallel loop there
is.  With a parallel loop a kernel, and another function for one worker, the first step of the
network in ``dlarray demo`` compiled for 33 s; this way it takes about half of that
(``bench/results/cold.md``), most of it for Numba's types and lowering.
"""

from __future__ import annotations

import inspect
from typing import Any

from llvmlite import ir
from numba import _dynfunc, njit, prange, types
from numba.core import cgutils
from numba.core.callconv import RETCODE_OK, errcode_t, excinfo_ptr_t
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.dispatcher import Dispatcher
from numba.core.registry import CPUDispatcher
from numba.extending import intrinsic

from ._lanes import I64
from .compilation import compiling, notice

# -- parts and wholes -----------------------------------------------------------------------------


class _PartLibrary(JITCodeLibrary):
    """The code of one part, as it was lowered, and without the parts that it calls."""

    def finalize(self):
        self._raise_if_finalized()
        self._finalized = True


class _WholeLibrary(JITCodeLibrary):
    """The code of a kernel with all its parts."""

    def finalize(self):
        self._linking_libraries = _with_parts(self._linking_libraries)
        super().finalize()


def _with_parts(libraries):
    """Libraries and all that parts among them call, each once and behind all that call it: LLVM
    leaves out a function that nothing linked so far calls.
    """
    found = {}  # in the order in which they were left

    def visit(library):
        if library not in found:
            if isinstance(library, _PartLibrary):
                for called in library._linking_libraries[::-1]:
                    visit(called)
            found[library] = True

    for library in libraries[::-1]:
        visit(library)
    return list(found)[::-1]


def _no_executable(library, fndesc, env):
    """What Numba keeps of a compiled function to call it from Python, which nobody does."""
    name = fndesc.qualname.split(".")[-1]
    return _dynfunc.make_function(fndesc.lookup_module(), name, "", 0, env, (library,))


class _PartCompiler(Compiler):
    def compile_extra(self, func):
        target = self.state.targetctx  # made for this function alone
        self.state.library = _PartLibrary(target.codegen(), func.__qualname__)
        target.get_executable = _no_executable
        notice()
        return super().compile_extra(func)


class _WholeCompiler(Compiler):
    def compile_extra(self, func):
        codegen = self.state.targetctx.codegen()
        self.state.library = _WholeLibrary(codegen, func.__qualname__)
        self.state.library.enable_object_caching()
        with compiling(f"{func.__module__}.{func.__qualname__}", str(self.state.args)):
            return super().compile_extra(func)


class Part(CPUDispatcher):
    """A compiled function that only kernels call."""

    def __init__(self, function, options: dict[str, Any]) -> None:
        own = {"nopython": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        super().__init__(function, targetoptions=own | options, pipeline_class=_PartCompiler)

    def get_call_template(self, args, kws):
        """Types of the numbers that are written in a call are those of all other numbers."""
        plain = {name: types.unliteral(t) for name, t in kws.items()}
        return super().get_call_template([types.unliteral(t) for t in args], plain)

    def __call__(self, *args, **kws):
        raise TypeError(f"{self.py_func.__qualname__} is a part of kernels; only they can call it.")


def whole(function, options: dict[str, Any]) -> Dispatcher:
    """Compile a function that Python calls, with its parts."""
    return njit(pipeline_class=_WholeCompiler, no_cfunc_wrapper=True, **options)(function)


# -- one entry for one worker and for many --------------------------------------------------------

# What a launch hands on: what a worker raised, a code and where it is told, and the arguments.

_THREE = (types.intp,) * 3
_RAISED = (errcode_t, excinfo_ptr_t)


@intrinsic
def _call(typingctx, function, data, worker, workers):
    """Call a function that `_launch` made, at an address, and note in the data what it raises: in
    another thread nobody would see it.
    """

    def codegen(context, builder, sig, args):
        kind = context.call_conv.get_function_type(types.void, _THREE).as_pointer()
        status = _call_three(context, builder, builder.inttoptr(args[0], kind), args[1:])
        with cgutils.if_unlikely(builder, status.is_error):
            raised = builder.inttoptr(args[1], ir.LiteralStructType(_RAISED).as_pointer())
            builder.store(status.excinfoptr, cgutils.gep_inbounds(builder, raised, 0, 1))
            builder.store(status.code, cgutils.gep_inbounds(builder, raised, 0, 0))
        return context.get_dummy_value()

    return types.void(types.intp, *_THREE), codegen


def _call_three(context, builder, function, args):
    """Call a function of three integers."""
    return context.call_conv.call_function(builder, function, types.void, _THREE, args)[0]


def _pass_on(context, builder, status):
    """Raise what the status says, if it says so."""
    with cgutils.if_unlikely(builder, status.is_error):
        context.call_conv.return_status_propagate(builder, status)


@intrinsic
def _launch(typingctx, body, launcher, workers, args):
    """body(worker, workers, *args) for each worker, in turn, or by the launcher at an address."""
    body_sig = body.get_call_type(typingctx, (types.intp, types.intp, *args), {})

    def codegen(context, builder, sig, values):
        _, launcher_, workers_, packed = values
        handed = ir.LiteralStructType((*_RAISED, packed.type))
        function = _worker_of(context, builder, sig.args[0], body_sig, handed)
        place = cgutils.alloca_once(builder, handed)
        builder.store(packed, cgutils.gep_inbounds(builder, place, 0, 2))
        data = builder.ptrtoint(place, I64)
        in_turn = builder.icmp_signed("==", launcher_, ir.Constant(I64, 0))
        with builder.if_else(in_turn) as (here, shared):
            with here, cgutils.for_range(builder, workers_, intp=I64) as loop:
                status = _call_three(context, builder, function, [data, loop.index, workers_])
                _pass_on(context, builder, status)
            with shared:
                code, told = (cgutils.gep_inbounds(builder, place, 0, i) for i in (0, 1))
                builder.store(RETCODE_OK, code)
                work = [builder.ptrtoint(function, I64), data, workers_]
                address = builder.inttoptr(launcher_, function.type)
                _pass_on(context, builder, _call_three(context, builder, address, work))
                raised = builder.load(code), builder.load(told)
                _pass_on(context, builder, context.call_conv._get_return_status(builder, *raised))
        return context.get_dummy_value()

    return types.void(body, types.intp, types.intp, args), codegen


def _worker_of(context, builder, body, body_sig, handed):
    """The function (address of what is handed on, worker, workers) that calls the body."""
    kind = context.call_conv.get_function_type(types.void, _THREE)
    name = builder.module.get_unique_name(builder.function.name + ".worker")
    function = ir.Function(builder.module, kind, name)
    function.linkage = "internal"
    inside = ir.IRBuilder(function.append_basic_block("entry"))
    data, worker, workers = function.args[-3:]
    place = inside.inttoptr(data, handed.as_pointer())
    args = inside.load(cgutils.gep_inbounds(inside, place, 0, 2))
    args = [worker, workers, *cgutils.unpack_tuple(inside, args)]
    context.get_function(body, body_sig)(inside, args)
    context.call_conv.return_value(inside, context.get_dummy_value())
    return function


def entry_of(function, options: dict[str, Any]) -> Dispatcher:
    """The compiled function of (launcher, workers, *args) that Python calls: it calls
    function(worker, workers, *args) for each worker, in turn where the launcher is 0.
    """
    # By their names, because for *args Numba makes a tuple and finds its type: 0.3 us more a call.
    names = ", ".join(list(inspect.signature(function).parameters)[2:])
    code = f"def entry(launcher, workers, {names}): _launch(body, launcher, workers, ({names},))"
    space = {"__name__": __name__, "_launch": _launch, "body": Part(function, options)}
    exec(compile(code, function.__code__.co_filename, "exec"), space)
    entry = space["entry"]
    entry.__module__, entry.__qualname__ = function.__module__, function.__qualname__
    return whole(entry, options)


def fan_out(options: dict[str, Any]) -> Dispatcher:
    """The compiled function of (function, data, workers), addresses and a number, that shares the
    workers of a kernel among threads.
    """

    def fan_out(function, data, workers):
        for worker in prange(workers):
            _call(function, data, worker, workers)

    return njit(parallel=True, no_cfunc_wrapper=True, **options)(fan_out)


def launcher_of(fan_out: Dispatcher) -> int:
    """The address of `fan_out`, compiled; it lives as long as its dispatcher."""
    fan_out.compile(_THREE)
    compiled = fan_out.overloads[_THREE]
    address: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
    return address
