"""`transposedConv1dLayer`: properties, initialization, display."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.layers.convolutions import assert_normal, assert_uniform, first, network, transposed

DISPLAY = """
  TransposedConvolution1DLayer with properties:

            Name: ''

   Hyperparameters
      FilterSize: 11
     NumChannels: 'auto'
      NumFilters: 96
          Stride: 4
    CroppingMode: 'manual'
    CroppingSize: [0 0]

   Learnable Parameters
         Weights: []
            Bias: []

  Show all properties
"""

DISPLAY_IN_NETWORK = """
  TransposedConvolution1DLayer with properties:

            Name: 'transposed-conv1d'

   Hyperparameters
      FilterSize: 5
     NumChannels: 3
      NumFilters: 7
          Stride: 2
    CroppingMode: 'same'
    CroppingSize: [1 2]

   Learnable Parameters
         Weights: [5×7×3 single]
            Bias: [1×7 single]

  Show all properties
"""


# -- properties


def test_defaults():
    layer = transposed(11, 96)
    names = (
        "FilterSize NumFilters Stride CroppingSize CroppingMode NumChannels WeightsInitializer "
        "BiasInitializer Weights Bias WeightLearnRateFactor BiasLearnRateFactor WeightL2Factor "
        "BiasL2Factor Name NumInputs InputNames NumOutputs OutputNames"
    ).split()
    assert {name: getattr(layer, name) for name in names} == {
        "FilterSize": 11,
        "NumFilters": 96,
        "Stride": 1,
        "CroppingSize": (0, 0),
        "CroppingMode": "manual",
        "NumChannels": "auto",
        "WeightsInitializer": "glorot",
        "BiasInitializer": "zeros",
        "Weights": None,
        "Bias": None,
        "WeightLearnRateFactor": 1,
        "BiasLearnRateFactor": 1,
        "WeightL2Factor": 1,
        "BiasL2Factor": 0,
        "Name": "",
        "NumInputs": 1,
        "InputNames": ["in"],
        "NumOutputs": 1,
        "OutputNames": ["out"],
    }
    for absent in ("DilationFactor", "PaddingValue", "Cropping"):
        assert not hasattr(layer, absent)


@pytest.mark.parametrize(
    ("cropping", "mode", "size"),
    [
        (0, "manual", (0, 0)),
        (2, "manual", (2, 2)),
        (3.0, "manual", (3, 3)),
        ([2, 1], "manual", (2, 1)),
        (np.array([[1], [2]]), "manual", (1, 2)),
    ],
    ids=str,
)
def test_cropping_sets_mode_and_size(cropping, mode, size):
    layer = transposed(3, 2, Stride=2, Cropping=cropping)
    assert (layer.CroppingMode, layer.CroppingSize) == (mode, size)


@pytest.mark.parametrize(
    ("filter_size", "stride", "size"),
    [(3, 1, (1, 1)), (4, 1, (1, 2)), (3, 2, (0, 1)), (2, 5, (0, 0))],
)
def test_the_size_of_same_cropping_follows_filter_and_stride(filter_size, stride, size):
    """MATLAB's display of it is not confirmed."""
    layer = transposed(filter_size, 2, Cropping="SAME")
    layer.Stride = stride
    assert (layer.CroppingMode, layer.CroppingSize) == ("same", size)


def test_setting_the_cropping_size_makes_it_manual():
    layer = transposed(3, 2, Cropping="same")
    layer.CroppingSize = [1, 2]
    assert (layer.CroppingMode, layer.CroppingSize) == ("manual", (1, 2))


@pytest.mark.parametrize(
    ("name", "value"),
    [("FilterSize", 4), ("NumFilters", 4), ("NumChannels", 4), ("CroppingMode", "same")],
)
def test_read_only_properties_raise(name, value):
    text = rf"TransposedConvolution1DLayer.{name} is read-only.*new layer"
    with pytest.raises(AttributeError, match=text):
        setattr(transposed(3, 2), name, value)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("Stride", np.int64(2), 2),
        ("WeightsInitializer", "HE", "he"),
        ("BiasInitializer", "Narrow-Normal", "narrow-normal"),
        ("WeightLearnRateFactor", 0, 0),
        ("WeightL2Factor", 0.5, 0.5),
        ("BiasLearnRateFactor", 3, 3),
        ("BiasL2Factor", 2.5, 2.5),
        ("Name", "a", "a"),
    ],
)
def test_other_properties_can_be_set_and_are_normalized(name, value, stored):
    layer = transposed(3, 2)
    setattr(layer, name, value)
    assert getattr(layer, name) == stored
    if name != "Name":
        assert getattr(transposed(3, 2, **{name: value}), name) == stored


def test_weights_without_a_channel_axis_are_one_channel():
    assert transposed(3, 2, NumChannels=1, Weights=np.ones((3, 2))).Weights.shape == (3, 2, 1)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (1, 4)], ids=str)
def test_bias_needs_one_element_a_filter(shape):
    assert transposed(3, 4, Bias=np.arange(4.0).reshape(shape)).Bias.shape == (1, 4)


# -- initialization


def initialized(**options: Any) -> Any:
    return first(network(transposed(50, 100, **options), (20, 1, 5), "CBT"))


def test_glorot_is_uniform_within_its_bound():
    w = initialized().Weights.data
    assert w.shape == (50, 100, 20)
    assert_uniform(w, math.sqrt(6 / (50 * 20 + 50 * 100)))


@pytest.mark.parametrize(
    ("name", "deviation"), [("he", math.sqrt(2 / (50 * 20))), ("narrow-normal", 0.01)]
)
def test_normal_initializers_have_their_deviation(name, deviation):
    assert_normal(initialized(WeightsInitializer=name).Weights.data, deviation)


@pytest.mark.parametrize(("name", "value"), [("zeros", 0), ("ones", 1)])
def test_constant_initializers(name, value):
    layer = initialized(WeightsInitializer=name, BiasInitializer=name)
    assert (layer.Weights.data == value).all()
    assert (layer.Bias.data == value).all()
    assert (layer.Weights.dtype, layer.Bias.dtype) == (np.float32, np.float32)


def test_bias_starts_at_zero_and_may_be_narrow_normal():
    assert (initialized().Bias.data == 0).all()
    layer = transposed(1, 50_000, BiasInitializer="narrow-normal")
    assert_normal(first(network(layer, (1, 1, 1), "CBT")).Bias.data, 0.01)


def test_initializer_function_gets_the_size_and_its_result_is_single():
    seen: list[tuple[int, ...]] = []

    def half(size):
        seen.append(size)
        return np.full(size, 0.5)

    layer = initialized(WeightsInitializer=half, BiasInitializer=half)
    assert seen == [(50, 100, 20), (1, 100)]
    assert layer.Weights.dtype == np.float32
    assert (layer.Weights.data == 0.5).all()


def test_seed_decides_the_weights():
    dl.rng(3)
    one = initialized().Weights.data
    again = initialized().Weights.data
    dl.rng(3)
    assert np.array_equal(initialized().Weights.data, one)
    assert not np.array_equal(one, again)


def test_learnables_and_file_of_a_network(tmp_path):
    layers = [
        dl.sequenceInputLayer(3),
        transposed(5, 4, Stride=2, Cropping="same"),
        transposed(3, 2, Cropping=(1, 0), WeightLearnRateFactor=0),
    ]
    net = dl.dlnetwork(layers)
    assert [(layer, name, value.shape) for layer, name, value in net.Learnables.rows()] == [
        ("transposed-conv1d_1", "Weights", (5, 4, 3)),
        ("transposed-conv1d_1", "Bias", (1, 4)),
        ("transposed-conv1d_2", "Weights", (3, 2, 4)),
        ("transposed-conv1d_2", "Bias", (1, 2)),
    ]
    dl.saveNetwork(net, tmp_path / "net.safetensors")
    again = dl.loadNetwork(tmp_path / "net.safetensors")
    x = np.ones((7, 3, 2), "f4")
    assert np.array_equal(again.predict(x), net.predict(x))
    assert again.predict(x).shape == (15, 2, 2)
    assert repr(again.Layers[1]) == repr(net.Layers[1])
    assert again.Layers[2].factor("Weights", "LearnRateFactor") == 0


# -- display


def test_display():
    assert repr(transposed(11, 96, Stride=4)) == DISPLAY


def test_display_of_an_initialized_layer():
    layer = transposed(5, 7, Stride=2, Cropping="same")
    assert repr(first(network(layer, (3, 2, 20), "CBT"))) == DISPLAY_IN_NETWORK


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "96 11 transposed convolutions with stride 1 and cropping [0  0]"),
        (
            {"Cropping": [1, 2], "Stride": 3},
            "96 11 transposed convolutions with stride 3 and cropping [1  2]",
        ),
        ({"Cropping": "same"}, "96 11 transposed convolutions with stride 1 and cropping 'same'"),
        ({"NumChannels": 3}, "96 11×3 transposed convolutions with stride 1 and cropping [0  0]"),
    ],
    ids=str,
)
def test_line_in_a_layer_array(options, text):
    """MATLAB's line is not confirmed."""
    layer = transposed(11, 96, **options)
    assert (layer.Type, layer.summaryText()) == ("1-D Transposed Convolution", text)
