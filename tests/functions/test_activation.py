"""`relu`, `leakyrelu`, `gelu`, `sigmoid`, `softmax`, `dropout`."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests import naive
from tests.golden import rand
from tests.holds import assert_holds

relaxed = settings(deadline=None)

FORMATS = ["CB", "SCB", "CBT", "SSCB", "SCBT", "CU", "BT", ""]


def data(fmt, rng, dtype=np.float64):
    sizes = (2, 3, 5, 7)[: len(fmt) or 3]
    return rng.standard_normal(sizes).astype(dtype)


# -- relu, sigmoid
# ------------------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_relu_and_sigmoid_keep_labels_and_type(fmt, dtype, rng):
    x = data(fmt, rng, dtype)
    X = dl.dlarray(x, fmt)
    assert dl.relu(X).dtype == dl.sigmoid(X).dtype == dtype
    assert_holds(dl.relu(X), fmt, np.maximum(x, 0))
    assert_holds(dl.sigmoid(X), fmt, sigmoid(x), atol=TOLERANCES[dtype])


@pytest.mark.parametrize("function", [dl.relu, dl.sigmoid])
@pytest.mark.parametrize("fmt", FORMATS)
def test_gradients_of_relu_and_sigmoid(function, fmt, rng):
    x = data(fmt, rng)
    checkGradients(function, dl.dlarray(x + np.sign(x) * 0.1, fmt))


def test_relu_of_special_values():
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
    assert_holds(dl.relu(dl.dlarray(x, "C")), "CU", np.array([[np.nan, np.inf, 0, 0, 0]]).T)


def test_relu_has_derivative_0_at_0():
    slope = dl.dlfeval(lambda x: dl.dlgradient(dl.relu(x), x), dl.dlarray(0.0))
    assert slope.item() == 0


@pytest.mark.parametrize("value", [-1000.0, 1000.0, -np.inf, np.inf])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_sigmoid_does_not_overflow(value, dtype):
    X = dl.dlarray(np.array([value], dtype))
    assert dl.sigmoid(X).item() == (value > 0)
    assert dl.dlfeval(lambda x: dl.dlgradient(dl.sigmoid(x), x), X).item() == 0


@pytest.mark.parametrize(
    ("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-12)], ids=["single", "double"]
)
@pytest.mark.parametrize("value", [-5, -10, -20, -40])
def test_sigmoid_is_right_far_below_0(value, dtype, rtol):
    x = np.array([value], dtype)
    assert_holds(dl.sigmoid(dl.dlarray(x)), "", sigmoid(x)[:, None], rtol=rtol)


# -- leakyrelu, gelu
# ------------------------------------------------------------------------------------------------

tanh_gelu = functools.partial(dl.gelu, Approximation="tanh")

GELU = {
    dl.gelu: [-0.158655254, 0.345731231, 0.841344746, 1.954499736],
    tanh_gelu: [-0.158808009, 0.345714010, 0.841191991, 1.954597694],
}


@pytest.mark.parametrize(("function", "values"), GELU.items(), ids=["none", "tanh"])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_gelu_of_known_numbers(function, values, dtype):
    X = dl.dlarray(np.array([[-1, 0.5, 1, 2]], dtype), "CB")
    atol = 5e-10 if dtype is np.float64 else TOLERANCES[dtype]
    assert_holds(function(X), "CB", np.array([values]), atol=atol)
    assert function(X).dtype == dtype


def test_the_approximation_is_named_in_any_case():
    X = dl.dlarray([0.5], "C")
    assert dl.gelu(X, Approximation="TANH").item() == tanh_gelu(X).item()
    assert dl.gelu(X, Approximation="None").item() == dl.gelu(X).item()


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_leakyrelu_keeps_labels_and_type(fmt, dtype, rng):
    x = data(fmt, rng, dtype)
    X = dl.dlarray(x, fmt)
    assert dl.leakyrelu(X).dtype == dtype
    assert_holds(dl.leakyrelu(X), fmt, np.where(x < 0, x * dtype(0.01), x))
    assert_holds(dl.leakyrelu(X, 3), fmt, np.where(x < 0, x * 3, x))


def test_leakyrelu_has_the_scale_as_derivative_at_0():
    slope = dl.dlfeval(lambda x: dl.dlgradient(dl.leakyrelu(x, 0.1), x), dl.dlarray(0.0))
    assert slope.item() == 0.1


@pytest.mark.parametrize("scale", [np.nan, np.inf, "much", True], ids=str)
def test_a_wrong_scale_is_an_error(scale):
    text = f"leakyrelu: scaleFactor must be a number, finite; got {scale!r}"
    with pytest.raises(ValueError, match=text):
        dl.leakyrelu(dl.dlarray([1.0]), scale)


def test_a_wrong_approximation_is_an_error():
    text = r'gelu: Approximation must be one of "none", "tanh"; got \'erf\'\.'
    with pytest.raises(ValueError, match=text):
        dl.gelu(dl.dlarray([1.0]), Approximation="erf")


def test_an_unknown_option_of_gelu_is_an_error():
    with pytest.raises(TypeError, match=r"gelu: there is no option Approx\. Did you mean Appr"):
        dl.gelu(dl.dlarray([1.0]), **{"Approx": "tanh"})


@pytest.mark.torch
@pytest.mark.parametrize("name", ["none", "tanh"])
def test_gelu_matches_torch(name, rng):
    import torch

    x = rng.standard_normal((3, 50)) * 3
    leaf = torch.tensor(x, requires_grad=True)
    want = torch.nn.functional.gelu(leaf, approximate=name)
    want.sum().backward()

    def both(X):
        Y = dl.gelu(X, Approximation=name)
        return Y, dl.dlgradient(dl.sum(Y, "all"), X)

    Y, slope = dl.dlfeval(both, dl.dlarray(x, "CB"))
    assert_holds(Y, "CB", want.detach().numpy(), atol=1e-14)
    assert_holds(slope, "CB", leaf.grad.numpy(), atol=1e-14)


# -- softmax
# ------------------------------------------------------------------------------------------------


def test_softmax_of_known_random_numbers():
    x = rand(5, 7)
    columns = [
        [0.2205, 0.2415, 0.1109, 0.2434, 0.1837],
        [0.1175, 0.1408, 0.1842, 0.2777, 0.2798],
        [0.1140, 0.2571, 0.2537, 0.1583, 0.2169],
        [0.1153, 0.1526, 0.2500, 0.2210, 0.2612],
        [0.1963, 0.1056, 0.2381, 0.2592, 0.2008],
        [0.2416, 0.2381, 0.1677, 0.2182, 0.1344],
        [0.3104, 0.1582, 0.2021, 0.1605, 0.1688],
    ]
    assert_holds(dl.softmax(dl.dlarray(x, "CB")), "CB", np.transpose(columns), atol=5.1e-5)


@pytest.mark.parametrize("fmt", ["CB", "SCB", "CBT", "SSCB", "SCBT", "CU", "SC", "CT"])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_softmax_sums_over_the_channels(fmt, dtype, rng):
    x = data(fmt, rng, dtype)
    Y = dl.softmax(dl.dlarray(x, fmt))
    assert Y.dtype == dtype
    assert_holds(Y, fmt, naive.softmax(x, fmt.index("C")), atol=TOLERANCES[dtype])


@pytest.mark.parametrize("fmt", ["CB", "SCBT", "CU"])
def test_gradients_of_softmax(fmt, rng):
    checkGradients(dl.softmax, dl.dlarray(data(fmt, rng), fmt))


@relaxed
@given(st.permutations("SCBT"))
def test_softmax_of_unformatted_data_keeps_their_order(order):
    x = data("SCBT", np.random.default_rng(0))
    moved = x.transpose(["SCBT".index(label) for label in order])
    expected = naive.softmax(moved, order.index("C"))
    assert_holds(dl.softmax(moved, DataFormat="".join(order)), "", expected, atol=1e-12)
    assert_holds(dl.softmax(dl.dlarray(moved), DataFormat="".join(order)), "", expected, atol=1e-12)


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_softmax_of_large_numbers_is_finite(dtype):
    x = np.array([[1e4, -1e4, 3e38], [1e4, 0, -3e38], [0, 1e4, 0]], dtype)
    expected = np.array([[0.5, 0, 1], [0.5, 0, 0], [0, 1, 0]])
    assert_holds(dl.softmax(dl.dlarray(x, "CB")), "CB", expected)


def test_softmax_of_special_values():
    x = np.array([[-np.inf, np.nan], [0.0, 0.0]])
    assert_holds(dl.softmax(dl.dlarray(x, "CB")), "CB", np.array([[0, np.nan], [1, np.nan]]))


def test_softmax_of_one_channel_is_1():
    assert_holds(dl.softmax(dl.dlarray(np.ones((1, 5)), "CB")), "CB", np.ones((1, 5)))


@pytest.mark.parametrize("function", [dl.relu, dl.sigmoid, dl.softmax])
@pytest.mark.parametrize("shape", [(0, 5), (3, 0)], ids=str)
def test_arrays_without_elements(function, shape):
    X = dl.dlarray(np.ones(shape), "CB")
    assert_holds(function(X), "CB", np.ones(shape))
    slope = dl.dlfeval(lambda x: dl.dlgradient(dl.sum(function(x), "all"), x), X)
    assert slope.shape == shape


def test_softmax_needs_channels():
    text = (
        r"softmax: needs a C dimension; got 3\(S\) × 5\(B\)\. Name it .* dlarray\(data, \"SCB\"\)"
    )
    with pytest.raises(dl.FormatError, match=text):
        dl.softmax(dl.dlarray(np.ones((3, 5)), "SB"))


def test_softmax_needs_labels():
    with pytest.raises(dl.FormatError, match="softmax: X must be a formatted dlarray; got 3×5"):
        dl.softmax(np.ones((3, 5)))


@pytest.mark.parametrize("function", [dl.relu, dl.leakyrelu, dl.gelu, dl.sigmoid, dl.softmax])
def test_logical_data_are_an_error(function):
    text = rf"{function.__name__}: logical data not supported; convert to single or double\. Got 2"
    with pytest.raises(TypeError, match=text):
        function(dl.dlarray([True, False], "C"))


# -- dropout
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_dropout_zeroes_a_share_and_scales_the_rest(probability, dtype):
    Y = dl.dropout(dl.dlarray(np.ones((100, 200), dtype), "CB"), probability)
    assert (dl.dims(Y), Y.dtype) == ("CB", dtype)
    kept = Y.extractdata() != 0
    np.testing.assert_allclose(Y.extractdata()[kept], 1 / (1 - probability), rtol=1e-6)
    assert abs(kept.mean() - (1 - probability)) < 0.02
    assert abs(np.corrcoef(kept[:-1].ravel(), kept[1:].ravel())[0, 1]) < 0.03


def mask(X):
    return dl.dropout(X, 0.5).extractdata() != 0


def test_dropout_draws_from_the_package_generator():
    X = dl.dlarray(np.ones((10, 20)), "CB")
    first, second = mask(X), mask(X)
    dl.rng(0)
    np.testing.assert_array_equal(mask(X), first)
    dl.rng(1)
    assert (mask(X) != first).any() and (first != second).any()


@pytest.mark.parametrize("fmt", ["CBT", "BTC", "TCB"])
def test_the_mask_does_not_depend_on_the_order_of_the_labels(fmt):
    shape = tuple({"C": 3, "B": 5, "T": 7}[label] for label in fmt)
    dl.rng(3)
    expected = mask(dl.dlarray(np.ones((3, 5, 7)), "CBT"))
    dl.rng(3)
    np.testing.assert_array_equal(mask(dl.dlarray(np.ones(shape), fmt)), expected)


def test_the_gradient_uses_the_same_mask():
    def slope(x):
        y = dl.dropout(x, 0.5)
        return y, dl.dlgradient(dl.sum(y, "all"), x)

    y, slopes = dl.dlfeval(slope, dl.dlarray(np.ones((10, 20)), "CB"))
    np.testing.assert_array_equal(y.extractdata(), slopes.extractdata())


def test_dropout_of_nothing_changes_nothing(rng):
    x = data("CB", rng)
    assert_holds(dl.dropout(dl.dlarray(x, "CB"), 0), "CB", x)


def test_dropout_of_unformatted_data():
    Y = dl.dropout(dl.dlarray(np.ones((3, 5))), 0.5)
    assert set(np.unique(Y.extractdata())) == {0, 2}


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (1, "probability must be .*below 1; got 1"),
        (-0.1, "probability must be a number, at least 0 and .*; got -0.1"),
        (1.5, "probability must be a number, at least 0 and .* 1; got 1.5"),
        (np.nan, "probability must be a number, .*; got nan"),
        ("half", "probability must be a number, .*; got 'half'"),
        (True, "probability must be a number, .*; got True"),
    ],
    ids=["1", "negative", "above 1", "NaN", "text", "bool"],
)
def test_a_wrong_probability_is_an_error(probability, text):
    with pytest.raises(ValueError, match=f"dropout: {text}"):
        dl.dropout(dl.dlarray(np.ones((3, 5))), probability)


@pytest.mark.parametrize(
    ("X", "text"),
    [
        (np.ones((3, 5)), "X must be a dlarray; got ndarray"),
        (dl.dlarray([True]), "logical data not supported"),
    ],
    ids=["array", "logical"],
)
def test_dropout_of_other_data_is_an_error(X, text):
    with pytest.raises(TypeError, match=f"dropout: {text}"):
        dl.dropout(X, 0.5)
