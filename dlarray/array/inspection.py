"""Functions that tell labels, sizes and types."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import formats
from ..formats import Axes, Shape, networkDataLayout
from ..tape import Array
from .core import TYPE_NAMES, dlarray, require_dlarray


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
