"""What layers share whose filters or windows move: along which dimension, samples at its ends."""

from __future__ import annotations

from abc import ABC
from typing import Any

from ..array import dlarray
from ..formats import FormatError, ShapeError, networkDataLayout, quoted
from ..functions.window import padding_amounts, parse_padding
from .layer import Formattable, Layer
from .properties import Option


class WindowLayer(Layer, Formattable, ABC, registered=False):
    """Filters or windows that move along S, or along T where there is no S."""

    verb = ""  # what it does over this dimension, for messages

    def moved_label(self, fmt: str) -> str:
        """The label of the dimension that they move along."""
        if fmt.count("S") > 1 or "U" in fmt:
            raise FormatError(
                f"{self.call}: data must be sequences or 1-D images, with labels S or T, C and B; "
                f"got {quoted(fmt)}."
            )
        for label in "ST":
            if label in fmt:
                return label
        raise FormatError(
            f"{self.call}: {quoted(fmt)} data have no S or T dimension to {self.verb} over. To "
            f'{self.verb} over another dimension label it S, for example dlarray(x, "SBC").'
        )

    def settle_same(self, layout: networkDataLayout, window: int) -> None:
        """Set the samples of "same" padding, for a window that already counts its dilation, where
        the data are images of a known length.
        """
        label = self.moved_label(layout.Format)
        length = layout.sizeof(label)
        options: Any = self
        if options.PaddingMode == "same" and length is not None and label == "S":
            self.settle(PaddingSize=padding_amounts("same", length, window, options.Stride))

    def propagate(self, X: dlarray) -> dlarray:
        try:
            result: dlarray = self.predict(X)
        except ShapeError as error:
            if self.moved_label(X.fmt) == "T":
                error.add_note(
                    "A network is built for sequences of the MinLength of its input layer: if yours"
                    " are longer, give sequenceInputLayer their MinLength."
                )
            raise
        return result


class Ends(Option):
    """Samples at both ends; setting them makes the option of this name, the mode, "manual"."""

    def __init__(self, mode: str) -> None:
        super().__init__(samples_at_ends, (0, 0))
        self.mode = mode

    def __set__(self, layer: Any, value: Any) -> None:
        super().__set__(layer, value)
        layer.settle(**{self.mode: "manual"})


def samples_at_ends(call: str, name: str, value: Any) -> tuple[int, int]:
    """The samples at both ends."""
    size = parse_padding(call, name, value, ())
    assert not isinstance(size, str)
    return size


def settled_word(call: str, name: str, value: str) -> str:
    """A mode, which another option sets."""
    return value


def ends_text(mode: str, size: tuple[int, ...] | None) -> str:
    """Samples at both ends in a layer array: "[0  0]", or the mode."""
    return f"[{'  '.join(map(str, size or ()))}]" if mode == "manual" else f"'{mode}'"
