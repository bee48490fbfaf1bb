"""Accelerated functions that count their traces, and comparison of all bits of results."""

import numpy as np

import dlarray as dl
from dlarray.array.signature import arrays_of


class Counted:
    """A function that counts its calls."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, *args, **options):
        self.calls += 1
        return self.function(*args, **options)


def counted(function):
    return dl.dlaccelerate(Counted(function))


def assert_same(a, b):
    """The same arrays, bit by bit, with the same formats, types and sizes."""
    pairs = list(zip(arrays_of(a), arrays_of(b), strict=True))
    assert pairs
    for x, y in pairs:
        assert (x.fmt, x.shape, x.dtype) == (y.fmt, y.shape, y.dtype)
        np.testing.assert_array_equal(x.extractdata(), y.extractdata())
        assert x.extractdata().tobytes() == y.extractdata().tobytes()
