"""Choosing elements of two arrays by a condition, matched by label."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import operators
from ..formats import Axes, broadcast, insert
from . import comparison
from .arithmetic import fmt_of, operand, result_type, typed
from .core import dlarray, wrap

CALL = "where"


def where(condition: Any, x: Any, y: Any) -> dlarray:
    """x where the condition is nonzero, else y; all three are matched by label, as in `plus`: x and
    y with each other, then the condition with both.

    The derivative goes to the element that was chosen; what was not chosen, NaN too, has no part in
    the result.
    """
    holds, x, y = comparison.ne(condition, 0), operand(CALL, x), operand(CALL, y)
    dtype = result_type(x, y)
    x, y = (value if value.ndim else np.reshape(value, (1, 1)) for value in (x, y))
    pair, shape = broadcast(x.shape, fmt_of(x), y.shape, fmt_of(y), CALL)
    whole, _ = broadcast(holds.shape, holds.fmt, shape, pair.fmt, CALL)
    chosen = operators.choose(
        _wide(holds._data, whole.insert_a),
        _wide(_wide(typed(x, dtype), pair.insert_a), whole.insert_b),
        _wide(_wide(typed(y, dtype), pair.insert_b), whole.insert_b),
    )
    return wrap(chosen, whole.fmt)


def _wide(value: Any, axes: Axes) -> Any:
    """The value with dimensions of size 1 at these axes of the result."""
    return operators.reshape(value, shape=insert(value.shape, axes)) if axes else value
