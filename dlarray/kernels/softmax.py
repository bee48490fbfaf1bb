"""Softmax over the last axis."""

from __future__ import annotations

import numpy as np

from ._buffers import Array, empty_like


def softmax_forward(x: Array) -> Array:
    """exp(x - max) / sum exp(x - max) over the last axis; NaN rows where x holds NaN or +Inf."""
    y = empty_like(x)
    with np.errstate(all="ignore"):
        np.subtract(x, x.max(axis=-1, keepdims=True, initial=-np.inf), out=y)
    np.exp(y, out=y)
    np.divide(y, y.sum(axis=-1, keepdims=True), out=y)
    return y
