"""Functions that join and repeat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import formats, operators
from .core import as_data, dlarray, wrap


def cat(dim: int | str, *arrays: Any) -> dlarray:
    """The arrays one after the other along an axis or label; beyond the last axis a U dimension is
    added.

    Formatted arrays need the same format; unformatted ones may stand among them and take it.

    Examples
    --------
    >>> X = dlarray(np.ones((3, 2)), "CB")
    >>> cat("B", X, 2 * X).shape
    (3, 4)
    """
    if not arrays:
        raise ValueError("cat: at least one array is needed.")
    parts: list[Any] = [X if isinstance(X, dlarray) else as_data(X, "cat") for X in arrays]
    layouts = [(X.shape, X.fmt if isinstance(X, dlarray) else "") for X in parts]
    named = next((layout for layout in layouts if layout[1]), layouts[0])
    ndim = max(len(shape) for shape, _ in layouts)
    if isinstance(dim, (int, np.integer)) and len(named[0]) <= dim <= ndim:
        axis = int(dim)  # an axis of a larger operand, or the new one after the last
    else:
        axis = formats.resolve_axis(dim, named[1], len(named[0]), "cat")
    fmt = formats.concatenated(layouts, axis, "cat")
    ndim = max(axis + 1, ndim)
    dtype = _joined_type([X.dtype for X in parts])
    values = [
        operators.reshape(
            operators.cast(X, dtype=dtype) if X.dtype != dtype else X,
            shape=X.shape + (1,) * (ndim - X.ndim),
        )
        for X in parts
    ]
    return wrap(operators.concatenate(*values, axis=axis), fmt)


def _joined_type(dtypes: list[np.dtype[Any]]) -> np.dtype[Any]:
    """Single before double, complex before real; logical among themselves only."""
    if all(dtype.kind == "b" for dtype in dtypes):
        return np.dtype(np.bool_)
    single = any(dtype in (np.float32, np.complex64) for dtype in dtypes)
    kind = np.dtype(np.float32) if single else np.dtype(np.float64)
    complexes = any(dtype.kind == "c" for dtype in dtypes)
    return np.result_type(kind, np.complex64) if complexes else kind
