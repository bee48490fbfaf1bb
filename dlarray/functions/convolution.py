"""`dlconv`: convolution over one to three labelled dimensions."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from .. import formats, operators
from ..array import dlarray, require_float, wrap
from ..formats import Axes, FormatError, Shape, ShapeError, describe, quoted
from ..kernels import Geometry
from ._formats import labelled, united
from .window import (
    WORDS,
    Amounts,
    amounts,
    geometries,
    padding_per_dimension,
    parse_padding_value,
    per_dimension,
)

CALL = "dlconv"
PLAIN = (int, float, str)  # not their subclasses: True equals 1, and is no number here
MOST = 3  # convolved dimensions
PADDING_RULE = "a number or two numbers (start, end)"


def dlconv(
    X: Any,
    weights: Any,
    bias: Any = None,
    *,
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
    Stride: Any = 1,
    DilationFactor: Any = 1,
    Padding: Any = 0,
    PaddingValue: Any = 0,
) -> dlarray:
    """Convolve data with filters over spatial dimensions, over time, or over both.

    The filter is not flipped: ``Y(t, f) = bias(f) + sum_{j,c} weights(j, c, f) X(t*Stride +
    j*DilationFactor, c)`` on the padded input, for every observation; likewise over two or three
    dimensions.

    Parameters
    ----------
    X : data with a C dimension and the dimensions to convolve over: its S dimensions, and T if the
        weights have a T.
    weights : unformatted ``k1 × ... × numChannels × numFilters``, a size for each S of X, and
        behind them ``× numGroups`` for filters that see a group of channels each; or with labels,
        of itself or WeightsFormat, in any order: S and T the filter, C the channels of a group,
        the first U the filters of a group, the second U the groups.  With fewer S than X the filter
        has size 1 along the others; without S it moves along T alone.
    bias : one number a filter, the groups one after the other, one for all, or None.
    DataFormat : labels of an unformatted X; the result is then unformatted, in the same order.
    WeightsFormat : labels of unformatted weights, such as "TCU" or "SSCUU".
    Stride, DilationFactor : steps of the filter, and between its taps; a number or one for each
        convolved dimension, those of S before T.
    Padding : samples at both ends; one number for each dimension; two rows, the starts and the ends
        (with one dimension (start, end)); "same" (output length ceil(length / Stride), an odd
        sample at the end); or with one dimension "causal" (all at the start).
    PaddingValue : a number, "symmetric-include-edge", "symmetric-exclude-edge" or "replicate".

    Returns the format of X, with the number of filters of all groups as channels.

    Raises
    ------
    FormatError : no C, or nothing to convolve over, or more than three dimensions.
    ShapeError : channels differ, the filter is longer than the padded input, or the bias does not
        fit.
    ValueError : an option out of range.

    Examples
    --------
    >>> X = dlarray(np.random.rand(3, 8, 20), "CBT")
    >>> W = np.random.rand(5, 3, 16)
    >>> dlconv(X, W, np.zeros(16), WeightsFormat="TCU", Padding="causal").shape
    (16, 8, 20)
    >>> images = dlarray(np.random.rand(28, 28, 3, 8), "SSCB")
    >>> dlconv(images, np.random.rand(3, 3, 3, 16), Padding="same", Stride=2).shape
    (14, 14, 16, 8)
    """
    return convolve(
        operators.conv, X, weights, bias, DataFormat, WeightsFormat,
        Stride, DilationFactor, Padding, PaddingValue,
    )  # fmt: skip


def convolve(
    operator: Any,
    X: Any,
    weights: Any,
    bias: Any,
    data_format: str | None,
    weights_format: str | None,
    stride: Any,
    dilation: Any,
    padding: Any,
    value: Any,
) -> dlarray:
    """`dlconv` by one of the operators `conv` and `conv_relu`."""
    x, restore = labelled(CALL, X, data_format)
    require_float(x, CALL)
    x, w, b = united(CALL, x, ("weights", "bias"), weights, bias, optional=1)
    plan = _plan(
        (x.fmt, x._data.shape),
        (w.fmt, w._data.shape),
        None if b is None else (b.fmt, b._data.shape),
        weights_format if type(weights_format) is str else _weights_format(weights_format),
        (
            stride if type(stride) is int else amounts(CALL, "Stride", stride),
            dilation if type(dilation) is int else amounts(CALL, "DilationFactor", dilation),
            padding
            if type(padding) in PLAIN
            else amounts(CALL, "Padding", padding, 0, WORDS, PADDING_RULE),
            value if type(value) in PLAIN else parse_padding_value(CALL, value),
        ),
    )
    if w._data.shape != plan.w_shape:
        w = operators.reshape(w, shape=plan.w_shape)
    if plan.b_shape is not None:
        b = operators.expand(operators.reshape(b, shape=(1, 1)), shape=plan.b_shape)
    y = operator(x, w, b, x_axes=plan.x_axes, w_axes=plan.w_axes, geometry=plan.geometry)
    return restore(wrap(y, x.fmt))


def _weights_format(fmt: Any) -> str:
    return "" if fmt is None else formats.parse(fmt, f"{CALL}: WeightsFormat")


class _Plan(NamedTuple):
    """A call with its labels resolved: axes in the order that the operator takes, and integers."""

    x_axes: Axes
    w_axes: Axes
    w_shape: Shape  # of the weights with one axis a label
    b_shape: Shape | None  # to which a bias of one number is expanded
    geometry: tuple[Geometry, ...]


_Layout = tuple[str, Shape]


@lru_cache(maxsize=1024)
def _plan(
    x: _Layout,
    weights: _Layout,
    bias: _Layout | None,
    weights_format: str,
    moves: tuple[Amounts, Amounts, Any, Any],
) -> _Plan:
    """Check a call and resolve its labels; nothing here depends on values.

    Options reach it in types of which equal values mean the same, since it is cached.
    """
    w = _labelled_weights(x, weights, weights_format)
    moved, w_moved = _convolved(x, w)
    filters = formats.find(w[0], "U")
    taps = tuple(w[1][axis] for axis in w_moved)
    if 0 in taps:
        raise ShapeError(f"{CALL}: a filter needs one tap at least; the weights are {_text(w)}.")
    groups = w[1][filters[1]] if len(filters) > 1 else 1
    _check_channels(x, w, groups)
    geometry = _geometry(x, moved, taps, moves)
    # in memory T lies before S
    order = sorted(range(len(moved)), key=lambda i: (x[0][moved[i]] == "S", moved[i]))
    position, channel = tuple(moved[i] for i in order), x[0].index("C")
    rest = tuple(axis for axis in formats.memory_order(x[0]) if axis not in (*position, channel))
    return _Plan(
        (*rest, *position, channel),
        (*(w_moved[i] for i in order), w[0].index("C"), *filters[::-1]),
        w[1],
        _expanded_bias(bias, w[1][filters[0]] * groups),
        tuple(geometry[i] for i in order),
    )


def _geometry(x: _Layout, moved: Axes, taps: Shape, moves: Any) -> tuple[Geometry, ...]:
    """The movement of the filter along each convolved axis."""
    n = len(moved)
    stride, dilation, padding, value = moves
    return geometries(
        CALL,
        [x[1][axis] for axis in moved],
        taps,
        per_dimension(CALL, "Stride", amounts(CALL, "Stride", stride), n),
        per_dimension(CALL, "DilationFactor", amounts(CALL, "DilationFactor", dilation), n),
        padding_per_dimension(
            CALL, "Padding", amounts(CALL, "Padding", padding, 0, WORDS, PADDING_RULE), n
        ),
        parse_padding_value(CALL, value),
        [f"dimension {axis} ({x[0][axis]})" for axis in moved],
    )


def _check_channels(x: _Layout, w: _Layout, groups: int) -> None:
    channels, own = x[1][x[0].index("C")], w[1][w[0].index("C")]
    if channels == own * groups:
        return
    advice = f"Give weights {channels} input channels."
    if groups > 1:
        advice = f"{groups} groups of {own} channels make {own * groups}, not {channels}."
    elif own and channels % own == 0:
        advice += f' For {channels // own} groups of {own} name a second U, for example "SCUU".'
    raise ShapeError(
        f"{CALL}: input channels differ.\n  X:       {_text(x)}\n  weights: {_text(w)}\n{advice}"
    )


def _expanded_bias(bias: _Layout | None, filters: int) -> Shape | None:
    """The size to which a bias is expanded, or None if it has one number a filter."""
    if bias is None:
        return None
    fmt, shape = bias
    if any(n != 1 and label != "C" for n, label in zip(shape, fmt, strict=False)):
        raise FormatError(f"{CALL}: bias with labels has the dimension C alone; got {_text(bias)}.")
    if prod(shape) not in (1, filters):
        raise ShapeError(
            f"{CALL}: bias must have one element, or one for each of {filters} filters; "
            f"got {_text(bias)}."
        )
    return (1, filters) if prod(shape) == 1 and filters != 1 else None


def _text(layout: _Layout) -> str:
    return describe(layout[1], layout[0])


def _labelled_weights(x: _Layout, weights: _Layout, fmt: str) -> _Layout:
    """The weights with one label an axis: their own, those of the option, or spatial ones; of size
    1 along the S dimensions that they lack.
    """
    own, shape = weights
    if own and fmt:
        raise FormatError(
            f"{CALL}: weights are {quoted(own)} already; WeightsFormat={quoted(fmt)} is for "
            "unformatted ones."
        )
    labels = own or formats.parse(fmt, f"{CALL}: WeightsFormat") or _spatial_labels(x, shape)
    if len(shape) > len(labels):
        raise ShapeError(
            f"{CALL}: weights of {len(shape)} dimensions, {describe(shape)}, do not fit the labels "
            f'"{labels}". Their size is filterSize × numChannels × numFilters, and × numGroups '
            "behind them."
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


def _spatial_labels(x: _Layout, shape: Shape) -> str:
    """The labels of unformatted weights."""
    spatial = x[0].count("S")
    if spatial == 0:
        hint = ' Name one S when making X, for example with "SCB".'
        if "T" in x[0]:
            hint = ' To convolve over time give WeightsFormat, for example "TCU".'
        raise FormatError(
            f"{CALL}: unformatted weights convolve over S dimensions; X is {_text(x)}.{hint}"
        )
    return "S" * spatial + "C" + "U" * min(2, max(1, len(shape) - spatial - 1))


def _convolved(x: _Layout, w: _Layout) -> tuple[Axes, Axes]:
    """The axes of the data and of the weights along which the filter moves, S before T."""
    x_fmt, w_fmt = x[0], w[0]
    if "C" not in x_fmt:
        raise FormatError(
            f"{CALL}: X needs a C dimension; it is {quoted(x_fmt)}. Name it when making the array, "
            'for example dlarray(data, "SCB").'
        )
    if "B" in w_fmt:
        raise FormatError(
            f"{CALL}: weights have no B dimension; they are {quoted(w_fmt)}. Use labels S or T, C "
            "and U."
        )
    if "C" not in w_fmt:
        raise FormatError(
            f"{CALL}: weights need a C dimension; they are {quoted(w_fmt)}. Use for example "
            '"SCU" or "TCU".'
        )
    if w_fmt.count("U") > 2:
        raise FormatError(
            f"{CALL}: the weights, {quoted(w_fmt)}, have {w_fmt.count('U')} U dimensions. The "
            "first is for filters, a second for groups."
        )
    labels = "S" * w_fmt.count("S") + "T" * w_fmt.count("T")
    if not labels:
        raise FormatError(
            f"{CALL}: the weights, {quoted(w_fmt)}, name no S or T dimension to convolve over."
        )
    for label in "ST":
        wanted, there = labels.count(label), x_fmt.count(label)
        if wanted > there:
            number = "no" if not there else str(there)
            raise FormatError(
                f"{CALL}: the weights convolve over {label * wanted}, and X, {quoted(x_fmt)}, has "
                f"{number} {label} dimension{'s' if there > 1 else ''}."
            )
    if len(labels) > MOST:
        raise FormatError(
            f"{CALL}: convolution is over {MOST} dimensions at most; the weights, {quoted(w_fmt)}, "
            f"convolve over {len(labels)}."
        )
    return tuple(
        sum((formats.find(fmt, label) for label in dict.fromkeys(labels)), ())
        for fmt in (x_fmt, w_fmt)
    )  # type: ignore[return-value]
