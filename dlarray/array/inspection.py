"""Functions that tell labels, sizes and types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import formats
from ..formats import Axes, Shape, networkDataLayout
from ..tape import Array
from .core import dlarray, require_dlarray, wrap
from .protocols import plain


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

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> dims(dlarray(np.zeros((3, 4)), "TS"))
    'ST'
    """
    return require_dlarray(X, "dims").fmt


def finddim(X: Any, label: str) -> Axes:
    """The axes of a dlarray or `networkDataLayout` with this label, from 0, ascending; () if there
    is none.

    Raises
    ------
    FormatError : the label is none of S, C, B, T and U.
    TypeError : X is neither of these, or the label no text.
    ValueError : more than one label.

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
    return X.extractdata() if isinstance(X, dlarray) else plain(X, "extractdata")


def gather(X: Any) -> Any:
    """X with its data in the memory of the processor: a dlarray with the same labels and trace.

    Data on a graphics card are not built in this version, so X comes back as it is.

    Examples
    --------
    >>> gather(dlarray(np.ones((3, 2)), "CB")).dims()
    'CB'
    """
    return wrap(X, X.fmt) if isinstance(X, dlarray) else plain(X, "gather")


def canUseGPU() -> bool:
    """Whether data can be put on a graphics card: False, because this version can't.

    Examples
    --------
    >>> canUseGPU()
    False
    """
    return False


def size(X: Any, *dim: Any) -> Any:
    """Sizes of X: a tuple for all dimensions or several, an int for one axis or label.

    A formatted array has one size a label.  Of an unformatted one trailing sizes of 1 after the
    second dimension are left out, as in MATLAB (`X.shape` keeps them), and dimensions beyond the
    last have size 1.  Several dimensions are a sequence or several arguments: ``size(X, [0, 2])``
    and ``size(X, 0, 2)`` are the same.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> X = dlarray(np.ones((5, 3, 2)), "TCB")
    >>> size(X), size(X, "T"), size(X, 0, 1)
    ((3, 2, 5), 5, (3, 2))
    """
    X = require_dlarray(X, "size")
    sizes = X.shape if X.fmt else without_trailing(X.shape)
    if not dim or dim == (None,):
        return sizes
    if len(dim) > 1:
        return tuple(_one_size(X, sizes, one) for one in dim)
    if isinstance(dim[0], str):
        axes = formats.resolve_axes(dim[0], X.fmt, len(sizes), "size")
        return sizes[axes[0]] if len(axes) == 1 else tuple(sizes[axis] for axis in axes)
    if isinstance(dim[0], Iterable):
        return tuple(_one_size(X, sizes, one) for one in dim[0])
    return _one_size(X, sizes, dim[0])


def _one_size(X: dlarray, sizes: Shape, dim: Any) -> int:
    if isinstance(dim, (int, np.integer)) and dim >= len(sizes):
        return 1
    return sizes[formats.resolve_axis(dim, X.fmt, len(sizes), "size")]


def without_trailing(shape: Shape) -> Shape:
    """MATLAB's size of unformatted data: no trailing sizes of 1 after the second."""
    n = len(shape)
    while n > 2 and shape[n - 1] == 1:
        n -= 1
    return shape[:n]


def ndims(X: Any) -> int:
    """The number of labels, or of MATLAB's dimensions of an unformatted array: at least 2.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> ndims(dlarray(np.ones((5, 3, 2)), "TCB")), ndims(dlarray(7.0))
    (3, 2)
    """
    return len(size(require_dlarray(X, "ndims")))


def numel(X: Any) -> int:
    """The number of elements.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> numel(dlarray(np.ones((5, 3, 2)), "TCB"))
    30
    """
    return require_dlarray(X, "numel").size


def length(X: Any) -> int:
    """The largest size, or 0 if X is empty.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> length(dlarray(np.ones((5, 3, 2)), "TCB"))
    5
    """
    X = require_dlarray(X, "length")
    return max(X.shape) if X.size else 0


def isempty(X: Any) -> bool:
    """Whether X has no elements.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isempty(dlarray(np.ones((3, 0)), "CB"))
    True
    """
    return require_dlarray(X, "isempty").size == 0


def isscalar(X: Any) -> bool:
    """Whether X has one element: every size is 1.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isscalar(dlarray(7.0, "CB"))
    True
    """
    return require_dlarray(X, "isscalar").size == 1


def isvector(X: Any) -> bool:
    """Whether X is a row or a column, of any length but in the first two dimensions.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isvector(dlarray([3.0, 5.0], "C")), isvector(dlarray(np.ones((1, 1, 5)), "SCB"))
    (True, False)
    """
    shape = require_dlarray(X, "isvector").shape
    return 1 in shape[:2] and _ones(shape[2:])


def isrow(X: Any) -> bool:
    """Whether every size but the second is 1.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> isrow(dlarray(np.ones((1, 5)), "CB"))
    True
    """
    shape = require_dlarray(X, "isrow").shape
    return shape[0] == 1 and _ones(shape[2:])


def iscolumn(X: Any) -> bool:
    """Whether every size but the first is 1.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> iscolumn(dlarray([3.0, 5.0], "C"))
    True
    """
    return _ones(require_dlarray(X, "iscolumn").shape[1:])


def ismatrix(X: Any) -> bool:
    """Whether every size but the first two is 1.

    Raises
    ------
    TypeError : X is no dlarray.

    Examples
    --------
    >>> ismatrix(dlarray(np.ones((3, 5)), "CB")), ismatrix(dlarray(np.ones((3, 5, 2)), "SCB"))
    (True, False)
    """
    return _ones(require_dlarray(X, "ismatrix").shape[2:])


def _ones(sizes: Shape) -> bool:
    return all(n == 1 for n in sizes)
