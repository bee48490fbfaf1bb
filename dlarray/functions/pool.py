"""Pooling: `maxpool` and `avgpool`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .. import _calls, _checks, formats, operators
from ..array import dlarray, require_float, wrap
from ..formats import Axes, FormatError, Shape, ShapeError, describe, quoted
from ..kernels import Geometry
from ..operators import pool
from ._formats import given_format, labelled, option_format
from .window import (
    ENDS,
    amounts,
    moved,
    no_memory,
    one_number,
    padding_amounts,
    padding_per_dimension,
    per_dimension,
    require_within,
)

GLOBAL = "global"
WORDS = ("same",)
MOST = 3  # dimensions of a window


@_calls.explained
def maxpool(
    X: Any,
    poolsize: Any,
    *,
    DataFormat: str | None = None,
    PoolFormat: str | None = None,
    Stride: Any = 1,
    Padding: Any = 0,
    nargout: int = 1,
    index_base: int = 0,
) -> Any:
    """The maximum over windows of the spatial dimensions, or of time.

    Parameters
    ----------
    X : data with S dimensions, up to three, or with T.
    poolsize : samples of a window, one number or one for each dimension; "global" for whole
        dimensions.
    DataFormat : labels of an unformatted X; the result is then unformatted, in the same order.
    PoolFormat : labels of the dimensions to pool, all S of X or none, and T: "T", "S", "ST", ....
        The numbers of the other options are in its order.  Without it the S dimensions.
    Stride : steps of the window, one number or one for each dimension; 1 if not given, not the pool
        size.
    Padding : samples at both ends: a number (0 if not given), one for each dimension, two rows (the
        starts and the ends; with one dimension (start, end)), or "same" (output length
        ceil(length / Stride), an odd sample at the end).  Padding counts as -Inf.
    nargout : 2 for the indices too, 3 for the indices and the size of X.
    index_base : the first index: 0, or 1 as in MATLAB.

    Returns the format of X.  The indices are a dlarray of the size of the result without
    derivative: for each window the linear index (column-major in X) of its first maximum in
    column-major order, which `maxunpool` takes.  They are double; NumPy indexes with integers:
    ``X.data.ravel(order="F")[indx.data.astype(int)]`` is Y.  They need windows that do not overlap.
    NaN in a window gives NaN, and the index of the first one; a window wholly in padding gives
    -Inf.  The derivative goes to the first maximum.

    Raises
    ------
    FormatError : no dimension to pool.
    ShapeError : the window is longer than the padded data.
    ValueError : an option out of range; indices of windows that overlap or lie wholly in padding.

    Examples
    --------
    >>> X = dlarray([[[1.0, 5.0, 2.0, 3.0, 4.0, 0.0]]], "CBT")
    >>> Y, indx = maxpool(X, 2, PoolFormat="T", Stride=2, nargout=2)
    >>> Y.data.ravel(), indx.data.ravel()
    (array([5., 3., 4.]), array([1., 3., 4.]))
    >>> X.data.ravel(order="F")[indx.data.astype(int)].ravel()
    array([5., 3., 4.])
    """
    call = "maxpool"
    _checks.nargout(call, nargout, (1, 2, 3))
    base = _checks.index_base(call, index_base, nargout)
    x, restore = labelled(call, X, DataFormat)
    require_float(x, call)
    options = _options(call, PoolFormat, poolsize, Stride, Padding)
    moves = _moves(call, x.fmt, x._data.shape, *options)
    if nargout > 1:
        _require_apart(call, x, moves)
    value: Any = x
    try:
        for axis, size, move in moves:
            value = pool.maxpool(value, axis=axis, size=size, moves=move)
        if nargout > 1:
            index = pool.linear_places(x._data, moves=moves, steps=_steps(x, DataFormat))
    except MemoryError:
        raise no_memory(call, x.fmt, x._data.shape, _pooled(x._data.shape, moves)) from None
    Y = restore(wrap(value, x.fmt))
    if nargout == 1:
        return Y
    if base:
        index = operators.add(index, np.float64(base))
    results = Y, restore(wrap(index, x.fmt)), tuple(_given_shape(x, DataFormat))
    return results[:nargout]


@_calls.explained
def avgpool(
    X: Any,
    poolsize: Any,
    *,
    DataFormat: str | None = None,
    PoolFormat: str | None = None,
    Stride: Any = 1,
    Padding: Any = 0,
    PaddingValue: Any = 0,
) -> dlarray:
    """The mean over windows of the spatial dimensions, or of time.

    Parameters
    ----------
    X : data with S dimensions, up to three, or with T.
    poolsize : samples of a window, one number or one for each dimension; "global" for whole
        dimensions.
    DataFormat : labels of an unformatted X; the result is then unformatted, in the same order.
    PoolFormat : labels of the dimensions to pool, all S of X or none, and T: "T", "S", "ST", ....
        The numbers of the other options are in its order.  Without it the S dimensions.
    Stride : steps of the window, one number or one for each dimension; 1 if not given, not the pool
        size.
    Padding : samples at both ends: a number (0 if not given), one for each dimension, two rows (the
        starts and the ends; with one dimension (start, end)), or "same" (output length
        ceil(length / Stride), an odd sample at the end).
    PaddingValue : 0, padding counts as zeros; or "mean", only the samples of X count, and a window
        wholly in padding gives NaN.

    Returns the format of X.

    Raises
    ------
    FormatError : no dimension to pool.
    ShapeError : the window is longer than the padded data.
    ValueError : an option out of range.

    Examples
    --------
    >>> X = dlarray([[[1.0, 5.0, 2.0, 3.0, 4.0, 0.0]]], "CBT")
    >>> avgpool(X, 2, PoolFormat="T", Stride=2).data.ravel()
    array([3. , 2.5, 2. ])
    """
    call = "avgpool"
    x, restore = labelled(call, X, DataFormat)
    require_float(x, call)
    mean = parse_pooled_padding(call, "PaddingValue", PaddingValue) == "mean"
    options = _options(call, PoolFormat, poolsize, Stride, Padding)
    moves = _moves(call, x.fmt, x._data.shape, *options)
    if options[1] == GLOBAL:
        if mean:
            raise _not_global(call, "PaddingValue")
        axes = tuple(axis for axis, _, _ in moves)
        return restore(wrap(operators.average(x, axes=axes), x.fmt))
    value: Any = x
    try:
        for axis, size, move in moves:
            value = pool.avgpool(value, axis=axis, size=size, moves=move, mean=mean)
    except MemoryError:
        raise no_memory(call, x.fmt, x._data.shape, _pooled(x._data.shape, moves)) from None
    return restore(wrap(value, x.fmt))


def parse_pooled_padding(call: str, name: str, value: Any) -> int | str:
    """What padding of an average counts as: 0 or "mean"."""
    number = value if type(value) is int else one_number(value)
    if _checks.is_number(number) and number == 0:
        return 0
    if isinstance(value, str) and value.lower() == "mean":
        return "mean"
    raise ValueError(f'{call}: {name} must be 0 or "mean"; got {_checks.shown(value)}.')


# -- options --------------------------------------------------------------------------------------


def _options(
    call: str, pool_format: Any, poolsize: Any, stride: Any, padding: Any
) -> tuple[str, Any, Any, Any]:
    """The options in forms that are keys of a cache; see `amounts`."""
    return (
        option_format(call, "PoolFormat", pool_format),
        poolsize if type(poolsize) is int else amounts(call, "poolsize", poolsize, 1, (GLOBAL,)),
        stride if type(stride) is int else amounts(call, "Stride", stride),
        padding if type(padding) is int else amounts(call, "Padding", padding, 0, WORDS, ENDS),
    )


@lru_cache(maxsize=1024)
def _moves(
    call: str, fmt: str, shape: Shape, pool_format: str, poolsize: Any, stride: Any, padding: Any
) -> pool.Moves:
    """Check a call and resolve its labels: axis, size and moves of the window, axes ascending."""
    axes = _pooled_axes(call, fmt, shape, pool_format)
    empty = [fmt[axis] for axis in axes if shape[axis] == 0]
    if empty:
        raise ShapeError(
            f"{call}: there is nothing to pool: the {empty[0]} dimension of X has size 0; X is "
            f"{describe(shape, fmt)}."
        )
    n = len(axes)
    strides = per_dimension(call, "Stride", stride, n)
    checked = amounts(call, "Padding", padding, 0, WORDS, ENDS)
    ends = padding_per_dimension(call, "Padding", checked, n, WORDS)
    if poolsize == GLOBAL:
        if set(strides) != {1}:
            raise _not_global(call, "Stride")
        if set(ends) != {(0, 0)}:
            raise _not_global(call, "Padding")
        return tuple((axis, shape[axis], Geometry()) for axis in sorted(axes))
    sizes = per_dimension(call, "poolsize", poolsize, n)
    moves = []
    for i, axis in enumerate(axes):
        along = f" along dimension {axis} ({fmt[axis]})" if n > 1 else ""
        move = _geometry(call, shape[axis], sizes[i], strides[i], ends[i], along)
        moves.append((axis, sizes[i], move))
    padded = {axis: shape[axis] + move.left + move.right for axis, _, move in moves}
    require_within(call, fmt, shape, _pooled(shape, moves), padded)
    return tuple(sorted(moves, key=lambda move: move[0]))


def _pooled(shape: Shape, moves: Iterable[tuple[int, int, Geometry]]) -> Shape:
    """The shape of the result."""
    sizes = list(shape)
    for axis, size, move in moves:
        sizes[axis] = move.out_length(shape[axis], size)
    return tuple(sizes)


def _not_global(call: str, name: str) -> ValueError:
    return ValueError(
        f'{call}: {name} is for windows; "{GLOBAL}" pools whole dimensions. Leave {name} out or '
        "give a pool size."
    )


def _pooled_axes(call: str, fmt: str, shape: Shape, pool_format: str) -> Axes:
    """The axes to pool over, in the order of PoolFormat."""
    spatial, x = formats.find(fmt, "S"), describe(shape, fmt)
    if not pool_format:
        if not spatial:
            hint = ' To pool over time give PoolFormat="T".' if "T" in fmt else ""
            raise FormatError(f"{call}: X needs an S dimension to pool over; it is {x}.{hint}")
        pool_format = "S" * len(spatial)
    if set(pool_format) - {"S", "T"}:
        raise FormatError(
            f'{call}: PoolFormat names S and T dimensions, as "S", "SS", "T" or "ST"; got '
            f"{quoted(pool_format)}."
        )
    if "T" in pool_format and "T" not in fmt:
        raise FormatError(f"{call}: PoolFormat names T, and X has no T dimension; it is {x}.")
    if pool_format.count("S") not in (0, len(spatial)):
        raise FormatError(
            f"{call}: PoolFormat={quoted(pool_format)} has {pool_format.count('S')} S, and X has "
            f"{len(spatial)}; it is {x}. Name all S dimensions or none; a window of size 1 leaves "
            "a dimension as it is."
        )
    if len(pool_format) > MOST:
        raise FormatError(
            f"{call}: windows have up to {MOST} dimensions; {quoted(pool_format)} names "
            f"{len(pool_format)}, X is {x}."
        )
    remaining = iter(spatial)
    return tuple(fmt.index("T") if label == "T" else next(remaining) for label in pool_format)


def _geometry(call: str, length: int, size: int, stride: int, ends: Any, along: str) -> Geometry:
    left, right = padding_amounts(ends, length, size, stride)
    room = length + left + right - size
    if room < 0:
        raise ShapeError(
            f"{call}: the window is longer than the padded input. The input has length {length}"
            f"{along}, padding ({left}, {right}) makes it {length + left + right}, and the window "
            f"has size {size}. Give longer data, more padding or a smaller pool size."
        )
    return moved(stride, 1, left, right, room)


# -- indices --------------------------------------------------------------------------------------


def _require_apart(call: str, x: dlarray, moves: pool.Moves) -> None:
    """Raise unless windows do not overlap and each holds a sample."""
    for axis, size, move in moves:
        length = x._data.shape[axis]
        out = move.out_length(length, size)
        if size > move.stride and out > 1:
            raise ValueError(
                f"{call}: indices are of windows that do not overlap; pool size {size} is larger "
                f"than stride {move.stride}. Give Stride={size}, or leave nargout out."
            )
        if move.left >= size or (out - 1) * move.stride - move.left >= length:
            steps = f", stride {move.stride}" if out > 1 else ""  # else it may be a shorter one
            raise ValueError(
                f"{call}: a window wholly in padding has no index; pool size {size}{steps} and "
                f"padding ({move.left}, {move.right}) make one of "
                f"{_checks.counted(length, 'sample')}. Pad less, or leave nargout out."
            )


def _given_shape(x: dlarray, data_format: str | None) -> Shape:
    order = formats.canonical_order(given_format(x, data_format))
    return tuple(x.shape[axis] for axis in formats.inverse(order))


def _steps(x: dlarray, data_format: str | None) -> tuple[int, ...]:
    """For each axis of x how far apart its elements are, column-major in X as given."""
    shape = _given_shape(x, data_format)
    order = formats.canonical_order(given_format(x, data_format))
    return tuple(prod(shape[:axis]) for axis in order)
