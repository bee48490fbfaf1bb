"""Sums over axes that lose little in single precision, and do not depend on their neighbours.

NumPy adds in pairs only along memory, else one after the other, so 5000 numbers could lose 100
units in the last place.  Here axes that are neighbours in memory are summed together, the slowest
first: along memory by NumPy, others in runs of 64 and then the sums of the runs.  How an element of
the result comes about depends only on the number of its terms and their place in memory, not on how
many elements there are: an observation has the same bits alone and in any batch.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from .. import kernels
from ..formats import Axes, Shape, inverse
from ..tape import Array

RUN = 64  # terms that are added one after the other, as in `kernels.sum_axes`
SMALL = 1 << 14  # numbers below which NumPy's sums cost less than a kernel call and its views


def summed(x: Array, axes: Axes) -> Array:
    """The sum over some axes, which stay with size 1."""
    if len(axes) == 1 and x.size < SMALL and x.shape[axes[0]] <= RUN:  # what is cheap to see
        return np.add.reduce(x, axis=axes, dtype=x.dtype, keepdims=True)
    if x.dtype.kind == "c":
        y = np.empty([1 if i in axes else n for i, n in enumerate(x.shape)], x.dtype)
        y.real, y.imag = summed(x.real, axes), summed(x.imag, axes)
        return y
    for group, n, along_memory in _groups(x.shape, x.strides, axes):
        if along_memory or not x.size or (n <= RUN and x.size < SMALL):
            x = np.add.reduce(x, axis=group, dtype=x.dtype, keepdims=True)
        elif x.size < SMALL:
            x = _in_runs(x, group)
        else:
            x = kernels.sum_axes(x, group)
    return x


@lru_cache(maxsize=4096)
def _groups(
    shape: Shape, strides: tuple[int, ...], axes: Axes
) -> tuple[tuple[Axes, int, bool], ...]:
    """The axes in groups that lie side by side in memory, the slowest first: each with the number
    of its terms, and whether it is the one along memory.
    """
    places = [axis for axis in _by_memory(strides) if shape[axis] != 1]
    groups: list[list[int]] = []
    together = False
    for axis in places:
        if axis in axes:
            groups = groups if together else [*groups, []]
            groups[-1].append(axis)
        together = axis in axes
    return tuple(
        (tuple(group), math.prod(shape[axis] for axis in group), group[-1] == places[-1])
        for group in groups
    )


def _by_memory(strides: tuple[int, ...]) -> Axes:
    """The axes from slowest to fastest."""
    return tuple(sorted(range(len(strides)), key=lambda axis: -abs(strides[axis])))


def _in_runs(x: Array, axes: Axes) -> Array:
    """The sum over neighbours in memory, by the same additions as `kernels.sum_axes`."""
    order = _by_memory(x.strides)
    first = order.index(axes[0])
    last = order.index(axes[-1]) + 1
    moved = x.transpose(order)
    shape = moved.shape
    rows = moved.reshape(math.prod(shape[:first]), -1, math.prod(shape[last:]))
    while rows.shape[1] > RUN:
        whole = rows.shape[1] // RUN * RUN
        outer, _, inner = rows.shape
        runs = np.add.reduce(rows[:, :whole].reshape(outer, -1, RUN, inner), axis=2)
        rest = [np.add.reduce(rows[:, whole:], axis=1, keepdims=True)]
        rows = np.concatenate([runs, *(rest if rows.shape[1] > whole else [])], axis=1)
    total = np.add.reduce(rows, axis=1)
    kept = shape[:first] + (1,) * (last - first) + shape[last:]
    return total.reshape(kept).transpose(inverse(order))
