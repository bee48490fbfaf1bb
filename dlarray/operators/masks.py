"""Masks: where elements are kept, and how many."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..tape import Array, operator


@operator
def masked(x: Array, keep: Array, *, value: float) -> Array:
    """x where ``keep``, which expands to x, is not 0; ``value`` elsewhere."""
    y = kernels.empty_like(x)
    y[...] = value
    np.copyto(y, x, where=keep != 0)
    return y


@masked.backward
def _(dy: Any, _y: Any, _x: Any, keep: Any, *, value: float) -> Any:
    return lambda: masked(dy, keep, value=0.0), None


@operator
def count_nonzero(x: Array, *, times: int, dtype: Any) -> Array:
    """How many elements are not 0, this many times, as a 1-by-1 array."""
    return np.array([[np.count_nonzero(x) * times]], dtype)


@count_nonzero.backward
def _(dy: Any, _y: Any, _x: Any, *, times: int, dtype: Any) -> Any:
    return (None,)
