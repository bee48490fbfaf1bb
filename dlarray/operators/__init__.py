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
from .embed import embed
from .masks import masked
from .normalize import layernorm, softmax
from .pages import page_matmul, transposed
from .random import dropout
from .reduce import average, largest, pick, total
from .shape import assign, concatenate, expand, permute, reshape, take

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
    "embed",
    "exp",
    "expand",
    "largest",
    "layernorm",
    "log",
    "masked",
    "matmul",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "page_matmul",
    "permute",
    "pick",
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
    "transposed",
]
