"""Removing labels."""

from __future__ import annotations

from typing import Any

from .. import _calls, formats, operators
from .core import dlarray, require_dlarray, wrap


@_calls.explained
def stripdims(X: Any, fmt: str = "") -> dlarray:
    """X without labels, its dimensions in canonical order or in the order of ``fmt``.

    Labels that only ``fmt`` has become dimensions of size 1.  The result is the same variable to
    `dlgradient` when nothing moves.

    Raises
    ------
    FormatError : fmt lacks a label of X, or is no format.
    TypeError : X is no dlarray.

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
