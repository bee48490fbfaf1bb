"""Functions that change the order of dimensions and their sizes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import _checks, formats, operators
from ..formats import ShapeError
from ..operators.linear import adjoint
from .core import described, dlarray, require_dlarray, wrap


def permute(X: Any, order: Sequence[int]) -> dlarray:
    """Dimension i of the result is dimension order[i] of X; of formatted data only equal labels
    change places.

    The order may name dimensions of size 1 that follow the last one, and leave such ones out.

    Raises
    ------
    FormatError : dimensions of different labels would change places.
    TypeError : X is no dlarray.
    ValueError : the order does not name every dimension once.

    Examples
    --------
    >>> permute(dlarray(np.ones((5, 3, 2))), [2, 0, 1]).shape
    (2, 5, 3)
    """
    return _permuted(require_dlarray(X, "permute"), order, "permute", undo=False)


def ipermute(X: Any, order: Sequence[int]) -> dlarray:
    """What `permute` with this order was made from: ``ipermute(permute(X, order), order)`` is X.

    Raises
    ------
    FormatError : dimensions of different labels would change places.
    TypeError : X is no dlarray.
    ValueError : the order does not name every dimension once.

    Examples
    --------
    >>> ipermute(dlarray(np.ones((2, 5, 3))), [2, 0, 1]).shape
    (5, 3, 2)
    """
    return _permuted(require_dlarray(X, "ipermute"), order, "ipermute", undo=True)


def _permuted(X: dlarray, order: Sequence[int], call: str, *, undo: bool) -> dlarray:
    if isinstance(order, str) or not isinstance(order, Iterable):
        raise TypeError(
            f"{call}: the order must be a list of the {X.ndim} dimensions, from 0; got {order!r}."
        )
    order = list(order)
    left_out = range(len(order), X.ndim)
    if all(X.shape[axis] == 1 and axis not in order for axis in left_out):
        order += left_out
    extra = (1,) * (len(order) - X.ndim)
    fmt = formats.extended(X.fmt, X.ndim + len(extra))
    axes = formats.permutation(order, fmt, X.ndim + len(extra), call)
    value = operators.reshape(X, shape=X.shape + extra) if extra else X
    return wrap(operators.permute(value, order=formats.inverse(axes) if undo else axes), fmt)


def transpose(X: Any) -> dlarray:
    """The transpose of unformatted or "UU" data of two dimensions.

    Raises
    ------
    FormatError : X has labels other than UU, or more than two dimensions.
    TypeError : X is no dlarray.

    Examples
    --------
    >>> transpose(dlarray(np.ones((5, 3)))).shape
    (3, 5)
    """
    X = _matrix(X, "transpose")
    return wrap(operators.permute(X, order=(1, 0)), X.fmt)


def ctranspose(X: Any) -> dlarray:
    """The conjugate transpose of unformatted or "UU" data of two dimensions; of real data the
    transpose.

    Raises
    ------
    FormatError : X has labels other than UU, or more than two dimensions.
    TypeError : X is no dlarray.

    Examples
    --------
    >>> ctranspose(dlarray([[1 + 2j, 3]])).data
    array([[1.-2.j],
           [3.-0.j]])
    """
    X = _matrix(X, "ctranspose")
    return wrap(adjoint(X), X.fmt)


def _matrix(X: Any, call: str) -> dlarray:
    X = require_dlarray(X, call)
    if not X.fmt and X.ndim > 2 and all(n == 1 for n in X.shape[2:]):
        X = wrap(operators.reshape(X, shape=X.shape[:2]), "")
    formats.transposed(X.fmt, X.ndim, call)
    return X


def flatten(X: Any) -> dlarray:
    """All elements as an unformatted column, in column-major order: MATLAB's ``X(:)``.

    ``X.flatten()`` is the same; ``X[:]`` is not: missing subscripts are full slices, so that is X.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> flatten(dlarray([[1.0, 3.0], [2.0, 4.0]], "CB")).data.ravel()
    array([1., 2., 3., 4.])
    """
    X = require_dlarray(X, "flatten")
    return wrap(operators.reshape(X, shape=(X.size, 1)), "")


def reshape(X: Any, *sizes: Any) -> dlarray:
    """The elements in column-major order, in another size: ``reshape(X, (2, 3))`` or ``reshape(X,
    2, 3)``.

    One size may be None, which stands for what is left.  The result is unformatted.

    Raises
    ------
    ShapeError : the sizes do not hold as many elements as X, or one is no size.
    TypeError : X is no dlarray.

    Examples
    --------
    >>> reshape(dlarray([[1.0, 3.0], [2.0, 4.0]]), 1, None).data
    array([[1., 2., 3., 4.]])
    """
    X = require_dlarray(X, "reshape")
    single_list = len(sizes) == 1 and isinstance(sizes[0], (Sequence, np.ndarray))
    wanted = [_wanted_size(X, n) for n in (sizes[0] if single_list else sizes)]
    unknown = [i for i, n in enumerate(wanted) if n is None]
    known = math.prod(n for n in wanted if n is not None)
    if len(unknown) == 1 and known and X.size % known == 0:
        wanted[unknown[0]] = X.size // known
    elif unknown or known != X.size or len(wanted) < 2:
        raise ShapeError(
            f"reshape: {X.size} elements of {described(X)} do not fit size {tuple(wanted)}. Give "
            "two sizes at least, with "
            "the same product; one may be None."
        )
    sizes = tuple(n for n in wanted if n is not None)
    formats.require_possible(sizes, "reshape", f", to which {described(X)} is reshaped")
    return wrap(operators.reshape(X, shape=sizes), "")


def _wanted_size(X: dlarray, n: Any) -> int | None:
    if n is None:
        return None
    if not _checks.is_number(n) or n < 0 or n != int(n):
        raise ShapeError(
            f"reshape: a size is an integer, at least 0, or None; got {n!r} for {described(X)}."
        )
    return int(n)


def squeeze(X: Any) -> dlarray:
    """X without dimensions of size 1 and their labels; data of two dimensions stay as they are.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> squeeze(dlarray(np.ones((1, 3, 2)), "SCB")).dims()
    'CB'
    """
    X = require_dlarray(X, "squeeze")
    keep, fmt = formats.squeezed(X.shape, X.fmt)
    kept = tuple(X.shape[axis] for axis in keep)
    return wrap(operators.reshape(X, shape=kept + (1,) * max(0, 2 - len(kept))), fmt)
