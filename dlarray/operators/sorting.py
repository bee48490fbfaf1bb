"""Operators that order and search."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tape import Array, operator
from ._quiet import quietly


@operator
def order_of(x: Array, *, axis: int, descend: bool) -> Array:
    """The indices that sort x along an axis; equal elements keep their order.

    NaN counts as the largest: last, or first if descending, as in MATLAB.  Complex numbers are
    ordered by magnitude, then by angle.
    """
    if x.dtype.kind == "c":
        keys = (np.angle(x), np.abs(x))
        index = np.lexsort([np.flip(k, axis) if descend else k for k in keys], axis=axis)
    else:
        index = np.argsort(np.flip(x, axis) if descend else x, axis=axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - index, axis) if descend else index


@order_of.backward
def _(_dy: Any, _y: Any, _x: Any, *, axis: int, descend: bool) -> Any:
    return (None,)


@operator
def reorder(x: Array, index: Array, *, axis: int, undo: bool = False) -> Array:
    """x in the order of an index along an axis, which names each place once; or what was in it."""
    if not undo:
        return np.take_along_axis(x, index, axis)
    y = np.empty_like(x)
    np.put_along_axis(y, index, x, axis)
    return y


@reorder.backward
def _(dy: Any, _y: Any, _x: Any, index: Any, *, axis: int, undo: bool = False) -> Any:
    return reorder(dy, index, axis=axis, undo=not undo), None


@operator
def interval(points: Array, x: Array) -> Array:
    """For each x the number of the interval between ascending points that holds it, from 0; the
    first or last one for an x outside, NaN too.  The numbers are double.

    Points that are equal or NaN raise, here, so that a replayed call checks its own.
    """
    if not (np.diff(points.reshape(-1)) > 0).all():
        raise ValueError("interp1: the points x must differ from each other, and none be NaN.")
    found = np.searchsorted(points.reshape(-1), x.reshape(-1), side="right") - 1
    return np.clip(found, 0, max(points.size - 2, 0)).reshape(x.shape).astype(np.float64)


@interval.backward
def _(_dy: Any, _y: Any, _points: Any, _x: Any) -> Any:
    return None, None


@operator
def outside(points: Array, x: Array, *, fill: float) -> Array:
    """The fill where an x lies before the first or after the last point; 0 elsewhere."""
    return quietly(_outside, points.reshape(-1), x, fill)


def _outside(points: Array, x: Array, fill: float) -> Array:
    return np.where((x < points[0]) | (x > points[-1]), fill, 0).astype(x.dtype)


@outside.backward
def _(_dy: Any, _y: Any, _points: Any, _x: Any, *, fill: float) -> Any:
    return None, None


@operator
def different(x: Array) -> Array:
    """The different values of x, ascending, as a vector; each NaN is one of its own."""
    return np.unique(x, equal_nan=False)


@different.backward
def _(_dy: Any, _y: Any, _x: Any) -> Any:
    return (None,)


@operator
def places_in(x: Array, members: Array) -> Array:
    """Where each x is first in a vector of members; -1 for none, and for NaN."""
    if members.size == 0:
        return np.full(x.shape, -1)
    order = np.argsort(members, kind="stable")
    at = np.searchsorted(members, x, sorter=order).clip(0, members.size - 1)
    return np.where(members[order[at]] == x, order[at], -1)


@places_in.backward
def _(_dy: Any, _y: Any, _x: Any, _members: Any) -> Any:
    return None, None


@operator
def is_in(x: Array, members: Array) -> Array:
    """Whether each x is one of the members; NaN is not."""
    return places_in.forward(x, members) >= 0


@is_in.backward
def _(_dy: Any, _y: Any, _x: Any, _members: Any) -> Any:
    return None, None
