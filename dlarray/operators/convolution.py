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

import numpy as np

from .. import kernels
from ..formats import Axes, Shape, inverse
from ..kernels import SCALAR, Geometry
from ..tape import Array, Direct, Node, Steps, flattened, operator, reshaped, transposed, watcher
from ._convolution import (
    Moves,
    backward_call,
    data_way,
    filters_way,
    forward_call,
    grad_w_call,
    grad_x_call,
    groups_of,
    permuted,
)
from .activation import relu_grad
from .indexing import put
from .shape import expand, permute, reshape


@operator
def conv(
    x: Array, w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Array:
    """Cross-correlate x with w and add b, one number a filter."""
    return forward_call(x.shape, w.shape, x.itemsize, x_axes, w_axes, geometry, False)(x, w, b)


@operator
def conv_relu(
    x: Array, w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Array:
    """The positive part of `conv`, as `relu` makes it, in one pass."""
    return forward_call(x.shape, w.shape, x.itemsize, x_axes, w_axes, geometry, True)(x, w, b)


# What is assigned to ``.direct`` is for plans: the same calls, with the ways between label order
# and the kernels' apart.


def _forward_directly(relu: bool) -> Callable[..., Direct]:
    def direct(
        _x: Array, _w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Moves
    ) -> Direct:
        def call(x: Array, w: Array, b: Array | None) -> Array:
            return kernels.conv_forward(x, w, b, geometry, relu)

        data, bias = data_way(x_axes, len(geometry)), None if b is None else flattened
        return Direct(call, (data, filters_way(w_axes, len(geometry)), bias), (data,))

    return direct


conv.direct = _forward_directly(False)
conv_relu.direct = _forward_directly(True)


def _gradients(dy: Any, x: Any, w: Any, b: Any, common: dict[str, Any]) -> Any:
    """The gradients of x, w and b; those of w and b of one pass over dy, where both are wanted."""
    n, x_axes, w_axes = len(common["geometry"]), common["x_axes"], common["w_axes"]
    wanted = b.shape if isinstance(b, Node) else None
    found: list[Any] = []

    def alone() -> Any:
        return channel_sum(dy, channel=x_axes[-1], shape=wanted)

    if type(dy) is type(x) is type(w) is np.ndarray and watcher() is None:
        call = backward_call(x.shape, w.shape, dy.shape, wanted, x.itemsize, **common)
        return call(dy, x, w, alone)
    sizes = tuple(x.shape[axis] for axis in x_axes[-n - 1 : -1])
    shape = permuted(w.shape, w_axes)

    def dw() -> Any:
        if wanted is None:
            return conv_grad_w(x, dy, shape=shape, **common)
        found.append(conv_grad_wb(x, dy, shape=shape, **common))
        return weights_of(found[0], shape=shape, w_axes=w_axes)

    return (
        lambda: conv_grad_x(dy, w, sizes=sizes, **common),
        dw,
        lambda: bias_of(found[0], shape=wanted) if found else alone(),
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
    shapes = dy.shape, w.shape, dy.itemsize
    return grad_x_call(*shapes, sizes, x_axes, w_axes, geometry, False)(dy, w, None)


def _grad_x_directly(
    _dy: Array, w: Array, *, sizes: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Direct:
    groups = groups_of(permuted(w.shape, w_axes), len(geometry))

    def call(dy: Array, w: Array) -> Array:
        return kernels.conv_grad_x(dy, w, sizes, geometry, groups)

    data = data_way(x_axes, len(geometry))
    return Direct(call, (data, filters_way(w_axes, len(geometry))), (data,))


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
    shapes = x.shape, w.shape, x.itemsize
    call = grad_x_call(*shapes, sizes, x_axes, w_axes, geometry, b is not None)
    return call(x, w, b)


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
    groups = groups_of(permuted(w.shape, w_axes), len(geometry))

    def call(x: Array, w: Array, b: Array | None) -> Array:
        return kernels.conv_grad_x(x, w, sizes, geometry, groups, b)

    data, bias = data_way(x_axes, len(geometry)), None if b is None else flattened
    return Direct(call, (data, filters_way(w_axes, len(geometry)), bias), (data,))


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
    call = grad_w_call(x.shape, dy.shape, x.itemsize, shape, x_axes, geometry, False)
    return call(x, dy).reshape(shape).transpose(inverse(w_axes))


def _grad_w_directly(bias: bool) -> Callable[..., Direct]:
    def direct(
        _x: Array, _dy: Array, *, shape: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
    ) -> Direct:
        n = len(geometry)
        taps, groups = shape[:n], groups_of(shape, n)

        def call(x: Array, dy: Array) -> Array:
            gradients = kernels.conv_grad_wb if bias else kernels.conv_grad_w
            return gradients(x, dy, taps, geometry, groups)

        data = data_way(x_axes, n)
        return Direct(call, (data, data), () if bias else (filters_way(w_axes, n),))

    return direct


conv_grad_w.direct = _grad_w_directly(False)


@conv_grad_w.backward
def _(ddw: Any, _dw: Any, x: Any, dy: Any, *, shape: Shape, **common: Any) -> Any:
    n = len(common["geometry"])
    sizes = tuple(x.shape[axis] for axis in common["x_axes"][-n - 1 : -1])
    return (
        lambda: conv_grad_x(dy, ddw, sizes=sizes, **common),
        lambda: conv(x, ddw, None, **common),
    )


@operator
def conv_grad_wb(
    x: Array, dy: Array, *, shape: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Array:
    """The gradients of conv's w and b in one array, (all before the filters, filters): a row for
    each number of a filter, and the last for b.
    """
    return grad_w_call(x.shape, dy.shape, x.itemsize, shape, x_axes, geometry, True)(x, dy)


conv_grad_wb.direct = _grad_w_directly(True)


@conv_grad_wb.backward
def _(ddwb: Any, _dwb: Any, x: Any, dy: Any, *, shape: Shape, **common: Any) -> Any:
    n = len(common["geometry"])
    sizes = tuple(x.shape[axis] for axis in common["x_axes"][-n - 1 : -1])
    filters = prod(shape[n + 1 :])
    ddw = weights_of(ddwb, shape=shape, w_axes=common["w_axes"])
    return (
        lambda: conv_grad_x(dy, ddw, sizes=sizes, **common),
        lambda: conv(x, ddw, bias_of(ddwb, shape=(filters,)), **common),
    )


@operator
def weights_of(both: Array, *, shape: Shape, w_axes: Axes) -> Array:
    """The part of w of what `conv_grad_wb` gives."""
    return both[:-1].reshape(shape).transpose(inverse(w_axes))


def _weights_of_directly(both: Array, *, shape: Shape, w_axes: Axes) -> Direct:
    rows, filters = both.shape

    def way(of_w: Shape) -> Steps:
        return *transposed(w_axes)(of_w), *reshaped((rows - 1, filters))(shape)

    return Direct(lambda both: both[:-1], (), (way,))


weights_of.direct = _weights_of_directly


@weights_of.backward
def _(dw: Any, _w: Any, _both: Any, *, shape: Shape, w_axes: Axes) -> Any:
    rows, filters = _both.shape
    columns = reshape(
        permute(dw, order=w_axes[::-1]), shape=(filters, rows - 1)
    )  # in MATLAB's order
    by_row = permute(columns, order=(1, 0))
    return (put(by_row, index=(slice(0, rows - 1),), shape=_both.shape),)


@operator
def bias_of(both: Array, *, shape: Shape) -> Array:
    """The part of b of what `conv_grad_wb` gives."""
    return both[-1].reshape(shape)


def _bias_of_directly(_both: Array, *, shape: Shape) -> Direct:
    return Direct(lambda both: both[-1], (), (flattened,))


bias_of.direct = _bias_of_directly


@bias_of.backward
def _(db: Any, _b: Any, _both: Any, *, shape: Shape) -> Any:
    rows, filters = _both.shape
    return (put(reshape(db, shape=(filters,)), index=(rows - 1,), shape=_both.shape),)


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
