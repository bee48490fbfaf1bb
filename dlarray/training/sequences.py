"""Training data: sequences in one layout, targets encoded, mini-batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ..array import dlarray
from ..data import categories, class_indices
from ..data.labels import has_categories, is_missing
from ..data.padding import stack
from ..formats import FormatError, ShapeError, describe
from ..network import dlnetwork

Array = np.ndarray[Any, Any]


def as_sequences(call: str, net: dlnetwork, X: Any, layout: str = "auto") -> list[Array]:
    """Sequences as float arrays time × channels.

    ``X`` is a list of arrays, or one array: time × channels is one sequence, time × channels ×
    observations several.
    """
    names = net.InputNames
    if len(names) != 1:
        raise ValueError(
            f"{call}: this version takes networks with one input; the network has {names}."
        )
    layout_of_input = net.inputLayout(names[0])
    if layout_of_input is None or layout_of_input.Format != "CBT":
        raise FormatError(
            f"{call}: the network must begin with a sequenceInputLayer for vector sequences; its "
            f"input is '{names[0]}'."
        )
    order = "TC" if layout == "auto" else layout.replace("B", "")
    arrays = [_as_float(call, i, x, order) for i, x in enumerate(_observations(call, X, layout))]
    for i, x in enumerate(arrays):
        if x.shape[1] != layout_of_input.sizeof("C"):
            _wrong_channels(call, names[0], layout_of_input.sizeof("C"), i, x, layout)
        if x.shape[0] == 0:
            raise ShapeError(
                f"{call}: sequence {i} has no time steps, {describe(x.shape)} time by channels. "
                "Leave it out."
            )
    return arrays


def _observations(call: str, X: Any, layout: str) -> list[Any]:
    if isinstance(X, dlarray):
        raise TypeError(
            f"{call}: sequences are arrays or lists of arrays, not dlarrays; use extractdata."
        )
    if isinstance(X, np.ndarray) and X.dtype != object:
        if X.ndim == 2:
            return [X]
        if X.ndim != 3:
            raise ShapeError(
                f"{call}: an array of sequences has size time × channels × observations; got "
                f"{describe(X.shape)}."
            )
        batch = 2 if layout == "auto" else layout.index("B")
        return [X.take(i, axis=batch) for i in range(X.shape[batch])]
    if isinstance(X, (list, tuple, np.ndarray)):
        return list(X)
    raise TypeError(
        f"{call}: sequences are a list of arrays time × channels, or an array; got "
        f"{type(X).__name__}."
    )


def _as_float(call: str, i: int, x: Any, order: str) -> Array:
    try:
        array = np.asarray(x)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{call}: sequence {i} is no numeric array; got "
            f"{array.dtype if array.size else 'ragged lists'}."
        )
    if array.ndim != 2:
        raise ShapeError(
            f"{call}: sequence {i} must have two dimensions, time × channels; got "
            f"{describe(array.shape) or 'a number'}."
        )
    return array.T if order == "CT" else array


def _wrong_channels(
    call: str, name: str, expected: int | None, i: int, x: Array, layout: str
) -> None:
    hint = ""
    if x.shape[0] == expected and layout == "auto":
        hint = ' For data of channels by time set InputDataFormats="CTB".'
    raise ShapeError(
        f"{call}: Layer '{name}': Invalid size of channel dimension. Expected {expected}, got "
        f"{x.shape[1]}: sequence {i} is {x.shape[0]}(T) × {x.shape[1]}(C).{hint}"
    )


@dataclass(frozen=True)
class Targets:
    """One target an observation: one-hot or numbers, observations × responses; the classes if they
    were labels.
    """

    values: Array
    classes: Array | None = None


def as_targets(
    call: str, T: Any, *, count: int, encode_integers: bool, classes: Array | None = None
) -> Targets:
    """Labels encoded over their classes, or numeric targets as they are.

    Text, categoricals and, with ``encode_integers``, integers are labels.
    """
    values = _as_array(call, T)
    is_labels = (
        values.dtype.kind in "OUS"
        or has_categories(T)
        or (encode_integers and values.dtype.kind in "biu")
    )
    if values.shape[:1] != (count,) or (is_labels and values.size != count):
        raise ShapeError(
            f"{call}: there are {count} sequences and targets of size {_size(values)}. Give one "
            "target for each sequence."
        )
    if not is_labels:
        return Targets(values.reshape(count, -1).astype(np.float32))
    known = categories(T) if classes is None else classes
    index = class_indices(values.reshape(-1), known)
    if (index < 0).any():
        first = int(np.argmax(index < 0))
        _no_class(call, first, values.reshape(-1)[first], known)
    return Targets(np.eye(len(known), dtype=np.float32)[index], known)


def _as_array(call: str, T: Any) -> Array:
    """Targets as an array of one row an observation at most."""
    try:
        values = np.asarray(T)
    except ValueError:  # ragged lists
        values = np.empty(len(T), object)
        values[:] = list(T)
    nested = values.dtype == object and any(
        isinstance(value, (list, tuple, np.ndarray)) for value in values.flat
    )
    if values.ndim > 2 or nested:
        raise ValueError(
            f"{call}: targets must be one label, or one row of numbers, an observation; targets "
            f"for each time step are not available in this version. Got {_size(values)}."
        )
    return values


def _no_class(call: str, i: int, label: Any, classes: Array) -> NoReturn:
    """Raise for the label of an observation that is none of the classes."""
    if is_missing(label):
        raise ValueError(
            f"{call}: the label of observation {i} is missing. Leave the observation out."
        )
    raise ValueError(f"{call}: the label '{label}' is not one of the classes {classes.tolist()}.")


def _size(values: Array) -> str:
    return describe(values.shape) or "1"


class Batches:
    """Mini-batches of sequences and targets as formatted dlarrays ("CBT", "CB")."""

    def __init__(
        self,
        X: Sequence[Array],
        T: Array | None,
        *,
        length: str | int,
        direction: str,
        value: float,
    ) -> None:
        self.X, self.T = [np.asarray(x, np.float32) for x in X], T
        self.length, self.direction, self.value = length, direction, value

    def inputs(self, index: Array) -> dlarray:
        """The sequences with these indices, padded to one length."""
        chosen = [self.X[i] for i in index]
        length = self.length
        if isinstance(length, str):
            length = (max if length == "longest" else min)(len(x) for x in chosen)
        stacked = stack(chosen, length, self.direction, self.value)
        return dlarray(stacked, "BTC", copy=False)

    def targets(self, index: Array) -> dlarray:
        """The targets with these indices."""
        assert self.T is not None
        return dlarray(np.ascontiguousarray(self.T[index]), "BC", copy=False)
