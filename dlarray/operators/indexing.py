"""Operators that pick, place and join elements.

An index that is known when the call is made is a tuple of slices and of integer arrays that
broadcast against each other, as NumPy takes it.  One that is itself computed from data comes as
further arguments, so that a replay of the call sees its new values; then ``index`` is a `Computed`,
which says what they mean.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..formats import Shape
from ..tape import Array, constant, operator
from .shape import fit


class Computed(NamedTuple):
    """What the index arguments of a call are: masks, or indices from 0 of any numeric type.

    Parameters
    ----------
    parts : one an axis: a slice, an integer array, or the number of an argument.
    linear : there is one argument, for the whole array in column-major order.
    drop : the arguments name what is left out, not what is picked.
    """

    parts: tuple[Any, ...] = (0,)
    linear: bool = False
    drop: bool = False


def places(index: Any, arguments: tuple[Array, ...], shape: Shape) -> Any:
    """The index as NumPy takes it."""
    if not arguments:
        return index
    if index.linear:
        if arguments[0].dtype.kind == "b" and not index.drop and arguments[0].shape == shape:
            return np.nonzero(arguments[0].T)[::-1]
        size = 1
        for n in shape:
            size *= n
        return np.unravel_index(_vector(arguments[0], size, index.drop), shape, order="F")
    parts = [
        _vector(arguments[part], n, index.drop) if isinstance(part, int) else part
        for part, n in zip(index.parts, shape, strict=True)
    ]
    if sum(not isinstance(part, slice) for part in parts) == 1:
        return tuple(parts)
    grids = [
        np.arange(n)[p] if isinstance(p, slice) else p for p, n in zip(parts, shape, strict=True)
    ]
    return np.ix_(*grids)


def _vector(argument: Array, n: int, drop: bool) -> Array:
    flat = argument.reshape(-1, order="F")
    if flat.dtype.kind == "b":
        vector = np.flatnonzero(flat)
    else:  # raised here, so that a replayed call checks its own indices
        vector = flat.astype(np.intp)
        if vector.size and (vector.min() < -n or vector.max() >= n):
            raise IndexError(f"dlarray indexing: an index is outside 0 to {n - 1}.")
        vector %= max(n, 1)
    return np.delete(np.arange(n), vector) if drop else vector


@operator
def take(x: Array, *arguments: Array, index: Any) -> Array:
    """x[index]: a view for slices, a copy for arrays."""
    return x[places(index, arguments, x.shape)]


@take.backward
def _(dy: Any, _y: Any, _x: Any, *arguments: Any, index: Any) -> Any:
    return (put(dy, *arguments, index=index, shape=_x.shape),)


@operator
def put(v: Array, *arguments: Array, index: Any, shape: Shape) -> Array:
    """Zeros of ``shape`` with v added at ``index``, once for each time an element is named."""
    y = np.zeros(shape, v.dtype)
    place = places(index, arguments, shape)
    if all(isinstance(part, slice) for part in place):
        y[place] = v
    else:
        np.add.at(y, place, v)
    return y


@put.backward
def _(dy: Any, _y: Any, _v: Any, *arguments: Any, index: Any, shape: Shape) -> Any:
    return (take(dy, *arguments, index=index),)


@operator
def assign(x: Array, v: Array, *arguments: Array, index: Any) -> Array:
    """A copy of x with x[index] = v; v has the dimensions of x[index], or none."""
    y = kernels.empty_like(x)
    y[...] = x
    y[places(index, arguments, x.shape)] = v
    return y


@assign.backward
def _(dy: Any, _y: Any, _x: Any, _v: Any, *arguments: Any, index: Any) -> Any:
    rest = lambda: assign(dy, np.zeros((), _x.dtype), *arguments, index=index)  # noqa: E731
    return rest, lambda: fit(take_assigned(dy, *arguments, index=index), _v)


@operator
def take_assigned(x: Array, *arguments: Array, index: Any) -> Array:
    """x[index], and 0 where `assign` writes to the same element again later."""
    place = places(index, arguments, x.shape)
    picked = x[place]
    if all(isinstance(part, slice) for part in place):
        return picked
    number = np.arange(picked.size).reshape(picked.shape)
    last = np.zeros(x.shape, number.dtype)
    last[place] = number
    return np.where(last[place] == number, picked, x.dtype.type(0))


@take_assigned.backward
def _(dy: Any, _y: Any, _x: Any, *arguments: Any, index: Any) -> Any:
    return (assign(constant(np.zeros(_x.shape, _x.dtype)), dy, *arguments, index=index),)


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
