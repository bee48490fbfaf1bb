"""Differentiable functions of plain arrays: permute to the kernel's layout, call, permute back.

An operator knows axes, never labels, and checks nothing: the public functions do.  Backward rules
are written with operators, so that they can be recorded (see `dlarray.tape`).
"""

from .activation import gelu, leakyrelu, relu, sigmoid
from .convolution import conv1d, matmul
from .elementwise import (
    absolute,
    add,
    cast,
    div,
    exp,
    log,
    maximum,
    minimum,
    mul,
    neg,
    power,
    sign,
    sqrt,
    sub,
    tanh,
)
from .loss import crossentropy
from .normalize import layernorm
from .random import dropout
from .reduce import average, largest, total
from .shape import assign, concatenate, expand, permute, reshape, take
from .softmax import softmax

__all__ = [
    "absolute",
    "add",
    "assign",
    "average",
    "cast",
    "concatenate",
    "conv1d",
    "crossentropy",
    "div",
    "dropout",
    "exp",
    "expand",
    "gelu",
    "largest",
    "layernorm",
    "leakyrelu",
    "log",
    "matmul",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "permute",
    "power",
    "relu",
    "reshape",
    "sigmoid",
    "sign",
    "softmax",
    "sqrt",
    "sub",
    "take",
    "tanh",
    "total",
]
