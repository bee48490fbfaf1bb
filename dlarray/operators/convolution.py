"""Convolution and its two gradients: a closed family, each the derivative of another.

Arrays come in label order.  ``x_axes`` lists x's axes as (batch axes..., positions..., channel) and
``w_axes`` those of w as (taps..., channel, filter) or, with groups, (taps..., channel, group,
filter); axes permute as views, and as views back in the result.  ``geometry`` has the movement of
each convolved dimension.  A matrix product is a convolution with one tap.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from .. import kernels
from ..formats import Axes, Shape, inverse
from ..kernels import SCALAR, Geometry
from ..tape import Array, Direct, Steps, Way, operator, reshaped, transposed
from .activation import relu_grad
from .shape import expand, reshape

Moves = tuple[Geometry, ...]


def _to_kernel(x: Array, axes: Axes, n: int) -> tuple[Array, tuple[int, ...]]:
    """x as (B, n positions, C), and the sizes of its batch axes."""
    moved = x.transpose(axes)
    batch = moved.shape[: -n - 1]
    if len(batch) == 1:
        return moved, batch
    return moved.reshape(prod(batch), *moved.shape[-n - 1 :]), batch


def _from_kernel(y: Array, batch: tuple[int, ...], axes: Axes) -> Array:
    if len(batch) != 1:
        y = y.reshape(*batch, *y.shape[1:])
    return y.transpose(inverse(axes))


def _filters(w: Array, axes: Axes, n: int) -> tuple[Array, int]:
    """w as (n taps, C, F), the filters group by group, and the number of groups."""
    w = w.transpose(axes)
    if w.ndim == n + 2:
        return w, 1
    return w.reshape(*w.shape[:-2], w.shape[-2] * w.shape[-1]), w.shape[-2]


def _convolve(
    x: Array, w: Array, b: Array | None, x_axes: Axes, w_axes: Axes, geometry: Moves, relu: bool
) -> Array:
    n = len(geometry)
    data, batch = _to_kernel(x, x_axes, n)
    filters, _ = _filters(w, w_axes, n)
    y = kernels.conv_forward(data, filters, None if b is None else b.reshape(-1), geometry, relu)
    return _from_kernel(y, batch, x_axes)


@operator
def conv(
    x: Array, w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Array:
    """Cross-correlate x with w and add b, one number a filter."""
    return _convolve(x, w, b, x_axes, w_axes, geometry, False)


@operator
def conv_relu(
    x: Array, w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Array:
    """The positive part of `conv`, as `relu` makes it, in one pass."""
    return _convolve(x, w, b, x_axes, w_axes, geometry, True)


# -- for plans: the same calls, with the ways between label order and the kernels' apart -----------


def _data_way(axes: Axes, n: int) -> Way:
    """From label order to (B, n positions, C)."""

    def way(shape: Shape) -> Steps:
        moved = tuple(shape[axis] for axis in axes)
        flat = (prod(moved[: -n - 1]), *moved[-n - 1 :])
        return *transposed(axes)(shape), *reshaped(flat)(moved)

    return way


def _filters_way(axes: Axes, n: int) -> Way:
    """From label order to (n taps, C, F)."""

    def way(shape: Shape) -> Steps:
        moved = tuple(shape[axis] for axis in axes)
        flat = moved if len(moved) == n + 2 else (*moved[:-2], moved[-2] * moved[-1])
        return *transposed(axes)(shape), *reshaped(flat)(moved)

    return way


def _groups(w: Array, axes: Axes, n: int) -> int:
    return w.shape[axes[-2]] if len(axes) == n + 3 else 1


def _flat(shape: Shape) -> Steps:
    return reshaped((prod(shape),))(shape)


def _forward_directly(relu: bool) -> Callable[..., Direct]:
    def direct(
        _x: Array, _w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Moves
    ) -> Direct:
        def call(x: Array, w: Array, b: Array | None) -> Array:
            return kernels.conv_forward(x, w, b, geometry, relu)

        data, bias = _data_way(x_axes, len(geometry)), None if b is None else _flat
        return Direct(call, (data, _filters_way(w_axes, len(geometry)), bias), (data,))

    return direct


conv.direct = _forward_directly(False)
conv_relu.direct = _forward_directly(True)


def _gradients(dy: Any, x: Any, w: Any, b: Any, common: dict[str, Any]) -> Any:
    n, x_axes, w_axes = len(common["geometry"]), common["x_axes"], common["w_axes"]
    sizes = tuple(x.shape[axis] for axis in x_axes[-n - 1 : -1])
    shape = tuple(w.shape[axis] for axis in w_axes)
    return (
        lambda: conv_grad_x(dy, w, sizes=sizes, **common),
        lambda: conv_grad_w(x, dy, shape=shape, **common),
        lambda: channel_sum(dy, channel=x_axes[-1], shape=b.shape),
    )


@conv.backward
def _(dy: Any, _y: Any, x: Any, w: Any, _b: Any, **common: Any) -> Any:
    return _gradients(dy, x, w, _b, common)


@conv_relu.backward
def _(dy: Any, y: Any, x: Any, w: Any, _b: Any, **common: Any) -> Any:
    return _gradients(relu_grad(dy, y), x, w, _b, common)


@operator
def channel_sum(x: Array, *, channel: int, shape: Shape) -> Array:
    """The sum of x for each index of the axis ``channel``, as an array of this shape."""
    rest = (*range(channel), *range(channel + 1, x.ndim))
    return kernels.sum_axes(x, rest).reshape(shape)


def _channel_sum_directly(x: Array, *, channel: int, shape: Shape) -> Any:
    rest = (*range(channel), *range(channel + 1, x.ndim))
    return Direct(lambda x: kernels.sum_axes(x, rest).reshape(shape))


channel_sum.direct = _channel_sum_directly


@channel_sum.backward
def _(dy: Any, _y: Any, _x: Any, *, channel: int, shape: Shape) -> Any:
    column = tuple(n if axis == channel else 1 for axis, n in enumerate(_x.shape))
    return (expand(reshape(dy, shape=column), shape=_x.shape),)


@operator
def conv_grad_x(
    dy: Array, w: Array, *, sizes: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Array:
    """The gradient of conv's x, of these sizes along its positions."""
    n = len(geometry)
    data, batch = _to_kernel(dy, x_axes, n)
    filters, groups = _filters(w, w_axes, n)
    dx = kernels.conv_grad_x(data, filters, sizes, geometry, groups)
    return _from_kernel(dx, batch, x_axes)


def _grad_x_directly(
    _dy: Array, w: Array, *, sizes: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Direct:
    groups = _groups(w, w_axes, len(geometry))

    def call(dy: Array, w: Array) -> Array:
        return kernels.conv_grad_x(dy, w, sizes, geometry, groups)

    data = _data_way(x_axes, len(geometry))
    return Direct(call, (data, _filters_way(w_axes, len(geometry))), (data,))


conv_grad_x.direct = _grad_x_directly


@conv_grad_x.backward
def _(ddx: Any, _dx: Any, dy: Any, w: Any, *, sizes: Shape, geometry: Moves, **axes: Any) -> Any:
    common = {**axes, "geometry": linear(geometry)}
    shape = tuple(w.shape[axis] for axis in axes["w_axes"])
    return (
        lambda: conv(ddx, w, None, **common),
        lambda: conv_grad_w(ddx, dy, shape=shape, **common),
    )


@operator
def transposed_conv(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    sizes: Shape,
    x_axes: Axes,
    w_axes: Axes,
    geometry: Moves,
) -> Array:
    """What `conv_grad_x` makes of x, and b, one number a channel of the result."""
    n = len(geometry)
    data, batch = _to_kernel(x, x_axes, n)
    filters, groups = _filters(w, w_axes, n)
    bias = None if b is None else b.reshape(-1)
    y = kernels.conv_grad_x(data, filters, sizes, geometry, groups, bias)
    return _from_kernel(y, batch, x_axes)


def _transposed_directly(
    _x: Array,
    w: Array,
    b: Array | None,
    *,
    sizes: Shape,
    x_axes: Axes,
    w_axes: Axes,
    geometry: Moves,
) -> Direct:
    groups = _groups(w, w_axes, len(geometry))

    def call(x: Array, w: Array, b: Array | None) -> Array:
        return kernels.conv_grad_x(x, w, sizes, geometry, groups, b)

    data, bias = _data_way(x_axes, len(geometry)), None if b is None else _flat
    return Direct(call, (data, _filters_way(w_axes, len(geometry)), bias), (data,))


transposed_conv.direct = _transposed_directly


@transposed_conv.backward
def _(dy: Any, _y: Any, x: Any, w: Any, _b: Any, *, sizes: Shape, **common: Any) -> Any:
    shape = tuple(w.shape[axis] for axis in common["w_axes"])
    return (
        lambda: conv(dy, w, None, **common),
        lambda: conv_grad_w(dy, x, shape=shape, **common),
        lambda: channel_sum(dy, channel=common["x_axes"][-1], shape=_b.shape),
    )


@operator
def conv_grad_w(
    x: Array, dy: Array, *, shape: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Array:
    """The gradient of conv's w, whose sizes along ``w_axes`` these are."""
    n = len(geometry)
    data, _ = _to_kernel(x, x_axes, n)
    slope, _ = _to_kernel(dy, x_axes, n)
    groups = shape[-2] if len(shape) == n + 3 else 1
    dw = kernels.conv_grad_w(data, slope, shape[:n], geometry, groups)
    return dw.reshape(shape).transpose(inverse(w_axes))


def _grad_w_directly(
    _x: Array, _dy: Array, *, shape: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Direct:
    n = len(geometry)
    taps, groups = shape[:n], shape[-2] if len(shape) == n + 3 else 1

    def call(x: Array, dy: Array) -> Array:
        return kernels.conv_grad_w(x, dy, taps, geometry, groups)

    data = _data_way(x_axes, n)
    return Direct(call, (data, data), (_filters_way(w_axes, n),))


conv_grad_w.direct = _grad_w_directly


@conv_grad_w.backward
def _(ddw: Any, _dw: Any, x: Any, dy: Any, *, shape: Shape, **common: Any) -> Any:
    n = len(common["geometry"])
    sizes = tuple(x.shape[axis] for axis in common["x_axes"][-n - 1 : -1])
    return (
        lambda: conv_grad_x(dy, ddw, sizes=sizes, **common),
        lambda: conv(x, ddw, None, **common),
    )


def linear(geometry: Moves) -> Moves:
    """The same movement without the constant that a scalar padding value adds: the convolution's
    linear part.
    """
    return tuple(move._replace(value=0.0) if move.mode == SCALAR else move for move in geometry)


_ONE_TAP = (Geometry(),)


def matmul(a: Any, b: Any) -> Any:
    """The matrix product of a (M, K) and b (K, N)."""
    rows, depth, cols = a.shape[0], a.shape[1], b.shape[1]
    y = conv(
        reshape(a, shape=(1, rows, depth)), reshape(b, shape=(1, depth, cols)), None,
        x_axes=(0, 1, 2), w_axes=(0, 1, 2), geometry=_ONE_TAP,
    )  # fmt: skip
    return reshape(y, shape=(rows, cols))
