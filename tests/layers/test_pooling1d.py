"""`maxPooling1dLayer` and `averagePooling1dLayer`: formats, values, properties, display."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import golden_pooling as golden, naive
from tests.golden_convolutions import X8, row
from tests.io.network_files import assert_same_network, round_trip
from tests.layers.convolutions import first, network

SIZES = {"S": 7, "C": 3, "B": 2, "T": 11}
BOTH: Any = pytest.mark.parametrize(
    "make", [dl.maxPooling1dLayer, dl.averagePooling1dLayer], ids=["max", "average"]
)

# -- formats and values


@BOTH
@pytest.mark.parametrize(
    ("fmt", "label"),
    [("CBT", "T"), ("SCB", "S"), ("SCBT", "S"), ("CT", "T"), ("SC", "S"), ("SCT", "S")],
)
def test_table_of_formats(make, fmt, label, rng):
    x = rng.standard_normal([SIZES[each] for each in fmt])
    axis = fmt.index(label)
    net = network(make(3, Stride=2, Padding=[1, 2]), x.shape, fmt)
    got = net.predict(dl.dlarray(x, fmt))
    rows = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis], 1)
    if make is dl.maxPooling1dLayer:
        want, _ = naive.maxpool(rows, 3, 2, 1, 2)
    else:
        want = np.einsum("tl,blc->btc", naive.averages(x.shape[axis], 3, 2, 1, 2), rows)
    shape = (*np.delete(x.shape, axis), want.shape[1])
    want = np.moveaxis(want.reshape(shape), -1, axis)
    assert got.fmt == fmt
    np.testing.assert_allclose(got.data, want, rtol=0, atol=TOLERANCES[np.float64])


@BOTH
@pytest.mark.parametrize("fmt", ["BT", "SB", "SBT"])
def test_data_without_channels_keep_their_format(make, fmt, rng):
    """Not confirmed with MATLAB, whose table of formats has C in every row."""
    x = rng.standard_normal([SIZES[each] for each in fmt])
    labelled = dl.dlarray(np.expand_dims(x, fmt.index("B")), fmt.replace("B", "CB"))
    got, want = make(2).predict(dl.dlarray(x, fmt)), make(2).predict(labelled)
    assert got.fmt == fmt
    np.testing.assert_array_equal(got.data, want.data.reshape(got.shape))


@pytest.mark.parametrize(("size", "stride", "padding", "want"), golden.MAXIMA, ids=str)
def test_golden_maxima(size, stride, padding, want):
    layer = dl.maxPooling1dLayer(size, Stride=stride, Padding=padding)
    got = layer.predict(dl.dlarray(X8.reshape(1, 1, 8), "CBT"))
    np.testing.assert_array_equal(got.data.ravel(), row(want))


@pytest.mark.parametrize(("size", "stride", "padding", "value", "want"), golden.AVERAGES, ids=str)
def test_golden_averages(size, stride, padding, value, want):
    layer = dl.averagePooling1dLayer(size, Stride=stride, Padding=padding, PaddingValue=value)
    got = layer.predict(dl.dlarray(X8.reshape(1, 1, 8), "CBT"))
    np.testing.assert_allclose(got.data.ravel(), row(want), atol=1e-6)


def test_windows_wholly_in_padding():
    X = dl.dlarray([[[1.0, 2.0]]], "CBT")
    got = dl.maxPooling1dLayer(1, Padding=1).predict(X).data.ravel()
    np.testing.assert_array_equal(got, [-np.inf, 1, 2, -np.inf])
    layer = dl.averagePooling1dLayer(1, Padding=1, PaddingValue="mean")
    np.testing.assert_array_equal(layer.predict(X).data.ravel(), [np.nan, 1, 2, np.nan])


# -- properties


@BOTH
def test_defaults(make):
    layer = make(3)
    assert (layer.PoolSize, layer.Stride, layer.PaddingMode, layer.PaddingSize) == (
        3, 1, "manual", (0, 0),
    )  # fmt: skip
    assert (layer.Name, layer.NumInputs, layer.InputNames, layer.OutputNames) == (
        "", 1, ["in"], ["out"],
    )  # fmt: skip


@BOTH
@pytest.mark.parametrize(
    ("padding", "mode", "size"),
    [
        (1, "manual", (1, 1)),
        ([2, 1], "manual", (2, 1)),
        ([[0], [3]], "manual", (0, 3)),
        ("SAME", "same", None),
    ],
)
def test_padding_sets_two_properties(make, padding, mode, size):
    layer = make(3, Padding=padding)
    assert (layer.PaddingMode, layer.PaddingSize) == (mode, size)


@BOTH
def test_same_padding_is_known_once_the_size_is(make):
    layer = make(3, Padding="same", Stride=2)
    images = network(layer, (8, 2, 1), "SCB")
    assert (first(images).PaddingMode, first(images).PaddingSize) == ("same", (0, 1))
    sequences = network(layer, (2, 1, 8), "CBT")
    assert first(sequences).PaddingSize is None
    assert layer.PaddingSize is None


@BOTH
def test_setting_the_padding_makes_it_manual(make):
    layer = make(3, Padding="same")
    layer.PaddingSize, layer.Stride = [1, 2], 2.0
    assert (layer.PaddingMode, layer.PaddingSize, layer.Stride) == ("manual", (1, 2), 2)
    X = dl.dlarray(np.arange(7.0).reshape(1, 1, 7), "CBT")
    assert layer.predict(X).shape == (1, 1, 4)


@BOTH
@pytest.mark.parametrize("name", ["PoolSize", "PaddingMode"])
def test_read_only_properties(make, name):
    layer = make(3)
    with pytest.raises(AttributeError, match=rf"Pooling1DLayer\.{name} is read-only"):
        setattr(layer, name, 2)


def test_padding_value_is_read_only():
    layer = dl.averagePooling1dLayer(3, PaddingValue="MEAN")
    assert layer.PaddingValue == "mean"
    with pytest.raises(AttributeError, match=r"AveragePooling1DLayer\.PaddingValue is read-only"):
        layer.PaddingValue = 0


@BOTH
@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((0,), {}, "PoolSize must be a positive integer; got 0"),
        ((2.5,), {}, r"PoolSize must be a positive integer; got 2\.5"),
        ((True,), {}, "PoolSize must be a positive integer; got True"),
        (("global",), {}, "PoolSize must be a positive integer; got 'global'"),
        ((3,), {"Stride": 0}, "Stride must be a positive integer; got 0"),
        ((3,), {"Padding": -1}, "Padding must be an integer, at least 0; got -1"),
        ((3,), {"Padding": math.inf}, "Padding must be an integer, at least 0; got inf"),
        ((3,), {"Padding": [1, 2, 3]}, 'Padding must be "same", a number or two numbers'),
        ((3,), {"Padding": "causal"}, 'Padding must be "same", a number or two numbers'),
        ((3,), {"Padding": [1, 4]}, r"Padding must be at most the pool size, 3; got \(1, 4\)"),
    ],
)
def test_values_out_of_range_raise(make, arguments, options, text):
    with pytest.raises(ValueError, match=f"Pooling1dLayer: {text}"):
        make(*arguments, **options)


@BOTH
def test_later_values_out_of_range_raise(make):
    layer = make(3, Name="p")
    with pytest.raises(ValueError, match="Pooling1dLayer 'p': PaddingSize must be at most the p"):
        layer.PaddingSize = 4
    with pytest.raises(
        ValueError, match=r"'p': PaddingSize must be a number or two numbers .*; got None"
    ):
        layer.PaddingSize = None
    with pytest.raises(ValueError, match="Pooling1dLayer 'p': Stride must be a positive integer"):
        layer.Stride = 0
    assert (layer.PaddingSize, layer.Stride) == ((0, 0), 1)


def test_padding_values_out_of_range_raise():
    unknown: dict[str, Any] = {"PaddingValue": 0}
    with pytest.raises(ValueError, match='Layer: PaddingValue must be 0 or "mean"; got 1'):
        dl.averagePooling1dLayer(3, PaddingValue=1)
    with pytest.raises(TypeError, match="maxPooling1dLayer: there is no option PaddingValue"):
        dl.maxPooling1dLayer(3, **unknown)


# -- in a network


@BOTH
@pytest.mark.parametrize(
    ("fmt", "text"),
    [
        ("CB", '"CB" data have no S or T dimension to pool over; got 3.C. × 4.B.\\. .*label it S'),
        ("CU", '"CU" data have no S or T dimension to pool over; got 3.C. × 4.U.\\. .*label it S'),
        ("SSCB", r"data must be .* one S at most; got 3.S. × 4.S. × 5.C. × 6.B.\. Reshape"),
        ("CTU", r"data must be sequences .*; got 3.C. × 4.T. × 5.U.\. Give the U dimension"),
    ],
)
def test_formats_without_one_dimension_to_pool_raise(make, fmt, text):
    with pytest.raises(dl.FormatError, match=f"Pooling1dLayer: {text}"):
        make(2).predict(dl.dlarray(np.ones((3, 4, 5, 6)[: len(fmt)]), fmt))


@BOTH
def test_short_sequences_raise(make):
    layers = [dl.sequenceInputLayer(2), make(3)]
    with pytest.raises(dl.ShapeError, match="window is longer than the padded input") as caught:
        dl.dlnetwork(layers)
    assert any("MinLength" in note for note in caught.value.__notes__)
    net = dl.dlnetwork([dl.sequenceInputLayer(2, MinLength=3), make(3)])
    assert net.predict(dl.dlarray(np.ones((2, 1, 3), "f4"), "CBT")).shape == (2, 1, 1)


@BOTH
def test_saved_and_loaded(make, tmp_path):
    layers = [dl.sequenceInputLayer(2, MinLength=8), make(3, Stride=2, Padding=[1, 2], Name="p")]
    net = dl.dlnetwork([*layers, make(2, Padding="same")])
    got = round_trip(net, tmp_path)
    assert_same_network(got, net)
    X = dl.dlarray(np.random.default_rng(1).standard_normal((2, 3, 9)).astype("f4"), "CBT")
    np.testing.assert_array_equal(got.predict(X).data, net.predict(X).data)


@BOTH
def test_trained_in_a_network(make, rng):
    classes = np.repeat([0, 1], 8)
    steps = np.linspace(0, 2 * np.pi, 20)
    noise = 0.1 * rng.standard_normal((16, 20, 2))
    waves = np.sin(np.outer(1 + 2 * classes, steps))[..., np.newaxis]
    sequences = list((waves + noise).astype("f4"))
    layers = [
        dl.sequenceInputLayer(2, MinLength=20),
        dl.convolution1dLayer(5, 8, Padding="same"),
        dl.reluLayer(),
        make(2, Stride=2),
        dl.convolution1dLayer(3, 8, Padding="same"),
        make(3, Padding="same"),
        dl.globalMaxPooling1dLayer(),
        dl.fullyConnectedLayer(2),
        dl.softmaxLayer(),
    ]
    dl.rng(0)
    options = dl.trainingOptions("adam", MaxEpochs=30, InitialLearnRate=0.02, Verbose=False)
    _, info = dl.trainnet(sequences, classes, layers, "crossentropy", options, nargout=2)
    losses = info.TrainingHistory.TrainingLoss
    assert losses[-1] < 0.1 < losses[0]


# -- display


def test_display():
    assert (
        repr(dl.maxPooling1dLayer(3, Stride=2, Name="pool"))
        == """
  MaxPooling1DLayer with properties:

           Name: 'pool'

   Hyperparameters
       PoolSize: 3
         Stride: 2
    PaddingMode: 'manual'
    PaddingSize: [0 0]
"""
    )
    assert (
        repr(dl.averagePooling1dLayer(3, Padding="same", PaddingValue="mean"))
        == """
  AveragePooling1DLayer with properties:

            Name: ''

   Hyperparameters
        PoolSize: 3
          Stride: 1
     PaddingMode: 'same'
     PaddingSize: []
    PaddingValue: 'mean'
"""
    )


def test_lines_in_a_layer_array():
    layers = [
        dl.maxPooling1dLayer(3, Stride=2),
        dl.averagePooling1dLayer(5, Padding=[1, 2]),
        dl.maxPooling1dLayer(2, Padding="same"),
    ]
    assert (
        repr(dl.LayerArray(layers))
        == """\
  3×1 Layer array with layers:

     1   ''   1-D Max Pooling       max pooling with pool size 3, stride 2, and padding [0  0]
     2   ''   1-D Average Pooling   average pooling with pool size 5, stride 1, and padding [1  2]
     3   ''   1-D Max Pooling       max pooling with pool size 2, stride 1, and padding 'same'"""
    )
