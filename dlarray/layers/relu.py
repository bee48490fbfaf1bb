"""`reluLayer`."""

from __future__ import annotations

from ..array import dlarray
from ..functions import relu
from .layer import Formattable, Layer


class ReLULayer(Layer, Formattable, closed=True):
    """max(x, 0) of every element; any format, which stays.

    Examples
    --------
    >>> reluLayer(Name="r1").Name
    'r1'
    """

    Type = "ReLU"
    default_name = "relu"

    def __init__(self, *, Name: str = "") -> None:
        super().__init__(Name=Name)

    @classmethod
    def constructor_name(cls) -> str:
        return "reluLayer" if cls is ReLULayer else super().constructor_name()

    def predict(self, X: dlarray) -> dlarray:
        return relu(X)

    def summaryText(self) -> str:
        return "ReLU"


reluLayer = ReLULayer
