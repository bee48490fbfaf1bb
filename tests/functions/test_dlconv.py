"""`dlconv` over one labelled dimension: golden numbers, options."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests import golden_convolutions as golden
from tests.functions.convolutions import N_FILT, data, filters, reference, second_order
from tests.golden_convolutions import BIAS, W3, X8, row
from tests.holds import assert_near

# -- golden numbers
# ------------------------------------------------------------------------------------------------


def over_space(x, w, b=None, **options):
    """One channel, one observation, along S."""
    return dl.dlconv(dl.dlarray(x, "SCB"), np.asarray(w, float), b, **options)


def over_time(x, w, b=None, **options):
    """One channel, one observation, along T."""
    X = dl.dlarray(np.asarray(x, float)[None, None], "CBT")
    return dl.dlconv(X, np.asarray(w, float), b, WeightsFormat="TCU", **options)


both_ways = pytest.mark.parametrize("convolve", [over_space, over_time], ids=["S", "T"])


@both_ways
@pytest.mark.parametrize(
    ("x", "w", "options", "y"),
    [
        ([1, 2, 3, 4, 5], [1, 0, -1], {}, "-2 -2 -2"),
        ([1, 2, 3, 4, 5], [1, 0, -1], {"Padding": "same"}, "-2 -2 -2 -2 4"),
        ([1, 2, 3, 4, 5], [1, 0, -1], {"Padding": "causal"}, "-1 -2 -2 -2 -2"),
        ([1, 2, 3, 4, 5], [1, 0, -1], {"Padding": "same", "Stride": 2}, "-2 -2 4"),
        ([1, 2, 3], [1, 1], {"Padding": "same"}, "3 5 3"),
    ],
    ids=["none", "same", "causal", "same stride 2", "row 26"],
)
def test_golden_numbers_of_small_filters(convolve, x, w, options, y):
    np.testing.assert_allclose(convolve(x, w, **options).extractdata().ravel(), row(y))


@both_ways
@pytest.mark.parametrize(
    ("padding", "stride", "dilation", "y"),
    golden.WINDOWS,
    ids=golden.name,
)
def test_golden_padding_stride_and_dilation(convolve, padding, stride, dilation, y):
    Y = convolve(X8, W3, BIAS, Padding=padding, Stride=stride, DilationFactor=dilation)
    np.testing.assert_allclose(Y.extractdata().ravel(), row(y), atol=1e-6)


@both_ways
@pytest.mark.parametrize(
    ("value", "y"),
    golden.PADDING_VALUES,
    ids=golden.name,
)
def test_golden_padding_values(convolve, value, y):
    Y = convolve(X8, W3, BIAS, Padding=2, PaddingValue=value)
    np.testing.assert_allclose(Y.extractdata().ravel(), row(y), atol=1e-6)


@both_ways
@pytest.mark.parametrize(
    ("w", "stride", "y"),
    golden.EVEN_FILTERS,
    ids=golden.name,
)
def test_golden_even_filters_put_the_odd_sample_at_the_end(convolve, w, stride, y):
    Y = convolve(X8, w, Padding="same", Stride=stride)
    np.testing.assert_allclose(Y.extractdata().ravel(), row(y), atol=1e-6)


@pytest.mark.parametrize(
    ("length", "taps", "stride", "dilation", "amounts"),
    [
        (7, 3, 2, 1, (1, 1)),
        (9, 2, 3, 1, (0, 0)),
        (10, 5, 3, 1, (2, 2)),
        (5, 1, 2, 1, (0, 0)),
        (10, 3, 2, 3, (2, 3)),
    ],
    ids=["7 3 2 1", "9 2 3 1", "10 5 3 1", "5 1 2 1", "10 3 2 3"],
)
def test_golden_splits_of_same(length, taps, stride, dilation, amounts, rng):
    x, w = rng.standard_normal(length), rng.standard_normal(taps)
    steps = {"Stride": stride, "DilationFactor": dilation}
    same, explicit = (over_space(x, w, Padding=padding, **steps) for padding in ("same", amounts))
    assert len(same) == -(-length // stride)
    np.testing.assert_array_equal(same.extractdata(), explicit.extractdata())


def test_golden_two_channels():
    X = dl.dlarray([[1, 2, 3, 4], [0, -1, 1, 2]], "CT")
    w = np.arange(1.0, 13).reshape((2, 2, 3), order="F")
    Y = dl.dlconv(X, w, [10, 20, 30], WeightsFormat="TCU")
    assert_near(Y, "CT", [[11, 19, 32], [29, 49, 82], [47, 79, 132]])


@both_ways
def test_worked_example_of_padded_samples(convolve):
    rows = {
        9: "9 9 1 2 3 9 9",
        "symmetric-include-edge": "2 1 1 2 3 3 2",
        "symmetric-exclude-edge": "3 2 1 2 3 2 1",
        "replicate": "1 1 1 2 3 3 3",
    }
    for value, padded in rows.items():
        Y = convolve([1, 2, 3], [1], Padding=2, PaddingValue=value)
        np.testing.assert_array_equal(Y.extractdata().ravel(), row(padded))


# -- options
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("two", [dl.dlarray(2.0), np.array([2.0]), np.float32(2)], ids=str)
def test_a_padding_value_is_a_number_of_any_type(two):
    X = dl.dlarray([[[1.0, 2.0, 3.0]]], "CBT")
    Y = dl.dlconv(X, [1.0], WeightsFormat="TCU", Padding=1, PaddingValue=two)
    assert Y.data.ravel().tolist() == [2, 1, 2, 3, 2]


def test_a_traced_padding_value_is_an_error():
    def slope(value):
        X = dl.dlarray([[[1.0, 2.0, 3.0]]], "CBT")
        return dl.dlconv(X, [1.0], WeightsFormat="TCU", Padding=1, PaddingValue=value)

    with pytest.raises(dl.GradientError, match=r"the array is traced, and np\.asarray gives"):
        dl.dlfeval(slope, dl.dlarray(2.0))


@pytest.mark.parametrize(
    ("padding", "amounts"),
    [
        (2, (2, 2)),
        ((2, 1), (2, 1)),
        ([[0], [3]], (0, 3)),
        (np.array([4, 0]), (4, 0)),
        ("SAME", (1, 1)),
        ("Causal", (2, 0)),
        (9, (9, 9)),
    ],
    ids=["number", "two", "matrix", "array", "same", "causal", "more than the filter"],
)
@pytest.mark.parametrize(("fmt", "over", "w_fmt"), [("SCB", "S", "SCU"), ("CBT", "T", "TCU")])
def test_forms_of_padding(fmt, over, w_fmt, padding, amounts, rng):
    x, w = data(fmt, rng), filters(rng)
    Y = dl.dlconv(dl.dlarray(x, fmt), w, WeightsFormat=w_fmt, Padding=padding)
    left, right = amounts
    assert_near(Y, fmt, reference(x, fmt, over, w, left=left, right=right))


def test_causal_padding_equals_its_explicit_form(rng):
    x, w = data("CBT", rng), filters(rng)
    results = [
        dl.dlconv(dl.dlarray(x, "CBT"), w, WeightsFormat="TCU", DilationFactor=2, Padding=padding)
        for padding in ("causal", [[4], [0]])
    ]
    np.testing.assert_array_equal(results[0].extractdata(), results[1].extractdata())


@pytest.mark.parametrize(
    "value", [0, 2.5, "symmetric-include-edge", "Symmetric-Exclude-Edge", "replicate"], ids=str
)
@pytest.mark.parametrize("steps", [(1, 1), (2, 1), (1, 2), (3, 2)], ids=str)
def test_padding_values_match_the_reference(value, steps, rng):
    x, w = data("SCB", rng), filters(rng)
    stride, dilation = steps
    options = {"Stride": stride, "DilationFactor": dilation, "Padding": (3, 2)}
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w, 1, PaddingValue=value, **options)
    value = value.lower() if isinstance(value, str) else value
    moves = {"stride": stride, "dilation": dilation, "left": 3, "right": 2, "value": value}
    assert_near(Y, "SCB", reference(x, "SCB", "S", w, np.ones(N_FILT), **moves))


@pytest.mark.parametrize(
    "value", [2.5, "symmetric-include-edge", "symmetric-exclude-edge", "replicate"], ids=str
)
@pytest.mark.parametrize("stride", [1, 3])
def test_gradients_with_padding_values(value, stride, rng):
    X, W = dl.dlarray(data("SCB", rng), "SCB"), dl.dlarray(filters(rng), "SCU")
    options = {"Padding": (3, 2), "PaddingValue": value, "Stride": stride}
    checkGradients(lambda x, w: dl.dlconv(x, w, **options), X, W)


@pytest.mark.parametrize("value", [2.5, "symmetric-include-edge", "replicate"], ids=str)
def test_second_derivatives(value, rng):
    X, W = dl.dlarray(data("CBT", rng), "CBT"), dl.dlarray(filters(rng), "TCU")
    b = dl.dlarray(rng.standard_normal(N_FILT))
    options = {"Padding": 2, "PaddingValue": value, "Stride": 2, "DilationFactor": 2}
    checkGradients(second_order(lambda x, w, b: dl.dlconv(x, w, b, **options)), X, W, b)
    checkGradients(second_order(lambda w, x: dl.dlconv(x, w, **options)), W, X)
    checkGradients(second_order(lambda b, x: dl.dlconv(x, W, b, **options)), b, X)


@pytest.mark.parametrize(
    "bias",
    [
        None,
        0.5,
        [0.5],
        np.full(N_FILT, 0.5),
        np.full((N_FILT, 1), 0.5),
        np.full((1, N_FILT), 0.5),
        np.full(N_FILT, 0.5, "f4"),
        dl.dlarray(np.full(N_FILT, 0.5), "C"),
        dl.dlarray(np.full((N_FILT, 1), 0.5), "CB"),
        dl.dlarray(0.5),
        1,
    ],
    ids=[
        "None",
        "number",
        "list of one",
        "vector",
        "column",
        "row",
        "single",
        "C",
        "CB",
        "dlarray number",
        "integer",
    ],
)
def test_forms_of_the_bias(bias, rng):
    x, w = data("SCB", rng), filters(rng)
    b = 0.0 if bias is None else float(np.ravel(dl.extractdata(bias))[0])
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w, bias)
    atol = 1e-5 if getattr(bias, "dtype", None) == np.float32 else 1e-12  # single wins
    assert_near(Y, "SCB", reference(x, "SCB", "S", w, np.full(N_FILT, b)), atol)


@pytest.mark.parametrize(("shape", "fmt"), [((1, 1), ""), ((N_FILT, 1), "CU"), ((1, N_FILT), "")])
def test_the_gradient_of_a_bias_has_its_size(shape, fmt, rng):
    X, w = dl.dlarray(data("SCB", rng), "SCB"), filters(rng)
    b = dl.dlarray(rng.standard_normal(shape), fmt)
    checkGradients(lambda x, b: dl.dlconv(x, w, b), X, b)
