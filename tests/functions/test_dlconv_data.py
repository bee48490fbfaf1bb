"""Data of `dlconv`: layouts, unformatted data, types and sizes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests.functions.convolutions import N_FILT, data, filters, reference
from tests.holds import assert_near

relaxed = settings(deadline=None)


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
    assert_near(Y, fmt, reference(x, fmt, over, w, b), atol)


@each_layout
def test_labels_of_the_weights_replace_the_option(fmt, over, w_fmt, rng):
    x, w = data(fmt, rng), filters(rng)
    W = dl.dlarray(reordered(w, over, w_fmt), w_fmt)
    assert_near(dl.dlconv(dl.dlarray(x, fmt), W), fmt, reference(x, fmt, over, w))


@each_layout
def test_gradients_of_every_layout(fmt, over, w_fmt, rng):
    X, W = dl.dlarray(data(fmt, rng), fmt), dl.dlarray(reordered(filters(rng), over, w_fmt), w_fmt)
    b = dl.dlarray(rng.standard_normal(N_FILT))
    checkGradients(lambda x, w, b: dl.dlconv(x, w, b, Padding=1, Stride=2), X, W, b)


@pytest.mark.parametrize("fmt", ["SCB", "SC", "SCBT", "SCT"])
def test_unformatted_weights_convolve_over_space(fmt, rng):
    x, w = data(fmt, rng), filters(rng)
    assert_near(dl.dlconv(dl.dlarray(x, fmt), w), fmt, reference(x, fmt, "S", w))


def test_weights_with_one_spatial_dimension_convolve_the_first_of_two(rng):
    x, w = rng.standard_normal((7, 5, 2, 3)), filters(rng)
    Y = dl.dlconv(dl.dlarray(x, "SSCB"), w, WeightsFormat="SCU")
    assert_near(Y, "SSCB", reference(x, "SSCB", "S", w))


def test_a_trailing_u_of_the_data_is_like_a_batch(rng):
    x, w = rng.standard_normal((7, 2, 3, 5)), filters(rng)
    assert_near(dl.dlconv(dl.dlarray(x, "SCBU"), w), "SCBU", reference(x, "SCBU", "S", w))


@pytest.mark.parametrize("w_fmt", ["SC", "SCU"])
def test_missing_filters_are_one_filter(w_fmt, rng):
    x, w = data("SCB", rng), filters(rng)[..., 0]
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w, WeightsFormat=w_fmt)
    assert_near(Y, "SCB", reference(x, "SCB", "S", w[..., None]))
    assert_near(dl.dlconv(dl.dlarray(x, "SCB"), w), "SCB", reference(x, "SCB", "S", w[..., None]))


def test_a_vector_is_one_filter_of_one_channel(rng):
    x, w = rng.standard_normal((7, 1, 3)), rng.standard_normal(3)
    Y = dl.dlconv(dl.dlarray(x, "SCB"), w)
    assert_near(Y, "SCB", reference(x, "SCB", "S", w[:, None, None]))


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
    assert_near(Y, "", expected.transpose(["SCBT".index(label) for label in order]))


@pytest.mark.parametrize("fmt", ["SC", "CS", "CT", "TC", "TBC", "BTC"])
def test_unformatted_data_keep_the_order_of_their_format(fmt, rng):
    x, w = data(fmt, rng), filters(rng)
    over = "T" if "T" in fmt else "S"
    Y = dl.dlconv(x, w, WeightsFormat=f"{over}CU", DataFormat=fmt)
    assert_near(Y, "", reference(x, fmt, over, w))


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
    assert_near(Y, "SCB", reference(x, "SCB", "S", w, b, left=padding, right=padding))


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
