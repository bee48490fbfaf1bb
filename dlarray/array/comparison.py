"""Comparison and logic: logical arrays, matched by label as arithmetic is, without derivative.

Their operators get plain arrays, so nothing of them is traced.
"""

from __future__ import annotations

from typing import Any

from .. import operators
from ..operators._quiet import number
from ..tape import Operator, untraced
from .arithmetic import aligned, result_type, typed
from .core import described, dlarray, require_dlarray, require_real, wrap


def _compare(call: str, function: Operator, a: Any, b: Any, ordered: bool = False) -> dlarray:
    """A comparison; of what is ``ordered`` real numbers only."""
    if (
        type(a) is dlarray
        and type(b) is dlarray
        and a.fmt == b.fmt
        and a._data.shape == b._data.shape
        and a._data.dtype == b._data.dtype
        and a._data.dtype.kind != "c"
    ):
        return wrap(function(a._data, b._data), a.fmt)
    if type(a) is dlarray and type(b) in (float, int) and a._data.dtype.kind == "f":
        return wrap(function(a._data, number(b, a._data.dtype)), a.fmt)
    if ordered:
        a, b = require_real(a, call), require_real(b, call)
    left, right, fmt = aligned(call, _constant(a), _constant(b))
    left, right = untraced(left), untraced(right)
    if left.dtype.kind in "fc" or right.dtype.kind in "fc":
        dtype = result_type(left, right)
        left, right = typed(left, dtype), typed(right, dtype)
    return wrap(function(left, right), fmt)


def _constant(x: Any) -> Any:
    """The same dlarray as a constant."""
    return wrap(x._data, x.fmt) if isinstance(x, dlarray) and x.node is not None else x


def eq(a: Any, b: Any) -> dlarray:
    """Where a equals b: a logical array, matched by label as in `plus`.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> eq(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([False,  True])
    """
    return _compare("eq", operators.equal, a, b)


def ne(a: Any, b: Any) -> dlarray:
    """Where a differs from b.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> ne(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([ True, False])
    """
    return _compare("ne", operators.not_equal, a, b)


def lt(a: Any, b: Any) -> dlarray:
    """Where a < b, real numbers.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is complex, or no array of numbers.

    Examples
    --------
    >>> lt(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([ True, False])
    """
    return _compare("lt", operators.less, a, b, ordered=True)


def le(a: Any, b: Any) -> dlarray:
    """Where a <= b, real numbers.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is complex, or no array of numbers.

    Examples
    --------
    >>> le(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([ True,  True])
    """
    return _compare("le", operators.less_equal, a, b, ordered=True)


def gt(a: Any, b: Any) -> dlarray:
    """Where a > b, real numbers.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is complex, or no array of numbers.

    Examples
    --------
    >>> gt(dlarray([3.0, 5.0], "C"), 3).data.ravel()
    array([False,  True])
    """
    return _compare("gt", operators.greater, a, b, ordered=True)


def ge(a: Any, b: Any) -> dlarray:
    """Where a >= b, real numbers.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is complex, or no array of numbers.

    Examples
    --------
    >>> ge(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([False,  True])
    """
    return _compare("ge", operators.greater_equal, a, b, ordered=True)


# -- logic ----------------------------------------------------------------------------------------


def and_(a: Any, b: Any) -> dlarray:
    """Where both are nonzero, matched by label as in `plus`; also written ``a & b``.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> and_(dlarray([3.0, 0.0], "C"), True).data.ravel()
    array([ True, False])
    """
    return _compare("and", operators.both, a, b)


def or_(a: Any, b: Any) -> dlarray:
    """Where one or both are nonzero, matched by label as in `plus`; also written ``a | b``.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> or_(dlarray([3.0, 0.0], "C"), False).data.ravel()
    array([ True, False])
    """
    return _compare("or", operators.either, a, b)


def xor(a: Any, b: Any) -> dlarray:
    """Where exactly one is nonzero, matched by label as in `plus`.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> xor(dlarray([3.0, 0.0], "C"), True).data.ravel()
    array([False,  True])
    """
    return _compare("xor", operators.one_of_two, a, b)


def exclusive(a: Any, b: Any) -> dlarray:
    """``a ^ b``: `xor` of logical values; of numbers an error, because MATLAB's ^ is a power."""
    for operand in (a, b):
        kind = getattr(getattr(operand, "dtype", None), "kind", None)
        if kind != "b" and not isinstance(operand, bool):
            raise TypeError(
                f"^ is the exclusive or of logical values; got {described(operand)}. Write X**2 "
                "for a power, or xor(a, b)."
            )
    return xor(a, b)


def not_(X: Any) -> dlarray:
    """Where X is zero, same format; also written ``~X``.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> not_(dlarray([3.0, 0.0], "C")).data.ravel()
    array([False,  True])
    """
    return _each("not", operators.neither, X)


# -- elements -------------------------------------------------------------------------------------


def isnan(X: Any) -> dlarray:
    """Where X is NaN: a logical array of the same format.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isnan(dlarray([1.0, np.nan, np.inf], "C")).data.ravel()
    array([False,  True, False])
    """
    return _each("isnan", operators.is_nan, X)


def isinf(X: Any) -> dlarray:
    """Where X is Inf or -Inf: a logical array of the same format.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isinf(dlarray([1.0, np.nan, np.inf], "C")).data.ravel()
    array([False, False,  True])
    """
    return _each("isinf", operators.is_infinite, X)


def isfinite(X: Any) -> dlarray:
    """Where X is neither NaN nor infinite: a logical array of the same format.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isfinite(dlarray([1.0, np.nan, np.inf], "C")).data.ravel()
    array([ True, False, False])
    """
    return _each("isfinite", operators.is_finite, X)


def _each(call: str, function: Operator, X: Any) -> dlarray:
    X = require_dlarray(X, call)
    return wrap(function(X._data), X.fmt)
