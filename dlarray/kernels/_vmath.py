"""Functions of vectors: exponential, logarithm, hyperbolic tangent, sigmoid, error function.

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
    polynomial,
    power_of_two,
    raised,
    rounded,
    scaled,
    whole,
)
from ._simd import absolute, add, copy_sign, div, fma, mul, stay_inline, sub, where_less

ZERO, ONE, TWO, HALF = (Numbers.same(x) for x in (0.0, 1.0, 2.0, 0.5))
MINUS_ONE, MINUS_TWO = Numbers.same(-1.0), Numbers.same(-2.0)
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

# -1/(2 log 2), and 2^f for |f| <= 1/2
MINUS_HALF_LOG2E = Numbers.same(-0.5 * math.log2(math.e))
EXP2 = Numbers(
    single=(
        1.0,
        0.6931472067,
        0.2402265092,
        0.05550327227,
        0.009618056679,
        0.001340042818,
        0.000154614447,
    ),
    double=(
        1.0,
        0.6931471805599453,
        0.24022650695910158,
        0.055504108664821625,
        0.009618129107587256,
        0.001333355814640647,
        0.00015403530463724353,
        1.5252733841556773e-05,
        1.3215432535912375e-06,
        1.0178057087733941e-07,
        7.074194297288521e-09,
        4.4558179083360645e-10,
    ),
)

# beyond this the density of the normal distribution is 0, nearly
GAUSS_END = Numbers((13.1,), (37.5,))

# exp(a^2 / 2) times the normal distribution at -a, a quotient of polynomials in a
MILLS_TOP = Numbers(
    single=(
        0.499999982,
        0.345741703,
        0.110155032,
        0.0148131622,
    ),
    double=(
        0.49999999999999994,
        0.7811261837518727,
        0.6032130363985024,
        0.2959498602012792,
        0.10070120313367191,
        0.024549913957191482,
        0.004288746627952293,
        0.000519660468775739,
        3.995360058069263e-05,
        1.508409880403744e-06,
    ),
)
MILLS_BOTTOM = Numbers(
    single=(
        1,
        1.48936494,
        0.908687525,
        0.275779457,
        0.0371407393,
    ),
    double=(
        1.0,
        2.360136928306592,
        2.5895428892741252,
        1.7439490673982958,
        0.8008066028726945,
        0.26297047029784765,
        0.06283254234603408,
        0.010850442377596609,
        0.001306376647228239,
        0.00010014882488752433,
        3.781022855959116e-06,
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

# beyond this erf is 1
ERF_END = Numbers((5.0,), (7.0,))
SQRT_TWO = Numbers.same(math.sqrt(2.0))


@device
def _exp_parts(x):
    """exp(x) - 1 over the rest that rounding leaves, and n, with exp(x) = (1 + it) * 2^n."""
    stay_inline()
    n = rounded(x, constant(x, LOG2E))
    k = whole(n)
    r = fma(k, mul(constant(x, MINUS_ONE), constant(x, LOG2_HIGH)), x)
    r = fma(k, mul(constant(x, MINUS_ONE), constant(x, LOG2_LOW)), r)
    return fma(mul(r, r), polynomial(r, EXP), r), n


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
    tail = mul(s, fma(z, polynomial(z, LOG), half))
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
def gauss(square):
    """exp(-square / 2) of a square of at most GAUSS_END^2."""
    stay_inline()
    factor = constant(square, MINUS_HALF_LOG2E)
    n = rounded(square, factor)
    f = fma(square, factor, mul(whole(n), constant(square, MINUS_ONE)))
    return raised(polynomial(f, EXP2), n)


@device
def erf(x):
    """The error function."""
    stay_inline()
    end, a = constant(x, ERF_END), absolute(x)
    a = where_less(end, a, end, a)
    near = mul(a, polynomial(mul(a, a), ERF))
    square, b = mul(a, a), mul(a, constant(x, SQRT_TWO))
    e = mul(gauss(add(square, square)), polynomial(b, MILLS_TOP))
    far = fma(div(e, polynomial(b, MILLS_BOTTOM)), constant(x, MINUS_TWO), constant(x, ONE))
    return copy_sign(where_less(a, constant(x, ERF_MIDDLE), near, far), x)
