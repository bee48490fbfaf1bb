"""Elementwise functions of one array whose derivative is short to say.

Each is a function of NumPy and its slope: the derivative as operators of the argument x or, where
that costs less, of the result y.  All but the rounding ones take complex numbers too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..tape import Array, Operator, operator
from ._quiet import elementwise_of, quietly
from .elementwise import add, conj_of, div, exp, like, mul, neg, sqrt, sub, tanh

Slope = Callable[[Any], Any]


def _of_x(name: str, function: Callable[[Array], Array], slope: Slope) -> Operator:
    """An operator with dy/dx = slope(x)."""
    result = _named(name, function)
    result.backward(lambda dy, _y, x: (mul(dy, conj_of(slope(x))),))
    return result


def _of_y(name: str, function: Callable[[Array], Array], slope: Slope) -> Operator:
    """An operator with dy/dx = slope(y)."""
    result = _named(name, function)
    result.backward(lambda dy, y, _x: (mul(dy, conj_of(slope(y))),))
    return result


def _step(name: str, function: Callable[[Array], Array]) -> Operator:
    """An operator without slope."""
    result = _named(name, function)
    result.backward(lambda _dy, _y, _x: (None,))
    return result


def _named(name: str, function: Callable[[Array], Array]) -> Operator:
    if isinstance(function, np.ufunc):
        return operator(elementwise_of(function, name))

    def forward(x: Array) -> Array:
        return function(x)

    forward.__name__ = name
    return operator(forward)


def _plus(number: float, x: Any) -> Any:
    return add(like(x, number), x)


def _minus(number: float, x: Any) -> Any:
    return sub(like(x, number), x)


def _times(number: float, x: Any) -> Any:
    return mul(like(x, number), x)


def _over(number: float, x: Any) -> Any:
    return div(like(x, number), x)


def _square(x: Any) -> Any:
    return mul(x, x)


# -- exponential and logarithm --------------------------------------------------------------------

expm1: Operator = _of_x("expm1", np.expm1, exp)
log1p: Operator = _of_x("log1p", np.log1p, lambda x: _over(1, _plus(1, x)))
log2: Operator = _of_x("log2", np.log2, lambda x: _over(1 / math.log(2), x))
log10: Operator = _of_x("log10", np.log10, lambda x: _over(1 / math.log(10), x))

# -- angles ---------------------------------------------------------------------------------------

sin: Operator = _of_x("sin", np.sin, lambda x: cos(x))
cos: Operator = _of_x("cos", np.cos, lambda x: neg(sin(x)))
tan: Operator = _of_y("tan", np.tan, lambda y: _plus(1, _square(y)))
sec: Operator = _of_x(
    "sec", lambda x: quietly(_reciprocal, np.cos, x), lambda x: mul(sec(x), tan(x))
)
csc: Operator = _of_x(
    "csc", lambda x: quietly(_reciprocal, np.sin, x), lambda x: neg(mul(csc(x), cot(x)))
)
cot: Operator = _of_y(
    "cot", lambda x: quietly(_reciprocal, np.tan, x), lambda y: neg(_plus(1, _square(y)))
)
asin: Operator = _of_x("asin", np.arcsin, lambda x: _over(1, _chord(x)))
acos: Operator = _of_x("acos", np.arccos, lambda x: _over(-1, _chord(x)))
atan: Operator = _of_x("atan", np.arctan, lambda x: _over(1, _plus(1, _square(x))))


def _reciprocal(ufunc: np.ufunc, x: Array) -> Array:
    y = ufunc(x)
    return np.divide(y.dtype.type(1), y)


def _chord(x: Any) -> Any:
    """sqrt(1 - x^2), also close to 1."""
    return sqrt(mul(_minus(1, x), _plus(1, x)))


# -- hyperbolas -----------------------------------------------------------------------------------

sinh: Operator = _of_x("sinh", np.sinh, lambda x: cosh(x))
cosh: Operator = _of_x("cosh", np.cosh, lambda x: sinh(x))
sech: Operator = _of_x(
    "sech", lambda x: quietly(_reciprocal, np.cosh, x), lambda x: neg(mul(sech(x), tanh(x)))
)
csch: Operator = _of_x(
    "csch", lambda x: quietly(_reciprocal, np.sinh, x), lambda x: neg(mul(csch(x), coth(x)))
)
coth: Operator = _of_y(
    "coth", lambda x: quietly(_reciprocal, np.tanh, x), lambda y: _minus(1, _square(y))
)
asinh: Operator = _of_x("asinh", np.arcsinh, lambda x: _over(1, sqrt(_plus(1, _square(x)))))
# of two roots, because sqrt(x^2 - 1) has the wrong sign for complex x left of 0
acosh: Operator = _of_x(
    "acosh", np.arccosh, lambda x: _over(1, mul(sqrt(_plus(-1, x)), sqrt(_plus(1, x))))
)
atanh: Operator = _of_x("atanh", np.arctanh, lambda x: _over(1, mul(_minus(1, x), _plus(1, x))))

# -- whole numbers --------------------------------------------------------------------------------


ceil: Operator = _step("ceil", np.ceil)
floor: Operator = _step("floor", np.floor)
fix: Operator = _step("fix", np.trunc)


@operator
def round_(x: Array, *, digits: int = 0) -> Array:
    """The nearest number with so many decimal places; halves go away from zero."""
    return quietly(_decimal if digits else _round, x, *((digits,) if digits else ()))


@round_.backward
def _(_dy: Any, _y: Any, _x: Any, *, digits: int = 0) -> Any:
    return (None,)


def _round(x: Array) -> Array:
    """x + 0.5 would not do: it rounds 0.49999999999999994 to 1."""
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(x.dtype.type(1), x), whole)


_DIGITS = 308  # of the largest power of ten that a double holds


def _decimal(x: Array, digits: int) -> Array:
    unit = x.dtype.type(10.0 ** abs(digits) if abs(digits) <= _DIGITS else np.inf)
    if digits > 0:
        y = _round(x * unit) / unit
    else:  # of a unit beyond the type there is none in x
        y = _round(x / unit) * (unit if np.isfinite(unit) else x.dtype.type(1))
    return np.where(np.isfinite(y), y, x)  # what overflows has no such digits
