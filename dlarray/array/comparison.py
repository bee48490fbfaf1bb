"""Comparison and logic: logical arrays, matched by label as arithmetic is, without derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tape import Traced
from . import arithmetic
from .core import dlarray, require_dlarray, wrap


def _compare(call: str, function: np.ufunc, a: Any, b: Any) -> dlarray:
    left, right, fmt = arithmetic.aligned(call, a, b)
    values = [x._data if isinstance(x, Traced) else x for x in (left, right)]
    if "f" in (left.dtype.kind, right.dtype.kind):
        dtype = arithmetic.result_type(left, right)
        values = [value.astype(dtype, copy=False) for value in values]
    return wrap(function(*values), fmt)


def eq(a: Any, b: Any) -> dlarray:
    """Where a equals b: a logical array, matched by label as in `plus`.

    Examples
    --------
    >>> eq(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([False,  True])
    """
    return _compare("eq", np.equal, a, b)


def ne(a: Any, b: Any) -> dlarray:
    """Where a differs from b.

    Examples
    --------
    >>> ne(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([ True, False])
    """
    return _compare("ne", np.not_equal, a, b)


def lt(a: Any, b: Any) -> dlarray:
    """Where a < b.

    Examples
    --------
    >>> lt(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([ True, False])
    """
    return _compare("lt", np.less, a, b)


def le(a: Any, b: Any) -> dlarray:
    """Where a <= b.

    Examples
    --------
    >>> le(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([ True,  True])
    """
    return _compare("le", np.less_equal, a, b)


def gt(a: Any, b: Any) -> dlarray:
    """Where a > b.

    Examples
    --------
    >>> gt(dlarray([3.0, 5.0], "C"), 3).data.ravel()
    array([False,  True])
    """
    return _compare("gt", np.greater, a, b)


def ge(a: Any, b: Any) -> dlarray:
    """Where a >= b.

    Examples
    --------
    >>> ge(dlarray([3.0, 5.0], "C"), 5).data.ravel()
    array([False,  True])
    """
    return _compare("ge", np.greater_equal, a, b)


def and_(a: Any, b: Any) -> dlarray:
    """Where both are nonzero."""
    return _compare("and", np.logical_and, a, b)


def or_(a: Any, b: Any) -> dlarray:
    """Where one is nonzero."""
    return _compare("or", np.logical_or, a, b)


def not_(X: Any) -> dlarray:
    """Where X is zero."""
    X = require_dlarray(X, "not")
    return wrap(np.logical_not(X._data), X.fmt)
