"""Elementwise functions of one array."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import array
from .registry import Operation, Sample, of_complex, one

FORMATS = "the format of X, any"


def _small(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.3, 0.9, shape)


def _off_halves(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(-3, 4, shape) + rng.uniform(-0.3, 0.3, shape)


# name, how values are drawn, derivative; these take complex numbers too
SMOOTH = (
    ("uminus", "normal", "-dy"),
    ("uplus", "normal", "dy"),
    ("abs", "apart", "dy sign(x), 0 at 0"),
    ("exp", "normal", "dy y"),
    ("expm1", "normal", "dy exp(x)"),
    ("log", "positive", "dy / x"),
    ("log1p", "positive", "dy / (1 + x)"),
    ("log2", "positive", "dy / (x log 2)"),
    ("log10", "positive", "dy / (x log 10)"),
    ("sqrt", "positive", "dy / (2 y), Inf at 0"),
    ("sin", "normal", "dy cos(x)"),
    ("cos", "normal", "-dy sin(x)"),
    ("tan", "inside", "dy (1 + y^2)"),
    ("sec", "inside", "dy y tan(x)"),
    ("csc", "positive", "-dy y cot(x)"),
    ("cot", "positive", "-dy (1 + y^2)"),
    ("asin", _small, "dy / sqrt(1 - x^2)"),
    ("acos", _small, "-dy / sqrt(1 - x^2)"),
    ("atan", "unit", "dy / (1 + x^2)"),
    ("sinh", "normal", "dy cosh(x)"),
    ("cosh", "normal", "dy sinh(x)"),
    ("tanh", "normal", "dy (1 - y^2)"),
    ("sech", "normal", "-dy y tanh(x)"),
    ("csch", "positive", "-dy y coth(x)"),
    ("coth", "positive", "dy (1 - y^2)"),
    ("asinh", "unit", "dy / sqrt(1 + x^2)"),
    ("acosh", "above 1", "dy / sqrt(x^2 - 1)"),
    ("atanh", _small, "dy / (1 - x^2)"),
)
SPECIAL = (
    ("erf", "normal", "2 dy exp(-x^2) / sqrt(pi)"),
    ("erfc", "normal", "-2 dy exp(-x^2) / sqrt(pi)"),
    ("gamma", "positive", "dy y digamma(x)"),
    ("gammaln", "positive", "dy digamma(x)"),
)


def _both(call: Any, values: Any) -> tuple[Sample, ...]:
    return one(call, values=values) + of_complex(call, _small)


def _function(name: str) -> Any:
    return getattr(array, name)


OPERATIONS = (
    *(
        Operation(name, FORMATS, derivative, 2, _both(_function(name), values))
        for name, values, derivative in SMOOTH
    ),
    *(
        Operation(name, FORMATS, derivative, 2, one(_function(name), values=values))
        for name, values, derivative in SPECIAL
    ),
    *(
        Operation(name, FORMATS, "0", 2, one(_function(name), values="apart"))
        for name in ("ceil", "fix", "floor")
    ),
    Operation(
        "round",
        FORMATS,
        "0",
        2,
        one(array.round, values=_off_halves)
        + one(lambda x: array.round(x / 10, 1), values=_off_halves),
    ),
    Operation(
        "sign",
        FORMATS,
        "0; of complex x (dy - y real(conj(y) dy)) / |x|",
        2,
        _both(array.sign, "apart"),
    ),
    Operation("conj", FORMATS, "conj(dy)", 2, _both(array.conj, "normal")),
    Operation("real", FORMATS, "dy, as a real part", 2, _both(array.real, "normal")),
    Operation("imag", FORMATS, "i dy", 2, _both(array.imag, "normal")),
)
