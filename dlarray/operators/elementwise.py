"""Elementwise operators.

Operands of two have the same number of dimensions and the same type, or are 0-d; sizes of 1 expand.
Derivatives at points where there is none: `absolute` 0 at 0, `maximum` and `minimum` go to the
first operand at ties, `sqrt` Inf at 0.

Where a quotient, power, exponential, logarithm or root is Inf or NaN, nothing warns; sums,
differences and products leave that to NumPy, because turning its warnings off costs as much as a
small addition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels.elementwise import apply
from ..tape import Array, operator
from .shape import fit


@operator
def add(a: Array, b: Array) -> Array:
    return apply(np.add, a, b)


@add.backward
def _(dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return fit(dy, _a), fit(dy, _b)


@operator
def sub(a: Array, b: Array) -> Array:
    return apply(np.subtract, a, b)


@sub.backward
def _(dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return fit(dy, _a), lambda: neg(fit(dy, _b))


@operator
def mul(a: Array, b: Array) -> Array:
    return apply(np.multiply, a, b)


@mul.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    return lambda: fit(mul(dy, b), a), lambda: fit(mul(dy, a), b)


@operator
def div(a: Array, b: Array) -> Array:
    with np.errstate(all="ignore"):
        return apply(np.divide, a, b)


@div.backward
def _(dy: Any, y: Any, _a: Any, b: Any) -> Any:
    return lambda: fit(div(dy, b), _a), lambda: neg(fit(div(mul(dy, y), b), b))


@operator
def neg(x: Array) -> Array:
    return apply(np.negative, x)


@neg.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    return (neg(dy),)


@operator
def power(a: Array, b: Array) -> Array:
    """a ** b of real numbers; NaN for a negative base with a broken exponent."""
    with np.errstate(all="ignore"):
        return apply(np.power, a, b)


@power.backward
def _(dy: Any, y: Any, a: Any, b: Any) -> Any:
    def base() -> Any:  # b a^(b-1), and 0 where b is 0 although a^-1 may not be finite
        return fit(mul(dy, where_nonzero(b, mul(b, power(a, sub(b, _like(b, 1)))))), a)

    def exponent() -> Any:  # y log a, and 0 where y is 0
        return fit(mul(dy, where_nonzero(y, mul(y, log(a)))), b)

    return base, exponent


def _like(x: Any, value: float) -> Array:
    return np.asarray(value, x.dtype)


@operator
def where_nonzero(condition: Array, x: Array) -> Array:
    """x where the condition is not 0, else 0."""
    return np.where(condition != 0, x, x.dtype.type(0))


@where_nonzero.backward
def _(dy: Any, _y: Any, condition: Any, _x: Any) -> Any:
    return None, lambda: fit(where_nonzero(condition, dy), _x)


@operator
def exp(x: Array) -> Array:
    with np.errstate(all="ignore"):
        return apply(np.exp, x)


@exp.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    return (mul(dy, y),)


@operator
def log(x: Array) -> Array:
    """The natural logarithm; -Inf at 0, NaN below."""
    with np.errstate(all="ignore"):
        return apply(np.log, x)


@log.backward
def _(dy: Any, _y: Any, x: Any) -> Any:
    return (div(dy, x),)


@operator
def sqrt(x: Array) -> Array:
    """The square root; NaN below 0."""
    with np.errstate(all="ignore"):
        return apply(np.sqrt, x)


@sqrt.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    return (div(dy, mul(y, _like(y, 2))),)


@operator
def tanh(x: Array) -> Array:
    return apply(np.tanh, x)


@tanh.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    return (mul(dy, sub(_like(y, 1), mul(y, y))),)


@operator
def sign(x: Array) -> Array:
    return apply(np.sign, x)


@sign.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    return (None,)


@operator
def absolute(x: Array) -> Array:
    return apply(np.absolute, x)


@absolute.backward
def _(dy: Any, _y: Any, x: Any) -> Any:
    return (mul(dy, sign(x)),)


@operator
def maximum(a: Array, b: Array) -> Array:
    return apply(np.maximum, a, b)


@maximum.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    return lambda: fit(mul(dy, at_least(a, b)), a), lambda: fit(mul(dy, above(b, a)), b)


@operator
def minimum(a: Array, b: Array) -> Array:
    return apply(np.minimum, a, b)


@minimum.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    return lambda: fit(mul(dy, at_least(b, a)), a), lambda: fit(mul(dy, above(a, b)), b)


@operator
def at_least(a: Array, b: Array) -> Array:
    """1 where a >= b, else 0, in the type of a."""
    return (a >= b).astype(a.dtype)


@at_least.backward
def _(dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return None, None


@operator
def above(a: Array, b: Array) -> Array:
    """1 where a > b, else 0, in the type of a."""
    return (a > b).astype(a.dtype)


@above.backward
def _(dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return None, None


@operator
def cast(x: Array, *, dtype: Any) -> Array:
    """x in another type."""
    return x.astype(dtype)


@cast.backward
def _(dy: Any, _y: Any, _x: Any, *, dtype: Any) -> Any:
    return (cast(dy, dtype=_x.dtype),)
