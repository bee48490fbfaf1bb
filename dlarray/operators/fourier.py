"""The discrete Fourier transform along one axis, a family closed under differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tape import Array, operator
from ._quiet import quietly
from .elementwise import cast
from .indexing import put, take


@operator
def transform(x: Array, *, axis: int, inverse: bool) -> Array:
    """y[k] = sum_j x[j] exp(-+2 pi i j k / n), with + for the inverse, which is not divided by n.

    The result is complex in the precision of x.
    """
    norm: Any = "forward" if inverse else "backward"
    y = quietly(np.fft.ifft if inverse else np.fft.fft, x, axis=axis, norm=norm)
    return y.astype(np.result_type(x.dtype, np.complex64), copy=False)


@transform.backward
def _(dy: Any, _y: Any, _x: Any, *, axis: int, inverse: bool) -> Any:
    """The conjugate transpose; the gradient of real data is its real part."""
    return (cast(transform(dy, axis=axis, inverse=not inverse), dtype=_x.dtype),)


def resized(x: Any, *, axis: int, n: int) -> Any:
    """x cut to n elements along an axis, or filled up with zeros."""
    size = x.shape[axis]
    if n == size:
        return x
    index = (slice(None),) * axis + (slice(0, min(n, size)),)
    if n < size:
        return take(x, index=index)
    return put(x, index=index, shape=(*x.shape[:axis], n, *x.shape[axis + 1 :]))
