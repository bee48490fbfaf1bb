"""Reading and assigning by subscripts.

Subscripts count from 0.  An integer keeps its dimension with size 1, as in MATLAB; missing ones are
full slices, and the format stays.  Several index arrays pick a grid, as in MATLAB, not pairs.  One
mask of the array's own shape, or one array of linear (column-major) indices, gives an unformatted
column.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import operators
from ..formats import FormatError, ShapeError, describe
from ..tape import Array, decides
from .core import as_data, described, dlarray, wrap


def get(X: dlarray, index: Any) -> dlarray:
    """X[index]."""
    linear = _linear(X, index)
    if linear is not None:
        column = operators.take(X, index=linear)
        return wrap(operators.reshape(column, shape=(column.shape[0], 1)), "")
    if _has_newaxis(index):
        return _expanded(X, index)
    return wrap(operators.take(X, index=_subscripts(X, index)), X.fmt)


def assigned(X: dlarray, index: Any, value: Any) -> dlarray:
    """X after X[index] = value; the format of the value does not matter."""
    linear = _linear(X, index)
    subscripts = linear if linear is not None else _subscripts(X, index)
    wanted = np.empty(X.shape, np.bool_)[subscripts].shape
    if not isinstance(value, dlarray):
        value = _plain(value, X)
    if value.ndim and value.size == 1:
        value = operators.reshape(value, shape=())
    elif value.ndim:
        if _significant(value.shape) != _significant(wanted):
            raise ShapeError(
                f"dlarray assignment: the value has size {describe(value.shape)}, the place "
                f"{describe(wanted)}, of "
                f"{described(X)}. Make them equal, or assign one number."
            )
        value = operators.reshape(value, shape=wanted) if value.shape != wanted else value
    if value.dtype != X.dtype:
        value = operators.cast(value, dtype=X.dtype)
    return wrap(operators.assign(X, value, index=subscripts), X.fmt)


def _plain(value: Any, X: dlarray) -> Array:
    data = np.asarray(value)
    return (
        data.astype(X.dtype)
        if data.ndim == 0 and data.dtype.kind in "biuf"
        else as_data(value, "dlarray assignment")
    )


def _significant(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _linear(X: dlarray, index: Any) -> tuple[Array, ...] | None:
    """Coordinates for one mask or one index array over the whole array, in column-major order; else
    None.
    """
    if isinstance(index, tuple) and len(index) == 1:
        index = index[0]
    if isinstance(index, dlarray):
        index = _deciding(index)
    if isinstance(index, list):
        index = np.asarray(index) if index else np.zeros(0, np.intp)
    if not isinstance(index, np.ndarray) or index.ndim == 0:
        return None
    if index.dtype.kind == "b":
        if index.shape != X.shape:
            if index.ndim == 1 and index.size == X.shape[0]:
                return None  # a mask of the first dimension
            raise ShapeError(
                f"dlarray indexing: the mask has size {describe(index.shape)}, the array "
                f"{described(X)}."
            )
        return tuple(np.nonzero(index.T)[::-1])
    if index.dtype.kind not in "iu":
        raise TypeError(
            f"dlarray indexing: an index array holds integers or bools; got {index.dtype}."
        )
    if index.size and (index.min() < -X.size or index.max() >= X.size):
        raise IndexError(
            f"dlarray indexing: a linear index is outside 0 to {X.size - 1} of {described(X)}."
        )
    places = index.reshape(-1, order="F") % max(1, X.size)
    return tuple(np.unravel_index(places, X.shape, order="F"))


def _deciding(index: dlarray) -> Array:
    """The values of a subscript: which elements are named, and how many, depends on them."""
    decides("indexing by an array", index._data)
    return index._data


def _has_newaxis(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return any(part is None for part in parts)


def _expanded(X: dlarray, index: Any) -> dlarray:
    """New dimensions of size 1, for unformatted arrays."""
    if X.fmt:
        raise FormatError(
            f"dlarray indexing: a new dimension of {described(X)} would have no label. Use "
            "stripdims first, or "
            "give a longer format to dlarray."
        )
    parts = list(index) if isinstance(index, tuple) else [index]
    given = sum(part is not None and part is not Ellipsis for part in parts)
    _spell_ellipsis(parts, X.ndim - given)
    rest = get(X, tuple(part for part in parts if part is not None))
    axes = [axis for axis, part in enumerate(parts) if part is None]
    return wrap(operators.reshape(rest, shape=np.expand_dims(rest._data, axes).shape), "")


def _subscripts(X: dlarray, index: Any) -> tuple[Any, ...]:
    """One slice or grid array an axis."""
    parts = list(index) if isinstance(index, tuple) else [index]
    _spell_ellipsis(parts, X.ndim - len(parts) + 1)
    if len(parts) > X.ndim:
        raise IndexError(
            f"dlarray indexing: {len(parts)} subscripts for {X.ndim} dimensions, {described(X)}."
        )
    parts += [slice(None)] * (X.ndim - len(parts))
    picked = [_subscript(X, axis, part) for axis, part in enumerate(parts)]
    if all(isinstance(part, slice) for part in picked):
        return tuple(picked)
    grids = [
        np.arange(n)[part] if isinstance(part, slice) else part
        for part, n in zip(picked, X.shape, strict=True)
    ]
    return np.ix_(*grids)


def _spell_ellipsis(parts: list[Any], count: int) -> None:
    """Replace the ellipsis by ``count`` full slices."""
    places = [i for i, part in enumerate(parts) if part is Ellipsis]
    if len(places) > 1:
        raise IndexError("dlarray indexing: only one ellipsis (...) is possible.")
    if places:
        parts[places[0] : places[0] + 1] = [slice(None)] * count


def _subscript(X: dlarray, axis: int, part: Any) -> Any:
    """One subscript as a slice or a vector of integers."""
    n = X.shape[axis]
    if isinstance(part, slice):
        return part
    if isinstance(part, dlarray):
        part = _deciding(part)
    vector = np.asarray(part)
    if vector.dtype.kind == "b":
        vector = vector.reshape(-1)
        if vector.size != n:
            raise IndexError(
                f"dlarray indexing: a mask of {vector.size} elements for axis {axis} of "
                f"{described(X)}."
            )
        return np.nonzero(vector)[0]
    if vector.dtype.kind not in "iu" and not (vector.size == 0):
        raise TypeError(
            "dlarray indexing: a subscript is an integer, a slice, a mask or an array of "
            f"integers; got {vector.dtype}."
        )
    if vector.size and (vector.min() < -n or vector.max() >= n):
        bad = int(vector.reshape(-1)[np.argmax((vector < -n) | (vector >= n))])
        raise IndexError(
            f"dlarray indexing: index {bad} is outside 0 to {n - 1} of axis {axis}, {described(X)}."
        )
    if vector.ndim == 0:
        i = int(vector) % n
        return slice(i, i + 1)
    return vector.reshape(-1).astype(np.intp) % max(1, n)
