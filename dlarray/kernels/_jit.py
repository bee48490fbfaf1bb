"""How kernels are compiled and shared among threads: the one place that knows.

``kernel`` makes the functions that drivers call; ``device`` the ones that kernels call.  A kernel
is written as the work of one of several workers::

    @kernel
    def double(worker, workers, x, y):
        for i in range(worker * len(x) // workers, (worker + 1) * len(x) // workers):
            y[i] = 2 * x[i]

    double(workers(nbytes=x.nbytes), x, y)

One compiled function runs it for one worker and for many (`_compile`), so the bits cannot depend
on the number of threads as long as every output element has one writer and sums are split by the
problem's size only.

Nothing is compiled before the first call.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np

from ._background import in_background
from ._cache import KernelCache
from ._compile import Part, entry_of, fan_out, launcher_of
from .threads import available, launching

# No fast-math flag: NaN and Inf must come out, and reassociation gives two copies of a body
# different bits.  And no counting of references: drivers hold all arrays that kernels see.  Numba
# would count those of each part that is called with an array, all workers at one place in memory:
# on two threads that took 57 us to 87 in the channel-wise kernel, or not, from one run to the next.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": False,
    "_nrt": False,
}

# Sharing pays once the serial run takes longer than a few launches of the threading layer: 1.9 us
# on omp and tbb, 118 us on workqueue (measured on two cores with an empty kernel).
_MIN_SHARED_NS = {"omp": 15_000, "tbb": 15_000, "workqueue": 500_000}

# Rates that turn work into time, for that decision only: one core, conservative.
_FLOP_PER_NS = 60.0
_BYTES_PER_NS = 10.0


class _State(threading.local):
    dry = False
    fewest = 1  # workers of small work


_state = _State()


@contextmanager
def dry_run() -> Iterator[None]:
    """Within the block drivers launch and compile nothing: results have their sizes and are zero.

    That is how a network learns the sizes of its layers.
    """
    before, _state.dry = _state.dry, True
    try:
        yield
    finally:
        _state.dry = before


def is_dry() -> bool:
    """Whether this thread is in a `dry_run`."""
    return _state.dry


@contextmanager
def all_shared() -> Iterator[None]:
    """Within the block work of any size that this thread calls has two workers, so that what only
    large work needs is compiled too.
    """
    before, _state.fewest = _state.fewest, 2
    try:
        yield
    finally:
        _state.fewest = before


def device(function):
    """Compile a function that only kernels call."""
    return Part(function, OPTIONS)


class Kernel:
    """A compiled function of ``(worker, workers, *args)``; see the module's text."""

    def __init__(self, function) -> None:
        self.module: str = function.__module__
        self.name = f"{self.module.rpartition('.')[2]}.{function.__qualname__}"
        self.__doc__ = function.__doc__
        self._function = function

    def __getattr__(self, name: str) -> Any:
        """Make ``entry``, the compiled function of (launcher, workers, *args), at its first use."""
        if name != "entry":
            raise AttributeError(name)
        made = in_background(self._make_entry)
        return self.__dict__.setdefault(name, made)  # no lock, which a forked child could inherit

    def _make_entry(self):
        if numba.config.DISABLE_JIT:
            raise RuntimeError(
                "dlarray: kernels are not Python and have to be compiled, but the variable "
                "NUMBA_DISABLE_JIT forbids that. Unset it."
            )
        return _cached(entry_of(self._function, OPTIONS), self.name)

    def __call__(self, workers: int, *args) -> None:
        if _state.dry:
            return
        if workers == 1:
            self.entry(0, 1, *args)
        elif launching.locked():  # by another Python thread; or nothing is shared in this process
            self.entry(0, workers, *args)
        else:
            with launching:  # a Ctrl-C never leaves this one closed, as an `acquire` could
                self.entry(_launcher(), workers, *args)


def kernel(function) -> Kernel:
    """Decorator: a kernel from the function that does one worker's share."""
    return Kernel(function)


def _cached(dispatcher, name: str):
    dispatcher._cache = KernelCache(dispatcher.py_func, name)
    dispatcher.compile = functools.partial(in_background, dispatcher.compile)
    return dispatcher


@functools.cache
def _fan_out():
    return _cached(fan_out(OPTIONS), "fan_out")


@functools.cache
def _launcher() -> int:
    """What shares the workers of all kernels among threads: an address."""
    return in_background(lambda: launcher_of(_fan_out()))


def workers(*, flops: float = 0.0, nbytes: float = 0.0) -> int:
    """Among how many threads work of this size is shared: 1, or all that may be used now."""
    nanoseconds = max(flops / _FLOP_PER_NS, nbytes / _BYTES_PER_NS)
    if nanoseconds < _MIN_SHARED_NS["omp"]:
        return _state.fewest
    threads = available()
    if threads == 1 or nanoseconds < _MIN_SHARED_NS[numba.threading_layer()]:
        return _state.fewest
    return threads


def canonical(array: np.ndarray) -> np.ndarray:
    """The array as kernels take it: C-contiguous, aligned, native, and not marked read-only, which
    would be another type to Numba; or a copy.

    No kernel writes to what it was given to read, so memory that must not be written to needs no
    copy: 30 us for 1 MB, and none of a file that is mapped.
    """
    flags = array.flags
    if flags.c_contiguous and flags.aligned and array.dtype.isnative:
        return array if flags.writeable else np.asarray(_Unmarked(array))
    copy = np.empty(array.shape, array.dtype.newbyteorder("="))
    copy[...] = array
    return copy


class _Unmarked:
    """The memory of an array without the mark that it is read-only; keeps the array alive."""

    def __init__(self, array: np.ndarray) -> None:
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.array, self.__array_interface__ = array, interface
