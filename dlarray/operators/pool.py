"""Pooling over windows along one axis; windows of several axes are pooled one axis at a time.

The maximum and the mean over a window of several axes are those of one axis after the other: the
first maximum in column-major order is found when the first axis is pooled first, and the samples
that a window holds are a product of those along each axis.

``moves`` is a `Geometry` of stride and padding, ``size`` the samples of a window.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..kernels import Geometry
from ..tape import Array, Direct, operator
from .constant import constant

Moves = tuple[tuple[int, int, Geometry], ...]  # (axis, size, moves), axes ascending


@operator
def maxpool(x: Array, *, axis: int, size: int, moves: Geometry) -> tuple[Array, Array]:
    """The maximum of each window, and the place of the first one in its window; NaN if one is NaN,
    -Inf of nothing.
    """
    return kernels.maxpool_forward(x, axis, size, moves.stride, moves.left, moves.right)


def _maxpool_directly(x: Array, *, axis: int, size: int, moves: Geometry) -> Any:
    stride, left, right = moves.stride, moves.left, moves.right
    return Direct(lambda x: kernels.maxpool_forward(x, axis, size, stride, left, right))


maxpool.direct = _maxpool_directly


@maxpool.backward
def _(dy: Any, result: Any, _x: Any, *, axis: int, size: int, moves: Geometry) -> Any:
    length = _x.shape[axis]
    return (unpool(dy, result[1], axis=axis, size=size, length=length, moves=moves),)


@operator
def unpool(v: Array, places: Array, *, axis: int, size: int, length: int, moves: Geometry) -> Array:
    """Zeros of this length, with the element of each window added at its place."""
    return kernels.maxpool_grad(v, places, axis, length, size, moves.stride, moves.left)


@unpool.backward
def _(
    dy: Any, _y: Any, _v: Any, places: Any, *, axis: int, size: int, length: int, moves: Geometry
) -> Any:
    return pick_pooled(dy, places, axis=axis, size=size, moves=moves), None


@operator
def pick_pooled(x: Array, places: Array, *, axis: int, size: int, moves: Geometry) -> Array:
    """The element of x at the place of each window, 0 where it has none."""
    return kernels.maxpool_pick(x, places, axis, moves.stride, moves.left)


@pick_pooled.backward
def _(dy: Any, _y: Any, _x: Any, places: Any, *, axis: int, size: int, moves: Geometry) -> Any:
    length = _x.shape[axis]
    return unpool(dy, places, axis=axis, size=size, length=length, moves=moves), None


@operator
def avgpool(x: Array, *, axis: int, size: int, moves: Geometry, mean: bool) -> Array:
    """The sum of each window by its size, or, if ``mean``, by the samples that exist."""
    return kernels.avgpool_forward(x, axis, size, moves.stride, moves.left, moves.right, mean)


def _avgpool_directly(x: Array, *, axis: int, size: int, moves: Geometry, mean: bool) -> Any:
    stride, left, right = moves.stride, moves.left, moves.right
    return Direct(lambda x: kernels.avgpool_forward(x, axis, size, stride, left, right, mean))


avgpool.direct = _avgpool_directly


@avgpool.backward
def _(dy: Any, _y: Any, _x: Any, **options: Any) -> Any:
    return (avgpool_grad(dy, length=_x.shape[options["axis"]], **options),)


@operator
def avgpool_grad(
    dy: Array, *, axis: int, size: int, length: int, moves: Geometry, mean: bool
) -> Array:
    """The gradient of the operand of `avgpool`, of this length."""
    return kernels.avgpool_grad(dy, axis, length, size, moves.stride, moves.left, mean)


@avgpool_grad.backward
def _(
    ddx: Any, _dx: Any, _dy: Any, *, axis: int, size: int, length: int, moves: Geometry, mean: bool
) -> Any:
    return (avgpool(ddx, axis=axis, size=size, moves=moves, mean=mean),)


def _linear_places(x: Array, moves: Moves, steps: tuple[int, ...]) -> Array:
    """For each window the linear index of its first maximum, where the elements of axis a are
    ``steps[a]`` apart.
    """
    y = x
    known: dict[int, Array] = {}
    for axis, size, move in moves:
        y, place = kernels.maxpool_forward(y, axis, size, move.stride, move.left, move.right)
        here = place + _along(axis, y, move.stride) - move.left
        known = {a: np.take_along_axis(p, here, axis) for a, p in known.items()}
        known[axis] = here
    places = [known[a] if a in known else _along(a, y, 1) for a in range(x.ndim)]
    linear = sum((p * step for p, step in zip(places, steps, strict=True)), np.float64(0))
    return np.broadcast_to(linear, y.shape).copy()


def _along(axis: int, y: Array, step: int) -> Array:
    """0, step, 2 step, ... along an axis of y, of size 1 along the others."""
    shape = [n if a == axis else 1 for a, n in enumerate(y.shape)]
    return np.arange(y.shape[axis], dtype=np.int64).reshape(shape) * step


linear_places = constant("linear_places", _linear_places)
