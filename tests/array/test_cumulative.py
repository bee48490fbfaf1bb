"""Cumulative functions, differences, integrals and interpolation."""

import itertools

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.holds import assert_holds

DATA = np.random.default_rng(7).standard_normal((2, 3, 5))
X = dl.dlarray(DATA, "SCB")


@pytest.mark.parametrize(
    ("function", "expected"),
    [(dl.cumsum, np.cumsum), (dl.cumprod, np.cumprod)],
    ids=["cumsum", "cumprod"],
)
@pytest.mark.parametrize(("dim", "axis"), [(None, 0), ("C", 1), (-1, 2)])
@pytest.mark.parametrize("direction", ["forward", "Reverse"])
def test_cumulative_functions(function, expected, dim, axis, direction):
    data = np.flip(DATA, axis) if direction == "Reverse" else DATA
    values = expected(data, axis)
    values = np.flip(values, axis) if direction == "Reverse" else values
    assert_holds(function(X, dim, direction), "SCB", values, rtol=1e-14)


@pytest.mark.parametrize("function", [dl.cumsum, dl.cumprod, dl.diff], ids=lambda f: f.__name__)
def test_types_and_little_data(function):
    assert function(dl.single(X)).dtype == np.float32
    assert function(dl.dlarray([True, True])).dtype == np.float64
    assert function(dl.dlarray(np.ones((0, 3)), "CB"), dim=0).shape == (0, 3)
    name = function.__name__
    with pytest.raises(dl.FormatError, match=f'{name}: no dimension is labelled "T"'):
        function(X, dim="T")


@pytest.mark.parametrize("function", [dl.cumsum, dl.cumprod], ids=lambda f: f.__name__)
def test_the_direction_is_checked(function):
    with pytest.raises(ValueError, match='direction must be one of "forward", "reverse"'):
        function(X, 0, "back")


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_gradients_of_products_with_zeros(direction):
    data = np.array([[1.0, 0, 2], [0, 0, 1], [3, 2, 0], [1, 2, 3]])
    checkGradients(lambda x: dl.cumprod(x, 0, direction), dl.dlarray(data, "TC"))


@pytest.mark.parametrize("zeros", [(), (1,), (1, 3), (0, 1, 4)], ids=str)
def test_second_derivatives_of_products_with_zeros(zeros):
    rng = np.random.default_rng(1)
    x, w, u = (rng.standard_normal(5) for _ in range(3))
    x[list(zeros)] = 0

    def slope_along(X):
        loss = dl.sum(dl.cumprod(X, "T") * dl.dlarray(w, "T"))
        slope = dl.dlgradient(loss, X, EnableHigherDerivatives=True)
        return dl.dlgradient(dl.sum(slope * dl.dlarray(u, "T")), X)

    want = np.zeros(5)
    for i, p, q in itertools.product(range(5), repeat=3):
        if max(p, q) <= i and p != q:
            want[p] += w[i] * u[q] * np.prod([x[k] for k in range(i + 1) if k not in (p, q)])
    got = dl.dlfeval(slope_along, dl.dlarray(x, "T"))
    np.testing.assert_allclose(got.data.ravel(), want, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("function", [dl.cumsum, dl.cumprod], ids=lambda f: f.__name__)
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_many_neighbours_and_one_alone_give_the_same_bits(function, direction):
    data = np.random.default_rng(2).standard_normal((7, 1009)).astype("f4")
    wide = function(dl.dlarray(data), 0, direction).data
    for column in (0, 500, 1008):
        alone = function(dl.dlarray(data[:, column]), 0, direction).data
        np.testing.assert_array_equal(wide[:, [column]], alone)


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_diff(n):
    expected = np.diff(DATA, n, 2) if n < 5 else np.zeros((2, 3, 0))
    assert_holds(dl.diff(X, n, "B"), "SCB", expected, rtol=1e-12)


def test_the_order_of_a_difference_is_checked():
    with pytest.raises(ValueError, match="diff: n must be a positive integer; got 0"):
        dl.diff(X, 0)


# -- trapz
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [None, 0, 1, -1])
def test_trapz(dim):
    axis = 0 if dim is None else dim
    Y = dl.stripdims(X)
    points = np.sort(np.random.default_rng(1).random(DATA.shape[axis]))
    one = np.trapezoid(DATA, axis=axis)
    assert_holds(dl.trapz(Y, dim=dim), "", np.expand_dims(one, axis), rtol=1e-12)
    assert_holds(dl.trapz(0.5, Y, dim), "", np.expand_dims(one / 2, axis), rtol=1e-12)
    full = np.trapezoid(DATA, points, axis=axis)
    for given in (points, points[None], dl.dlarray(points)):
        assert_holds(dl.trapz(given, Y, dim), "", np.expand_dims(full, axis), rtol=1e-12)


def test_trapz_errors():
    text = r"trapz: X needs one point a sample; it has 4, Y is 2×3×5, 5 along axis 2"
    with pytest.raises(dl.ShapeError, match=text):
        dl.trapz(np.ones(4), DATA, 2)
    with pytest.raises(dl.FormatError, match=r"trapz: Y must be unformatted; got 2\(S\)"):
        dl.trapz(X)
    with pytest.raises(dl.ShapeError, match="trapz: X must be a vector; got 3×5"):
        dl.trapz(np.ones((3, 5)), DATA)


def test_the_type_of_an_integral():
    Y = dl.dlarray(np.ones((3, 2), "f4"))
    assert dl.trapz(Y).dtype == dl.trapz(0.5, Y).dtype == np.float32
    assert dl.trapz([0.0, 1.0, 2.0], Y).dtype == np.float32


# -- interp1
# ------------------------------------------------------------------------------------------------

POINTS, VALUES = np.array([0.0, 2.0, 1.0, 4.0]), np.array([1.0, 5.0, 3.0, -1.0])
ORDER = np.argsort(POINTS)


@pytest.mark.parametrize("queries", [[0.5], [[0.0, 4.0, 2.0], [1.0, 3.9, 0.25]]], ids=str)
def test_linear_interpolation(queries):
    expected = np.interp(np.array(queries, ndmin=2), POINTS[ORDER], VALUES[ORDER])
    got = dl.interp1(POINTS, dl.dlarray(VALUES), queries)
    assert_holds(got, "", expected, rtol=1e-12)
    assert_holds(dl.interp1(POINTS, VALUES[None], dl.dlarray(queries)), "", expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("nearest", [1, 3, 3, 5, -1, -1]),
        ("previous", [1, 1, 3, 5, 5, -1]),
        ("next", [3, 3, 3, -1, -1, -1]),
    ],
)
def test_steps(method, expected):
    queries = [0.25, 0.5, 1, 2.5, 3.5, 4]
    if method == "next":
        queries = [0.25, 0.5, 1, 2.5, 3.5, 4]
    elif method == "previous":
        queries = [0, 0.5, 1, 2.5, 3.5, 4]
    got = dl.interp1(POINTS, dl.dlarray(VALUES), queries, method)
    assert got.data.ravel().tolist() == expected


@pytest.mark.parametrize("method", ["nearest", "previous", "next"])
def test_a_step_is_one_of_the_values(method):
    values = dl.dlarray([1.0, np.inf, -0.0, 5 + 2j])
    got = dl.interp1([0.0, 1.0, 2.0, 3.0], values, [0.0, 2.0, 3.0, np.nan], method).data
    np.testing.assert_array_equal(got.ravel(), [1, 0, 5 + 2j, np.nan])


@pytest.mark.parametrize("method", ["nearest", "previous", "next"])
def test_steps_have_no_derivative_in_the_queries(method):
    def slopes(v, xq):
        return dl.dlgradient(dl.sum(dl.interp1(POINTS, v, xq, method), 0), (v, xq))

    of_values, of_queries = dl.dlfeval(slopes, dl.dlarray(VALUES), dl.dlarray([0.5, 3.5]))
    assert sorted(of_values.data.ravel()) == [0, 0, 1, 1]
    np.testing.assert_array_equal(of_queries.data, 0)


def test_outside_the_points():
    queries = [-1.0, 0.5, 5.0, np.nan]
    v = dl.dlarray(VALUES)
    assert_holds(dl.interp1(POINTS, v, queries), "", [[np.nan], [2], [np.nan], [np.nan]])
    assert_holds(dl.interp1(POINTS, v, queries, "linear", 7), "", [[7], [2], [7], [np.nan]])
    extrapolated = dl.interp1(POINTS, v, queries, extrapolation="extrap")
    assert_holds(extrapolated, "", [[-1], [2], [-4], [np.nan]])


def test_columns_are_quantities():
    values = np.stack([VALUES, 2 * VALUES], 1)
    got = dl.interp1(POINTS, dl.dlarray(values), [0.5, 3.0])
    assert_holds(got, "", [[2, 4], [2, 4]])


def test_points_count_from_0_if_none_are_given():
    assert_holds(dl.interp1(dl.dlarray([1.0, 3.0, 7.0]), [0.5, 2.0]), "", [[2], [7]])


def test_the_type_of_an_interpolation():
    assert dl.interp1(POINTS, dl.dlarray(VALUES.astype("f4")), [0.5]).dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((POINTS, VALUES, [1.0], "spline"), ValueError, 'method="spline" is not available'),
        ((POINTS, VALUES, [1.0], "curve"), ValueError, 'method must be one of "linear"'),
        ((POINTS, VALUES, [1.0], "linear", "up"), ValueError, 'must be "extrap" or a num'),
        ((POINTS, VALUES[:3], [1.0]), dl.ShapeError, "it has 4, v 3 rows"),
        (([1.0], [1.0], [1.0]), dl.ShapeError, "x needs two points or more"),
        (([1.0, 1.0], [1.0, 2.0], [1.0]), ValueError, "must differ from each other"),
        (([1.0, np.nan], [1.0, 2.0], [1.0]), ValueError, "and none be NaN"),
        ((POINTS, DATA, [1.0]), dl.ShapeError, "v must be a vector or matrix; got 2×3×5"),
        ((POINTS, VALUES, [1.0 + 1j], "nearest"), TypeError, "complex data not supported"),
        ((POINTS, dl.dlarray(VALUES, "C"), [1.0]), dl.FormatError, "v must be unformatted"),
    ],
)
def test_interpolation_errors(arguments, error, text):
    with pytest.raises(error, match=f"interp1: .*{text}"):
        dl.interp1(*arguments)
