"""Error functions and the gamma function; real data only."""

from __future__ import annotations

from typing import Any

from .. import operators
from .arithmetic import unary
from .core import dlarray


def erf(X: Any) -> dlarray:
    """The error function, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical or complex.

    Examples
    --------
    >>> erf(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 0.8427])
    """
    return unary("erf", operators.erf, X)


def erfc(X: Any) -> dlarray:
    """1 - erf(X), accurate where that is small, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical or complex.

    Examples
    --------
    >>> erfc(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([1.    , 0.1573])
    """
    return unary("erfc", operators.erfc, X)


def gamma(X: Any) -> dlarray:
    """The gamma function, same format; Inf at 0, NaN at negative whole numbers.

    Raises
    ------
    TypeError : X is no dlarray, or logical or complex.

    Examples
    --------
    >>> gamma(dlarray([0.5, 5.0], "C")).data.ravel().round(4)
    array([ 1.7725, 24.    ])
    """
    return unary("gamma", operators.gamma, X)


def gammaln(X: Any) -> dlarray:
    """``log |gamma(X)|``, same format; Inf at 0 and at negative whole numbers.

    Raises
    ------
    TypeError : X is no dlarray, or logical or complex.

    Examples
    --------
    >>> gammaln(dlarray([0.5, 5.0], "C")).data.ravel().round(4)
    array([0.5724, 3.1781])
    """
    return unary("gammaln", operators.gammaln, X)
