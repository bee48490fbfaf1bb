"""Functions of vectors: exponential, logarithm, hyperbolic tangent, sigmoid, error function, GELU.

Written once for both types, with no branch and no table, so that a value depends on nothing but its
argument: not on its neighbours, the width of the vectors or the number of threads.  The argument is
reduced by a rounded multiple (`_numbers`), polynomials are interpolated at Chebyshev nodes, with a
relative error below a tenth of the type's last digit.  Errors in units of the last place, the
largest over dense sweeps (`tests/kernels/test_vmath.py`), are in each function's text, single and
double.

NaN gives NaN.  Results are denormal where they should be, and denormal arguments count.
"""

from __future__ import annotations

import math

from ._jit import device
from ._numbers import (
    Numbers,
    constant,
    exponent_of,
    fraction_of,
    horner,
    power_of_two,
    rounded,
    scaled,
    whole,
)
from ._simd import absolute, add, copy_sign, div, fma, mul, stay_inline, sub, where_less

ZERO, ONE, TWO, HALF = (Numbers.same(x) for x in (0.0, 1.0, 2.0, 0.5))
MINUS_ONE, MINUS_TWO, MINUS_HALF = (Numbers.same(x) for x in (-1.0, -2.0, -0.5))
INFINITY, NOT_A_NUMBER = Numbers.same(math.inf), Numbers.same(math.nan)

# log 2 as a number of the type, and what is left of it
LOG2E = Numbers.same(math.log2(math.e))
LOG2_HIGH = Numbers((0.6931471824645996,), (0.6931471805599453,))
LOG2_LOW = Numbers((-1.904654299957768e-09,), (2.3190468138462996e-17,))

# (exp(r) - 1 - r) / r^2 for |r| <= log(2)/2
EXP = Numbers(
    single=(
        0.5,
        0.1666657699,
        0.04166655462,
        0.008363179053,
        0.001392618359,
    ),
    double=(
        0.5000000000000001,
        0.16666666666666669,
        0.04166666666662413,
        0.008333333333330062,
        0.0013888888917213717,
        0.00019841269863053618,
        2.4801521295954376e-05,
        2.7557268459997064e-06,
        2.7620088445409746e-07,
        2.510038549551032e-08,
    ),
)

# beyond these exp is 0 or infinite
LEAST_EXPONENT = Numbers((-104.0,), (-746.0,))
GREATEST_EXPONENT = Numbers((89.0,), (710.0,))

# (2 atanh(s) - 2 s) / s^3 of s^2, for |s| <= (sqrt(2) - 1) / (sqrt(2) + 1)
LOG = Numbers(
    single=(
        0.666666851,
        0.3998875772,
        0.2958098593,
    ),
    double=(
        0.666666666666667,
        0.3999999999989889,
        0.28571428626253836,
        0.22222211089379496,
        0.1818289243253687,
        0.15331611722055008,
        0.14617807153417325,
    ),
)

# a denormal number times 2^SHIFT is normal
SMALLEST_NORMAL = Numbers((2.0**-126,), (2.0**-1022,))
SHIFT, SHIFT_FACTOR = Numbers((25.0,), (54.0,)), Numbers((2.0**25,), (2.0**54,))

# beyond this tanh is 1
TANH_END = Numbers((10.0,), (20.0,))

# (a + c) exp(a^2) erfc(a) of u = (a - c) / (a + c), for a >= 0
ERFC_CENTRE = Numbers.same(2.5)
ERFCX = Numbers(
    single=(
        1.05403182,
        -0.8046519341,
        0.4539142497,
        -0.1712494186,
        0.02835886711,
        0.008382888215,
        -0.004803455108,
        -0.0004136037997,
        0.0006662207953,
        2.686559161e-5,
        -7.292145627e-5,
    ),
    double=(
        1.054031820305718,
        -0.8046518494391481,
        0.4539141166480972,
        -0.1712511452461242,
        0.0283615501319384,
        0.008393044304894867,
        -0.004818785522145937,
        -0.00043920830168962284,
        0.0007026937130735259,
        5.830806924447679e-05,
        -0.00011260476577313144,
        -1.9533381081369285e-05,
        1.8244095865799677e-05,
        6.75749162798147e-06,
        -2.3314874909535433e-06,
        -1.9683271975506974e-06,
        -7.551414616390503e-09,
        4.544747448377953e-07,
        1.4005632494206184e-07,
        -7.434757091278978e-08,
        -5.425130513143961e-08,
        6.5211004909097565e-09,
        1.1576263709098254e-08,
        -4.492271901913438e-11,
        -1.1752735761572175e-09,
    ),
)

# erf(x) / x of x^2, for |x| <= ERF_MIDDLE
ERF = Numbers(
    single=(
        1.128379162,
        -0.376125837,
        0.1128286577,
        -0.0268089851,
        0.005062407092,
        -0.0006384235407,
    ),
    double=(
        1.1283791670955126,
        -0.37612638903183454,
        0.11283791670938019,
        -0.026866170641310826,
        0.0052239775816341925,
        -0.0008548324088574753,
        0.00012055210141926477,
        -1.492233729189381e-05,
        1.64043772465993e-06,
        -1.5733777777321388e-07,
        1.0784137268777398e-08,
    ),
)
ERF_MIDDLE = Numbers.same(0.8)

# beyond this erfc is 0
ERFC_END = Numbers((10.5,), (27.5,))

SQRT_HALF = Numbers.same(math.sqrt(0.5))
# beyond this the density of the normal distribution is 0
NORMAL_END = Numbers((15.0,), (39.0,))
DENSITY = Numbers.same(1.0 / math.sqrt(2.0 * math.pi))  # of the normal distribution at 0

# 2 sqrt(2/pi) (x + 0.044715 x^3) and its derivative
GELU_LINEAR = Numbers.same(2.0 * math.sqrt(2.0 / math.pi))
GELU_CUBIC = Numbers.same(2.0 * math.sqrt(2.0 / math.pi) * 0.044715)
GELU_SQUARE = Numbers.same(3.0 * 2.0 * math.sqrt(2.0 / math.pi) * 0.044715)


@device
def _exp_parts(x):
    """exp(x) - 1 over the rest that rounding leaves, and n, with exp(x) = (1 + it) * 2^n."""
    stay_inline()
    n = rounded(x, constant(x, LOG2E))
    k = whole(n)
    r = fma(k, mul(constant(x, MINUS_ONE), constant(x, LOG2_HIGH)), x)
    r = fma(k, mul(constant(x, MINUS_ONE), constant(x, LOG2_LOW)), r)
    return fma(mul(r, r), horner(r, EXP), r), n


@device
def exp(x):
    """exp(x)."""
    stay_inline()
    low, high = constant(x, LEAST_EXPONENT), constant(x, GREATEST_EXPONENT)
    x = where_less(x, low, low, where_less(high, x, high, x))
    above, n = _exp_parts(x)
    return scaled(add(above, constant(x, ONE)), n)


@device
def log(x):
    """The natural logarithm; -Inf at 0, NaN below."""
    stay_inline()
    tiny, zero, infinity = constant(x, SMALLEST_NORMAL), constant(x, ZERO), constant(x, INFINITY)
    normal = where_less(x, tiny, mul(x, constant(x, SHIFT_FACTOR)), x)
    k = sub(exponent_of(normal), where_less(x, tiny, constant(x, SHIFT), zero))
    f = sub(fraction_of(normal), constant(x, ONE))
    s = div(f, add(f, constant(x, TWO)))
    z = mul(s, s)
    half = mul(mul(f, f), constant(x, HALF))
    tail = mul(s, fma(z, horner(z, LOG), half))
    inner = sub(f, sub(half, fma(k, constant(x, LOG2_LOW), tail)))
    y = fma(k, constant(x, LOG2_HIGH), inner)
    y = where_less(x, infinity, y, x)  # Inf and NaN are their own logarithms
    below = where_less(x, zero, constant(x, NOT_A_NUMBER), sub(x, infinity))  # -Inf at 0
    return where_less(zero, x, y, below)


@device
def tanh(x):
    """The hyperbolic tangent."""
    stay_inline()
    end = constant(x, TANH_END)
    a = absolute(x)
    a = where_less(end, a, end, a)
    above, n = _exp_parts(add(a, a))
    power = power_of_two(n)
    t = fma(above, power, sub(power, constant(x, ONE)))  # exp(2 a) - 1
    return copy_sign(div(t, add(t, constant(x, TWO))), x)


@device
def sigmoid(x):
    """1 / (1 + exp(-x)), from exp(-|x|), which does not overflow."""
    stay_inline()
    one = constant(x, ONE)
    e = exp(mul(absolute(x), constant(x, MINUS_ONE)))
    return div(where_less(x, constant(x, ZERO), e, one), add(one, e))


@device
def _exp_of_square(a, factor):
    """exp(factor * a^2) for a factor of -1 or -1/2, from a^2 in two parts."""
    stay_inline()
    square = mul(a, a)
    left = fma(a, a, mul(square, constant(a, MINUS_ONE)))
    e = exp(mul(square, factor))
    return fma(e, mul(left, factor), e)


@device
def _erfcx(a):
    """exp(a^2) erfc(a) for a >= 0."""
    stay_inline()
    centre = constant(a, ERFC_CENTRE)
    w = div(constant(a, ONE), add(a, centre))
    return mul(horner(mul(sub(a, centre), w), ERFCX), w)


@device
def erf(x):
    """The error function."""
    stay_inline()
    end, a = constant(x, ERFC_END), absolute(x)
    a = where_less(end, a, end, a)
    near = mul(a, horner(mul(a, a), ERF))
    e = _exp_of_square(a, constant(x, MINUS_ONE))
    far = sub(constant(x, ONE), mul(e, _erfcx(a)))
    return copy_sign(where_less(a, constant(x, ERF_MIDDLE), near, far), x)


@device
def _gelu_parts(x):
    """x within bounds below and above, and for that Phi and phi of the normal distribution."""
    stay_inline()
    end, one = constant(x, NORMAL_END), constant(x, ONE)
    a = absolute(x)
    a = where_less(end, a, end, a)
    e = _exp_of_square(a, constant(x, MINUS_HALF))
    half_e = mul(e, constant(x, HALF))
    tail = mul(half_e, _erfcx(mul(a, constant(x, SQRT_HALF))))
    share = where_less(x, constant(x, ZERO), tail, sub(one, tail))
    return copy_sign(a, x), share, mul(e, constant(x, DENSITY))


@device
def gelu(x):
    """x Phi(x), with the distribution of the normal distribution; 0 at -Inf."""
    stay_inline()
    bounded, share, _ = _gelu_parts(x)
    return mul(where_less(x, constant(x, ZERO), bounded, x), share)


@device
def gelu_slope(x):
    """Phi(x) + x phi(x)."""
    stay_inline()
    bounded, share, density = _gelu_parts(x)
    return fma(bounded, density, share)


@device
def _gelu_tanh_parts(x):
    """x within bounds below and above, its square, and (1 + tanh(u)) / 2 = sigmoid(2 u)."""
    stay_inline()
    end, a = constant(x, NORMAL_END), absolute(x)
    bounded = copy_sign(where_less(end, a, end, a), x)
    square = mul(bounded, bounded)
    twice = mul(bounded, fma(square, constant(x, GELU_CUBIC), constant(x, GELU_LINEAR)))
    return bounded, square, sigmoid(twice)


@device
def gelu_tanh(x):
    """x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))); 0 at -Inf."""
    stay_inline()
    bounded, _, share = _gelu_tanh_parts(x)
    return mul(where_less(x, constant(x, ZERO), bounded, x), share)


@device
def gelu_tanh_slope(x):
    """The derivative of `gelu_tanh`."""
    stay_inline()
    bounded, square, share = _gelu_tanh_parts(x)
    twice_slope = fma(square, constant(x, GELU_SQUARE), constant(x, GELU_LINEAR))
    bend = mul(share, sub(constant(x, ONE), share))
    return fma(mul(bounded, bend), twice_slope, share)
