"""Reductions: the axes reduced stay with size 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..formats import Axes
from ..tape import Array, operator
from .elementwise import mul
from .shape import expand


@operator
def total(x: Array, *, axes: Axes) -> Array:
    """The sum over some axes."""
    return kernels.sum_axes(x, axes)


@total.backward
def _(dy: Any, _y: Any, _x: Any, *, axes: Axes) -> Any:
    return (expand(dy, shape=_x.shape),)


@operator
def average(x: Array, *, axes: Axes) -> Array:
    """The mean over some axes; NaN over none."""
    n = _count(x, axes)
    return kernels.sum_axes(x, axes) * x.dtype.type(1.0 / n if n else np.nan)


@average.backward
def _(dy: Any, _y: Any, _x: Any, *, axes: Axes) -> Any:
    n = _count(_x, axes)
    return (expand(mul(dy, np.asarray(1.0 / n if n else np.nan, _x.dtype)), shape=_x.shape),)


def _count(x: Any, axes: Axes) -> int:
    n = 1
    for axis in axes:
        n *= x.shape[axis]
    return n


@operator
def largest(x: Array, *, axis: int) -> tuple[Array, Array]:
    """The maximum along an axis of at least one element, and the first place of it; NaN if one is
    NaN.
    """
    return kernels.max_axis(x, axis)


@largest.backward
def _(dy: Any, result: Any, _x: Any, *, axis: int) -> Any:
    return (place(dy, result[1], axis=axis, n=_x.shape[axis]),)


@operator
def place(v: Array, index: Array, *, axis: int, n: int) -> Array:
    """Zeros of size n along an axis, with v (size 1 there) at the index."""
    return kernels.max_axis_grad(v, index, axis, n)


@place.backward
def _(dy: Any, _y: Any, _v: Any, index: Any, *, axis: int, n: int) -> Any:
    return pick(dy, index, axis=axis), None


@operator
def pick(x: Array, index: Array, *, axis: int) -> Array:
    """The elements of x at an index (size 1 along the axis)."""
    return np.take_along_axis(x, index, axis)


@pick.backward
def _(dy: Any, _y: Any, _x: Any, index: Any, *, axis: int) -> Any:
    return place(dy, index, axis=axis, n=_x.shape[axis]), None
