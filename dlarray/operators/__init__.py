"""Differentiable functions of plain arrays: permute to the kernel's layout, call, permute back.

An operator knows axes, never labels, and checks nothing: the public functions do.  Backward rules
are written with operators, so that they can be recorded (see `dlarray.tape`).
"""

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
    relu,
    sigmoid,
    sign,
    sqrt,
    sub,
    tanh,
)
from .normalize import (
    batch_statistics,
    batchnorm,
    crosschannelnorm,
    groupnorm,
    softmax,
    standardize,
)
from .random import dropout
from .reduce import average, largest, total
from .shape import assign, concatenate, expand, permute, reshape, take

__all__ = [
    "absolute",
    "add",
    "assign",
    "average",
    "batch_statistics",
    "batchnorm",
    "cast",
    "concatenate",
    "conv1d",
    "crosschannelnorm",
    "div",
    "dropout",
    "exp",
    "expand",
    "groupnorm",
    "largest",
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
    "standardize",
    "sub",
    "take",
    "tanh",
    "total",
]
