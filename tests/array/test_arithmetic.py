"""Elementwise functions and the matrix product: labels, values."""

import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from tests.array.elementwise import COMPARISONS, UNARY
from tests.holds import assert_holds

relaxed = settings(deadline=None)


# -- labels of two operands
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "fmt_a", "b", "fmt_b", "wide_a", "wide_b", "fmt", "shape"),
    [
        ((7, 5, 3, 2), "SSCB", (3,), "C", (7, 5, 3, 2), (1, 1, 3, 1), "SSCB", (7, 5, 3, 2)),
        ((2, 3, 5), "SCB", (3,), "C", (2, 3, 5), (1, 3, 1), "SCB", (2, 3, 5)),
        ((4, 5), "SS", (4,), "S", (4, 5), (4, 1), "SS", (4, 5)),
        ((3, 7), "CB", (3, 5), "CT", (3, 7, 1), (3, 1, 5), "CBT", (3, 7, 5)),
        ((3, 7), "CB", (7,), "B", (3, 7), (1, 7), "CB", (3, 7)),
        ((6,), "S", (5,), "C", (6, 1), (1, 5), "SC", (6, 5)),
        ((3, 7), "CB", (1, 1), "CB", (3, 7), (1, 1), "CB", (3, 7)),
        ((3, 7), "CB", (7, 3), "BC", (3, 7), None, "CB", (3, 7)),
        ((2, 5), "SB", (3, 7), "CT", (2, 1, 5, 1), (1, 3, 1, 7), "SCBT", (2, 3, 5, 7)),
        ((5, 2), "CU", (2,), "U", (5, 2), (1, 2), "CU", (5, 2)),
    ],
    ids=["SSCB", "SCB", "first S", "CBT", "B", "outer", "singletons", "order", "disjoint", "U"],
)
@pytest.mark.parametrize("swapped", [False, True], ids=["a+b", "b+a"])
def test_formatted_operands_meet_by_label(
    a, fmt_a, b, fmt_b, wide_a, wide_b, fmt, shape, swapped, rng
):
    x, y = rng.standard_normal(a), rng.standard_normal(b)
    operands = [dl.dlarray(x, fmt_a), dl.dlarray(y, fmt_b)]
    if swapped:
        operands.reverse()
    wide = y.T if wide_b is None else y.reshape(wide_b)
    expected = x.reshape(wide_a) + wide
    assert expected.shape == shape
    assert_holds(dl.plus(*operands), fmt, expected)


@pytest.mark.parametrize(
    ("shape", "fmt", "expected"),
    [
        ((3, 1), "CB", (3, 7)),
        ((3,), "CB", (3, 7)),
        ((1, 7), "CB", (3, 7)),
        ((1, 1), "CB", (3, 7)),
        ((), "CB", (3, 7)),
        ((3, 7, 2), "CBU", (3, 7, 2)),
        ((3, 7, 1), "CB", (3, 7)),
    ],
    ids=["column", "vector", "row", "1×1", "0-d", "extra dimension", "extra singleton"],
)
@pytest.mark.parametrize("kind", [np.asarray, dl.dlarray], ids=["array", "dlarray"])
def test_an_unformatted_operand_meets_by_position(shape, fmt, expected, kind, rng):
    x, y = rng.standard_normal((3, 7)), rng.standard_normal(shape)
    wide = y.reshape(shape + (1,) * (2 - len(shape)))
    values = (x.reshape(3, 7, *[1] * (wide.ndim - 2)) - wide).reshape(expected)
    assert_holds(dl.dlarray(x, "CB") - kind(y), fmt, values)
    assert_holds(kind(y) - dl.dlarray(x, "CB"), fmt, -values)


def test_unformatted_operands_give_unformatted_results():
    assert_holds(dl.dlarray([1.0, 2.0]) + np.array([[10.0, 20.0]]), "", [[11, 21], [12, 22]])


@pytest.mark.parametrize("y", [np.ones((7, 1)), np.ones(7), np.ones((7, 3))], ids=np.shape)
def test_numpy_alignment_from_the_last_dimension_is_an_error(y):
    text = r"plus: .* matched by position.*\n  A: 3\(C\) × 7\(B\)\n  B: 7×"
    with pytest.raises(dl.ShapeError, match=text):
        dl.dlarray(np.ones((3, 7)), "CB") + y


@pytest.mark.parametrize(
    ("call", "function"),
    [
        ("plus", operator.add),
        ("minus", operator.sub),
        ("times", operator.mul),
        ("rdivide", operator.truediv),
        ("power", operator.pow),
        ("max", dl.max),
        ("min", dl.min),
        ("eq", operator.eq),
        ("ne", operator.ne),
        ("lt", operator.lt),
        ("le", operator.le),
        ("gt", operator.gt),
        ("ge", operator.ge),
        ("and", operator.and_),
        ("or", operator.or_),
    ],
)
def test_size_errors_name_the_function_and_both_operands(call, function):
    text = rf"{call}: .*\n  A: 4\(S\) × 5\(S\)\n  B: 5\(S\) × 1\(U\)\nMake the sizes equal"
    with pytest.raises(dl.ShapeError, match=text):
        function(dl.dlarray(np.ones((4, 5)), "SS"), dl.dlarray(np.ones(5), "S"))


@relaxed
@given(st.permutations("SCBT"), st.permutations("SCBT"))
def test_the_order_of_the_given_labels_does_not_matter(left, right):
    x, y = np.arange(210.0).reshape(2, 3, 5, 7), np.arange(210.0)[::-1].reshape(2, 3, 5, 7)
    a = dl.dlarray(x.transpose(["SCBT".index(label) for label in left]), "".join(left))
    b = dl.dlarray(y.transpose(["SCBT".index(label) for label in right]), "".join(right))
    assert_holds(a * b, "SCBT", x * y)


# -- values
# ------------------------------------------------------------------------------------------------


BINARY: list[Any] = [
    (dl.plus, operator.add, np.add),
    (dl.minus, operator.sub, np.subtract),
    (dl.times, operator.mul, np.multiply),
    (dl.rdivide, operator.truediv, np.divide),
    (dl.power, operator.pow, np.power),
]


@pytest.mark.parametrize(
    ("function", "sign", "ufunc"), BINARY + COMPARISONS, ids=lambda f: f.__name__
)
@pytest.mark.parametrize("other", ["dlarray", "array", "list", "number"])
def test_binary_values(function, sign, ufunc, other):
    x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 2.0], [0.5, 3.0]])
    if other == "number":
        y = np.full((2, 2), 2.0)
    operand = {
        "dlarray": dl.dlarray(y, "CB"),
        "array": y,
        "list": y.tolist(),
        "number": 2.0,
    }[other]
    X = dl.dlarray(x, "CB")
    for result in (function(X, operand), sign(X, operand)):
        assert_holds(result, "CB", ufunc(x, y))
    for result in (function(operand, X), sign(operand, X)):
        assert_holds(result, "CB", ufunc(y, x))


@pytest.mark.parametrize(("function", "ufunc"), [(dl.max, np.maximum), (dl.min, np.minimum)])
def test_max_and_min_of_two_arrays(function, ufunc):
    x, y = np.array([[1.0, 5.0, np.nan]]), np.array([[2.0, 4.0, 0.0]])
    assert_holds(function(dl.dlarray(x, "CB"), y), "CB", ufunc(x, y))
    assert_holds(function(dl.dlarray(x, "CB"), 2), "CB", ufunc(x, 2))


@pytest.mark.parametrize(("function", "ufunc"), UNARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_unary_values_keep_labels_and_type(function, ufunc, dtype):
    x = np.array([[0.5, 1.0, 2.0], [3.0, 0.25, 7.0]], dtype)
    X = dl.dlarray(x, "CB")
    assert_holds(function(X), "CB", ufunc(x), rtol=1e-6)
    assert_holds(ufunc(X), "CB", ufunc(x), rtol=1e-6)
    assert function(X).dtype == dtype


def test_signs_of_python():
    X = dl.dlarray([-1.0, 2.0], "C")
    assert_holds(-X, "CU", [[1], [-2]])
    assert_holds(+X, "CU", [[-1], [2]])
    assert_holds(abs(X), "CU", [[1], [2]])


def test_logic():
    a = dl.dlarray([[0.0, 0.0, 2.0, 3.0]], "CB")
    b = dl.dlarray([[False, True, False, True]], "CB")
    assert_holds(a & b, "CB", [[False, False, False, True]])
    assert_holds(a | b, "CB", [[False, True, True, True]])
    assert_holds(~a, "CB", [[True, True, False, False]])


@pytest.mark.parametrize("other", [True, np.array([[True, False]])], ids=["bool", "array"])
def test_logic_with_the_dlarray_on_the_right(other):
    b = dl.dlarray([[True, True]], "CB")
    assert_holds(other & b, "CB", np.logical_and(other, [[True, True]]))
    assert_holds(other | b, "CB", [[True, True]])


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (dl.log, 0.0, -np.inf),
        (dl.log, -1.0, np.nan),
        (dl.sqrt, -1.0, np.nan),
        (dl.exp, 1000.0, np.inf),
        (lambda x: x / 0, 1.0, np.inf),
        (lambda x: x / 0, 0.0, np.nan),
        (lambda x: x**0.5, -4.0, np.nan),
        (lambda x: x**3, -2.0, -8.0),
        (lambda x: x**-1, 0.0, np.inf),
        (lambda x: x**2, 1e200, np.inf),
        (dl.tanh, np.inf, 1.0),
    ],
    ids=[
        "log 0",
        "log -1",
        "sqrt -1",
        "exp 1000",
        "1/0",
        "0/0",
        "(-4)^0.5",
        "(-2)^3",
        "0^-1",
        "square overflow",
        "tanh inf",
    ],
)
def test_values_that_are_not_finite_come_without_a_warning(function, value, expected):
    assert_holds(function(dl.dlarray(value)), "", [[expected]])


def test_a_product_beyond_the_range_is_infinite():
    assert_holds(dl.dlarray(1e200) * 1e200, "", [[np.inf]])


def test_nan_goes_through():
    X = dl.dlarray([np.nan, 1.0], "C")
    for function, _ in UNARY:
        assert np.isnan(dl.extractdata(function(X))[0, 0])


@pytest.mark.parametrize(
    ("shape", "fmt"),
    [((23, 29, 31), "SCB"), ((29,), "C"), ((31, 23), "BS"), ((29, 31, 3), "CBT"), ((1, 1), "")],
    ids=str,
)
@pytest.mark.parametrize("order", ["SCB", "BSC", "CBS"])
def test_large_arrays(shape, fmt, order, rng):
    x, y = rng.standard_normal((23, 29, 31)), rng.standard_normal(shape)
    X = dl.dlarray(x.transpose(["SCB".index(label) for label in order]), order)
    Y = dl.dlarray(y, fmt)
    wide_x, wide_y = {
        "SCB": (x, y),
        "C": (x, y[:, None]),
        "BS": (x, y.T[:, None]),
        "CBT": (x[..., None], y),
        "": (x, y),
    }[fmt]
    total, product = X + Y, Y * X
    assert_holds(total, dl.dims(product), wide_x + wide_y)
    assert_holds(product, dl.dims(total), wide_y * wide_x)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)], ids=str)
def test_arrays_without_elements(shape):
    X = dl.dlarray(np.zeros(shape), "CB")
    assert_holds(dl.exp(X) * 2 + X, "CB", np.zeros(shape))


def test_operands_are_not_changed():
    x = np.ones((3, 5))
    X, Y = dl.dlarray(x, "CB"), dl.dlarray(x, "CB")
    X += Y
    assert_holds(X, "CB", 2 * x)
    assert_holds(Y, "CB", x)


def test_augmented_assignment_rebinds_and_spares_aliases():
    X = dl.dlarray([1.0, 2.0])
    Y = X
    X *= 3
    assert_holds(Y, "", [[1], [2]])
    assert_holds(X, "", [[3], [6]])


# -- matrix product
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.asarray, dl.dlarray], ids=["array", "dlarray"])
def test_matrix_product_of_unformatted_matrices(kind, rng):
    a, b = rng.standard_normal((2, 3)), rng.standard_normal((3, 5))
    assert_holds(dl.dlarray(a) @ kind(b), "", a @ b, rtol=1e-12)
    assert_holds(kind(a) @ dl.dlarray(b), "", a @ b, rtol=1e-12)
    assert_holds(dl.mtimes(a, b), "", a @ b, rtol=1e-12)
    assert_holds(a.tolist() @ dl.dlarray(b), "", a @ b, rtol=1e-12)


@pytest.mark.parametrize("number", [3, np.array(3.0), np.full((1, 1), 3.0)], ids=np.shape)
def test_matrix_product_with_a_number_keeps_labels(number):
    X = dl.dlarray(np.ones((3, 5)), "CB")
    assert_holds(X @ number, "CB", np.full((3, 5), 3.0))
    assert_holds(dl.mtimes(number, X), "CB", np.full((3, 5), 3.0))


def test_matrix_product_of_mixed_types_is_single():
    assert (dl.dlarray(np.ones((2, 3), "f4")) @ np.ones((3, 5))).dtype == np.float32


@pytest.mark.parametrize("fmt", ["CB", ""], ids=["formatted", "unformatted"])
def test_matrix_product_needs_unformatted_data(fmt):
    text = (
        r"mtimes: a matrix product needs unformatted data; got 3\(C\) × 5\(B\) and 5.*2.*\. "
        "Use stripdims, or fullyconnect"
    )
    with pytest.raises(dl.FormatError, match=text):
        dl.dlarray(np.ones((3, 5)), "CB") @ dl.dlarray(np.ones((5, 2)), fmt)


@pytest.mark.parametrize("shape", [(2, 5), (5, 3, 2)], ids=str)
def test_matrix_product_needs_equal_inner_sizes(shape):
    text = rf"mtimes: inner sizes differ .* 3×5 and {'×'.join(map(str, shape))}\. The columns"
    with pytest.raises(dl.ShapeError, match=text):
        dl.dlarray(np.ones((3, 5))) @ np.ones(shape)
