"""Layer normalization."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import kernels
from ..formats import Axes, inverse
from ..tape import Array, operator
from .elementwise import add, div, mul, sqrt, sub
from .reduce import average
from .shape import reshape


def _rows(x: Array, outer: Axes, inner: Axes, channel: int) -> Array:
    """x as (R, P, C): the outer axes are rows, the inner ones positions."""
    moved = x.transpose((*outer, *inner, channel))
    n = prod(moved.shape[: len(outer)])
    return moved.reshape(n, prod(moved.shape[len(outer) : -1]), moved.shape[-1])


def _from_rows(y: Array, like: Array, outer: Axes, inner: Axes, channel: int) -> Array:
    order = (*outer, *inner, channel)
    return y.reshape([like.shape[axis] for axis in order]).transpose(inverse(order))


@operator
def layernorm(
    x: Array, offset: Array, scale: Array, *, outer: Axes, inner: Axes, channel: int, epsilon: float
) -> tuple[Array, Array]:
    """Normalize x over the inner axes and the channel, for each outer index; scale and shift by
    channel.
    """
    rows = _rows(x, outer, inner, channel)
    y, stats = kernels.layernorm_forward(rows, scale.reshape(-1), offset.reshape(-1), epsilon)
    return _from_rows(y, x, outer, inner, channel), stats


@layernorm.backward(recordable=False)  # type: ignore[untyped-decorator]
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
    epsilon: float,
) -> Any:
    rows = [_rows(part, outer, inner, channel) for part in (dy, x)]
    dx, dscale, doffset = kernels.layernorm_backward(rows[0], rows[1], scale.reshape(-1), result[1])
    return (
        _from_rows(dx, x, outer, inner, channel),
        doffset.reshape(offset.shape),
        dscale.reshape(scale.shape),
    )


@layernorm.reference
def _(
    x: Any, offset: Any, scale: Any, *, outer: Axes, inner: Axes, channel: int, epsilon: float
) -> Any:
    axes = (*inner, channel)
    centred = sub(x, average(x, axes=axes))
    variance = average(mul(centred, centred), axes=axes)
    xhat = div(centred, sqrt(add(variance, np.asarray(epsilon, x.dtype))))
    column = tuple(x.shape[channel] if axis == channel else 1 for axis in range(len(x.shape)))
    return add(mul(xhat, reshape(scale, shape=column)), reshape(offset, shape=column))
