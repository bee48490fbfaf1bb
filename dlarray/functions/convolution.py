"""`dlconv`: convolution over one labelled dimension."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import _checks, formats, operators
from ..array import described, dlarray, require_float, wrap
from ..formats import Axes, FormatError, ShapeError, describe, quoted
from ._formats import labelled, parameter
from .window import geometry, parse_padding, parse_padding_value

CALL = "dlconv"


class _Plan(NamedTuple):
    """Which axes are convolved, in the order that the operator takes."""

    x_axes: Axes
    w_axes: Axes


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
    w, w_fmt = _labelled_weights(x, parameter(CALL, "weights", weights, x), WeightsFormat)
    plan = _plan(x.fmt, w_fmt)
    position, channel = plan.x_axes[-2:]
    if x.shape[channel] != w.shape[plan.w_axes[1]]:
        raise ShapeError(
            f"{CALL}: input channels differ.\n  X:       {described(x)}\n  weights: "
            f"{describe(w.shape, w_fmt)}\n"
            f"Give weights {x.shape[channel]} input channels."
        )
    moves = geometry(
        CALL,
        x.shape[position],
        w.shape[plan.w_axes[0]],
        _checks.integer(CALL, "Stride", Stride),
        _checks.integer(CALL, "DilationFactor", DilationFactor),
        parse_padding(CALL, "Padding", Padding),
        parse_padding_value(CALL, PaddingValue),
    )
    b = _bias(bias, x, w.shape[plan.w_axes[2]])
    y = operators.conv1d(x, w, b, x_axes=plan.x_axes, w_axes=plan.w_axes, geometry=moves)
    return restore(wrap(y, x.fmt))


def _labelled_weights(x: dlarray, w: dlarray, fmt: str | None) -> tuple[Any, str]:
    """Weights and one label an axis, in the order of their axes: their own labels, the option's, or
    spatial ones.
    """
    if w.fmt and fmt:
        raise FormatError(
            f"{CALL}: weights are {quoted(w.fmt)} already; WeightsFormat={quoted(fmt)} is for "
            "unformatted ones."
        )
    labels = w.fmt or formats.parse(fmt or "", f"{CALL}: WeightsFormat")
    if not labels:
        spatial = x.fmt.count("S")
        if spatial == 0:
            hint = (
                ' To convolve over time give WeightsFormat, for example "TCU".'
                if "T" in x.fmt
                else ""
            )
            raise FormatError(
                f"{CALL}: unformatted weights convolve over S dimensions; X is "
                f"{described(x)}.{hint}"
            )
        labels = "S" * spatial + "C" + "U" * max(1, w.ndim - spatial - 1)
    if "U" not in labels:
        labels += "U"  # one filter
    if w.ndim > len(labels):
        raise ShapeError(
            f"{CALL}: weights of {w.ndim} dimensions, {describe(w.shape)}, do not fit the labels "
            f'"{labels}". '
            "Their size is filterSize × numChannels × numFilters."
        )
    if w.ndim == len(labels):
        return w, labels
    return operators.reshape(w, shape=w.shape + (1,) * (len(labels) - w.ndim)), labels


def _plan(x_fmt: str, w_fmt: str) -> _Plan:
    """Axes of the data and the weights, from their labels."""
    if "C" not in x_fmt:
        raise FormatError(
            f"{CALL}: X needs a C dimension; it is {quoted(x_fmt)}. Name it when making the array, "
            "for example "
            'dlarray(data, "SCB").'
        )
    if "B" in w_fmt:
        raise FormatError(
            f"{CALL}: weights have no B dimension; they are {quoted(w_fmt)}. Use labels S or T, C "
            "and U."
        )
    if "C" not in w_fmt:
        raise FormatError(
            f'{CALL}: weights need a C dimension; they are {quoted(w_fmt)}. Use for example "SCU" '
            'or "TCU".'
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
    batch = tuple(axis for axis in formats.memory_order(x_fmt) if axis not in (position, channel))
    return _Plan((*batch, position, channel), (w_fmt.index(moved), w_fmt.index("C"), *filters))


def _bias(bias: Any, x: dlarray, n_filt: int) -> dlarray | None:
    if bias is None:
        return None
    b = parameter(CALL, "bias", bias, x)
    if b.size not in (1, n_filt):
        raise ShapeError(
            f"{CALL}: bias must have one element, or one for each of {n_filt} filters; got "
            f"{described(b)}."
        )
    if b.size == 1 and n_filt != 1:
        return wrap(operators.expand(operators.reshape(b, shape=(1, 1)), shape=(1, n_filt)), "")
    return b
