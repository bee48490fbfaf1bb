"""Dropout by a counter-based generator: the mask is a function of a key and the element's number.

Nothing is stored: forward and gradient draw the same mask again, on any number of threads.  The
generator is the finalizer of SplitMix64 (Steele, Lea, Flood 2014,
https://doi.org/10.1145/2660193.2660195) on key + i * golden ratio.
"""

from __future__ import annotations

import numpy as np

from ._buffers import Array, empty
from ._jit import canonical, device, kernel, workers


@device
def _mix(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel
def _mask(worker, workers, x, y, key, threshold, scale):
    """y[i] = x[i] * scale where the 24-bit number drawn for i is at least ``threshold``, else 0."""
    n = len(x)
    zero = scale - scale
    for i in range(worker * n // workers, (worker + 1) * n // workers):
        drawn = _mix(key + np.uint64(i) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
        y[i] = x[i] * scale if drawn >= threshold else zero


def dropout(x: Array, probability: float, key: int) -> Array:
    """Each element of x is 0 with a probability (in steps of 2**-24), else x / (1 - probability).

    Element i in C order is decided by ``key`` and i alone; ``probability`` is below 1.
    """
    x = canonical(x)
    y = empty(x.shape, x.dtype)
    threshold = np.uint64(round(probability * 2**24))
    scale = x.dtype.type(1.0 / (1.0 - probability))
    _mask(
        workers(nbytes=8.0 * x.nbytes),
        x.reshape(-1),
        y.reshape(-1),
        np.uint64(key),
        threshold,
        scale,
    )
    return y
