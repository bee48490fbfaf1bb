"""Functions that turn, shift and repeat: the elements in another order, the format as it was."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _calls, _checks, formats, operators
from ..formats import FormatError, Shape, ShapeError
from .core import described, dlarray, require_dlarray, wrap
from .subscripts import along


@_calls.explained
def flip(X: Any, dim: int | str | None = None) -> dlarray:
    """X backwards along a dimension, the first of size other than 1 if none is given; same format.

    Raises
    ------
    FormatError : no dimension, or more than one, has the label dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X.

    Examples
    --------
    >>> flip(dlarray([[1.0, 2.0], [3.0, 5.0]], "CB"), "B").data
    array([[2., 1.],
           [5., 3.]])
    """
    X = require_dlarray(X, "flip")
    return _flipped(X, formats.one_axis(dim, X.fmt, X.shape, "flip"))


def _flipped(X: dlarray, axis: int) -> dlarray:
    return wrap(operators.take(X, index=along(axis, slice(None, None, -1))), X.fmt)


def fliplr(X: Any) -> dlarray:
    """X with its columns backwards, the second dimension; same format.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> fliplr(dlarray([[1.0, 2.0]])).data
    array([[2., 1.]])
    """
    return _flipped(require_dlarray(X, "fliplr"), 1)


def flipud(X: Any) -> dlarray:
    """X with its rows backwards, the first dimension; same format.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> flipud(dlarray([1.0, 2.0])).data.ravel()
    array([2., 1.])
    """
    return _flipped(require_dlarray(X, "flipud"), 0)


@_calls.explained
def circshift(X: Any, K: int | Sequence[int], dim: int | str | None = None) -> dlarray:
    """X shifted by K places to later ones; what leaves at the end comes in at the start.

    Parameters
    ----------
    X : a dlarray of any format, which the result keeps.
    K : places; negative ones shift to earlier places.  A list has one a dimension.
    dim : the dimension of one K: an axis or label; the first of size other than 1 if not given.

    Raises
    ------
    FormatError : no dimension, or more than one, has the label dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : K is no integer or list of them, or dim is no axis of X.

    Examples
    --------
    >>> circshift(dlarray([1.0, 2.0, 3.0], "T"), 1, "T").data.ravel()
    array([3., 1., 2.])
    """
    X = require_dlarray(X, "circshift")
    if isinstance(K, (Sequence, np.ndarray)):
        if dim is not None or len(K) > X.ndim:
            raise ValueError(
                f"circshift: a list of shifts has at most one a dimension, and no dim; got {K!r}, "
                f"dim={dim!r} for {described(X)}."
            )
        shifts = list(enumerate(K))
    else:
        shifts = [(formats.one_axis(dim, X.fmt, X.shape, "circshift"), K)]
    value: Any = X
    for axis, places in shifts:
        value = _shifted(value, axis, _checks.integer("circshift", "K", places, -math.inf))
    return wrap(value, X.fmt)


def _shifted(value: Any, axis: int, places: int) -> Any:
    n = value.shape[axis]
    split = n - places % n if n else 0
    if split in (0, n):
        return value
    last = operators.take(value, index=along(axis, slice(split, None)))
    first = operators.take(value, index=along(axis, slice(0, split)))
    return operators.concatenate(last, first, axis=axis)


@_calls.explained
def rot90(X: Any, k: int = 1) -> dlarray:
    """Unformatted data turned by k quarter turns, counterclockwise, in their first two dimensions.

    Raises
    ------
    FormatError : X is formatted.
    TypeError : X is no dlarray.
    ValueError : k is no integer.

    Examples
    --------
    >>> rot90(dlarray([[1.0, 2.0], [3.0, 5.0]])).data
    array([[2., 5.],
           [1., 3.]])
    """
    X = require_dlarray(X, "rot90")
    if X.fmt:
        raise FormatError(
            f"rot90: only unformatted data can be turned; got {described(X)}. Use stripdims first."
        )
    turns = _checks.integer("rot90", "k", k, -math.inf) % 4
    if turns == 2:
        return _flipped(_flipped(X, 0), 1)
    if turns == 0:
        return wrap(X, "")
    swap = (1, 0, *range(2, X.ndim))
    if turns == 1:
        return wrap(operators.permute(_flipped(X, 1), order=swap), "")
    return _flipped(wrap(operators.permute(X, order=swap), ""), 1)


def repmat(X: Any, *counts: Any) -> dlarray:
    """Copies of X: ``repmat(X, 2, 3)`` or ``repmat(X, [2, 3])``; one count n is for n by n copies.

    The format stays; counts for further dimensions make U dimensions.

    Raises
    ------
    ShapeError : more elements than an array can have.
    TypeError : X is no dlarray, or no count is given.
    ValueError : a count is no integer of at least 0.

    Examples
    --------
    >>> repmat(dlarray([[1.0, 2.0]], "CB"), 2, 2).data
    array([[1., 2., 1., 2.],
           [1., 2., 1., 2.]])
    """
    X = require_dlarray(X, "repmat")
    numbers = _counts("repmat", counts)
    numbers += numbers if len(numbers) == 1 else ()
    return _repeated("repmat", X, numbers, whole=True)


def repelem(X: Any, *counts: Any) -> dlarray:
    """Every element of X several times: ``repelem(X, 2, 3)``; of a vector ``repelem(X, 2)``.

    A count may be a list with one number an element along its dimension.  The format stays; counts
    for further dimensions make U dimensions.

    Raises
    ------
    ShapeError : one count for data that are no vector, or a list of another length than its
        dimension.
    TypeError : X is no dlarray, or no count is given.
    ValueError : a count is no integer of at least 0.

    Examples
    --------
    >>> repelem(dlarray([[1.0, 2.0]], "CB"), 1, 2).data
    array([[1., 1., 2., 2.]])
    >>> repelem(dlarray([1.0, 2.0, 3.0]), [2, 0, 1]).data.ravel()
    array([1., 1., 3.])
    """
    X = require_dlarray(X, "repelem")
    if len(counts) == 1:
        if X.ndim > 2 or 1 not in X.shape:
            raise ShapeError(
                f"repelem: one count is for a vector; got {described(X)}. Give a count for each "
                "dimension."
            )
        counts = (1, counts[0]) if X.shape[1] != 1 else (counts[0], 1)
    for axis, count in enumerate(counts):
        if isinstance(count, (Sequence, np.ndarray)):
            X = _by_element(X, axis, count)
    numbers = _counts("repelem", [n if _checks.is_number(n) else 1 for n in counts])
    return _repeated("repelem", X, numbers)


def _by_element(X: dlarray, axis: int, count: Any) -> dlarray:
    """Each element along an axis as often as its own count says."""
    n = X.shape[axis] if axis < X.ndim else 1
    if len(count) != n:
        raise ShapeError(
            f"repelem: axis {axis} has {n} elements, the list {len(count)} counts; X is "
            f"{described(X)}. Give one count an element."
        )
    numbers = _counts("repelem", list(count)) if n else ()
    places = np.repeat(np.arange(n), numbers)
    return X[(*along(axis, places), ...)]


def _counts(call: str, counts: Any) -> Shape:
    if len(counts) == 1 and isinstance(counts[0], (Sequence, np.ndarray)):
        counts = counts[0]
    if not len(counts):
        raise TypeError(f"{call}: give a count for each dimension, as in {call}(X, 2, 3).")
    return tuple(_checks.integer(call, "a count", n, 0) for n in counts)


def _repeated(call: str, X: dlarray, counts: Shape, *, whole: bool = False) -> dlarray:
    """Each dimension so many times, all of it in turn or each element in turn."""
    ndim = max(X.ndim, len(counts))
    shape = X.shape + (1,) * (ndim - X.ndim)
    counts += (1,) * (ndim - len(counts))
    # column-major order counts the first of two axes fastest
    pairs = [(n, 1) if whole else (1, n) for n in shape]
    wide = [(n, m) if whole else (m, n) for n, m in zip(shape, counts, strict=True)]
    total = tuple(n * m for n, m in wide)
    repeated = tuple(n for pair in wide for n in pair)
    formats.require_possible(repeated, call, f", in which {described(X)} is repeated")
    value = operators.reshape(X, shape=tuple(n for pair in pairs for n in pair))
    value = operators.expand(value, shape=repeated)
    return wrap(operators.reshape(value, shape=total), formats.extended(X.fmt, ndim))
