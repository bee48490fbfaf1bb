"""How a dlarray prints: sizes with labels, the type unless double, then the values page by page."""

from __future__ import annotations

from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from ..formats import describe

if TYPE_CHECKING:
    from .core import dlarray

MAX_PAGES = 6


def header(X: dlarray) -> str:
    """``2(S) × 3(C) single dlarray``."""
    from .core import TYPE_NAMES  # core imports this module

    kind = TYPE_NAMES[X.dtype]
    return f"{describe(X.shape, X.fmt)} {'' if kind == 'double' else kind + ' '}dlarray"


def text(X: dlarray) -> str:
    """The header and the values; of long arrays the first and last ones."""
    if X._data.size == 0:
        return f"  {header(X)} (empty)"
    count = prod(X.shape[2:])
    pages = product(*(range(n) for n in reversed(X.shape[2:])))
    blocks = [f"  {header(X)}"]
    for page in islice(pages, MAX_PAGES):
        index = tuple(reversed(page))
        if index:
            blocks.append(f"[:, :, {', '.join(map(str, index))}] =")
        blocks.append(_matrix(np.moveaxis(X._data, (0, 1), (-2, -1))[index]))
    if count > MAX_PAGES:
        blocks.append(f"... {count - MAX_PAGES} more pages")
    return "\n\n".join(blocks)


def _matrix(values: np.ndarray) -> str:
    if values.dtype.kind == "b" or (
        values.dtype.kind == "f"
        and np.all(np.isfinite(values))
        and np.all(values == np.round(values))
        and np.abs(values).max() < 1e9
    ):
        values = values.astype(np.int64)
    rows = np.array2string(
        values,
        precision=4,
        floatmode="fixed",
        suppress_small=True,
        max_line_width=100,
        threshold=200,
    ).split("\n")
    return "\n".join("   " + row.replace("[", " ").replace("]", " ").rstrip()[1:] for row in rows)
