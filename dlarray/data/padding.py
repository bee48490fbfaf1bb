"""`padsequences`: sequences of different length as one array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import _calls, _checks
from ..formats import ShapeError, describe

Array = np.ndarray[Any, Any]

DIRECTIONS = ("right", "left", "both")


@_calls.explained
def padsequences(
    X: Sequence[Any],
    paddingDim: int,
    *,
    Length: str | int = "longest",
    Direction: str = "right",
    PaddingValue: float = 0,
    UniformOutput: bool = True,
    nargout: int = 1,
) -> Any:
    """Pad or cut sequences to one length and stack them along a new last dimension.

    Parameters
    ----------
    X : a list of arrays that are equal in size but for the padded dimension.
    paddingDim : the dimension to pad, from 0.
    Length : "longest", "shortest", or a number of steps.
    Direction : "right", "left" or "both" (an odd step at the end): where padding goes, and where
        steps are cut.
    PaddingValue : a number.
    UniformOutput : False returns a list of padded arrays.
    nargout : 2 returns also a mask of the same size, True at the original data.

    Returns for sequences C × T and paddingDim 1 an array C × T × N; for T × C and 0 one T × C × N.
    The memory is laid out as layers read it, so that ``dlarray(result, "CTB", copy=False)`` copies
    nothing.

    Raises
    ------
    ShapeError : no sequence, or sizes that differ beside the padded dimension.

    Examples
    --------
    >>> padsequences([np.ones((12, 20)), np.ones((12, 26))], 1).shape
    (12, 26, 2)
    """
    call = "padsequences"
    uniform = _checks.logical(call, "UniformOutput", UniformOutput)
    _checks.nargout(call, nargout, (1, 2))
    if isinstance(X, str) or not isinstance(X, Iterable):
        raise TypeError(f"{call}: X must be a list of sequences; got {type(X).__name__}.")
    arrays = [_numeric(call, i, x) for i, x in enumerate(X)]
    dim = _checked_dim(call, arrays, paddingDim)
    direction = _checks.choice(call, "Direction", Direction, DIRECTIONS)
    length = _common_length(call, Length, [x.shape[dim] for x in arrays])
    order = (dim, *(axis for axis in range(arrays[0].ndim) if axis != dim))
    try:
        rows = [x.transpose(order) for x in arrays]
        stacked = stack(rows, length, direction, _value(PaddingValue))
    except MemoryError:
        sizes = [length if axis == dim else n for axis, n in enumerate(arrays[0].shape)]
        dtype = np.result_type(*arrays)
        raise _checks.no_room(call, (*sizes, len(arrays)), dtype) from None
    back = [order.index(axis) + 1 for axis in range(len(order))]
    result: Any = _output(stacked.transpose(*back, 0), uniform=uniform)
    if nargout == 1:
        return result
    mask: Array = np.zeros(stacked.shape, np.bool_)
    for row, x in zip(mask, arrays, strict=True):
        row[_overlap(x.shape[dim], length, direction)[1]] = True
    return result, _output(mask.transpose(*back, 0), uniform=uniform)


def stack(sequences: Sequence[Array], length: int, direction: str, value: float) -> Array:
    """Sequences, padded or cut along their first axis to a length, one after the other."""
    first = sequences[0]
    dtype = np.result_type(*{x.dtype for x in sequences})
    stacked = np.empty((len(sequences), length, *first.shape[1:]), dtype)
    for row, x in zip(stacked, sequences, strict=True):
        n = len(x)
        if n == length:
            row[...] = x
            continue
        source, target = _overlap(n, length, direction)
        row[: target.start] = value
        row[target.stop :] = value
        row[target] = x[source]
    return stacked


def _output(array: Array, *, uniform: bool) -> Any:
    return array if uniform else [array[..., i] for i in range(array.shape[-1])]


def _value(value: Any) -> float:
    """A padding value, which may be NaN."""
    if isinstance(value, (float, np.floating)) and np.isnan(value):
        return float(value)
    return _checks.number("padsequences", "PaddingValue", value)


def _numeric(call: str, i: int, x: Any) -> Array:
    try:
        array = np.asarray(x)
    except ValueError:
        raise TypeError(f"{call}: sequence {i} is ragged: its rows differ in length.") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{call}: sequence {i} is no numeric array; got {array.dtype}.")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _checked_dim(call: str, arrays: list[Array], paddingDim: Any) -> int:
    """The padded axis, if all sequences agree beside it."""
    if not arrays:
        raise ShapeError(f"{call}: there is no sequence to pad; the list is empty.")
    ndim = arrays[0].ndim
    dim = _checks.own_axis(call, "paddingDim", paddingDim, ndim)
    for i, x in enumerate(arrays):
        rest = [n for axis, n in enumerate(x.shape) if axis != dim]
        if x.ndim != ndim or rest != [n for axis, n in enumerate(arrays[0].shape) if axis != dim]:
            raise ShapeError(
                f"{call}: sequences may differ along dimension {dim} only.\n  sequence 0: "
                f"{describe(arrays[0].shape)}\n"
                f"  sequence {i}: {describe(x.shape)}"
            )
    return dim


def _common_length(call: str, length: str | int, lengths: list[int]) -> int:
    if isinstance(length, str):
        return (
            max(lengths)
            if _checks.choice(call, "Length", length, ("longest", "shortest")) == "longest"
            else min(lengths)
        )
    return _checks.integer(call, "Length", length)


def _overlap(n: int, length: int, direction: str) -> tuple[slice, slice]:
    """Which steps of a sequence of n go where in one of ``length``."""
    extra = abs(length - n)
    before = {"right": 0, "left": extra, "both": extra // 2}[direction]
    kept = min(n, length)
    if n <= length:
        return slice(0, n), slice(before, before + kept)
    return slice(before, before + kept), slice(0, kept)
