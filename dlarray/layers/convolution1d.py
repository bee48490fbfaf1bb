"""`convolution1dLayer`."""

from __future__ import annotations

from typing import Any

from .. import _checks
from ..array import dlarray
from ..formats import networkDataLayout
from ..functions.convolution import convolution_of_layer
from ..functions.window import parse_padding, parse_padding_value
from ._calling import require_parameters
from ._filters import FilterLayer, with_channels
from ._windows import Ends, ends_text, settled_word
from .initializers import Initializer
from .layer import Layer
from .properties import Option
from .relu import ReLULayer


def _padding_value(call: str, name: str, value: Any) -> str | float:
    return parse_padding_value(call, value)


class Convolution1DLayer(FilterLayer, closed=True):
    """Convolve sequences over time, or 1-D images over space.

    Parameters
    ----------
    filterSize, numFilters : positive integers.
    Stride : steps of the filter; 1 if not given.
    DilationFactor : steps between the taps of the filter; 1 if not given.
    Padding : samples at both ends, or (left, right); "same" (output length ceil(length / Stride),
        an odd sample at the end); "causal" (all at the start).  0 if not given.
    PaddingValue : what padding holds: a number, 0 if not given, or the samples of the data, as two
        of them at both ends make of [3 1 4] "symmetric-include-edge" [1 3 3 1 4 4 1],
        "symmetric-exclude-edge" [4 1 3 1 4 1 3], "replicate" [3 3 3 1 4 4 4].
    NumChannels : "auto" (if not given), as the data have, or a positive integer.
    WeightsInitializer : "glorot" (if not given), "he", "narrow-normal", "zeros", "ones" or a
        function of the size.
    BiasInitializer : "zeros" (if not given), "narrow-normal", "ones" or a function of the size.
    Weights, Bias : filterSize × numChannels × numFilters and 1 × numFilters; where they
        are not given, or None, a network initializes them.
    WeightLearnRateFactor, BiasLearnRateFactor, WeightL2Factor : at least 0; 1 if not given.
    BiasL2Factor : at least 0; 0 if not given.

    Properties
    ----------
    FilterSize, NumFilters, NumChannels, PaddingValue : read-only.
    PaddingMode : "manual", "same" or "causal", as Padding says; read-only.
    PaddingSize : (left, right).  Setting it makes the mode "manual".  With "causal" it follows
        filter and dilation; with "same" the stride and the length of images too, and it is None
        where the length is not known, as that of sequences.

    Formats: "CBT" and "CT" convolve T; "SCB", "SCBT", "SC" and "SCT" convolve S; the format stays.
    Without C the data count as one channel.

    Raises
    ------
    ValueError : an option out of range.
    FormatError : in a network, nothing to convolve over.
    ShapeError : weights or bias of another size; in a network, another number of channels, or a
        filter longer than the padded data.

    Examples
    --------
    >>> layer = convolution1dLayer(11, 96, Padding="causal")
    >>> layer.PaddingMode, layer.PaddingSize
    ('causal', (10, 0))
    """

    Type = "1-D Convolution"
    default_name = "conv1d"
    _rectified = False  # whether it does the work of a ReLU layer after it

    DilationFactor = Option(_checks.integer, 1)
    PaddingMode = Option(settled_word, "manual", read_only=True)
    PaddingSize = Ends("PaddingMode")
    PaddingValue = Option(_padding_value, 0, read_only=True)

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
        if isinstance(padding, str):
            self.settle(PaddingMode=padding)
        else:
            self.PaddingSize = padding
        self.WeightsInitializer, self.BiasInitializer = WeightsInitializer, BiasInitializer
        self.Weights, self.Bias = Weights, Bias
        self.WeightLearnRateFactor, self.WeightL2Factor = WeightLearnRateFactor, WeightL2Factor
        self.BiasLearnRateFactor, self.BiasL2Factor = BiasLearnRateFactor, BiasL2Factor

    def _weights_size(self) -> tuple[Any, ...]:
        return self.FilterSize, self.NumChannels, self.NumFilters

    def _span(self) -> int:
        span: int = (self.FilterSize - 1) * self.DilationFactor + 1
        return span

    def initialize(self, layout: networkDataLayout) -> None:
        super().initialize(layout)
        self.settle_length(layout)

    def fuseWith(self, next: Layer) -> Layer | None:
        if type(self) is not Convolution1DLayer or type(next) is not ReLULayer or self._rectified:
            return None  # a class made of one of them may do more
        fused = self.copy()
        fused.settle(_rectified=True)
        return fused

    def predict(self, X: dlarray) -> dlarray:
        label, weights, bias = self.moved_label(X), self.Weights, self.Bias
        if weights is None or bias is None:
            require_parameters(self)
        return convolution_of_layer(
            with_channels(X),
            weights,
            bias,
            rectified=self._rectified,
            WeightsFormat=f"{label}CU",
            Stride=self.Stride,
            DilationFactor=self.DilationFactor,
            Padding=self.PaddingSize if self.PaddingMode == "manual" else self.PaddingMode,
            PaddingValue=self.PaddingValue,
        )

    def summaryText(self) -> str:
        channels = "" if self.NumChannels == "auto" else f"×{self.NumChannels}"
        dilation = f", dilation factor {self.DilationFactor}," if self.DilationFactor != 1 else ""
        return (
            f"{self.NumFilters} {self.FilterSize}{channels} convolutions with stride "
            f"{self.Stride}{dilation} and padding {ends_text(self.PaddingMode, self.PaddingSize)}"
        )


convolution1dLayer = Convolution1DLayer
