"""Choosing elements of two arrays by a condition, matched by label."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import operators
from ..operators.elementwise import where_nonzero
from . import arithmetic, comparison
from .core import dlarray, wrap

CALL = "where"


def where(condition: Any, x: Any, y: Any) -> dlarray:
    """x where the condition is nonzero, else y; all three are matched by label, as in `plus`.

    The derivative goes to the element that was chosen; what was not chosen, NaN too, has no part in
    the result.
    """
    holds = comparison.not_(comparison.not_(_labelled(condition)))
    return _chosen(holds, x, y) + _chosen(comparison.not_(holds), y, x)


def _labelled(value: Any) -> dlarray:
    return value if isinstance(value, dlarray) else dlarray(value)


def _chosen(mask: dlarray, value: Any, other: Any) -> dlarray:
    """The value where the mask holds, else 0, in the common type of value and other."""
    mask_, value_, fmt = arithmetic.aligned(CALL, mask, value)
    dtype = arithmetic.result_type(
        value_, other if isinstance(other, dlarray) else np.asarray(other)
    )
    if value_.dtype != dtype:
        value_ = operators.cast(value_, dtype=dtype)
    return wrap(where_nonzero(mask_, value_), fmt)
