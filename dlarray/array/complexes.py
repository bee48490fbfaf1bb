"""Complex numbers: their parts, and making them of two."""

from __future__ import annotations

from typing import Any

from .. import operators
from .arithmetic import real_binary, unary
from .core import dlarray, require_dlarray


def conj(X: Any) -> dlarray:
    """The complex conjugate, same format; of real data these.

    Examples
    --------
    >>> conj(dlarray([3 + 4j, 5], "C")).data.ravel()
    array([3.-4.j, 5.-0.j])
    """
    return unary("conj", lambda x: operators.conj(x) if _is_complex(x) else x, X, complexes=True)


def real(X: Any) -> dlarray:
    """The real part, same format; of real data these.

    Examples
    --------
    >>> real(dlarray([3 + 4j, 5], "C")).data.ravel()
    array([3., 5.])
    """
    return unary("real", lambda x: operators.real(x) if _is_complex(x) else x, X, complexes=True)


def imag(X: Any) -> dlarray:
    """The imaginary part, same format; of real data zeros.

    Examples
    --------
    >>> imag(dlarray([3 + 4j, 5], "C")).data.ravel()
    array([4., 0.])
    """
    return unary("imag", operators.imag, X, complexes=True)


def complex(re: Any, im: Any = 0) -> dlarray:
    """re + i im of real data, matched by label as in `plus`; complex also where im is 0.

    Examples
    --------
    >>> complex(dlarray([3.0, 5.0], "C"), 4).data.ravel()
    array([3.+4.j, 5.+4.j])
    """
    return real_binary("complex", operators.join, re, im)


def isreal(X: Any) -> bool:
    """Whether the type of X is a real one; complex data are not real also where every imaginary
    part is 0, as in MATLAB.

    Examples
    --------
    >>> isreal(dlarray([3.0, 5.0], "C")), isreal(dlarray([3 + 0j], "C"))
    (True, False)
    """
    return not _is_complex(require_dlarray(X, "isreal"))


def _is_complex(x: Any) -> bool:
    return bool(x.dtype.kind == "c")
