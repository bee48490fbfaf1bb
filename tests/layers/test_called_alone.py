"""Layers called by themselves, outside of a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.layers.convolutions import conv, transposed

X = dl.dlarray(np.ones((5, 2, 9)), "CBT")
W, V = np.ones((3, 5, 4)), np.ones((3, 4, 5))

LABELLED: list[Any] = [
    conv(3, 4, Weights=W, Bias=np.zeros(4)),
    transposed(3, 4, Weights=V, Bias=np.zeros(4)),
    dl.maxPooling1dLayer(2),
    dl.averagePooling1dLayer(2),
    dl.globalMaxPooling1dLayer(),
    dl.globalAveragePooling1dLayer(),
    dl.sequenceInputLayer(5),
    dl.fullyConnectedLayer(4, Weights=np.ones((4, 5)), Bias=np.zeros(4)),
    dl.layerNormalizationLayer(Offset=np.zeros(5), Scale=np.ones(5)),
]
EACH = pytest.mark.parametrize("layer", LABELLED, ids=lambda layer: layer.constructor_name())


@EACH
def test_a_complete_layer_can_be_called(layer):
    assert layer.predict(X).fmt


@EACH
@pytest.mark.parametrize("value", [np.ones((5, 2, 9)), [[1.0]], None], ids=["array", "list", "-"])
def test_data_that_are_no_dlarray_raise(layer, value):
    kind = type(value).__name__
    text = rf'{layer.constructor_name()}: the data must be .*dlarray\(data, "CBT"\).*got {kind}'
    with pytest.raises(TypeError, match=text):
        layer.predict(value)


@EACH
def test_data_without_labels_raise(layer):
    name = layer.constructor_name()
    text = rf'{name}: the data must be a formatted dlarray, such as .*"CBT"\); got 5×2×9.*unformatt'
    with pytest.raises(dl.FormatError, match=text):
        layer.predict(dl.dlarray(np.ones((5, 2, 9))))


@pytest.mark.parametrize("fmt", ["T", "S"])
@pytest.mark.parametrize(
    ("layer", "size"),
    [
        (conv(3, 4, Weights=np.ones((3, 1, 4)), Bias=np.zeros(4)), {"C": 4, "T": 3, "S": 3}),
        (transposed(3, 4, Weights=np.ones((3, 4, 1)), Bias=np.zeros(4)), {"C": 4, "T": 7, "S": 7}),
        (dl.maxPooling1dLayer(2), {"T": 4, "S": 4}),
        (dl.averagePooling1dLayer(2), {"T": 4, "S": 4}),
    ],
    ids=lambda value: getattr(value, "default_name", ""),
)
def test_one_sequence_without_other_dimensions(layer, size, fmt):
    """Its second dimension is a U of size 1."""
    x = dl.dlarray(np.arange(5.0), fmt)
    Y = layer.predict(x)
    assert {label: Y.shape[Y.fmt.index(label)] for label in "ST" if label in Y.fmt} == {
        fmt: size[fmt]
    }
    wide = layer.predict(dl.dlarray(np.arange(5.0)[:, None, None], f"{fmt}CB"))
    assert np.array_equal(np.sort(Y.data, axis=None), np.sort(wide.data, axis=None))
    net = dl.dlnetwork([layer], x)
    assert (net.predict(x).fmt, net.predict(x).shape) == (Y.fmt, Y.shape)
    if "C" in size:
        assert Y.shape[Y.fmt.index("C")] == size["C"]


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (conv(3, 4), "Weights"),
        (conv(3, 4, Bias=np.zeros(4)), "Weights"),
        (conv(3, 4, Weights=W), "Bias"),
        (transposed(3, 4), "Weights"),
        (transposed(3, 4, Weights=V), "Bias"),
        (dl.fullyConnectedLayer(4), "Weights"),
        (dl.fullyConnectedLayer(4, Weights=np.ones((4, 5))), "Bias"),
        (dl.layerNormalizationLayer(), "Offset"),
        (dl.layerNormalizationLayer(Offset=np.zeros(5)), "Scale"),
    ],
)
def test_a_layer_without_parameters_raises(layer, name):
    text = (
        rf"{layer.constructor_name()}: {name} is not set: a network initializes its layers\. Put "
        rf"the layer in dlnetwork, or set {name}"
    )
    with pytest.raises(ValueError, match=text):
        layer.predict(X)
