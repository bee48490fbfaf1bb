"""Elementwise kernels over flat arrays: relu, leakyrelu, sigmoid, gelu and their gradients."""

from __future__ import annotations

from . import _gelu, _vmath
from ._buffers import Array
from ._jit import device, kernel, workers
from ._map import binary, map_one, map_two, put, share, streams, unary
from ._memory import flat_like, paired
from ._numbers import constant
from ._simd import (
    address,
    fence,
    itemsize,
    keep_positive,
    lanes,
    load,
    load_whole,
    mul,
    splat,
    stay_inline,
    store,
    sub,
    where_less,
)


@device
def _relu(x):
    stay_inline()
    return keep_positive(x, x)


@device
def _relu_grad(dy, y):
    stay_inline()
    return keep_positive(y, dy)


@device
def _leaky(sign, values, zero, scale):
    stay_inline()
    return where_less(zero, sign, values, mul(values, scale))


@kernel
def _leaky_part(worker, workers, sign, values, result, scale, streamed):
    """result = values where sign > 0, else scale * values; flat arrays of one size."""
    size, width = itemsize(scale), lanes(scale)
    start, stop = share(worker, workers, len(values), width)
    whole = start + (stop - start) // width * width
    a, b, y = address(sign), address(values), address(result)
    zero, factor = splat(scale, scale - scale), splat(scale, scale)
    for i in range(start * size, whole * size, width * size):
        kept = _leaky(load_whole(scale, a + i), load_whole(scale, b + i), zero, factor)
        put(kept, y + i, streamed)
    if whole < stop:
        at, count = whole * size, stop - whole
        kept = _leaky(load(scale, a + at, count), load(scale, b + at, count), zero, factor)
        store(kept, y + at, count)
    if streamed:
        fence()


@device
def _sigmoid_grad(dy, y):
    """dy y (1 - y)."""
    stay_inline()
    return mul(dy, mul(y, sub(constant(y, _vmath.ONE), y)))


@device
def _tanh_grad(dy, y):
    """dy (1 - y^2)."""
    stay_inline()
    return mul(dy, sub(constant(y, _vmath.ONE), mul(y, y)))


@device
def _gelu_grad(dy, x):
    stay_inline()
    return mul(dy, _gelu.gelu_slope(x))


@device
def _gelu_tanh_grad(dy, x):
    stay_inline()
    return mul(dy, _gelu.gelu_tanh_slope(x))


_SIGMOID, _SIGMOID_GRAD = unary(_vmath.sigmoid), binary(_sigmoid_grad)
_TANH_GRAD = binary(_tanh_grad)
_RELU, _RELU_GRAD = unary(_relu), binary(_relu_grad)
_GELU = {False: unary(_gelu.gelu), True: unary(_gelu.gelu_tanh)}
_GELU_GRAD = {False: binary(_gelu_grad), True: binary(_gelu_tanh_grad)}


def relu_forward(x: Array) -> Array:
    """max(x, 0), NaN where x is."""
    return map_one(_RELU, x)


def relu_grad(dy: Array, y: Array) -> Array:
    """dy where the result y is positive, else 0."""
    return map_two(_RELU_GRAD, dy, y)


def leakyrelu_forward(x: Array, scale: float) -> Array:
    """x where it is positive, else scale * x."""
    flat, y, flat_y = flat_like(x)
    n = workers(nbytes=2.0 * x.nbytes)
    _leaky_part(n, flat, flat, flat_y, x.dtype.type(scale), streams(flat_y))
    return y


def leakyrelu_grad(dy: Array, x: Array, scale: float) -> Array:
    """dy where x is positive, else scale * dy."""
    flat, dx, flat_dx = flat_like(x)
    n = workers(nbytes=3.0 * x.nbytes)
    _leaky_part(n, flat, paired(dy, x), flat_dx, x.dtype.type(scale), streams(flat_dx))
    return dx


def sigmoid_forward(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return map_one(_SIGMOID, x)


def sigmoid_grad(dy: Array, y: Array) -> Array:
    """dy y (1 - y), from the result y."""
    return map_two(_SIGMOID_GRAD, dy, y)


def tanh_grad(dy: Array, y: Array) -> Array:
    """dy (1 - y^2), from the result y."""
    return map_two(_TANH_GRAD, dy, y)


def gelu_forward(x: Array, tanh: bool) -> Array:
    """x Phi(x), or its approximation by a tanh."""
    return map_one(_GELU[tanh], x)


def gelu_grad(dy: Array, x: Array, tanh: bool) -> Array:
    """dy times the derivative of `gelu_forward` at x."""
    return map_two(_GELU_GRAD[tanh], dy, x)
