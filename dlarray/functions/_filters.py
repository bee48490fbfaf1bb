"""Filters with labels: which dimensions of the data they move along, and the axes of both.

`dlconv` and `dltranspconv` share it; they differ in the order that unformatted weights have.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from .. import formats
from ..formats import Axes, FormatError, Shape, ShapeError, describe, quoted

Layout = tuple[str, Shape]


class Filters(NamedTuple):
    """Weights with one label an axis, and axes in the order that operators take them."""

    labels: str
    shape: Shape
    x_axes: Axes  # of the data: the rest, the dimensions that filters move along, the channels
    taps: Axes  # of the weights
    channel: int
    filter: int
    group: int | None

    @property
    def groups(self) -> int:
        """How many groups of channels there are."""
        return 1 if self.group is None else self.shape[self.group]

    @property
    def filters(self) -> int:
        """How many filters there are in all groups."""
        return self.shape[self.filter] * self.groups


def resolve(call: str, x: Layout, weights: Layout, fmt: str, plain: str) -> Filters:
    """The filters of a call: weights with labels of their own, of the option, or spatial ones.

    ``plain`` are the labels of unformatted weights after those of the taps, without groups.
    """
    labels, shape = _labelled(call, x, weights, fmt, plain)
    moved = _moved_labels(call, x, labels)
    if moved and moved[0] == "S":  # S dimensions that the weights lack have one tap
        missing = x[0].count("S") - labels.count("S")
        at = labels.rindex("S") + 1
        labels = labels[:at] + "S" * missing + labels[at:]
        shape = shape[:at] + (1,) * missing + shape[at:]
    taps = (*formats.find(labels, "S"), *formats.find(labels, "T"))
    if len(taps) > 3:
        raise FormatError(
            f"{call}: filters move along three dimensions at most; the weights, {quoted(labels)}, "
            f"move along {len(taps)}."
        )
    found = Filters(labels, shape, _data_axes(x[0], moved), taps, *_other_axes(call, labels))
    _check_sizes(call, x, found)
    return found


def _labelled(call: str, x: Layout, weights: Layout, fmt: str, plain: str) -> Layout:
    """The weights with one label an axis, a filter among them."""
    own, shape = weights
    if own and fmt:
        raise FormatError(
            f"{call}: weights are {quoted(own)} already; WeightsFormat={quoted(fmt)} is for "
            "unformatted ones."
        )
    labels = own or formats.parse(fmt, f"{call}: WeightsFormat")
    if not labels:
        labels = _plain_labels(call, x, shape, plain)
    if len(shape) > len(labels):
        sizes = "numChannels × numFilters" if plain == "CU" else "numFilters × numChannels"
        raise ShapeError(
            f"{call}: weights of {len(shape)} dimensions, {describe(shape)}, do not fit the labels "
            f'"{labels}". Their size is filterSize × {sizes}.'
        )
    labels, shape = formats.trim(labels, shape + (1,) * (len(labels) - len(shape)))
    return (labels, shape) if "U" in labels else (labels + "U", (*shape, 1))  # one filter


def _plain_labels(call: str, x: Layout, shape: Shape, plain: str) -> str:
    """The labels of unformatted weights, which move along all S dimensions of the data."""
    spatial = x[0].count("S")
    if spatial == 0:
        hint = ' Name one S when making X, for example with "SCB".'
        if "T" in x[0]:
            hint = f' To move along time give WeightsFormat, for example "T{plain}".'
        raise FormatError(
            f"{call}: unformatted weights move along S dimensions; X is {described(x)}.{hint}"
        )
    return "S" * spatial + plain + "U" * (len(shape) > spatial + 2)


def _moved_labels(call: str, x: Layout, labels: str) -> str:
    """The labels of the dimensions of X that filters move along."""
    fmt, kinds = x[0], "S" * ("S" in labels) + "T" * ("T" in labels)
    if "C" not in fmt:
        raise FormatError(
            f"{call}: X needs a C dimension; it is {quoted(fmt)}. Name it when making the array, "
            'for example dlarray(data, "SCB").'
        )
    if "B" in labels:
        raise FormatError(
            f"{call}: weights have no B dimension; they are {quoted(labels)}. Use labels S or T, C "
            "and U."
        )
    if "C" not in labels:
        raise FormatError(
            f"{call}: weights need a C dimension; they are {quoted(labels)}. Use for example "
            '"SCU" or "TCU".'
        )
    if not kinds:
        raise FormatError(
            f"{call}: the weights, {quoted(labels)}, name no S or T dimension to move along."
        )
    for label in kinds:
        if fmt.count(label) < labels.count(label):
            count = fmt.count(label)
            has = f"no {label} dimension" if count == 0 else f"{count} {label} dimensions"
            raise FormatError(
                f"{call}: the weights, {quoted(labels)}, move along {labels.count(label)} {label}, "
                f"and X, {quoted(fmt)}, has {has}."
            )
    return "".join(label for label in fmt if label in kinds)


def _data_axes(fmt: str, moved: str) -> Axes:
    places = tuple(axis for axis, label in enumerate(fmt) if label in moved)
    channel = fmt.index("C")
    kept = (axis for axis in formats.memory_order(fmt) if axis != channel and axis not in places)
    return (*kept, *places, channel)


def _other_axes(call: str, labels: str) -> tuple[int, int, int | None]:
    """The axes of the channels, the filters and the groups of weights; no groups are None."""
    units = formats.find(labels, "U")
    if len(units) > 2:
        raise FormatError(
            f"{call}: the weights, {quoted(labels)}, have {len(units)} U dimensions; there are at "
            "most two, filters and groups."
        )
    return labels.index("C"), units[0], units[1] if len(units) == 2 else None


def _check_sizes(call: str, x: Layout, found: Filters) -> None:
    weights = found.labels, found.shape
    if 0 in (found.shape[axis] for axis in found.taps):
        raise ShapeError(
            f"{call}: a filter needs one tap at least; the weights are {described(weights)}."
        )
    channels, own, groups = x[1][found.x_axes[-1]], found.shape[found.channel], found.groups
    if channels == own * groups:
        return
    advice = f"Give weights {channels} input channels."
    if groups > 1:
        advice = f"With {groups} groups of {own} channels X needs {own * groups}."
    raise ShapeError(
        f"{call}: input channels differ.\n  X:       {described(x)}\n"
        f"  weights: {described(weights)}\n{advice}"
    )


def expanded_bias(call: str, bias: Layout | None, filters: int) -> Shape | None:
    """The size to which a bias is expanded, or None if it has one number a filter."""
    if bias is None:
        return None
    fmt, shape = bias
    if any(n != 1 and label != "C" for n, label in zip(shape, fmt, strict=False)):
        raise FormatError(
            f"{call}: bias with labels has the dimension C alone; got {described(bias)}."
        )
    if prod(shape) not in (1, filters):
        raise ShapeError(
            f"{call}: bias must have one element, or one for each of {filters} filters; "
            f"got {described(bias)}."
        )
    return (1, filters) if prod(shape) == 1 and filters != 1 else None


def described(layout: Layout) -> str:
    """A layout in a message."""
    return describe(layout[1], layout[0])
