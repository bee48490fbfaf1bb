"""Arrays as rows for normalizations, and the calls of group normalization as plans make them."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from .. import kernels
from ..formats import Axes, Shape, inverse
from ..tape import Array, Direct, Way, flattened, reshaped, transposed


@lru_cache(maxsize=1024)
def views(shape: Shape, outer: Axes, inner: Axes, channel: int) -> tuple[Axes, Axes, Shape, Shape]:
    """The permutation to rows and back, and the shapes as rows and before."""
    order = (*outer, *inner, channel)
    moved = tuple(shape[axis] for axis in order)
    n = len(outer)
    return order, inverse(order), (prod(moved[:n]), prod(moved[n:-1]), moved[-1]), moved


@lru_cache(maxsize=1024)
def grouped(
    shape: Shape, outer: Axes, inner: Axes, channel: int, groups: int
) -> tuple[Axes, Axes, Shape, Shape]:
    """`views`, with rows (R, C) where each is one group without positions, which the kernel of
    layer normalization takes.
    """
    order, back, rows, moved = views(shape, outer, inner, channel)
    return order, back, (rows[0], rows[2]) if rows[1] == groups == 1 else rows, moved


def _rows_way(order: Axes, rows: Shape) -> Way:
    """From label order to these rows."""
    return lambda shape: (*transposed(order)(shape), *reshaped(rows)(shape))


def groupnorm_directly(
    x: Array,
    _offset: Array,
    _scale: Array,
    *,
    outer: Axes,
    inner: Axes,
    channel: int,
    groups: int,
    epsilon: float,
) -> Direct:
    order, _, rows, _ = grouped(x.shape, outer, inner, channel, groups)

    def call(x: Array, offset: Array, scale: Array) -> tuple[Array, Array]:
        if len(rows) == 2:
            return kernels.layernorm_forward(x, scale, offset, epsilon)
        return kernels.groupnorm_forward(x, scale, offset, groups, epsilon)

    way = _rows_way(order, rows)
    return Direct(call, (way, flattened, flattened), (way,))


def groupnorm_rule_directly(
    _dy: Array,
    _y: Array,
    _stats: Array,
    x: Array,
    _offset: Array,
    _scale: Array,
    *,
    outer: Axes,
    inner: Axes,
    channel: int,
    groups: int,
    epsilon: float,
) -> Direct:
    order, _, rows, _ = grouped(x.shape, outer, inner, channel, groups)

    def call(dy: Array, stats: Array, x: Array, scale: Array) -> tuple[Array, ...]:
        if len(rows) == 2:
            dx, dscale, doffset = kernels.layernorm_backward(dy, x, scale, stats)
        else:
            dx, dscale, doffset = kernels.groupnorm_backward(dy, x, scale, stats, epsilon)
        return dx, doffset, dscale

    way = _rows_way(order, rows)
    return Direct(
        call, (way, None, None, way, None, flattened), (way, flattened, flattened), unused=(1, 4)
    )
