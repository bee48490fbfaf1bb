"""Whether a kernel may be shared among threads now, and among how many.

One shared launch at a time: what another Python thread calls meanwhile it computes by itself, with
the same bits.  So kernels in a thread pool never nest, and never launch twice at once, which ends
the process on Numba's workqueue layer.  And each Python thread that calls kernels has one thread
less for the others to share: with four callers on two cores, launches in turn took 1.5 times, and
launches beside each other 1.4 times as long as four that share nothing.

A forked child has its parent's threading layer but not the threads: GNU OpenMP ends such a child at
its first launch.  There every kernel runs on the calling thread, if the parent had started the
layer.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numba
from numba.core.compiler_lock import global_compiler_lock
from numba.np.ufunc import parallel

from ._cache_folder import warn_once

# Held during a shared launch, and for ever where nothing may be shared.
launching = threading.Lock()


class _Process:
    """What holds for all Python threads."""

    number: int | None = None  # what `set_threads` set
    changes = 0  # how often it did
    count: Callable[[], int] | None = None  # Numba's own function, once the layer is started
    begun = False  # the layer is started, or about to be
    serial = False  # nothing may be shared


class _Local(threading.local):
    changes = -1  # what this Python thread has seen of `_Process.changes`
    blocks = 0  # of `threads`, in which it is


_local = _Local()
_starting = threading.Lock()
_calls: dict[int, int] = {}  # when Python threads, by number, last called `available`
_CALLER_NS = 20_000_000  # so long one counts as a caller


def available() -> int:
    """How many threads a launch may use now; starts the threading layer."""
    _calls[threading.get_ident()] = now = time.monotonic_ns()
    if launching.locked():
        return 1
    if _local.changes != _Process.changes:
        _prepare()
    if _Process.count is None:
        return 1
    number = _Process.count()
    return number if len(_calls) == 1 else max(1, number - _other_callers(now))


def _other_callers(now: int) -> int:
    for caller, called in list(_calls.items()):
        if now - called > _CALLER_NS:
            _calls.pop(caller, None)
    return len(_calls) - 1


def max_threads() -> int:
    """The most threads that there can be in this process."""
    return int(numba.config.NUMBA_NUM_THREADS)


def get_threads() -> int:
    """The number of threads for kernels that this Python thread calls; starts nothing."""
    if _Process.serial:
        return 1
    seen = _local.blocks or _local.changes == _Process.changes
    if seen and _Process.count is not None:
        return _Process.count()
    return _Process.number or max_threads()


def set_threads(number: int) -> None:
    """Set the number of threads for all Python threads, but not in their blocks of `threads`."""
    _Process.number = number
    _Process.changes += 1


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Within the block kernels that this Python thread calls use so many threads."""
    _prepare()
    if _Process.count is None:
        yield
        return
    before, changes = _Process.count(), _Process.changes
    _local.blocks += 1
    parallel._set_num_threads(number)
    try:
        yield
    finally:
        _local.blocks -= 1
        parallel._set_num_threads(before)
        _local.changes = changes  # what was set meanwhile comes with the next call


def _prepare() -> None:
    """Start the layer, and give this Python thread the number of threads that was set."""
    changes = _Process.changes
    if not _Process.serial and max_threads() > 1:
        if _local.changes < 0:  # GNU OpenMP starts threads of its own for each Python thread
            _start()
        if _Process.count is not None and _Process.number is not None and not _local.blocks:
            parallel._set_num_threads(_Process.number)
    _local.changes = changes


def _start() -> None:
    with _starting:
        _Process.begun = True
        if not _can_start(max_threads() - 1):
            warn_once(
                "threads",
                f"dlarray: the system does not let this process start {max_threads()} threads, so "
                "kernels run on one. See `ulimit -u` and `ulimit -v`, or set NUMBA_NUM_THREADS.",
            )
            _stay_serial()
        elif _Process.count is None:
            _load_layer()
            _Process.count = parallel._get_num_threads


def _can_start(number: int) -> bool:
    """Whether the system gives so many threads: where it does not GNU OpenMP ends the process."""
    end = threading.Event()
    started = []
    try:
        for _ in range(number):
            thread = threading.Thread(target=end.wait, daemon=True)
            thread.start()
            started.append(thread)
    except (RuntimeError, MemoryError):
        return False
    finally:
        end.set()
        for thread in started:
            thread.join()
    return True


# -- threading layers


def _load_layer() -> None:
    chosen = str(numba.config.THREADING_LAYER).lower()
    if chosen not in ("omp", "workqueue"):  # any other may be tbb to Numba
        _find_tbb()
    try:
        numba.get_num_threads()
    except ValueError:
        raise RuntimeError(
            f'Numba finds no threading layer for NUMBA_THREADING_LAYER="{chosen}"; here '
            f"are {', '.join(present_layers())}. Choose one of these, or do not set it."
        ) from None


def _find_tbb() -> None:
    """Load the library that `pip install tbb` puts where the system does not look."""
    path = Path(sys.prefix) / "lib" / "libtbb.so.12"
    if path.is_file():
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)


def layer() -> str:
    """The name of the layer; "none" before it is started and where nothing is shared."""
    return "none" if _Process.count is None else str(numba.threading_layer())


def present_layers() -> list[str]:
    """Numba's threading layers that can be used here, the better first."""
    layers = ["workqueue"]
    with contextlib.suppress(ImportError):
        from numba.np.ufunc import omppool  # noqa: F401

        layers.insert(0, "omp")
    with contextlib.suppress(ImportError):
        _find_tbb()
        parallel._check_tbb_version_compatible()
        from numba.np.ufunc import tbbpool  # noqa: F401

        layers.insert(0, "tbb")
    return layers


# -- forks


def _stay_serial() -> None:
    _Process.serial = True
    launching.acquire(blocking=False)  # held by a thread that the child does not have: the same


def _after_fork_in_child() -> None:
    global_compiler_lock.release()
    if _Process.begun or parallel._is_initialized:
        _stay_serial()


if hasattr(os, "register_at_fork"):
    # A child of a process that is compiling could not compile: its copy of the lock stays closed.
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=_after_fork_in_child,
    )
