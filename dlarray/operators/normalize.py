"""Normalizations.

The fast backward rules call kernels; where a backward pass is recorded, compositions of operators
stand in.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np

from .. import kernels
from ..formats import Axes, Shape
from ..tape import Array, constant, operator
from ._rows import grouped, groupnorm_directly, groupnorm_rule_directly, views
from .elementwise import add, div, mul, power, sqrt, sub
from .indexing import put, take
from .reduce import average
from .shape import reshape


def _rows(x: Array, outer: Axes, inner: Axes, channel: int) -> Array:
    """x as (R, P, C): the outer axes are rows, the inner ones positions."""
    order, _, rows, _ = views(x.shape, outer, inner, channel)
    return x.transpose(order).reshape(rows)


def _from_rows(y: Array, like: Array, outer: Axes, inner: Axes, channel: int) -> Array:
    _, back, _, moved = views(like.shape, outer, inner, channel)
    return y.reshape(moved).transpose(back)


def _column(x: Any, channel: int) -> Shape:
    """The shape of one number a channel beside x."""
    return tuple(x.shape[channel] if axis == channel else 1 for axis in range(len(x.shape)))


def _like(x: Any, value: float) -> Array:
    return np.asarray(value, x.dtype)


def _scaled(xhat: Any, offset: Any, scale: Any, channel: int) -> Any:
    """xhat * scale + offset, one number a channel, as operators."""
    column = _column(xhat, channel)
    return add(mul(xhat, reshape(scale, shape=column)), reshape(offset, shape=column))


def _standard(x: Any, axes: Axes, epsilon: float) -> Any:
    """x with mean 0 and variance 1 over some axes, as operators."""
    centred = sub(x, average(x, axes=axes))
    variance = average(mul(centred, centred), axes=axes)
    return div(centred, sqrt(add(variance, _like(x, epsilon))))


# -- layer and group normalization ----------------------------------------------------------------


@operator
def groupnorm(
    x: Array,
    offset: Array,
    scale: Array,
    *,
    outer: Axes,
    inner: Axes,
    channel: int,
    groups: int,
    epsilon: float,
) -> tuple[Array, Array]:
    """Normalize x over the inner axes and the channels of a group, which follow each other, for
    each outer index; scale and shift by channel.
    """
    order, back, rows, moved = grouped(x.shape, outer, inner, channel, groups)
    parts, parameters = x.transpose(order).reshape(rows), (scale.reshape(-1), offset.reshape(-1))
    if len(rows) == 2:
        y, stats = kernels.layernorm_forward(parts, *parameters, epsilon)
    else:
        y, stats = kernels.groupnorm_forward(parts, *parameters, groups, epsilon)
    return y.reshape(moved).transpose(back), stats


groupnorm.direct = groupnorm_directly


@groupnorm.backward(recordable=False)  # type: ignore[untyped-decorator]
def _(
    dy: Array,
    result: Any,
    x: Any,
    offset: Any,
    scale: Any,
    *,
    outer: Axes,
    inner: Axes,
    channel: int,
    groups: int,
    epsilon: float,
) -> Any:
    order, back, rows, moved = grouped(x.shape, outer, inner, channel, groups)
    gain, stats = scale.reshape(-1), result[1]
    slope, data = dy.transpose(order).reshape(rows), x.transpose(order).reshape(rows)
    if len(rows) == 2:
        parts = kernels.layernorm_backward(slope, data, gain, stats)
    else:
        parts = kernels.groupnorm_backward(slope, data, gain, stats, epsilon)
    return (
        parts[0].reshape(moved).transpose(back),
        parts[2].reshape(offset.shape),
        parts[1].reshape(scale.shape),
    )


groupnorm.direct_rule = groupnorm_rule_directly


@groupnorm.reference
def _(
    x: Any,
    offset: Any,
    scale: Any,
    *,
    outer: Axes,
    inner: Axes,
    channel: int,
    groups: int,
    epsilon: float,
) -> Any:
    shape = x.shape
    split = (*shape[:channel], shape[channel] // groups, groups, *shape[channel + 1 :])
    axes = (*(axis + (axis > channel) for axis in inner), channel)
    xhat = _standard(reshape(x, shape=split), axes, epsilon)
    return _scaled(reshape(xhat, shape=shape), offset, scale, channel)


# -- batch normalization --------------------------------------------------------------------------


@operator
def batch_statistics(x: Array, *, outer: Axes, channel: int) -> Array:
    """(C, 2), mean and biased variance of each channel; NaN where there is no element."""
    return kernels.batch_statistics(_rows(x, outer, (), channel)[:, 0]).T


@batch_statistics.backward
def _(dy: Any, stats: Any, x: Any, *, outer: Axes, channel: int) -> Any:
    n = prod(x.shape[axis] for axis in outer)
    share = _like(x, 1.0 / n if n else np.nan)
    column = _column(x, channel)
    mean, slope, slope_variance = (
        reshape(part, shape=column) for part in (*_halves(stats)[:1], *_halves(dy))
    )
    spread = mul(mul(sub(x, mean), slope_variance), mul(share, _like(x, 2)))
    return (add(spread, mul(slope, share)),)


def _halves(pairs: Any) -> tuple[Any, Any]:
    """The two columns of (C, 2)."""
    rows = slice(None)
    return take(pairs, index=(rows, slice(0, 1))), take(pairs, index=(rows, slice(1, 2)))


@operator
def batchnorm(
    x: Array,
    offset: Array,
    scale: Array,
    stats: Array,
    *,
    outer: Axes,
    channel: int,
    epsilon: float,
) -> Array:
    """Normalize each channel of x to mean 0 and variance 1, scale and shift it.

    ``stats`` are the `batch_statistics` of x and no variable of their own: the gradient of x
    accounts for them.
    """
    rows = _rows(x, outer, (), channel)[:, 0]
    y = kernels.batchnorm_forward(rows, stats.T, scale.reshape(-1), offset.reshape(-1), epsilon)
    return _from_rows(y, x, outer, (), channel)


@batchnorm.backward(recordable=False)  # type: ignore[untyped-decorator]
def _(
    dy: Array,
    _y: Any,
    x: Any,
    offset: Any,
    scale: Any,
    stats: Any,
    *,
    outer: Axes,
    channel: int,
    epsilon: float,
) -> Any:
    slope, rows = (_rows(part, outer, (), channel)[:, 0] for part in (dy, x))
    dx, dscale, doffset = kernels.batchnorm_backward(
        slope, rows, stats.T, scale.reshape(-1), epsilon
    )
    dx = _from_rows(dx, x, outer, (), channel)
    return dx, doffset.reshape(offset.shape), dscale.reshape(scale.shape), None


@batchnorm.reference
def _(
    x: Any, offset: Any, scale: Any, stats: Any, *, outer: Axes, channel: int, epsilon: float
) -> Any:
    return _scaled(_standard(x, outer, epsilon), offset, scale, channel)


@operator
def standardize(
    x: Array,
    offset: Array,
    scale: Array,
    mean: Array,
    variance: Array,
    *,
    outer: Axes,
    channel: int,
    epsilon: float,
) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, all four by channel."""
    stats = np.stack((mean.reshape(-1), variance.reshape(-1)))
    rows = _rows(x, outer, (), channel)[:, 0]
    y = kernels.batchnorm_forward(rows, stats, scale.reshape(-1), offset.reshape(-1), epsilon)
    return _from_rows(y, x, outer, (), channel)


@standardize.backward(recordable=False)  # type: ignore[untyped-decorator]
def _(
    dy: Array,
    _y: Any,
    x: Any,
    offset: Any,
    scale: Any,
    mean: Any,
    variance: Any,
    *,
    outer: Axes,
    channel: int,
    epsilon: float,
) -> Any:
    stats = np.stack((mean.reshape(-1), variance.reshape(-1)))
    inner = 1 / np.sqrt(stats[1] + x.dtype.type(epsilon))
    factor = inner * scale.reshape(-1)

    @cache
    def sums() -> Any:
        slope, rows = (_rows(part, outer, (), channel)[:, 0] for part in (dy, x))
        return kernels.batchnorm_sums(slope, rows, stats, epsilon)

    def variances() -> Any:
        return (sums()[1] * factor * inner * x.dtype.type(-0.5)).reshape(variance.shape)

    return (
        lambda: mul(dy, factor.reshape(_column(x, channel))),
        lambda: sums()[0].reshape(offset.shape),
        lambda: sums()[1].reshape(scale.shape),
        lambda: (-sums()[0] * factor).reshape(mean.shape),
        variances,
    )


@standardize.reference
def _(
    x: Any,
    offset: Any,
    scale: Any,
    mean: Any,
    variance: Any,
    *,
    outer: Axes,
    channel: int,
    epsilon: float,
) -> Any:
    column = _column(x, channel)
    deviation = sqrt(add(reshape(variance, shape=column), _like(x, epsilon)))
    xhat = div(sub(x, reshape(mean, shape=column)), deviation)
    return _scaled(xhat, offset, scale, channel)


# -- cross-channel normalization ------------------------------------------------------------------


@operator
def crosschannelnorm(
    x: Array,
    *,
    outer: Axes,
    channel: int,
    before: int,
    after: int,
    alpha: float,
    beta: float,
    k: float,
) -> tuple[Array, Array]:
    """x / (k + alpha * sum of x^2 over a window of channels) ^ beta."""
    rows = _rows(x, outer, (), channel)[:, 0]
    y, d = kernels.crosschannelnorm_forward(rows, before, after, alpha, beta, k)
    return _from_rows(y, x, outer, (), channel), d


@crosschannelnorm.backward(recordable=False)  # type: ignore[untyped-decorator]
def _(
    dy: Array,
    result: Any,
    x: Any,
    *,
    outer: Axes,
    channel: int,
    before: int,
    after: int,
    alpha: float,
    beta: float,
    k: float,
) -> Any:
    slope, rows = (_rows(part, outer, (), channel)[:, 0] for part in (dy, x))
    dx = kernels.crosschannelnorm_backward(slope, rows, result[1], before, after, alpha, beta)
    return (_from_rows(dx, x, outer, (), channel),)


@crosschannelnorm.reference
def _(
    x: Any,
    *,
    outer: Axes,
    channel: int,
    before: int,
    after: int,
    alpha: float,
    beta: float,
    k: float,
) -> Any:
    n, squares = x.shape[channel], mul(x, x)
    others = (slice(None),) * channel
    around: Any = constant(np.zeros((1,) * len(x.shape), x.dtype))
    for j in range(-before, after + 1):  # the neighbour j further on
        if abs(j) < n:
            source = (*others, slice(max(0, j), n + min(0, j)))
            target = (*others, slice(max(0, -j), n + min(0, -j)))
            around = add(around, put(take(squares, index=source), index=target, shape=x.shape))
    d = add(mul(around, _like(x, alpha)), _like(x, k))
    return mul(x, power(d, _like(x, -beta)))
