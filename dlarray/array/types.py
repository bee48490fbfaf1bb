"""Asking for and changing the underlying type, and equality of whole arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, _checks, operators
from ..operators.logic import nonzero
from ..tape import untraced
from .core import TYPE_NAMES, as_data, described, dlarray, require_dlarray, wrap
from .inspection import without_trailing

_TYPES = {"single": np.float32, "double": np.float64, "logical": np.bool_}


def underlyingType(X: Any) -> str:
    """ "single", "double" or "logical"; complex data have the type of their parts.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> underlyingType(dlarray(np.ones((3, 2), np.float32), "CB"))
    'single'
    """
    return TYPE_NAMES[require_dlarray(X, "underlyingType").dtype]


def isUnderlyingType(X: Any, typename: str) -> bool:
    """Whether the data of X are of this type: "single", "double" or "logical".

    Raises
    ------
    TypeError : X is no dlarray.
    ValueError : an unknown name of a type.

    Examples
    --------
    >>> isUnderlyingType(dlarray([True, False]), "logical")
    True
    """
    X = require_dlarray(X, "isUnderlyingType")
    wanted = _checks.choice("isUnderlyingType", "typename", typename, tuple(_TYPES))
    return TYPE_NAMES[X.dtype] == wanted


def isfloat(X: Any) -> bool:
    """Whether the data of X are single or double, real or complex.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isfloat(dlarray([3.0, 5.0])), isfloat(dlarray([True]))
    (True, False)
    """
    return require_dlarray(X, "isfloat").dtype.kind in "fc"


def isnumeric(X: Any) -> bool:
    """Whether the data of X are numbers: single or double, not logical.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isnumeric(dlarray([3.0, 5.0])), isnumeric(dlarray([True]))
    (True, False)
    """
    return require_dlarray(X, "isnumeric").dtype.kind in "fc"


def islogical(X: Any) -> bool:
    """Whether the data of X are logical.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> islogical(dlarray([True, False]))
    True
    """
    return require_dlarray(X, "islogical").dtype.kind == "b"


def isreal(X: Any) -> bool:
    """Whether the data of X are not of a complex type.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isreal(dlarray([3.0, 5.0])), isreal(dlarray([3 + 0j]))
    (True, False)
    """
    return require_dlarray(X, "isreal").dtype.kind != "c"


def isequal(A: Any, B: Any, *others: Any) -> bool:
    """Whether arrays have the same format, or none, the same sizes and the same values.

    Types need not be equal; NaN is not equal to NaN.  Arrays that are not dlarrays are unformatted.

    Raises
    ------
    TypeError : an argument is no array of numbers.

    Examples
    --------
    >>> X = dlarray([3.0, 5.0], "C")
    >>> isequal(X, +X), isequal(X, stripdims(X))
    (True, False)
    """
    arrays = [
        X if isinstance(X, dlarray) else wrap(as_data(X, "isequal"), "") for X in (B, *others)
    ]
    first = A if isinstance(A, dlarray) else wrap(as_data(A, "isequal"), "")
    return all(
        first.fmt == X.fmt
        and without_trailing(first.shape) == without_trailing(X.shape)
        and bool(np.all(first._data.reshape(X.shape) == X._data))
        for X in arrays
    )


def single(X: Any) -> dlarray:
    """X in single precision, same format.

    Raises
    ------
    TypeError : X is no array of numbers.

    Examples
    --------
    >>> single(dlarray([3.0, 5.0], "C")).dtype
    dtype('float32')
    """
    return _cast(X, "single", "single")


def double(X: Any) -> dlarray:
    """X in double precision, same format.

    Raises
    ------
    TypeError : X is no array of numbers.

    Examples
    --------
    >>> double(dlarray(np.ones((3, 2), np.float32), "CB")).dtype
    dtype('float64')
    """
    return _cast(X, "double", "double")


@_calls.explained
def cast(X: Any, typename: str | None = None, *, like: Any = None) -> dlarray:
    """X in another underlying type, same format: a name, or that of the dlarray ``like``.

    Gradients come back in the type of X.

    Parameters
    ----------
    X : a dlarray, or an array that becomes one.
    typename : "single", "double" or "logical" (see `logical`).
    like : a dlarray; complex data stay complex.

    Raises
    ------
    TypeError : X is no dlarray.
    ValueError : an unknown name of a type.

    Examples
    --------
    >>> underlyingType(cast(dlarray([3.0, 5.0], "C"), "single"))
    'single'
    """
    if (typename is None) == (like is None):
        raise TypeError('cast: give a type, as in cast(X, "single"), or like=Y, and not both.')
    if like is not None:
        typename = TYPE_NAMES[require_dlarray(like, "cast", "like").dtype]
    wanted = _checks.choice("cast", "typename", typename, tuple(_TYPES))
    return logical(X) if wanted == "logical" else _cast(X, wanted, "cast")


def logical(X: Any) -> dlarray:
    """Where X is not 0: a logical array of the same format, without derivative.

    Raises
    ------
    ValueError : X holds NaN.
    TypeError : X is complex.

    Examples
    --------
    >>> logical(dlarray([3.0, 0.0], "C")).data.ravel()
    array([ True, False])
    """
    X = X if isinstance(X, dlarray) else dlarray(as_data(X, "logical"))
    if X.dtype.kind == "b":
        return wrap(X, X.fmt)
    if X.dtype.kind == "c":
        raise TypeError(
            f"logical: complex data can't be true or false; got {described(X)}. Compare with 0, as "
            "in X != 0."
        )
    value = nonzero(X, called=described(X))
    return wrap(untraced(value), X.fmt)


def _cast(X: Any, typename: str, call: str) -> dlarray:
    X = X if isinstance(X, dlarray) else dlarray(as_data(X, call))
    dtype = np.dtype(_TYPES[typename])
    if X.dtype.kind == "c":
        dtype = np.result_type(dtype, np.complex64)
    return wrap(X if X.dtype == dtype else operators.cast(X, dtype=dtype), X.fmt)
