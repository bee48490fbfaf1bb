"""Operators without derivative: comparison, logic, tests of elements, places.

They are operators so that a recorder sees every step on array data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tape import Array, Operator, operator
from ._quiet import quietly


def constant(name: str, function: Callable[..., Array]) -> Operator:
    """An operator of this function of arrays and options, without derivative."""

    def forward(*arrays: Array, **options: Any) -> Array:
        return quietly(function, *arrays, **options)

    def rule(_dy: Any, _y: Any, *_arrays: Any, **_options: Any) -> Any:
        return (None,) * len(_arrays)

    forward.__name__ = name
    result = operator(forward)
    result.backward(rule)
    return result


equal = constant("equal", np.equal)
not_equal = constant("not_equal", np.not_equal)
less = constant("less", np.less)
less_equal = constant("less_equal", np.less_equal)
greater = constant("greater", np.greater)
greater_equal = constant("greater_equal", np.greater_equal)

both = constant("both", np.logical_and)
either = constant("either", np.logical_or)
one_of_two = constant("one_of_two", np.logical_xor)
neither = constant("neither", np.logical_not)

is_nan = constant("is_nan", np.isnan)
is_infinite = constant("is_infinite", np.isinf)
is_finite = constant("is_finite", np.isfinite)


def _any(x: Array, axes: tuple[int, ...]) -> Array:
    return np.any(x, axis=axes, keepdims=True)


def _all(x: Array, axes: tuple[int, ...]) -> Array:
    return np.all(x, axis=axes, keepdims=True)


some = constant("some", _any)
every = constant("every", _all)
