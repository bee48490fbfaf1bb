"""`layerNormalizationLayer`."""

from __future__ import annotations

from typing import Any

from .. import _checks
from ..array import dlarray
from ..formats import FormatError, ShapeError, describe, networkDataLayout
from ..functions import layernorm
from ..functions.normalization import OPERATION_DIMENSIONS
from ._calling import require_fit, require_labels, require_parameters
from ._options import auto_integer
from .initializers import Initializer, initial_value, initializer
from .layer import Formattable, Layer
from .properties import Factor, Option, RealLearnable


class LayerNormalizationLayer(Layer, Formattable, closed=True):
    """Normalize each observation to mean 0 and variance 1, then scale and shift by channel.

    Parameters
    ----------
    Epsilon : added to the variance, above 0.
    OperationDimension : over which dimensions: "channel-only", "spatial-channel", "batch-excluded"
        (all but B, the rule before R2023a) or "auto": the channels of features, sequences and 1-D
        images, all but B for images of two and three dimensions.
    OffsetInitializer, ScaleInitializer : "zeros", "ones", "narrow-normal" or a function of the
        size.
    Offset, Scale : one number a channel; None to initialize.
    OffsetLearnRateFactor, ScaleLearnRateFactor, OffsetL2Factor, ScaleL2Factor : at least 0.

    Any format with C, which stays.

    Examples
    --------
    >>> layerNormalizationLayer(OperationDimension="batch-excluded").OperationDimension
    'batch-excluded'
    """

    Type = "Layer Normalization"
    default_name = "layernorm"

    NumChannels = Option(auto_integer, "auto", read_only=True, group="first")
    Epsilon = Option(_checks.positive, 1e-5)
    OperationDimension = Option(_checks.one_of(*OPERATION_DIMENSIONS), "auto")
    OffsetInitializer = Option(
        initializer("zeros", "ones", "narrow-normal"), "zeros", group="hidden"
    )
    ScaleInitializer = Option(initializer("ones", "zeros", "narrow-normal"), "ones", group="hidden")
    Offset = RealLearnable(channels=True, size=lambda layer: (layer.NumChannels, 1))
    Scale = RealLearnable(channels=True, size=lambda layer: (layer.NumChannels, 1))
    OffsetLearnRateFactor = Factor("Offset", "LearnRateFactor")
    OffsetL2Factor = Factor("Offset", "L2Factor")
    ScaleLearnRateFactor = Factor("Scale", "LearnRateFactor")
    ScaleL2Factor = Factor("Scale", "L2Factor")

    def __init__(
        self,
        *,
        Epsilon: float = 1e-5,
        OperationDimension: str = "auto",
        OffsetInitializer: Initializer = "zeros",
        ScaleInitializer: Initializer = "ones",
        Offset: Any = None,
        Scale: Any = None,
        OffsetLearnRateFactor: float = 1,
        ScaleLearnRateFactor: float = 1,
        OffsetL2Factor: float = 1,
        ScaleL2Factor: float = 1,
        Name: str = "",
    ) -> None:
        super().__init__(Name=Name)
        self.NumChannels = "auto"
        self.Epsilon, self.OperationDimension = Epsilon, OperationDimension
        self.OffsetInitializer, self.ScaleInitializer = OffsetInitializer, ScaleInitializer
        self.Offset, self.Scale = Offset, Scale
        self.OffsetLearnRateFactor, self.ScaleLearnRateFactor = (
            OffsetLearnRateFactor,
            ScaleLearnRateFactor,
        )
        self.OffsetL2Factor, self.ScaleL2Factor = OffsetL2Factor, ScaleL2Factor

    def initialize(self, layout: networkDataLayout) -> None:
        if "C" not in layout.Format:
            raise FormatError(
                f"{self.call}: needs a C dimension; the data are "
                f"{describe(layout.Size, layout.Format)}. Label their channels C."
            )
        channels = layout.sizeof("C")
        if self.NumChannels not in ("auto", channels):
            raise ShapeError(
                f"{self.call}: NumChannels is {self.NumChannels}; the data have {channels} "
                f"channels, {describe(layout.Size, layout.Format)}."
            )
        self.settle(NumChannels=channels)
        require_fit(self, layout)
        if self.Offset is None:
            self.Offset = initial_value(
                self.call, "Offset", self.OffsetInitializer, (self.NumChannels, 1)
            )
        if self.Scale is None:
            self.Scale = initial_value(
                self.call, "Scale", self.ScaleInitializer, (self.NumChannels, 1)
            )

    def predict(self, X: dlarray) -> dlarray:
        offset, scale = self.Offset, self.Scale
        if offset is None or scale is None or not isinstance(X, dlarray) or not X.fmt:
            require_labels(self, X)
            require_parameters(self)
        return layernorm(
            X,
            offset,
            scale,
            Epsilon=self.Epsilon,
            OperationDimension=self.OperationDimension,
        )

    def summaryText(self) -> str:
        channels = "" if self.NumChannels == "auto" else f" with {self.NumChannels} channels"
        return f"Layer normalization{channels}"


layerNormalizationLayer = LayerNormalizationLayer
