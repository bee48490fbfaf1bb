"""`layerNormalizationLayer`: over which dimensions, initialization, errors, display."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import naive

SIZES = {"S": (5, 11), "C": (3,), "B": (2,), "T": (7,)}
CHANNELS, IMAGES, EXCLUDED = "C", "SC", "SCTU"

DISPLAY = """
  LayerNormalizationLayer with properties:

                  Name: ''
           NumChannels: 'auto'

   Hyperparameters
               Epsilon: 1.0000e-05
    OperationDimension: 'auto'

   Learnable Parameters
                Offset: []
                 Scale: []

  Show all properties
"""


def layernorm(**options: Any) -> Any:
    return dl.layerNormalizationLayer(**options)


def sizes(fmt: str) -> tuple[int, ...]:
    return tuple(SIZES[label][fmt[:i].count(label)] for i, label in enumerate(fmt))


def network(layer: dl.Layer, fmt: str) -> dl.dlnetwork:
    return dl.dlnetwork([layer], dl.networkDataLayout(sizes(fmt), fmt))


@pytest.mark.parametrize(
    ("operation", "fmt", "joined"),
    [
        ("auto", "CB", CHANNELS),
        ("auto", "CBT", CHANNELS),
        ("auto", "SCB", CHANNELS),
        ("auto", "SCBT", CHANNELS),
        ("auto", "SSCB", EXCLUDED),
        ("channel-only", "CBT", CHANNELS),
        ("channel-only", "SSCB", CHANNELS),
        ("spatial-channel", "CBT", CHANNELS),
        ("spatial-channel", "SCBT", IMAGES),
        ("spatial-channel", "SSCB", IMAGES),
        ("batch-excluded", "CB", EXCLUDED),
        ("batch-excluded", "CBT", EXCLUDED),
        ("batch-excluded", "SCBT", EXCLUDED),
        ("batch-excluded", "CT", EXCLUDED),
    ],
)
def test_operation_dimension_decides_what_is_normalized_together(operation, fmt, joined, rng):
    x = 3 * rng.standard_normal(sizes(fmt)) + 1
    offset, scale = rng.standard_normal((2, 3, 1))
    layer = layernorm(OperationDimension=operation, Offset=offset, Scale=scale, Epsilon=0.01)
    got = network(layer, fmt).predict(dl.dlarray(x, fmt))
    axes = tuple(i for i, label in enumerate(fmt) if label in joined)
    want = naive.layernorm(x, axes, fmt.index("C"), offset, scale, 0.01)
    assert got.fmt == fmt
    np.testing.assert_allclose(got.data, want, rtol=0, atol=20 * TOLERANCES[np.float64])


def test_golden_values():
    net = dl.dlnetwork([layernorm()], dl.networkDataLayout((3, 1), "CB"))
    got = net.predict(dl.dlarray([1.0, 2.0, 4.0], "C")).data.ravel()
    np.testing.assert_allclose(got, [-1.069042, -0.267260, 1.336302], rtol=0, atol=1e-6)


def test_constant_channels_give_the_offset():
    net = network(layernorm(Offset=[[1], [2], [3]]), "CB")
    got = net.predict(dl.dlarray(np.full((3, 2), 5.0), "CB"))
    assert got.data.tolist() == [[1, 1], [2, 2], [3, 3]]


def test_defaults():
    layer = layernorm()
    assert (layer.Epsilon, layer.OperationDimension, layer.NumChannels) == (1e-5, "auto", "auto")
    assert (layer.OffsetInitializer, layer.ScaleInitializer) == ("zeros", "ones")
    assert layer.Offset is layer.Scale is None
    assert [
        layer.OffsetLearnRateFactor,
        layer.ScaleLearnRateFactor,
        layer.OffsetL2Factor,
        layer.ScaleL2Factor,
    ] == [1, 1, 1, 1]


def test_initial_values_are_zero_and_one_a_channel():
    net = network(layernorm(), "SCB")
    offset, scale = net.Learnables.Value
    assert net.Learnables.Parameter == ["Offset", "Scale"]
    assert offset.shape == scale.shape == (3, 1)
    assert offset.dtype == scale.dtype == np.float32
    assert (offset.data == 0).all() and (scale.data == 1).all()
    layer: Any = net.Layers[0]
    assert layer.NumChannels == 3


@pytest.mark.parametrize("name", ["Offset", "Scale"])
@pytest.mark.parametrize(
    ("kind", "value"), [("zeros", 0), ("Ones", 1), (lambda size: np.full(size, 7), 7)]
)
def test_initializers(name, kind, value):
    net = network(layernorm(**{f"{name}Initializer": kind}), "CB")
    column = dict(zip(net.Learnables.Parameter, net.Learnables.Value, strict=True))
    assert (column[name].data == value).all()


def test_narrow_normal_scale_is_small():
    net = network(layernorm(ScaleInitializer="narrow-normal"), "CB")
    assert 0 < np.abs(net.Learnables.Value[1].data).max() < 0.1


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"Epsilon": float("inf")}, "Epsilon must be a number, above 0 and finite; got inf"),
        ({"Epsilon": 0}, "Epsilon must be a number, above 0 and finite; got 0"),
        ({"Epsilon": "a"}, "Epsilon must be a number, above 0 and finite; got 'a'"),
        ({"OperationDimension": "C"}, 'OperationDimension must be one of "auto", "channel-only"'),
        ({"ScaleInitializer": "he"}, 'ScaleInitializer must be one of "ones", "zeros", "narrow-'),
        ({"OffsetInitializer": 3}, "OffsetInitializer must be one of"),
        ({"ScaleL2Factor": -1}, "L2Factor of Scale must be a number, at least 0"),
    ],
)
def test_values_out_of_range_raise(options, text):
    with pytest.raises(ValueError, match="layerNormalizationLayer: " + text):
        layernorm(**options)


def test_number_of_channels_is_read_only():
    layer = layernorm()
    with pytest.raises(AttributeError, match=r"LayerNormalizationLayer\.NumChannels is read-only"):
        layer.NumChannels = 3


def test_data_without_channels_raise():
    with pytest.raises(
        dl.FormatError, match=r"needs a C dimension; the data are 2.B. × 7.T.\. Label"
    ):
        network(layernorm(), "BT")


@pytest.mark.parametrize("name", ["Offset", "Scale"])
def test_parameter_of_another_number_of_channels_raises(name):
    with pytest.raises(dl.ShapeError, match=f"{name} must have size 3×1; got 4×1. The data are 3"):
        network(layernorm(**{name: np.ones((4, 1))}), "CB")


def test_layer_of_another_network_keeps_its_number_of_channels():
    layer = network(layernorm(), "CB").Layers[0]
    with pytest.raises(dl.ShapeError, match="NumChannels is 3; the data have 4 channels"):
        dl.dlnetwork([layer], dl.networkDataLayout((4, 2), "CB"))


def test_display():
    assert repr(layernorm()) == DISPLAY


@pytest.mark.parametrize("fmt", [None, "CBT"])
def test_line_in_a_layer_array(fmt):
    layer = layernorm() if fmt is None else network(layernorm(), fmt).Layers[0]
    channels = "" if fmt is None else " with 3 channels"
    assert (layer.Type, layer.summaryText()) == (
        "Layer Normalization",
        f"Layer normalization{channels}",
    )
