"""NumPy's elementwise functions on dlarrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import arithmetic, comparison, complexes, exponents, linear, rounding, trigonometry
from .core import no_rule

_UFUNCS: dict[str, Callable[..., Any]] = {
    "add": arithmetic.plus,
    "subtract": arithmetic.minus,
    "multiply": arithmetic.times,
    "divide": arithmetic.rdivide,
    "power": arithmetic.power,
    "float_power": arithmetic.power,
    "floor_divide": rounding.floor_divide,
    "remainder": rounding.mod,
    "fmod": rounding.rem,
    "divmod": divmod,
    "maximum": arithmetic.maximum,
    "minimum": arithmetic.minimum,
    "matmul": linear.mtimes,
    "hypot": trigonometry.hypot,
    "arctan2": trigonometry.atan2,
    "negative": arithmetic.uminus,
    "positive": arithmetic.uplus,
    "absolute": arithmetic.abs,
    "fabs": arithmetic.abs,
    "sign": arithmetic.sign,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "conjugate": complexes.conj,
    "exp": exponents.exp,
    "exp2": lambda x: 2**x,
    "expm1": exponents.expm1,
    "log": exponents.log,
    "log1p": exponents.log1p,
    "log2": exponents.log2,
    "log10": exponents.log10,
    "sqrt": exponents.sqrt,
    "sin": trigonometry.sin,
    "cos": trigonometry.cos,
    "tan": trigonometry.tan,
    "arcsin": trigonometry.asin,
    "arccos": trigonometry.acos,
    "arctan": trigonometry.atan,
    "sinh": trigonometry.sinh,
    "cosh": trigonometry.cosh,
    "tanh": trigonometry.tanh,
    "arcsinh": trigonometry.asinh,
    "arccosh": trigonometry.acosh,
    "arctanh": trigonometry.atanh,
    "ceil": rounding.ceil,
    "floor": rounding.floor,
    "trunc": rounding.fix,
    "equal": comparison.eq,
    "not_equal": comparison.ne,
    "less": comparison.lt,
    "less_equal": comparison.le,
    "greater": comparison.gt,
    "greater_equal": comparison.ge,
    "logical_and": comparison.and_,
    "logical_or": comparison.or_,
    "logical_xor": comparison.xor,
    "logical_not": comparison.not_,
    "bitwise_and": comparison.and_,
    "bitwise_or": comparison.or_,
    "bitwise_xor": comparison.exclusive,
    "invert": comparison.not_,
    "isnan": comparison.isnan,
    "isinf": comparison.isinf,
    "isfinite": comparison.isfinite,
}


def from_ufunc(ufunc: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What a call of a NumPy ufunc means for dlarrays: the function of the same meaning, with its
    label rule.
    """
    function = _UFUNCS.get(ufunc.__name__)
    if function is None or options:
        detail = f" with {', '.join(options)}" if options else ""
        raise TypeError(no_rule(ufunc.__name__, detail))
    return function(*inputs)
