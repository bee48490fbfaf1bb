"""Transposed convolution: the input gradient of a convolution with a bias of its own.

Its derivatives are the convolution, the weight gradient and a sum, of `operators/convolution.py`.
"""

from __future__ import annotations

from typing import Any

from ..formats import Axes, Shape
from ..kernels import Geometry
from ..tape import Array, operator
from .convolution import channel_sum, conv1d, conv1d_grad_w, conv1d_grad_x


@operator
def transposed_conv(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    sizes: Shape,
    x_axes: Axes,
    w_axes: Axes,
    geometry: tuple[Geometry, ...],
) -> Array:
    """The gradient of the input, of these sizes, of the convolution with w whose output is x; plus
    b, one number a channel of the result.
    """
    (length,), (moves,) = sizes, geometry
    y = conv1d_grad_x.forward(x, w, length=length, x_axes=x_axes, w_axes=w_axes, geometry=moves)
    if b is None:
        return y
    column = [1] * y.ndim
    column[x_axes[-1]] = b.size
    return y + b.reshape(column)


@transposed_conv.backward
def _(
    dy: Any,
    _y: Any,
    x: Any,
    w: Any,
    _b: Any,
    *,
    sizes: Shape,
    x_axes: Axes,
    w_axes: Axes,
    geometry: tuple[Geometry, ...],
) -> Any:
    (moves,) = geometry
    common = {"x_axes": x_axes, "w_axes": w_axes, "geometry": moves}
    return (
        lambda: conv1d(dy, w, None, **common),
        lambda: conv1d_grad_w(dy, x, k_size=w.shape[w_axes[0]], **common),
        lambda: channel_sum(dy, channel=x_axes[-1], shape=_b.shape),
    )
