"""Global pooling layers, average and maximum: the table of formats, values, errors."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES

SIZES = {"S": 5, "C": 3, "B": 2, "T": 7}
TABLE = [
    ("CBT", "T", "CB", (3, 2)),
    ("SCB", "S", "SCB", (1, 3, 2)),
    ("SCBT", "S", "SCBT", (1, 3, 2, 7)),
    ("CT", "T", "CU", (3, 1)),
    ("SC", "S", "SC", (1, 3)),
    ("SCT", "S", "SCT", (1, 3, 7)),
]
BOTH = pytest.mark.parametrize(
    "make", [dl.globalAveragePooling1dLayer, dl.globalMaxPooling1dLayer], ids=["average", "max"]
)


@BOTH
@pytest.mark.parametrize(("fmt", "label", "out", "shape"), TABLE, ids=[row[0] for row in TABLE])
def test_table_of_formats(make, fmt, label, out, shape, rng):
    x = rng.standard_normal([SIZES[each] for each in fmt])
    got = make().predict(dl.dlarray(x, fmt))
    reduce = np.max if make is dl.globalMaxPooling1dLayer else np.mean
    want = reduce(x, axis=fmt.index(label), keepdims=True).reshape(shape)
    assert (got.fmt, got.shape) == (out, shape)
    np.testing.assert_allclose(got.data, want, rtol=0, atol=4 * TOLERANCES[np.float64])


@BOTH
def test_data_without_channels_lose_their_time(make, rng):
    x = rng.standard_normal((2, 7))
    got = make().predict(dl.dlarray(x, "BT"))
    reduce = np.max if make is dl.globalMaxPooling1dLayer else np.mean
    assert (got.fmt, got.shape) == ("BU", (2, 1))
    np.testing.assert_allclose(got.data.ravel(), reduce(x, axis=1), rtol=1e-12)


@BOTH
@pytest.mark.parametrize("fmt", ["T", "S"])
def test_one_sequence_without_other_dimensions(make, fmt, rng):
    x = rng.standard_normal(7)
    got = make().predict(dl.dlarray(x, fmt))
    reduce = np.max if make is dl.globalMaxPooling1dLayer else np.mean
    assert got.shape == (1, 1) and fmt not in got.fmt.replace("S", "")
    assert got.item() == pytest.approx(reduce(x), rel=1e-12)


@BOTH
@pytest.mark.parametrize("kind", [bool, complex])
def test_data_that_are_no_real_numbers_raise(make, kind):
    word = {bool: "logical", complex: "complex"}[kind]
    with pytest.raises(TypeError, match=f"^global.*Pooling1dLayer: {word} data not supported"):
        make().predict(dl.dlarray(np.ones((3, 2, 7), kind), "CBT"))


def test_average_counts_padding():
    x = dl.dlarray([[[1.0, 3.0, 0.0, 0.0]]], "CBT")
    assert dl.globalAveragePooling1dLayer().predict(x).item() == 1.0


def test_maximum_of_negative_numbers_is_negative():
    x = dl.dlarray([[[-3.0, -1.0, -2.0]]], "CBT")
    assert dl.globalMaxPooling1dLayer().predict(x).item() == -1.0


@BOTH
def test_one_nan_makes_its_channel_nan(make):
    x = np.ones((2, 1, 5))
    x[0, 0, 2] = np.nan
    got = make().predict(dl.dlarray(x, "CBT")).data
    assert np.isnan(got[0, 0]) and got[1, 0] == 1


@BOTH
@pytest.mark.parametrize(
    ("fmt", "text"),
    [
        ("CB", r'"CB" data have no S or T dimension to pool over; got 3.C. × 2.B.\. .*label it S'),
        ("CU", r'"CU" data have no S or T dimension to pool over; got 3.C. × 2.U.\. .*label it S'),
        ("SSCB", r"data must be .* one S at most; got 3.S. × 2.S. × 5.C. × 2.B.\. Reshape"),
        ("CTU", r"data must be sequences .*; got 3.C. × 2.T. × 5.U.\. Give the U dimension"),
    ],
)
def test_formats_without_one_axis_to_pool_raise(make, fmt, text):
    with pytest.raises(dl.FormatError, match=f"Pooling1dLayer: {text}"):
        make().predict(dl.dlarray(np.ones((3, 2, 5, 2)[: len(fmt)]), fmt))


@BOTH
@pytest.mark.parametrize(("fmt", "label"), [("CBT", "T"), ("SCB", "S")])
def test_nothing_to_pool_raises(make, fmt, label):
    shape = [0 if each == label else 2 for each in fmt]
    with pytest.raises(
        dl.ShapeError, match=f"nothing to pool: the {label} dimension has size 0; got"
    ):
        make().predict(dl.dlarray(np.ones(shape), fmt))


@pytest.mark.parametrize(
    ("layer", "kind", "text", "name"),
    [
        (
            dl.globalAveragePooling1dLayer(Name="a"),
            "1-D Global Average Pooling",
            "1-D global average pooling",
            "GlobalAveragePooling1DLayer",
        ),
        (
            dl.globalMaxPooling1dLayer(Name="a"),
            "1-D Global Max Pooling",
            "1-D global max pooling",
            "GlobalMaxPooling1DLayer",
        ),
    ],
    ids=["average", "max"],
)
def test_display(layer, kind, text, name):
    assert (layer.Type, layer.summaryText()) == (kind, text)
    assert repr(layer) == f"\n  {name} with properties:\n\n    Name: 'a'\n"


@BOTH
def test_unknown_option_raises(make):
    with pytest.raises(TypeError, match=r"Pooling1dLayer: there is no option Size\."):
        make(**{"Size": 3})
