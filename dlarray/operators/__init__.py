"""Differentiable functions of plain arrays: permute to the kernel's layout, call, permute back.

An operator knows axes, never labels, and checks nothing: the public functions do.  Backward rules
are written with operators, so that they can be recorded (see `dlarray.tape`).  Here are those that
many use; others are imported from their modules.
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
from .indexing import assign, concatenate, take
from .normalize import layernorm, softmax
from .random import dropout
from .reduce import average, largest, total
from .shape import expand, permute, reshape

__all__ = [
    "absolute",
    "add",
    "assign",
    "average",
    "cast",
    "concatenate",
    "conv1d",
    "div",
    "dropout",
    "exp",
    "expand",
    "largest",
    "layernorm",
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
