"""1-D convolution and its two gradients: a closed family, each the derivative of another.

Arrays come in label order.  ``x_axes`` lists x's axes as (batch axes..., position, channel) and
``w_axes`` those of w as (position, channel, filter); axes permute as views, and as views back in
the result. A matrix product is a convolution with one tap.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from .. import kernels
from ..formats import Axes, Shape, inverse
from ..kernels import SCALAR, Geometry
from ..tape import Array, operator
from .shape import expand, reshape


def _to_kernel(x: Array, axes: Axes) -> tuple[Array, tuple[int, ...]]:
    """x as (B, L, C), and the sizes of its batch axes."""
    moved = x.transpose(axes)
    batch = moved.shape[:-2]
    if len(batch) == 1:
        return moved, batch
    return moved.reshape(prod(batch), *moved.shape[-2:]), batch


def _from_kernel(y: Array, batch: tuple[int, ...], axes: Axes) -> Array:
    if len(batch) != 1:
        y = y.reshape(*batch, *y.shape[1:])
    return y.transpose(inverse(axes))


@operator
def conv1d(
    x: Array, w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Geometry
) -> Array:
    """Cross-correlate x with w and add b, one number a filter."""
    data, batch = _to_kernel(x, x_axes)
    y = kernels.conv1d_forward(
        data, w.transpose(w_axes), None if b is None else b.reshape(-1), geometry
    )
    return _from_kernel(y, batch, x_axes)


def _directly(kernel: Callable[..., Array], axes: Axes, first: Axes, second: Axes) -> Any:
    """The call of a kernel where there is one batch axis, so that views say it all; else None.

    ``axes`` are those of the result, the others those of the arguments.
    """
    if len(first) != 3 or len(second) != 3:
        return None
    back = inverse(axes)

    def call(a: Array, b: Array) -> Array:
        return kernel(a.transpose(first), b.transpose(second)).transpose(back)

    return call


def _conv1d_directly(
    x: Array, w: Array, b: Array | None, *, x_axes: Axes, w_axes: Axes, geometry: Geometry
) -> Any:
    if len(x_axes) != 3:
        return None
    back, bias = inverse(x_axes), None if b is None else b.size

    def call(x: Array, w: Array, b: Array | None) -> Array:
        flat = None if bias is None else b.reshape(bias)  # type: ignore[union-attr]
        moved = x.transpose(x_axes), w.transpose(w_axes)
        return kernels.conv1d_forward(*moved, flat, geometry).transpose(back)

    return call


conv1d.direct = _conv1d_directly


@conv1d.backward
def _(
    dy: Any, _y: Any, x: Any, w: Any, _b: Any, *, x_axes: Axes, w_axes: Axes, geometry: Geometry
) -> Any:
    length, k_size = x.shape[x_axes[-2]], w.shape[w_axes[0]]
    common = {"x_axes": x_axes, "w_axes": w_axes, "geometry": geometry}
    return (
        lambda: conv1d_grad_x(dy, w, length=length, **common),
        lambda: conv1d_grad_w(x, dy, k_size=k_size, **common),
        lambda: channel_sum(dy, channel=x_axes[-1], shape=_b.shape),
    )


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
def conv1d_grad_x(
    dy: Array, w: Array, *, length: int, x_axes: Axes, w_axes: Axes, geometry: Geometry
) -> Array:
    """The gradient of conv1d's x, of this length."""
    data, batch = _to_kernel(dy, x_axes)
    return _from_kernel(
        kernels.conv1d_grad_x(data, w.transpose(w_axes), length, geometry), batch, x_axes
    )


conv1d_grad_x.direct = lambda _dy, _w, *, length, x_axes, w_axes, geometry: _directly(
    lambda dy, w: kernels.conv1d_grad_x(dy, w, length, geometry), x_axes, x_axes, w_axes
)


@conv1d_grad_x.backward
def _(
    ddx: Any,
    _dx: Any,
    dy: Any,
    w: Any,
    *,
    length: int,
    x_axes: Axes,
    w_axes: Axes,
    geometry: Geometry,
) -> Any:
    geometry = linear(geometry)
    common = {"x_axes": x_axes, "w_axes": w_axes, "geometry": geometry}
    return (
        lambda: conv1d(ddx, w, None, **common),
        lambda: conv1d_grad_w(ddx, dy, k_size=w.shape[w_axes[0]], **common),
    )


@operator
def conv1d_grad_w(
    x: Array, dy: Array, *, k_size: int, x_axes: Axes, w_axes: Axes, geometry: Geometry
) -> Array:
    """The gradient of conv1d's w, with this many taps."""
    data, _ = _to_kernel(x, x_axes)
    slope, _ = _to_kernel(dy, x_axes)
    return kernels.conv1d_grad_w(data, slope, k_size, geometry).transpose(inverse(w_axes))


conv1d_grad_w.direct = lambda _x, _dy, *, k_size, x_axes, w_axes, geometry: _directly(
    lambda x, dy: kernels.conv1d_grad_w(x, dy, k_size, geometry), w_axes, x_axes, x_axes
)


@conv1d_grad_w.backward
def _(
    ddw: Any,
    _dw: Any,
    x: Any,
    dy: Any,
    *,
    k_size: int,
    x_axes: Axes,
    w_axes: Axes,
    geometry: Geometry,
) -> Any:
    common = {"x_axes": x_axes, "w_axes": w_axes, "geometry": geometry}
    return (
        lambda: conv1d_grad_x(dy, ddw, length=x.shape[x_axes[-2]], **common),
        lambda: conv1d(x, ddw, None, **common),
    )


def linear(geometry: Geometry) -> Geometry:
    """The same movement without the constant that a scalar padding value adds: the convolution's
    linear part.
    """
    return geometry._replace(value=0.0) if geometry.mode == SCALAR else geometry


_ONE_TAP = Geometry()


def matmul(a: Any, b: Any) -> Any:
    """The matrix product of a (M, K) and b (K, N)."""
    rows, depth, cols = a.shape[0], a.shape[1], b.shape[1]
    y = conv1d(
        reshape(a, shape=(1, rows, depth)), reshape(b, shape=(1, depth, cols)), None,
        x_axes=(0, 1, 2), w_axes=(0, 1, 2), geometry=_ONE_TAP,
    )  # fmt: skip
    return reshape(y, shape=(rows, cols))
