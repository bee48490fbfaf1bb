"""Products, medians, modes, variances, norms."""

import math
import statistics
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests.array.gradients import gradient, values, vector


def norm(x, axis, p=2):
    if p == math.inf:
        return np.max(np.abs(x), axis=axis, keepdims=True)
    return np.sum(np.abs(x) ** p, axis=axis, keepdims=True) ** (1 / p)


CALLS: dict[str, tuple[Any, Any]] = {
    "prod": (dl.prod, lambda x, axis: np.prod(x, axis=axis, keepdims=True)),
    "median": (dl.median, lambda x, axis: np.median(x, axis=axis, keepdims=True)),
    "var": (
        lambda x, dim=None: dl.var(x, 0, dim),
        lambda x, axis: np.var(x, axis=axis, ddof=1, keepdims=True),
    ),
    "var, n": (
        lambda x, dim=None: dl.var(x, 1, dim),
        lambda x, axis: np.var(x, axis=axis, keepdims=True),
    ),
    "std": (
        lambda x, dim=None: dl.std(x, 0, dim),
        lambda x, axis: np.std(x, axis=axis, ddof=1, keepdims=True),
    ),
    "std, n": (
        lambda x, dim=None: dl.std(x, w=1, dim=dim),
        lambda x, axis: np.std(x, axis=axis, keepdims=True),
    ),
    "vecnorm": (dl.vecnorm, lambda x, axis: norm(x, axis)),
    **{
        f"vecnorm, {p}": (
            lambda x, dim=None, p=p: dl.vecnorm(x, p, dim),
            lambda x, axis, p=p: norm(x, axis, p),
        )
        for p in (1, 1.5, 3, math.inf)
    },
}
each_call = pytest.mark.parametrize("call", CALLS)


@each_call
@pytest.mark.parametrize(
    ("dim", "axes"),
    [
        (0, (0,)),
        (-1, (3,)),
        ((0, 2), (0, 2)),
        ("C", (2,)),
        ("S", (0, 1)),
        ("SB", (0, 1, 3)),
        ("all", (0, 1, 2, 3)),
        (None, (0,)),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_reduced_dimensions_stay_with_size_1(call, dim, axes, dtype, rng):
    function, reference = CALLS[call]
    x = rng.uniform(-1.2, 1.2, (7, 5, 3, 2)).astype(dtype)
    Y = function(dl.dlarray(x, "SSCB"), dim=dim)
    assert (Y.dtype, dl.dims(Y)) == (dtype, "SSCB")
    expected = reference(x.astype(np.float64), axes)
    assert Y.shape == expected.shape
    np.testing.assert_allclose(Y.data, expected, rtol=30 * TOLERANCES[dtype], atol=1e-30)


@each_call
def test_the_default_dimension_and_a_last_u(call, rng):
    function, reference = CALLS[call]
    x = rng.standard_normal((1, 3, 2))
    np.testing.assert_allclose(function(dl.dlarray(x)).data, reference(x, 1), rtol=1e-12)
    Y = function(dl.dlarray(x, "CBU"), dim=2)
    assert (dl.dims(Y), Y.shape) == ("CB", (1, 3))


@each_call
def test_nan_goes_through(call):
    x = np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]])
    assert np.isnan(CALLS[call][0](dl.dlarray(x, "CB"), dim="B").data).ravel().tolist() == [1, 0]


@each_call
@pytest.mark.parametrize("dim", ["T", 2, (0, 0)], ids=str)
def test_wrong_dimensions_are_errors(call, dim):
    name = call.partition(",")[0]
    with pytest.raises(ValueError, match=f"{name}: "):
        CALLS[call][0](dl.dlarray(np.ones((3, 5)), "CB"), dim=dim)


@pytest.mark.parametrize("call", ["prod", "var", "std", "vecnorm"])
def test_logical_data_count_as_double(call):
    x = np.array([[True, False, True]])
    Y = CALLS[call][0](dl.dlarray(x, "CB"), dim="B")
    assert Y.dtype == np.float64
    np.testing.assert_allclose(Y.data, CALLS[call][1](x.astype(float), 1))


@pytest.mark.parametrize("function", [dl.median, dl.mode], ids=["median", "mode"])
@pytest.mark.parametrize(("kind", "value"), [("logical", True), ("complex", 1j)])
def test_what_has_no_order_is_an_error(function, kind, value):
    with pytest.raises(TypeError, match=rf"{function.__name__}: {kind} data not supported"):
        function(dl.dlarray([value]))


@pytest.mark.parametrize("fmt", ["CB", ""])
def test_over_nothing(fmt):
    X = dl.dlarray(np.zeros((0, 3)), fmt)
    assert values(dl.prod(X, 0)) == [1, 1, 1]
    assert values(dl.vecnorm(X, 2, 0)) == [0, 0, 0]
    for function in (dl.median, dl.mode):
        assert np.isnan(function(X, 0).data).all()
    for spread in (dl.var, dl.std):
        assert np.isnan(spread(X, 0, 0).data).all()
    text = r"vecnorm: there is no largest element; got 0.* × 3.*, dimensions \(0,\)"
    with pytest.raises(dl.ShapeError, match=text if fmt else "no largest element; got 0×3"):
        dl.vecnorm(X, math.inf, 0)


# -- products


@pytest.mark.parametrize(
    ("x", "slope"),
    [
        ([2.0, 3.0, 5.0], [15, 10, 6]),
        ([2.0, 0.0, 5.0], [0, 10, 0]),
        ([0.0, 0.0, 5.0], [0, 0, 0]),
        ([0.0], [1]),
    ],
    ids=["no 0", "one 0", "two 0", "one element"],
)
def test_the_gradient_of_a_product_with_zeros(x, slope):
    assert values(gradient(dl.prod, vector(*x))) == slope


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_second_derivatives_of_a_product_with_zeros(n, rng):
    x = rng.standard_normal((n, 2))
    x[0] = 0

    def slopes(X):
        return dl.dlgradient(dl.sum(dl.prod(X, 0), "all"), X, EnableHigherDerivatives=True)

    def second(X):
        return dl.dlgradient(dl.sum(slopes(X) * dl.dlarray(weight), "all"), X)

    weight = rng.standard_normal((n, 2))
    got = dl.dlfeval(second, dl.dlarray(x)).data
    want = np.zeros_like(x)
    for i in range(n):
        for j in range(n):
            if i != j:
                others = np.prod(np.delete(x, [i, j], 0), axis=0)
                want[j] += weight[i] * others
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


# -- order


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8])
def test_the_gradient_of_a_median_goes_to_the_middle(n, rng):
    x = rng.permutation(n).astype(float)
    middle = [(n - 1) // 2, n // 2]
    expected = [sum(0.5 for m in middle if v == m) for v in x]
    assert values(gradient(dl.median, vector(*x))) == expected


def test_medians_of_infinite_numbers():
    assert dl.median(vector(-np.inf, 1.0, np.inf)).item() == 1
    assert dl.median(vector(np.inf, np.inf, 1.0, np.inf)).item() == np.inf
    assert np.isnan(dl.median(vector(-np.inf, np.inf)).item())


@pytest.mark.parametrize(
    ("x", "value", "place"),
    [
        ([3.0, 1.0, 3.0, 2.0], 3, 0),
        ([3.0, 1.0, 2.0], 1, 1),
        ([2.0, 3.0, 3.0, 2.0, 1.0], 2, 0),
        ([np.nan, np.nan, 5.0], 5, 2),
        ([np.nan, np.nan], np.nan, 0),
        ([4.0], 4, 0),
        ([0.0, -0.0, 1.0], 0, 0),
    ],
    ids=str,
)
def test_mode(x, value, place):
    np.testing.assert_array_equal(dl.mode(vector(*x)).item(), value)
    assert values(gradient(dl.mode, vector(*x))) == [i == place for i in range(len(x))]


def test_modes_of_many_agree_with_the_standard_library(rng):
    x = rng.integers(0, 4, (50, 11)).astype(float)
    expected = [min(statistics.multimode(row)) for row in x.tolist()]
    assert values(dl.mode(dl.dlarray(x), 1)) == expected
    assert dl.mode(dl.dlarray(x), "all").item() == min(statistics.multimode(x.ravel().tolist()))


# -- variance


def test_variance_of_equal_numbers_is_0_with_finite_gradients():
    x = vector(0.1, 0.1, 0.1)
    for function in (dl.var, dl.std):
        assert function(x).item() == pytest.approx(0, abs=1e-15)
    x = vector(3.0, 3.0, 3.0)
    for function in (dl.var, dl.std):
        assert function(x).item() == 0
        assert values(gradient(function, x)) == [0, 0, 0]


@pytest.mark.parametrize("w", [0, 1])
def test_variance_of_one_number_is_0(w):
    for function in (dl.var, dl.std):
        assert function(vector(7.0), w).item() == 0
        assert gradient(lambda x, f=function: f(x, w), vector(7.0)).item() == 0


def test_variance_far_from_zero_loses_nothing():
    x = 1e9 + np.arange(10.0)
    assert dl.var(vector(*x)).item() == np.var(np.arange(10.0), ddof=1)


def test_variance_of_complex_numbers_is_real():
    z = np.array([1 + 2j, 3 - 1j, -2 + 0.5j])
    assert dl.var(dl.dlarray(z)).item() == pytest.approx(np.var(z, ddof=1))
    assert dl.std(dl.dlarray(z), 1).dtype == np.float64


@pytest.mark.parametrize("function", [dl.var, dl.std], ids=["var", "std"])
@pytest.mark.parametrize(
    ("w", "got"), [(2, "2"), (0.5, "0.5"), ("C", "str"), ([1, 2], "list")], ids=str
)
def test_weights_are_0_or_1(function, w, got):
    call = function.__name__
    text = rf"{call}: the weight is 0 .* or 1 .*; got {got}\. .* write {call}\(X, 0, dim\)"
    with pytest.raises(ValueError, match=text):
        function(vector(1.0, 2.0), w)


# -- norms


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
def test_the_gradient_at_a_zero_vector_is_0(p):
    slope = gradient(lambda x: dl.vecnorm(x, p), vector(0.0, 0.0))
    assert values(slope) == [0, 0]


@pytest.mark.parametrize("p", [1.5, 2, 3])
def test_second_derivatives_of_norms(p, rng):
    x = dl.dlarray(rng.standard_normal((3, 2)), "CB")

    def slopes(x):
        y = dl.sum(dl.vecnorm(x, p, "C"), "all")
        return dl.dlgradient(y, x, EnableHigherDerivatives=True)

    checkGradients(lambda x: slopes(x) if x.node else dl.dlfeval(slopes, x), x)


@pytest.mark.parametrize("p", [0, -1, math.nan, "2", None, True])
def test_the_order_of_a_norm_is_above_0(p):
    with pytest.raises(
        ValueError, match=rf"vecnorm: p must be a number above 0, or Inf; got {p!r}"
    ):
        dl.vecnorm(vector(1.0), p)
