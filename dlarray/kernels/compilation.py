"""What this process has compiled, and the line that tells a user why the first call takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ._cache import cache_folder

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
    tell: Callable[[str], None] | None = None


def compiled() -> int:
    """How many kernels were compiled in this process so far."""
    return len(_Process.done)


def compilations(since: int = 0) -> list[Compilation]:
    """What was compiled after the first ``since`` kernels."""
    return _Process.done[since:]


@contextmanager
def compiling(kernel: str, types: str) -> Iterator[None]:
    """The block compiles a kernel, not read from the cache."""
    start = _Process.begun = time.perf_counter()
    notice()
    try:
        yield
    finally:
        seconds = time.perf_counter() - start
        _Process.begun, _Process.spent = None, _Process.spent + seconds
    _Process.done.append(Compilation(kernel, types, seconds))


def notice() -> None:
    """Tell a user at a terminal once, when compiling has taken longer than `PATIENCE`.  Called for
    each part of a kernel, because nobody is told in time after the last.
    """
    if _Process.told or _Process.begun is None:
        return
    if _Process.spent + time.perf_counter() - _Process.begun < PATIENCE:
        return
    _Process.told = True
    once = "which every process does without a cache" if cache_folder() is None else "once"
    text = NOTICE.format(once=once)
    if _Process.tell is not None:
        _Process.tell(text)
    elif sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


@contextmanager
def quietly() -> Iterator[None]:
    """Within the block nobody is told, and what it compiles counts for nobody's patience."""
    before = _Process.told, _Process.spent
    _Process.told = True
    try:
        yield
    finally:
        _Process.told, _Process.spent = before


@contextmanager
def telling(tell: Callable[[str], None]) -> Iterator[None]:
    """Within the block the notice goes to a writer of lines, for example one that keeps a progress
    bar below them.
    """
    before, _Process.tell = _Process.tell, tell
    try:
        yield
    finally:
        _Process.tell = before
