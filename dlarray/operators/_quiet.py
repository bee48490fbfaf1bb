"""NumPy's functions without its warnings.

Inf and NaN are values here, as in MATLAB: nothing a user computes with a dlarray warns.
``np.errstate`` costs 0.9 us a call, three times a small addition.  Running in a context in which
the warnings are off for good costs nothing that can be measured.

It is one context for all threads of Python, and another thread that comes while it is entered goes
the slower way.  A context for each thread, as replays have (`array.trace`), would cost every small
call 60 ns, and one that functions may enter again 190 ns, of 290 for NumPy's sum of two.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any

import numpy as np

from ..kernels._buffers import POOLED_BYTES
from ..kernels._map import map_one
from ..kernels.elementwise import FLOATS, KERNELS, apply
from ..tape import Array

_context = Context()
_context.run(np.seterr, all="ignore")
_run = _context.run


def quietly(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """``function(*arguments, **options)`` without warnings about values that are not finite."""
    try:
        return _run(function, *arguments, **options)
    except RuntimeError as error:
        return _beside(error, function, *arguments, **options)


def _beside(
    error: RuntimeError, function: Callable[..., Any], *arguments: Any, **options: Any
) -> Any:
    """The call outside the context, where another thread, or the function in which a handler is
    called, has it; or the error, where it is the function's own.
    """
    assert error.__traceback__ is not None
    if error.__traceback__.tb_next is not None:  # from within the function
        raise error
    with np.errstate(all="ignore"):
        return function(*arguments, **options)


def number(value: float, dtype: Any) -> Array:
    """A Python number as a 0-d array of this type; Inf where it is beyond the type."""
    if 1e-30 < value < 1e30 or -1e30 < value < -1e-30:  # nothing to warn of
        return np.asarray(value, dtype)
    try:
        return quietly(np.asarray, value, dtype)
    except OverflowError:  # a whole number that no floating type holds
        return np.asarray(np.inf if value > 0 else -np.inf, dtype)


def elementwise(function: np.ufunc, x: Array) -> Array:
    """A function of one array whose result has its type, without warnings."""
    try:
        return _run(apply, function, x)
    except RuntimeError as error:
        return _beside(error, apply, function, x)


def mapped(function: np.ufunc, x: Array) -> Array:
    """`elementwise` of a function that a kernel computes for real numbers, which never warns."""
    return map_one(KERNELS[function], x) if x.dtype in FLOATS else elementwise(function, x)


def elementwise_of(function: np.ufunc, name: str) -> Callable[[Array], Array]:
    """`elementwise` of a function of NumPy's own as one of its own: a call less.  Not of one that
    is a kernel (`kernels.elementwise`), which small arrays would miss.
    """

    def forward(x: Array) -> Array:
        try:
            if x.nbytes < POOLED_BYTES:
                return _run(function, x)
            return _run(apply, function, x)
        except RuntimeError as error:
            return _beside(error, apply, function, x)

    forward.__name__ = name
    return forward


def pairwise_of(function: np.ufunc, name: str) -> Callable[[Array, Array], Array]:
    """`pairwise` of a function as one of its own, for the commonest: a call less."""

    def forward(a: Array, b: Array) -> Array:
        try:
            if a.nbytes < POOLED_BYTES and b.nbytes < POOLED_BYTES:
                return _run(function, a, b)
            return _run(apply, function, a, b)
        except RuntimeError as error:
            return _beside(error, apply, function, a, b)

    forward.__name__ = name
    return forward


def pairwise(function: np.ufunc, a: Array, b: Array) -> Array:
    """A function of two arrays whose result has their type, without warnings.

    Small results need no memory from the pool, and asking for it would double their time.
    """
    try:
        if a.nbytes < POOLED_BYTES and b.nbytes < POOLED_BYTES:
            return _run(function, a, b)
        return _run(apply, function, a, b)
    except RuntimeError as error:
        return _beside(error, apply, function, a, b)
