"""Filters with labels: which dimensions of the data they move over, and the axes of both.

`dlconv` and `dltranspconv` share it; they differ in the order that unformatted weights have.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from .. import _checks, formats, operators
from ..formats import Axes, FormatError, Shape, ShapeError, describe, quoted

Layout = tuple[str, Shape]

MOST = 3  # convolved dimensions
SIZES = {
    "CU": "filterSize × numChannels × numFilters",
    "UC": "filterSize × numFilters × numChannels",
}


class Filters(NamedTuple):
    """A call's weights with one label an axis, and the axes that belong together."""

    labels: str
    shape: Shape
    moved: Axes  # of the data: the dimensions that filters move over, S before T
    taps: Axes  # of the weights, in the same order
    channel: int
    units: Axes  # the filters of a group, and the groups if there are some

    @property
    def groups(self) -> int:
        """How many groups of channels there are."""
        return self.shape[self.units[1]] if len(self.units) > 1 else 1

    @property
    def filters(self) -> int:
        """How many filters there are in all groups."""
        return self.shape[self.units[0]] * self.groups


def resolve(call: str, x: Layout, weights: Layout, fmt: str, plain: str) -> Filters:
    """The filters of a call: weights with labels of their own, of the option, or spatial ones.

    ``plain`` are the labels of unformatted weights behind those of the taps: "CU" or "UC".
    """
    labels, shape = w = _labelled_weights(call, x, weights, fmt, plain)
    moved, taps = _convolved(call, x, w)
    if 0 in (shape[axis] for axis in taps):
        raise ShapeError(
            f"{call}: a filter needs one tap at least; the weights are {described(w)}."
        )
    found = Filters(labels, shape, moved, taps, labels.index("C"), formats.find(labels, "U"))
    _check_channels(call, x, w, found)
    return found


def data_axes(fmt: str, moved: Axes) -> tuple[Axes, list[int]]:
    """Axes of the data as operators take them (the rest, those moved over, the channels), and where
    each of those moved over stands in ``moved``: in memory T lies before S.
    """
    order = sorted(range(len(moved)), key=lambda i: (fmt[moved[i]] == "S", moved[i]))
    channel = fmt.index("C")
    rest = (axis for axis in formats.memory_order(fmt) if axis not in (*moved, channel))
    return (*rest, *(moved[i] for i in order), channel), order


def _labelled_weights(call: str, x: Layout, weights: Layout, fmt: str, plain: str) -> Layout:
    """The weights with one label an axis: their own, those of the option, or spatial ones; of size
    1 along the S dimensions that they lack.
    """
    own, shape = weights
    if own and fmt:
        raise FormatError(
            f"{call}: weights are {quoted(own)} already; WeightsFormat={quoted(fmt)} is for "
            "unformatted ones. Leave WeightsFormat out."
        )
    labels = own or formats.parse(fmt, f"{call}: WeightsFormat")
    labels = labels or _spatial_labels(call, x, shape, plain)
    if len(shape) > len(labels):
        raise ShapeError(
            f"{call}: weights of {len(shape)} dimensions, {describe(shape)}, do not fit the labels "
            f'"{labels}". Their size is {SIZES[plain]}, and × numGroups behind them.'
        )
    labels, shape = formats.trim(labels, shape + (1,) * (len(labels) - len(shape)))
    if "U" not in labels:
        labels, shape = labels + "U", (*shape, 1)  # one filter
    missing = x[0].count("S") - labels.count("S")
    if "S" in labels and missing > 0:
        at = formats.find(labels, "S")[-1] + 1
        labels = labels[:at] + "S" * missing + labels[at:]
        shape = (*shape[:at], *(1,) * missing, *shape[at:])
    return labels, shape


def _spatial_labels(call: str, x: Layout, shape: Shape, plain: str) -> str:
    """The labels of unformatted weights."""
    spatial = x[0].count("S")
    if spatial == 0:
        hint = ' Name one S when making X, for example with "SCB".'
        if "T" in x[0]:
            hint = f' To convolve over time give WeightsFormat, for example "T{plain}".'
        raise FormatError(
            f"{call}: unformatted weights convolve over S dimensions; X is {described(x)}.{hint}"
        )
    return "S" * spatial + plain + "U" * (len(shape) > spatial + 2)


def _convolved(call: str, x: Layout, w: Layout) -> tuple[Axes, Axes]:
    """The axes of the data and of the weights along which the filter moves, S before T."""
    x_fmt, w_fmt = x[0], w[0]
    if "C" not in x_fmt:
        raise FormatError(
            f"{call}: X needs a C dimension; it is {quoted(x_fmt)}. Name it when making the array, "
            'for example dlarray(data, "SCB").'
        )
    _check_labels(call, w_fmt)
    labels = "S" * w_fmt.count("S") + "T" * w_fmt.count("T")
    for label in "ST":
        wanted, there = labels.count(label), x_fmt.count(label)
        if wanted > there:
            number = "no" if not there else str(there)
            raise FormatError(
                f"{call}: the weights convolve over {label * wanted}, and X, {quoted(x_fmt)}, has "
                f"{number} {label} dimension{'s' if there > 1 else ''}."
            )
    if len(labels) > MOST:
        raise FormatError(
            f"{call}: convolution is over {MOST} dimensions at most; the weights, {quoted(w_fmt)}, "
            f"convolve over {len(labels)}."
        )
    x_axes, w_axes = (
        tuple(axis for label in dict.fromkeys(labels) for axis in formats.find(fmt, label))
        for fmt in (x_fmt, w_fmt)
    )
    return x_axes, w_axes


def _check_labels(call: str, w_fmt: str) -> None:
    """Raise unless weights with these labels are filters."""
    if "B" in w_fmt:
        raise FormatError(
            f"{call}: weights have no B dimension; they are {quoted(w_fmt)}. Use labels S or T, C "
            "and U."
        )
    if "C" not in w_fmt:
        raise FormatError(
            f"{call}: weights need a C dimension; they are {quoted(w_fmt)}. Use for example "
            '"SCU" or "TCU".'
        )
    if w_fmt.count("U") > 2:
        raise FormatError(
            f"{call}: the weights, {quoted(w_fmt)}, have {w_fmt.count('U')} U dimensions. The "
            "first is for filters, a second for groups."
        )
    if "S" not in w_fmt and "T" not in w_fmt:
        raise FormatError(
            f"{call}: the weights, {quoted(w_fmt)}, name no S or T dimension to convolve over."
        )


def _check_channels(call: str, x: Layout, w: Layout, found: Filters) -> None:
    channels, own, groups = x[1][x[0].index("C")], w[1][found.channel], found.groups
    if channels == own * groups:
        return
    raise ShapeError(
        f"{call}: input channels differ.\n  X:       {described(x)}\n"
        f"  weights: {described(w)}\n{_advice(channels, own, w, found)}"
    )


def _advice(channels: int, own: int, w: Layout, found: Filters) -> str:
    """What weights would fit so many channels."""
    groups, possible = found.groups, channels // own if own and channels % own == 0 else 0
    if groups > 1:
        text = (
            f"{groups} groups of {_checks.counted(own, 'channel')} make {own * groups}, not "
            f"{channels}. Give "
        )
        if possible:
            return f"{text}{'one group' if possible == 1 else f'{possible} groups'}."
        if channels and channels % groups == 0:
            return f"{text}groups of {_checks.counted(channels // groups, 'channel')}."
        return f"{text}groups that make {channels}."
    text = f"Give weights {_checks.counted(channels, 'input channel')}."
    if not possible:
        return text
    labels, shape = w
    labels, shape = (labels + "U", (*shape, 1)) if len(found.units) == 1 else (labels, shape)
    group = formats.find(labels, "U")[1]
    size = (*shape[:group], possible, *shape[group + 1 :])
    return f'{text} For {possible} groups give weights of size {describe(size)}, labels "{labels}".'


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
            f"{call}: bias must have one element, or one for each of "
            f"{_checks.counted(filters, 'filter')}; got {described(bias)}."
        )
    return (1, filters) if prod(shape) == 1 and filters != 1 else None


def fitted(w: Any, b: Any, w_shape: Shape, b_shape: Shape | None) -> tuple[Any, Any]:
    """The weights with one axis a label, and a bias of one number expanded to one a filter."""
    if w._data.shape != w_shape:
        w = operators.reshape(w, shape=w_shape)
    if b_shape is not None:
        b = operators.expand(operators.reshape(b, shape=(1, 1)), shape=b_shape)
    return w, b


def described(layout: Layout) -> str:
    """A layout in a message."""
    return describe(layout[1], layout[0])
