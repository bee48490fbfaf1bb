"""Reading, assigning and deleting by subscripts.

Subscripts count from 0.  An integer keeps its dimension with size 1, as in MATLAB; missing ones are
full slices, and the format stays.  Several index arrays pick a grid, as in MATLAB, not pairs.  One
mask of the array's own shape, or one array of linear (column-major) indices, gives an unformatted
column.  Every array is followed by dimensions of size 1, labelled U if it has labels: further
subscripts name those.

An assignment may name elements past the end, which makes the array larger, filled up with zeros:
``Z[n, :] = row`` where Z has n rows.  For that every dimension has a subscript (a column needs one
only), an integer, an index array, or a slice whose start is given and past the end; what Python
clips in other slices is clipped here.

What a mask or an index computed from data picks is an argument of the operator, not a constant of
it, so that a replayed computation picks by the new values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import operators
from ..formats import FormatError, Shape, ShapeError, describe, extended
from ..operators.indexing import Computed, put
from ..tape import Array, decides, untraced
from .core import as_data, described, dlarray, wrap
from .subscripts import (
    FULL,
    argument,
    grid,
    has_newaxis,
    is_full,
    simple_place,
    slices,
    spell_ellipsis,
    spelled,
    subscript,
    whole,
)


def get(X: dlarray, index: Any) -> dlarray:
    """X[index]."""
    simple = slices(X, index)
    if simple is not None:
        return wrap(operators.take(X, index=simple), X.fmt)
    _counts(index)
    linear = whole(X, index)
    if linear is not None:
        return _column(operators.take(X, *linear.arguments, index=linear.index))
    if has_newaxis(index):
        return _expanded(X, index)
    place = grid(X, index)
    Y = operators.take(_enlarged(X, place.shape), *place.arguments, index=place.index)
    return _fitting(Y, X)


def assigned(X: dlarray, index: Any, value: Any) -> dlarray:
    """X after X[index] = value; the format of the value does not matter."""
    if not isinstance(value, dlarray):
        value = _plain(value, X)
    place = simple_place(X, index) or whole(X, index) or grid(X, index, value)
    if value.size != 1:
        _counts(index)
    if place.shape != X.shape:
        _counts(index, "bf")
    if value.ndim and value.size == 1:
        value = operators.reshape(value, shape=())
    elif value.ndim:
        if _significant(value.shape) != _significant(place.size):
            raise ShapeError(
                f"dlarray assignment: the value has size {describe(value.shape)}, the place "
                f"{describe(place.size)}, of "
                f"{described(X)}. Make them equal, or assign one number."
            )
        value = operators.reshape(value, shape=place.size) if value.shape != place.size else value
    larger = _enlarged(X, place.shape)
    if value.dtype.kind == "c" and X.dtype.kind != "c":
        larger = operators.cast(larger, dtype=np.result_type(X.dtype, np.complex64))
    if value.dtype != larger.dtype:
        _require_truth(value, larger.dtype)
        value = operators.cast(value, dtype=larger.dtype)
    return _fitting(operators.assign(larger, value, *place.arguments, index=place.index), X)


def _require_truth(value: Any, dtype: np.dtype[Any]) -> None:
    data = untraced(value)
    if dtype.kind != "b" or data.dtype.kind != "f":
        return
    decides("dlarray assignment", data)  # a replay would not look for NaN
    if np.isnan(data).any():
        raise ValueError(
            "dlarray assignment: NaN is neither true nor false, and the array is logical. Make it "
            "double first."
        )


def deleted(X: dlarray, index: Any) -> dlarray:
    """X after del X[index]: without the elements that one subscript names."""
    _counts(index, "bf")
    linear = whole(X, index)
    if linear is not None:
        which = argument(index[0] if isinstance(index, tuple) else index)
        rest = operators.take(X, which, index=Computed(linear=True, drop=True))
        column = X.ndim == 2 and X.shape[1] == 1
        return (
            _column(rest) if column else wrap(operators.reshape(rest, shape=(1, rest.shape[0])), "")
        )
    if has_newaxis(index):
        raise IndexError("dlarray deletion: None names no elements. Give subscripts.")
    parts, shape = spelled(X, index)
    chosen = [axis for axis, part in enumerate(parts) if not is_full(part, shape[axis])] or [0]
    if len(chosen) > 1:
        raise IndexError(
            "dlarray deletion: whole rows, columns or pages can be deleted, so only one subscript "
            f"may be other than a full slice (:); axes {tuple(chosen)} have one, of "
            f"{described(X)}."
        )
    axis = chosen[0]
    part, _, _ = subscript(X, shape, axis, parts[axis])
    which = np.arange(shape[axis])[part] if isinstance(part, slice) else part
    subscripts = tuple(0 if i == axis else FULL for i in range(len(shape)))
    larger = _enlarged(X, shape)
    return _fitting(operators.take(larger, which, index=Computed(subscripts, drop=True)), X)


def _counts(index: Any, kinds: str = "b") -> None:
    """How many elements a computed mask names depends on its values, as does how large an array
    becomes that is made to hold a computed index.
    """
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, dlarray) and part.dtype.kind in kinds:
            decides("the size of what a subscript names", part._data)


# -- results --------------------------------------------------------------------------------------


def _column(value: Any) -> dlarray:
    return wrap(operators.reshape(value, shape=(value.shape[0], 1)), "")


def _enlarged(X: dlarray, shape: Shape) -> Any:
    """X with more dimensions of size 1, and zeros past its end."""
    value: Any = X
    if len(shape) > X.ndim:
        value = operators.reshape(X, shape=X.shape + (1,) * (len(shape) - X.ndim))
    if value.shape == shape:
        return value
    return put(value, index=tuple(slice(0, n) for n in value.shape), shape=shape)


def _fitting(value: Any, X: dlarray) -> dlarray:
    """The result with X's labels, and U or nothing for further dimensions."""
    shape = value.shape
    ndim = len(shape)
    if ndim == X.ndim:
        return wrap(value, X.fmt)
    while ndim > X.ndim and shape[ndim - 1] == 1:
        ndim -= 1
    if ndim < len(shape):
        value = operators.reshape(value, shape=shape[:ndim])
    return wrap(value, extended(X.fmt, ndim))


def _plain(value: Any, X: dlarray) -> Array:
    data = np.asarray(value)
    if data.ndim or data.dtype.kind not in "biufc":
        return as_data(value, "dlarray assignment")
    if data.dtype.kind == "c":
        return data.astype(np.result_type(X.dtype, np.complex64))
    _require_truth(data, X.dtype)
    return data.astype(X.dtype)


def _significant(shape: Shape) -> Shape:
    return tuple(n for n in shape if n != 1)


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
    spell_ellipsis(parts, X.ndim - given)
    rest = get(X, tuple(part for part in parts if part is not None))
    axes = [axis for axis, part in enumerate(parts) if part is None]
    return wrap(operators.reshape(rest, shape=np.expand_dims(rest._data, axes).shape), "")
