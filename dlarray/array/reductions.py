"""Reductions: the dimensions reduced stay, with size 1 and their labels.

``dim`` is an axis from 0, a label (all its axes), a sequence of axes or "all".  Without it the
first dimension of size other than 1 is reduced, as in MATLAB.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, formats, operators
from ..formats import Axes, Dim, ShapeError, first_nonsingleton
from ..tape import untraced
from . import arithmetic
from .core import described, dlarray, require_dlarray, require_float, wrap
from .require import require_counting


def axes_of(X: dlarray, dim: Dim | None, call: str) -> Axes:
    if dim is None:
        return (first_nonsingleton(X.shape),)
    if isinstance(dim, str) and dim.lower() == "all":
        return tuple(range(X.ndim))
    return formats.resolve_axes(dim, X.fmt, X.ndim, call)


@_calls.explained
def sum(X: Any, dim: Dim | None = None) -> dlarray:
    """The sum over some dimensions; of logical data the number of ones, as double.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X.

    Examples
    --------
    >>> sum(dlarray(np.ones((4, 5, 3, 2)), "SSCB"), "S").shape
    (1, 1, 3, 2)
    """
    X = require_counting(X, "sum")
    return wrap(operators.total(X, axes=axes_of(X, dim, "sum")), X.fmt)


@_calls.explained
def mean(X: Any, dim: Dim | None = None) -> dlarray:
    """The mean over some dimensions; NaN over none; of logical data the part of ones, as double.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X.

    Examples
    --------
    >>> mean(dlarray([[1.0, 2.0], [3.0, 5.0]], "CB"), "B").data.ravel()
    array([1.5, 4. ])
    """
    X = require_counting(X, "mean")
    return wrap(operators.average(X, axes=axes_of(X, dim, "mean")), X.fmt)


@_calls.explained
def prod(X: Any, dim: Dim | None = None) -> dlarray:
    """The product over some dimensions; 1 over none; logical data count as double.

    Its derivative is right also where elements are 0.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X.

    Examples
    --------
    >>> prod(dlarray([[1.0, 2.0], [3.0, 5.0]], "CB"), "B").data.ravel()
    array([ 2., 15.])
    """
    X = require_counting(X, "prod")
    value: Any = X
    for axis in axes_of(X, dim, "prod"):
        value = operators.product(value, axis=axis)
    return wrap(value, X.fmt)


@_calls.explained
def max(
    X: Any, Y: Any = None, dim: Dim | None = None, *, nargout: int = 1, index_base: int = 0
) -> Any:
    """The maximum over dimensions of X, or the larger elements of X and Y.

    With ``nargout=2`` also the index of the first maximum along one dimension, which has no
    derivative; it counts from 0, or from 1 with ``index_base=1``, as in MATLAB.  NaN if an element
    is NaN.  The derivative goes to the first maximum, and of two equal elements to that of X.  Real
    data only.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    ShapeError : X and Y differ in size and neither is 1.
    TypeError : X is no dlarray, or logical or complex.
    ValueError : dim is no axis of X, or given beside Y; indices of two arrays, or of several
        dimensions.

    Examples
    --------
    >>> X = dlarray([[1.0, 2.0], [3.0, 5.0]], "CB")
    >>> largest, index = max(X, dim="C", nargout=2)
    >>> largest.data.ravel(), index.data.ravel()
    (array([3., 5.]), array([1., 1.]))
    >>> max(X, 2).data.ravel()
    array([2., 2., 3., 5.])
    """
    if Y is not None:
        return _of_two("max", arithmetic.maximum, X, Y, dim, nargout, index_base)
    X = _floating(X, "max")
    return _extreme(X, dim, "max", lambda x: x, nargout, index_base)


@_calls.explained
def min(
    X: Any, Y: Any = None, dim: Dim | None = None, *, nargout: int = 1, index_base: int = 0
) -> Any:
    """The minimum over dimensions of X, or the smaller elements of X and Y; see `max`.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    ShapeError : X and Y differ in size and neither is 1.
    TypeError : X is no dlarray, or logical or complex.
    ValueError : dim is no axis of X, or given beside Y; indices of two arrays, or of several
        dimensions.

    Examples
    --------
    >>> min(dlarray([[1.0, 2.0], [3.0, 5.0]], "CB"), dim="B").data.ravel()
    array([1., 3.])
    """
    if Y is not None:
        return _of_two("min", arithmetic.minimum, X, Y, dim, nargout, index_base)
    X = _floating(X, "min")
    return _extreme(X, dim, "min", operators.neg, nargout, index_base)


def _of_two(
    call: str, function: Any, X: Any, Y: Any, dim: Dim | None, nargout: int, index_base: int
) -> dlarray:
    if isinstance(Y, str):
        raise TypeError(
            f'{call}: the second argument is an array; for dimensions write {call}(X, dim="{Y}").'
        )
    if dim is not None:
        raise ValueError(f"{call}: of two arrays there is no dimension; got dim={dim!r}.")
    _checks.nargout(call, nargout, (1,))
    if _checks.index_base(call, index_base):
        raise ValueError(
            f"{call}: index_base is for indices, and of two arrays there are none. Leave "
            "index_base out."
        )
    result: dlarray = function(X, Y)
    return result


def _extreme(
    X: dlarray, dim: Dim | None, call: str, oriented: Any, nargout: int, index_base: int
) -> Any:
    """The largest element of ``oriented(X)``, turned back."""
    axes = axes_of(X, dim, call)
    if 0 in [X.shape[axis] for axis in axes]:
        raise ShapeError(
            f"{call}: there is no element to choose from; got {described(X)}, dimensions {axes}."
        )
    _checks.nargout(call, nargout, (1, 2))
    base = _checks.index_base(call, index_base, nargout)
    if nargout == 2 and len(axes) != 1:
        raise ValueError(f"{call}: an index needs one dimension; got {axes}. Give one axis.")
    whole = value = oriented(X)
    for axis in axes:
        value = operators.largest(value, axis=axis)
    result = wrap(oriented(value), X.fmt)
    if nargout == 1:
        return result
    index = operators.place_of_largest(untraced(whole), axis=axes[0])
    return result, wrap(counted(index, base), X.fmt)


def counted(index: Any, base: int) -> Any:
    """Indices from 0 as numbers from ``base``."""
    numbers = operators.cast(index, dtype=np.dtype(np.float64))
    return operators.add(numbers, np.float64(base)) if base else numbers


@_calls.explained
def any(X: Any, dim: Dim | None = None) -> dlarray:
    """Whether some element over the dimensions is nonzero: a logical array.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X.

    Examples
    --------
    >>> any(dlarray([[0.0, 2.0], [0.0, 0.0]], "CB"), "B").data.ravel()
    array([ True, False])
    """
    X = require_dlarray(X, "any")
    return wrap(operators.some(X._data, axes=axes_of(X, dim, "any")), X.fmt)


@_calls.explained
def all(X: Any, dim: Dim | None = None) -> dlarray:
    """Whether every element over the dimensions is nonzero: a logical array.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X.

    Examples
    --------
    >>> all(dlarray([[1.0, 2.0], [3.0, 0.0]], "CB"), "B").data.ravel()
    array([ True, False])
    """
    X = require_dlarray(X, "all")
    return wrap(operators.every(X._data, axes=axes_of(X, dim, "all")), X.fmt)


def _floating(X: Any, call: str) -> dlarray:
    X = require_dlarray(X, call)
    require_float(X, call)
    return X
