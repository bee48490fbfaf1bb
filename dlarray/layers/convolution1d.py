"""`convolution1dLayer`."""

from __future__ import annotations

from typing import Any

from .. import _checks
from ..array import dlarray
from ..formats import FormatError, ShapeError, networkDataLayout, quoted
from ..functions import dlconv, relu
from ..functions.window import padding_amounts, parse_padding, parse_padding_value
from ._options import auto_integer
from .initializers import Initializer, initial_value, initializer
from .layer import Formattable, Layer
from .properties import Factor, Learnable, Option
from .relu import ReLULayer


def _padding_size(call: str, name: str, value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    size = parse_padding(call, name, value, ())
    assert not isinstance(size, str)
    return size


def _mode(call: str, name: str, value: str) -> str:
    return value


def _padding_value(call: str, name: str, value: Any) -> str | float:
    return parse_padding_value(call, value)


class _PaddingSize(Option):
    """Setting it makes the padding a manual one."""

    def __set__(self, layer: Any, value: Any) -> None:
        super().__set__(layer, value)
        layer.settle(PaddingMode="manual")


class Convolution1DLayer(Layer, Formattable):
    """Convolve sequences over time, or 1-D images over space.

    Parameters
    ----------
    filterSize, numFilters : positive integers.
    Stride, DilationFactor : steps of the filter, and between its taps.
    Padding : "same", "causal", samples at both ends, or (left, right).
    PaddingValue : a number, "symmetric-include-edge", "symmetric-exclude-edge" or "replicate".
    NumChannels : "auto" (from the data) or a positive integer.
    WeightsInitializer : "glorot", "he", "narrow-normal", "zeros", "ones" or a function of the size.
    BiasInitializer : "zeros", "narrow-normal", "ones" or a function of the size.
    Weights, Bias : filterSize × numChannels × numFilters and 1 × numFilters; None to initialize.
    WeightLearnRateFactor, BiasLearnRateFactor, WeightL2Factor, BiasL2Factor : at least 0.

    Formats: "CBT" and "CT" convolve T; "SCB", "SCBT", "SC" and "SCT" convolve S; the format stays.
    Without C the data count as one channel.

    Raises
    ------
    ValueError : an option out of range.  FormatError, ShapeError, in a network : nothing to
        convolve over, another number of channels, a filter longer than the padded data.

    Examples
    --------
    >>> layer = convolution1dLayer(11, 96, Padding="causal")
    >>> layer.PaddingMode, layer.PaddingSize
    ('causal', (10, 0))
    """

    Type = "1-D Convolution"
    default_name = "conv1d"
    _rectified = False  # whether it does the work of a ReLU layer after it

    FilterSize = Option(_checks.integer, read_only=True)
    NumChannels = Option(auto_integer, "auto", read_only=True)
    NumFilters = Option(_checks.integer, read_only=True)
    Stride = Option(_checks.integer, 1)
    DilationFactor = Option(_checks.integer, 1)
    PaddingMode = Option(_mode, "manual", read_only=True)
    PaddingSize = _PaddingSize(_padding_size, (0, 0))
    PaddingValue = Option(_padding_value, 0, read_only=True)
    WeightsInitializer = Option(
        initializer("glorot", "he", "narrow-normal", "zeros", "ones"), "glorot", group="hidden"
    )
    BiasInitializer = Option(initializer("zeros", "narrow-normal", "ones"), "zeros", group="hidden")
    Weights = Learnable(size=lambda layer: (layer.FilterSize, layer.NumChannels, layer.NumFilters))
    Bias = Learnable(L2Factor=0, size=lambda layer: (1, layer.NumFilters))
    WeightLearnRateFactor = Factor("Weights", "LearnRateFactor")
    WeightL2Factor = Factor("Weights", "L2Factor")
    BiasLearnRateFactor = Factor("Bias", "LearnRateFactor")
    BiasL2Factor = Factor("Bias", "L2Factor")

    def __init__(
        self,
        filterSize: int,
        numFilters: int,
        *,
        Stride: int = 1,
        DilationFactor: int = 1,
        Padding: Any = 0,
        PaddingValue: Any = 0,
        NumChannels: int | str = "auto",
        WeightsInitializer: Initializer = "glorot",
        BiasInitializer: Initializer = "zeros",
        Weights: Any = None,
        Bias: Any = None,
        WeightLearnRateFactor: float = 1,
        BiasLearnRateFactor: float = 1,
        WeightL2Factor: float = 1,
        BiasL2Factor: float = 0,
        Name: str = "",
    ) -> None:
        super().__init__(Name=Name)
        self.FilterSize, self.NumFilters, self.NumChannels = filterSize, numFilters, NumChannels
        self.Stride, self.DilationFactor, self.PaddingValue = Stride, DilationFactor, PaddingValue
        padding = parse_padding(self.call, "Padding", Padding)
        self.PaddingSize = self._known_padding(padding)
        self.settle(PaddingMode=padding if isinstance(padding, str) else "manual")
        self.WeightsInitializer, self.BiasInitializer = WeightsInitializer, BiasInitializer
        self.Weights, self.Bias = Weights, Bias
        self.WeightLearnRateFactor, self.BiasLearnRateFactor = (
            WeightLearnRateFactor,
            BiasLearnRateFactor,
        )
        self.WeightL2Factor, self.BiasL2Factor = WeightL2Factor, BiasL2Factor

    def _known_padding(self, padding: str | tuple[int, int]) -> tuple[int, int] | None:
        """The samples at both ends as far as they are known without data."""
        if padding == "same":
            return None
        return padding_amounts(
            padding, 0, (self.FilterSize - 1) * self.DilationFactor + 1, self.Stride
        )

    def initialize(self, layout: networkDataLayout) -> None:
        label = self._convolved(layout.Format)
        channels = layout.sizeof("C")
        if self.NumChannels not in ("auto", channels):
            raise ShapeError(
                f"{self.call}: NumChannels is {self.NumChannels}; the data have {channels} "
                f"channels, {layout}."
            )
        self.settle(NumChannels=channels)
        length = layout.sizeof(label)
        if self.PaddingMode == "same" and length is not None and label == "S":
            window = (self.FilterSize - 1) * self.DilationFactor + 1
            self.settle(PaddingSize=padding_amounts("same", length, window, self.Stride))
        size, taps = (self.FilterSize, self.NumChannels, self.NumFilters), self.FilterSize
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
            return self.predict(X)
        except ShapeError as error:
            if self._convolved(X.fmt) == "T":
                error.add_note(
                    "A network is built for sequences of the MinLength of its input layer: if yours"
                    " are longer, give sequenceInputLayer their MinLength."
                )
            raise

    def fuseWith(self, next: Layer) -> Layer | None:
        if type(self) is not Convolution1DLayer or type(next) is not ReLULayer or self._rectified:
            return None  # a class made of one of them may do more
        fused = self.copy()
        fused.settle(_rectified=True)
        return fused

    def predict(self, X: dlarray) -> dlarray:
        label = self._convolved(X.fmt)
        if "C" not in X.fmt:
            X = dlarray(X.stripdims(), X.fmt + "C")
        Y = dlconv(
            X,
            self.Weights,
            self.Bias,
            WeightsFormat=f"{label}CU",
            Stride=self.Stride,
            DilationFactor=self.DilationFactor,
            Padding=self.PaddingSize if self.PaddingMode == "manual" else self.PaddingMode,
            PaddingValue=self.PaddingValue,
        )
        return relu(Y) if self._rectified else Y

    def _convolved(self, fmt: str) -> str:
        """The label of the dimension to convolve over."""
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

    def summaryText(self) -> str:
        channels = "" if self.NumChannels == "auto" else f"×{self.NumChannels}"
        dilation = f", dilation factor {self.DilationFactor}," if self.DilationFactor != 1 else ""
        padding = (
            f"[{'  '.join(map(str, self.PaddingSize))}]"
            if self.PaddingMode == "manual"
            else f"'{self.PaddingMode}'"
        )
        return (
            f"{self.NumFilters} {self.FilterSize}{channels} convolutions with stride "
            f"{self.Stride}{dilation} "
            f"and padding {padding}"
        )


convolution1dLayer = Convolution1DLayer
