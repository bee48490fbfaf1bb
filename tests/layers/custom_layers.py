"""Layers as users write them, and networks of one of them."""

from __future__ import annotations

from typing import Any

import numpy as np

import dlarray as dl


def at_most_five(call: str, name: str, value: Any) -> float:
    if value > 5:
        raise ValueError(f"{call}: {name} must be at most 5; got {value}.")
    return float(value)


class Scaled(dl.Layer, dl.Formattable):
    """One option of each kind, parameters of known and unknown size."""

    Limit = dl.Option(at_most_five, 2)
    Channels = dl.Option(at_most_five, read_only=True)
    Scale = dl.Learnable(LearnRateFactor=2, L2Factor=0.5, size=lambda layer: (layer.Channels, 1))
    Free = dl.Learnable()
    Seen = dl.State()
    ScaleLearnRateFactor = dl.Factor("Scale", "LearnRateFactor")

    def predict(self, X: dl.dlarray) -> Any:
        return X * self.Scale, self.Seen


class Broader(Scaled):
    """Declares more than its base class, and one thing anew."""

    Extra = dl.Learnable()
    Free = dl.Learnable(L2Factor=0)


class Given(dl.Layer):
    """Returns what the test gives it."""

    def __init__(self, result: Any, *, Name: str = "", **options: Any) -> None:
        super().__init__(Name=Name, **options)
        self.result = result

    def predict(self, *inputs: Any) -> Any:
        return self.result(*inputs)


class GivenFormatted(Given, dl.Formattable):
    """The same with labels."""


class Stateful(Given):
    """One state."""

    Count = dl.State()

    def initialize(self, layout: dl.networkDataLayout) -> None:
        self.Count = np.zeros((1, 1))


LAYOUT = dl.networkDataLayout((3, 2, 7), "CBT")


def network(layer: dl.Layer, layout: Any = LAYOUT) -> dl.dlnetwork:
    return dl.dlnetwork([layer], layout)


def scaled(channels: int = 3, cls: Any = Scaled) -> Any:
    layer = cls()
    layer.Channels = channels
    return layer
