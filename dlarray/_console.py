"""Where tables and messages for people go."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _standard_output(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


_writer: Callable[[str], None] = _standard_output


def write(text: str = "") -> None:
    """A line on standard output, at once, or where `using` sends it."""
    _writer(text)


def number(value: float, form: str = "g") -> str:
    """A number as MATLAB prints it: NaN, Inf and -Inf so, others in this format."""
    if math.isfinite(value):
        return format(value, form)
    return "NaN" if math.isnan(value) else "Inf" if value > 0 else "-Inf"


@contextmanager
def using(writer: Callable[[str], None]) -> Iterator[None]:
    """Within the block lines go to another writer, for example one that keeps a progress bar below
    them.
    """
    global _writer
    before, _writer = _writer, writer
    try:
        yield
    finally:
        _writer = before
