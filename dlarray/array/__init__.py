"""The `dlarray` type and the label rules of every basic operation."""

from . import core  # noqa: F401 - first: the others need the class, its methods need them
from .arithmetic import (
    abs,
    exp,
    log,
    minus,
    plus,
    power,
    rdivide,
    sign,
    sqrt,
    tanh,
    times,
    uminus,
    unary,
)
from .autodiff import dlfeval, dlgradient, untraced, variable
from .comparison import and_, eq, ge, gt, le, lt, ne, not_, or_
from .core import as_data, described, dlarray, require_dlarray, require_float, require_label, wrap
from .inspection import dims, extractdata, finddim, isdlarray, ndims, numel, size, underlyingType
from .joining import cat
from .labels import stripdims
from .linear import mtimes
from .reductions import all, any, max, mean, min, sum
from .shape import permute, reshape, squeeze, transpose
from .tree import map_arrays, map_together
from .types import double, single

__all__ = [
    "abs",
    "all",
    "and_",
    "any",
    "as_data",
    "cat",
    "described",
    "dims",
    "dlarray",
    "dlfeval",
    "dlgradient",
    "double",
    "eq",
    "exp",
    "extractdata",
    "finddim",
    "ge",
    "gt",
    "isdlarray",
    "le",
    "log",
    "lt",
    "map_arrays",
    "map_together",
    "max",
    "mean",
    "min",
    "minus",
    "mtimes",
    "ndims",
    "ne",
    "not_",
    "numel",
    "or_",
    "permute",
    "plus",
    "power",
    "rdivide",
    "require_dlarray",
    "require_float",
    "require_label",
    "reshape",
    "sign",
    "single",
    "size",
    "sqrt",
    "squeeze",
    "stripdims",
    "sum",
    "tanh",
    "times",
    "transpose",
    "uminus",
    "unary",
    "underlyingType",
    "untraced",
    "variable",
    "wrap",
]
