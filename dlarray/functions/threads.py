"""How many threads compute."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, ContextDecorator
from typing import Any

from .._checks import integer
from ..kernels.threads import get_threads, max_threads, set_threads, threads


def setNumThreads(n: int) -> None:
    """Set the number of threads that computations may use, for all threads of Python.

    At the start it is the number of processors, or that of the environment variable
    NUMBA_NUM_THREADS, which is also the most there can be. No number changes a bit of a result.
    While several threads of Python compute, each takes one thread from the others.

    Parameters
    ----------
    n : the number of threads, an integer from 1.

    Raises
    ------
    ValueError : not such a number.

    Examples
    --------
    >>> before = getNumThreads()
    >>> setNumThreads(1)
    >>> getNumThreads()
    1
    >>> setNumThreads(before)

    See Also
    --------
    getNumThreads, numThreads
    """
    set_threads(_checked("setNumThreads", n))


def getNumThreads() -> int:
    """The number of threads that a computation of this thread of Python may use.

    It is 1 in a process that was forked from one that had computed with several threads: these do
    not exist in the child.

    Examples
    --------
    >>> with numThreads(1):
    ...     getNumThreads()
    1

    See Also
    --------
    setNumThreads, numThreads
    """
    return get_threads()


def numThreads(n: int) -> AbstractContextManager[None]:
    """Set the number of threads for the computations of a ``with`` block.

    It holds for the thread of Python that runs the block, whatever `setNumThreads` says meanwhile,
    and ends with it. What it returns can be kept, and serve several blocks, also one in another.

    Parameters
    ----------
    n : the number of threads, an integer from 1 to the most there can be; see `setNumThreads`.

    Raises
    ------
    ValueError : not such a number.

    Examples
    --------
    >>> with numThreads(1):
    ...     Y = relu(dlarray([-1.0, 2.0]))
    >>> Y
    2×1 dlarray
    <BLANKLINE>
        0
        2

    See Also
    --------
    setNumThreads, getNumThreads
    """
    return _Blocks(_checked("numThreads", n))


class _Entered(threading.local):
    def __init__(self) -> None:
        self.blocks: list[AbstractContextManager[None]] = []  # the innermost one last


class _Blocks(ContextDecorator, AbstractContextManager[None]):
    """The blocks of one `numThreads`."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._entered = _Entered()

    def __enter__(self) -> None:
        block = threads(self._number)
        block.__enter__()
        self._entered.blocks.append(block)

    def __exit__(self, *raised: Any) -> None:
        self._entered.blocks.pop().__exit__(*raised)


def _checked(call: str, n: Any) -> int:
    number, most = integer(call, "n", n), max_threads()
    if number > most:
        raise ValueError(
            f"{call}: n must be at most {most}, the number of threads of this process; got {n!r}. "
            "The environment variable NUMBA_NUM_THREADS sets it before Python starts."
        )
    return number
