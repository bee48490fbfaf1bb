"""At the edge of what numbers hold: finite values where there are such, and the reference's."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl

DTYPES = ["f4", "f8"]


def gradient(function, X):
    return dl.dlfeval(lambda x: dl.dlgradient(dl.sum(dl.stripdims(function(x)), "all"), x), X)


def column(values, dtype="f8"):
    return dl.dlarray(np.array(values, dtype).reshape(-1, 1), "CB")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1e2, 1e4, 1e30])
def test_softmax_of_large_numbers(dtype, scale):
    x = np.array([1.0, -1.0, 0.5, 1.0]) * scale
    y = dl.softmax(column(x, dtype)).data.ravel()
    e = np.exp(x - x.max())
    np.testing.assert_allclose(y, e / e.sum(), rtol=1e-5, atol=1e-30)
    slope = gradient(lambda X: dl.softmax(X) * column([1.0, 2, 3, 4], dtype), column(x, dtype))
    assert np.isfinite(slope.data).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_infinities(dtype):
    y = dl.softmax(column([-np.inf, 0.0, 0.0], dtype)).data.ravel()
    np.testing.assert_array_equal(y, np.array([0, 0.5, 0.5], dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", ["single-label", "multilabel"])
def test_crossentropy_of_certain_predictions(dtype, mode):
    y = dl.dlarray(np.array([[0.0, 1.0], [1.0, 0.0]], dtype), "CB")
    right = dl.crossentropy(y, y.data, ClassificationMode=mode)
    assert right.item() == 0
    wrong = dl.crossentropy(y, 1 - y.data, ClassificationMode=mode)
    tiny = np.finfo(dtype).tiny
    each = -np.log(tiny) * (1 if mode == "single-label" else 2)
    np.testing.assert_allclose(wrong.item(), each, rtol=1e-5)
    slope = gradient(lambda X: dl.crossentropy(X, 1 - y.data, ClassificationMode=mode), y)
    assert not np.isnan(slope.data).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_crossentropy_after_softmax_of_large_numbers(dtype):
    x = column([1e4, 0.0, -1e4], dtype)
    for target in np.eye(3):
        slope = gradient(lambda X, t=target: dl.crossentropy(dl.softmax(X), t[:, None]), x)
        assert np.isfinite(slope.data).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_gradient_of_sqrt_at_0_is_infinite(dtype):
    slope = gradient(dl.sqrt, column([0.0, 4.0], dtype))
    np.testing.assert_array_equal(slope.data.ravel(), np.array([np.inf, 0.25], dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [0.0, 1e-20, 3.3, 1e7, 1e18])
def test_the_variance_of_a_constant_is_0(dtype, value):
    X = dl.dlarray(np.full((3, 1000), value, dtype), "CB")
    limit = 1e-10 * np.asarray(value, dtype) ** 2  # what rounding of the mean leaves
    assert (dl.var(X, dim="B").data <= limit).all()
    assert (dl.var(X, dim="B").data >= 0).all()
    assert np.isfinite(gradient(lambda X: dl.var(X, dim="B"), X).data).all()
    assert not np.isnan(dl.std(X, dim="B").data).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [0.0, 3.3, 1e7])
def test_layernorm_of_a_constant(dtype, value):
    X = dl.dlarray(np.full((5, 3), value, dtype), "CB")
    y = dl.layernorm(X, np.full(5, 2.0, dtype), np.ones(5, dtype))
    np.testing.assert_allclose(y.data, 2.0, atol=1e-3)
    slope = gradient(lambda X: dl.layernorm(X, np.zeros(5), np.arange(5.0)), X)
    assert np.isfinite(slope.data).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("x", [-1e30, -800.0, -90.0, 90.0, 800.0, 1e30])
@pytest.mark.parametrize(
    ("function", "low", "high"), [(dl.sigmoid, 0, 1), (dl.tanh, -1, 1)], ids=["sigmoid", "tanh"]
)
def test_functions_that_saturate(dtype, x, function, low, high):
    got = function(column([x], dtype)).item()
    np.testing.assert_allclose(got, high if x > 0 else low, atol=1e-30)
    assert abs(gradient(function, column([x], dtype)).item()) < 1e-30


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [dl.relu, dl.sigmoid, dl.tanh, dl.exp, dl.softmax, dl.sum])
def test_nan_comes_out(dtype, function):
    X = column([1.0, np.nan, 2.0], dtype)
    assert np.isnan(function(X).data).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [dl.sigmoid, dl.tanh, dl.exp])
def test_nan_comes_out_of_a_derivative_where_it_goes_in(dtype, function):
    X = column([1.0, np.nan, 2.0], dtype)
    np.testing.assert_array_equal(
        np.isnan(gradient(function, X).data.ravel()), [False, True, False]
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_power_at_0(dtype):
    X = column([0.0, 2.0], dtype)
    np.testing.assert_array_equal(gradient(lambda X: X**2, X).data.ravel(), [0, 4])
    np.testing.assert_array_equal(gradient(lambda X: X**0, X).data.ravel(), [0, 0])
    np.testing.assert_array_equal(gradient(lambda X: X**1, X).data.ravel(), [1, 1])
    np.testing.assert_array_equal((column([0.0], dtype) ** -1).data, [[np.inf]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_mean_of_many_numbers_is_near(dtype):
    x = np.full(10**6, 0.1, dtype)
    np.testing.assert_allclose(dl.mean(dl.dlarray(x, "T")).item(), x[0], rtol=1e-6)
