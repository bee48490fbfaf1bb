"""Functions that tell labels and sizes, and functions that change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _checks, formats, operators
from ..formats import Axes, Shape, ShapeError, networkDataLayout
from ..tape import Array
from .core import TYPE_NAMES, as_data, described, dlarray, require_dlarray, wrap

# -- telling --------------------------------------------------------------------------------------


def isdlarray(X: object) -> bool:
    """Whether X is a dlarray.

    Examples
    --------
    >>> isdlarray(dlarray(1.0)), isdlarray(1.0)
    (True, False)
    """
    return isinstance(X, dlarray)


def dims(X: Any) -> str:
    """The format of X, "" if unformatted.

    Examples
    --------
    >>> dims(dlarray(np.zeros((3, 4)), "TS"))
    'ST'
    """
    return require_dlarray(X, "dims").fmt


def finddim(X: Any, label: str) -> Axes:
    """The axes of a dlarray or `networkDataLayout` with this label, from 0, ascending; () if there
    is none.

    Examples
    --------
    >>> finddim(dlarray(np.ones((5, 7, 3)), "SSC"), "S")
    (0, 1)
    """
    if len(formats.parse(label, "finddim")) != 1:
        raise ValueError(f'finddim: one label is needed; got "{label}".')
    if isinstance(X, networkDataLayout):
        return X.finddim(label)
    return formats.find(require_dlarray(X, "finddim").fmt, label)


def extractdata(X: Any) -> Array:
    """The values of X as a NumPy array that can't be written to; the trace ends here.

    An array that is not a dlarray comes back as it is.

    Examples
    --------
    >>> extractdata(dlarray([3.0, 5.0], "C")).shape
    (2, 1)
    """
    return X.extractdata() if isinstance(X, dlarray) else np.asarray(X)


def underlyingType(X: Any) -> str:
    """ "single", "double" or "logical".

    Examples
    --------
    >>> underlyingType(dlarray(np.ones((3, 2), np.float32), "CB"))
    'single'
    """
    return TYPE_NAMES[require_dlarray(X, "underlyingType").dtype]


def size(X: Any, dim: Any = None) -> Any:
    """Sizes of X: a tuple for all dimensions or several axes, an int for one axis or label.

    A formatted array has one size a label.  Of an unformatted one trailing sizes of 1 after the
    second dimension are left out, as in MATLAB (`X.shape` keeps them), and dimensions beyond the
    last have size 1.

    Examples
    --------
    >>> X = dlarray(np.ones((5, 3, 2)), "TCB")
    >>> size(X), size(X, "T"), size(X, [0, 1])
    ((3, 2, 5), 5, (3, 2))
    """
    X = require_dlarray(X, "size")
    sizes = X.shape if X.fmt else _without_trailing(X.shape)
    if dim is None:
        return sizes
    if isinstance(dim, (int, np.integer)) and dim >= len(sizes):
        return 1
    axes = formats.resolve_axes(dim, X.fmt, len(sizes), "size")
    if isinstance(dim, (int, np.integer)) or (isinstance(dim, str) and len(axes) == 1):
        return sizes[axes[0]]
    return tuple(sizes[axis] for axis in axes)


def _without_trailing(shape: Shape) -> Shape:
    n = len(shape)
    while n > 2 and shape[n - 1] == 1:
        n -= 1
    return shape[:n]


def ndims(X: Any) -> int:
    """The number of labels, or of MATLAB's dimensions of an unformatted array: at least 2.

    Examples
    --------
    >>> ndims(dlarray(np.ones((5, 3, 2)), "TCB")), ndims(dlarray(7.0))
    (3, 2)
    """
    return len(size(X))


def numel(X: Any) -> int:
    """The number of elements.

    Examples
    --------
    >>> numel(dlarray(np.ones((5, 3, 2)), "TCB"))
    30
    """
    return require_dlarray(X, "numel").size


# -- labels ---------------------------------------------------------------------------------------


def stripdims(X: Any, fmt: str = "") -> dlarray:
    """X without labels, its dimensions in canonical order or in the order of ``fmt``.

    Labels that only ``fmt`` has become dimensions of size 1.  The result is the same variable to
    `dlgradient` when nothing moves.

    Examples
    --------
    >>> stripdims(dlarray(np.ones((5, 3, 2)), "TCB"), "TBC").shape
    (5, 2, 3)
    """
    X = require_dlarray(X, "stripdims")
    value: Any = X
    if fmt and X.fmt:
        order, added = formats.stripped(X.fmt, fmt, "stripdims")
        if order != tuple(range(len(order))):
            value = operators.permute(value, order=order)
        if added:
            value = operators.reshape(value, shape=formats.insert(value.shape, added))
    return wrap(value, "")


# -- types ----------------------------------------------------------------------------------------


def single(X: Any) -> dlarray:
    """X in single precision, same format.

    Examples
    --------
    >>> single(dlarray([3.0, 5.0], "C")).dtype
    dtype('float32')
    """
    return _cast(X, np.dtype(np.float32), "single")


def double(X: Any) -> dlarray:
    """X in double precision, same format.

    Examples
    --------
    >>> double(dlarray(np.ones((3, 2), np.float32), "CB")).dtype
    dtype('float64')
    """
    return _cast(X, np.dtype(np.float64), "double")


def _cast(X: Any, dtype: np.dtype[Any], call: str) -> dlarray:
    X = X if isinstance(X, dlarray) else dlarray(X)
    return wrap(X if X.dtype == dtype else operators.cast(X, dtype=dtype), X.fmt)


# -- order and size -------------------------------------------------------------------------------


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


def cat(dim: int | str, *arrays: Any) -> dlarray:
    """The arrays one after the other along an axis or label; beyond the last axis a U dimension is
    added.

    Formatted arrays need the same format; unformatted ones may stand among them and take it.

    Examples
    --------
    >>> X = dlarray(np.ones((3, 2)), "CB")
    >>> cat("B", X, 2 * X).shape
    (3, 4)
    """
    if not arrays:
        raise ValueError("cat: at least one array is needed.")
    parts: list[Any] = [X if isinstance(X, dlarray) else as_data(X, "cat") for X in arrays]
    layouts = [(X.shape, X.fmt if isinstance(X, dlarray) else "") for X in parts]
    named = next((layout for layout in layouts if layout[1]), layouts[0])
    ndim = max(len(shape) for shape, _ in layouts)
    if isinstance(dim, (int, np.integer)) and len(named[0]) <= dim <= ndim:
        axis = int(dim)  # an axis of a larger operand, or the new one after the last
    else:
        axis = formats.resolve_axis(dim, named[1], len(named[0]), "cat")
    fmt = formats.concatenated(layouts, axis, "cat")
    ndim = max(axis + 1, ndim)
    dtype = (
        np.float32
        if any(X.dtype == np.float32 for X in parts)
        else np.result_type(*(X.dtype for X in parts))
    )
    values = [
        operators.reshape(
            operators.cast(X, dtype=dtype) if X.dtype != dtype else X,
            shape=X.shape + (1,) * (ndim - X.ndim),
        )
        for X in parts
    ]
    return wrap(operators.concatenate(*values, axis=axis), fmt)
