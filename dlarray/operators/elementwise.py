"""Elementwise operators: arithmetic, powers, what they are made of, and complex numbers.

Operands of two have the same number of dimensions and the same type, or are 0-d; sizes of 1 expand.
Derivatives at points where there is none: `absolute` 0 at 0, `maximum` and `minimum` go to the
first operand at ties, `sqrt` Inf at 0, `root` 0 at 0.

The gradient of a real y with respect to a complex x is dy/dRe x + i dy/dIm x.  By that, the rule of
a function with a complex derivative f' multiplies by the conjugate of f' (`conj_of`, which leaves
real values alone).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..kernels._buffers import POOLED_BYTES
from ..tape import Array, Operator, operator, pair
from ._quiet import elementwise, elementwise_of, mapped, pairwise, pairwise_of, quietly
from .constant import greater, greater_equal
from .shape import fit

COMPLEX: dict[int, np.dtype[Any]] = {  # by the bytes of a part
    4: np.dtype(np.complex64),
    8: np.dtype(np.complex128),
}


def conj_of(x: Any) -> Any:
    """The conjugate; of real values these."""
    return conj(x) if x.dtype.kind == "c" else x


add: Operator = pair(pairwise_of(np.add, "add"))


@add.backward
def _(dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return fit(dy, _a), fit(dy, _b)


# Rules for small real arrays of one shape.  Half of the time of a chain of small operations is its
# backward pass, and there a rule as operators takes twice the time of NumPy's functions.


def _small(dy: Any, a: Any, b: Any, of_a: Any, of_b: Any) -> bool:
    """Whether dy is the gradient of a small real result, as large as the operands with nodes."""
    shape = dy.shape
    return (
        (of_a is None or a.shape == shape)
        and (of_b is None or b.shape == shape)
        and dy.dtype.kind == "f"
        and dy.nbytes < POOLED_BYTES
    )


def _add_small(dy: Any, _y: Any, a: Any, b: Any, of_a: Any, of_b: Any) -> Any:
    return (dy, dy) if _small(dy, a, b, of_a, of_b) else None


add.small_rule = _add_small

sub: Operator = pair(pairwise_of(np.subtract, "sub"))


@sub.backward
def _(dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return fit(dy, _a), lambda: neg(fit(dy, _b))


def _sub_small(dy: Any, _y: Any, a: Any, b: Any, of_a: Any, of_b: Any) -> Any:
    if not _small(dy, a, b, of_a, of_b):
        return None
    return dy, None if of_b is None else np.negative(dy)


sub.small_rule = _sub_small

mul: Operator = pair(pairwise_of(np.multiply, "mul"))


@mul.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    if dy.dtype.kind == "c":
        return lambda: fit(mul(dy, conj(b)), a), lambda: fit(mul(dy, conj(a)), b)
    return lambda: fit(mul(dy, b), a), lambda: fit(mul(dy, a), b)


def _mul_small(dy: Any, _y: Any, a: Any, b: Any, of_a: Any, of_b: Any) -> Any:
    if not _small(dy, a, b, of_a, of_b):
        return None
    return (
        None if of_a is None else np.multiply(dy, b),
        None if of_b is None else np.multiply(dy, a),
    )


mul.small_rule = _mul_small

div: Operator = pair(pairwise_of(np.divide, "div"))


@div.backward
def _(dy: Any, y: Any, _a: Any, b: Any) -> Any:
    def divisor() -> Any:
        return neg(fit(div(mul(dy, conj_of(y)), conj_of(b)), b))

    return lambda: fit(div(dy, conj_of(b)), _a), divisor


def _div_small(dy: Any, y: Any, a: Any, b: Any, of_a: Any, of_b: Any) -> Any:
    if not _small(dy, a, b, of_a, of_b):
        return None
    return (
        None if of_a is None else np.divide(dy, b),
        None if of_b is None else np.negative(np.divide(np.multiply(dy, y), b)),
    )


div.small_rule = _div_small

neg: Operator = operator(elementwise_of(np.negative, "neg"))


@neg.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    return (neg(dy),)


@operator
def power(a: Array, b: Array) -> Array:
    """a ** b; of real numbers NaN for a negative base with a broken exponent."""
    return pairwise(np.power, a, b)


@power.backward
def _(dy: Any, y: Any, a: Any, b: Any) -> Any:
    def base() -> Any:  # b a^(b-1), and 0 where b is 0 although a^-1 may not be finite
        slope = where_nonzero(b, mul(b, power(a, sub(b, like(b, 1)))))
        return fit(mul(dy, conj_of(slope)), a)

    def exponent() -> Any:  # y log a, and 0 where y is 0
        return fit(mul(dy, conj_of(where_nonzero(y, mul(y, log(a))))), b)

    return base, exponent


def like(x: Any, value: float) -> Array:
    """A number of the type of x."""
    return np.asarray(value, x.dtype)


@operator
def where_nonzero(condition: Array, x: Array) -> Array:
    """x where the condition is not 0, else 0."""
    return np.where(condition != 0, x, x.dtype.type(0))


@where_nonzero.backward
def _(dy: Any, _y: Any, condition: Any, _x: Any) -> Any:
    return None, lambda: fit(where_nonzero(condition, dy), _x)


@operator
def choose(condition: Array, a: Array, b: Array) -> Array:
    """a where the condition is not 0, else b."""
    return np.where(condition, a, b)


@choose.backward
def _(dy: Any, _y: Any, condition: Any, _a: Any, _b: Any) -> Any:
    return (
        None,
        lambda: fit(where_nonzero(condition, dy), _a),
        lambda: fit(choose(condition, like(dy, 0), dy), _b),
    )


@operator
def exp(x: Array) -> Array:
    return mapped(np.exp, x)


@exp.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    return (mul(dy, conj_of(y)),)


@operator
def log(x: Array) -> Array:
    """The natural logarithm; -Inf at 0, NaN below."""
    return mapped(np.log, x)


@log.backward
def _(dy: Any, _y: Any, x: Any) -> Any:
    return (div(dy, conj_of(x)),)


sqrt: Operator = operator(elementwise_of(np.sqrt, "sqrt"))  # NaN below 0


@sqrt.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    return (div(dy, conj_of(mul(y, like(y, 2)))),)


# the square root of numbers that are not negative; its derivative at 0 is 0
root: Operator = operator(elementwise_of(np.sqrt, "root"))


@root.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    return (where_nonzero(y, div(dy, mul(y, like(y, 2)))),)


@operator
def tanh(x: Array) -> Array:
    return mapped(np.tanh, x)


@tanh.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    if y.dtype.kind == "c":
        return (mul(dy, conj(sub(like(y, 1), mul(y, y)))),)
    return (tanh_grad(dy, y),)


tanh.small_rule = lambda dy, y, _x, _of_x: (
    (_tanh_grad(dy, y),) if y.nbytes < POOLED_BYTES and y.dtype.kind == "f" else None
)


@pair
def tanh_grad(dy: Array, y: Array) -> Array:
    """dy (1 - y^2), of real numbers; of few in half the time of a kernel, with the same bits."""
    return kernels.tanh_grad(dy, y) if y.nbytes >= POOLED_BYTES else quietly(_tanh_grad, dy, y)


_ONE = {np.dtype(t): np.asarray(1, t) for t in (np.float32, np.float64)}


def _tanh_grad(dy: Array, y: Array) -> Array:
    slope = np.multiply(y, y)
    return np.multiply(dy, np.subtract(_ONE[slope.dtype], slope))


@tanh_grad.backward
def _(ddx: Any, _dx: Any, dy: Any, y: Any) -> Any:
    return lambda: tanh_grad(ddx, y), lambda: mul(mul(ddx, dy), mul(like(y, -2), y))


# -1, 0 or 1; of complex numbers x / |x|, 0 at 0
sign: Operator = operator(elementwise_of(np.sign, "sign"))


@sign.backward
def _(dy: Any, y: Any, x: Any) -> Any:
    if x.dtype.kind != "c":
        return (None,)
    along = cast(real(mul(conj(y), dy)), dtype=x.dtype)  # moving along y changes |x| alone
    return (where_nonzero(x, div(sub(dy, mul(y, along)), cast(absolute(x), dtype=x.dtype))),)


@operator
def absolute(x: Array) -> Array:
    return quietly(np.absolute, x) if x.dtype.kind == "c" else elementwise(np.absolute, x)


@absolute.backward
def _(dy: Any, _y: Any, x: Any) -> Any:
    return (mul(cast(dy, dtype=x.dtype) if x.dtype.kind == "c" else dy, sign(x)),)


@operator
def maximum(a: Array, b: Array) -> Array:
    return pairwise(np.maximum, a, b)


@maximum.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    return (
        lambda: fit(where_nonzero(greater_equal(a, b), dy), a),
        lambda: fit(where_nonzero(greater(b, a), dy), b),
    )


@operator
def minimum(a: Array, b: Array) -> Array:
    return pairwise(np.minimum, a, b)


@minimum.backward
def _(dy: Any, _y: Any, a: Any, b: Any) -> Any:
    return (
        lambda: fit(where_nonzero(greater_equal(b, a), dy), a),
        lambda: fit(where_nonzero(greater(a, b), dy), b),
    )


@operator
def cast(x: Array, *, dtype: Any) -> Array:
    """x in another type; of complex numbers the real part where the type is real."""
    part = x.real if x.dtype.kind == "c" and np.dtype(dtype).kind != "c" else x
    return quietly(part.astype, dtype)


@cast.backward
def _(dy: Any, _y: Any, _x: Any, *, dtype: Any) -> Any:
    return (cast(dy, dtype=_x.dtype),)


# -- complex numbers ------------------------------------------------------------------------------


conj: Operator = operator(elementwise_of(np.conjugate, "conj"))


@conj.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    return (conj_of(dy),)


@operator
def real(x: Array) -> Array:
    """The real part; a view."""
    return x.real


@real.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    return (cast(dy, dtype=_x.dtype),)


@operator
def imag(x: Array) -> Array:
    """The imaginary part; of real numbers zeros."""
    return x.imag


@imag.backward
def _(dy: Any, _y: Any, _x: Any) -> Any:
    if _x.dtype.kind != "c":
        return (None,)
    return (mul(cast(dy, dtype=_x.dtype), np.asarray(1j, _x.dtype)),)


@operator
def join(a: Array, b: Array) -> Array:
    """a + i b of real numbers."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    y = kernels.empty(shape, COMPLEX[a.dtype.itemsize])
    y.real, y.imag = a, b
    return y


@join.backward
def _(dy: Any, _y: Any, _a: Any, _b: Any) -> Any:
    return lambda: fit(real(dy), _a), lambda: fit(imag(dy), _b)
