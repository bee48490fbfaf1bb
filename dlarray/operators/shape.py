"""Operators that move or repeat all elements: permute, reshape, expand."""

from __future__ import annotations

import math
from functools import lru_cache
from operator import methodcaller
from typing import Any, Literal

import numpy as np

from ..formats import Axes, Shape, inverse
from ..tape import Array, Direct, operator, reshaped, transposed
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


WRITTEN = 1 << 10  # numbers below which repeating costs less than reading a view of no strides


@operator
def expand(x: Array, *, shape: Shape, strides: tuple[int, ...] = ()) -> Array:
    """x with its sizes of 1 repeated to ``shape``: a view, or few numbers in the memory order of
    ``strides``, if given.

    NumPy takes 0.8 us instead of 0.3 for an operation on few numbers and a view of no strides.
    """
    if strides and math.prod(shape) < WRITTEN:
        return _written(x, shape, "F" if abs(strides[0]) < abs(strides[-1]) else "C")
    if x.ndim == len(shape) and x.flags.c_contiguous:  # a quarter of the time of broadcast_to
        steps = tuple([0 if m == 1 else s for m, s in zip(x.shape, x.strides, strict=True)])
        y: Array = np.ndarray(shape, x.dtype, x, 0, steps)
        y.flags.writeable = False
        return y
    return np.broadcast_to(x, shape)


def _written(x: Array, shape: Shape, order: Literal["C", "F"]) -> Array:
    y = np.empty(shape, x.dtype, order)
    y[...] = x
    return y


def _expanded_directly(_x: Array, *, shape: Shape, strides: tuple[int, ...] = ()) -> Any:
    if not strides or math.prod(shape) >= WRITTEN:
        return None
    order: Literal["C", "F"] = "F" if abs(strides[0]) < abs(strides[-1]) else "C"
    return Direct(lambda x: _written(x, shape, order))


expand.direct = _expanded_directly


@expand.backward
def _(dy: Any, _y: Any, _x: Any, *, shape: Shape, strides: tuple[int, ...] = ()) -> Any:
    return (fit(dy, _x),)


@operator
def permute(x: Array, *, order: Axes) -> Array:
    """Axis i of the result is axis order[i] of x; a view."""
    return x.transpose(order)


permute.direct = lambda _x, *, order: Direct(None, (transposed(order),))


@permute.backward
def _(dy: Any, _y: Any, _x: Any, *, order: Axes) -> Any:
    return (permute(dy, order=inverse(order)),)


@operator
def reshape(x: Array, *, shape: Shape) -> Array:
    """The elements in column-major order, in another shape: a view where the memory allows it."""
    if _same_but_ones(x.shape, shape):  # the order does not matter and nothing is copied
        return x.reshape(shape)
    return x.reshape(shape, order="F")


@lru_cache(maxsize=4096)
def _same_but_ones(a: Shape, b: Shape) -> bool:
    """Whether two shapes differ by sizes of 1 only."""
    return tuple(n for n in a if n != 1) == tuple(n for n in b if n != 1)


def _reshaped_directly(x: Array, *, shape: Shape) -> Direct:
    if _same_but_ones(x.shape, shape):
        return Direct(None, (reshaped(shape),))
    return Direct(methodcaller("reshape", shape, order="F"))


reshape.direct = _reshaped_directly


@reshape.backward
def _(dy: Any, _y: Any, _x: Any, *, shape: Shape) -> Any:
    return (reshape(dy, shape=_x.shape),)
