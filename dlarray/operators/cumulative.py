"""Cumulative operators along one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..tape import Array, operator
from ._quiet import quietly
from .elementwise import mul
from .indexing import put, take
from .linear import adjoint
from .shape import permute


def _along(x: Array, axis: int, *, reverse: bool) -> Array:
    """A view with the axis first, in the direction of the sum."""
    y = np.moveaxis(x, axis, 0)
    return y[::-1] if reverse else y


@operator
def cumulative_sum(x: Array, *, axis: int, reverse: bool) -> Array:
    """y[i] = the sum of x up to i, or from i on in reverse."""
    y = kernels.empty_like(x)
    parts = _along(x, axis, reverse=reverse), _along(y, axis, reverse=reverse)
    quietly(np.cumsum, parts[0], axis=0, out=parts[1])
    return y


@cumulative_sum.backward
def _(dy: Any, _y: Any, _x: Any, *, axis: int, reverse: bool) -> Any:
    return (cumulative_sum(dy, axis=axis, reverse=not reverse),)


@operator
def recurrence(a: Array, b: Array, *, axis: int, reverse: bool) -> Array:
    """y[i] = b[i] + a[i] y[i-1], from y[-1] = 0; from the end in reverse.

    A cumulative product is one of these, and so are its gradient and that one's, without a
    division: zeros do no harm.
    """
    return quietly(_recurrence, a, b, axis, reverse)


def _recurrence(a: Array, b: Array, axis: int, reverse: bool) -> Array:
    y = kernels.empty_like(b)
    steps = [_along(v, axis, reverse=reverse) for v in (a, b, y)]
    for i, (factor, summand, result) in enumerate(zip(*steps, strict=True)):
        result[...] = summand
        if i:
            result += factor * steps[2][i - 1]
    return y


@recurrence.backward
def _(dy: Any, y: Any, a: Any, _b: Any, *, axis: int, reverse: bool) -> Any:
    later = shifted(a, axis=axis, reverse=not reverse)
    db = recurrence(_conj(later), dy, axis=axis, reverse=not reverse)
    return lambda: mul(db, _conj(shifted(y, axis=axis, reverse=reverse))), db


def shifted(x: Any, *, axis: int, reverse: bool) -> Any:
    """x one place later along an axis, or earlier in reverse, with 0 at the place that is free."""
    n = x.shape[axis]
    full = (slice(None),) * axis
    early, late = (*full, slice(0, n - 1)), (*full, slice(1, n))
    source, target = (late, early) if reverse else (early, late)
    return put(take(x, index=source), index=target, shape=x.shape)


def _conj(x: Any) -> Any:
    if x.dtype.kind != "c":
        return x
    return permute(adjoint(x), order=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))
