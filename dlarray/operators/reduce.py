"""Reductions: the axes reduced stay with size 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..formats import Axes
from ..tape import Array, Direct, operator
from ._quiet import quietly
from ._sums import summed
from .constant import constant
from .elementwise import add, conj_of, like, mul
from .indexing import concatenate, take
from .shape import expand


@operator
def total(x: Array, *, axes: Axes) -> Array:
    """The sum over some axes."""
    return quietly(summed, x, axes)


@total.backward
def _(dy: Any, _y: Any, _x: Any, *, axes: Axes) -> Any:
    return (expand(dy, shape=_x.shape, strides=_x.strides),)


@operator
def average(x: Array, *, axes: Axes) -> Array:
    """The mean over some axes; NaN over none."""
    n = _count(x, axes)
    return quietly(_mean, x, axes, x.dtype.type(1.0 / n if n else np.nan))


def _mean(x: Array, axes: Axes, weight: Any) -> Array:
    return np.multiply(summed(x, axes), weight)


def _average_directly(x: Array, *, axes: Axes) -> Any:
    n = _count(x, axes)
    weight = x.dtype.type(1.0 / n if n else np.nan)
    return Direct(lambda x: quietly(_mean, x, axes, weight))


average.direct = _average_directly


@average.backward
def _(dy: Any, _y: Any, _x: Any, *, axes: Axes) -> Any:
    n = _count(_x, axes)
    return (
        expand(
            mul(dy, np.asarray(1.0 / n if n else np.nan, _x.dtype)),
            shape=_x.shape,
            strides=_x.strides,
        ),
    )


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


# -- products -------------------------------------------------------------------------------------


@operator
def product(x: Array, *, axis: int) -> Array:
    """The product along an axis."""
    return quietly(np.multiply.reduce, x, axis=axis, keepdims=True)


@product.backward(recordable=False)  # type: ignore[untyped-decorator]
def _(dy: Any, _y: Any, x: Any, *, axis: int) -> Any:
    return (mul(dy, conj_of(product_of_others(x, axis=axis))),)


@product.reference
def _(x: Any, *, axis: int) -> Any:
    """Products of pairs, until one is left: right to any order, also where elements are 0."""
    n = x.shape[axis]
    if n == 0:
        return add(total(x, axes=(axis,)), like(x, 1))
    while n > 1:
        half = n // 2
        pairs = mul(
            take(x, index=_range(axis, 0, half)), take(x, index=_range(axis, half, 2 * half))
        )
        x = pairs if n % 2 == 0 else concatenate(pairs, take(x, index=_last(axis, n)), axis=axis)
        n -= half
    return x


def _range(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))


def _last(axis: int, n: int) -> tuple[slice, ...]:
    return _range(axis, n - 1, n)


@operator
def product_of_others(x: Array, *, axis: int) -> Array:
    """For each element the product of all others along the axis."""
    return quietly(_product_of_others, x, axis)


def _product_of_others(x: Array, axis: int) -> Array:
    x = np.moveaxis(x, axis, 0)
    y = np.ones_like(x)
    np.multiply.accumulate(x[:-1], axis=0, out=y[1:])  # of those before
    y[:-1] *= np.multiply.accumulate(x[:0:-1], axis=0)[::-1]  # of those after
    return np.moveaxis(y, 0, axis)


# -- places ---------------------------------------------------------------------------------------


def _place_of_largest(x: Array, axis: int) -> Array:
    return np.argmax(x, axis=axis, keepdims=True)


def _middle(x: Array, axis: int) -> Array:
    """The places of the two elements in the middle of the order, both of the one if their number is
    odd; the place of a NaN where there is one.
    """
    n = x.shape[axis]
    order = np.argsort(x, axis=axis, kind="stable")
    last = np.take(order, [n - 1, n - 1], axis=axis)  # NaN are sorted to the end
    nan = np.isnan(np.take_along_axis(x, last, axis))
    return np.where(nan, last, np.take(order, [(n - 1) // 2, n // 2], axis=axis))


def _place_of_commonest(x: Array, axis: int) -> Array:
    """The first place of the value that is there most often, of equally common ones the smallest;
    NaN do not count, unless all are.
    """
    order = np.argsort(x, axis=axis, kind="stable")
    values = np.moveaxis(np.take_along_axis(x, order, axis), axis, 0)
    number = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    new = np.ones(values.shape, np.bool_)
    new[1:] = values[1:] != values[:-1]
    start = np.maximum.accumulate(np.where(new, number, 0), axis=0)
    length = np.where(np.isnan(values), 0, number - start + 1)  # how many equal ones end here
    start = np.take_along_axis(start, np.argmax(length, axis=0, keepdims=True), 0)
    return np.take_along_axis(order, np.moveaxis(start, 0, axis), axis)


place_of_largest = constant("place_of_largest", _place_of_largest)
place_of_commonest = constant("place_of_commonest", _place_of_commonest)
middle = constant("middle", _middle)
