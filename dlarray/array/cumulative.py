"""Cumulative sums and products, differences, and what is made from samples: `trapz`, `interp1`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, formats, operators
from ..formats import ShapeError, describe
from ..operators.cumulative import cumulative_product, cumulative_sum
from ..operators.elementwise import where_nonzero
from ..operators.sorting import interval, outside
from ..tape import Operator
from .arithmetic import result_type, typed
from .core import dlarray, require_float, require_real, wrap
from .require import require_counting, require_unformatted
from .sorting import sort
from .subscripts import along

_METHODS = ("linear", "nearest", "previous", "next")
_UNBUILT = ("pchip", "cubic", "v5cubic", "makima", "spline")
_DIRECTIONS = ("forward", "reverse")


@_calls.explained
def cumsum(X: Any, dim: int | str | None = None, direction: str = "forward") -> dlarray:
    """The sums of the elements up to each one along a dimension; same format.

    Parameters
    ----------
    X : a dlarray; logical data count as double.
    dim : an axis or label; the first of size other than 1 if not given.
    direction : "forward", or "reverse" for sums from each element on.

    Raises
    ------
    FormatError : no dimension, or more than one, has the label dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X, or an unknown direction.

    Examples
    --------
    >>> cumsum(dlarray([1.0, 2.0, 3.0], "T"), "T").data.ravel()
    array([1., 3., 6.])
    """
    return _accumulated("cumsum", cumulative_sum, X, dim, direction)


@_calls.explained
def cumprod(X: Any, dim: int | str | None = None, direction: str = "forward") -> dlarray:
    """The products of the elements up to each one along a dimension; same format.

    The gradient is right where elements are 0, too.  Options as of `cumsum`.

    Raises
    ------
    FormatError : no dimension, or more than one, has the label dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X, or an unknown direction.

    Examples
    --------
    >>> cumprod(dlarray([1.0, 2.0, 3.0], "T"), "T").data.ravel()
    array([1., 2., 6.])
    """
    return _accumulated("cumprod", cumulative_product, X, dim, direction)


def _accumulated(
    call: str, function: Operator, X: Any, dim: int | str | None, direction: str
) -> dlarray:
    X = require_counting(X, call)
    backwards = _checks.choice(call, "direction", direction, _DIRECTIONS) == "reverse"
    axis = formats.one_axis(dim, X.fmt, X.shape, call)
    return wrap(function(X, axis=axis, reverse=backwards), X.fmt)


@_calls.explained
def diff(X: Any, n: int = 1, dim: int | str | None = None) -> dlarray:
    """Differences of neighbours along a dimension, n times; same format, one element less each
    time.

    Raises
    ------
    FormatError : no dimension, or more than one, has the label dim.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X, or n is no positive integer.

    Examples
    --------
    >>> diff(dlarray([1.0, 4.0, 9.0], "T"), 1, "T").data.ravel()
    array([3., 5.])
    """
    X = require_counting(X, "diff")
    times = _checks.integer("diff", "n", n)
    axis = formats.one_axis(dim, X.fmt, X.shape, "diff")
    value: Any = X
    for _ in range(min(times, X.shape[axis])):
        value = _difference(value, axis)
    return wrap(value, X.fmt)


def _difference(value: Any, axis: int) -> Any:
    n = value.shape[axis]
    early, late = (along(axis, part) for part in (slice(0, max(n - 1, 0)), slice(1, n)))
    return operators.sub(operators.take(value, index=late), operators.take(value, index=early))


# -- samples --------------------------------------------------------------------------------------


def _plain(call: str, X: Any, name: str) -> dlarray:
    """An unformatted floating dlarray."""
    return require_counting(wrap(require_unformatted(call, X, name), ""), call)


def _vector(call: str, X: Any, name: str) -> dlarray:
    """An unformatted vector, as a column."""
    array = _plain(call, X, name)
    if sum(n != 1 for n in array.shape) > 1:
        raise ShapeError(f"{call}: {name} must be a vector; got {describe(array.shape)}.")
    return wrap(operators.reshape(array, shape=(array.size, 1)), "")


@_calls.explained
def trapz(X: Any, Y: Any = None, dim: int | None = None) -> dlarray:
    """The integral of unformatted samples by trapezoids: ``trapz(Y)`` with unit steps, or
    ``trapz(X, Y)`` at the points X.

    Parameters
    ----------
    X : points, a vector with one element a sample along the dimension; a number is the step.
    Y : samples.
    dim : the axis; the first of size other than 1 if not given.

    Raises
    ------
    FormatError : an argument is formatted.
    ShapeError : X has not one point a sample.
    TypeError : an argument is no array of numbers.
    ValueError : dim is no axis of Y.

    Examples
    --------
    >>> trapz(dlarray([1.0, 4.0, 9.0])).item()
    9.0
    >>> trapz([0.0, 2.0, 4.0], dlarray([1.0, 4.0, 9.0])).item()
    18.0
    """
    if Y is None:
        X, Y = 1.0, X
    samples = _plain("trapz", Y, "Y")
    axis = formats.one_axis(dim, "", samples.shape, "trapz")
    n = samples.shape[axis]
    points = _vector("trapz", X, "X")
    if points.size not in (1, n):
        raise ShapeError(
            f"trapz: X needs one point a sample; it has {points.size}, Y is "
            f"{describe(samples.shape)}, {n} along axis {axis}."
        )
    dtype = result_type(samples, points if isinstance(X, dlarray) or points.size > 1 else samples)
    value, points_ = typed(samples, dtype), typed(points, dtype)
    early, late = along(axis, slice(0, max(n - 1, 0))), along(axis, slice(1, n))
    pairs = operators.add(operators.take(value, index=early), operators.take(value, index=late))
    steps = points_ if points.size == 1 and n != 1 else _difference(points_, 0)
    lying = (1,) * axis + (steps.shape[0],) + (1,) * (samples.ndim - axis - 1)
    areas = operators.mul(pairs, operators.reshape(steps, shape=lying))
    half = operators.mul(operators.total(areas, axes=(axis,)), np.asarray(0.5, dtype))
    return wrap(half, "")


@_calls.explained
def interp1(
    x: Any, v: Any, xq: Any = None, method: str = "linear", extrapolation: Any = None
) -> dlarray:
    """Values between unformatted samples, at query points; differentiable in all of them.

    Parameters
    ----------
    x : points in any order, a vector of two or more different ones.  ``interp1(v, xq)`` takes 0,
        1, 2, ... for them.
    v : values: a vector, or one column a quantity, with one row a point.
    xq : query points; NaN gives NaN.
    method : "linear", "nearest" (the later of two equally near), "previous" or "next"; the last
        three have no derivative in xq.
    extrapolation : what a query outside the points gives: NaN if not given, a number, or "extrap"
        for the method carried on.

    The result has the size of xq for a vector of values; else one row a query, one column a
    quantity.

    Raises
    ------
    FormatError : an argument is formatted.
    ShapeError : x has fewer than two points, or not one a row of v.
    TypeError : an argument is no array of numbers, x is complex, or xq is for a method other than
        linear.
    ValueError : points that are equal or NaN, or an option of another value than those above.

    Examples
    --------
    >>> interp1([0.0, 1.0, 2.0], dlarray([1.0, 3.0, 7.0]), [0.5, 1.5]).data.ravel()
    array([2., 5.])
    """
    if xq is None:
        xq, v, x = v, x, None
    kind = _checks.choice("interp1", "method", method, _METHODS, _UNBUILT)
    fill = _fill(extrapolation)
    values, queries = _plain("interp1", v, "v"), _plain("interp1", xq, "xq")
    if kind != "linear":
        require_real(queries, "interp1")
    vector = sum(n != 1 for n in values.shape) <= 1
    if vector:
        values = _vector("interp1", values, "v")
    elif values.ndim > 2:
        raise ShapeError(f"interp1: v must be a vector or matrix; got {describe(values.shape)}.")
    points = _vector("interp1", np.arange(values.shape[0]) if x is None else x, "x")
    _check_points(points, values)
    dtype = result_type(values, queries)
    points, order = sort(points, 0, nargout=2)
    values = values[order, :]
    column = operators.reshape(typed(queries, dtype), shape=(queries.size, 1))
    y = _interpolated(typed(points, dtype), typed(values, dtype), column, kind, fill)
    return wrap(operators.reshape(y, shape=queries.shape) if vector else y, "")


def _fill(extrapolation: Any) -> float | None:
    """The value outside the points; None for the method carried on."""
    if extrapolation is None:
        return float("nan")
    if _checks.is_number(extrapolation):
        return float(extrapolation)
    _checks.choice("interp1", "extrapolation", extrapolation, ("extrap",), other="a number")
    return None


def _check_points(points: dlarray, values: dlarray) -> None:
    require_float(points, "interp1")
    n = points.size
    if n < 2 or n != values.shape[0]:
        raise ShapeError(
            f"interp1: x needs two points or more, one a value; it has {n}, v "
            f"{values.shape[0]} rows."
        )


def _interpolated(points: Any, values: Any, x: Any, kind: str, fill: float | None) -> Any:
    """Rows of values at a column of queries, for ascending points."""
    p, v = wrap(points, ""), wrap(values, "")
    low = wrap(interval(points, x), "")
    high = low + 1
    early, late = p[low, :], p[high, :]
    part = (wrap(x, "") - early) / (late - early)
    if kind == "linear":
        y = v[low, :] * (1 - part) + v[high, :] * part
    else:
        y = _step(kind, part._data, v[low, :], v[high, :])
    if fill is None:
        return y
    gap = outside(points, x, fill=1.0)
    inside = operators.sub(np.asarray(1, x.dtype), gap)
    return operators.add(where_nonzero(inside, y), outside(points, x, fill=fill))


def _step(kind: str, part: Any, early: dlarray, late: dlarray) -> dlarray:
    """One of two rows of values, for queries at this part of the way between them."""
    share = wrap(operators.real(part), "")
    limit = {"nearest": share >= 0.5, "previous": share >= 1, "next": share > 0}[kind]
    chosen = operators.choose(limit, late, early)
    return wrap(operators.choose(operators.is_nan(part), part, chosen), "")
