"""`dlconv`: convolution over one labelled dimension."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from .. import _checks, formats, operators
from ..array import dlarray, require_float, wrap
from ..formats import Axes, FormatError, Shape, ShapeError, describe, quoted
from ..kernels import Geometry
from ._formats import labelled, united
from .window import geometry, parse_padding, parse_padding_value

CALL = "dlconv"
PLAIN = (int, float, str)  # not their subclasses: True equals 1, and is no number here


def dlconv(
    X: Any,
    weights: Any,
    bias: Any = None,
    *,
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
    Stride: int = 1,
    DilationFactor: int = 1,
    Padding: Any = 0,
    PaddingValue: Any = 0,
) -> dlarray:
    """Convolve data with filters over a spatial dimension, or over time.

    The filter is not flipped: ``Y(t, f) = bias(f) + sum_{j,c} weights(j, c, f) X(t*Stride +
    j*DilationFactor, c)`` on the padded input, for every observation.

    Parameters
    ----------
    X : data with a C dimension and the dimension to convolve over: S, or T if the weights have a T.
    weights : unformatted ``filterSize × numChannels × numFilters``, for S; or with labels, of
        itself or WeightsFormat: S or T the filter, C the channels, U the filters, as "SCU" or
        "TCU".
    bias : one number a filter, one for all, or None.
    DataFormat : labels of an unformatted X; the result is then unformatted, in the same order.
    WeightsFormat : labels of unformatted weights.
    Stride, DilationFactor : steps of the filter, and between its taps.
    Padding : samples at both ends, (start, end), "same" (output length ceil(length / Stride), an
        odd sample at the end) or "causal" (all at the start).
    PaddingValue : a number, "symmetric-include-edge", "symmetric-exclude-edge" or "replicate".

    Returns the format of X, with the number of filters as channels.

    Raises
    ------
    FormatError : no C, or nothing to convolve over.
    ShapeError : channels differ, the filter is longer than the padded input, or the bias does not
        fit.

    Examples
    --------
    >>> X = dlarray(np.random.rand(3, 8, 20), "CBT")
    >>> W = np.random.rand(5, 3, 16)
    >>> dlconv(X, W, np.zeros(16), WeightsFormat="TCU", Padding="causal").shape
    (16, 8, 20)
    """
    x, restore = labelled(CALL, X, DataFormat)
    require_float(x, CALL)
    x, w, b = united(CALL, x, ("weights", "bias"), weights, bias, optional=1)
    plan = _plan(
        (x.fmt, x._data.shape),
        (w.fmt, w._data.shape),
        None if b is None else (b.fmt, b._data.shape),
        WeightsFormat if type(WeightsFormat) is str else _weights_format(WeightsFormat),
        (
            Stride if type(Stride) is int else _checks.integer(CALL, "Stride", Stride),
            DilationFactor
            if type(DilationFactor) is int
            else _checks.integer(CALL, "DilationFactor", DilationFactor),
            Padding if type(Padding) in PLAIN else parse_padding(CALL, "Padding", Padding),
            PaddingValue
            if type(PaddingValue) in PLAIN
            else parse_padding_value(CALL, PaddingValue),
        ),
    )
    if w._data.shape != plan.w_shape:
        w = operators.reshape(w, shape=plan.w_shape)
    if plan.b_shape is not None:
        b = operators.expand(operators.reshape(b, shape=(1, 1)), shape=plan.b_shape)
    y = operators.conv1d(x, w, b, x_axes=plan.x_axes, w_axes=plan.w_axes, geometry=plan.geometry)
    return restore(wrap(y, x.fmt))


def _weights_format(fmt: Any) -> str:
    return "" if fmt is None else formats.parse(fmt, f"{CALL}: WeightsFormat")


class _Plan(NamedTuple):
    """A call with its labels resolved: axes in the order that the operator takes, and integers."""

    x_axes: Axes
    w_axes: Axes
    w_shape: Shape  # of the weights with one axis a label
    b_shape: Shape | None  # to which a bias of one number is expanded
    geometry: Geometry


_Layout = tuple[str, Shape]


@lru_cache(maxsize=1024)
def _plan(
    x: _Layout,
    weights: _Layout,
    bias: _Layout | None,
    weights_format: str,
    moves: tuple[int, int, Any, Any],
) -> _Plan:
    """Check a call and resolve its labels; nothing here depends on values.

    Options reach it in types of which equal values mean the same, since it is cached.
    """
    w = _labelled_weights(x, weights, weights_format)
    x_axes, w_axes = _axes(x[0], w[0])
    taps, channels, filters = w[1][w_axes[0]], x[1][x_axes[-1]], w[1][w_axes[2]]
    if taps == 0:
        raise ShapeError(f"{CALL}: a filter needs one tap at least; the weights are {_text(w)}.")
    if channels != w[1][w_axes[1]]:
        raise ShapeError(
            f"{CALL}: input channels differ.\n  X:       {_text(x)}\n  weights: {_text(w)}\n"
            f"Give weights {channels} input channels."
        )
    stride, dilation, padding, padding_value = moves
    moved = geometry(
        CALL,
        x[1][x_axes[-2]],
        taps,
        _checks.integer(CALL, "Stride", stride),
        _checks.integer(CALL, "DilationFactor", dilation),
        parse_padding(CALL, "Padding", padding),
        parse_padding_value(CALL, padding_value),
    )
    return _Plan(x_axes, w_axes, w[1], _expanded_bias(bias, filters), moved)


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
    """The weights with one label an axis: their own, those of the option, or spatial ones."""
    own, shape = weights
    if own and fmt:
        raise FormatError(
            f"{CALL}: weights are {quoted(own)} already; WeightsFormat={quoted(fmt)} is for "
            "unformatted ones."
        )
    labels = own or formats.parse(fmt, f"{CALL}: WeightsFormat")
    if not labels:
        spatial = x[0].count("S")
        if spatial == 0:
            hint = ' Name one S when making X, for example with "SCB".'
            if "T" in x[0]:
                hint = ' To convolve over time give WeightsFormat, for example "TCU".'
            raise FormatError(
                f"{CALL}: unformatted weights convolve over S dimensions; X is {_text(x)}.{hint}"
            )
        labels = "S" * spatial + "C" + "U" * max(1, len(shape) - spatial - 1)
    if len(shape) > len(labels):
        raise ShapeError(
            f"{CALL}: weights of {len(shape)} dimensions, {describe(shape)}, do not fit the labels "
            f'"{labels}". Their size is filterSize × numChannels × numFilters.'
        )
    labels, shape = formats.trim(labels, shape + (1,) * (len(labels) - len(shape)))
    return (labels, shape) if "U" in labels else (labels + "U", (*shape, 1))  # one filter


def _axes(x_fmt: str, w_fmt: str) -> tuple[Axes, Axes]:
    """Axes of the data (batch..., position, channel) and the weights (tap, channel, filter)."""
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
    moved = "S" * w_fmt.count("S") + "T" * w_fmt.count("T")
    if not moved:
        raise FormatError(
            f"{CALL}: the weights, {quoted(w_fmt)}, name no S or T dimension to convolve over."
        )
    if len(moved) > 1:
        raise FormatError(
            f"{CALL}: the weights, {quoted(w_fmt)}, convolve over {len(moved)} dimensions; this "
            "version convolves over one."
        )
    if moved not in x_fmt:
        raise FormatError(
            f"{CALL}: the weights convolve over {moved}, and X, {quoted(x_fmt)}, has no {moved} "
            "dimension."
        )
    filters = formats.find(w_fmt, "U")
    if len(filters) > 1:
        raise FormatError(
            f"{CALL}: the weights, {quoted(w_fmt)}, have groups; this version convolves without "
            "groups."
        )
    position, channel = x_fmt.index(moved), x_fmt.index("C")
    rest = tuple(axis for axis in formats.memory_order(x_fmt) if axis not in (position, channel))
    return (*rest, position, channel), (w_fmt.index(moved), w_fmt.index("C"), *filters)
