"""Small networks, and a comparison of their predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

import dlarray as dl


def block(filters: int) -> list[dl.Layer]:
    convolution = dl.convolution1dLayer(5, filters, Padding="causal")
    return [convolution, dl.reluLayer(), dl.layerNormalizationLayer()]


def ex1() -> dl.dlnetwork:
    head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(4), dl.softmaxLayer()]
    return dl.dlnetwork([dl.sequenceInputLayer(3), *block(32), *block(64), *head])


def small(**options: Any) -> dl.dlnetwork:
    layers = [dl.sequenceInputLayer(3), dl.convolution1dLayer(3, 4, Padding="same"), dl.reluLayer()]
    return dl.dlnetwork(layers, **options)


def only(layer: dl.Layer, **options: Any) -> dl.dlnetwork:
    return dl.dlnetwork([layer], **options)


def assert_equal_predictions(one: dl.dlnetwork, other: dl.dlnetwork, X: Any) -> None:
    assert np.array_equal(one.predict(X), other.predict(X))
