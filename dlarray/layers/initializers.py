"""Initial values of parameters, single precision, from the generator that `rng` seeds.

Glorot: Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html.  He: He et al.
2015, https://arxiv.org/abs/1502.01852.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _checks
from ..array.protocols import plain
from ..functions.random import generator

Initializer = str | Callable[[tuple[int, ...]], Any]


def initializer(*names: str) -> Callable[[str, str, Any], Initializer]:
    """A check for an option that takes one of these names or a function of the size."""

    def check(call: str, name: str, value: Any) -> Initializer:
        if callable(value):
            return value
        return _checks.choice(call, name, value, names, other="a function of the size")

    return check


def initial_value(
    call: str,
    name: str,
    kind: Initializer,
    size: tuple[int, ...],
    *,
    num_in: int = 1,
    num_out: int = 1,
) -> np.ndarray[Any, Any]:
    """A parameter of this size; ``num_in`` and ``num_out`` are its fan-in and fan-out."""
    if callable(kind):
        value = plain(kind(size), f"{call}: the initializer of {name}")
        if value.dtype.kind not in "biuf":
            raise TypeError(
                f"{call}: the initializer of {name} must return real numbers; it returned data of "
                f"type {value.dtype}."
            )
        value = value.astype(np.float32)
        if value.shape != size:
            raise ValueError(
                f"{call}: the initializer of {name} must return an array of size {size}; it "
                f"returned {value.shape}."
            )
        return value
    if kind == "glorot":
        bound = math.sqrt(6.0 / (num_in + num_out))
        return generator().uniform(-bound, bound, size).astype(np.float32)
    if kind == "he":
        return (generator().standard_normal(size) * math.sqrt(2.0 / num_in)).astype(np.float32)
    if kind == "narrow-normal":
        return (generator().standard_normal(size) * 0.01).astype(np.float32)
    if kind == "orthogonal":
        return _orthogonal(size)
    return np.full(size, {"zeros": 0.0, "ones": 1.0}[kind], np.float32)


def _orthogonal(size: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Q of a QR factorization of normal numbers, with the signs that make it uniform."""
    rows, cols = size
    q, r = np.linalg.qr(generator().standard_normal((max(size), min(size))))
    q = q * np.sign(np.diag(r))
    return (q if rows >= cols else q.T).astype(np.float32)
