"""Labelled data and filters, their convolution by the definition, and second derivatives."""

from math import prod

import numpy as np

import dlarray as dl
from tests import naive

SIZES = {"S": 7, "C": 2, "B": 3, "T": 11}  # of the data
K_SIZE, N_FILT = 3, 5


def data(fmt, rng, dtype=np.float64):
    return rng.standard_normal([SIZES[label] for label in fmt]).astype(dtype)


def filters(rng, dtype=np.float64):
    """k × C × F."""
    return rng.standard_normal((K_SIZE, SIZES["C"], N_FILT)).astype(dtype)


def reference(x, fmt, over, w, b=None, **options):
    """The convolution of labelled x with w (K, C, F) along the first ``over`` dimension."""
    rest = [axis for axis, label in enumerate(fmt) if label != "C" and axis != fmt.index(over)]
    order = [*rest, fmt.index(over), fmt.index("C")]
    moved = x.transpose(order)
    flat = moved.reshape(prod(moved.shape[:-2]), *moved.shape[-2:])
    y = naive.conv1d(flat, w, b, **options)
    return y.reshape(*moved.shape[:-2], *y.shape[1:]).transpose(np.argsort(order))


def transposed_reference(x, fmt, over, w, b=None, **options):
    """The transposed convolution of labelled x with w (K1..Kn, F, C, G) along the dimensions
    ``over``, a text of labels in their order in ``fmt``.
    """
    moved, left = [], list(over)
    for axis, label in enumerate(fmt):
        if left and label == left[0] and label != "C":
            moved.append(axis)
            left.pop(0)
    channel = fmt.index("C")
    rest = [axis for axis in range(len(fmt)) if axis not in (*moved, channel)]
    order = [*rest, *moved, channel]
    turned = x.transpose(order)
    kept = turned.shape[: len(rest)]
    n = len(moved)
    each = {"strides": (1,) * n, "dilations": (1,) * n, "ends": ((0, 0),) * n} | options
    y = naive.transposed_conv(turned.reshape(prod(kept), *turned.shape[len(rest) :]), w, b, **each)
    return y.reshape(*kept, *y.shape[1:]).transpose(np.argsort(order))


def second_order(function):
    """The gradient of the sum of squares by the first variable, inside and outside `dlfeval`."""

    def inside(*xs):
        loss = dl.sum(function(*xs) ** 2, "all")
        return dl.dlgradient(loss, xs[0], EnableHigherDerivatives=True)

    return lambda *xs: inside(*xs) if dl.tape.current_tape() else dl.dlfeval(inside, *xs)
