"""What this process has compiled, and the line that tells a user why the first call takes long."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ._background import said
from ._cache_folder import usable_folder

PATIENCE = 1.0  # seconds of compiling before a user is told

NOTICE = (
    "dlarray: compiling for this processor, {once}. "
    "`python -m dlarray warmup` does it ahead of time."
)


class Compilation(NamedTuple):
    """One kernel for one set of types."""

    kernel: str
    types: str
    seconds: float


class _Process:
    """What holds for all Python threads; Numba compiles in one at a time."""

    done: list[Compilation] = []  # noqa: RUF012
    begun: float | None = None
    spent = 0.0
    told = False
    unkept: list[str] = []  # noqa: RUF012


def compiled() -> int:
    """How many kernels were compiled in this process so far."""
    return len(_Process.done)


def compilations(since: int = 0) -> list[Compilation]:
    """What was compiled after the first ``since`` kernels."""
    return _Process.done[since:]


def unkept(since: int = 0) -> list[str]:
    """Kernels whose code could not be written to the cache, after the first ``since`` ones."""
    return _Process.unkept[since:]


def note_unkept(kernel: str) -> None:
    """The code of this kernel could not be written to the cache."""
    _Process.unkept.append(kernel)


@contextmanager
def compiling(kernel: str, types: str) -> Iterator[None]:
    """The block compiles a kernel, not read from the cache."""
    start = _Process.begun = time.perf_counter()
    notice()
    try:
        yield
    finally:
        seconds = time.perf_counter() - start
        _Process.begun = None
        _Process.spent += 0.0 if said.quiet else seconds
    _Process.done.append(Compilation(kernel, types, seconds))


def notice() -> None:
    """Tell a user at a terminal once, when compiling has taken longer than `PATIENCE`.  Called for
    each part of a kernel, because nobody is told in time after the last.
    """
    if _Process.told or said.quiet or _Process.begun is None:
        return
    if _Process.spent + time.perf_counter() - _Process.begun < PATIENCE:
        return
    _Process.told = True
    once = "which every process does without a cache" if usable_folder() is None else "once"
    text = NOTICE.format(once=once)
    if said.tell is not None:
        said.tell(text)
    elif sys.stderr is not None:
        # One that is closed, or is no file: a computation must not fail for it.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            if sys.stderr.isatty():
                sys.stderr.write(text + "\n")
                sys.stderr.flush()


@contextmanager
def quietly() -> Iterator[None]:
    """Within the block nobody is told of what this thread compiles, and it counts for nobody's
    patience.
    """
    before, said.quiet = said.quiet, True
    try:
        yield
    finally:
        said.quiet = before


@contextmanager
def telling(tell: Callable[[str], None]) -> Iterator[None]:
    """Within the block this thread's notice goes to a writer of lines, for example one that keeps a
    progress bar below them.
    """
    before, said.tell = said.tell, tell
    try:
        yield
    finally:
        said.tell = before
