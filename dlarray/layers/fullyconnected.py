"""`fullyConnectedLayer`."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import _checks
from ..array import dlarray
from ..formats import ShapeError, describe, networkDataLayout
from ..functions import fullyconnect
from ._calling import require_fit, require_labels, require_parameters
from ._options import auto_integer
from .initializers import Initializer, initial_value, initializer
from .layer import Formattable, Layer
from .properties import Factor, Option, RealLearnable


class FullyConnectedLayer(Layer, Formattable, closed=True):
    """Multiply the S and C elements of every observation and time step by a matrix and add a bias.

    Parameters
    ----------
    outputSize : a positive integer.
    WeightsInitializer : "glorot", "he", "orthogonal", "narrow-normal", "zeros", "ones" or a
        function of the size.
    BiasInitializer : "zeros", "narrow-normal", "ones" or a function of the size.
    Weights, Bias : outputSize × inputSize and outputSize × 1; None to initialize.
    WeightLearnRateFactor, BiasLearnRateFactor, WeightL2Factor, BiasL2Factor : at least 0.

    Formats: S is flattened into C, the first S fastest; "CB", "SCB" give "CB"; "CBT", "SCBT" give
    "CBT"; "CT" stays; "SC" and "CU" give "CU".  Without C, S alone is summed and the result has C.

    Raises
    ------
    ValueError : an option out of range.
    ShapeError : weights or bias of another size; in a network, another number of inputs.

    Examples
    --------
    >>> fullyConnectedLayer(10).summaryText()
    '10 fully connected layer'
    """

    Type = "Fully Connected"
    default_name = "fc"

    InputSize = Option(auto_integer, "auto", read_only=True)
    OutputSize = Option(_checks.integer, read_only=True)
    WeightsInitializer = Option(
        initializer("glorot", "he", "orthogonal", "narrow-normal", "zeros", "ones"),
        "glorot",
        group="hidden",
    )
    BiasInitializer = Option(initializer("zeros", "narrow-normal", "ones"), "zeros", group="hidden")
    Weights = RealLearnable(size=lambda layer: (layer.OutputSize, layer.InputSize))
    Bias = RealLearnable(channels=True, L2Factor=0, size=lambda layer: (layer.OutputSize, 1))
    WeightLearnRateFactor = Factor("Weights", "LearnRateFactor")
    WeightL2Factor = Factor("Weights", "L2Factor")
    BiasLearnRateFactor = Factor("Bias", "LearnRateFactor")
    BiasL2Factor = Factor("Bias", "L2Factor")

    def __init__(
        self,
        outputSize: int,
        *,
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
        self.OutputSize, self.InputSize = outputSize, "auto"
        self.WeightsInitializer, self.BiasInitializer = WeightsInitializer, BiasInitializer
        self.Weights, self.Bias = Weights, Bias
        self.WeightLearnRateFactor, self.BiasLearnRateFactor = (
            WeightLearnRateFactor,
            BiasLearnRateFactor,
        )
        self.WeightL2Factor, self.BiasL2Factor = WeightL2Factor, BiasL2Factor

    def initialize(self, layout: networkDataLayout) -> None:
        sizes = [n for n, label in zip(layout.Size, layout.Format, strict=True) if label in "SC"]
        data = describe(layout.Size, layout.Format)
        if any(n is None for n in sizes):
            raise ShapeError(f"{self.call}: needs fixed S and C sizes; the data are {data}.")
        inputs = prod(n for n in sizes if n is not None)
        if self.InputSize not in ("auto", inputs):
            raise ShapeError(
                f"{self.call}: InputSize is {self.InputSize}; the data have {inputs} inputs, "
                f"{data}."
            )
        self.settle(InputSize=inputs)
        require_fit(self, layout)
        if self.Weights is None:
            # stored as inputs × outputs, which the product reads without a transposed copy
            size = (self.OutputSize, inputs)
            value = initial_value(
                self.call,
                "Weights",
                self.WeightsInitializer,
                size,
                num_in=inputs,
                num_out=self.OutputSize,
            )
            self.Weights = dlarray(np.ascontiguousarray(value.T).T, copy=False)
        if self.Bias is None:
            self.Bias = initial_value(self.call, "Bias", self.BiasInitializer, (self.OutputSize, 1))

    def predict(self, X: dlarray) -> dlarray:
        weights, bias = self.Weights, self.Bias
        if weights is None or bias is None or not isinstance(X, dlarray) or not X.fmt:
            require_labels(self, X)
            require_parameters(self)
        return fullyconnect(X, weights, bias)

    def summaryText(self) -> str:
        return f"{self.OutputSize} fully connected layer"


fullyConnectedLayer = FullyConnectedLayer
