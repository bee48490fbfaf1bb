"""`averagePooling1dLayer` and `maxPooling1dLayer`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from .. import _checks
from ..array import dlarray
from ..formats import networkDataLayout
from ..functions import avgpool, maxpool
from ..functions.pool import parse_pooled_padding
from ..functions.window import parse_padding
from ._windows import Ends, WindowLayer, ends_text, samples_at_ends, settled_word
from .properties import Option


class _PaddingSize(Ends):
    """At most the pool size."""

    def __set__(self, layer: Any, value: Any) -> None:
        size = samples_at_ends(layer.call, self.name, value)
        super().__set__(layer, _at_most_the_window(layer, self.name, size))


def _at_most_the_window(layer: Any, name: str, size: tuple[int, int]) -> tuple[int, int]:
    if max(size) > layer.PoolSize:
        raise ValueError(
            f"{layer.call}: {name} must be at most the pool size, {layer.PoolSize}; got {size}. "
            "Pad less, or make a layer with a larger poolSize."
        )
    return size


class Pooling1DLayer(WindowLayer, registered=False):
    """What both share: windows along S, or along T where there is no S; the format stays."""

    verb = "pool"
    kind = ""

    PoolSize = Option(_checks.integer, read_only=True)
    Stride = Option(_checks.integer, 1)
    PaddingMode = Option(settled_word, "manual", read_only=True)
    PaddingSize = _PaddingSize("PaddingMode")

    def __init__(self, poolSize: int, *, Padding: Any = 0, Stride: int = 1, Name: str = "") -> None:
        super().__init__(Name=Name)
        self.PoolSize, self.Stride = poolSize, Stride
        padding = parse_padding(self.call, "Padding", Padding, ("same",))
        if isinstance(padding, str):
            self.settle(PaddingMode=padding)
        else:
            self.PaddingSize = _at_most_the_window(self, "Padding", padding)

    def initialize(self, layout: networkDataLayout) -> None:
        self.settle_length(layout)

    def _span(self) -> int:
        size: int = self.PoolSize
        return size

    def predict(self, X: dlarray) -> dlarray:
        return self._pooled(
            X,
            PoolFormat=self.moved_label(X),
            Stride=self.Stride,
            Padding=self.PaddingSize if self.PaddingMode == "manual" else self.PaddingMode,
        )

    @abstractmethod
    def _pooled(self, X: dlarray, **options: Any) -> dlarray:
        """X pooled with these options of `maxpool` and `avgpool`."""

    def summaryText(self) -> str:
        return (
            f"{self.kind} pooling with pool size {self.PoolSize}, stride {self.Stride}, and "
            f"padding {ends_text(self.PaddingMode, self.PaddingSize)}"
        )


class MaxPooling1DLayer(Pooling1DLayer, closed=True):
    """The maximum over windows of time, or of the space of 1-D images.

    Parameters
    ----------
    poolSize : samples of a window, a positive integer.
    Padding : samples at both ends, or (left, right), at most the pool size, or "same" (output
        length ceil(length / Stride), an odd sample at the end); they count as -Inf.  0 if not
        given.
    Stride : steps of the window; 1 if not given, not the pool size.

    Properties
    ----------
    PoolSize : read-only.
    PaddingMode : "manual" or "same", as Padding says; read-only.
    PaddingSize : (left, right).  Setting it makes the mode "manual".  With "same" it follows the
        stride and the length of images, and is None where that is not known, as for sequences.

    Formats: "CBT" and "CT" pool T; "SCB", "SCBT", "SC" and "SCT" pool S; the format stays.

    Raises
    ------
    ValueError : an option out of range.
    FormatError : in a network, nothing to pool over.
    ShapeError : in a network, a window longer than the padded data.

    Examples
    --------
    >>> layer = maxPooling1dLayer(2, Stride=2)
    >>> layer.predict(dlarray([[[1.0, 5.0, 2.0, 3.0]]], "CBT")).data.ravel()
    array([5., 3.])
    """

    Type = "1-D Max Pooling"
    default_name = "maxpool1d"
    kind = "max"

    def _pooled(self, X: dlarray, **options: Any) -> dlarray:
        Y: dlarray = maxpool(X, self.PoolSize, **options)
        return Y


class AveragePooling1DLayer(Pooling1DLayer, closed=True):
    """The mean over windows of time, or of the space of 1-D images.

    Parameters
    ----------
    poolSize : samples of a window, a positive integer.
    Padding : samples at both ends, or (left, right), at most the pool size, or "same" (output
        length ceil(length / Stride), an odd sample at the end).  0 if not given.
    Stride : steps of the window; 1 if not given, not the pool size.
    PaddingValue : 0 (if not given), padding counts as zeros; "mean", it does not count, and a
        window wholly in padding gives NaN.

    Properties
    ----------
    PoolSize, PaddingValue : read-only.
    PaddingMode : "manual" or "same", as Padding says; read-only.
    PaddingSize : (left, right).  Setting it makes the mode "manual".  With "same" it follows the
        stride and the length of images, and is None where that is not known, as for sequences.

    Formats: "CBT" and "CT" pool T; "SCB", "SCBT", "SC" and "SCT" pool S; the format stays.

    Raises
    ------
    ValueError : an option out of range.
    FormatError : in a network, nothing to pool over.
    ShapeError : in a network, a window longer than the padded data.

    Examples
    --------
    >>> layer = averagePooling1dLayer(2, Stride=2)
    >>> layer.predict(dlarray([[[1.0, 5.0, 2.0, 3.0]]], "CBT")).data.ravel()
    array([3. , 2.5])
    """

    Type = "1-D Average Pooling"
    default_name = "avgpool1d"
    kind = "average"

    PaddingValue = Option(parse_pooled_padding, 0, read_only=True)

    def __init__(
        self,
        poolSize: int,
        *,
        Padding: Any = 0,
        Stride: int = 1,
        PaddingValue: Any = 0,
        Name: str = "",
    ) -> None:
        super().__init__(poolSize, Padding=Padding, Stride=Stride, Name=Name)
        self.PaddingValue = PaddingValue

    def _pooled(self, X: dlarray, **options: Any) -> dlarray:
        return avgpool(X, self.PoolSize, PaddingValue=self.PaddingValue, **options)


averagePooling1dLayer = AveragePooling1DLayer
maxPooling1dLayer = MaxPooling1DLayer
