"""Softmax along an axis."""

from __future__ import annotations

from typing import Any

from .. import kernels
from ..tape import Array, operator
from .elementwise import mul, sub
from .reduce import total


@operator
def softmax(x: Array, *, axis: int) -> Array:
    """exp(x) / sum exp(x) along an axis, with the maximum subtracted."""
    return kernels.softmax_forward(x, axis)


@softmax.backward
def _(dy: Any, y: Any, _x: Any, *, axis: int) -> Any:
    return (softmax_grad(dy, y, axis=axis),)


@operator
def softmax_grad(dy: Array, y: Array, *, axis: int) -> Array:
    """y (dy - sum dy y)."""
    return kernels.softmax_grad(dy, y, axis)


@softmax_grad.backward
def _(ddx: Any, _dx: Any, dy: Any, y: Any, *, axis: int) -> Any:
    def by_result() -> Any:
        centred = sub(dy, total(mul(dy, y), axes=(axis,)))
        return sub(mul(ddx, centred), mul(dy, total(mul(ddx, y), axes=(axis,))))

    return softmax_grad(ddx, y, axis=axis), by_result
