"""`dlconv` over one labelled dimension."""

from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray import tape
from dlarray.testing import TOLERANCES, checkGradients
from tests import naive

relaxed = settings(deadline=None)

X8 = np.array([3.0, 1, 4, 1, 5, 9, 2, 6])
SIZES = {"S": 7, "C": 2, "B": 3, "T": 11}  # of the data
K_SIZE, N_FILT = 3, 5


def row(text):
    return [float(number) for number in text.split()]


def assert_holds(Y, fmt, values, atol=1e-12):
    assert isinstance(Y, dl.dlarray)
    assert (dl.dims(Y), Y.shape) == (fmt, np.shape(values))
    np.testing.assert_allclose(dl.extractdata(Y), values, rtol=0, atol=atol)


def data(fmt, rng, dtype=np.float64):
    return rng.standard_normal([SIZES[label] for label in fmt]).astype(dtype)


def filters(rng, dtype=np.float64):
    """k × C × F."""
    return rng.standard_normal((K_SIZE, SIZES["C"], N_FILT)).astype(dtype)


def reference(x, fmt, over, w, b=None, **options):
    """The convolution of labelled x with w (K, C, F) along the first ``over`` dimension."""
    rest = [axis for axis, label in enumerate(fmt) if label != "C" and axis != fmt.index(over)]
    order = [*rest, fmt.index(over), fmt.index("C")]
    moved = x.transpose(order)
    flat = moved.reshape(prod(moved.shape[:-2]), *moved.shape[-2:])
    y = naive.conv1d(flat, w, b, **options)
    return y.reshape(*moved.shape[:-2], *y.shape[1:]).transpose(np.argsort(order))


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
def test_golden_rows_25_and_26(convolve, x, w, options, y):
    np.testing.assert_allclose(convolve(x, w, **options).extractdata().ravel(), row(y))


@both_ways
@pytest.mark.parametrize(
    ("padding", "stride", "dilation", "y"),
    [
        (0, 1, 1, "1.5 8.5 1.5 2.5 21.5 7.5"),
        (0, 2, 1, "1.5 1.5 21.5"),
        (0, 1, 2, "6.5 -5.5 12.5 13.5"),
        (0, 2, 2, "6.5 12.5"),
        ("same", 1, 1, "5.5 1.5 8.5 1.5 2.5 21.5 7.5 14.5"),
        ("same", 2, 1, "1.5 1.5 21.5 14.5"),
        ("same", 3, 1, "1.5 2.5 14.5"),
        ("same", 4, 1, "1.5 21.5"),
        ("same", 1, 2, "2.5 1.5 6.5 -5.5 12.5 13.5 9.5 21.5"),
        ("same", 2, 2, "1.5 -5.5 13.5 21.5"),
        ("causal", 1, 1, "-2.5 5.5 1.5 8.5 1.5 2.5 21.5 7.5"),
        ("causal", 2, 1, "-2.5 1.5 1.5 21.5"),
        ("causal", 1, 2, "-2.5 -0.5 2.5 1.5 6.5 -5.5 12.5 13.5"),
        ("causal", 2, 3, "-2.5 -3.5 -2.5 3.5"),
        ([2, 1], 1, 1, "-2.5 5.5 1.5 8.5 1.5 2.5 21.5 7.5 14.5"),
    ],
    ids=[
        "0 1 1",
        "0 2 1",
        "0 1 2",
        "0 2 2",
        "same 1 1",
        "same 2 1",
        "same 3 1",
        "same 4 1",
        "same 1 2",
        "same 2 2",
        "causal 1 1",
        "causal 2 1",
        "causal 1 2",
        "causal 2 3",
        "[2 1] 1 1",
    ],
)
def test_golden_padding_stride_and_dilation(convolve, padding, stride, dilation, y):
    Y = convolve(X8, [1, 2, -1], 0.5, Padding=padding, Stride=stride, DilationFactor=dilation)
    np.testing.assert_allclose(Y.extractdata().ravel(), row(y), atol=1e-6)


@both_ways
@pytest.mark.parametrize(
    ("value", "y"),
    [
        (7, "18.5 12.5 1.5 8.5 1.5 2.5 21.5 7.5 7.5 13.5"),
        ("symmetric-include-edge", "4.5 8.5 1.5 8.5 1.5 2.5 21.5 7.5 8.5 16.5"),
        ("symmetric-exclude-edge", "3.5 6.5 1.5 8.5 1.5 2.5 21.5 7.5 12.5 1.5"),
        ("replicate", "6.5 8.5 1.5 8.5 1.5 2.5 21.5 7.5 8.5 12.5"),
    ],
    ids=["number", "include-edge", "exclude-edge", "replicate"],
)
def test_golden_padding_values(convolve, value, y):
    Y = convolve(X8, [1, 2, -1], 0.5, Padding=2, PaddingValue=value)
    np.testing.assert_allclose(Y.extractdata().ravel(), row(y), atol=1e-6)


@both_ways
@pytest.mark.parametrize(
    ("w", "stride", "y"),
    [
        ([1, 2], 1, "5 9 6 11 23 13 14 6"),
        ([1, 2, 3, 4], 1, "25 21 32 57 46 53 31 14"),
        ([1, 2, 3, 4], 2, "25 32 46 31"),
    ],
    ids=["2 taps", "4 taps", "4 taps stride 2"],
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
    assert_holds(Y, "CT", [[11, 19, 32], [29, 49, 82], [47, 79, 132]])


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


# -- layouts
# ------------------------------------------------------------------------------------------------

LAYOUTS = [
    ("SCB", "S", "SCU"),
    ("SC", "S", "SCU"),
    ("CBT", "T", "TCU"),
    ("CT", "T", "TCU"),
    ("SCBT", "S", "SCU"),
    ("SCBT", "T", "TCU"),
    ("SCT", "S", "SCU"),
    ("SCT", "T", "TCU"),
    ("CBT", "T", "UCT"),
    ("CBT", "T", "CTU"),
    ("SCB", "S", "UCS"),
    ("SCB", "S", "CUS"),
]
each_layout = pytest.mark.parametrize(
    ("fmt", "over", "w_fmt"), LAYOUTS, ids=[f"{fmt}-{w_fmt}" for fmt, _, w_fmt in LAYOUTS]
)


def reordered(w, over, w_fmt):
    """Weights k × C × F with their dimensions in the order of a format."""
    return w.transpose([f"{over}CU".index(label) for label in w_fmt])


@each_layout
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_every_layout_matches_the_reference(fmt, over, w_fmt, dtype, rng):
    x, w = data(fmt, rng, dtype), filters(rng, dtype)
    b = rng.standard_normal(N_FILT).astype(dtype)
    Y = dl.dlconv(dl.dlarray(x, fmt), reordered(w, over, w_fmt), b, WeightsFormat=w_fmt)
    assert Y.dtype == dtype
    atol = TOLERANCES[dtype] * (np.abs(x).max() * np.abs(w).sum(axis=(0, 1)).max() + 1)
    assert_holds(Y, fmt, reference(x, fmt, over, w, b), atol)


@each_layout
def test_labels_of_the_weights_replace_the_option(fmt, over, w_fmt, rng):
    x, w = data(fmt, rng), filters(rng)
    W = dl.dlarray(reordered(w, over, w_fmt), w_fmt)
    assert_holds(dl.dlconv(dl.dlarray(x, fmt), W), fmt, reference(x, fmt, over, w))


@each_layout
def test_gradients_of_every_layout(fmt, over, w_fmt, rng):
    X, W = dl.dlarray(data(fmt, rng), fmt), dl.dlarray(reordered(filters(rng), over, w_fmt), w_fmt)
    b = dl.dlarray(rng.standard_normal(N_FILT))
    checkGradients(lambda x, w, b: dl.dlconv(x, w, b, Padding=1, Stride=2), X, W, b)


@pytest.mark.parametrize("fmt", ["SCB", "SC", "SCBT", "SCT"])
def test_unformatted_weights_convolve_over_space(fmt, rng):
    x, w = data(fmt, rng), filters(rng)
    assert_holds(dl.dlconv(dl.dlarray(x, fmt), w), fmt, reference(x, fmt, "S", w))


def test_weights_with_one_spatial_dimension_convolve_the_first_of_two(rng):
    x, w = rng.standard_normal((7, 5, 2, 3)), filters(rng)
    Y = dl.dlconv(dl.dlarray(x, "SSCB"), w, WeightsFormat="SCU")
    assert_holds(Y, "SSCB", reference(x, "SSCB", "S", w))


def test_a_trailing_u_of_the_data_is_like_a_batch(rng):
    x, w = rng.standard_normal((7, 2, 3, 5)), filters(rng)
    assert_holds(dl.dlconv(dl.dlarray(x, "SCBU"), w), "SCBU", reference(x, "SCBU", "S", w))


@pytest.mark.parametrize("w_fmt", ["SC", "SCU"])
def test_missing_filters_are_one_filter(w_fmt, rng):
    x, w = data("SCB", rng), filters(rng)[..., 0]
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w, WeightsFormat=w_fmt)
    assert_holds(Y, "SCB", reference(x, "SCB", "S", w[..., None]))
    assert_holds(dl.dlconv(dl.dlarray(x, "SCB"), w), "SCB", reference(x, "SCB", "S", w[..., None]))


def test_a_vector_is_one_filter_of_one_channel(rng):
    x, w = rng.standard_normal((7, 1, 3)), rng.standard_normal(3)
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w)
    assert_holds(Y, "SCB", reference(x, "SCB", "S", w[:, None, None]))


# -- options
# ------------------------------------------------------------------------------------------------


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
    assert_holds(Y, fmt, reference(x, fmt, over, w, left=left, right=right))


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
    assert_holds(Y, "SCB", reference(x, "SCB", "S", w, np.ones(N_FILT), **moves))


@pytest.mark.parametrize(
    "value", [2.5, "symmetric-include-edge", "symmetric-exclude-edge", "replicate"], ids=str
)
@pytest.mark.parametrize("stride", [1, 3])
def test_gradients_with_padding_values(value, stride, rng):
    X, W = dl.dlarray(data("SCB", rng), "SCB"), dl.dlarray(filters(rng), "SCU")
    options = {"Padding": (3, 2), "PaddingValue": value, "Stride": stride}
    checkGradients(lambda x, w: dl.dlconv(x, w, **options), X, W)


def second_order(function):
    """The gradient of the sum of squares by the first variable, inside and outside `dlfeval`."""

    def inside(*xs):
        loss = dl.sum(function(*xs) ** 2, "all")
        return dl.dlgradient(loss, xs[0], EnableHigherDerivatives=True)

    return lambda *xs: inside(*xs) if tape.current_tape() else dl.dlfeval(inside, *xs)


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
    assert_holds(Y, "SCB", reference(x, "SCB", "S", w, np.full(N_FILT, b)), atol)


@pytest.mark.parametrize(("shape", "fmt"), [((1, 1), ""), ((N_FILT, 1), "CU"), ((1, N_FILT), "")])
def test_the_gradient_of_a_bias_has_its_size(shape, fmt, rng):
    X, w = dl.dlarray(data("SCB", rng), "SCB"), filters(rng)
    b = dl.dlarray(rng.standard_normal(shape), fmt)
    checkGradients(lambda x, b: dl.dlconv(x, w, b), X, b)


# -- unformatted data
# ------------------------------------------------------------------------------------------------


@relaxed
@given(st.permutations("SCBT"), st.sampled_from("ST"), st.permutations("PCU"), st.booleans())
def test_permuting_the_format_permutes_the_result(order, over, w_order, plain):
    rng = np.random.default_rng(0)
    x, w = data("SCBT", rng), filters(rng)
    expected = reference(x, "SCBT", over, w)
    moved = x.transpose(["SCBT".index(label) for label in order])
    w_fmt = "".join(w_order).replace("P", over)
    Y = dl.dlconv(
        moved if plain else dl.dlarray(moved),
        reordered(w, over, w_fmt),
        WeightsFormat=w_fmt,
        DataFormat="".join(order),
    )
    assert_holds(Y, "", expected.transpose(["SCBT".index(label) for label in order]))


@pytest.mark.parametrize("fmt", ["SC", "CS", "CT", "TC", "TBC", "BTC"])
def test_unformatted_data_keep_the_order_of_their_format(fmt, rng):
    x, w = data(fmt, rng), filters(rng)
    over = "T" if "T" in fmt else "S"
    Y = dl.dlconv(x, w, WeightsFormat=f"{over}CU", DataFormat=fmt)
    assert_holds(Y, "", reference(x, fmt, over, w))


def test_gradients_of_unformatted_data(rng):
    X, W = dl.dlarray(data("BTC", rng)), dl.dlarray(filters(rng))
    options: dict[str, Any] = {"DataFormat": "BTC", "WeightsFormat": "TCU", "Padding": "same"}
    checkGradients(lambda x, w: dl.dlconv(x, w, **options), X, W)


# -- types and sizes
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x_type", "w_type"), [("f4", "f8"), ("f8", "f4"), ("f4", "f4"), ("f8", "f8")]
)
def test_single_wins(x_type, w_type, rng):
    Y = dl.dlconv(dl.dlarray(data("SCB", rng, x_type), "SCB"), filters(rng, w_type))
    assert Y.dtype == min(x_type, w_type)


def test_integer_data_are_double(rng):
    x = rng.integers(-5, 5, (7, 2, 3))
    Y = dl.dlconv(x, filters(rng), DataFormat="SCB")
    assert Y.dtype == np.float64


@pytest.mark.parametrize(
    ("shape", "k_size", "n_filt", "padding", "expected"),
    [
        ((7, 2, 0), 3, 5, 0, (5, 5, 0)),
        ((7, 0, 3), 3, 5, 0, (5, 5, 3)),
        ((7, 2, 3), 3, 0, 0, (5, 0, 3)),
        ((0, 2, 3), 3, 5, 2, (2, 5, 3)),
        ((1, 1, 1), 1, 1, 0, (1, 1, 1)),
    ],
    ids=["no batch", "no channel", "no filter", "only padding", "one"],
)
def test_sizes_of_0_and_1(shape, k_size, n_filt, padding, expected):
    x, w = np.ones(shape), np.ones((k_size, shape[1], n_filt))
    b = np.full(n_filt, 0.5)
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w, b, Padding=padding)
    assert Y.shape == expected
    assert_holds(Y, "SCB", reference(x, "SCB", "S", w, b, left=padding, right=padding))


@pytest.mark.parametrize("shape", [(7, 2, 0), (7, 0, 3)], ids=str)
def test_gradients_without_elements(shape):
    def slopes(x, w, b):
        return dl.dlgradient(dl.sum(dl.dlconv(x, w, b), "all"), x, w, b)

    w = np.ones((3, shape[1], 5))
    dx, dw, db = dl.dlfeval(
        slopes, dl.dlarray(np.ones(shape), "SCB"), dl.dlarray(w), dl.dlarray(np.ones(5))
    )
    assert (dx.shape, dw.shape) == (shape, w.shape)
    np.testing.assert_array_equal(db.extractdata(), 5 * shape[2])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_inf_come_out_where_the_filter_reads_them(bad, rng):
    x, w = data("SCB", rng), filters(rng)
    x[4, 0, 1] = bad
    finite = np.isfinite(dl.dlconv(dl.dlarray(x, "SCB"), w).extractdata())
    expected = np.ones((5, N_FILT, 3), bool)
    expected[2:5, :, 1] = False
    np.testing.assert_array_equal(finite, expected)


def test_arguments_are_not_changed(rng):
    x, w, b = data("SCB", rng), filters(rng), np.ones(N_FILT)
    copies = [x.copy(), w.copy(), b.copy()]
    dl.dlconv(dl.dlarray(x, "SCB", copy=False), w, b)
    for array, before in zip((x, w, b), copies, strict=True):
        np.testing.assert_array_equal(array, before)


# -- errors
# ------------------------------------------------------------------------------------------------

SCB = dl.dlarray(np.ones((7, 2, 3)), "SCB")
CBT = dl.dlarray(np.ones((2, 3, 7)), "CBT")
W = np.ones((3, 2, 5))


@pytest.mark.parametrize(
    ("X", "weights", "options", "text"),
    [
        (np.ones((7, 2, 3)), W, {}, r"X must be a formatted dlarray; got 7×2×3 \(unformatted\)"),
        (np.ones((7, 2, 3)), W, {}, r".* dlarray\(X, \"CBT\"\) or give DataFormat"),
        (3, W, {}, r"X must be a formatted dlarray; got int\."),
        (dl.stripdims(SCB), W, {}, r"X must be a formatted dlarray; got 7×2×3 \(unformatted\)"),
        (SCB, W, {"DataFormat": "SCB"}, 'X is "SCB" already; DataFormat="SCB" is for unformatted'),
        (
            SCB,
            dl.dlarray(W, "SCU"),
            {"WeightsFormat": "SCU"},
            'weights are "SCU" already; WeightsFormat="SCU" is for unformatted ones',
        ),
        (
            CBT,
            W,
            {},
            r"unformatted weights convolve over S dimensions; X is 2\(C\) × 3\(B\) × 7\(T\)\. "
            'To convolve over time give WeightsFormat, for example "TCU"',
        ),
        (
            dl.dlarray(np.ones((2, 3)), "CB"),
            W,
            {},
            r"unformatted weights convolve over S dimensions; X is 2\(C\) × 3\(B\)\.$",
        ),
        (dl.dlarray(np.ones((7, 3)), "SB"), W, {}, 'X needs a C dimension; it is "SB"'),
        (SCB, W, {"WeightsFormat": "SCB"}, 'weights have no B dimension; they are "SCB'),
        (SCB, W, {"WeightsFormat": "SUU"}, 'weights need a C dimension; they are "SUU"'),
        (SCB, W, {"WeightsFormat": "CUU"}, 'the weights, "CUU", name no S or T dimension'),
        (
            SCB,
            W,
            {"WeightsFormat": "TCU"},
            'the weights convolve over T, and X, "SCB", has no T dim',
        ),
        (
            CBT,
            W,
            {"WeightsFormat": "SCU"},
            'the weights convolve over S, and X, "CBT", has no S dim',
        ),
        (SCB, W, {"WeightsFormat": "SSC"}, r".* convolve over 2 dimensions; this version .* one"),
        (
            dl.dlarray(np.ones((7, 5, 2, 3)), "SSCB"),
            np.ones((3, 3, 2, 5)),
            {},
            'the weights, "SSCU", convolve over 2 dimensions',
        ),
        (
            SCB,
            np.ones((3, 1, 5, 2)),
            {},
            'the weights, "SCUU", have groups; this version',
        ),
        (SCB, W, {"WeightsFormat": "scu"}, "WeightsFormat: 's' in format \"scu\" is not a label"),
        (SCB, W, {"WeightsFormat": "STTU"}, "WeightsFormat: label 'T' occurs 2 times"),
    ],
    ids=[
        "unformatted",
        "advice",
        "number",
        "stripped",
        "DataFormat twice",
        "WeightsFormat twice",
        "unformatted weights over T",
        "unformatted weights",
        "no C",
        "B",
        "weights without C",
        "weights without S or T",
        "T",
        "S",
        "two S",
        "SSCB",
        "groups",
        "small letters",
        "T twice",
    ],
)
def test_wrong_labels_are_errors(X, weights, options, text):
    with pytest.raises(dl.FormatError, match=f"dlconv: {text}"):
        dl.dlconv(X, weights, **options)


@pytest.mark.parametrize(
    ("weights", "options", "text"),
    [
        (
            np.ones((3, 4, 5)),
            {},
            r"input channels differ\.\n  X:       7\(S\) × 2\(C\) × 3\(B\)\n"
            r"  weights: 3\(S\) × 4\(C\) × 5\(U\)\nGive weights 2 input channels",
        ),
        (
            np.ones((3, 2, 5, 1)),
            {"WeightsFormat": "SCU"},
            r"weights of 4 dimensions, 3×2×5×1, do not fit the labels \"SCU\"",
        ),
        (
            np.ones((9, 2, 5)),
            {"Padding": (1, 0)},
            r"the filter is longer than the padded input\. The input has length 7, padding "
            r"\(1, 0\) makes it 8, and the filter spans 9 samples \(9 taps, dilation factor 1\)",
        ),
        (W, {"DilationFactor": 4}, r"spans 9 samples \(3 taps, dilation factor 4\)"),
        (
            W,
            {"Padding": 8, "PaddingValue": "symmetric-include-edge"},
            r'PaddingValue="symmetric-include-edge" mirrors at most 7 of 7 samples; the padding is '
            r"\(8, 8\)",
        ),
        (
            W,
            {"Padding": (0, 7), "PaddingValue": "symmetric-exclude-edge"},
            r"mirrors at most 6 of 7 samples; the padding is \(0, 7\)\. Pad less, or use 'replicat",
        ),
        (
            W,
            {"bias": np.ones(4)},
            r"bias must have one element, or one for each of 5 filters; got 4",
        ),
        (
            W,
            {"bias": np.ones(0)},
            r"bias must have one element, or one for each of 5 filters; got 0",
        ),
    ],
    ids=[
        "channels",
        "dimensions",
        "length",
        "dilated",
        "include",
        "exclude",
        "bias",
        "empty bias",
    ],
)
def test_wrong_sizes_are_errors(weights, options, text):
    with pytest.raises(dl.ShapeError, match=rf"dlconv: .*{text}"):
        dl.dlconv(SCB, weights, **options)


def test_there_is_nothing_to_replicate_in_an_empty_sequence():
    X = dl.dlarray(np.ones((0, 2, 3)), "SCB")
    with pytest.raises(dl.ShapeError, match=r"dlconv: there is no sample to replicate: .* 0"):
        dl.dlconv(X, W, Padding=3, PaddingValue="replicate")


def test_a_bias_labelled_otherwise_than_c_is_an_error():
    with pytest.raises(dl.FormatError, match="dlconv: bias"):
        dl.dlconv(SCB, W, dl.dlarray(np.ones(5), "B"))


def test_a_filter_without_taps_is_an_error():
    with pytest.raises(dl.ShapeError, match=r"dlconv: .*filter"):
        dl.dlconv(SCB, np.ones((0, 2, 5)))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"Padding": "valid"}, r"Padding must be .*\"same\", \"causal\".*; got 'valid'"),
        ({"Padding": -1}, "Padding must be an integer, at least 0; got -1"),
        ({"Padding": 1.5}, "Padding must be an integer, at least 0; got 1.5"),
        ({"Padding": [1, -1]}, "Padding must be an integer, at least 0; got -1"),
        (
            {"Padding": [1, 2, 3]},
            r'Padding must be "same", "causal", a number or two numbers \(start, end\); got \[1, 2',
        ),
        ({"Padding": [[1], [1, 2]]}, "Padding must be "),
        ({"Padding": [np.ones((2, 2)), np.ones((2, 3))]}, "Padding must be "),
        ({"PaddingValue": "mirror"}, "PaddingValue must be .*\"replicate\".*; got 'mirror'"),
        ({"PaddingValue": None}, "PaddingValue must be a number or one of .*; got None"),
        ({"Stride": 0}, "Stride must be a positive integer; got 0"),
        ({"Stride": 1.5}, "Stride must be a positive integer; got 1.5"),
        ({"Stride": [2]}, r"Stride must be a positive integer; got \[2\]"),
        ({"DilationFactor": 0}, "DilationFactor must be a positive integer; got 0"),
        ({"DilationFactor": "2"}, "DilationFactor must be a positive integer; got '2'"),
    ],
    ids=[
        "padding word",
        "negative padding",
        "broken padding",
        "negative end",
        "three paddings",
        "nested padding",
        "arrays",
        "value word",
        "value None",
        "stride 0",
        "broken stride",
        "list of strides",
        "dilation 0",
        "dilation text",
    ],
)
def test_wrong_options_are_errors(options, text):
    with pytest.raises(ValueError, match=f"dlconv: {text}"):
        dl.dlconv(SCB, W, **options)


@pytest.mark.parametrize("option", ["Stride", "DilationFactor"])
@pytest.mark.parametrize("two", [2, 2.0, np.int32(2), np.array(2)], ids=lambda n: type(n).__name__)
def test_steps_are_whole_numbers_of_any_type(option, two, rng):
    x, w = data("SCB", rng), filters(rng)
    moves = {"Stride": {"stride": 2}, "DilationFactor": {"dilation": 2}}[option]
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w, **{option: two})
    assert_holds(Y, "SCB", reference(x, "SCB", "S", w, **moves))


@pytest.mark.parametrize(
    ("option", "good", "bad"),
    [("Stride", 1, True), ("DilationFactor", 1, True), ("PaddingValue", 0, False)],
)
def test_a_right_call_before_does_not_hide_a_wrong_option(option, good, bad):
    dl.dlconv(SCB, W, **{option: good})
    with pytest.raises(ValueError, match=f"dlconv: {option} must be .*; got {bad}"):
        dl.dlconv(SCB, W, **{option: bad})


@pytest.mark.parametrize(
    ("X", "weights", "bias", "text"),
    [
        (SCB > 0, W, None, r"logical data not supported; convert to single or double"),
        (SCB, "w", None, r"weights: data of type <U1 are not possible"),
        (SCB, W, "b", r"bias: data of type <U1 are not possible"),
        (SCB, None, None, r"weights: the data are Python objects"),
    ],
    ids=["logical", "weights", "bias", "None"],
)
def test_wrong_types_are_errors(X, weights, bias, text):
    with pytest.raises(TypeError, match=f"dlconv: {text}"):
        dl.dlconv(X, weights, bias)


@pytest.mark.parametrize("option", ["DataFormat", "WeightsFormat"])
def test_a_format_is_a_text(option):
    options: dict[str, Any] = {"DataFormat": "SCB", option: ["S", "C", "U"]}
    with pytest.raises(TypeError, match="a format is a text of the labels S, C, B, T, U; got list"):
        dl.dlconv(np.ones((7, 2, 3)), W, **options)
