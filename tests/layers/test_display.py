"""How layers print, character by character: one layer, a layer array, values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.layers.display import value_text

LAYERS = [
    dl.sequenceInputLayer(3, MinLength=12),
    dl.convolution1dLayer(11, 96),
    dl.reluLayer(),
    dl.globalMaxPooling1dLayer(),
    dl.fullyConnectedLayer(10),
    dl.softmaxLayer(),
]

ARRAY = """\
  6×1 Layer array with layers:

     1   ''   Sequence Input           Sequence input with 3 dimensions
     2   ''   1-D Convolution          96 11 convolutions with stride 1 and padding [0  0]
     3   ''   ReLU                     ReLU
     4   ''   1-D Global Max Pooling   1-D global max pooling
     5   ''   Fully Connected          10 fully connected layer
     6   ''   Softmax                  softmax"""

IN_NETWORK = """\
  4×1 Layer array with layers:

     1   'sequenceinput'   Sequence Input        Sequence input with 3 dimensions
     2   'first'           1-D Convolution       4 5×3 convolutions with stride 1 and padding \
'causal'
     3   'layernorm'       Layer Normalization   Layer normalization with 4 channels
     4   'dropout'         Dropout               50% dropout"""


class Scaled(dl.Layer, dl.Formattable):
    Factor = dl.Option(lambda call, name, value: float(value), 2.5)
    Note = dl.Option(lambda call, name, value: value, "a note", group="first")
    Hidden = dl.Option(lambda call, name, value: value, 1, group="hidden")
    Scale = dl.Learnable()
    Last = dl.State()


def test_layer_array():
    assert repr(dl.LayerArray(LAYERS)) == ARRAY


def test_layer_array_of_a_network():
    convolution = dl.convolution1dLayer(5, 4, Padding="causal", Name="first")
    layers = [dl.sequenceInputLayer(3), convolution, dl.layerNormalizationLayer()]
    assert repr(dl.dlnetwork([*layers, dl.dropoutLayer()]).Layers) == IN_NETWORK


def test_index_is_right_aligned_to_column_six():
    lines = repr(dl.LayerArray([dl.reluLayer()] * 11)).split("\n")
    assert lines[0] == "  11×1 Layer array with layers:"
    assert lines[2] == "     1   ''   ReLU   ReLU"
    assert lines[-1] == "    11   ''   ReLU   ReLU"


def test_empty_layer_array():
    assert repr(dl.LayerArray()) == "  0×1 Layer array with layers:\n"


def test_groups_of_a_custom_layer():
    layer: Any = Scaled(Name="s")
    layer.Last = np.ones((2, 1), "f4")
    assert repr(layer) == (
        "\n  Scaled with properties:\n\n"
        "      Name: 's'\n"
        "      Note: 'a note'\n\n"
        "   Hyperparameters\n"
        "    Factor: 2.5000\n\n"
        "   Learnable Parameters\n"
        "     Scale: []\n\n"
        "   State Parameters\n"
        "      Last: [2×1 single]\n\n"
        "  Show all properties\n"
    )


def test_custom_layer_in_a_layer_array():
    described = dl.LayerArray([Scaled(), Scaled(Description="Doubles")])
    assert repr(described).split("\n")[2:] == [
        "     1   ''   Scaled   Scaled",
        "     2   ''   Scaled   Doubles",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "[]"),
        ("auto", "'auto'"),
        (True, "1"),
        (np.False_, "0"),
        (3, "3"),
        (np.int64(-2), "-2"),
        (2.0, "2"),
        (0.1, "0.1000"),
        (-0.5, "-0.5000"),
        (123.456, "123.4560"),
        (1e-5, "1.0000e-05"),
        (np.float32(0.25), "0.2500"),
        (123456.5, "1.2346e+05"),
        ((4,), "4"),
        ((0, 0), "[0 0]"),
        ([28, 28, 1], "[28 28 1]"),
        ((0.5, 2), "[0.5000 2]"),
        (["in1", "in2"], "{'in1' 'in2'}"),
        (["in"], "{'in'}"),
        (np.zeros((11, 3, 96), "f4"), "[11×3×96 single]"),
        (np.zeros((2, 2)), "[2×2 double]"),
        (np.array([[0.5]]), "0.5000"),
        (dl.dlarray(np.zeros((3, 2), "f4"), "CB"), "[3×2 single]"),
        (np.sin, "@sin"),
        (len, "@len"),
        (float("inf"), "Inf"),
        (float("nan"), "NaN"),
        (np.array([[np.nan]]), "NaN"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_value(value, text):
    assert value_text(value) == text


def test_padding_value_of_nan_prints():
    assert "PaddingValue: NaN" in repr(dl.convolution1dLayer(3, 2, PaddingValue=float("nan")))


def test_a_description_stands_in_the_listing():
    layer = dl.reluLayer(Name="r")
    layer.Description = "keeps what is positive"
    assert repr(dl.LayerArray([layer])).endswith("1   'r'   ReLU   keeps what is positive")
