"""Values of the error functions and of the gamma function and its derivatives, in NumPy.

Each takes any real array and computes in double precision; single precision is rounded at the end.
All formulas are evaluated for all elements that need them, never one element at a time.

- `erfc`: the rational approximations of W. J. Cody, "Rational Chebyshev approximations for
  the error function", Mathematics of Computation 23 (1969), 631-637.
- `gamma`, `gammaln`: C. Lanczos' approximation with g = 6.0247 and 13 terms, with the coefficients
  of the Boost library, and the reflection formula for negative numbers.
- `digamma`, `trigamma`: the asymptotic series, for small numbers after steps of the recurrence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tape import Array

_Function = Callable[[Array], Array]


def in_double(function: _Function, x: Array) -> Array:
    """The function of real x, computed in double precision; the type of x."""
    return function(x.astype(np.float64, copy=False)).astype(x.dtype, copy=False)


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """Horner's rule, highest power first."""
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= x
        total += coefficient
    return total


# -- error functions ------------------------------------------------------------------------------

_NEAR = (  # erf(x) / x in x^2, |x| <= 0.46875
    (0.185777706184603153, 3.16112374387056560, 113.864154151050156, 377.485237685302021,
     3209.37758913846947),
    (1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062),
)  # fmt: skip
_MIDDLE = (  # erfc(x) exp(x^2) in x, 0.46875 <= x <= 4
    (2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295,
     298.635138197400131, 881.952221241769090, 1712.04761263407058, 2051.07837782607147,
     1230.33935479799725),
    (1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019,
     3290.79923573345963, 4362.61909014324716, 3439.36767414372164, 1230.33935480374942),
)  # fmt: skip
_FAR = (  # (1 / sqrt(pi) - x erfc(x) exp(x^2)) x^2 in 1 / x^2, x >= 4
    (0.0163153871373020978, 0.305326634961232344, 0.360344899949804439, 0.125781726111229246,
     0.0160837851487422766, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 0.0605183413124413191,
     2.33520497626869185e-3),
)  # fmt: skip
_NEAR_LIMIT, _FAR_LIMIT = 0.46875, 4.0
_SQRT_PI = 1.7724538509055160273


def _ratio(table: tuple[Sequence[float], Sequence[float]], x: Array) -> Array:
    return _polynomial(table[0], x) / _polynomial(table[1], x)


def _erf_near(x: Array) -> Array:
    return x * _ratio(_NEAR, x * x)


def _erfc_positive(x: Array) -> Array:
    """erfc(x), x >= 0.46875."""
    y = np.empty_like(x)
    middle = x <= _FAR_LIMIT
    y[middle] = _ratio(_MIDDLE, x[middle])
    far = x[~middle]
    inverse = 1 / (far * far)
    y[~middle] = (1 / _SQRT_PI - inverse * _ratio(_FAR, inverse)) / far
    # exp(-x^2) of the part of x with few bits, whose square is exact, and of the rest
    head = np.trunc(x * 16) / 16
    return y * np.exp(-head * head) * np.exp(-(x - head) * (x + head))


def erfc(x: Array) -> Array:
    """1 - erf(x), accurate where that is small."""
    y = np.array(x)
    near = np.abs(x) <= _NEAR_LIMIT
    y[near] = 1 - _erf_near(x[near])
    above, below = x > _NEAR_LIMIT, x < -_NEAR_LIMIT
    y[above] = _erfc_positive(np.minimum(x[above], 28.0))  # 0 from 27.3 on
    y[below] = 2 - _erfc_positive(np.minimum(-x[below], 28.0))
    return y


# -- gamma ----------------------------------------------------------------------------------------

_G = 6.024680040776729583740234375
_LANCZOS = (
    (2.50662827463100027, 210.824277751579346, 8071.67200236581621, 186056.265395223495,
     2876370.62893537244, 31426415.5854001944, 248874557.862054157, 1439720407.31172167,
     6039542586.35202801, 17921034426.0372097, 35711959237.3556680, 42919803642.6490987,
     23531376880.4107597),
    (1.0, 66.0, 1925.0, 32670.0, 357423.0, 2637558.0, 13339535.0, 45995730.0, 105258076.0,
     150917976.0, 120543840.0, 39916800.0, 0.0),
)  # fmt: skip
_TINY = 1e-20  # below, gamma(x) is 1 / x, and the sum overflows
_FACTORIALS = np.cumprod([1.0, 1.0, *range(2, 23)])  # exact up to 22!


def _lanczos(x: Array) -> Array:
    """The sum of the approximation, x > 0; in 1 / x for large x, where the powers overflow."""
    large = x > 5
    y = np.empty_like(x)
    y[~large] = _ratio(_LANCZOS, x[~large])
    inverse = 1 / x[large]
    reversed_ = (_LANCZOS[0][::-1], _LANCZOS[1][::-1])
    y[large] = _ratio(reversed_, inverse)
    return y


def _sine_of_pi(x: Array) -> Array:
    """sin(pi x), exact zeros at whole numbers."""
    x = np.remainder(x, 2.0)
    octant = np.rint(2 * x)
    rest = np.pi * (x - 0.5 * octant)
    sine, cosine = np.sin(rest), np.cos(rest)
    return np.choose(octant.astype(np.intp) % 4, [sine, cosine, -sine, -cosine])


def _gamma_positive(x: Array) -> Array:
    base = x + (_G - 0.5)
    # what rounding took from the base, by the order of the sum
    lost = np.where(x > _G - 0.5, (base - x) - (_G - 0.5), (base - (_G - 0.5)) - x)
    y = _lanczos(x) / np.exp(base)
    y = y + lost * _G / base * y
    half = np.power(base, 0.5 * x - 0.25)  # the whole power may overflow although the value doesn't
    y = y * half * half
    whole = (x == np.floor(x)) & (x <= len(_FACTORIALS))
    y[whole] = _FACTORIALS[x[whole].astype(np.intp) - 1]
    tiny = x < _TINY
    y[tiny] = 1 / x[tiny]
    return y


def gamma(x: Array) -> Array:
    """The gamma function; Inf at 0, NaN at negative whole numbers."""
    y = np.full_like(x, np.nan)
    positive = x > 0
    y[positive] = _gamma_positive(np.minimum(x[positive], 172.0))  # Inf from 171.6 on
    negative = (x < 0) & (x != np.floor(x))
    z = -x[negative]
    # gamma(-z) = -pi / (sin(pi z) z gamma(z)), 0 where gamma(z) is Inf
    tiny = -np.pi / _sine_of_pi(z) / z
    y[negative] = tiny / _gamma_positive(np.minimum(z, 172.0))
    zero = x == 0
    y[zero] = 1 / x[zero]  # the sign of the zero
    return y


def _gammaln_positive(x: Array) -> Array:
    y = np.log(_lanczos(x)) - _G
    y += (x - 0.5) * (np.log(x + (_G - 0.5)) - 1)
    y[(x == 1) | (x == 2)] = 0
    y[np.isinf(x)] = np.inf
    tiny = x < _TINY
    y[tiny] = -np.log(x[tiny])
    return y


def gammaln(x: Array) -> Array:
    """log |gamma(x)|; Inf at 0 and at negative whole numbers."""
    y = np.array(x)
    positive = x > 0
    y[positive] = _gammaln_positive(x[positive])
    other = x <= 0
    z = -x[other]
    y[other] = np.log(np.pi / (np.abs(_sine_of_pi(z)) * z)) - _gammaln_positive(z)
    y[other & (x == np.floor(x))] = np.inf
    return y


# -- derivatives of gammaln -----------------------------------------------------------------------

_SERIES_FROM = 10.0
_DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)  # in 1 / x^2
_TRIGAMMA = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)


def _digamma_positive(x: Array) -> Array:
    y = np.zeros_like(x)
    while (small := x < _SERIES_FROM).any():
        y[small] -= 1 / x[small]
        x = x + small
    inverse = 1 / (x * x)
    return y + np.log(x) - 0.5 / x - inverse * _polynomial(_DIGAMMA[::-1], inverse)


def digamma(x: Array) -> Array:
    """The derivative of `gammaln`; NaN at 0 and at negative whole numbers."""
    y = np.full_like(x, np.nan)
    positive, negative = x > 0, x < 0
    y[positive] = _digamma_positive(x[positive])
    z = x[negative]
    sine, cosine = _sine_of_pi(z), _sine_of_pi(z + 0.5)
    y[negative] = np.where(sine == 0, np.nan, _digamma_positive(1 - z) - np.pi * cosine / sine)
    return y


def _trigamma_positive(x: Array) -> Array:
    y = np.zeros_like(x)
    while (small := x < _SERIES_FROM).any():
        y[small] += 1 / (x[small] * x[small])
        x = x + small
    inverse = 1 / (x * x)
    return y + 1 / x + 0.5 * inverse + inverse / x * _polynomial(_TRIGAMMA[::-1], inverse)


def trigamma(x: Array) -> Array:
    """The derivative of `digamma`; NaN at 0, Inf at negative whole numbers."""
    y = np.full_like(x, np.nan)
    positive, negative = x > 0, x < 0
    y[positive] = _trigamma_positive(x[positive])
    z = x[negative]
    y[negative] = (np.pi / _sine_of_pi(z)) ** 2 - _trigamma_positive(1 - z)
    return y
