"""Elementwise operators of two real arrays: angle and length, quotient and rest.

Operands as in `elementwise`.  The derivatives of `hypot` and `atan2` at the origin are 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tape import Array, operator
from ._quiet import pairwise, quietly
from .elementary import fix, floor
from .elementwise import add, div, mul, neg, where_nonzero
from .shape import fit


@operator
def hypot(a: Array, b: Array) -> Array:
    """sqrt(a^2 + b^2), also where the squares overflow."""
    return pairwise(np.hypot, a, b)


@hypot.backward
def _(dy: Any, y: Any, a: Any, b: Any) -> Any:
    return (
        lambda: fit(where_nonzero(y, mul(dy, div(a, y))), a),
        lambda: fit(where_nonzero(y, mul(dy, div(b, y))), b),
    )


@operator
def atan2(a: Array, b: Array) -> Array:
    """The angle of the point (b, a), from -pi to pi."""
    return pairwise(np.arctan2, a, b)


@atan2.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    def part(x: Any) -> Any:
        square = add(mul(a, a), mul(b, b))
        return where_nonzero(square, mul(dy, div(x, square)))

    return lambda: fit(part(b), a), lambda: neg(fit(part(a), b))


@operator
def mod(a: Array, b: Array) -> Array:
    """a - floor(a / b) b, with the sign of b; a where b is 0."""
    return quietly(_mod, a, b)


@mod.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    return lambda: fit(dy, a), lambda: neg(fit(_quotient(dy, floor, a, b), b))


@operator
def rem(a: Array, b: Array) -> Array:
    """a - fix(a / b) b, with the sign of a; NaN where b is 0."""
    return pairwise(np.fmod, a, b)


@rem.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    return lambda: fit(dy, a), lambda: neg(fit(_quotient(dy, fix, a, b), b))


@operator
def floor_divide(a: Array, b: Array) -> Array:
    """floor(a / b)."""
    return pairwise(np.floor_divide, a, b)


@floor_divide.backward
def _(_dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return None, None


def _mod(a: Array, b: Array) -> Array:
    return np.where(b == 0, a, np.remainder(a, b))


def _quotient(dy: Any, whole: Any, a: Any, b: Any) -> Any:
    return mul(dy, where_nonzero(b, whole(div(a, b))))
