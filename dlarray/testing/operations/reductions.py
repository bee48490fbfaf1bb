"""Reductions over dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import array
from .registry import VALUES, Operand, Operation, Sample, of_complex, one, two

FORMATS = "the format of X, sizes of 1 where it is reduced; a last U of size 1 is dropped"
MATCHED = "all labels of both, matched by label; with an unformatted operand by position"
DIMS = (None, 0, "S", "CB", "all", (0, 3), -1)


def _over(call: Callable[..., Any], values: str = "apart") -> tuple[Sample, ...]:
    """Samples over each kind of dimension, and with the default one in all formats."""
    operand = Operand("SSCB", values=values)
    return (
        *one(call, values=values),
        *(Sample(lambda x, dim=dim: call(x, dim=dim), (operand,)) for dim in DIMS),
    )


def _between(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Values that are not close to any of "apart"."""
    return VALUES["apart"](rng, shape) + 0.04


def _norm(p: float) -> Callable[..., Any]:
    return lambda x, dim=None: array.vecnorm(x, p, dim)


def _with_index(call: Any) -> Any:
    return lambda x: call(x, dim=0, nargout=2)[0]


OPERATIONS = (
    Operation(
        "sum", FORMATS, "dy, repeated", 2, _over(array.sum, "normal") + of_complex(array.sum)
    ),
    Operation(
        "mean", FORMATS, "dy / n, repeated", 2, _over(array.mean, "normal") + of_complex(array.mean)
    ),
    Operation(
        "prod",
        FORMATS,
        "dy times the product of all others",
        2,
        _over(array.prod, "positive") + of_complex(array.prod),
    ),
    *(
        Operation(
            name,
            f"{FORMATS}; of two arrays {MATCHED}",
            "dy to the first extreme element; of two equal elements to that of X",
            2,
            (*_over(call), *one(_with_index(call), values="apart"), *two(call, "apart", _between)),
        )
        for name, call in (("max", array.max), ("min", array.min))
    ),
    Operation("median", FORMATS, "dy to the elements in the middle", 2, _over(array.median)),
    Operation("mode", FORMATS, "dy to the first element with this value", 2, _over(array.mode)),
    Operation(
        "var",
        FORMATS,
        "2 dy (x - mean) / (n - 1)",
        2,
        (
            *_over(array.var),
            *_over(lambda x, dim=None: array.var(x, 1, dim)),
            *of_complex(array.var),
        ),
    ),
    Operation(
        "std",
        FORMATS,
        "dy (x - mean) / ((n - 1) y), 0 where y is 0",
        2,
        (
            *_over(array.std),
            *_over(lambda x, dim=None: array.std(x, 1, dim)),
            *of_complex(array.std),
        ),
    ),
    Operation(
        "vecnorm",
        FORMATS,
        "dy x |x|^(p - 2) / y^(p - 1), 0 at a zero vector",
        2,
        (
            *_over(array.vecnorm),
            *(sample for p in (1, 1.5, 3) for sample in _over(_norm(p))),
            *_over(_norm(math.inf), "normal"),
            *of_complex(array.vecnorm),
            *of_complex(_norm(3)),
        ),
    ),
    *(
        Operation(
            name, f"{FORMATS}; of logical type", "none: a step", 0, _over(getattr(array, name))
        )
        for name in ("any", "all")
    ),
)
