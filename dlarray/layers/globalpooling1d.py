"""`globalAveragePooling1dLayer` and `globalMaxPooling1dLayer`."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..array import described, dlarray, max, mean, require_float, reshape
from ..formats import ShapeError
from ._windows import moved_label
from .layer import Formattable, Layer


class GlobalPooling1DLayer(Layer, Formattable, ABC, registered=False):
    """What both share: S is reduced, or T where there is no S; T goes, S stays with size 1."""

    def __init__(self, *, Name: str = "") -> None:
        super().__init__(Name=Name)

    @abstractmethod
    def _pooled(self, X: dlarray, label: str) -> dlarray:
        """X reduced over the dimension with this label, which stays with size 1."""

    def predict(self, X: dlarray) -> dlarray:
        label = moved_label(self, "pool", X)
        require_float(X, self.call)
        if X.shape[X.fmt.index(label)] == 0:
            raise ShapeError(
                f"{self.call}: there is nothing to pool: the {label} dimension has size 0; got "
                f"{described(X)}."
            )
        Y = self._pooled(X, label)
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


class GlobalAveragePooling1DLayer(GlobalPooling1DLayer, closed=True):
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

    def _pooled(self, X: dlarray, label: str) -> dlarray:
        return mean(X, label)


class GlobalMaxPooling1DLayer(GlobalPooling1DLayer, closed=True):
    """The maximum over time, or over the space of 1-D images.

    Formats: "CBT" gives "CB" and "CT" "CU"; "SCB", "SCBT", "SC" and "SCT" keep S with size 1.

    Examples
    --------
    >>> globalMaxPooling1dLayer().predict(dlarray(np.ones((3, 2, 9)), "CBT")).fmt
    'CB'
    """

    Type = "1-D Global Max Pooling"
    default_name = "gmpool1d"

    def _pooled(self, X: dlarray, label: str) -> dlarray:
        Y: dlarray = max(X, dim=label)
        return Y


globalAveragePooling1dLayer = GlobalAveragePooling1DLayer
globalMaxPooling1dLayer = GlobalMaxPooling1DLayer
