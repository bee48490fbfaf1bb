"""Operators that move or repeat elements: permute, reshape, expand, index, assign, join.

Axes are integers; indices are tuples of slices and integer or boolean arrays, one an axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..formats import Axes, Shape, inverse
from ..tape import Array, operator
from ._sums import summed


def fit(dy: Any, like: Any) -> Any:
    """The gradient of an operand whose sizes of 1 were expanded: summed to the shape of
    ``like``.
    """
    if dy.shape == like.shape:
        return dy
    return sum_to(dy, shape=like.shape)


@operator
def sum_to(x: Array, *, shape: Shape) -> Array:
    """x summed over the axes that expanding ``shape`` repeats."""
    if len(shape) < x.ndim:  # a 0-d operand
        return summed(x, tuple(range(x.ndim))).reshape(shape)
    axes = tuple(axis for axis, (m, n) in enumerate(zip(x.shape, shape, strict=True)) if m != n)
    return summed(x, axes)


@sum_to.backward
def _(dy: Any, _y: Any, _x: Any, *, shape: Shape) -> Any:
    return (expand(dy, shape=_x.shape),)


@operator
def expand(x: Array, *, shape: Shape) -> Array:
    """x with its sizes of 1 repeated to ``shape``; a view."""
    return np.broadcast_to(x, shape)


@expand.backward
def _(dy: Any, _y: Any, _x: Any, *, shape: Shape) -> Any:
    return (fit(dy, _x),)


@operator
def permute(x: Array, *, order: Axes) -> Array:
    """Axis i of the result is axis order[i] of x; a view."""
    return x.transpose(order)


@permute.backward
def _(dy: Any, _y: Any, _x: Any, *, order: Axes) -> Any:
    return (permute(dy, order=inverse(order)),)


@operator
def reshape(x: Array, *, shape: Shape) -> Array:
    """The elements in column-major order, in another shape: a view where the memory allows it."""
    if tuple(n for n in x.shape if n != 1) == tuple(n for n in shape if n != 1):
        return x.reshape(
            shape
        )  # only sizes of 1 come or go: the order does not matter and nothing is copied
    return x.reshape(shape, order="F")


@reshape.backward
def _(dy: Any, _y: Any, _x: Any, *, shape: Shape) -> Any:
    return (reshape(dy, shape=_x.shape),)


@operator
def take(x: Array, *, index: tuple[Any, ...]) -> Array:
    """x[index]: a view for slices, a copy for arrays."""
    return x[index]


@take.backward
def _(dy: Any, _y: Any, _x: Any, *, index: tuple[Any, ...]) -> Any:
    return (put(dy, index=index, shape=_x.shape),)


@operator
def put(v: Array, *, index: tuple[Any, ...], shape: Shape) -> Array:
    """Zeros of ``shape`` with v added at ``index``, once for each time an element is named."""
    y = np.zeros(shape, v.dtype)
    if all(isinstance(part, slice) for part in index):
        y[index] = v
    else:
        np.add.at(y, index, v)
    return y


@put.backward
def _(dy: Any, _y: Any, _v: Any, *, index: tuple[Any, ...], shape: Shape) -> Any:
    return (take(dy, index=index),)


@operator
def assign(x: Array, v: Array, *, index: tuple[Any, ...]) -> Array:
    """A copy of x with x[index] = v; v has the dimensions of x[index], or none."""
    y = kernels.empty_like(x)
    y[...] = x
    y[index] = v
    return y


@assign.backward
def _(dy: Any, _y: Any, _x: Any, _v: Any, *, index: tuple[Any, ...]) -> Any:
    rest = lambda: assign(dy, np.zeros((), _x.dtype), index=index)  # noqa: E731
    return rest, lambda: fit(take_assigned(dy, index=index), _v)


@operator
def take_assigned(x: Array, *, index: tuple[Any, ...]) -> Array:
    """x[index], and 0 where `assign` writes to the same element again later."""
    picked = x[index]
    if all(isinstance(part, slice) for part in index):
        return picked
    number = np.arange(picked.size).reshape(picked.shape)
    last = np.zeros(x.shape, number.dtype)
    last[index] = number
    return np.where(last[index] == number, picked, x.dtype.type(0))


@take_assigned.backward
def _(dy: Any, _y: Any, _x: Any, *, index: tuple[Any, ...]) -> Any:
    return (assign(np.zeros(_x.shape, _x.dtype), dy, index=index),)


@operator
def concatenate(*parts: Array, axis: int) -> Array:
    """The arrays one after the other along an axis."""
    return np.concatenate(parts, axis=axis)


@concatenate.backward
def _(dy: Any, _y: Any, *_parts: Any, axis: int) -> Any:
    pieces, start = [], 0
    for part in _parts:
        stop = start + part.shape[axis]
        index = (slice(None),) * axis + (slice(start, stop),)
        pieces.append(lambda index=index: take(dy, index=index))
        start = stop
    return pieces
