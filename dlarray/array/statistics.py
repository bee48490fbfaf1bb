"""Median, mode, variance, standard deviation and norms over dimensions.

``dim`` is as in `reductions`: the dimensions reduced stay, with size 1 and their labels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _calls, _checks, operators
from ..formats import Axes, Dim, ShapeError
from ..tape import untraced
from .core import described, dlarray, require_dlarray, require_float, wrap
from .reductions import axes_of
from .require import require_counting


@_calls.explained
def median(X: Any, dim: Dim | None = None) -> dlarray:
    """The median over some dimensions; NaN if an element is NaN, or over none.

    Of an even number of elements it is the mean of the two in the middle; the derivative goes to
    the elements in the middle.  Real data only.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or logical or complex.
    ValueError : dim is no axis of X.

    Examples
    --------
    >>> median(dlarray([[1.0, 2.0, 9.0], [3.0, 5.0, 4.0]], "CB"), "B").data.ravel()
    array([2., 4.])
    """
    X, value, axis = _gathered(X, dim, "median")
    if value.shape[axis] == 0:
        value = operators.average(value, axes=(axis,))
    else:
        places = operators.middle(untraced(value), axis=axis)
        low, high = (
            operators.pick(value, operators.take(places, index=half), axis=axis)
            for half in _halves(axis)
        )
        value = operators.mul(operators.add(low, high), np.asarray(0.5, value.dtype))
    return _restored(X, value, dim, "median")


def _halves(axis: int) -> list[tuple[slice, ...]]:
    return [(slice(None),) * axis + (slice(i, i + 1),) for i in range(2)]


@_calls.explained
def mode(X: Any, dim: Dim | None = None) -> dlarray:
    """The value that is there most often over some dimensions, of equally common ones the smallest.

    NaN do not count, unless there is nothing else.  The derivative goes to the first element with
    this value.  Real data only.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or logical or complex.
    ValueError : dim is no axis of X.

    Examples
    --------
    >>> mode(dlarray([[1.0, 2.0, 2.0], [5.0, 3.0, 4.0]], "CB"), "B").data.ravel()
    array([2., 3.])
    """
    X, value, axis = _gathered(X, dim, "mode")
    if value.shape[axis] == 0:
        value = operators.average(value, axes=(axis,))
    else:
        place = operators.place_of_commonest(untraced(value), axis=axis)
        value = operators.pick(value, place, axis=axis)
    return _restored(X, value, dim, "mode")


def _gathered(X: Any, dim: Dim | None, call: str) -> tuple[dlarray, Any, int]:
    """X, its values with the dimensions to reduce in one, and that axis."""
    X = require_dlarray(X, call)
    require_float(X, call)
    axes = axes_of(X, dim, call)
    if len(axes) == 1:
        return X, X, axes[0]
    rest = tuple(axis for axis in range(X.ndim) if axis not in axes)
    shape = (*(X.shape[axis] for axis in rest), math.prod(X.shape[axis] for axis in axes))
    value = operators.reshape(operators.permute(X, order=(*rest, *axes)), shape=shape)
    return X, value, len(rest)


def _restored(X: dlarray, value: Any, dim: Dim | None, call: str) -> dlarray:
    """A reduced value in the dimensions of X."""
    axes = axes_of(X, dim, call)
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(X.shape))
    return wrap(operators.reshape(value, shape=shape) if value.shape != shape else value, X.fmt)


# -- variance -------------------------------------------------------------------------------------


@_calls.explained
def var(X: Any, w: int = 0, dim: Dim | None = None) -> dlarray:
    """The variance over some dimensions, 0 of one element and NaN of none.

    Parameters
    ----------
    X : data of any format; of complex data the mean of ``|X - mean|^2``, which is real.
    w : 0 divides by the number of elements less 1, 1 by their number.
    dim : axes, labels or "all"; by default the first dimension of size other than 1.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X, or w another number than those above.

    Examples
    --------
    >>> X = dlarray([[1.0, 2.0, 3.0, 6.0]], "CB")
    >>> var(X).item(), var(X, 1).item(), var(X, 0, "C").shape
    (4.666666666666667, 3.5, (1, 4))
    """
    return _variance(X, w, dim, "var", lambda x: x)


@_calls.explained
def std(X: Any, w: int = 0, dim: Dim | None = None) -> dlarray:
    """The standard deviation over some dimensions: the square root of `var`, with its options.

    Its derivative is 0 where all elements are equal.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X, or w another number than those above.

    Examples
    --------
    >>> std(dlarray([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]], "CB"), 0, "B").data.ravel()
    array([1., 0.])
    """
    return _variance(X, w, dim, "std", operators.root)


def _variance(X: Any, w: Any, dim: Dim | None, call: str, turned: Any) -> dlarray:
    X = require_counting(X, call)
    if not _checks.is_number(w) or w not in (0, 1):
        what = w if _checks.is_number(w) else described(w)
        raise ValueError(
            f"{call}: the weight is 0 (divide by n - 1) or 1 (divide by n); got {what}. Weights "
            f"of elements are not supported; for dimensions write {call}(X, 0, dim)."
        )
    axes = axes_of(X, dim, call)
    n = math.prod(X.shape[axis] for axis in axes)
    from_mean = operators.sub(X, operators.average(X, axes=axes))
    squares = operators.total(_square(from_mean), axes=axes)
    divisor = n - 1 if w == 0 and n > 1 else n
    return wrap(turned(operators.div(squares, np.asarray(divisor, squares.dtype))), X.fmt)


def _square(x: Any) -> Any:
    """|x|^2, real."""
    if x.dtype.kind == "c":
        return operators.real(operators.mul(x, operators.conj(x)))
    return operators.mul(x, x)


# -- norms ----------------------------------------------------------------------------------------


@_calls.explained
def vecnorm(X: Any, p: float = 2, dim: Dim | None = None) -> dlarray:
    """The p-norm of the vectors along a dimension, or of the numbers over several.

    Parameters
    ----------
    X : data of any format, real or complex.
    p : above 0; 2 is the length, 1 the sum of absolute values, Inf the largest of them.
    dim : axes, labels or "all"; by default the first dimension of size other than 1.

    The derivative at a zero vector is 0.

    Raises
    ------
    FormatError : no dimension has a label of dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X, or p is no positive number.

    Examples
    --------
    >>> vecnorm(dlarray([[3.0, 1.0], [4.0, 1.0]], "CB")).data.ravel().round(4)
    array([5.    , 1.4142])
    """
    X = require_counting(X, "vecnorm")
    if not _checks.is_number(p) or not p > 0:
        raise ValueError(f"vecnorm: p must be a number above 0, or Inf; got {p!r}.")
    axes = axes_of(X, dim, "vecnorm")
    if p == 2:
        return wrap(operators.root(operators.total(_square(X), axes=axes)), X.fmt)
    size = operators.absolute(X)
    if p == math.inf:
        return wrap(_largest(X, size, axes), X.fmt)
    if p == 1:
        return wrap(operators.total(size, axes=axes), X.fmt)
    exponent = np.asarray(p, size.dtype)
    power = operators.total(operators.power(size, exponent), axes=axes)
    return wrap(_root_of_power(power, 1 / p), X.fmt)


def _largest(X: dlarray, size: Any, axes: Axes) -> Any:
    if 0 in [X.shape[axis] for axis in axes]:
        raise ShapeError(
            f"vecnorm: there is no largest element; got {described(X)}, dimensions {axes}."
        )
    for axis in axes:
        size = operators.largest(size, axis=axis)
    return size


def _root_of_power(x: Any, exponent: float) -> Any:
    """x ** exponent with derivative 0 at 0: there a 1 is raised, and 0 put in its place."""
    zero = operators.equal(untraced(x), np.asarray(0, x.dtype))
    shifted = operators.add(x, operators.cast(zero, dtype=x.dtype))
    value = operators.power(shifted, np.asarray(exponent, x.dtype))
    return operators.where_nonzero(x, value)
