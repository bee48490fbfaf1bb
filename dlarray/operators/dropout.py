"""Dropout: a linear operator whose mask is drawn from a key, so that its gradient draws the
same.
"""

from __future__ import annotations

from typing import Any

from .. import kernels
from ..formats import Axes, inverse
from ..tape import Array, operator


@operator
def dropout(x: Array, *, probability: float, key: Array | int, order: Axes) -> Array:
    """Elements are 0 with this probability, else scaled by 1/(1 - probability); numbered along
    ``order``.
    """
    return kernels.dropout(x.transpose(order), probability, int(key)).transpose(inverse(order))


@dropout.backward
def _(dy: Any, _y: Any, _x: Any, *, probability: float, key: Array | int, order: Axes) -> Any:
    return (dropout(dy, probability=probability, key=key, order=order),)
