"""What a function requires of its arguments, and how its messages describe them."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .. import operators
from ..formats import FormatError, describe, find
from ..tape import current_tape
from .core import as_data, dlarray, wrap
from .protocols import plain


def described(X: Any) -> str:
    """A value's layout for a message."""
    if isinstance(X, dlarray):
        return describe(X.shape, X.fmt) + ("" if X.fmt else " (unformatted)")
    if isinstance(X, np.ndarray):
        return f"{describe(X.shape) or 'a number'} (unformatted)"
    return type(X).__name__


def no_rule(name: str, detail: str = "") -> str:
    """The message for a function of NumPy that does not know labels."""
    known = name in dir(sys.modules[__name__.split(".")[0]])
    hint = f"Use dlarray.{name}" if known else "Compose it from functions of dlarray"
    if current_tape() is not None:
        return (
            f"numpy.{name}{detail} has no rule for labels here, nor a derivative. If a function of "
            "dlarray with this name rejects the labels, take stripdims first. Else rewrite: "
            f"{hint[0].lower()}{hint[1:]}. extractdata gives the values alone, but it stops "
            "gradients."
        )
    return (
        f"numpy.{name}{detail} has no rule for labels here. {hint}, or use extractdata for the "
        "values alone."
    )


def require_dlarray(X: object, call: str, name: str = "X") -> dlarray:
    """X, which must be a dlarray."""
    if not isinstance(X, dlarray):
        raise TypeError(
            f"{call}: {name} must be a dlarray; got {type(X).__name__}. Make one with "
            "dlarray(data, fmt)."
        )
    return X


def require_float(X: dlarray, call: str, *, complexes: bool = False) -> None:
    """Reject logical data, and complex data unless they are possible."""
    kind = X._data.dtype.kind
    if kind == "b":
        raise TypeError(
            f"{call}: logical data not supported; convert to single or double. Got {described(X)} "
            "logical."
        )
    if kind == "c" and not complexes:
        require_real(X, call)


def require_real(X: Any, call: str) -> Any:
    """X, which must not be complex."""
    if np.iscomplexobj(X._data if isinstance(X, dlarray) else plain(X, call)):
        raise TypeError(
            f"{call}: complex data not supported; got {described(X)} complex. Use real, imag or "
            "abs of it."
        )
    return X


def require_unformatted(call: str, X: Any, name: str) -> Any:
    """An unformatted operand, a dlarray or an array."""
    value = X if isinstance(X, dlarray) else as_data(X, call)
    if isinstance(value, dlarray) and value.fmt:
        raise FormatError(
            f"{call}: {name} must be unformatted; got {described(X)}. Use stripdims first."
        )
    return value


def require_counting(X: Any, call: str) -> dlarray:
    """X, which must be a dlarray; logical data as double."""
    X = require_dlarray(X, call)
    if X.dtype.kind != "b":
        return X
    return wrap(operators.cast(X, dtype=np.dtype(np.float64)), X.fmt)


def require_label(X: dlarray, label: str, call: str) -> int:
    """The axis of a label that must be there."""
    axes = find(X.fmt, label)
    if not axes:
        raise FormatError(
            f"{call}: needs a {label} dimension; got {described(X)}. Name it when making the "
            "array, for example "
            f'dlarray(data, "{"SCB" if label != "T" else "CBT"}").'
        )
    return axes[0]
