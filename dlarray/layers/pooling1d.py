"""`averagePooling1dLayer` and `maxPooling1dLayer`."""

from __future__ import annotations

from typing import Any

from .. import _checks
from ..array import dlarray
from ..formats import FormatError, ShapeError, networkDataLayout, quoted
from ..functions import avgpool, maxpool
from ..functions.pool import parse_pooled_padding
from ..functions.window import padding_amounts, parse_padding
from .layer import Formattable, Layer
from .properties import Option


def _mode(call: str, name: str, value: str) -> str:
    return value


def _padding_size(call: str, name: str, value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    size = parse_padding(call, name, value, ())
    assert not isinstance(size, str)
    return size


class _PaddingSize(Option):
    """At most the pool size; setting it makes the padding a manual one."""

    def __set__(self, layer: Any, value: Any) -> None:
        size = _padding_size(layer.call, self.name, value)
        if size is not None and max(size) > layer.PoolSize:
            raise ValueError(
                f"{layer.call}: the padding must be at most the pool size, {layer.PoolSize}; got "
                f"{size}."
            )
        super().__set__(layer, value)
        layer.settle(PaddingMode="manual")


class Pooling1DLayer(Layer, Formattable):
    """What both share: windows along S, or along T where there is no S; the format stays."""

    PoolSize = Option(_checks.integer, read_only=True)
    Stride = Option(_checks.integer, 1)
    PaddingMode = Option(_mode, "manual", read_only=True)
    PaddingSize = _PaddingSize(_padding_size, (0, 0))

    kind = ""

    def __init__(self, poolSize: int, *, Padding: Any = 0, Stride: int = 1, Name: str = "") -> None:
        super().__init__(Name=Name)
        self.PoolSize, self.Stride = poolSize, Stride
        padding = parse_padding(self.call, "Padding", Padding, ("same",))
        self.PaddingSize = None if padding == "same" else padding
        self.settle(PaddingMode=padding if isinstance(padding, str) else "manual")

    def initialize(self, layout: networkDataLayout) -> None:
        label = self._pooled(layout.Format)
        length = layout.sizeof(label)
        if self.PaddingMode == "same" and length is not None and label == "S":
            size = padding_amounts("same", length, self.PoolSize, self.Stride)
            self.settle(PaddingSize=size)

    def propagate(self, X: dlarray) -> dlarray:
        try:
            return self.predict(X)
        except ShapeError as error:
            if self._pooled(X.fmt) == "T":
                error.add_note(
                    "A network is built for sequences of the MinLength of its input layer: if yours"
                    " are longer, give sequenceInputLayer their MinLength."
                )
            raise

    def predict(self, X: dlarray) -> dlarray:
        return self.pooled(
            X,
            PoolFormat=self._pooled(X.fmt),
            Stride=self.Stride,
            Padding=self.PaddingSize if self.PaddingMode == "manual" else self.PaddingMode,
        )

    def pooled(self, X: dlarray, **options: Any) -> dlarray:
        """X pooled with these options of `maxpool` and `avgpool`."""
        raise NotImplementedError(f"{type(self).__name__}.pooled")

    def _pooled(self, fmt: str) -> str:
        """The label of the dimension to pool over."""
        label = next((label for label in "ST" if label in fmt), None)
        if label is None or fmt.count("S") > 1 or "U" in fmt:
            raise FormatError(
                f"{self.call}: data must be sequences or 1-D images, with labels S or T, C and B, "
                f"to pool over S or T; got {quoted(fmt)}."
            )
        return label

    def summaryText(self) -> str:
        size = self.PaddingSize or ()
        manual = self.PaddingMode == "manual"
        padding = f"[{'  '.join(map(str, size))}]" if manual else f"'{self.PaddingMode}'"
        return (
            f"{self.kind} pooling with pool size {self.PoolSize}, stride {self.Stride}, and "
            f"padding {padding}"
        )


class MaxPooling1DLayer(Pooling1DLayer):
    """The maximum over windows of time, or of the space of 1-D images.

    Parameters
    ----------
    poolSize : samples of a window, a positive integer.
    Padding : "same", samples at both ends, or (left, right), at most the pool size; they count as
        -Inf.
    Stride : steps of the window; 1 if not given, not the pool size.

    Formats: "CBT" and "CT" pool T; "SCB", "SCBT", "SC" and "SCT" pool S; the format stays.

    Raises
    ------
    ValueError : an option out of range.  FormatError, ShapeError, in a network : nothing to pool
        over, a window longer than the padded data.

    Examples
    --------
    >>> layer = maxPooling1dLayer(2, Stride=2)
    >>> layer.predict(dlarray([[[1.0, 5.0, 2.0, 3.0]]], "CBT")).data.ravel()
    array([5., 3.])
    """

    Type = "1-D Max Pooling"
    default_name = "maxpool1d"
    kind = "max"

    def pooled(self, X: dlarray, **options: Any) -> dlarray:
        Y: dlarray = maxpool(X, self.PoolSize, **options)
        return Y


class AveragePooling1DLayer(Pooling1DLayer):
    """The mean over windows of time, or of the space of 1-D images.

    Parameters
    ----------
    poolSize : samples of a window, a positive integer.
    Padding : "same", samples at both ends, or (left, right), at most the pool size.
    Stride : steps of the window; 1 if not given, not the pool size.
    PaddingValue : 0, padding counts as zeros; "mean", it does not count, and a window wholly in
        padding gives NaN.

    Formats: "CBT" and "CT" pool T; "SCB", "SCBT", "SC" and "SCT" pool S; the format stays.

    Raises
    ------
    ValueError : an option out of range.  FormatError, ShapeError, in a network : nothing to pool
        over, a window longer than the padded data.

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

    def pooled(self, X: dlarray, **options: Any) -> dlarray:
        return avgpool(X, self.PoolSize, PaddingValue=self.PaddingValue, **options)


averagePooling1dLayer = AveragePooling1DLayer
maxPooling1dLayer = MaxPooling1DLayer
