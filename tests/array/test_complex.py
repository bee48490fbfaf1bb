"""Complex arrays: types, values, gradients by both parts, and what has no meaning for them."""

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests.array.gradients import gradient, values
from tests.holds import assert_holds

Z = np.array([[1 + 2j, -3 + 0.5j, 0.25 - 1j], [2.0, 0.3 - 1j, -0.5 - 0.5j]])
W = np.array([[0.5 - 1j, 2 + 1j, -1.5 + 0.25j], [1j, 0.75, 3 - 2j]])
COMPLEX: dict[Any, Any] = {np.float32: np.complex64, np.float64: np.complex128}

UNARY: dict[str, Any] = {
    "abs": np.abs,
    "conj": np.conj,
    "real": np.real,
    "imag": np.imag,
    "sign": np.sign,
    "uminus": np.negative,
    "uplus": np.positive,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sec": lambda z: 1 / np.cos(z),
    "csc": lambda z: 1 / np.sin(z),
    "cot": lambda z: 1 / np.tan(z),
    "sech": lambda z: 1 / np.cosh(z),
    "csch": lambda z: 1 / np.sinh(z),
    "coth": lambda z: 1 / np.tanh(z),
    **{
        name: getattr(np, name)
        for name in "exp expm1 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh".split()
    },
}
BINARY: dict[str, Any] = {
    "plus": np.add,
    "minus": np.subtract,
    "times": np.multiply,
    "rdivide": np.divide,
    "ldivide": lambda a, b: b / a,
    "power": np.power,
}
REDUCING: dict[str, Any] = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "vecnorm": lambda z, axis, keepdims: np.sqrt(np.sum(np.abs(z) ** 2, axis, keepdims=keepdims)),
    "any": np.any,
    "all": np.all,
}


# -- types and values
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("c8", "c16", "c8"),
        ("c8", "f8", "c8"),
        ("c16", "f4", "c8"),
        ("c16", "f8", "c16"),
        ("c16", "?", "c16"),
        ("c8", "?", "c8"),
        ("c8", "f4", "c8"),
    ],
)
def test_single_wins_and_complex_spreads(a, b, expected):
    X, y = dl.dlarray(np.ones((3, 5), a), "CB"), np.ones((3, 5), b)
    for other in (y, dl.dlarray(y, "CB")):
        assert (X + other).dtype == (other + X).dtype == (X * other).dtype == np.dtype(expected)


@pytest.mark.parametrize("number", [2j, np.complex64(2j), np.complex128(2j), np.array(2j)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_a_complex_number_makes_complex_of_the_same_precision(number, dtype):
    X = dl.dlarray(np.ones((3, 5), dtype), "CB")
    for result in (X * number, number * X, X - number, X / number, X**number):
        assert result.dtype == COMPLEX[dtype]
    assert (dl.dlarray([True]) * number).dtype == np.complex128


def test_real_numbers_leave_complex_data_alone():
    Z4 = dl.dlarray(Z.astype(np.complex64), "CB")
    for number in (2, 2.5, True, np.float64(2)):
        assert (Z4 * number).dtype == (number / Z4).dtype == np.complex64


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_functions_of_one(name, dtype):
    z = Z.astype(COMPLEX[dtype])
    expected = UNARY[name](z)
    Y = getattr(dl, name)(dl.dlarray(z, "CB"))
    assert Y.dtype == expected.dtype
    assert_holds(Y, "CB", expected, 1e-6 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_functions_of_two(name, dtype):
    z, w = Z.astype(COMPLEX[dtype]), W.astype(COMPLEX[dtype])
    rtol = 1e-6 if dtype == np.float32 else 1e-14
    function = getattr(dl, name)
    assert_holds(function(dl.dlarray(z, "CB"), w), "CB", BINARY[name](z, w), rtol)
    assert_holds(function(z, dl.dlarray(w[:, 0], "C")), "CU", BINARY[name](z, w[:, :1]), rtol)


@pytest.mark.parametrize("name", REDUCING)
@pytest.mark.parametrize("dim", [0, "B", "all"], ids=str)
def test_reductions(name, dim):
    axis = {"B": 1, "all": (0, 1)}.get(dim, dim)
    expected = REDUCING[name](Z, axis=axis, keepdims=True)
    assert_holds(getattr(dl, name)(dl.dlarray(Z, "CB"), dim=dim), "CB", expected, 1e-14)


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (0, 1, 2)], ids=str)
def test_sums_of_many(axes, rng):
    z = rng.standard_normal((40, 31, 29)) + 1j * rng.standard_normal((40, 31, 29))
    got = dl.sum(dl.dlarray(z.astype(np.complex64)), axes)
    assert got.dtype == np.complex64
    np.testing.assert_allclose(got.data, z.sum(axes, keepdims=True), atol=1e-3)


def test_equality():
    X = dl.dlarray(Z, "CB")
    assert_holds(X == Z, "CB", Z == Z)  # noqa: PLR0124
    assert_holds(X != Z[:, :1], "CB", Z[:, :1] != Z)
    assert_holds(X == 2, "CB", Z == 2)
    assert_holds(dl.dlarray([[1.0, 2.0]], "CB") == np.array([[1 + 1j, 2]]), "CB", [[False, True]])


def test_making_complex_arrays():
    re, im = dl.dlarray(np.ones((3, 5), np.float32), "CB"), dl.dlarray(np.full(3, 2.0), "C")
    assert_holds(dl.complex(re, im), "CB", np.full((3, 5), 1 + 2j))
    assert dl.complex(re, im).dtype == np.complex64
    assert_holds(dl.complex(im), "CU", np.full((3, 1), 2 + 0j))
    assert dl.complex(dl.dlarray([True]), 1).dtype == np.complex128


@pytest.mark.parametrize("name", ["real", "imag"])
def test_parts_of_a_result_are_arrays_of_their_own(name):
    part = getattr(dl, name)(dl.dlarray(Z, "CB"))
    assert (part * 2).dtype == np.float64
    assert not part.data.flags.writeable


def test_real_data_are_their_own_conjugates():
    X = dl.dlarray([1.0, -2.0], "C")
    assert dl.conj(X).dtype == dl.real(X).dtype == dl.imag(X).dtype == np.float64
    assert values(dl.imag(X)) == [0, 0]


def test_item_and_display():
    X = dl.dlarray(1 + 2j)
    assert X.item() == 1 + 2j
    assert "1" in repr(dl.dlarray(Z, "CB"))


# -- gradients
# ------------------------------------------------------------------------------------------------

# a real y = real(f), f and dy/dRe z + i dy/dIm z by hand
BY_HAND: list[Any] = [
    (lambda z: dl.real(z), np.ones_like(Z)),
    (lambda z: dl.imag(z), np.full_like(Z, 1j)),
    (lambda z: dl.real(1j * z), np.full_like(Z, -1j)),
    (lambda z: dl.real(z * W), np.conj(W)),
    (lambda z: dl.real(dl.conj(z)), np.ones_like(Z)),
    (lambda z: dl.real(z * dl.conj(z)), 2 * Z),
    (lambda z: dl.abs(z), Z / np.abs(Z)),
    (lambda z: dl.abs(z) ** 2, 2 * Z),
    (lambda z: dl.real(z**2), np.conj(2 * Z)),
    (lambda z: dl.real(dl.exp(z)), np.conj(np.exp(Z))),
    (lambda z: dl.real(dl.log(z)), 1 / np.conj(Z)),
    (lambda z: dl.real(z) * dl.imag(z), np.imag(Z) + 1j * np.real(Z)),
]


@pytest.mark.parametrize(("function", "expected"), BY_HAND, ids=range(len(BY_HAND)))
def test_the_convention_of_gradients(function, expected):
    np.testing.assert_allclose(gradient(function, dl.dlarray(Z, "CB")).data, expected, rtol=1e-14)


def of_parts(function, z, h=1e-6):
    """dy/dRe z + i dy/dIm z of y = sum(function(z)) by central differences."""
    total = lambda z: dl.sum(function(dl.dlarray(z, "CB")), "all").item()  # noqa: E731
    slope = np.zeros_like(z)
    for place in np.ndindex(z.shape):
        for unit in (1, 1j):
            step = np.zeros_like(z)
            step[place] = h * unit
            slope[place] += unit * (total(z + step) - total(z - step)) / (2 * h)
    return slope


@pytest.mark.parametrize("name", sorted({*UNARY} - {"real", "imag", "abs"}))
def test_gradients_agree_with_differences_of_both_parts(name):
    function = lambda z: dl.real((0.6 - 0.8j) * getattr(dl, name)(z))  # noqa: E731
    got = gradient(function, dl.dlarray(Z, "CB"))
    assert got.dtype == np.complex128
    inner = np.abs(Z.imag) > 0  # no point on a branch cut
    np.testing.assert_allclose(got.data[inner], of_parts(function, Z)[inner], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", [*BINARY, "sum", "mean", "prod", "vecnorm"])
def test_gradients_of_both_operands(name):
    call = getattr(dl, name)

    def function(z):
        value = call(z, W) + call(W, z) if name in BINARY else call(z, dim="B")
        return dl.real((0.6 - 0.8j) * value)

    got = gradient(function, dl.dlarray(Z, "CB")).data
    np.testing.assert_allclose(got, of_parts(function, Z), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "call",
    [
        lambda z: dl.stripdims(z)[:, 1:],
        lambda z: dl.permute(dl.stripdims(z), [1, 0]),
        lambda z: dl.reshape(z, 3, 2),
        lambda z: dl.cat(0, dl.stripdims(z), dl.stripdims(z)),
        lambda z: dl.sum(z, "B"),
        lambda z: z * dl.dlarray([1.0, 2.0, 3.0], "T"),
    ],
    ids=["index", "permute", "reshape", "cat", "sum", "expand"],
)
def test_gradients_through_what_moves_data(call):
    def function(z):
        value = call(z)
        return dl.real(value * value * (0.6 - 0.8j))

    got = gradient(function, dl.dlarray(Z, "CB")).data
    np.testing.assert_allclose(got, of_parts(function, Z), rtol=1e-6, atol=1e-8)


def test_the_gradient_of_a_real_variable_is_real():
    x = dl.dlarray(np.array([1.0, 2.0], np.float32), "C")
    dx = gradient(lambda x: dl.real(x * (1 + 2j)) + dl.imag(dl.complex(x, x) * 1j), x)
    assert dx.dtype == np.float32
    assert values(dx) == [2, 2]


def test_a_gradient_in_both_precisions():
    z = dl.dlarray(Z.astype(np.complex64), "CB")
    dz = gradient(lambda z: dl.abs(z) * np.ones((2, 3)), z)
    assert dz.dtype == np.complex64


# -- what has no meaning
# ------------------------------------------------------------------------------------------------

REAL_ONLY = "max min median mode erf erfc gamma gammaln round ceil floor fix relu sigmoid".split()


@pytest.mark.parametrize("name", REAL_ONLY)
def test_functions_of_real_numbers_only(name):
    text = rf"{name}: complex data not supported; got 2\(C\) × 3\(B\) complex\. Use real, imag or"
    with pytest.raises(TypeError, match=text):
        getattr(dl, name)(dl.dlarray(Z, "CB"))


@pytest.mark.parametrize("name", "max min atan2 hypot mod rem complex lt le gt ge".split())
@pytest.mark.parametrize("other", [Z, 1j, dl.dlarray(Z, "CB")], ids=["array", "number", "dlarray"])
def test_functions_of_two_real_numbers_only(name, other):
    X = dl.dlarray(Z.real, "CB")
    for operands in ((X, other), (other, X)):
        with pytest.raises(TypeError, match=f"{name}: complex data not supported; got .* complex"):
            getattr(dl, name)(*operands)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda X: X // 2, "floor_divide"),
        (lambda X: X % 2, "mod"),
        (lambda X: dl.softmax(X), "softmax"),
        (lambda X: dl.dlconv(X, np.ones((1, 2, 1)), 0, DataFormat=None), "dlconv"),
        (lambda X: dl.fullyconnect(X, np.ones((1, 2)), 0), "fullyconnect"),
        (lambda X: dl.fullyconnect(dl.real(X), Z[:, :2], 0), "fullyconnect: weights"),
        (lambda X: dl.crossentropy(X, Z), "crossentropy"),
        (lambda X: dl.crossentropy(dl.real(X), Z), "crossentropy: targets"),
    ],
    ids=[
        "//",
        "%",
        "softmax",
        "dlconv",
        "fullyconnect",
        "weights",
        "loss",
        "targets",
    ],
)
def test_other_functions_of_real_numbers_only(call, text):
    with pytest.raises(TypeError, match=f"{text}: complex data not supported"):
        call(dl.dlarray(Z, "CB"))
