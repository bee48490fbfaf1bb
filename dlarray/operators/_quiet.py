"""NumPy's functions without its warnings.

Inf and NaN are values here, as in MATLAB: nothing a user computes with a dlarray warns.
``np.errstate`` costs 0.9 us a call, three times a small addition.  Running in a context in which
the warnings are off for good costs nothing that can be measured.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any

import numpy as np

from ..kernels.elementwise import apply
from ..tape import Array

_context = Context()
_context.run(np.seterr, all="ignore")
_run = _context.run


def quietly(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """``function(*arguments, **options)`` without warnings about values that are not finite."""
    try:
        return _run(function, *arguments, **options)
    except RuntimeError:  # another thread, or a handler called amid a function, is in the context
        with np.errstate(all="ignore"):
            return function(*arguments, **options)


def elementwise(function: np.ufunc, *arrays: Array) -> Array:
    """A function of NumPy whose result has its operands' type, without warnings."""
    return quietly(apply, function, *arrays)
