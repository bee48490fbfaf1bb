"""Whole numbers, and what division leaves; real data only."""

from __future__ import annotations

import math
from typing import Any

from .. import _calls, _checks, operators
from .arithmetic import real_binary, unary
from .core import dlarray


def ceil(X: Any) -> dlarray:
    """The next whole number above, same format; its derivative is 0.

    Raises
    ------
    TypeError : X is no dlarray, or logical or complex.

    Examples
    --------
    >>> ceil(dlarray([1.5, -1.5], "C")).data.ravel().round(4)
    array([ 2., -1.])
    """
    return unary("ceil", operators.ceil, X)


def fix(X: Any) -> dlarray:
    """The next whole number towards 0, same format; its derivative is 0.

    Raises
    ------
    TypeError : X is no dlarray, or logical or complex.

    Examples
    --------
    >>> fix(dlarray([1.5, -1.5], "C")).data.ravel().round(4)
    array([ 1., -1.])
    """
    return unary("fix", operators.fix, X)


def floor(X: Any) -> dlarray:
    """The next whole number below, same format; its derivative is 0.

    Raises
    ------
    TypeError : X is no dlarray, or logical or complex.

    Examples
    --------
    >>> floor(dlarray([1.5, -1.5], "C")).data.ravel().round(4)
    array([ 1., -2.])
    """
    return unary("floor", operators.floor, X)


@_calls.explained
def round(X: Any, digits: int = 0) -> dlarray:
    """The nearest number with so many decimal places, same format; its derivative is 0.

    Halves go away from 0, as in MATLAB; NumPy's round goes to the even neighbour.

    Parameters
    ----------
    X : real data of any format.
    digits : decimal places; negative ones round to tens, hundreds, ...

    Raises
    ------
    TypeError : X is no dlarray, or logical or complex.
    ValueError : digits is no integer.

    Examples
    --------
    >>> round(dlarray([0.5, 2.5, -1.4], "C")).data.ravel()
    array([ 1.,  3., -1.])
    >>> round(dlarray([3.14159, 100.0], "C"), 2).data.ravel()
    array([  3.14, 100.  ])
    """
    places = _checks.integer("round", "digits", digits, -math.inf)
    return unary("round", lambda x: operators.round_(x, digits=places), X)


def mod(a: Any, b: Any) -> dlarray:
    """a - floor(a / b) b, matched by label as in `plus`: what division leaves, with the sign of b.

    As in MATLAB it is a where b is 0.  Also written ``a % b``.  The derivative with respect to b is
    -floor(a / b).

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is complex, or no array of numbers.

    Examples
    --------
    >>> mod(dlarray([5.0, -5.0], "C"), 3).data.ravel()
    array([2., 1.])
    """
    return real_binary("mod", operators.mod, a, b)


def rem(a: Any, b: Any) -> dlarray:
    """a - fix(a / b) b, matched by label as in `plus`: what division leaves, with the sign of a.

    NaN where b is 0.  The derivative with respect to b is -fix(a / b).

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is complex, or no array of numbers.

    Examples
    --------
    >>> rem(dlarray([5.0, -5.0], "C"), 3).data.ravel()
    array([ 2., -2.])
    """
    return real_binary("rem", operators.rem, a, b)


def floor_divide(a: Any, b: Any) -> dlarray:
    """``a // b``: floor(a / b), matched by label as in `plus`; its derivative is 0."""
    return real_binary("floor_divide", operators.floor_divide, a, b)
