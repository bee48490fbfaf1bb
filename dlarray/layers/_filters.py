"""What the layers with filters share: options, parameters, initialization, the dimension."""

from __future__ import annotations

from typing import Any

from .. import _checks
from ..array import dlarray
from ..formats import FormatError, ShapeError, describe, networkDataLayout, quoted
from ..functions.window import parse_padding
from ._options import auto_integer
from .initializers import initial_value, initializer
from .layer import Formattable, Layer
from .properties import Factor, Learnable, Option


class _Unlabelled(Learnable):
    """A parameter whose axes have their meaning by position."""

    def checked(self, layer: Any, value: Any) -> dlarray:
        if isinstance(value, dlarray) and value.fmt:
            size = "×".join("?" if n == "auto" else str(n) for n in layer.weights_size())
            raise FormatError(
                f"{layer.call}: {self.name} must be unformatted, of size {size}; got "
                f"{describe(value.shape, value.fmt)}. Use stripdims."
            )
        return super().checked(layer, value)


class FilterLayer(Layer, Formattable, registered=False):
    """Filters that move along S, or along T where there is no S."""

    FilterSize = Option(_checks.integer, read_only=True)
    NumChannels = Option(auto_integer, "auto", read_only=True)
    NumFilters = Option(_checks.integer, read_only=True)
    Stride = Option(_checks.integer, 1)
    WeightsInitializer = Option(
        initializer("glorot", "he", "narrow-normal", "zeros", "ones"), "glorot", group="hidden"
    )
    BiasInitializer = Option(initializer("zeros", "narrow-normal", "ones"), "zeros", group="hidden")
    Weights = _Unlabelled(size=lambda layer: layer.weights_size())
    Bias = Learnable(L2Factor=0, size=lambda layer: (1, layer.NumFilters))
    WeightLearnRateFactor = Factor("Weights", "LearnRateFactor")
    WeightL2Factor = Factor("Weights", "L2Factor")
    BiasLearnRateFactor = Factor("Bias", "LearnRateFactor")
    BiasL2Factor = Factor("Bias", "L2Factor")

    def weights_size(self) -> tuple[Any, ...]:
        """The size of the weights; "auto" for channels that are not known."""
        raise NotImplementedError(f"{type(self).__name__}.weights_size")

    def initialize(self, layout: networkDataLayout) -> None:
        self.moved_label(layout.Format)
        channels = layout.sizeof("C")
        if self.NumChannels not in ("auto", channels):
            raise ShapeError(
                f"{self.call}: NumChannels is {self.NumChannels}; the data have {channels} "
                f"channels, {layout}."
            )
        self.settle(NumChannels=channels)
        size, taps = self.weights_size(), self.FilterSize
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

    def propagate(self, X: dlarray) -> dlarray:
        try:
            result: dlarray = self.predict(X)
        except ShapeError as error:
            if self.moved_label(X.fmt) == "T":
                error.add_note(
                    "A network is built for sequences of the MinLength of its input layer: if yours"
                    " are longer, give sequenceInputLayer their MinLength."
                )
            raise
        return result

    def moved_label(self, fmt: str) -> str:
        """The label of the dimension that the filters move along."""
        if fmt.count("S") > 1 or "U" in fmt:
            raise FormatError(
                f"{self.call}: data must be sequences or 1-D images, with labels S or T, C and B; "
                f"got {quoted(fmt)}."
            )
        for label in "ST":
            if label in fmt:
                return label
        raise FormatError(
            f"{self.call}: {quoted(fmt)} data have no S or T dimension to convolve over. To "
            "convolve over another "
            'dimension label it S, for example dlarray(x, "SBC").'
        )


def with_channels(X: dlarray) -> dlarray:
    """X with a C dimension, of size 1 if it has none."""
    return X if "C" in X.fmt else dlarray(X.stripdims(), X.fmt + "C")


def samples_at_ends(call: str, name: str, value: Any) -> tuple[int, int]:
    """The samples at both ends."""
    size = parse_padding(call, name, value, ())
    assert not isinstance(size, str)
    return size


def settled_word(call: str, name: str, value: str) -> str:
    """A mode, which another option sets."""
    return value


def ends_text(mode: str, size: tuple[int, ...] | None) -> str:
    """Samples at both ends in a layer array: "[0  0]", or the mode."""
    return f"[{'  '.join(map(str, size or ()))}]" if mode == "manual" else f"'{mode}'"
