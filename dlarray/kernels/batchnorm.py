"""Batch normalization: each channel over all rows to mean 0 and variance 1.

x is (N, C) in memory, its rows all positions of all observations::

    y = (x - mean[c]) / sqrt(variance[c] + epsilon) * scale[c] + offset[c]

with mean and variance of the rows, which is `groupnorm` of one observation with one channel a
group, or with those that are given.  Gradients as there; with given statistics::

    dx = dy * scale / sqrt(variance + epsilon)
    dmean = -scale / sqrt(variance + epsilon) * sum dy
    dvariance = -scale / (2 * (variance + epsilon)) * sum dy * xhat
"""

from __future__ import annotations

import numpy as np

from ._buffers import Array
from ._jit import canonical
from .groupnorm import (
    column_sums,
    folded,
    group_statistics,
    groupnorm_backward,
    plan,
    standardized,
)


def batch_statistics(x: Array) -> Array:
    """(2, C), mean and biased variance over the rows of x (N, C); NaN over none."""
    return group_statistics(x[None], x.shape[1])[0]


def batchnorm_forward(x: Array, stats: Array, scale: Array, offset: Array, epsilon: float) -> Array:
    """y (N, C) with mean and variance (2, C), scale (C,), offset (C,)."""
    return standardized(x[None], canonical(stats)[None], scale, offset, epsilon)[0]


def batchnorm_backward(
    dy: Array, x: Array, stats: Array, scale: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """dx (N, C), dscale (C,), doffset (C,), where mean and variance are those of x."""
    dx, dscale, doffset = groupnorm_backward(
        dy[None], x[None], scale, canonical(stats)[None], epsilon
    )
    return dx[0], dscale, doffset


def batchnorm_sums(dy: Array, x: Array, stats: Array, epsilon: float) -> Array:
    """(2, C), the sums of dy and of dy * xhat over rows, for any mean and variance (2, C)."""
    if not x.size:
        return np.zeros((2, x.shape[1]), x.dtype)
    dy, x, stats = canonical(dy)[None], canonical(x)[None], canonical(stats)[None]
    shared = plan(*x.shape)
    views = (folded(dy, shared.fold), folded(x, shared.fold))
    scale = np.ones(x.shape[2], x.dtype)
    return column_sums(*views, scale, stats, epsilon, shared)[0].astype(x.dtype)
