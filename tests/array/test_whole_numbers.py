"""Rounding, quotients and rests."""

import operator

import numpy as np
import pytest

import dlarray as dl
from tests.array.gradients import gradient, values, vector
from tests.holds import assert_holds


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_halves_are_rounded_away_from_zero(dtype):
    X = dl.dlarray(np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.4, -0.6], dtype))
    assert values(dl.round(X)) == [-3, -2, -1, 1, 2, 3, 0, -1]
    assert values(round(X)) == values(dl.round(X))
    assert dl.round(X).dtype == dtype


def test_rounding_of_what_adding_a_half_would_get_wrong():
    below_half = np.nextafter(0.5, 0)
    odd = 2.0**52 + 1
    assert values(dl.round(vector(below_half, -below_half, odd, 1e300))) == [0, 0, odd, 1e300]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_rounding_to_places_beyond_the_type(dtype):
    X = dl.dlarray(np.array([2.5, -1e30, 0.0, np.inf, np.nan], dtype))
    np.testing.assert_array_equal(dl.round(X, 400).data, X.data)
    np.testing.assert_array_equal(dl.round(X, -400).data.ravel(), [0, 0, 0, np.inf, np.nan])
    np.testing.assert_array_equal(dl.round(X, -60).data.ravel(), [0, 0, 0, np.inf, np.nan])


def test_rounding_to_decimal_places():
    X = vector(3.14159, -2.345, 1250.0, np.inf, np.nan, 1e300)
    expected = [3.14, -2.35, 1250, np.inf, np.nan, 1e300]
    np.testing.assert_allclose(values(dl.round(X, 2)), expected, rtol=1e-15)
    np.testing.assert_array_equal(values(dl.round(X, -2))[:3], [0, 0, 1300])
    assert values(round(X, 2))[:3] == values(dl.round(X, 2))[:3]


@pytest.mark.parametrize("digits", [1.5, "2", None])
def test_decimal_places_are_whole_numbers(digits):
    with pytest.raises(ValueError, match=f"round: digits must be an integer; got {digits!r}"):
        dl.round(vector(1.0), digits)


A = [5.0, -5.0, 5.0, -5.0, 5.5, 0.0, 3.0]
B = [3.0, 3.0, -3.0, -3.0, 2.0, 2.0, 3.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_mod_has_the_sign_of_the_divisor_and_rem_that_of_the_dividend(dtype):
    a, b = dl.dlarray(np.array(A, dtype), "C"), dl.dlarray(np.array(B, dtype), "C")
    assert values(dl.mod(a, b)) == [2, 1, -1, -2, 1.5, 0, 0]
    assert values(dl.rem(a, b)) == [2, -2, 2, -2, 1.5, 0, 0]
    assert dl.mod(a, b).dtype == dl.rem(a, b).dtype == dtype


def test_division_by_zero():
    a = vector(5.0, -5.0, 0.0)
    assert values(dl.mod(a, 0)) == [5, -5, 0]
    assert np.isnan(values(dl.rem(a, 0))).all()
    np.testing.assert_array_equal(values(a // 0), [np.inf, -np.inf, np.nan])


def test_operators_of_python():
    a, b = vector(*A), vector(*B)
    assert values(a % b) == values(dl.mod(a, b)) == np.mod(A, B).tolist()
    assert values(a // b) == np.floor_divide(A, B).tolist()
    quotient, rest = divmod(a, b)
    assert_holds(quotient * b + rest, "", a.data)
    for function in (operator.mod, operator.floordiv):
        assert values(function(7.0, b)) == function(7.0, np.array(B)).tolist()
        assert values(function(np.array(A), b)) == function(np.array(A), np.array(B)).tolist()
    assert values(divmod(7.0, b)[1]) == np.mod(7.0, B).tolist()


def test_gradients_of_rests():
    a, b = vector(5.0, -5.0, 5.0), vector(3.0, 3.0, 0.0)
    assert [values(g) for g in gradient(dl.mod, a, b)] == [[1, 1, 1], [-1, 2, 0]]
    assert [values(g) for g in gradient(dl.rem, a, b)] == [[1, 1, 1], [-1, 1, 0]]
    assert [values(g) for g in gradient(operator.floordiv, a, b)] == [[0] * 3, [0] * 3]


def test_gradients_of_angle_and_length_at_the_origin_are_0():
    for function in (dl.atan2, dl.hypot):
        assert [g.item() for g in gradient(function, vector(0.0), vector(0.0))] == [0, 0]


def test_length_of_numbers_whose_squares_overflow():
    assert dl.hypot(vector(3e200), 4e200).item() == pytest.approx(5e200)
    slopes = [g.item() for g in gradient(dl.hypot, vector(3e200), vector(4e200))]
    assert slopes == pytest.approx([0.6, 0.8])
