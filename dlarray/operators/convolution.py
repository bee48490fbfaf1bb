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
from ..tape import Array, operator
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


# -- for plans: the same calls with all that sizes decide decided ---------------------------------


def _ways(shape: Shape, axes: Axes, n: int) -> tuple[Callable[[Array], Array], ...]:
    """From an array of this shape to (B, n positions, C), and from such a one back."""
    moved, back = tuple(shape[axis] for axis in axes), inverse(axes)
    batch = moved[: -n - 1]
    if len(batch) == 1:
        return (lambda x: x.transpose(axes)), (lambda y: y.transpose(back))
    flat = (prod(batch), *moved[-n - 1 :])
    return (
        lambda x: x.transpose(axes).reshape(flat),
        lambda y: y.reshape(*batch, *y.shape[1:]).transpose(back),
    )


def _filters_way(shape: Shape, axes: Axes, n: int) -> tuple[Callable[[Array], Array], int]:
    """From weights of this shape to (n taps, C, F), and the number of groups."""
    moved = tuple(shape[axis] for axis in axes)
    if len(moved) == n + 2:
        return (lambda w: w.transpose(axes)), 1
    flat = (*moved[:-2], moved[-2] * moved[-1])
    return (lambda w: w.transpose(axes).reshape(flat)), moved[-2]


def _forward_directly(relu: bool) -> Callable[..., Any]:
    def direct(
        x: Array, w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Moves
    ) -> Any:
        n, bias = len(geometry), None if b is None else b.size
        into, back = _ways(x.shape, x_axes, n)
        filters, _ = _filters_way(w.shape, w_axes, n)

        def call(x: Array, w: Array, b: Array | None) -> Array:
            flat = None if bias is None else b.reshape(bias)  # type: ignore[union-attr]
            return back(kernels.conv_forward(into(x), filters(w), flat, geometry, relu))

        return call

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
    return lambda x: kernels.sum_axes(x, rest).reshape(shape)


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
    dy: Array, w: Array, *, sizes: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Any:
    n = len(geometry)
    into, back = _ways(dy.shape, x_axes, n)
    filters, groups = _filters_way(w.shape, w_axes, n)

    def call(dy: Array, w: Array) -> Array:
        return back(kernels.conv_grad_x(into(dy), filters(w), sizes, geometry, groups))

    return call


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
    x: Array,
    w: Array,
    b: Array | None,
    *,
    sizes: Shape,
    x_axes: Axes,
    w_axes: Axes,
    geometry: Moves,
) -> Any:
    n, bias = len(geometry), None if b is None else b.size
    into, back = _ways(x.shape, x_axes, n)
    filters, groups = _filters_way(w.shape, w_axes, n)

    def call(x: Array, w: Array, b: Array | None) -> Array:
        flat = None if bias is None else b.reshape(bias)  # type: ignore[union-attr]
        return back(kernels.conv_grad_x(into(x), filters(w), sizes, geometry, groups, flat))

    return call


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
    x: Array, dy: Array, *, shape: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves
) -> Any:
    n = len(geometry)
    (x_into, _), (dy_into, _) = _ways(x.shape, x_axes, n), _ways(dy.shape, x_axes, n)
    back, taps, grouped = inverse(w_axes), shape[:n], len(shape) == n + 3
    groups = shape[-2] if grouped else 1

    def call(x: Array, dy: Array) -> Array:
        dw = kernels.conv_grad_w(x_into(x), dy_into(dy), taps, geometry, groups)
        return (dw.reshape(shape) if grouped else dw).transpose(back)

    return call


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
