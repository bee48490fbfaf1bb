"""`maxunpool`: maxima back to where they came from."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import _calls, _checks, formats, operators
from ..array import as_data, described, dlarray, require_float, wrap
from ..formats import FormatError, Shape, ShapeError, describe
from ..operators.indexing import Computed
from ..tape import Array, constant
from ._formats import given_format, labelled
from .window import amounts


@_calls.explained
def maxunpool(
    X: Any, indx: Any, outputSize: Any, *, DataFormat: str | None = None, index_base: int = 0
) -> dlarray:
    """Put the maxima of `maxpool` back to where they came from, zeros elsewhere.

    Parameters
    ----------
    X : data with S or T dimensions, such as the result of `maxpool`.
    indx : linear indices (column-major) into the result, one for each element of X: of the
        size of X, or a vector in the order of X's columns.
    outputSize : sizes of the result, one for each dimension of X; those of C, B and U are X's.
    DataFormat : labels of an unformatted X.
    index_base : the first index: 0, or 1 as in MATLAB.

    Returns the format of X, of this size.  Where an index is there twice, the last element counts.
    The derivative of X is picked at the indices.

    Raises
    ------
    FormatError : neither S nor T.  ShapeError : sizes that do not fit.
    ValueError : indices that are not whole numbers from the first to the last of the result.

    Examples
    --------
    >>> X = dlarray([[[1.0, 5.0, 2.0, 3.0]]], "CBT")
    >>> Y, indx, size = maxpool(X, 2, PoolFormat="T", Stride=2, nargout=3)
    >>> maxunpool(Y, indx, size).data.ravel()
    array([0., 5., 0., 3.])
    """
    call = "maxunpool"
    x, restore = labelled(call, X, DataFormat)
    require_float(x, call)
    value = restore(x)  # indices count in the order of dimensions that the user sees
    fmt = given_format(x, DataFormat)
    shape = _output_size(call, value, fmt, outputSize)
    base = _checks.index_base(call, index_base)
    index: Any = _checked_index(call, indx, value, (shape, fmt), base)
    if base:
        index = operators.add(index, np.asarray(-base, index.dtype))
    flat = operators.reshape(value, shape=(value.size,))
    order = formats.memory_order(fmt)
    try:
        zeros = np.zeros([shape[axis] for axis in order], x.dtype).transpose(formats.inverse(order))
    except (MemoryError, ValueError):  # the latter for more than an address can name
        raise _checks.no_room(call, shape, x.dtype) from None
    y = operators.assign(constant(zeros), flat, index, index=Computed(linear=True))
    return wrap(y, value.fmt)


def _output_size(call: str, x: dlarray, fmt: str, size: Any) -> Shape:
    """The size of a result of `maxunpool`."""
    if not set(fmt) & {"S", "T"}:
        raise FormatError(f"{call}: X needs an S or T dimension; it is {describe(x.shape, fmt)}.")
    sizes = amounts(call, "outputSize", size, 0, (), "one size for each dimension of X")
    numbers = (sizes,) if isinstance(sizes, int) else sizes
    assert isinstance(numbers, tuple)
    if any(isinstance(n, tuple) for n in numbers):
        numbers = sum(numbers, ())
    shape = numbers + (1,) * (x.ndim - len(numbers))
    fits = len(shape) == x.ndim and all(
        a == b or label in "ST" for a, b, label in zip(shape, x.shape, fmt, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"{call}: outputSize must have one size for each dimension of X, the same as X but "
            "along S and T.\n"
            f"  X:          {describe(x.shape, fmt)}\n  outputSize: {describe(numbers)}"
        )
    return shape


def _checked_index(
    call: str, indx: Any, x: dlarray, result: tuple[Shape, str], base: int
) -> dlarray:
    """The indices into a result of this shape and format, one an element of x, from ``base`` on."""
    index = indx if isinstance(indx, dlarray) else wrap(as_data(indx, f"{call}: indx"), "")
    vector = index.size in (max(index.shape), 0) and not index.fmt
    alike = index.shape == x.shape and index.fmt in ("", x.fmt)
    if index.size != x.size or not (alike or vector):
        raise ShapeError(
            f"{call}: indx must have the size of X, or be a vector of as many elements.\n"
            f"  X:    {described(x)}\n  indx: {described(index)}"
        )
    values, count = index._data, prod(result[0])
    if values.size and not count:
        raise ValueError(
            f"{call}: the result, {describe(*result)}, has no elements, and indx holds "
            f"{_checks.counted(values.size, 'index', 'indices')}. Give another outputSize."
        )
    wrong = _wrong_indices(values, base, count)
    if wrong:
        raise ValueError(
            f"{call}: indx must hold whole numbers from {base} to {base + count - 1}, linear "
            f"indices into the result; got {wrong}"
        )
    return index


def _wrong_indices(values: Array, base: int, count: int) -> str:
    """What is wrong with indices that are to be whole numbers from ``base`` on; "" if nothing."""
    if values.dtype.kind != "f":
        return f"{'logical' if values.dtype.kind == 'b' else 'complex'} data."
    broken = values[values != np.floor(values)]
    if broken.size:
        return f"{broken[0]:g}."
    if not values.size:
        return ""
    least, most = values.min(), values.max()
    if least >= base and most < base + count:
        return ""
    text = f"numbers from {least:.17g} to {most:.17g}."
    if base == 0 and least >= 1 and most == count:
        return f"{text} For indices that count from 1, as MATLAB's, give index_base=1."
    if base == 1 and least == 0 and most < count:
        return f"{text} Indices that count from 0 go without index_base."
    return text
