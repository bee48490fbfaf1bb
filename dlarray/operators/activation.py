"""Activations of networks: relu, leakyrelu, sigmoid, gelu.

Each gradient is an operator of its own, one pass over memory, whose rule is written with operators.
Derivatives at points where there is none: `relu` 0 at 0, `leakyrelu` its scale at 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..tape import Array, Direct, operator
from .elementwise import add, exp, maximum, minimum, mul, sub


@operator
def relu(x: Array) -> Array:
    """max(x, 0); NaN stays NaN."""
    return kernels.relu_forward(x)


# kernels are looked up when they are called, here and in all of these
relu.direct = lambda _x: Direct(lambda x: kernels.relu_forward(x), elementwise=True)


@relu.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    return (relu_grad(dy, y),)


@operator
def relu_grad(dy: Array, y: Array) -> Array:
    """dy where y is positive, else 0."""
    return kernels.relu_grad(dy, y)


relu_grad.direct = lambda _dy, _y: Direct(
    lambda dy, y: kernels.relu_grad(dy, y),
    elementwise=True,
)


@relu_grad.backward
def _(ddx: Any, _dx: Any, _dy: Any, y: Any) -> Any:
    return relu_grad(ddx, y), None


@operator
def leakyrelu(x: Array, *, scale: float) -> Array:
    """x where it is positive, else scale * x."""
    return kernels.leakyrelu_forward(x, scale)


@leakyrelu.backward
def _(dy: Any, _y: Any, x: Any, *, scale: float) -> Any:
    return (leakyrelu_grad(dy, x, scale=scale),)


@operator
def leakyrelu_grad(dy: Array, x: Array, *, scale: float) -> Array:
    """dy where x is positive, else scale * dy."""
    return kernels.leakyrelu_grad(dy, x, scale)


@leakyrelu_grad.backward
def _(ddx: Any, _dx: Any, _dy: Any, x: Any, *, scale: float) -> Any:
    return leakyrelu_grad(ddx, x, scale=scale), None


@operator
def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), from exp(-|x|), which does not overflow."""
    return kernels.sigmoid_forward(x)


@sigmoid.backward
def _(dy: Any, y: Any, _x: Any) -> Any:
    return (sigmoid_grad(dy, y),)


@operator
def sigmoid_grad(dy: Array, y: Array) -> Array:
    """dy y (1 - y)."""
    return kernels.sigmoid_grad(dy, y)


@sigmoid_grad.backward
def _(ddx: Any, _dx: Any, dy: Any, y: Any) -> Any:
    return sigmoid_grad(ddx, y), lambda: mul(mul(ddx, dy), sub(_like(y, 1), mul(y, _like(y, 2))))


@operator
def gelu(x: Array, *, tanh: bool) -> Array:
    """x Phi(x), or with ``tanh`` about that: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))."""
    return kernels.gelu_forward(x, tanh)


@gelu.backward
def _(dy: Any, _y: Any, x: Any, *, tanh: bool) -> Any:
    return (gelu_grad(dy, x, tanh=tanh),)


@operator
def gelu_grad(dy: Array, x: Array, *, tanh: bool) -> Array:
    """dy times the derivative of `gelu` at x."""
    return kernels.gelu_grad(dy, x, tanh)


@gelu_grad.backward
def _(ddx: Any, _dx: Any, dy: Any, x: Any, *, tanh: bool) -> Any:
    curvature = _tanh_curvature if tanh else _curvature
    return gelu_grad(ddx, x, tanh=tanh), lambda: mul(mul(ddx, dy), curvature(_bounded(x)))


BOUND = 40.0  # beyond it the second derivative of gelu is 0 in either type


def _bounded(x: Any) -> Any:
    return maximum(minimum(x, _like(x, BOUND)), _like(x, -BOUND))


def _curvature(x: Any) -> Any:
    """phi(x) (2 - x^2), the second derivative."""
    square = mul(x, x)
    density = mul(exp(mul(square, _like(x, -0.5))), _like(x, 1.0 / math.sqrt(2.0 * math.pi)))
    return mul(density, sub(_like(x, 2), square))


def _tanh_curvature(x: Any) -> Any:
    """The second derivative of x s, with s = sigmoid(w) and w = 2 sqrt(2/pi) (x + 0.044715 x^3)."""
    linear = 2.0 * math.sqrt(2.0 / math.pi)
    cubic, square = 0.044715 * linear, mul(x, x)
    s = sigmoid(mul(x, add(mul(square, _like(x, cubic)), _like(x, linear))))
    slope = add(mul(square, _like(x, 3.0 * cubic)), _like(x, linear))
    bend = mul(x, _like(x, 6.0 * cubic))
    turn = mul(mul(slope, slope), sub(_like(x, 1), mul(s, _like(x, 2))))
    inner = add(mul(slope, _like(x, 2)), mul(x, add(turn, bend)))
    return mul(mul(s, sub(_like(x, 1), s)), inner)


def _like(x: Any, value: float) -> Array:
    return np.asarray(value, x.dtype)
