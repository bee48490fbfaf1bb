"""Operators whose result is logical: they have no derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tape import Array, operator


@operator
def nonzero(x: Array, *, called: str) -> Array:
    """Where x is not 0; NaN raises, here and not in the function above, so that a replayed call
    checks its own data.  ``called`` is what a message calls x.
    """
    if x.dtype.kind == "f" and np.isnan(x).any():
        raise ValueError(
            f"logical: NaN is neither true nor false; got {called}. Compare with "
            "0, as in X != 0, or fill the NaN first."
        )
    return x != 0


@nonzero.backward
def _(_dy: Any, _y: Any, _x: Any, *, called: str) -> Any:
    return (None,)
