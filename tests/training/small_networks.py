"""Small networks, data and options to train them, and what is compared afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

import dlarray as dl


def options(solver: str = "adam", **values: Any) -> Any:
    settings = {"MaxEpochs": 3, "MiniBatchSize": 4, "Verbose": False, **values}
    return dl.trainingOptions(solver, **settings)


def layers(channels: int = 2, classes: int = 2, *more: dl.Layer, **entry: Any) -> list[dl.Layer]:
    convolution = dl.convolution1dLayer(3, 4, Padding="causal")
    body = [convolution, dl.reluLayer(), *more, dl.globalAveragePooling1dLayer()]
    head = [dl.fullyConnectedLayer(classes), dl.softmaxLayer()]
    return [dl.sequenceInputLayer(channels, **entry), *body, *head]


def linear(channels: int = 1) -> list[dl.Layer]:
    """A network whose output has one channel."""
    head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(1)]
    return [dl.sequenceInputLayer(channels), *head]


def data(rng: np.random.Generator, count: int = 12, channels: int = 2) -> tuple[Any, np.ndarray]:
    """Sequences of two classes that differ in their mean."""
    labels = np.array(["down", "up"])[np.arange(count) % 2]
    lengths = 5 + np.arange(count) % 4
    sequences = [
        (rng.standard_normal((n, channels)) + (2 if label == "up" else -2)).astype("f4")
        for n, label in zip(lengths, labels, strict=True)
    ]
    return sequences, labels


def squared(Y: dl.dlarray, T: dl.dlarray) -> dl.dlarray:
    return dl.mean((Y - T) ** 2, "all")


def weights(net: dl.dlnetwork) -> list[np.ndarray]:
    return [value.data for value in net.Learnables.Value]


def assert_same_weights(one: dl.dlnetwork, other: dl.dlnetwork) -> None:
    for a, b in zip(weights(one), weights(other), strict=True):
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)


def assert_finite(net: dl.dlnetwork) -> None:
    assert all(np.isfinite(value).all() for value in weights(net))


def train(*arguments: Any) -> tuple[dl.dlnetwork, Any]:
    return dl.trainnet(*arguments, nargout=2)


def stop_after(iteration: int) -> Any:
    return lambda progress: progress.State == "iteration" and progress.Iteration == iteration


def numbered(count: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Observations whose target is their number."""
    return [np.ones((2, 1), "f4") for _ in range(count)], np.arange(count, dtype=float)[:, None]
