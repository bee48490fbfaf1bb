"""Sorting, and searching in unformatted arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, formats, operators
from ..operators.sorting import different, is_in, order_of, places_in, reorder
from ..tape import Array, decides, untraced
from .core import dlarray, require_dlarray, wrap
from .reductions import counted
from .require import require_unformatted

_DIRECTIONS = ("ascend", "descend")


@_calls.explained
def sort(
    X: Any,
    dim: int | str | None = None,
    direction: str = "ascend",
    *,
    nargout: int = 1,
    index_base: int = 0,
) -> Any:
    """X sorted along a dimension; same format.  The gradient goes back to where elements came from.

    NaN counts as the largest; equal elements keep their order; complex numbers are ordered by
    magnitude, then by angle.

    Parameters
    ----------
    X : a dlarray of any format and type.
    dim : an axis or label; the first of size other than 1 if not given.
    direction : "ascend" or "descend".
    nargout : 2 for the indices too, a dlarray of the same format without derivative.
    index_base : the first index: 0, or 1 as in MATLAB.

    Raises
    ------
    FormatError : no dimension, or more than one, has the label dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X, an unknown direction, another nargout or index_base.

    Examples
    --------
    >>> X = dlarray([[4.0, 1.0], [2.0, 9.0]], "CB")
    >>> Y, index = sort(X, "C", nargout=2)
    >>> Y.data
    array([[2., 1.],
           [4., 9.]])
    >>> index.data
    array([[1., 0.],
           [0., 1.]])
    """
    X = require_dlarray(X, "sort")
    if dim in _DIRECTIONS:  # MATLAB's sort(X, "descend")
        dim, direction = None, str(dim)
    descend = _checks.choice("sort", "direction", direction, _DIRECTIONS) == "descend"
    _checks.nargout("sort", nargout, (1, 2))
    base = _checks.index_base("sort", index_base, nargout)
    axis = formats.one_axis(dim, X.fmt, X.shape, "sort")
    index = untraced(order_of(X, axis=axis, descend=descend))
    Y = wrap(reorder(X, index, axis=axis), X.fmt)
    if nargout == 1:
        return Y
    return Y, wrap(counted(index, base), X.fmt)


def _values(call: str, X: Any, name: str) -> Array:
    """The values of an unformatted array."""
    value = require_unformatted(call, X, name)
    return value._data if isinstance(value, dlarray) else value


@_calls.explained
def find(X: Any, n: int | None = None, direction: str = "first", *, nargout: int = 1) -> Any:
    """Where unformatted X is not 0: linear indices (column-major, from 0), ascending.

    Parameters
    ----------
    X : a dlarray or array.
    n : how many at most; all if not given.
    direction : "first" or "last", which of them.
    nargout : 2 for rows and columns instead (further dimensions count on as columns), 3 for the
        values too.

    The indices are NumPy arrays, that index dlarrays; the values an unformatted dlarray, traced.

    Raises
    ------
    FormatError : X is formatted.
    TypeError : X is no array of numbers.
    ValueError : n is no positive integer, an unknown direction, or another nargout.

    Examples
    --------
    >>> X = dlarray([[0.0, 2.0], [3.0, 0.0]])
    >>> find(X), find(X, nargout=2)
    (array([1, 2]), (array([1, 0]), array([0, 1])))
    """
    data = _values("find", X, "X")
    decides("find", data)
    _checks.nargout("find", nargout, (1, 2, 3))
    kind = _checks.choice("find", "direction", direction, ("first", "last"))
    places = np.flatnonzero(data.reshape(-1, order="F"))
    if n is not None:
        count = _checks.integer("find", "n", n)
        places = places[:count] if kind == "first" else places[-count:]
    if nargout == 1:
        return places
    rows, columns = places % max(1, data.shape[0]), places // max(1, data.shape[0])
    if nargout == 2:
        return rows, columns
    return rows, columns, (X if isinstance(X, dlarray) else wrap(data, ""))[places]


@_calls.explained
def unique(A: Any, *, nargout: int = 1) -> Any:
    """The different values of unformatted A, ascending: an unformatted dlarray without derivative,
    a row if A is one, else a column.

    With ``nargout`` 2 and 3 also NumPy arrays of linear indices (from 0): where in A each value
    is first, and for each element of A which value it is.  Each NaN is a value of its own.

    Raises
    ------
    FormatError : A is formatted.
    TypeError : A is no array of numbers.
    ValueError : another nargout.

    Examples
    --------
    >>> values, first, which = unique(dlarray([5.0, 3.0, 5.0]), nargout=3)
    >>> values.data.ravel(), first, which
    (array([3., 5.]), array([1, 0]), array([1, 0, 1]))
    """
    data = _values("unique", A, "A")
    _checks.nargout("unique", nargout, (1, 2, 3))
    row = data.shape[0] == 1 and data.size == data.shape[1] > 1
    values = untraced(different(A if isinstance(A, dlarray) else data))
    n = values.shape[0]
    found = wrap(operators.reshape(values, shape=(1, n) if row else (n, 1)), "")
    if nargout == 1:
        return found
    decides("unique", data)  # indices are no dlarrays: a replay would give those of the first call
    _, first, which = np.unique(
        data.reshape(-1, order="F"), return_index=True, return_inverse=True, equal_nan=False
    )
    return (found, first, which)[:nargout]


@_calls.explained
def ismember(A: Any, S: Any, *, nargout: int = 1) -> Any:
    """For each element of unformatted A, whether it is one of the values of S: a logical dlarray.

    With ``nargout=2`` also where in S it is first, a NumPy array of linear indices (from 0; -1 for
    none) of the size of A.  NaN is no member.

    Raises
    ------
    FormatError : an argument is formatted.
    TypeError : an argument is no array of numbers.
    ValueError : another nargout.

    Examples
    --------
    >>> ismember(dlarray([5.0, 3.0]), [3.0, 4.0]).data.ravel()
    array([False,  True])
    """
    data = _values("ismember", A, "A")
    members = _values("ismember", S, "S")
    _checks.nargout("ismember", nargout, (1, 2))
    column = operators.reshape(S if isinstance(S, dlarray) else members, shape=(members.size,))
    found = wrap(untraced(is_in(A if isinstance(A, dlarray) else data, column)), "")
    if nargout == 1:
        return found
    return found, untraced(places_in(data, members.reshape(-1, order="F")))
