"""The DataFormat convention: labels come from the array or, for unformatted data, from an
option.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import formats, operators
from ..array import as_data, described, dlarray, require_float, require_real, wrap
from ..array.core import relabel
from ..formats import FormatError, quoted

SINGLE = np.dtype(np.float32)

Restore = Callable[[dlarray], dlarray]


def labelled(
    call: str, X: Any, fmt: str | None, name: str = "X", option: str = "DataFormat"
) -> tuple[dlarray, Restore]:
    """X with labels, and what turns a result of the same labels back into X's form.

    A formatted X keeps its labels, and the result too.  For an unformatted one ``fmt`` names the
    labels, and the result is unformatted with its dimensions in the order of ``fmt``.
    """
    if isinstance(X, dlarray) and X.fmt:
        if fmt:
            raise FormatError(
                f"{call}: {name} is {quoted(X.fmt)} already; {option}={quoted(fmt)} is for "
                f"unformatted data. Leave {option} out."
            )
        return X, _unchanged
    if not fmt:
        raise FormatError(
            f"{call}: {name} must be a formatted dlarray; got {described(X)}. Name its dimensions "
            "with "
            f'dlarray({name}, "CBT") or give {option}.'
        )
    array = X if isinstance(X, dlarray) else wrap(as_data(X, call), "")
    return relabel(array, fmt, call), lambda y: _reordered(y, fmt)


def option_format(call: str, name: str, fmt: Any) -> str:
    """An option of labels, "" if it is not given."""
    return "" if fmt is None else formats.parse(fmt, f"{call}: {name}")


def given_format(x: dlarray, data_format: str | None) -> str:
    """The labels in the order of dimensions that the user sees, one for each."""
    fmt = data_format or x.fmt
    return fmt + "U" * (x.ndim - len(fmt))


def _unchanged(y: dlarray) -> dlarray:
    return y


def _reordered(y: dlarray, fmt: str) -> dlarray:
    """y without labels, its dimensions in the order of ``fmt``, those that it lost left out."""
    counts = {label: y.fmt.count(label) for label in formats.LABELS}
    order: list[int] = []
    for label in fmt:
        if counts[label]:
            axes = formats.find(y.fmt, label)
            order.append(axes[len(axes) - counts[label]])
            counts[label] -= 1
    order += [axis for axis in range(y.ndim) if axis not in order]
    return wrap(operators.permute(y, order=tuple(order)), "")


def united(
    call: str,
    x: dlarray,
    names: tuple[str, ...],
    *values: Any,
    optional: int = 0,
    logical: bool = False,
) -> tuple[Any, ...]:
    """x and its parameters as dlarrays of one type, single before double.

    Numbers and arrays among the parameters are constants; the last ``optional`` ones may be None
    and stay so.  ``logical`` ones become numbers where that is said.
    """
    dtype = x._data.dtype
    required = len(values) - optional
    for i, value in enumerate(values):
        if value is None and i >= required:
            continue
        if type(value) is not dlarray or value._data.dtype is not dtype:
            break
    else:  # nothing to change, the common case
        return x, *values
    arrays = [x]
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        absent = value is None and i >= required
        arrays.append(value if absent else constant(call, name, value, logical=logical))
    types = [a.dtype for a in arrays if a is not None]
    dtype = SINGLE if SINGLE in types else dtype
    return tuple(
        a if a is None or a.dtype == dtype else wrap(operators.cast(a, dtype=dtype), a.fmt)
        for a in arrays
    )


def constant(call: str, name: str, value: Any, *, logical: bool = True) -> dlarray:
    """A real parameter as a dlarray, unformatted if it is an array."""
    array = value if isinstance(value, dlarray) else wrap(as_data(value, f"{call}: {name}"), "")
    (require_real if logical else require_float)(array, f"{call}: {name}")
    return array
