"""`dltranspconv`: transposed convolution over labelled dimensions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from .. import _calls, _checks, operators
from ..array import dlarray, require_float, wrap
from ..formats import Axes, Shape, ShapeError
from ..kernels import Geometry
from ._filters import Layout, data_axes, described, expanded_bias, fitted, resolve
from ._formats import labelled, option_format, united
from .window import (
    ENDS,
    Amounts,
    amounts,
    moved,
    no_memory,
    padding_per_dimension,
    per_dimension,
    require_within,
    spanned,
)

CALL = "dltranspconv"
REACH = "Cropping and steps reach farther than memory does: the result before cropping"


@_calls.explained
def dltranspconv(
    X: Any,
    weights: Any,
    bias: Any = None,
    *,
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
    Stride: Any = 1,
    DilationFactor: Any = 1,
    Cropping: Any = 0,
) -> dlarray:
    """Upsample data with filters: each sample adds a filter to the output, ``Stride`` apart.

    ``Y(t*Stride + j*DilationFactor, f) = bias(f) + the sum over c of weights(j, f, c) X(t, c)``
    for every observation, then cropped.  It is the gradient of the input of the `dlconv` with these
    options, plus the bias; an element that no sample of X reaches is the bias.

    Parameters
    ----------
    X : data with a C dimension and those to upsample: S, or T if the weights have a T.
    weights : unformatted ``filterSize... × numFilters × numChannels``, for all S, with the groups
        last if there are some; or with labels, of itself or WeightsFormat: S and T the filter, C
        the channels of a group, the first U the filters of a group, the second U the groups, as
        "SUC" or "TUC".
    bias : one number a filter, one for all, or None.
    DataFormat : labels of an unformatted X; the result is then unformatted, in the same order.
    WeightsFormat : labels of unformatted weights.
    Stride, DilationFactor : one number, 1 if not given, or one for each dimension: how far apart
        samples of X lie in the output, and taps of the filter.
    Cropping : samples dropped at both ends, one number, 0 if not given, or one for each dimension;
        two rows, the starts and the ends; for one dimension (start, end); or "same": the output is
        Stride times as long, an odd sample dropped at the end.

    Returns the format of X, with the number of filters as channels.

    Raises
    ------
    FormatError : no C, or nothing to upsample along.
    ShapeError : channels differ, nothing is left after cropping, or the bias does not fit.

    Examples
    --------
    >>> X = dlarray(np.random.rand(3, 8, 20), "CBT")
    >>> W = np.random.rand(4, 16, 3)
    >>> dltranspconv(X, W, np.zeros(16), WeightsFormat="TUC", Stride=2, Cropping="same").shape
    (16, 8, 40)
    """
    x, restore = labelled(CALL, X, DataFormat)
    require_float(x, CALL)
    x, w, b = united(CALL, x, ("weights", "bias"), weights, bias, optional=1)
    plan = _plan(
        (x.fmt, x._data.shape),
        (w.fmt, w._data.shape),
        None if b is None else (b.fmt, b._data.shape),
        WeightsFormat
        if type(WeightsFormat) is str
        else option_format(CALL, "WeightsFormat", WeightsFormat),
        # what is no plain number or text here takes a form that a cache can keep
        Stride if type(Stride) is int else amounts(CALL, "Stride", Stride),
        DilationFactor
        if type(DilationFactor) is int
        else amounts(CALL, "DilationFactor", DilationFactor),
        Cropping if type(Cropping) in (int, str) else _cropping(Cropping),
    )
    if w._data.shape != plan.w_shape or plan.b_shape is not None:
        w, b = fitted(w, b, plan.w_shape, plan.b_shape)
    try:
        y = operators.transposed_conv(
            x, w, b,
            sizes=plan.sizes, x_axes=plan.x_axes, w_axes=plan.w_axes, geometry=plan.geometry,
        )  # fmt: skip
    except MemoryError:
        raise no_memory(CALL, x.fmt, x._data.shape, plan.result) from None
    return restore(wrap(y, x.fmt))


def _cropping(value: Any) -> Amounts:
    return amounts(CALL, "Cropping", value, 0, ("same",), ENDS)


class _Plan(NamedTuple):
    """A call with its labels resolved, as the matching convolution: its input is the result."""

    x_axes: Axes
    w_axes: Axes
    w_shape: Shape  # of the weights with one axis a label
    b_shape: Shape | None  # to which a bias of one number is expanded
    sizes: Shape  # of the result along the dimensions that filters move along
    geometry: tuple[Geometry, ...]
    result: Shape


@lru_cache(maxsize=1024)
def _plan(
    x: Layout,
    weights: Layout,
    bias: Layout | None,
    weights_format: str,
    stride: Amounts,
    dilation: Amounts,
    cropping: Amounts,
) -> _Plan:
    """Check a call and resolve its labels; nothing here depends on values."""
    found = resolve(CALL, x, weights, weights_format, plain="UC")
    n = len(found.taps)
    steps = zip(
        found.moved,
        [found.shape[axis] for axis in found.taps],
        per_dimension(CALL, "Stride", stride, n),
        per_dimension(CALL, "DilationFactor", dilation, n),
        strict=True,
    )
    ends = padding_per_dimension(CALL, "Cropping", _cropping(cropping), n, ("same",))
    moves = [_movement(x, *step, end) for step, end in zip(steps, ends, strict=True)]
    result, full = list(x[1]), {}
    result[x[0].index("C")] = found.filters
    for axis, (length, move) in zip(found.moved, moves, strict=True):
        result[axis] = length
        full[axis] = length + move.left + move.right
    require_within(CALL, *x, tuple(result), full, REACH)
    x_axes, order = data_axes(x[0], found.moved)
    filters, *group = found.units  # what are filters here are channels of the convolution
    return _Plan(
        x_axes,
        (*(found.taps[i] for i in order), filters, *group, found.channel),
        found.shape,
        expanded_bias(CALL, bias, found.filters),
        tuple(moves[i][0] for i in order),
        tuple(moves[i][1] for i in order),
        tuple(result),
    )


def _movement(
    x: Layout, axis: int, taps: int, stride: int, dilation: int, crop: str | tuple[int, int]
) -> tuple[int, Geometry]:
    """The size of the result along an axis, and the movement of the matching convolution."""
    n, label = x[1][axis], x[0][axis]
    if n == 0:
        raise ShapeError(
            f"{CALL}: X has no samples along {label}, it is {described(x)}. Give one at least."
        )
    span = (taps - 1) * dilation + 1
    if isinstance(crop, str):  # where filters leave gaps the last one is kept: nothing is cropped
        total = max(span - stride, 0)
        ends = total // 2, total - total // 2
        return n * stride, _matching(n * stride, span, stride, dilation, *ends)
    full = (n - 1) * stride + span
    if full - sum(crop) < 1:
        raise ShapeError(
            f"{CALL}: cropping leaves nothing along dimension {axis} ({label}). "
            f"{_checks.counted(n, 'sample')} with stride {stride} and a filter that spans "
            f"{spanned(taps, dilation)} make {full}; Cropping is {crop}. Crop less."
        )
    return full - sum(crop), _matching(full - sum(crop), span, stride, dilation, *crop)


def _matching(
    length: int, span: int, stride: int, dilation: int, left: int, right: int
) -> Geometry:
    """The movement of the convolution whose input is the result, of this length."""
    room = length + left + right - span
    return moved(stride, dilation if span > 1 else 1, left, right, room)
