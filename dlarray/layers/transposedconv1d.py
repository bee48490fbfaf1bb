"""`transposedConv1dLayer`."""

from __future__ import annotations

from typing import Any, ClassVar

from ..array import dlarray
from ..functions import dltranspconv
from ..functions.window import parse_padding
from ._calling import require_parameters
from ._filters import FilterLayer, with_channels
from ._windows import Ends, ends_text, settled_word
from .initializers import Initializer
from .properties import Option


class TransposedConvolution1DLayer(FilterLayer, closed=True):
    """Upsample sequences over time, or 1-D images over space.

    Parameters
    ----------
    filterSize, numFilters : positive integers.
    Stride : how far apart samples of the data lie in the output; 1 if not given.
    Cropping : samples to drop at both ends, or (left, right), or "same" (the output is Stride times
        as long, an odd sample dropped at the end); 0 if not given.
    NumChannels : "auto" (if not given), as the data have, or a positive integer.
    WeightsInitializer : "glorot" (if not given), "he", "narrow-normal", "zeros", "ones" or a
        function of the size.
    BiasInitializer : "zeros" (if not given), "narrow-normal", "ones" or a function of the size.
    Weights, Bias : filterSize × numFilters × numChannels and 1 × numFilters; where they
        are not given, or None, a network initializes them.
    WeightLearnRateFactor, BiasLearnRateFactor, WeightL2Factor : at least 0; 1 if not given.
    BiasL2Factor : at least 0; 0 if not given.

    Properties
    ----------
    FilterSize, NumFilters, NumChannels : read-only.
    CroppingMode : "manual" or "same", as Cropping says; read-only.
    CroppingSize : (left, right).  Setting it makes the mode "manual"; with "same" it follows filter
        and stride.

    Formats: "CBT" and "CT" upsample T; "SCB", "SCBT", "SC" and "SCT" upsample S; the format stays.
    Without C the data count as one channel.  Samples that no input reaches are the bias; "same"
    with a filter shorter than the stride ends with such ones.

    Raises
    ------
    ValueError : an option out of range.
    FormatError : in a network, nothing to upsample.
    ShapeError : weights or bias of another size; in a network, another number of channels, or
        nothing left after cropping.

    Examples
    --------
    >>> layer = transposedConv1dLayer(4, 96, Stride=2, Cropping="same")
    >>> layer.CroppingMode, layer.CroppingSize
    ('same', (1, 1))
    """

    Type = "1-D Transposed Convolution"
    default_name = "transposed-conv1d"
    ends = "Cropping"
    synonyms: ClassVar[dict[str, str]] = {"Padding": "Cropping", "Cropping": "Cropping"}

    CroppingMode = Option(settled_word, "manual", read_only=True)
    CroppingSize = Ends("CroppingMode")

    def __init__(
        self,
        filterSize: int,
        numFilters: int,
        *,
        Stride: int = 1,
        Cropping: Any = 0,
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
        self.Stride = Stride
        cropping = parse_padding(self.call, "Cropping", Cropping, ("same",))
        if isinstance(cropping, str):
            self.settle(CroppingMode=cropping)
        else:
            self.CroppingSize = cropping
        self.WeightsInitializer, self.BiasInitializer = WeightsInitializer, BiasInitializer
        self.Weights, self.Bias = Weights, Bias
        self.WeightLearnRateFactor, self.WeightL2Factor = WeightLearnRateFactor, WeightL2Factor
        self.BiasLearnRateFactor, self.BiasL2Factor = BiasLearnRateFactor, BiasL2Factor

    @classmethod
    def constructor_name(cls) -> str:
        return super().constructor_name().replace("transposedConvolution", "transposedConv")

    def _weights_size(self) -> tuple[Any, ...]:
        return self.FilterSize, self.NumFilters, self.NumChannels

    def _samples(self, mode: str) -> tuple[int, int]:
        total = max(self.FilterSize - self.Stride, 0)
        return total // 2, total - total // 2

    def _fits(self, length: int) -> bool:
        cropped = sum(self.CroppingSize) if self.CroppingMode == "manual" else 0
        left: int = (length - 1) * self.Stride + self.FilterSize - cropped
        return left >= 1

    def predict(self, X: dlarray) -> dlarray:
        label, weights, bias = self.moved_label(X), self.Weights, self.Bias
        if weights is None or bias is None:
            require_parameters(self)
        return dltranspconv(
            with_channels(X),
            weights,
            bias,
            WeightsFormat=f"{label}UC",
            Stride=self.Stride,
            Cropping=self.CroppingSize if self.CroppingMode == "manual" else self.CroppingMode,
        )

    def summaryText(self) -> str:
        channels = "" if self.NumChannels == "auto" else f"×{self.NumChannels}"
        return (
            f"{self.NumFilters} {self.FilterSize}{channels} transposed convolutions with stride "
            f"{self.Stride} and cropping {ends_text(self.CroppingMode, self.CroppingSize)}"
        )


transposedConv1dLayer = TransposedConvolution1DLayer
