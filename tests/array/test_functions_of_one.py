"""Elementwise functions of one array against NumPy's."""

import math

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests.array.gradients import gradient
from tests.holds import assert_holds


def reciprocal(function):
    return lambda x: 1 / function(x)


# dlarray's function, its values, the values that it is tried with
FUNCTIONS = {
    "abs": (np.abs, (-3, 3)),
    "acos": (np.arccos, (-1, 1)),
    "acosh": (np.arccosh, (1, 9)),
    "asin": (np.arcsin, (-1, 1)),
    "asinh": (np.arcsinh, (-9, 9)),
    "atan": (np.arctan, (-9, 9)),
    "atanh": (np.arctanh, (-0.99, 0.99)),
    "ceil": (np.ceil, (-9, 9)),
    "conj": (np.conj, (-9, 9)),
    "cos": (np.cos, (-9, 9)),
    "cosh": (np.cosh, (-3, 3)),
    "cot": (reciprocal(np.tan), (0.2, 3)),
    "coth": (reciprocal(np.tanh), (0.2, 3)),
    "csc": (reciprocal(np.sin), (0.2, 3)),
    "csch": (reciprocal(np.sinh), (0.2, 3)),
    "erf": (np.vectorize(math.erf, otypes=[float]), (-6, 6)),
    "erfc": (np.vectorize(math.erfc, otypes=[float]), (-6, 6)),
    "exp": (np.exp, (-3, 3)),
    "expm1": (np.expm1, (-3, 3)),
    "fix": (np.trunc, (-9, 9)),
    "floor": (np.floor, (-9, 9)),
    "gamma": (np.vectorize(math.gamma, otypes=[float]), (0.1, 9)),
    "gammaln": (np.vectorize(math.lgamma, otypes=[float]), (3, 9)),
    "imag": (np.imag, (-9, 9)),
    "log": (np.log, (0.1, 9)),
    "log10": (np.log10, (0.1, 9)),
    "log1p": (np.log1p, (-0.9, 9)),
    "log2": (np.log2, (0.1, 9)),
    "real": (np.real, (-9, 9)),
    "round": (lambda x: np.trunc(x + np.copysign(0.5, x)), (-9, 9)),
    "sec": (reciprocal(np.cos), (-1, 1)),
    "sech": (reciprocal(np.cosh), (-3, 3)),
    "sign": (np.sign, (-3, 3)),
    "sin": (np.sin, (-9, 9)),
    "sinh": (np.sinh, (-3, 3)),
    "sqrt": (np.sqrt, (0, 9)),
    "tan": (np.tan, (-1, 1)),
    "tanh": (np.tanh, (-3, 3)),
    "uminus": (np.negative, (-3, 3)),
    "uplus": (np.positive, (-3, 3)),
}
UFUNCS = {
    "abs": np.absolute,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "conj": np.conjugate,
    "fix": np.trunc,
    "uminus": np.negative,
    "uplus": np.positive,
    **{
        name: getattr(np, name)
        for name in (
            "ceil cos cosh exp expm1 floor log log10 log1p log2 sign sin sinh sqrt tan tanh"
        ).split()
    },
}
LOGICAL = ("isfinite", "isinf", "isnan")

each_function = pytest.mark.parametrize("name", FUNCTIONS)


@each_function
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
@pytest.mark.parametrize(
    ("shape", "fmt"), [((7, 5, 3, 2), "SSCB"), ((2, 3, 7), "CBT"), ((5, 2), ""), ((0, 3), "CB")]
)
def test_values_labels_and_type(name, dtype, shape, fmt, rng):
    function, limits = FUNCTIONS[name]
    x = rng.uniform(*limits, shape).astype(dtype)
    Y = getattr(dl, name)(dl.dlarray(x, fmt))
    expected = function(x.astype(np.float64))
    assert Y.dtype == dtype
    # the condition of the steepest of these functions is 9
    tolerance = 10 * TOLERANCES[dtype]
    assert (dl.dims(Y), Y.shape) == (fmt, shape)
    np.testing.assert_allclose(Y.data, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs_of_numpy_keep_labels(name, rng):
    x = rng.uniform(*FUNCTIONS[name][1], (3, 5))
    X = dl.dlarray(x, "CB")
    assert_holds(UFUNCS[name](X), "CB", getattr(dl, name)(X).data)


def test_further_ufuncs():
    x = np.array([[0.5, 2.0, 3.0]])
    X = dl.dlarray(x, "CB")
    for name in "square reciprocal exp2 fabs isnan isinf isfinite".split():
        ufunc = getattr(np, name)
        assert_holds(ufunc(X), "CB", ufunc(x), rtol=1e-15)
    for name in "float_power floor_divide remainder fmod hypot arctan2".split():
        ufunc = getattr(np, name)
        assert_holds(ufunc(X, 0.7), "CB", ufunc(x, 0.7), rtol=1e-15)
        assert_holds(ufunc(0.7, X), "CB", ufunc(0.7, x), rtol=1e-15)
    quotient, rest = np.divmod(X, 0.7)
    assert_holds(quotient, "CB", x // 0.7)
    assert_holds(rest, "CB", x % 0.7)


@each_function
def test_logical_data_are_errors(name):
    text = rf"{name}: logical data not supported; convert to single or double\. Got 2\(C\) × 1\(U\)"
    with pytest.raises(TypeError, match=text):
        getattr(dl, name)(dl.dlarray([True, False], "C"))


@pytest.mark.parametrize("name", [*FUNCTIONS, *LOGICAL, "not_"])
def test_other_arrays_are_errors(name):
    call = name.rstrip("_")
    with pytest.raises(TypeError, match=f"{call}: X must be a dlarray; got ndarray"):
        getattr(dl, name)(np.ones((3, 5)))


@each_function
def test_nan_goes_through_and_infinity_raises_no_warning(name):
    Y = getattr(dl, name)(dl.dlarray([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -7.0], "C"))
    assert np.isnan(Y.data[0, 0]) or name == "imag"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("log", -1.0, np.nan),
        ("log", 0.0, -np.inf),
        ("log1p", -1.0, -np.inf),
        ("log2", -1.0, np.nan),
        ("log10", 0.0, -np.inf),
        ("sqrt", -1.0, np.nan),
        ("asin", 2.0, np.nan),
        ("acos", 2.0, np.nan),
        ("acosh", 0.5, np.nan),
        ("atanh", 1.0, np.inf),
        ("atanh", 2.0, np.nan),
        ("csc", 0.0, np.inf),
        ("cot", 0.0, np.inf),
        ("csch", 0.0, np.inf),
        ("coth", np.inf, 1.0),
        ("sech", np.inf, 0.0),
        ("exp", 1e9, np.inf),
        ("cosh", 1e9, np.inf),
    ],
)
def test_real_data_stay_real_at_the_edge_of_a_domain(name, value, expected):
    assert_holds(getattr(dl, name)(dl.dlarray(value)), "", [[expected]])


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("abs", 0.0, 0.0),
        ("sign", 0.0, 0.0),
        ("round", 0.5, 0.0),
        ("ceil", 2.0, 0.0),
        ("floor", 2.0, 0.0),
        ("fix", 2.0, 0.0),
        ("imag", 2.0, 0.0),
        ("sqrt", 0.0, np.inf),
        ("log", 0.0, np.inf),
        ("asin", 1.0, np.inf),
        ("acos", -1.0, -np.inf),
        ("acosh", 1.0, np.inf),
        ("erf", 30.0, 0.0),
        ("tanh", 1000.0, 0.0),
    ],
)
def test_derivatives_at_special_points(name, value, expected):
    assert gradient(getattr(dl, name), dl.dlarray(value)).item() == expected
