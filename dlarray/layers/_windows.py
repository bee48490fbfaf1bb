"""What layers share whose filters or windows move: along which dimension, samples at its ends."""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar

from ..array import dlarray
from ..formats import FormatError, ShapeError, describe, networkDataLayout, quoted
from ..functions.window import padding_amounts, parse_padding
from ._calling import require_labels
from .layer import Formattable, Layer
from .properties import Option

LABELS = {
    **dict.fromkeys(("SCB", "SCBT", "SC", "SCT", "SB", "SBT"), "S"),
    **dict.fromkeys(("CBT", "CT", "BT"), "T"),
}


def moved_label(layer: Layer, verb: str, data: dlarray | networkDataLayout) -> str:
    """The label of the dimension that a layer moves along: S, or T where there is no S.

    ``verb`` says what it does there, for messages.
    """
    if isinstance(data, networkDataLayout):
        fmt, sizes = data.Format, data.Size
    else:
        label = LABELS.get(getattr(data, "fmt", ""))  # what costs least to see
        if label is not None:
            return label
        require_labels(layer, data)
        fmt, sizes = data.fmt, data.shape
    got = describe(sizes, fmt)
    if fmt.count("S") > 1:
        raise FormatError(
            f"{layer.call}: data must be sequences or 1-D images, with labels S or T, C and B, and "
            f"one S at most; got {got}. Reshape them so that one S is left."
        )
    label = "S" if "S" in fmt else "T"
    if label not in fmt:
        raise FormatError(
            f"{layer.call}: {quoted(fmt)} data have no S or T dimension to {verb} over; got {got}. "
            f'To {verb} over another dimension label it S, for example dlarray(x, "SBC").'
        )
    if any(label == "U" and n != 1 for label, n in zip(fmt, sizes, strict=True)):
        raise FormatError(
            f"{layer.call}: data must be sequences or 1-D images, with labels S or T, C and B; got "
            f"{got}. Give the U dimension another label, for example B."
        )
    return label


class WindowLayer(Layer, Formattable, ABC, registered=False):
    """Filters or windows that move along S, or along T where there is no S."""

    verb = ""  # what it does over this dimension, for messages
    ends = "Padding"  # the option of samples at both ends; its property is ends + "Size"
    synonyms: ClassVar[dict[str, str]] = {"Padding": "Padding", "Cropping": "Padding"}

    def moved_label(self, data: dlarray | networkDataLayout) -> str:
        """The label of the dimension that they move along."""
        return moved_label(self, self.verb, data)

    def _span(self) -> int:
        """How many samples a window needs; 0 if any number will do."""
        return 0

    def _samples(self, mode: str) -> tuple[int, int] | None:
        """The samples at both ends in a mode that finds them; None where the length decides that
        and is not known.
        """
        length: int | None = self.__dict__.get("_length")
        if mode == "same" and length is None:
            return None
        options: Any = self
        return padding_amounts(mode, length or 0, self._span(), options.Stride)

    def settle_length(self, layout: networkDataLayout) -> None:
        """Keep the length of images, which decides the samples of "same" padding; that of sequences
        may change.
        """
        label = self.moved_label(layout)
        self.settle(_length=layout.sizeof(label) if label == "S" else None)

    def propagate(self, X: dlarray) -> dlarray:
        try:
            result: dlarray = self.predict(X)
        except ShapeError as error:
            if self.moved_label(X) == "T" and not self._fits(X.shape[X.fmt.index("T")]):
                error.add_note(
                    "A network is built for sequences of one length, with a sequenceInputLayer of "
                    "its MinLength: if yours are longer, give MinLength, or longer example data."
                )
            raise
        return result

    def _fits(self, length: int) -> bool:
        """Whether samples of this length give one sample at least."""
        options: Any = self
        span, mode = self._span(), options.PaddingMode
        known = options.PaddingSize if mode == "manual" else mode
        return length + sum(padding_amounts(known, length, span, options.Stride)) >= span

    def property_hint(self, name: str) -> str:
        if name not in self.synonyms:
            return ""
        return f" Set {self.ends}Size, or make a new layer with {self.ends}=."


class Ends(Option):
    """Samples at both ends; setting them makes the option of this name, the mode, "manual"."""

    def __init__(self, mode: str) -> None:
        super().__init__(samples_at_ends, (0, 0))
        self.mode = mode

    def __get__(self, layer: Any, owner: type) -> Any:
        mode = "manual" if layer is None else getattr(layer, self.mode)
        return super().__get__(layer, owner) if mode == "manual" else layer._samples(mode)

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
