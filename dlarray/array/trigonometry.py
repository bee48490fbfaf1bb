"""Angles and hyperbolas."""

from __future__ import annotations

from typing import Any

from .. import operators
from .arithmetic import real_binary, unary
from .core import dlarray


def sin(X: Any) -> dlarray:
    """The sine of angles in radians, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> sin(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 0.8415])
    """
    return unary("sin", operators.sin, X, complexes=True)


def cos(X: Any) -> dlarray:
    """The cosine of angles in radians, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> cos(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([1.    , 0.5403])
    """
    return unary("cos", operators.cos, X, complexes=True)


def tan(X: Any) -> dlarray:
    """The tangent of angles in radians, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> tan(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 1.5574])
    """
    return unary("tan", operators.tan, X, complexes=True)


def sec(X: Any) -> dlarray:
    """The secant, 1 / cos(X), same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> sec(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([1.    , 1.8508])
    """
    return unary("sec", operators.sec, X, complexes=True)


def csc(X: Any) -> dlarray:
    """The cosecant, 1 / sin(X), same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> csc(dlarray([1.0, 2.0], "C")).data.ravel().round(4)
    array([1.1884, 1.0998])
    """
    return unary("csc", operators.csc, X, complexes=True)


def cot(X: Any) -> dlarray:
    """The cotangent, 1 / tan(X), same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> cot(dlarray([1.0, 2.0], "C")).data.ravel().round(4)
    array([ 0.6421, -0.4577])
    """
    return unary("cot", operators.cot, X, complexes=True)


def asin(X: Any) -> dlarray:
    """The angle with this sine, same format; of real data NaN outside -1 to 1.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> asin(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 1.5708])
    """
    return unary("asin", operators.asin, X, complexes=True)


def acos(X: Any) -> dlarray:
    """The angle with this cosine, same format; of real data NaN outside -1 to 1.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> acos(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([1.5708, 0.    ])
    """
    return unary("acos", operators.acos, X, complexes=True)


def atan(X: Any) -> dlarray:
    """The angle with this tangent, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> atan(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 0.7854])
    """
    return unary("atan", operators.atan, X, complexes=True)


def sinh(X: Any) -> dlarray:
    """The hyperbolic sine, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> sinh(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 1.1752])
    """
    return unary("sinh", operators.sinh, X, complexes=True)


def cosh(X: Any) -> dlarray:
    """The hyperbolic cosine, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> cosh(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([1.    , 1.5431])
    """
    return unary("cosh", operators.cosh, X, complexes=True)


def tanh(X: Any) -> dlarray:
    """The hyperbolic tangent, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> tanh(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 0.7616])
    """
    return unary("tanh", operators.tanh, X, complexes=True)


def sech(X: Any) -> dlarray:
    """The hyperbolic secant, 1 / cosh(X), same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> sech(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([1.    , 0.6481])
    """
    return unary("sech", operators.sech, X, complexes=True)


def csch(X: Any) -> dlarray:
    """The hyperbolic cosecant, 1 / sinh(X), same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> csch(dlarray([1.0, 2.0], "C")).data.ravel().round(4)
    array([0.8509, 0.2757])
    """
    return unary("csch", operators.csch, X, complexes=True)


def coth(X: Any) -> dlarray:
    """The hyperbolic cotangent, 1 / tanh(X), same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> coth(dlarray([1.0, 2.0], "C")).data.ravel().round(4)
    array([1.313 , 1.0373])
    """
    return unary("coth", operators.coth, X, complexes=True)


def asinh(X: Any) -> dlarray:
    """The inverse of sinh, same format.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> asinh(dlarray([0.0, 1.0], "C")).data.ravel().round(4)
    array([0.    , 0.8814])
    """
    return unary("asinh", operators.asinh, X, complexes=True)


def acosh(X: Any) -> dlarray:
    """The inverse of cosh, same format; of real data NaN below 1.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> acosh(dlarray([1.0, 2.0], "C")).data.ravel().round(4)
    array([0.   , 1.317])
    """
    return unary("acosh", operators.acosh, X, complexes=True)


def atanh(X: Any) -> dlarray:
    """The inverse of tanh, same format; of real data NaN outside -1 to 1.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> atanh(dlarray([0.0, 0.5], "C")).data.ravel().round(4)
    array([0.    , 0.5493])
    """
    return unary("atanh", operators.atanh, X, complexes=True)


def atan2(Y: Any, X: Any) -> dlarray:
    """The angle of the points (X, Y) from -pi to pi, matched by label as in `plus`; real data only.

    Its derivative at (0, 0) is 0.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is complex, or no array of numbers.

    Examples
    --------
    >>> atan2(dlarray([1.0, -1.0], "C"), -1).data.ravel().round(4)
    array([ 2.3562, -2.3562])
    """
    return real_binary("atan2", operators.atan2, Y, X)


def hypot(a: Any, b: Any) -> dlarray:
    """sqrt(a^2 + b^2) without overflow, matched by label as in `plus`; real data only.

    Its derivative at (0, 0) is 0.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : an operand is complex, or no array of numbers.

    Examples
    --------
    >>> hypot(dlarray([3.0, 5.0], "C"), [[4.0], [12.0]]).data.ravel()
    array([ 5., 13.])
    """
    return real_binary("hypot", operators.hypot, a, b)
