"""Functions that join and repeat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import formats, operators
from .core import as_data, dlarray, wrap


def cat(dim: int | str, *arrays: Any) -> dlarray:
    """The arrays one after the other along an axis or label; beyond the last axis a U dimension is
    added.

    Formatted arrays need the same format; unformatted ones may stand among them and take it.  An
    empty list or 0 by 0 array is left out.

    Raises
    ------
    FormatError : formatted arrays differ in format.
    ShapeError : sizes differ beside dim.
    TypeError : an argument is no array of numbers, or dim neither an axis nor a label.
    ValueError : no array is given.

    Examples
    --------
    >>> X = dlarray(np.ones((3, 2)), "CB")
    >>> cat("B", X, 2 * X).shape
    (3, 4)
    """
    return _joined(dim, arrays, "cat")


def vertcat(*arrays: Any) -> dlarray:
    """The arrays one below the other: `cat` along the first dimension.

    Raises
    ------
    FormatError : formatted arrays differ in format.
    ShapeError : sizes differ beside the joined dimension.
    TypeError : an argument is no array of numbers.
    ValueError : no array is given.

    Examples
    --------
    >>> vertcat(dlarray([1.0, 2.0]), [3.0]).data.ravel()
    array([1., 2., 3.])
    """
    return _joined(0, arrays, "vertcat")


def horzcat(*arrays: Any) -> dlarray:
    """The arrays side by side: `cat` along the second dimension.

    Raises
    ------
    FormatError : formatted arrays differ in format.
    ShapeError : sizes differ beside the joined dimension.
    TypeError : an argument is no array of numbers.
    ValueError : no array is given.

    Examples
    --------
    >>> horzcat(dlarray([1.0, 2.0], "C"), dlarray([3.0, 5.0], "C")).shape
    (2, 2)
    """
    return _joined(1, arrays, "horzcat")


def _joined(dim: int | str, arrays: tuple[Any, ...], call: str) -> dlarray:
    if not arrays:
        raise ValueError(f"{call}: at least one array is needed.")
    arrays = tuple(X for X in arrays if not _is_nothing(X)) or arrays[:1]
    parts: list[Any] = [X if isinstance(X, dlarray) else as_data(X, call) for X in arrays]
    layouts = [(X.shape, X.fmt if isinstance(X, dlarray) else "") for X in parts]
    named = next((layout for layout in layouts if layout[1]), layouts[0])
    ndim = max(len(shape) for shape, _ in layouts)
    if isinstance(dim, (int, np.integer)) and len(named[0]) <= dim <= ndim:
        axis = int(dim)  # an axis of a larger operand, or the new one after the last
    else:
        axis = formats.resolve_axis(dim, named[1], len(named[0]), call)
    fmt = formats.concatenated(layouts, axis, call)
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


def _is_nothing(X: Any) -> bool:
    """MATLAB's ``[]``, which joins with anything: an empty list or a 0 by 0 array."""
    return X == [] if isinstance(X, list) else getattr(X, "shape", None) == (0, 0)


def _joined_type(dtypes: list[np.dtype[Any]]) -> np.dtype[Any]:
    """Single before double, complex before real; logical among themselves only."""
    if all(dtype.kind == "b" for dtype in dtypes):
        return np.dtype(np.bool_)
    single = any(dtype in (np.float32, np.complex64) for dtype in dtypes)
    kind = np.dtype(np.float32) if single else np.dtype(np.float64)
    complexes = any(dtype.kind == "c" for dtype in dtypes)
    return np.result_type(kind, np.complex64) if complexes else kind
