"""What the layers with filters share: options, parameters, initialization."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from .. import _checks
from ..array import dlarray
from ..formats import ShapeError, describe, networkDataLayout
from ._calling import require_fit
from ._options import auto_integer
from ._windows import WindowLayer
from .initializers import initial_value, initializer
from .properties import Factor, Option, RealLearnable


class FilterLayer(WindowLayer, registered=False):
    """Filters that move along S, or along T where there is no S."""

    verb = "convolve"

    FilterSize = Option(_checks.integer, read_only=True)
    NumChannels = Option(auto_integer, "auto", read_only=True)
    NumFilters = Option(_checks.integer, read_only=True)
    Stride = Option(_checks.integer, 1)
    WeightsInitializer = Option(
        initializer("glorot", "he", "narrow-normal", "zeros", "ones"), "glorot", group="hidden"
    )
    BiasInitializer = Option(initializer("zeros", "narrow-normal", "ones"), "zeros", group="hidden")
    Weights = RealLearnable(size=lambda layer: layer._weights_size())
    Bias = RealLearnable(channels=True, L2Factor=0, size=lambda layer: (1, layer.NumFilters))
    WeightLearnRateFactor = Factor("Weights", "LearnRateFactor")
    WeightL2Factor = Factor("Weights", "L2Factor")
    BiasLearnRateFactor = Factor("Bias", "LearnRateFactor")
    BiasL2Factor = Factor("Bias", "L2Factor")

    @abstractmethod
    def _weights_size(self) -> tuple[Any, ...]:
        """The size of the weights; "auto" for channels that are not known."""

    def initialize(self, layout: networkDataLayout) -> None:
        self.moved_label(layout)
        channels = layout.sizeof("C")
        if self.NumChannels not in ("auto", channels):
            raise ShapeError(
                f"{self.call}: NumChannels is {self.NumChannels}; the data have {channels} "
                f"channels, {describe(layout.Size, layout.Format)}."
            )
        self.settle(NumChannels=channels)
        require_fit(self, layout)
        size, taps = self._weights_size(), self.FilterSize
        if self.Weights is None:
            self.Weights = initial_value(
                self.call,
                "Weights",
                self.WeightsInitializer,
                size,
                num_in=taps * channels,
                num_out=taps * self.NumFilters,
            )
        if self.Bias is None:
            self.Bias = initial_value(self.call, "Bias", self.BiasInitializer, (1, self.NumFilters))


def with_channels(X: dlarray) -> dlarray:
    """X with a C dimension, of size 1 if it has none."""
    return X if "C" in X.fmt else dlarray(X.stripdims(), X.fmt + "C")
