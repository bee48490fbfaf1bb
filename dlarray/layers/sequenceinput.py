"""`sequenceInputLayer`."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from .. import _checks
from ..array import described, dlarray
from ..formats import FormatError, ShapeError, describe, networkDataLayout, quoted
from ._calling import require_labels
from .layer import Formattable, Layer
from .properties import Option, unset

STATISTICS = {
    "none": (),
    "zerocenter": ("Mean",),
    "zscore": ("Mean", "StandardDeviation"),
    "rescale-symmetric": ("Max", "Min"),
    "rescale-zero-one": ("Max", "Min"),
}


def _input_size(call: str, name: str, value: Any) -> tuple[int, ...]:
    sizes = np.asarray(value, dtype=object).reshape(-1).tolist()
    if not 1 <= len(sizes) <= 4:
        raise ValueError(
            f"{call}: {name} must be the channels c, or (h, c), (h, w, c), (h, w, d, c); got "
            f"{value!r}."
        )
    return tuple(_checks.integer(call, name, n) for n in sizes)


def _normalization(call: str, name: str, value: Any) -> Any:
    return value if callable(value) else _checks.choice(call, name, value, list(STATISTICS))


def _statistic(call: str, name: str, value: Any) -> np.ndarray[Any, Any] | None:
    """A copy that can't be written to."""
    if unset(value):
        return None
    try:
        array = np.array(value, np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"{call}: {name} must be numbers; got {type(value).__name__}, {value!r}."
        ) from None
    array.flags.writeable = False
    return array


class _Statistic(Option):
    """One number, one a channel, or one an element of the input."""

    def __init__(self) -> None:
        super().__init__(_statistic, None)

    def __set__(self, layer: Any, value: Any) -> None:
        array = _statistic(layer.call, self.name, value)
        if array is not None and array.size != 1:
            array = array.reshape(self._shape(layer, array.shape))
        layer.__dict__[self.name] = array

    def _shape(self, layer: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
        """channels × 1 for vectors, 1 × ... × channels or the input size for images."""
        sizes: tuple[int, ...] = layer.InputSize
        images = len(sizes) > 1
        if images and shape[: len(sizes)] == sizes and prod(shape) == prod(sizes):
            return sizes
        if prod(shape) == max(shape) == sizes[-1]:
            return (*(1,) * (len(sizes) - 1), sizes[-1]) if images else (sizes[-1], 1)
        element = f", or the input size {describe(sizes)}" if images else ""
        raise ShapeError(
            f"{layer.call}: {self.name} must have one element, or one for each of {sizes[-1]} "
            f"channels{element}; got size {describe(shape)}."
        )


def _no_split(call: str, name: str, value: Any) -> bool:
    if _checks.logical(call, name, value):
        raise ValueError(f"{call}: {name}=True is not available in this version; data are real.")
    return False


class SequenceInputLayer(Layer, Formattable, closed=True):
    """The entry of sequences into a network; checks and normalizes them.

    Parameters
    ----------
    inputSize : the channels of each time step; (h, c) and so on for sequences of images.
    MinLength : the fewest time steps; the network is built for sequences of this length.
    Normalization : "none", "zerocenter" (x - Mean), "zscore" ((x - Mean) / StandardDeviation),
        "rescale-symmetric" (to -1..1 by Min and Max), "rescale-zero-one", or a function of the
        dlarray.  A channel that is constant is divided by 1.
    NormalizationDimension : statistics per "channel", per "element", over "all", or "auto": as
        given, else per channel.
    Mean, StandardDeviation, Min, Max : statistics, one a channel; None lets `trainnet` compute them
        from the training data.

    Output format: "CBT" for a number of channels, "SCBT", "SSCBT", "SSSCBT" for images; without B
    as the data.

    Raises
    ------
    ValueError : an option out of range.
    FormatError : in a network, data of another format.
    ShapeError : statistics of another size; in a network, other sizes than inputSize, or fewer time
        steps than MinLength.

    Examples
    --------
    >>> sequenceInputLayer(3, MinLength=12).summaryText()
    'Sequence input with 3 dimensions'
    """

    Type = "Sequence Input"
    default_name = "sequenceinput"

    InputSize = Option(_input_size, read_only=True, group="first")
    MinLength = Option(_checks.integer, 1, group="first")
    SplitComplexInputs = Option(_no_split, False, group="first")
    Normalization = Option(_normalization, "none")
    NormalizationDimension = Option(_checks.one_of("auto", "channel", "element", "all"), "auto")
    Mean = _Statistic()
    StandardDeviation = _Statistic()
    Max = _Statistic()
    Min = _Statistic()

    def __init__(
        self,
        inputSize: Any,
        *,
        MinLength: int = 1,
        Normalization: Any = "none",
        NormalizationDimension: str = "auto",
        Mean: Any = None,
        StandardDeviation: Any = None,
        Min: Any = None,
        Max: Any = None,
        SplitComplexInputs: bool = False,
        Name: str = "",
    ) -> None:
        super().__init__(Name=Name, InputNames=[])
        self.InputSize, self.MinLength, self.SplitComplexInputs = (
            inputSize,
            MinLength,
            SplitComplexInputs,
        )
        self.Normalization, self.NormalizationDimension = Normalization, NormalizationDimension
        self.Mean, self.StandardDeviation, self.Min, self.Max = Mean, StandardDeviation, Min, Max

    def statistics(self) -> tuple[str, ...]:
        """The names of the statistics that the normalization uses."""
        return () if callable(self.Normalization) else STATISTICS[self.Normalization]

    def missingStatistics(self) -> tuple[str, ...]:
        return tuple(name for name in self.statistics() if getattr(self, name) is None)

    def hidden_properties(self) -> tuple[str, ...]:
        return tuple(
            name
            for name in ("Mean", "StandardDeviation", "Max", "Min")
            if name not in self.statistics()
        )

    def inputFormat(self) -> str:
        """The format of the data, with batch and time."""
        return "S" * (len(self.InputSize) - 1) + "CBT"

    def inputLayout(self) -> networkDataLayout:
        return networkDataLayout((*self.InputSize, None, self.MinLength), self.inputFormat())

    def resetNormalization(self, sequences: Iterable[np.ndarray[Any, Any]]) -> None:
        """Compute the statistics from sequences whose last axis is time and whose others are
        `InputSize`.
        """
        names = self.statistics()
        if not names:
            return
        axes = self._summed_axes()
        n, total, squares = 0.0, np.float64(0), np.float64(0)
        low, high = np.float64(np.inf), np.float64(-np.inf)
        arrays = list(sequences)
        for x in (np.asarray(array, np.float64) for array in arrays):
            if x.size:
                n += x.size / (x.sum(axis=axes, keepdims=True).size)
                total = total + x.sum(axis=axes, keepdims=True)
                low = np.minimum(low, x.min(axis=axes, keepdims=True))
                high = np.maximum(high, x.max(axis=axes, keepdims=True))
        mean = total / max(n, 1.0)
        for x in (np.asarray(array, np.float64) for array in arrays):
            if x.size:
                squares = squares + ((x - mean) ** 2).sum(axis=axes, keepdims=True)
        computed = {
            "Mean": mean,
            "StandardDeviation": np.sqrt(squares / max(n, 1.0)),
            "Min": low,
            "Max": high,
        }
        for name in names:
            setattr(self, name, self._as_property(computed[name]))

    def _summed_axes(self) -> tuple[int, ...]:
        """Axes of a sequence (sizes, then time) over which a statistic is taken."""
        spatial = len(self.InputSize) - 1
        mode = self.NormalizationDimension
        if mode == "all":
            return tuple(range(spatial + 2))
        return (spatial + 1,) if mode == "element" else (*range(spatial), spatial + 1)

    def _as_property(self, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """A statistic without the time axis: c × 1 for vectors, 1 × ... × c or the input's size for
        images.
        """
        sizes = value.shape[:-1]
        return value.reshape(sizes if len(sizes) > 1 else (*sizes, 1))

    def propagate(self, X: dlarray) -> dlarray:
        """The data as they are: statistics may not be known yet."""
        self._check(X)
        return X

    def predict(self, X: dlarray) -> dlarray:
        self._check(X)
        if callable(self.Normalization):
            Y = self.Normalization(X)
            if not isinstance(Y, dlarray):
                raise TypeError(
                    f"{self.call}: the Normalization function must return a dlarray; it returned "
                    f"{type(Y).__name__}."
                )
            return Y
        if self.Normalization == "none":
            return X
        if self.Normalization in ("zerocenter", "zscore"):
            Y = X - self._expanded("Mean", X)
            return (
                Y / self._divisor(self._expanded("StandardDeviation", X))
                if self.Normalization == "zscore"
                else Y
            )
        low, high = self._expanded("Min", X), self._expanded("Max", X)
        unit = (X - low) / self._divisor(high - low)
        return unit * 2 - 1 if self.Normalization == "rescale-symmetric" else unit

    def _expanded(self, name: str, X: dlarray) -> np.ndarray[Any, Any]:
        """A statistic in the type of X, with sizes that expand against it."""
        value = getattr(self, name)
        if value is None:
            raise ValueError(
                f"{self.call}: {name} is not set, and Normalization='{self.Normalization}' needs "
                "it. trainnet computes it from "
                f"the training data; for a network outside trainnet give {name}=."
            )
        spatial = len(self.InputSize) - 1
        sizes = value.shape if spatial and value.size > 1 else (1,) * spatial + (value.size,)
        return value.astype(X.dtype).reshape(sizes + (1,) * (X.ndim - len(sizes)))

    @staticmethod
    def _divisor(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.where(value == 0, value.dtype.type(1), value)

    def _check(self, X: dlarray) -> None:
        require_labels(self, X)
        spatial = len(self.InputSize) - 1
        if X.fmt.count("S") != spatial or "C" not in X.fmt or "T" not in X.fmt or "U" in X.fmt:
            raise FormatError(
                f'{self.call}: expects "{self.inputFormat()}" data; got {quoted(X.fmt)}, '
                f"{described(X)}."
            )
        sizes = X.shape[: spatial + 1]
        if sizes[-1] != self.InputSize[-1]:
            time = X.shape[X.fmt.index("T")]
            hint = (
                ' Sequences are time by channels; for channels by time set InputDataFormats="CTB".'
                if time == self.InputSize[-1]
                else ""
            )
            raise ShapeError(
                f"Layer '{self.Name or self.default_name}': Invalid size of channel dimension. "
                f"Expected {self.InputSize[-1]}, "
                f"got {sizes[-1]} in {described(X)}.{hint}"
            )
        if sizes != self.InputSize:
            raise ShapeError(
                f"{self.call}: InputSize is {describe(self.InputSize)}; got {described(X)}."
            )
        steps = X.shape[X.fmt.index("T")]
        if steps < self.MinLength:
            raise ShapeError(
                f"The sequence length of the input data ({steps}) must be greater than or equal to "
                "the MinLength property of "
                f"the sequence input layer ({self.MinLength})."
            )

    def summaryText(self) -> str:
        return f"Sequence input with {'×'.join(map(str, self.InputSize))} dimensions"


sequenceInputLayer = SequenceInputLayer
