"""`dlconv`: convolution over one to three labelled dimensions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from .. import _calls, operators
from ..array import dlarray, require_float, wrap
from ..formats import Axes, Shape
from ..kernels import Geometry
from ._filters import Layout, data_axes, expanded_bias, fitted, resolve
from ._formats import labelled, option_format, united
from .window import (
    ENDS,
    WORDS,
    Amounts,
    amounts,
    geometries,
    no_memory,
    padding_per_dimension,
    parse_padding_value,
    per_dimension,
    require_within,
)

CALL = "dlconv"
PLAIN = (int, float, str)  # not their subclasses: True equals 1, and is no number here


@_calls.explained
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
    Stride, DilationFactor : steps of the filter, and between its taps; a number, 1 if not given, or
        one for each convolved dimension, those of S before T.
    Padding : samples at both ends, 0 if not given; one number for each dimension; two rows, the
        starts and the ends (with one dimension (start, end)); "same" (output length
        ceil(length / Stride), an odd sample at the end); or with one dimension "causal" (all at the
        start).
    PaddingValue : what the samples at the ends hold: a number, 0 if not given, or the data
        themselves.  Two samples at both ends make of ``1 2 3``: with "symmetric-include-edge"
        ``2 1 1 2 3 3 2``, with "symmetric-exclude-edge" ``3 2 1 2 3 2 1``, with "replicate"
        ``1 1 1 2 3 3 3``.

    Returns the format of X, with the number of filters of all groups as channels.

    Notes
    -----
    In single precision filters that move over one dimension in steps of one are applied in fewer
    multiplications where that is faster: two results of three taps by four products of sums (S.
    Winograd, 1980).  Results are as close to the exact ones as those of the sum itself, about
    1e-7 of the sum of ``|x| |w|``, where the samples and the weights of a channel that lie beside
    each other are of similar size; a NaN or an Inf reaches the results whose window holds it and
    no others, but an Inf may come out as NaN.  In double precision every product is rounded alone.

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


def convolution_of_layer(
    X: Any,
    weights: Any,
    bias: Any,
    *,
    rectified: bool,
    WeightsFormat: str,
    Stride: Any,
    DilationFactor: Any,
    Padding: Any,
    PaddingValue: Any,
) -> dlarray:
    """`dlconv`, or `relu` of it in one pass for layers that do the work of two.

    A layer's call fits the parameters: to go without the check saves 0.4 µs.
    """
    return convolve(
        operators.conv_relu if rectified else operators.conv, X, weights, bias, None, WeightsFormat,
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
        weights_format
        if type(weights_format) is str
        else option_format(CALL, "WeightsFormat", weights_format),
        (
            stride if type(stride) is int else amounts(CALL, "Stride", stride),
            dilation if type(dilation) is int else amounts(CALL, "DilationFactor", dilation),
            padding
            if type(padding) in PLAIN
            else amounts(CALL, "Padding", padding, 0, WORDS, ENDS),
            value if type(value) in PLAIN else parse_padding_value(CALL, value),
        ),
    )
    if w._data.shape != plan.w_shape or plan.b_shape is not None:
        w, b = fitted(w, b, plan.w_shape, plan.b_shape)
    try:
        y = operator(x, w, b, x_axes=plan.x_axes, w_axes=plan.w_axes, geometry=plan.geometry)
    except MemoryError:
        raise no_memory(CALL, x.fmt, x._data.shape, plan.result) from None
    return restore(wrap(y, x.fmt))


class _Plan(NamedTuple):
    """A call with its labels resolved: axes in the order that the operator takes, and integers."""

    x_axes: Axes
    w_axes: Axes
    w_shape: Shape  # of the weights with one axis a label
    b_shape: Shape | None  # to which a bias of one number is expanded
    geometry: tuple[Geometry, ...]
    result: Shape


@lru_cache(maxsize=1024)
def _plan(
    x: Layout,
    weights: Layout,
    bias: Layout | None,
    weights_format: str,
    moves: tuple[Amounts, Amounts, Any, Any],
) -> _Plan:
    """Check a call and resolve its labels; nothing here depends on values.

    Options reach it in types of which equal values mean the same, since it is cached.
    """
    found = resolve(CALL, x, weights, weights_format, plain="CU")
    taps = [found.shape[axis] for axis in found.taps]
    geometry = _geometry(x, found.moved, taps, moves)
    result, padded = list(x[1]), {}
    result[x[0].index("C")] = found.filters
    for axis, k_size, move in zip(found.moved, taps, geometry, strict=True):
        result[axis] = move.out_length(x[1][axis], k_size)
        padded[axis] = x[1][axis] + move.left + move.right
    require_within(CALL, *x, tuple(result), padded)
    x_axes, order = data_axes(x[0], found.moved)
    return _Plan(
        x_axes,
        (*(found.taps[i] for i in order), found.channel, *found.units[::-1]),
        found.shape,
        expanded_bias(CALL, bias, found.filters),
        tuple(geometry[i] for i in order),
        tuple(result),
    )


def _geometry(x: Layout, moved: Axes, taps: list[int], moves: Any) -> tuple[Geometry, ...]:
    """The movement of the filter along each convolved axis."""
    n = len(moved)
    stride, dilation, padding, value = moves
    return geometries(
        CALL,
        [x[1][axis] for axis in moved],
        taps,
        per_dimension(CALL, "Stride", stride, n),
        per_dimension(CALL, "DilationFactor", dilation, n),
        padding_per_dimension(
            CALL, "Padding", amounts(CALL, "Padding", padding, 0, WORDS, ENDS), n
        ),
        parse_padding_value(CALL, value),
        [f"dimension {axis} ({x[0][axis]})" for axis in moved],
    )
