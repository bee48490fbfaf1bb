"""Cumulative operators along one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..tape import Array, constant, operator
from ._quiet import quietly
from .elementwise import conj_of, mul
from .indexing import assign, take

_WIDE = 256  # elements of a step from which it is worth a call of its own


def _along(x: Array, axis: int, *, reverse: bool) -> Array:
    """A view with the axis first, in the direction of the sum."""
    y = np.moveaxis(x, axis, 0)
    return y[::-1] if reverse else y


def _accumulated(ufunc: np.ufunc, x: Array, axis: int, reverse: bool) -> Array:
    """What a function of two has made of the elements up to each one.

    NumPy goes along the axis for each of the others in turn: 20 times as slow as step after step
    for 4096 of them, and 100 times as fast for one.  The bits are the same.
    """
    y = kernels.empty_like(x)
    source, result = _along(x, axis, reverse=reverse), _along(y, axis, reverse=reverse)
    if x.size <= _WIDE * len(source):
        ufunc.accumulate(source, axis=0, out=result)
        return y
    last = source[0]
    result[0] = last
    for part, place in zip(source[1:], result[1:], strict=True):
        last = ufunc(last, part, out=place)
    return y


@operator
def cumulative_sum(x: Array, *, axis: int, reverse: bool) -> Array:
    """y[i] = the sum of x up to i, or from i on in reverse."""
    return quietly(_accumulated, np.add, x, axis, reverse)


@cumulative_sum.backward
def _(dy: Any, _y: Any, _x: Any, *, axis: int, reverse: bool) -> Any:
    return (cumulative_sum(dy, axis=axis, reverse=not reverse),)


@operator
def cumulative_product(x: Array, *, axis: int, reverse: bool) -> Array:
    """y[i] = the product of x up to i, or from i on in reverse."""
    return quietly(_accumulated, np.multiply, x, axis, reverse)


@cumulative_product.backward
def _(dy: Any, y: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    factors = conj_of(shifted(x, axis=axis, reverse=not reverse))
    parts = recurrence(factors, dy, axis=axis, reverse=not reverse)
    return (mul(parts, conj_of(shifted(y, axis=axis, reverse=reverse, fill=1))),)


@operator
def recurrence(a: Array, b: Array, *, axis: int, reverse: bool) -> Array:
    """y[i] = b[i] + a[i] y[i-1], from y[-1] = 0; from the end in reverse.

    The gradient of a cumulative product is one of these, and so is that one's, without a division:
    zeros do no harm.
    """
    return quietly(_recurrence, a, b, axis, reverse)


def _recurrence(a: Array, b: Array, axis: int, reverse: bool) -> Array:
    y = kernels.empty_like(b)
    factors, summands, results = (_along(v, axis, reverse=reverse) for v in (a, b, y))
    if not len(results):
        return y
    last = results[0]
    last[...] = summands[0]
    for factor, summand, result in zip(factors[1:], summands[1:], results[1:], strict=True):
        np.multiply(factor, last, out=result)
        last = np.add(summand, result, out=result)
    return y


@recurrence.backward
def _(dy: Any, y: Any, a: Any, _b: Any, *, axis: int, reverse: bool) -> Any:
    later = shifted(a, axis=axis, reverse=not reverse)
    db = recurrence(conj_of(later), dy, axis=axis, reverse=not reverse)
    return lambda: mul(db, conj_of(shifted(y, axis=axis, reverse=reverse))), db


def shifted(x: Any, *, axis: int, reverse: bool, fill: int = 0) -> Any:
    """x one place later along an axis, or earlier in reverse, with a number at the place that is
    free.
    """
    n = x.shape[axis]
    full = (slice(None),) * axis
    early, late = (*full, slice(0, max(n - 1, 0))), (*full, slice(1, n))
    source, target = (late, early) if reverse else (early, late)
    return assign(constant(np.full(x.shape, fill, x.dtype)), take(x, index=source), index=target)
