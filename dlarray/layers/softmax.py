"""`softmaxLayer`."""

from __future__ import annotations

from ..array import dlarray
from ..functions import softmax
from .layer import Formattable, Layer


class SoftmaxLayer(Layer, Formattable, closed=True):
    """Softmax over the channels; any format with C, which stays.

    Examples
    --------
    >>> softmaxLayer().summaryText()
    'softmax'
    """

    Type = "Softmax"
    default_name = "softmax"

    def __init__(self, *, Name: str = "") -> None:
        super().__init__(Name=Name)

    def predict(self, X: dlarray) -> dlarray:
        return softmax(X)

    def summaryText(self) -> str:
        return "softmax"


softmaxLayer = SoftmaxLayer
