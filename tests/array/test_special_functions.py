"""Error functions and gamma functions against the standard library's and known values."""

import math

import numpy as np
import pytest

import dlarray as dl
from dlarray import operators as ops
from dlarray.operators import _special
from tests.array.gradients import gradient

EULER = 0.57721566490153286061


def ulps(got, want):
    """The largest distance in units of the last place."""
    return np.max(np.abs(got - want) / np.spacing(np.abs(want)))


def of_library(function, x):
    return np.array([function(value) for value in x.tolist()])


@pytest.mark.parametrize(
    ("name", "low", "high", "limit"),
    [
        ("erf", -7, 7, 4),
        ("erf", -1e-3, 1e-3, 4),
        ("erfc", -7, 26, 8),
        ("gamma", 1e-3, 25, 10),
        ("gamma", 25, 171, 10),
        ("gammaln", 3, 1e3, 8),
        ("gammaln", 1e3, 1e12, 8),
    ],
)
def test_accuracy_in_units_of_the_last_place(name, low, high, limit):
    library = {"gammaln": math.lgamma}.get(name) or getattr(math, name)
    x = np.linspace(low, high, 20011)
    assert ulps(getattr(ops, name)(x), of_library(library, x)) <= limit


@pytest.mark.parametrize("low", [-20.0, 1e-6])
def test_gamma_of_negative_and_gammaln_of_small_numbers(low):
    x = np.linspace(low, 3, 10007)
    x = x[(x != np.floor(x)) | (x > 0)]
    np.testing.assert_allclose(ops.gamma(x), of_library(math.gamma, x), rtol=1e-13)
    np.testing.assert_allclose(ops.gammaln(x), of_library(math.lgamma, x), rtol=1e-13, atol=1e-13)


def test_gamma_of_whole_numbers_is_exact():
    n = np.arange(1.0, 24.0)
    np.testing.assert_array_equal(ops.gamma(n), of_library(math.gamma, n))


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("erf", [np.inf, -np.inf, np.nan, 0.0], [1, -1, np.nan, 0]),
        ("erfc", [np.inf, -np.inf, np.nan, 0.0, 27.5], [0, 2, np.nan, 1, 0]),
        (
            "gamma",
            [0.0, -0.0, -1, np.inf, -np.inf, 172],
            [np.inf, -np.inf, np.nan, np.inf, np.nan, np.inf],
        ),
        ("gamma", [np.nan, -171.5, 1e-307], [np.nan, 1.9316265431712e-310, 1e307]),
        ("gammaln", [0.0, -1.0, np.inf, -np.inf, np.nan], [np.inf] * 4 + [np.nan]),
        ("gammaln", [1.0, 2.0, 1e-300], [0, 0, 690.7755278982137]),
    ],
)
def test_special_values(name, x, expected):
    np.testing.assert_allclose(getattr(ops, name)(np.array(x, float)), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["erfc", "gamma", "gammaln"])
def test_single_precision_is_rounded_once(name, rng):
    x = rng.uniform(0.1, 4, 1000).astype(np.float32)
    got = getattr(ops, name)(x)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, getattr(ops, name)(x.astype(np.float64)).astype(np.float32))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (1.0, -EULER),
        (2.0, 1 - EULER),
        (0.5, -EULER - 2 * math.log(2)),
        (-0.5, 0.03648997397857652),
        (10.0, 2.251752589066721),
        (1e9, math.log(1e9) - 0.5e-9),
    ],
)
def test_derivative_of_gammaln(x, expected):
    assert gradient(dl.gammaln, dl.dlarray(x)).item() == pytest.approx(expected, rel=1e-14)
    if abs(x) <= 10:
        slope = gradient(dl.gamma, dl.dlarray(x)).item()
        assert slope == pytest.approx(math.gamma(x) * expected, rel=1e-13)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (1.0, math.pi**2 / 6),
        (0.5, math.pi**2 / 2),
        (-0.5, 8.934802200544679),
        (2.0, math.pi**2 / 6 - 1),
    ],
)
def test_second_derivative_of_gammaln(x, expected):
    assert _special.trigamma(np.array([x]))[0] == pytest.approx(expected, rel=1e-14)


def test_derivatives_where_there_is_none():
    with np.errstate(all="ignore"):
        x = np.array([0.0, -1.0, np.nan])
        assert np.isnan(_special.digamma(x)).all()
        assert np.isinf(_special.trigamma(np.array([-1.0])))
        np.testing.assert_array_equal(_special.digamma(np.array([np.inf])), np.inf)
        np.testing.assert_array_equal(_special.trigamma(np.array([np.inf])), 0)


def test_a_third_derivative_of_gammaln_is_an_error():
    def third(x):
        first = dl.dlgradient(dl.sum(dl.gammaln(x), "all"), x, EnableHigherDerivatives=True)
        second = dl.dlgradient(dl.sum(first, "all"), x, EnableHigherDerivatives=True)
        return dl.dlgradient(dl.sum(second, "all"), x)

    with pytest.raises(dl.GradientError, match="trigamma has no derivative"):
        dl.dlfeval(third, dl.dlarray(2.0))
