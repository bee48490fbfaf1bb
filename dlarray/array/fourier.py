"""The discrete Fourier transform of unformatted arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, formats, operators
from ..formats import FormatError, ShapeError
from ..operators.fourier import resized, transform
from .core import described, dlarray, require_dlarray, wrap


@_calls.explained
def fft(X: Any, n: int | None = None, dim: int | None = None) -> dlarray:
    """The discrete Fourier transform of unformatted data along a dimension: complex, traced.

    Parameters
    ----------
    X : an unformatted dlarray, real or complex.
    n : the number of points: X is cut, or filled up with zeros; its size if not given.
    dim : the axis; the first of size other than 1 if not given.

    Raises
    ------
    FormatError : X is formatted.

    Examples
    --------
    >>> fft(dlarray([1.0, 0.0, 0.0, 0.0])).data.ravel()
    array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    value, axis = _prepared("fft", X, n, dim)
    return wrap(transform(value, axis=axis, inverse=False), "")


@_calls.explained
def ifft(X: Any, n: Any = None, dim: Any = None, symflag: str = "") -> dlarray:
    """The inverse discrete Fourier transform of unformatted data along a dimension.

    The result is complex; with ``symflag`` "symmetric", for the transform of real data, it is its
    real part.  Other options as of `fft`.

    Raises
    ------
    FormatError : X is formatted.
    TypeError : X is no dlarray, or dim neither an axis nor a label.
    ValueError : dim is no axis of X, n is no positive integer, or an unknown symflag.

    Examples
    --------
    >>> ifft(fft(dlarray([1.0, 2.0])), symflag="symmetric").data.ravel()
    array([1., 2.])
    """
    if isinstance(n, str):  # MATLAB's ifft(X, "symmetric")
        n, symflag = None, n
    if isinstance(dim, str):
        dim, symflag = None, dim
    value, axis = _prepared("ifft", X, n, dim)
    symmetric = bool(symflag) and "symmetric" == _checks.choice(
        "ifft", "symflag", symflag, ("symmetric", "nonsymmetric")
    )
    y = transform(value, axis=axis, inverse=True)
    y = operators.mul(y, np.asarray(1 / max(1, y.shape[axis]), y.dtype))
    real = np.dtype(np.float32 if y.dtype == np.complex64 else np.float64)
    return wrap(operators.cast(y, dtype=real) if symmetric else y, "")


def _prepared(call: str, X: Any, n: int | None, dim: int | None) -> tuple[Any, int]:
    """The data with n points along the axis."""
    X = require_dlarray(X, call)
    if X.fmt:
        raise FormatError(
            f"{call}: only unformatted data are transformed; got {described(X)}. Use stripdims "
            "first."
        )
    axis = formats.one_axis(dim, "", X.shape, call)
    points = X.shape[axis] if n is None else _checks.integer(call, "n", n)
    if points == 0:
        raise ShapeError(f"{call}: there is nothing to transform; got {described(X)}.")
    value = X if X.dtype.kind != "b" else operators.cast(X, dtype=np.dtype(np.float64))
    return resized(value, axis=axis, n=points), axis
