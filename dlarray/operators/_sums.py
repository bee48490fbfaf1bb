"""Sums over axes that lose little in single precision."""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..formats import Axes
from ..tape import Array

SMALL = 1 << 14  # numbers below which NumPy's own sum is faster than a kernel call
FEW = 64  # terms that may be added one after the other in single precision


def summed(x: Array, axes: Axes) -> Array:
    """The sum over some axes, which stay with size 1.

    NumPy adds in pairs only along memory.  So single precision is summed in double where an array
    is small; of a large one axes that are neighbours in memory go together, by the kernel that adds
    in runs or along memory.
    """
    if x.dtype.kind == "c":
        y = np.empty([1 if i in axes else n for i, n in enumerate(x.shape)], x.dtype)
        y.real, y.imag = summed(x.real, axes), summed(x.imag, axes)
        return y
    if x.size < SMALL:
        if x.size > FEW and x.itemsize == 4:
            y = np.add.reduce(x, axis=axes, dtype=np.float64, keepdims=True)
            return y.astype(x.dtype)
        return np.add.reduce(x, axis=axes, dtype=x.dtype, keepdims=True)
    for group in _neighbours(x, axes):
        x = kernels.sum_axes(x, group)
    return x


def _neighbours(x: Array, axes: Axes) -> list[Axes]:
    """The axes in groups that lie side by side in memory, the slowest first."""
    groups: list[list[int]] = []
    together = False
    for axis in sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis])):
        if x.shape[axis] == 1:
            continue
        if axis in axes:
            groups = groups if together else [*groups, []]
            groups[-1].append(axis)
        together = axis in axes
    return [tuple(group) for group in groups]
