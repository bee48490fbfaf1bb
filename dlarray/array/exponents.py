"""Exponential, logarithm and square root; same format.  See `power` for ``a ** b``."""

from __future__ import annotations

from typing import Any

from .. import operators
from .arithmetic import unary
from .core import dlarray


def exp(X: Any) -> dlarray:
    """The exponential, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> exp(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([1.    , 2.7183])
    """
    return unary("exp", operators.exp, X, complexes=True)


def expm1(X: Any) -> dlarray:
    """exp(X) - 1, accurate for small X, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> expm1(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 1.7183])
    """
    return unary("expm1", operators.expm1, X, complexes=True)


def log(X: Any) -> dlarray:
    """The natural logarithm, same format; of real data real: -Inf at 0 and NaN below.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> log(dlarray([1.0, 0.0, -1.0], "C")).data.ravel().round(4)
    array([  0., -inf,  nan])
    """
    return unary("log", operators.log, X, complexes=True)


def log1p(X: Any) -> dlarray:
    """log(1 + X), accurate for small X, same format; of real data NaN below -1.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> log1p(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 0.6931])
    """
    return unary("log1p", operators.log1p, X, complexes=True)


def log2(X: Any) -> dlarray:
    """The logarithm to base 2, same format; of real data NaN below 0.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> log2(dlarray([1.0, 8.0], "C")).data.ravel().round(4)
    array([0., 3.])
    """
    return unary("log2", operators.log2, X, complexes=True)


def log10(X: Any) -> dlarray:
    """The logarithm to base 10, same format; of real data NaN below 0.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> log10(dlarray([1.0, 1000.0], "C")).data.ravel().round(4)
    array([0., 3.])
    """
    return unary("log10", operators.log10, X, complexes=True)


def sqrt(X: Any) -> dlarray:
    """The square root, same format; of real data NaN below 0; its derivative at 0 is Inf.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> sqrt(dlarray([4.0, 9.0], "C")).data.ravel().round(4)
    array([2., 3.])
    """
    return unary("sqrt", operators.sqrt, X, complexes=True)
