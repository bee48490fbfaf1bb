"""NumPy's elementwise functions on dlarrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import arithmetic, comparison, linear
from .core import dlarray, no_rule

_UFUNCS: dict[str, Callable[..., dlarray]] = {
    "add": arithmetic.plus,
    "subtract": arithmetic.minus,
    "multiply": arithmetic.times,
    "divide": arithmetic.rdivide,
    "power": arithmetic.power,
    "maximum": arithmetic.maximum,
    "minimum": arithmetic.minimum,
    "matmul": linear.mtimes,
    "equal": comparison.eq,
    "not_equal": comparison.ne,
    "less": comparison.lt,
    "less_equal": comparison.le,
    "greater": comparison.gt,
    "greater_equal": comparison.ge,
    "logical_and": comparison.and_,
    "logical_or": comparison.or_,
    "logical_not": comparison.not_,
    "invert": comparison.not_,
    "bitwise_and": comparison.and_,
    "bitwise_or": comparison.or_,
    "negative": arithmetic.uminus,
    "absolute": arithmetic.abs,
    "exp": arithmetic.exp,
    "log": arithmetic.log,
    "sqrt": arithmetic.sqrt,
    "tanh": arithmetic.tanh,
    "sign": arithmetic.sign,
}


def from_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]
) -> dlarray:
    """What a NumPy ufunc means for dlarrays: the function of the same meaning, with its label
    rule.
    """
    function = _UFUNCS.get(ufunc.__name__)
    if function is None or method != "__call__" or options:
        detail = f".{method}" if method != "__call__" else ""
        detail += f" with {', '.join(options)}" if options else ""
        raise TypeError(no_rule(ufunc.__name__, detail))
    return function(*inputs)
