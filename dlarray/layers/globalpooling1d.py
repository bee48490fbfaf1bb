"""`globalAveragePooling1dLayer` and `globalMaxPooling1dLayer`."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..array import dlarray, max, mean, reshape
from ..formats import FormatError, ShapeError, quoted
from .layer import Formattable, Layer


class GlobalPooling1DLayer(Layer, Formattable, ABC, registered=False):
    """What both share: S is reduced, or T where there is no S; T goes, S stays with size 1."""

    def __init__(self, *, Name: str = "") -> None:
        super().__init__(Name=Name)

    @abstractmethod
    def pooled(self, X: dlarray, label: str) -> dlarray:
        """X reduced over the dimension with this label, which stays with size 1."""

    def predict(self, X: dlarray) -> dlarray:
        label = next((label for label in "ST" if label in X.fmt), None)
        if label is None or X.fmt.count("S") > 1:
            raise FormatError(
                f"{self.call}: pools over S or T, of data with at most one S; {quoted(X.fmt)} data "
                "have "
                f"{X.fmt.count('S')} S and {X.fmt.count('T')} T dimensions."
            )
        if X.shape[X.fmt.index(label)] == 0:
            raise ShapeError(
                f"{self.call}: there is nothing to pool: the {label} dimension has size 0."
            )
        Y = self.pooled(X, label)
        if label == "S":
            return Y
        rest = X.fmt.replace("T", "")
        sizes = [n for n, other in zip(Y.shape, Y.fmt, strict=True) if other != "T"]
        return dlarray(reshape(Y, (*sizes, 1)), rest)

    def summaryText(self) -> str:
        return (
            self.Type.replace("Global", "global")
            .replace("Average", "average")
            .replace("Max", "max")
            .replace("Pooling", "pooling")
        )


class GlobalAveragePooling1DLayer(GlobalPooling1DLayer):
    """The mean over time, or over the space of 1-D images.

    Formats: "CBT" gives "CB" and "CT" "CU"; "SCB", "SCBT", "SC" and "SCT" keep S with size 1.
    Padding of sequences of unequal length is averaged in.

    Examples
    --------
    >>> globalAveragePooling1dLayer().predict(dlarray(np.ones((3, 2, 9)), "CBT")).fmt
    'CB'
    """

    Type = "1-D Global Average Pooling"
    default_name = "gapool1d"

    def pooled(self, X: dlarray, label: str) -> dlarray:
        return mean(X, label)


class GlobalMaxPooling1DLayer(GlobalPooling1DLayer):
    """The maximum over time, or over the space of 1-D images.

    Formats: "CBT" gives "CB" and "CT" "CU"; "SCB", "SCBT", "SC" and "SCT" keep S with size 1.

    Examples
    --------
    >>> globalMaxPooling1dLayer().predict(dlarray(np.ones((3, 2, 9)), "CBT")).fmt
    'CB'
    """

    Type = "1-D Global Max Pooling"
    default_name = "gmpool1d"

    def pooled(self, X: dlarray, label: str) -> dlarray:
        Y: dlarray = max(X, dim=label)
        return Y


globalAveragePooling1dLayer = GlobalAveragePooling1DLayer
globalMaxPooling1dLayer = GlobalMaxPooling1DLayer
