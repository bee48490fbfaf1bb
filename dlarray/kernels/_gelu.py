"""GELU of vectors, its approximation by tanh, and their derivatives.

Both are x s(x) with s(-x) = 1 - s(x).  From the tail t = s(-|x|), small where |x| is large::

    y = max(x, 0) - |x| t,   dy/dx = (1 - t or t) + x s'(x)

so that digits are kept where y is nearly 0, and y is 0 at -Inf.
"""

from __future__ import annotations

import math

from ._jit import device
from ._numbers import Numbers, constant, polynomial
from ._simd import absolute, add, copy_sign, div, fma, mul, stay_inline, sub, where_less
from ._vmath import GAUSS_END, MILLS_BOTTOM, MILLS_TOP, MINUS_ONE, ONE, ZERO, exp, gauss

DENSITY = Numbers.same(1.0 / math.sqrt(2.0 * math.pi))  # of the normal distribution at 0

# 2 sqrt(2/pi) (x + 0.044715 x^3) and its derivative
LINEAR = Numbers.same(2.0 * math.sqrt(2.0 / math.pi))
CUBIC = Numbers.same(2.0 * math.sqrt(2.0 / math.pi) * 0.044715)
SQUARE = Numbers.same(3.0 * 2.0 * math.sqrt(2.0 / math.pi) * 0.044715)


@device
def _normal(x):
    """|x| up to GAUSS_END, and exp(-x^2/2), 0 beyond."""
    stay_inline()
    end, magnitude = constant(x, GAUSS_END), absolute(x)
    a = where_less(end, magnitude, end, magnitude)
    return a, where_less(magnitude, end, gauss(mul(a, a)), constant(x, ZERO))


@device
def _logistic(x):
    """|x| up to GAUSS_END, the slope of w = 2 sqrt(2/pi) (|x| + 0.044715 |x|^3), and the tail
    1 / (1 + exp(w)).
    """
    stay_inline()
    end, one, a = constant(x, GAUSS_END), constant(x, ONE), absolute(x)
    a = where_less(end, a, end, a)
    square = mul(a, a)
    w = mul(a, fma(square, constant(x, CUBIC), constant(x, LINEAR)))
    e = exp(mul(w, constant(x, MINUS_ONE)))
    slope = fma(square, constant(x, SQUARE), constant(x, LINEAR))
    return a, slope, div(e, add(e, one))


@device
def _positive(x):
    stay_inline()
    zero = constant(x, ZERO)
    return where_less(x, zero, zero, x)


@device
def _share(x, tail):
    """1 - tail where x is positive, else the tail."""
    stay_inline()
    one = constant(x, ONE)
    return where_less(x, constant(x, ZERO), tail, sub(one, tail))


@device
def gelu(x):
    """x times the normal distribution at x."""
    stay_inline()
    a, e = _normal(x)
    top = mul(mul(a, e), polynomial(a, MILLS_TOP))
    return sub(_positive(x), div(top, polynomial(a, MILLS_BOTTOM)))


@device
def gelu_slope(x):
    """The derivative of `gelu`: the distribution plus x times the density."""
    stay_inline()
    a, e = _normal(x)
    tail = div(mul(e, polynomial(a, MILLS_TOP)), polynomial(a, MILLS_BOTTOM))
    return fma(copy_sign(a, x), mul(e, constant(x, DENSITY)), _share(x, tail))


@device
def gelu_tanh(x):
    """x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))."""
    stay_inline()
    a, _, tail = _logistic(x)
    return sub(_positive(x), mul(a, tail))


@device
def gelu_tanh_slope(x):
    """The derivative of `gelu_tanh`."""
    stay_inline()
    a, slope, tail = _logistic(x)
    bend = mul(tail, sub(constant(x, ONE), tail))
    return fma(mul(copy_sign(a, x), bend), slope, _share(x, tail))
