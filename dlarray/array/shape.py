"""Functions that change the order of dimensions and their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _checks, formats, operators
from ..formats import ShapeError
from .core import described, dlarray, require_dlarray, wrap


def permute(X: Any, order: Sequence[int]) -> dlarray:
    """Dimension i of the result is dimension order[i] of X; of formatted data only equal labels
    change places.

    Examples
    --------
    >>> permute(dlarray(np.ones((5, 3, 2))), [2, 0, 1]).shape
    (2, 5, 3)
    """
    X = require_dlarray(X, "permute")
    axes = formats.permutation(order, X.fmt, X.ndim, "permute")
    return wrap(operators.permute(X, order=axes), X.fmt)


def transpose(X: Any) -> dlarray:
    """The transpose of unformatted or "UU" data of two dimensions.

    Examples
    --------
    >>> transpose(dlarray(np.ones((5, 3)))).shape
    (3, 5)
    """
    X = require_dlarray(X, "transpose")
    formats.transposed(X.fmt, X.ndim, "transpose")
    return wrap(operators.permute(X, order=(1, 0)), X.fmt)


def reshape(X: Any, *sizes: Any) -> dlarray:
    """The elements in column-major order, in another size: ``reshape(X, (2, 3))`` or ``reshape(X,
    2, 3)``.

    One size may be None, which stands for what is left.  The result is unformatted.

    Examples
    --------
    >>> reshape(dlarray([[1.0, 3.0], [2.0, 4.0]]), 1, None).data
    array([[1., 2., 3., 4.]])
    """
    X = require_dlarray(X, "reshape")
    single_list = len(sizes) == 1 and isinstance(sizes[0], (Sequence, np.ndarray))
    wanted = [_wanted_size(X, n) for n in (sizes[0] if single_list else sizes)]
    unknown = [i for i, n in enumerate(wanted) if n is None]
    known = int(np.prod([n for n in wanted if n is not None], dtype=np.int64))
    if len(unknown) == 1 and known and X.size % known == 0:
        wanted[unknown[0]] = X.size // known
    elif unknown or known != X.size or len(wanted) < 2:
        raise ShapeError(
            f"reshape: {X.size} elements of {described(X)} do not fit size {tuple(wanted)}. Give "
            "two sizes at least, with "
            "the same product; one may be None."
        )
    return wrap(operators.reshape(X, shape=tuple(wanted)), "")


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

    Examples
    --------
    >>> squeeze(dlarray(np.ones((1, 3, 2)), "SCB")).dims()
    'CB'
    """
    X = require_dlarray(X, "squeeze")
    keep, fmt = formats.squeezed(X.shape, X.fmt)
    kept = tuple(X.shape[axis] for axis in keep)
    return wrap(operators.reshape(X, shape=kept + (1,) * max(0, 2 - len(kept))), fmt)
