"""`convolution1dLayer`: properties, initialization, display."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.layers.convolutions import assert_normal, assert_uniform, conv, first, network

DISPLAY = """
  Convolution1DLayer with properties:

              Name: ''

   Hyperparameters
        FilterSize: 11
       NumChannels: 'auto'
        NumFilters: 96
            Stride: 1
    DilationFactor: 1
       PaddingMode: 'manual'
       PaddingSize: [0 0]
      PaddingValue: 0

   Learnable Parameters
           Weights: []
              Bias: []

  Show all properties
"""

DISPLAY_IN_NETWORK = """
  Convolution1DLayer with properties:

              Name: 'conv1d'

   Hyperparameters
        FilterSize: 5
       NumChannels: 3
        NumFilters: 7
            Stride: 2
    DilationFactor: 3
       PaddingMode: 'causal'
       PaddingSize: [12 0]
      PaddingValue: 'replicate'

   Learnable Parameters
           Weights: [5×3×7 single]
              Bias: [1×7 single]

  Show all properties
"""


# -- properties


def test_defaults():
    layer = conv(11, 96)
    got = {
        name: getattr(layer, name)
        for name in (
            "FilterSize NumFilters Stride DilationFactor PaddingSize PaddingMode PaddingValue "
            "NumChannels WeightsInitializer BiasInitializer Weights Bias WeightLearnRateFactor "
            "BiasLearnRateFactor WeightL2Factor BiasL2Factor Name NumInputs InputNames NumOutputs "
            "OutputNames"
        ).split()
    }
    assert got == {
        "FilterSize": 11,
        "NumFilters": 96,
        "Stride": 1,
        "DilationFactor": 1,
        "PaddingSize": (0, 0),
        "PaddingMode": "manual",
        "PaddingValue": 0,
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


@pytest.mark.parametrize(
    ("padding", "mode", "size"),
    [
        (0, "manual", (0, 0)),
        (2, "manual", (2, 2)),
        (3.0, "manual", (3, 3)),
        ([2, 1], "manual", (2, 1)),
        ((0, 4), "manual", (0, 4)),
        (np.array([[1], [2]]), "manual", (1, 2)),
        ("same", "same", None),
        ("CAUSAL", "causal", (8, 0)),
    ],
    ids=str,
)
def test_padding_sets_mode_and_size(padding, mode, size):
    layer = conv(3, 2, DilationFactor=4, Padding=padding)
    assert (layer.PaddingMode, layer.PaddingSize) == (mode, size)


def test_setting_the_padding_size_makes_it_manual():
    layer = conv(3, 2, Padding="same")
    layer.PaddingSize = [1, 2]
    assert (layer.PaddingMode, layer.PaddingSize) == ("manual", (1, 2))


def test_the_size_of_causal_padding_follows_the_dilation():
    layer = conv(3, 2, Padding="causal")
    layer.DilationFactor = 5
    assert (layer.PaddingMode, layer.PaddingSize) == ("causal", (10, 0))


def test_the_size_of_same_padding_is_known_where_the_length_is():
    """What MATLAB shows before and after sizing is not confirmed."""
    layer = conv(4, 2, Padding="same")
    assert "PaddingSize: []" in repr(layer)
    assert first(network(layer, (9, 3, 2), "SCB")).PaddingSize == (1, 2)
    assert first(network(layer, (3, 2, 9), "CBT")).PaddingSize is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FilterSize", 4),
        ("NumFilters", 4),
        ("NumChannels", 4),
        ("PaddingMode", "same"),
        ("PaddingValue", 1),
    ],
)
def test_read_only_properties_raise(name, value):
    layer = conv(3, 2)
    with pytest.raises(AttributeError, match=rf"Convolution1DLayer.{name} is read-only.*new layer"):
        setattr(layer, name, value)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("Stride", np.int64(2), 2),
        ("DilationFactor", 3.0, 3),
        ("WeightsInitializer", "HE", "he"),
        ("BiasInitializer", "Narrow-Normal", "narrow-normal"),
        ("WeightLearnRateFactor", 0, 0),
        ("BiasL2Factor", 2.5, 2.5),
        ("Name", "a", "a"),
    ],
)
def test_other_properties_can_be_set_and_are_normalized(name, value, stored):
    layer = conv(3, 2)
    setattr(layer, name, value)
    assert getattr(layer, name) == stored


def test_padding_value_is_stored_in_its_documented_spelling():
    assert conv(3, 2, PaddingValue="Replicate").PaddingValue == "replicate"
    assert conv(3, 2, PaddingValue=7).PaddingValue == 7


def test_factors_of_one_layer_do_not_reach_another():
    layer, other = conv(3, 2), conv(3, 2)
    layer.WeightLearnRateFactor = 3
    copied = layer.copy()
    copied.WeightLearnRateFactor = 5
    factors = [each.WeightLearnRateFactor for each in (layer, other, copied)]
    assert factors == [3, 1, 5]


def test_factors_by_parameter_are_those_by_name():
    layer = conv(3, 2, BiasLearnRateFactor=4)
    layer.setFactor("Bias", "L2Factor", 0.5)
    assert layer.factor("Bias", "LearnRateFactor") == 4
    assert layer.BiasL2Factor == 0.5


def test_weights_without_a_filter_axis_are_one_filter():
    assert conv(3, 1, Weights=np.ones((3, 2))).Weights.shape == (3, 2, 1)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (1, 4)], ids=str)
def test_bias_needs_one_element_a_filter(shape):
    assert conv(3, 4, Bias=np.arange(4.0).reshape(shape)).Bias.shape == (1, 4)


# -- initialization


def initialized(**options: Any) -> Any:
    return first(network(conv(50, 100, **options), (20, 1, 50), "CBT"))


def test_glorot_is_uniform_within_its_bound():
    w = initialized().Weights.data
    assert w.shape == (50, 20, 100)
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
    assert layer.Bias.shape == (1, 100)


def test_bias_starts_at_zero():
    assert (initialized().Bias.data == 0).all()


def test_initializers_leave_what_is_set():
    w, b = np.full((50, 20, 100), 2.0), np.full((1, 100), 3.0)
    layer = initialized(Weights=w, Bias=b, WeightsInitializer="ones", BiasInitializer="ones")
    assert (layer.Weights.data == 2).all()
    assert (layer.Bias.data == 3).all()


def test_narrow_normal_bias():
    layer = conv(1, 50_000, BiasInitializer="narrow-normal")
    assert_normal(first(network(layer, (1, 1, 1), "CBT")).Bias.data, 0.01)


def test_initializer_function_gets_the_size_and_its_result_is_single():
    seen: list[tuple[int, ...]] = []

    def half(size):
        seen.append(size)
        return np.full(size, 0.5)

    layer = initialized(WeightsInitializer=half, BiasInitializer=half)
    assert seen == [(50, 20, 100), (1, 100)]
    assert layer.Weights.dtype == np.float32
    assert (layer.Weights.data == 0.5).all()


def test_initializer_function_of_another_size_raises():
    with pytest.raises(
        ValueError, match=r"initializer of Weights must return an array of size \(50, 20, 100\)"
    ):
        initialized(WeightsInitializer=lambda size: np.zeros(3))


def test_seed_decides_the_weights():
    dl.rng(3)
    one = initialized().Weights.data
    again = initialized().Weights.data
    dl.rng(3)
    assert np.array_equal(initialized().Weights.data, one)
    assert not np.array_equal(one, again)


# -- display


def test_display():
    assert repr(conv(11, 96)) == DISPLAY


def test_display_of_an_initialized_layer():
    layer = conv(5, 7, Stride=2, DilationFactor=3, Padding="causal", PaddingValue="replicate")
    assert repr(first(network(layer, (3, 2, 20), "CBT"))) == DISPLAY_IN_NETWORK


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"Padding": "same"}, "       PaddingMode: 'same'"),
        ({"Padding": [2, 1]}, "       PaddingSize: [2 1]"),
        ({"PaddingValue": 7}, "      PaddingValue: 7"),
        ({"PaddingValue": 0.5}, "      PaddingValue: 0.5000"),
        (
            {"PaddingValue": "Symmetric-Exclude-Edge"},
            "      PaddingValue: 'symmetric-exclude-edge'",
        ),
        ({"NumChannels": 3}, "       NumChannels: 3"),
        ({"Weights": np.ones((11, 3, 96))}, "           Weights: [11×3×96 double]"),
        ({"Bias": np.ones((1, 96), "f4")}, "              Bias: [1×96 single]"),
    ],
    ids=lambda v: str(v)[:24],
)
def test_display_of_options(options, line):
    shown = repr(conv(11, 96, **options)).split("\n")
    plain = DISPLAY.split("\n")
    assert line in shown
    assert len(shown) == len(plain)
    name = line.split(":")[0]
    assert [row for row in shown if row.split(":")[0] == name] == [line]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "96 11 convolutions with stride 1 and padding [0  0]"),
        ({"Padding": [1, 2]}, "96 11 convolutions with stride 1 and padding [1  2]"),
        ({"Padding": "same"}, "96 11 convolutions with stride 1 and padding 'same'"),
        ({"Padding": "causal"}, "96 11 convolutions with stride 1 and padding 'causal'"),
        ({"NumChannels": 3}, "96 11×3 convolutions with stride 1 and padding [0  0]"),
        (
            {"DilationFactor": 2, "Stride": 3},
            "96 11 convolutions with stride 3, dilation factor 2, and padding [0  0]",
        ),
    ],
    ids=str,
)
def test_line_in_a_layer_array(options, text):
    layer = conv(11, 96, **options)
    assert (layer.Type, layer.summaryText()) == ("1-D Convolution", text)
