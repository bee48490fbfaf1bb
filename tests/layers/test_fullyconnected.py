"""`fullyConnectedLayer`: flattening, initialization, errors, display."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES

DISPLAY = """
  FullyConnectedLayer with properties:

          Name: ''

   Hyperparameters
     InputSize: 'auto'
    OutputSize: 1

   Learnable Parameters
       Weights: []
          Bias: []

  Show all properties
"""


def fc(*arguments: Any, **options: Any) -> Any:
    return dl.fullyConnectedLayer(*arguments, **options)


def network(layer: dl.Layer, shape: tuple[int, ...], fmt: str) -> dl.dlnetwork:
    return dl.dlnetwork([layer], dl.networkDataLayout(shape, fmt))


@pytest.mark.parametrize(
    ("fmt", "shape", "out"),
    [
        ("CB", (3, 2), "CB"),
        ("SCB", (5, 3, 2), "CB"),
        ("SSCB", (5, 7, 3, 2), "CB"),
        ("SSSCB", (5, 7, 2, 3, 2), "CB"),
        ("CBT", (3, 2, 11), "CBT"),
        ("SCBT", (5, 3, 2, 11), "CBT"),
        ("SSSCBT", (2, 3, 2, 3, 2, 5), "CBT"),
        ("SSCT", (5, 7, 3, 11), "CT"),
        ("SC", (5, 3), "CU"),
        ("CU", (3, 1), "CU"),
        ("SB", (5, 2), "CB"),
        ("BT", (2, 11), "CBT"),
    ],
)
def test_space_and_channels_are_flattened_column_by_column(fmt, shape, out, rng):
    x = rng.standard_normal(shape)
    inner = sum(label in "SC" for label in fmt)
    inputs = math.prod(shape[:inner])
    w, b = rng.standard_normal((4, inputs)), rng.standard_normal((4, 1))
    got = network(fc(4, Weights=w, Bias=b), shape, fmt).predict(dl.dlarray(x, fmt))
    flat = x.reshape((inputs, -1), order="F")
    want = (w @ flat + b).reshape((4, *(shape[inner:] or (1,))), order="F")
    if fmt == "CU":
        want = w @ x + b
    assert got.fmt == out
    np.testing.assert_allclose(
        got.data, want, rtol=0, atol=TOLERANCES[np.float64] * 10 * np.sqrt(inputs)
    )


def test_a_wide_unlabelled_dimension_is_kept(rng):
    x = rng.standard_normal((3, 5))
    w = rng.standard_normal((4, 3))
    got = network(fc(4, Weights=w, Bias=np.zeros((4, 1))), (3, 5), "CU").predict(
        dl.dlarray(x, "CU")
    )
    assert got.fmt == "CU"
    np.testing.assert_allclose(got.data, w @ x, rtol=0, atol=10 * TOLERANCES[np.float64])


def test_golden_example(rng):
    x = rng.random((12, 12, 32, 1))
    layer = fc(10, WeightsInitializer="ones", BiasInitializer="ones")
    got = network(layer, x.shape, "SSCB").predict(dl.dlarray(x, "SSCB"))
    assert (got.fmt, got.shape) == ("CB", (10, 1))
    assert got.dtype == np.float32  # as the parameters that initializers make
    np.testing.assert_allclose(got.data, x.sum() + 1, rtol=TOLERANCES[np.float32])


def test_defaults():
    layer = fc(10)
    assert (layer.OutputSize, layer.InputSize) == (10, "auto")
    assert (layer.WeightsInitializer, layer.BiasInitializer) == ("glorot", "zeros")
    assert layer.Weights is layer.Bias is None
    assert [
        layer.WeightLearnRateFactor,
        layer.BiasLearnRateFactor,
        layer.WeightL2Factor,
        layer.BiasL2Factor,
    ] == [1, 1, 1, 0]


def test_initialization_sets_the_input_size_and_both_parameters():
    net = network(fc(4), (5, 3, 2), "SCB")
    layer: Any = net.Layers[0]
    weights, bias = net.Learnables.Value
    assert layer.InputSize == 15
    assert net.Learnables.Parameter == ["Weights", "Bias"]
    assert (weights.shape, bias.shape) == ((4, 15), (4, 1))
    assert weights.dtype == bias.dtype == np.float32
    assert (bias.data == 0).all()


def weights(outputs: int, inputs: int, **options: Any) -> np.ndarray:
    return network(fc(outputs, **options), (inputs, 1), "CB").Learnables.Value[0].data


def test_glorot_stays_in_its_bound():
    w = weights(200, 300)
    bound = math.sqrt(6 / 500)
    assert 0.999 * bound < np.abs(w).max() <= np.float32(bound)
    assert w.var() == pytest.approx(bound**2 / 3, rel=0.03)


def test_he_counts_the_inputs():
    assert weights(200, 300, WeightsInitializer="he").std() == pytest.approx(
        math.sqrt(2 / 300), rel=0.03
    )


@pytest.mark.parametrize(("outputs", "inputs"), [(5, 5), (11, 3), (3, 11)])
def test_orthogonal_weights_are_orthonormal(outputs, inputs):
    w = weights(outputs, inputs, WeightsInitializer="orthogonal").astype(float)
    product = w.T @ w if outputs >= inputs else w @ w.T
    np.testing.assert_allclose(product, np.eye(min(outputs, inputs)), rtol=0, atol=1e-6)


def test_initializer_functions_get_the_sizes():
    seen: list[tuple[int, ...]] = []

    def ones(size):
        seen.append(size)
        return np.ones(size)

    network(fc(4, WeightsInitializer=ones, BiasInitializer=ones), (3, 2), "CB")
    assert seen == [(4, 3), (4, 1)]


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"outputSize": 0}, ValueError, "OutputSize must be a positive integer; got 0"),
        ({"outputSize": 1.5}, ValueError, "OutputSize must be a positive integer; got 1.5"),
        ({"WeightsInitializer": "glorot2"}, ValueError, "WeightsInitializer must be one of"),
        ({"BiasInitializer": "he"}, ValueError, "BiasInitializer must be one of"),
        ({"Weights": np.ones((3, 3))}, dl.ShapeError, r"Weights must have size 4×\?; got 3×3"),
        ({"Bias": np.ones((3, 1))}, dl.ShapeError, "Bias must have size 4×1; got 3×1"),
        ({"InputSize": 3}, TypeError, "there is no option InputSize"),
        ({"BiasL2Factor": -1}, ValueError, "L2Factor of Bias must be a number, at least 0"),
    ],
)
def test_values_out_of_range_raise(options, error, text):
    with pytest.raises(error, match="fullyConnectedLayer: " + text):
        fc(**{"outputSize": 4, **options})


@pytest.mark.parametrize("name", ["OutputSize", "InputSize"])
def test_sizes_are_read_only(name):
    layer = fc(4)
    with pytest.raises(AttributeError, match=f"FullyConnectedLayer.{name} is read-only"):
        setattr(layer, name, 5)


def test_weights_that_do_not_fit_the_data_raise():
    with pytest.raises(
        dl.ShapeError, match=r"Weights must have size 4×3; got 4×7\. The data are 3"
    ):
        network(fc(4, Weights=np.ones((4, 7))), (3, 2), "CB")


def test_sizes_must_be_known():
    with pytest.raises(
        dl.ShapeError, match=r"needs fixed S and C sizes; the data are .*\?\(S\) × 3"
    ):
        fc(4).initialize(dl.networkDataLayout((None, 3, 2), "SCB"))


def test_layer_of_another_network_keeps_its_input_size():
    layer = network(fc(4), (3, 2), "CB").Layers[0]
    with pytest.raises(
        dl.ShapeError, match=r"InputSize is 3; the data have 5 inputs, .*5.C. × 2.B"
    ):
        network(layer, (5, 2), "CB")


def test_other_sizes_than_at_initialization_raise_with_the_layer_named():
    net = network(fc(4), (5, 3, 2), "SCB")
    with pytest.raises(dl.ShapeError, match="18 inputs an observation") as caught:
        net.predict(dl.dlarray(np.ones((6, 3, 2)), "SCB"))
    assert caught.value.__notes__ == ["in layer 'fc' (FullyConnectedLayer, 1 of 1), method predict"]


def test_display():
    assert repr(fc(1)) == DISPLAY


def test_line_in_a_layer_array():
    layer = fc(10)
    assert (layer.Type, layer.summaryText()) == ("Fully Connected", "10 fully connected layer")
