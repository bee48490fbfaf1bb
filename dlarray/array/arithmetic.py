"""Arithmetic of two arrays by elements, its label and type rules, and the matrix product.

Two formatted arrays meet by label, anything else by position from the first dimension
(`formats.match`).  Of single and double operands single wins; a Python number or a 0-d array never
changes the precision; logical with a floating type gives that, logical with logical double; with a
complex operand the result is complex.

Functions of real numbers stay real: a quotient, power, logarithm or root without a real value is
NaN or Inf.  Nothing warns.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .. import operators
from ..formats import Shape, broadcast, insert, trim
from ..operators._quiet import number
from ..tape import Operator
from .core import as_data, dlarray, require_dlarray, require_float, require_real, wrap

_new = dlarray.__new__


def binary(call: str, function: Operator, a: Any, b: Any) -> dlarray:
    """An elementwise function of two operands.

    What happens most, floating arrays of one type or a Python number beside one, comes first: a
    small operation costs as much as what is asked about it.
    """
    result = _new(dlarray)
    if type(a) is dlarray:
        dtype = a._data.dtype
        if dtype.kind == "f":
            if type(b) is dlarray:
                if b._data.dtype == dtype:
                    if a.fmt == b.fmt and a._data.shape == b._data.shape:
                        result.fmt = a.fmt
                        return function.labelled(result, a, b)
                    left, right, result.fmt = _met(call, a, b)
                    return function.labelled(result, left, right)
            elif type(b) is float or type(b) is int:
                result.fmt = a.fmt
                return function.labelled(result, a, number(b, dtype))
    elif type(b) is dlarray and (type(a) is float or type(a) is int):
        dtype = b._data.dtype
        if dtype.kind == "f":
            result.fmt = b.fmt
            return function.labelled(result, number(a, dtype), b)
    left, right, fmt = aligned(call, a, b)
    dtype = result_type(left, right)
    return wrap(function(typed(left, dtype), typed(right, dtype)), fmt)


def real_binary(call: str, function: Operator, a: Any, b: Any) -> dlarray:
    """An elementwise function of two operands that has no meaning for complex ones."""
    return binary(call, function, require_real(a, call), require_real(b, call))


def aligned(call: str, a: Any, b: Any) -> tuple[Any, Any, str]:
    """Operands with equal ranks, or one of them 0-d, and the format of the result."""
    a, b = operand(call, a), operand(call, b)
    if a.ndim == 0 and b.ndim == 0:  # of two numbers one is an array
        a = a.reshape(1, 1)
    if a.ndim == 0 or b.ndim == 0:
        return a, b, fmt_of(b if a.ndim == 0 else a)
    return _met(call, a, b)


def _met(call: str, a: Any, b: Any) -> tuple[Any, Any, str]:
    """`aligned` of arrays."""
    fmt, shape_a, shape_b = _meeting(call, a.shape, fmt_of(a), b.shape, fmt_of(b))
    if shape_a is not None:
        a = operators.reshape(a, shape=shape_a)
    if shape_b is not None:
        b = operators.reshape(b, shape=shape_b)
    return a, b, fmt


@lru_cache(maxsize=4096)
def _meeting(
    call: str, shape_a: Shape, fmt_a: str, shape_b: Shape, fmt_b: str
) -> tuple[str, Shape | None, Shape | None]:
    """The format of the result, and the shapes in which two operands meet; None for their own."""
    expansion, shape = broadcast(shape_a, fmt_a, shape_b, fmt_b, call)
    fmt = trim(expansion.fmt, shape)[0] if expansion.fmt else ""
    n = len(fmt) or len(shape)  # trailing U that the result loses are not made first
    wide_a, wide_b = (
        insert(shape_a, expansion.insert_a)[:n],
        insert(shape_b, expansion.insert_b)[:n],
    )
    return fmt, None if wide_a == shape_a else wide_a, None if wide_b == shape_b else wide_b


def operand(call: str, value: Any) -> Any:
    """A dlarray, an array of two dimensions at least, or a 0-d array for a number."""
    if isinstance(value, dlarray):
        return value
    if isinstance(value, (int, float, complex, np.generic)) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    ):
        array = np.asarray(value)
        if array.dtype.kind not in "biufc":
            raise TypeError(f"{call}: a number of type {array.dtype} is not possible.")
        return array
    return as_data(value, call)


def fmt_of(value: Any) -> str:
    return value.fmt if isinstance(value, dlarray) else ""


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


def unary(call: str, function: Callable[[Any], Any], X: Any, *, complexes: bool = False) -> dlarray:
    """An elementwise function of a floating dlarray, real unless ``complexes``; same format."""
    if type(X) is not dlarray or X._data.dtype.kind != "f":
        require_float(require_dlarray(X, call), call, complexes=complexes)
    if type(function) is Operator:
        result = _new(dlarray)
        result.fmt = X.fmt
        return function.labelled(result, X)
    return wrap(function(X), X.fmt)


def plus(a: Any, b: Any) -> dlarray:
    """a + b, matched by label.

    Formats: two formatted arrays give all their labels; a formatted and an unformatted one those of
    the first, with U for further dimensions.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> dims(plus(dlarray(np.ones((3, 7)), "CB"), dlarray(np.ones((3, 9)), "CT")))
    'CBT'
    """
    return binary("plus", operators.add, a, b)


def minus(a: Any, b: Any) -> dlarray:
    """a - b, matched by label as in `plus`.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> minus(dlarray([3.0, 5.0], "C"), 1).data.ravel()
    array([2., 4.])
    """
    return binary("minus", operators.sub, a, b)


def times(a: Any, b: Any) -> dlarray:
    """a * b by elements, matched by label as in `plus`.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> dims(times(dlarray(np.ones((3, 7)), "CB"), dlarray(np.ones((3, 9)), "CT")))
    'CBT'
    """
    return binary("times", operators.mul, a, b)


def rdivide(a: Any, b: Any) -> dlarray:
    """a / b by elements, matched by label as in `plus`.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> rdivide(dlarray([3.0, 5.0], "C"), 2).data.ravel()
    array([1.5, 2.5])
    """
    return binary("rdivide", operators.div, a, b)


def ldivide(a: Any, b: Any) -> dlarray:
    r"""b / a by elements, MATLAB's ``a .\ b``, matched by label as in `plus`.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> ldivide(2, dlarray([3.0, 5.0], "C")).data.ravel()
    array([1.5, 2.5])
    """
    return binary("ldivide", operators.div, b, a)


def power(a: Any, b: Any) -> dlarray:
    """a ** b by elements, matched by label as in `plus`; real: NaN for a negative base and a broken
    exponent.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is no array of numbers.

    Examples
    --------
    >>> power(dlarray([3.0, 5.0], "C"), 2).data.ravel()
    array([ 9., 25.])
    """
    return binary("power", operators.power, a, b)


def maximum(a: Any, b: Any) -> dlarray:
    """The larger elements, matched by label as in `plus`; at ties the derivative goes to a."""
    return real_binary("max", operators.maximum, a, b)


def minimum(a: Any, b: Any) -> dlarray:
    """The smaller elements, matched by label as in `plus`; at ties the derivative goes to a."""
    return real_binary("min", operators.minimum, a, b)


# -- signs ----------------------------------------------------------------------------------------


def uminus(X: Any) -> dlarray:
    """-X, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> uminus(dlarray([3.0, -5.0], "C")).data.ravel()
    array([-3.,  5.])
    """
    return unary("uminus", operators.neg, X, complexes=True)


def uplus(X: Any) -> dlarray:
    """+X, which is X, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> uplus(dlarray([3.0, -5.0], "C")).data.ravel()
    array([ 3., -5.])
    """
    return unary("uplus", lambda x: x, X, complexes=True)


def abs(X: Any) -> dlarray:
    """The absolute value, real, same format; its derivative at 0 is 0.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> abs(dlarray([3.0, -5.0, 3 + 4j], "C")).data.ravel()
    array([3., 5., 5.])
    """
    return unary("abs", operators.absolute, X, complexes=True)


def sign(X: Any) -> dlarray:
    """-1, 0 or 1, same format; its derivative is 0.  Of complex numbers ``x / |x|``, and 0 at 0.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> sign(dlarray([4.0, 0.0, -9.0], "C")).data.ravel()
    array([ 1.,  0., -1.])
    """
    return unary("sign", operators.sign, X, complexes=True)
