"""What the operators of a convolution do with arrays of some sizes, decided once.

A call is looked up by the shapes of its arrays and by its options: resolving axes, batches and the
kernel's plan again took 4 us, and an eager step on a small sequence as long as its kernels.  A plan
of `dlaccelerate` holds on to what is found.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

from .. import kernels
from ..formats import Axes, Shape, inverse
from ..kernels import Geometry, canonical
from ..tape import (
    TRANSPOSE,
    Array,
    Steps,
    Way,
    after,
    no_memory,
    reshaped,
    simplified,
    transposed,
)

Moves = tuple[Geometry, ...]
View = Callable[[Array], Array]
Part = Callable[[], Array]
Parts = tuple[Part, Part, Part]


def permuted(shape: Shape, axes: Axes) -> Shape:
    """The shape with its axes in this order."""
    return tuple(shape[axis] for axis in axes)


def data_way(axes: Axes, n: int) -> Way:
    """From label order to (B, n positions, C)."""

    def way(shape: Shape) -> Steps:
        moved = permuted(shape, axes)
        flat = (prod(moved[: -n - 1]), *moved[-n - 1 :])
        return *transposed(axes)(shape), *reshaped(flat)(moved)

    return way


def filters_way(axes: Axes, n: int) -> Way:
    """From label order to (n taps, C, F), the filters group by group."""

    def way(shape: Shape) -> Steps:
        moved = permuted(shape, axes)
        flat = (*moved[: n + 1], prod(moved[n + 1 :]))
        return *transposed(axes)(shape), *reshaped(flat)(moved)

    return way


def groups_of(shape: Shape, n: int) -> int:
    """The groups of weights (n taps, C, F) or (n taps, C, group, F)."""
    return shape[n + 1] if len(shape) == n + 3 else 1


def _taken(shape: Shape, way: Way) -> tuple[View, Shape]:
    """What brings arrays of this shape the way to a kernel, and the shape there."""
    steps = simplified(shape, way(shape))
    flat = after(shape, steps)
    if not steps:
        return canonical, flat
    if len(steps) == 2:
        axes = steps[0][1]
        return (lambda x: canonical(x.transpose(axes).reshape(flat))), flat
    kind, to = steps[0]
    if kind == TRANSPOSE:
        return (lambda x: canonical(x.transpose(to))), flat
    return (lambda x: canonical(x.reshape(to))), flat


def _given_back(shape: Shape, axes: Axes, n: int) -> View:
    """What brings a kernel's (B, n positions, C) to label order, with the batch axes of an array of
    this shape.
    """
    back, batch = inverse(axes), permuted(shape, axes)[: -n - 1]
    if len(batch) == 1:
        return lambda y: y.transpose(back)
    return lambda y: y.reshape(*batch, *y.shape[1:]).transpose(back)


@lru_cache(maxsize=1024)
def forward_call(
    x: Shape, w: Shape, itemsize: int, x_axes: Axes, w_axes: Axes, geometry: Moves, relu: bool
) -> Callable[[Array, Array, Array | None], Array]:
    n = len(geometry)
    into, data = _taken(x, data_way(x_axes, n))
    filters, flat = _taken(w, filters_way(w_axes, n))
    back = _given_back(x, x_axes, n)
    run = kernels.conv_forward_call(data, flat, geometry, relu, itemsize)

    def call(x: Array, w: Array, b: Array | None) -> Array:
        bias = None if b is None else canonical(b.reshape(-1))
        return back(run(into(x), filters(w), bias))

    return call


@lru_cache(maxsize=1024)
def grad_x_call(
    dy: Shape, w: Shape, itemsize: int, sizes: Shape, x_axes: Axes, w_axes: Axes, geometry: Moves,
    bias: bool,
) -> Callable[[Array, Array, Array | None], Array]:  # fmt: skip
    n = len(geometry)
    into, data = _taken(dy, data_way(x_axes, n))
    filters, flat = _taken(w, filters_way(w_axes, n))
    back, groups = _given_back(dy, x_axes, n), groups_of(permuted(w, w_axes), n)
    run = kernels.conv_grad_x_call(data, flat, sizes, geometry, groups, bias, itemsize)

    def call(dy: Array, w: Array, b: Array | None) -> Array:
        bias = None if b is None else canonical(b.reshape(-1))
        return back(run(into(dy), filters(w), bias))

    return call


@lru_cache(maxsize=1024)
def grad_w_call(
    x: Shape, dy: Shape, itemsize: int, shape: Shape, x_axes: Axes, geometry: Moves, bias: bool
) -> Callable[[Array, Array], Array]:
    """The gradient as `kernels.conv_grad_w_call` gives it."""
    n = len(geometry)
    x_into, data = _taken(x, data_way(x_axes, n))
    dy_into, slope = _taken(dy, data_way(x_axes, n))
    groups = groups_of(shape, n)
    run = kernels.conv_grad_w_call(data, slope, shape[:n], geometry, groups, bias, itemsize)
    return lambda x, dy: run(x_into(x), dy_into(dy))


@lru_cache(maxsize=1024)
def backward_call(
    x: Shape, w: Shape, dy: Shape, b: Shape | None, itemsize: int,
    x_axes: Axes, w_axes: Axes, geometry: Moves,
) -> Callable[[Array, Array, Array, Part], Parts]:  # fmt: skip
    """Of dy, x and w, for arrays that nobody traces or watches: functions that give the gradients
    of x, w and b.  ``b`` is the shape of a bias whose gradient is wanted; it comes with that of w,
    or where nobody asked for that before from the function that is given.
    """
    n = len(geometry)
    dy_into, slope = _taken(dy, data_way(x_axes, n))
    x_into, data = _taken(x, data_way(x_axes, n))
    filters, flat = _taken(w, filters_way(w_axes, n))
    x_back = _given_back(x, x_axes, n)
    shape, back = permuted(w, w_axes), inverse(w_axes)
    common: tuple[Any, ...] = geometry, groups_of(shape, n)
    run_x = kernels.conv_grad_x_call(slope, flat, data[1:-1], *common, False, itemsize)
    run_w = kernels.conv_grad_w_call(data, slope, shape[:n], *common, b is not None, itemsize)
    rows = prod(shape[: n + 1])

    def parts(dy: Array, x: Array, w: Array, alone: Part) -> Parts:
        slope = dy_into(dy)
        found: list[Array] = []

        def dx() -> Array:
            try:
                return x_back(run_x(slope, filters(w), None))
            except MemoryError:
                raise MemoryError(no_memory("conv_grad_x", (dy, w))) from None

        def dw() -> Array:
            try:
                found.append(run_w(x_into(x), slope))
            except MemoryError:
                raise MemoryError(no_memory("conv_grad_w", (x, dy))) from None
            return found[0][:rows].reshape(shape).transpose(back)

        def db() -> Array:
            return found[0][rows].reshape(b) if found else alone()

        return dx, dw, db

    return parts
