"""Conversion of the underlying type."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import operators
from .core import dlarray, wrap


def single(X: Any) -> dlarray:
    """X in single precision, same format.

    Examples
    --------
    >>> single(dlarray([3.0, 5.0], "C")).dtype
    dtype('float32')
    """
    return _cast(X, np.dtype(np.float32), "single")


def double(X: Any) -> dlarray:
    """X in double precision, same format.

    Examples
    --------
    >>> double(dlarray(np.ones((3, 2), np.float32), "CB")).dtype
    dtype('float64')
    """
    return _cast(X, np.dtype(np.float64), "double")


def _cast(X: Any, dtype: np.dtype[Any], call: str) -> dlarray:
    X = X if isinstance(X, dlarray) else dlarray(X)
    return wrap(X if X.dtype == dtype else operators.cast(X, dtype=dtype), X.fmt)
