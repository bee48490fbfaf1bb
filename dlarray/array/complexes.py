"""Complex numbers: their parts, and making them of two."""

from __future__ import annotations

from typing import Any

from .. import _calls, operators
from .arithmetic import real_binary, unary
from .core import dlarray


def conj(X: Any) -> dlarray:
    """The complex conjugate, same format; of real data these.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> conj(dlarray([3 + 4j, 5], "C")).data.ravel()
    array([3.-4.j, 5.-0.j])
    """
    return unary("conj", lambda x: operators.conj(x) if _is_complex(x) else x, X, complexes=True)


def real(X: Any) -> dlarray:
    """The real part, same format; of real data these.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> real(dlarray([3 + 4j, 5], "C")).data.ravel()
    array([3., 5.])
    """
    return unary("real", lambda x: operators.real(x) if _is_complex(x) else x, X, complexes=True)


def imag(X: Any) -> dlarray:
    """The imaginary part, same format; of real data zeros.

    Raises
    ------
    TypeError : X is no dlarray, or logical.

    Examples
    --------
    >>> imag(dlarray([3 + 4j, 5], "C")).data.ravel()
    array([4., 0.])
    """
    return unary("imag", operators.imag, X, complexes=True)


@_calls.explained
def complex(re: Any, im: Any = 0) -> dlarray:
    """re + i im of real data, matched by label as in `plus`; complex also where im is 0.

    Raises
    ------
    ShapeError : sizes differ and neither is 1.
    TypeError : a part is complex, or no array of numbers.

    Examples
    --------
    >>> complex(dlarray([3.0, 5.0], "C"), 4).data.ravel()
    array([3.+4.j, 5.+4.j])
    """
    return real_binary("complex", operators.join, re, im)


def _is_complex(x: Any) -> bool:
    return bool(x.dtype.kind == "c")
