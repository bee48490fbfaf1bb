"""`dropoutLayer`."""

from __future__ import annotations

from .. import _checks
from ..array import dlarray
from ..functions import dropout
from .layer import Formattable, Layer
from .properties import Option


def _probability(call: str, name: str, value: float) -> float:
    return _checks.number(call, name, value, 0, 1, below=True)


class DropoutLayer(Layer, Formattable, closed=True):
    """In training each element is 0 with a probability, else divided by the rest of it; nothing
    happens at prediction.

    Parameters
    ----------
    probability : at least 0 and below 1.

    Any format, which stays.

    Examples
    --------
    >>> dropoutLayer(0.2).summaryText()
    '20% dropout'
    """

    Type = "Dropout"
    default_name = "dropout"

    Probability = Option(_probability, 0.5)

    def __init__(self, probability: float = 0.5, *, Name: str = "") -> None:
        super().__init__(Name=Name)
        self.Probability = probability

    def predict(self, X: dlarray) -> dlarray:
        return X

    def forward(self, X: dlarray) -> dlarray:
        return dropout(X, self.Probability)

    def summaryText(self) -> str:
        return f"{100 * self.Probability:g}% dropout"


dropoutLayer = DropoutLayer
