"""`convolution1dLayer`: what raises an error, and what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest

import dlarray as dl
from tests.layers.convolutions import conv, first, network


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((0, 2), {}, "FilterSize must be a positive integer; got 0"),
        ((1.5, 2), {}, "FilterSize must be a positive integer; got 1.5"),
        (("3", 2), {}, "FilterSize must be a positive integer; got '3'"),
        ((True, 2), {}, "FilterSize must be a positive integer; got True"),
        ((3, -1), {}, "NumFilters must be a positive integer; got -1"),
        ((3, math.nan), {}, "NumFilters must be a positive integer; got nan"),
        ((3, 2), {"Stride": 0}, "Stride must be a positive integer; got 0"),
        ((3, 2), {"DilationFactor": 2.5}, "DilationFactor must be a positive integer; got 2.5"),
        ((3, 2), {"Padding": -1}, "Padding must be an integer, at least 0; got -1"),
        ((3, 2), {"Padding": 0.5}, "Padding must be an integer, at least 0; got 0.5"),
        ((3, 2), {"Padding": [1, 2, 3]}, r'"same", "causal", a number or two numbers .*\(1, 2, 3'),
        ((3, 2), {"Padding": [[1], [2, 3]]}, r'Padding must be "same", .*; got \[\[1\], \[2, 3'),
        ((3, 2), {"Padding": "valid"}, 'Padding must be "same", "causal", a number'),
        ((3, 2), {"PaddingValue": "edge"}, 'PaddingValue must be one of "symmetric-include-edge",'),
        ((3, 2), {"PaddingValue": [1, 2]}, r"PaddingValue must be a number or one of.*\[1, 2\]"),
        ((3, 2), {"NumChannels": 0}, "NumChannels must be 'auto' or a positive integer; got 0"),
        (
            (3, 2),
            {"NumChannels": "all"},
            "NumChannels must be 'auto' or a positive integer; got 'a",
        ),
        ((3, 2), {"WeightsInitializer": "orthogonal"}, 'one of "glorot", "he", "narrow-normal", '),
        ((3, 2), {"BiasInitializer": "glorot"}, 'BiasInitializer must be one of "zeros", "narrow-'),
        ((3, 2), {"WeightLearnRateFactor": -1}, "LearnRateFactor of Weights must be a number"),
        ((3, 2), {"BiasL2Factor": math.nan}, "L2Factor of Bias must be a number, at least 0"),
        ((3, 2), {"WeightL2Factor": math.inf}, "L2Factor of Weights must be a number, at least 0"),
    ],
)
def test_values_out_of_range_raise(arguments, options, text):
    with pytest.raises(ValueError, match="convolution1dLayer: .*" + text):
        conv(*arguments, **options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"Weights": np.ones((3, 2, 5))}, r"Weights must have size 3×\?×2; got 3×2×5"),
        ({"Weights": np.ones((3, 2))}, r"Weights must have size 3×\?×2; got 3×2"),
        ({"Weights": np.ones((4, 5, 2))}, r"Weights must have size 3×\?×2; got 4×5×2"),
        ({"NumChannels": 4, "Weights": np.ones((3, 5, 2))}, "Weights must have size 3×4×2"),
        ({"Bias": np.ones((1, 3))}, "Bias must have size 1×2; got 1×3"),
    ],
)
def test_parameters_of_another_size_raise(options, text):
    with pytest.raises(dl.ShapeError, match=text):
        conv(3, 2, **options)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"Weights": "abc"}, TypeError, "Weights: data of type <U3 are not possible"),
        ({"Weights": [[1, 2], [3]]}, TypeError, "Weights: the data are ragged"),
        ({"Bias": object()}, TypeError, "Bias: the data are Python objects"),
        (
            {"Weights": dl.dlarray(np.ones((3, 5, 2)), "SCU")},
            dl.FormatError,
            r"Weights must be unformatted, of size 3×\?×2; got 3\(S\) × 5\(C\) × 2\(U\)",
        ),
        ({"PaddingValue": None}, ValueError, "PaddingValue must be a number or one of.*got None"),
        ({"PaddingValue": True}, ValueError, "PaddingValue must be a number or one of.*got True"),
        ({"WeightsInitializer": 3}, ValueError, "or a function of the size; got 3"),
        ({"Name": 3}, TypeError, "Name must be a text; got int"),
    ],
    ids=lambda v: str(v)[:20],
)
def test_values_of_another_kind_raise(options, error, text):
    with pytest.raises(error, match="convolution1dLayer: .*" + text):
        conv(3, 2, **options)


@pytest.mark.parametrize(
    ("result", "error", "text"),
    [
        ("abc", TypeError, "must return real numbers; it returned data of type <U3"),
        (np.ones((3, 5, 2), complex), TypeError, "must return real numbers; .* complex128"),
        ([[1], [2, 3]], TypeError, "the data are ragged"),
        (None, TypeError, "must return real numbers"),
    ],
    ids=["text", "complex", "ragged", "None"],
)
def test_an_initializer_returns_real_numbers(result, error, text):
    layer = conv(3, 2, WeightsInitializer=lambda size: result)
    with pytest.raises(error, match=f"'conv1d': the initializer of Weights.*{text}"):
        network(layer, (5, 2, 7), "CBT")


def test_parameters_set_later_are_checked_too():
    layer = conv(3, 2)
    with pytest.raises(dl.ShapeError, match="Bias must have size 1×2; got 1×5"):
        layer.Bias = np.ones((1, 5))
    with pytest.raises(dl.ShapeError, match=r"Weights must have size 3×\?×2; got 2×5×2"):
        layer.Weights = np.ones((2, 5, 2))
    with pytest.raises(ValueError, match="Stride must be a positive integer"):
        layer.Stride = -1


@pytest.mark.parametrize("value", ["same", [1, 2, 3], -1, None], ids=str)
def test_padding_size_takes_samples_only(value):
    layer = conv(3, 2)
    with pytest.raises(ValueError, match="PaddingSize must be ") as caught:
        layer.PaddingSize = value
    assert " ," not in str(caught.value) and " ;" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "filterSize, numFilters must be given; the call has 0 arguments"),
        ((3,), "numFilters must be given; the call has 1 argument"),
        (
            (3, 2, 1),
            r"takes 2 arguments by place \(filterSize, numFilters\); got 3\. Options .* Stride",
        ),
    ],
    ids=["none", "one", "three"],
)
@pytest.mark.parametrize("name", ["convolution1dLayer", "transposedConv1dLayer"])
def test_filter_size_and_number_are_the_positional_arguments(name, arguments, text):
    with pytest.raises(TypeError, match=f"^{name}: {text}"):
        getattr(dl, name)(*arguments)


@pytest.mark.parametrize(
    ("name", "closest"),
    [("Strides", "Stride"), ("stride", "Stride"), ("PaddingMode", "Padding"), ("Dilation", "Dila")],
)
def test_unknown_option_names_the_closest(name, closest):
    with pytest.raises(
        TypeError, match=f"convolution1dLayer: there is no option {name}. Did you mean {closest}"
    ):
        conv(3, 2, **{name: 1})


def test_other_number_of_channels_raises_in_a_network():
    with pytest.raises(
        dl.ShapeError,
        match=r"'conv1d': NumChannels is 4; the data have 3 channels.*3.C. × 2.B. × 7",
    ):
        network(conv(3, 2, NumChannels=4), (3, 2, 7), "CBT")


def test_other_channels_than_at_initialization_raise_with_the_layer_named():
    net = network(conv(3, 2), (3, 2, 7), "CBT")
    with pytest.raises(dl.ShapeError, match="input channels differ") as caught:
        net.predict(dl.dlarray(np.ones((4, 2, 7)), "CBT"))
    assert caught.value.__notes__ == [
        "in layer 'conv1d' (Convolution1DLayer, 1 of 1), method predict"
    ]


def test_filter_longer_than_the_padded_data_raises():
    with pytest.raises(dl.ShapeError, match=r"filter is longer than the padded input.*length 7"):
        network(conv(4, 2, DilationFactor=3, Padding=1), (3, 2, 7), "CBT")


def test_input_layer_with_too_short_sequences_is_reported_when_the_network_is_built():
    with pytest.raises(dl.ShapeError, match="filter is longer than the padded input"):
        dl.dlnetwork([dl.sequenceInputLayer(3), conv(11, 96)])
    dl.dlnetwork([dl.sequenceInputLayer(3, MinLength=11), conv(11, 96)])


@pytest.mark.parametrize(
    ("value", "padding", "text"),
    [
        ("symmetric-include-edge", 4, "mirrors at most 3 of 3 samples"),
        ("symmetric-exclude-edge", 3, "mirrors at most 2 of 3 samples"),
    ],
)
def test_mirrored_padding_is_no_longer_than_the_data(value, padding, text):
    with pytest.raises(dl.ShapeError, match=text):
        network(conv(2, 2, Padding=padding, PaddingValue=value), (1, 1, 3), "CBT")
    network(conv(2, 2, Padding=padding - 1, PaddingValue=value), (1, 1, 3), "CBT")


def test_nothing_to_replicate_raises():
    net = network(conv(2, 2, Padding=1, PaddingValue="replicate"), (1, 1, 3), "CBT")
    with pytest.raises(dl.ShapeError, match="no sample to replicate: the input has length 0"):
        net.predict(dl.dlarray(np.zeros((1, 1, 0)), "CBT"))


NOTE = "if yours are longer, give MinLength, or longer example data"


@pytest.mark.parametrize(
    ("layer", "shape", "fmt", "noted"),
    [
        (conv(8, 2), (3, 2, 7), "CBT", True),
        (conv(3, 2, DilationFactor=4, Padding=[1, 0]), (3, 2, 7), "CBT", True),
        (dl.maxPooling1dLayer(8), (3, 2, 7), "CBT", True),
        (dl.transposedConv1dLayer(3, 2, Cropping=30), (3, 2, 7), "CBT", True),
        (conv(8, 2), (7, 3, 2), "SCB", False),
        (dl.maxPooling1dLayer(8), (7, 3, 2), "SCB", False),
        (conv(2, 2, Padding=7, PaddingValue="symmetric-exclude-edge"), (3, 2, 7), "CBT", False),
    ],
)
def test_longer_sequences_are_advised_where_they_would_do(layer, shape, fmt, noted):
    with pytest.raises(dl.ShapeError) as caught:
        network(layer, shape, fmt)
    assert any(NOTE in note for note in caught.value.__notes__) is noted


def test_longer_sequences_are_not_advised_for_other_channels():
    layer = first(network(conv(3, 2), (3, 2, 7), "CBT"))
    with pytest.raises(dl.ShapeError, match="input channels differ") as caught:
        layer.propagate(dl.dlarray(np.ones((4, 2, 7)), "CBT"))
    assert not hasattr(caught.value, "__notes__")
