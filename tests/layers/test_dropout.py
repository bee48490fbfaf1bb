"""`dropoutLayer`: which elements are kept, and their values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl

DISPLAY = """
  DropoutLayer with properties:

           Name: ''

   Hyperparameters
    Probability: 0.5000
"""


def network(probability: float) -> dl.dlnetwork:
    layout = dl.networkDataLayout((10, None), "CB")
    return dl.dlnetwork([dl.dropoutLayer(probability)], layout)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.75])
def test_kept_elements_are_divided_by_the_probability_to_keep(probability, rng):
    x = rng.standard_normal((10, 5000)).astype("f4") + 10
    y = network(probability).forward(dl.dlarray(x, "CB")).data
    kept = y != 0
    np.testing.assert_array_max_ulp(y[kept], x[kept] / np.float32(1 - probability), maxulp=1)
    assert kept.mean() == pytest.approx(1 - probability, abs=0.01)
    assert kept.mean(axis=1) == pytest.approx(np.full(10, 1 - probability), abs=0.04)


def test_prediction_gives_the_data(rng):
    X = dl.dlarray(rng.standard_normal((10, 50)), "CB")
    assert np.array_equal(network(0.5).predict(X).data, X.data)


def test_probability_zero_keeps_everything(rng):
    X = dl.dlarray(rng.standard_normal((10, 50)), "CB")
    assert np.array_equal(network(0).forward(X).data, X.data)


def test_calls_draw_different_masks_and_the_seed_repeats_them():
    net, X = network(0.5), dl.dlarray(np.ones((10, 50)), "CB")
    dl.rng(1)
    first, second = net.forward(X).data, net.forward(X).data
    dl.rng(1)
    assert np.array_equal(net.forward(X).data, first)
    assert not np.array_equal(first, second)


def test_mask_belongs_to_a_place_not_to_the_order_in_memory():
    x = np.arange(1.0, 21).reshape(4, 5)
    net = dl.dlnetwork([dl.dropoutLayer()], dl.networkDataLayout((4, 5), "CB"))
    results = []
    for data in (dl.dlarray(x, "CB"), dl.dlarray(x.T, "BC")):
        dl.rng(1)
        results.append(net.forward(data).data)
    assert np.array_equal(*results)


def test_gradient_uses_the_mask_of_the_call():
    net = network(0.5)

    def slope(X):
        Y = net.forward(X)
        return Y, dl.dlgradient(dl.sum(Y, "all"), X)

    Y, gradient = dl.dlfeval(slope, dl.dlarray(np.ones((10, 200)), "CB"))
    assert np.array_equal(gradient.data, Y.data)
    assert set(np.unique(Y.data)) == {0, 2}


def test_dropped_nan_is_zero():
    y = network(0.5).forward(dl.dlarray(np.full((10, 50), np.nan), "CB")).data
    assert (np.isnan(y) | (y == 0)).all()
    assert np.isnan(y).any() and (y == 0).any()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "must be a number, at least 0 and below 1; got 1"),
        (-0.1, "must be a number, at least 0 .*; got -0.1"),
        (1.5, "must be a number.* got 1.5"),
        ("a", "must be a number.* got 'a'"),
        (float("nan"), "must be a number.* got nan"),
        (True, "must be a number.* got True"),
    ],
    ids=str,
)
def test_probability_out_of_range_raises(value, text):
    with pytest.raises(ValueError, match=f"dropoutLayer: Probability {text}"):
        dl.dropoutLayer(value)


def test_probability_can_be_set_and_is_checked():
    layer: Any = dl.dropoutLayer()
    layer.Probability = 0.25
    assert layer.Probability == 0.25
    with pytest.raises(ValueError, match="Probability must be a number, at least 0 and below 1"):
        layer.Probability = 1


def test_display():
    assert repr(dl.dropoutLayer()) == DISPLAY


@pytest.mark.parametrize(
    ("probability", "text"), [(0.5, "50%"), (0.2, "20%"), (0.005, "0.5%"), (0, "0%")]
)
def test_line_in_a_layer_array(probability, text):
    layer = dl.dropoutLayer(probability)
    assert (layer.Type, layer.summaryText()) == ("Dropout", f"{text} dropout")
