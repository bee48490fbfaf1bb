"""Linear algebra of unformatted arrays."""

from __future__ import annotations

from typing import Any

from .. import operators
from ..formats import FormatError, ShapeError, describe
from .arithmetic import _fmt, _operand, result_type, times, typed
from .core import described, dlarray, wrap


def mtimes(a: Any, b: Any) -> dlarray:
    """The matrix product of unformatted matrices; a formatted array can be multiplied by an
    unformatted number.

    Examples
    --------
    >>> mtimes(dlarray(np.ones((2, 3))), dlarray(np.ones((3, 4)))).shape
    (2, 4)
    """
    left, right = _operand("mtimes", a), _operand("mtimes", b)
    if (left.size == 1 and not _fmt(left)) or (right.size == 1 and not _fmt(right)):
        return times(a, b)
    if _fmt(left) or _fmt(right):
        raise FormatError(
            f"mtimes: a matrix product needs unformatted data; got {described(left)} and "
            f"{described(right)}. "
            "Use stripdims, or fullyconnect for a layer's product."
        )
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise ShapeError(
            f"mtimes: inner sizes differ or the operands are no matrices: {describe(left.shape)} "
            "and "
            f"{describe(right.shape)}. The columns of the first must equal the rows of the second."
        )
    dtype = result_type(left, right)
    return wrap(operators.matmul(typed(left, dtype), typed(right, dtype)), "")
