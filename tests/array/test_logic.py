"""Logic, and tests of elements: logical results, labels, no trace."""

import operator
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.tape import recording
from tests.array.elementwise import COMPARISONS
from tests.array.gradients import vector
from tests.holds import assert_holds

LOGIC: list[Any] = [
    (dl.and_, operator.and_, np.logical_and),
    (dl.or_, operator.or_, np.logical_or),
    (dl.xor, operator.xor, np.logical_xor),
]
names = lambda f: getattr(f, "__name__", str(f))  # noqa: E731
A = np.array([[True, True, False, False]])
B = np.array([[True, False, True, False]])


@pytest.mark.parametrize(("function", "sign", "ufunc"), LOGIC, ids=names)
def test_logic_of_logical_arrays(function, sign, ufunc):
    a, b = dl.dlarray(A, "CB"), dl.dlarray(B, "CB")
    for result in (function(a, b), function(A, b), sign(a, b), sign(A, b), sign(a, B), ufunc(a, b)):
        assert_holds(result, "CB", ufunc(A, B))
        assert result.dtype == np.bool_
    assert_holds(sign(a, True), "CB", ufunc(A, True))
    assert_holds(sign(True, a), "CB", ufunc(A, True))


@pytest.mark.parametrize(("function", "sign", "ufunc"), LOGIC, ids=names)
def test_logic_of_numbers_asks_whether_they_are_zero(function, sign, ufunc):
    a, b = np.array([[2.0, -1.0, 0.0, np.nan]]), np.array([[0.5, 0.0, 3.0, 0.0]])
    assert_holds(function(dl.dlarray(a, "CB"), b), "CB", ufunc(a, b))
    assert_holds(function(dl.dlarray(a.astype("f4"), "CB"), A), "CB", ufunc(a, A))


@pytest.mark.parametrize(
    "call",
    [lambda x: x ^ 2, lambda x: 2 ^ x, lambda x: x ^ x, lambda x: np.bitwise_xor(x, x)],
    ids=["number", "reversed", "arrays", "NumPy"],
)
def test_the_sign_of_matlabs_power_is_an_error_for_numbers(call):
    text = r"\^ is the exclusive or of logical values; got .*\. Write X\*\*2 for a power, or xor"
    with pytest.raises(TypeError, match=text):
        call(vector(1.0, 2.0))


def test_labels_of_logic_and_comparison():
    a, b = dl.dlarray(np.ones((3, 7)), "CB"), dl.dlarray(np.zeros((3, 5)), "CT")
    for function in (dl.and_, dl.or_, dl.xor, dl.lt, dl.eq):
        assert (dl.dims(function(a, b)), function(a, b).shape) == ("CBT", (3, 7, 5))
        assert dl.dims(function(a, b[:, 0].stripdims())) == "CB"


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64], ids=lambda d: d.__name__)
def test_tests_of_elements(dtype):
    x = np.array([[1.0, np.nan, np.inf, -np.inf, 0.0]]).astype(dtype)
    X = dl.dlarray(x, "CB")
    assert_holds(dl.isnan(X), "CB", np.isnan(x))
    assert_holds(dl.isinf(X), "CB", np.isinf(x))
    assert_holds(dl.isfinite(X), "CB", np.isfinite(x))
    assert_holds(dl.not_(X), "CB", x == 0)
    assert_holds(~X, "CB", x == 0)


def test_tests_of_logical_elements():
    X = dl.dlarray(A, "CB")
    assert not dl.isnan(X).data.any()
    assert not dl.isinf(X).data.any()
    assert dl.isfinite(X).data.all()
    assert_holds(dl.not_(X), "CB", ~A)


def of_first(function):
    return lambda x, _: function(x)


EACH = [f[0] for f in COMPARISONS] + [f[0] for f in LOGIC]
EACH += [of_first(f) for f in (dl.isnan, dl.isinf, dl.isfinite, dl.not_, dl.any, dl.all)]


@pytest.mark.parametrize("function", EACH, ids=names)
@pytest.mark.parametrize("other", ["C", "CB"])
def test_nothing_is_traced(function, other):
    def call(x, y):
        assert function(x, y).node is None
        return dl.dlgradient(dl.sum(x * function(x, y), "all"), x)

    x, y = dl.dlarray(np.full((3, 5), 2.0), "CB"), dl.dlarray(np.ones(3), "C")
    slope = dl.dlfeval(call, x, x if other == "CB" else y)
    function_of_values = function(x, x if other == "CB" else y)
    np.testing.assert_array_equal(slope.data, np.broadcast_to(function_of_values.data, (3, 5)))


def test_nothing_is_left_on_the_tape():
    with recording() as tape:
        x = dl.dlarray(np.ones((3, 5)), "CB")
        x.node = tape.leaf(x.data)
        count = tape.count
        for result in (x == 2, x < 1, x & x, ~x, dl.isnan(x), dl.any(x), dl.all(x)):
            assert result.node is None
        assert tape.count == count


def test_an_array_is_not_none():
    X: Any = dl.dlarray([[1.0, 2.0]], "CB")
    nothing: Any = None
    assert (X == nothing) is (nothing == X) is False
    assert (X != nothing) is (nothing != X) is True
    assert nothing in [X, nothing] and nothing not in [X]
    less: Any = operator.lt
    for function in (dl.eq, dl.ne, less):
        with pytest.raises(TypeError, match=r"\w\w: the data are Python objects \(NoneType\)"):
            function(X, None)
