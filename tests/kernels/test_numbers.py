"""Constants, polynomials and bits of vectors."""

import numpy as np
import pytest

from dlarray.kernels._numbers import (
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
from dlarray.kernels._simd import (
    absolute,
    address,
    copy_sign,
    div,
    itemsize,
    lanes,
    load,
    sqrt,
    store,
    where_less,
)
from dlarray.testing import TOLERANCES
from tests.kernels.alone import alone

SHORT = Numbers((1.0, -2.0, 0.5), (1.0, -2.0, 0.5, 0.25))
LONG = Numbers(tuple(range(1, 8)), tuple(range(1, 9)))
ONE = Numbers.same(1.0)

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


@alone
def short_polynomial(x):
    return polynomial(x, SHORT)


@alone
def long_polynomial(x):
    return polynomial(x, LONG)


@alone
def nearest(x):
    return whole(rounded(x, constant(x, ONE)))


@alone
def two_to_the(x):
    return power_of_two(rounded(x, constant(x, ONE)))


@alone
def raised_by(x, n):
    return raised(x, rounded(n, constant(n, ONE)))


@alone
def scaled_by(x, n):
    return scaled(x, rounded(n, constant(n, ONE)))


@alone
def larger(x, y):
    return where_less(x, y, y, x)


def first(function, *arrays):
    """A function of vectors applied to arrays, compiled here and not kept."""

    @alone
    def one(x, result):
        like = x.dtype.type(0)
        for i in range(0, len(x), lanes(like)):
            at, count = i * itemsize(like), len(x) - i
            store(function(load(like, address(x) + at, count)), address(result) + at, count)

    @alone
    def two(x, y, result):
        like = x.dtype.type(0)
        for i in range(0, len(x), lanes(like)):
            at, count = i * itemsize(like), len(x) - i
            a, b = load(like, address(x) + at, count), load(like, address(y) + at, count)
            store(function(a, b), address(result) + at, count)

    result = np.empty_like(arrays[0])
    (one if len(arrays) == 1 else two)(*arrays, result)
    return result


@pytest.mark.parametrize(
    ("function", "numbers"), [(short_polynomial, SHORT), (long_polynomial, LONG)]
)
@both_types
def test_polynomials_have_the_coefficients_of_the_type(function, numbers, dtype, rng):
    x = rng.uniform(0, 1, 50).astype(dtype)
    terms = numbers.single if dtype is np.float32 else numbers.double
    want = sum(c * x.astype(float) ** i for i, c in enumerate(terms))
    np.testing.assert_allclose(first(function, x), want, rtol=TOLERANCES[dtype])


@both_types
def test_rounding_goes_to_the_nearest_integer_and_to_even(dtype):
    x = np.array([0.49, 0.5, 1.5, 2.5, -0.5, -1.5, -150.2, 1000.7], dtype)
    np.testing.assert_array_equal(first(nearest, x), np.rint(x))


@both_types
def test_powers_of_two(dtype):
    limits = np.finfo(dtype)
    n = np.arange(limits.minexp, limits.maxexp).astype(dtype)
    np.testing.assert_array_equal(first(two_to_the, n), np.ldexp(dtype(1), n.astype(int)))
    x = np.full_like(n, 1.375)
    np.testing.assert_array_equal(first(raised_by, x, n), np.ldexp(x, n.astype(int)))


@both_types
def test_scaling_rounds_once_at_both_ends(dtype):
    limits = np.finfo(dtype)
    least = limits.minexp - limits.nmant - 2
    n = np.arange(least, limits.maxexp + 2).astype(dtype)
    x = np.full_like(n, 1.3)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(first(scaled_by, x, n), np.ldexp(x, n.astype(int)))


@both_types
def test_a_number_is_its_fraction_times_a_power_of_two(dtype, rng):
    low = np.log2(np.finfo(dtype).tiny) + 1
    x = np.exp2(rng.uniform(low, -low, 1000)).astype(dtype)
    fraction, exponent = first(fraction_of, x), first(exponent_of, x)
    assert fraction.min() >= dtype(np.sqrt(0.5))
    assert fraction.max() < np.sqrt(2)
    np.testing.assert_array_equal(np.ldexp(fraction, exponent.astype(int)), x)


@both_types
def test_other_operations_are_those_of_numpy(dtype, rng):
    x, y = (rng.standard_normal(50).astype(dtype) for _ in range(2))
    x[:3], y[:3] = (np.nan, 1, -0.0), (1, np.nan, 0.0)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(first(sqrt, x), np.sqrt(x))
    np.testing.assert_array_equal(first(absolute, x), np.abs(x))
    np.testing.assert_array_equal(first(copy_sign, x, y), np.copysign(x, y))
    np.testing.assert_array_equal(first(div, x, np.abs(y) + 1), x / (np.abs(y) + 1))
    np.testing.assert_array_equal(first(larger, x, y), np.where(x < y, y, x))
