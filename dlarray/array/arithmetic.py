"""Elementwise functions of one and two arrays, with their label and type rules.

Two formatted arrays meet by label, anything else by position from the first dimension
(`formats.match`).  Of single and double operands single wins; a Python number or a 0-d array never
changes the type; logical with a floating type gives that, logical with logical double.

Real numbers only: a quotient, power, logarithm or root without a real value is NaN or Inf, without
a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import operators
from ..formats import broadcast, insert
from .core import as_data, dlarray, require_dlarray, require_float, wrap

_Binary = Callable[[Any, Any], Any]


def _binary(call: str, function: _Binary, a: Any, b: Any) -> dlarray:
    """An elementwise function of two operands, one of them a dlarray."""
    if (
        type(a) is dlarray
        and type(b) is dlarray
        and a.fmt == b.fmt
        and a._data.shape == b._data.shape
        and a._data.dtype == b._data.dtype
        and a._data.dtype.kind == "f"
    ):
        return wrap(function(a, b), a.fmt)
    left, right, fmt = aligned(call, a, b)
    dtype = result_type(left, right)
    return wrap(function(typed(left, dtype), typed(right, dtype)), fmt)


def aligned(call: str, a: Any, b: Any) -> tuple[Any, Any, str]:
    """Operands with equal ranks, or 0-d, and the format of the result."""
    a, b = _operand(call, a), _operand(call, b)
    if a.ndim == 0 or b.ndim == 0:
        return a, b, (b if a.ndim == 0 else a).fmt
    fmt_a, fmt_b = _fmt(a), _fmt(b)
    expansion, _ = broadcast(a.shape, fmt_a, b.shape, fmt_b, call)
    return _widened(a, expansion.insert_a), _widened(b, expansion.insert_b), expansion.fmt


def _operand(call: str, value: Any) -> Any:
    """A dlarray, an array of two dimensions at least, or a 0-d array for a number."""
    if isinstance(value, dlarray):
        return value
    if isinstance(value, (int, float, np.generic)) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    ):
        number = np.asarray(value)
        if number.dtype.kind not in "biuf":
            raise TypeError(
                f"{call}: a number of type {number.dtype} is not possible, only real numbers."
            )
        return number
    return as_data(value, call)


def _fmt(value: Any) -> str:
    return value.fmt if isinstance(value, dlarray) else ""


def _widened(value: Any, axes: tuple[int, ...]) -> Any:
    return operators.reshape(value, shape=insert(value.shape, axes)) if axes else value


_TYPES: dict[tuple[bool, bool], np.dtype[Any]] = {  # by single, complex
    (True, False): np.dtype(np.float32),
    (False, False): np.dtype(np.float64),
    (True, True): np.dtype(np.complex64),
    (False, True): np.dtype(np.complex128),
}
_SINGLE = (_TYPES[True, False], _TYPES[True, True])


def result_type(a: Any, b: Any) -> np.dtype[Any]:
    """The type of arithmetic: single before double, complex before real; numbers without dimensions
    count for the precision only beside each other.
    """
    kinds = [x.dtype for x in (a, b) if x.ndim] or [a.dtype, b.dtype]
    return _TYPES[
        any(kind in _SINGLE for kind in kinds), a.dtype.kind == "c" or b.dtype.kind == "c"
    ]


def typed(value: Any, dtype: np.dtype[Any]) -> Any:
    """The value in this type."""
    return value if value.dtype == dtype else operators.cast(value, dtype=dtype)


def plus(a: Any, b: Any) -> dlarray:
    """a + b, matched by label.

    Formats: two formatted arrays give all their labels; a formatted and an unformatted one those of
    the first, with U for further dimensions.

    Examples
    --------
    >>> dims(plus(dlarray(np.ones((3, 7)), "CB"), dlarray(np.ones((3, 9)), "CT")))
    'CBT'
    """
    return _binary("plus", operators.add, a, b)


def minus(a: Any, b: Any) -> dlarray:
    """a - b, matched by label as in `plus`.

    Examples
    --------
    >>> minus(dlarray([3.0, 5.0], "C"), 1).data.ravel()
    array([2., 4.])
    """
    return _binary("minus", operators.sub, a, b)


def times(a: Any, b: Any) -> dlarray:
    """a * b by elements, matched by label as in `plus`.

    Examples
    --------
    >>> dims(times(dlarray(np.ones((3, 7)), "CB"), dlarray(np.ones((3, 9)), "CT")))
    'CBT'
    """
    return _binary("times", operators.mul, a, b)


def rdivide(a: Any, b: Any) -> dlarray:
    """a / b by elements, matched by label as in `plus`.

    Examples
    --------
    >>> rdivide(dlarray([3.0, 5.0], "C"), 2).data.ravel()
    array([1.5, 2.5])
    """
    return _binary("rdivide", operators.div, a, b)


def power(a: Any, b: Any) -> dlarray:
    """a ** b by elements, matched by label as in `plus`; real: NaN for a negative base and a broken
    exponent.

    Examples
    --------
    >>> power(dlarray([3.0, 5.0], "C"), 2).data.ravel()
    array([ 9., 25.])
    """
    return _binary("power", operators.power, a, b)


def maximum(a: Any, b: Any) -> dlarray:
    """The larger elements, matched by label as in `plus`; at ties the derivative goes to a."""
    return _binary("max", operators.maximum, a, b)


def minimum(a: Any, b: Any) -> dlarray:
    """The smaller elements, matched by label as in `plus`; at ties the derivative goes to a."""
    return _binary("min", operators.minimum, a, b)


# -- one operand ----------------------------------------------------------------------------------


def unary(call: str, function: Callable[[Any], Any], X: Any) -> dlarray:
    """An elementwise function of a floating dlarray; same format."""
    X = require_dlarray(X, call)
    require_float(X, call)
    return wrap(function(X), X.fmt)


def uminus(X: Any) -> dlarray:
    """-X, same format.

    Examples
    --------
    >>> uminus(dlarray([3.0, -5.0], "C")).data.ravel()
    array([-3.,  5.])
    """
    return unary("uminus", operators.neg, X)


def abs(X: Any) -> dlarray:
    """The absolute value, same format; its derivative at 0 is 0.

    Examples
    --------
    >>> abs(dlarray([3.0, -5.0], "C")).data.ravel()
    array([3., 5.])
    """
    return unary("abs", operators.absolute, X)


def exp(X: Any) -> dlarray:
    """The exponential, same format.

    Examples
    --------
    >>> exp(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([1.    , 2.7183])
    """
    return unary("exp", operators.exp, X)


def log(X: Any) -> dlarray:
    """The natural logarithm, same format; real: -Inf at 0 and NaN below.

    Examples
    --------
    >>> log(dlarray([1.0, 0.0, -1.0], "C")).data.ravel()
    array([  0., -inf,  nan])
    """
    return unary("log", operators.log, X)


def sqrt(X: Any) -> dlarray:
    """The square root, same format; real: NaN below 0; its derivative at 0 is Inf.

    Examples
    --------
    >>> sqrt(dlarray([4.0, 9.0], "C")).data.ravel()
    array([2., 3.])
    """
    return unary("sqrt", operators.sqrt, X)


def tanh(X: Any) -> dlarray:
    """The hyperbolic tangent, same format.

    Examples
    --------
    >>> tanh(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 0.7616])
    """
    return unary("tanh", operators.tanh, X)


def sign(X: Any) -> dlarray:
    """-1, 0 or 1, same format; its derivative is 0.

    Examples
    --------
    >>> sign(dlarray([4.0, 0.0, -9.0], "C")).data.ravel()
    array([ 1.,  0., -1.])
    """
    return unary("sign", operators.sign, X)
