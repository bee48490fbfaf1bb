"""Activations: elementwise functions for networks, softmax, dropout."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...functions import dropout, gelu, leakyrelu, relu, rng, sigmoid, softmax
from .registry import WITH_CHANNELS, Operation, one


def _dropout(X: Any) -> Any:
    """Dropout with the same mask in every call."""
    rng(1)
    return dropout(X, 0.4)


OPERATIONS = (
    Operation(
        "relu",
        formats="the format of X, any",
        derivative="1 where x > 0, else 0, also at 0",
        order=2,
        samples=one(relu, values="apart"),
    ),
    Operation(
        "leakyrelu",
        formats="the format of X, any",
        derivative="1 where x > 0, else scaleFactor, also at 0",
        order=2,
        samples=one(leakyrelu, values="apart")
        + one(lambda X: leakyrelu(X, -0.5), ("CB", "SCBT"), values="apart"),
    ),
    Operation(
        "gelu",
        formats="the format of X, any",
        derivative="the distribution plus x times the density, or that of the approximation",
        order=2,
        samples=one(gelu) + one(partial(gelu, Approximation="tanh")),
    ),
    Operation(
        "sigmoid",
        formats="the format of X, any",
        derivative="y (1 - y)",
        order=2,
        samples=one(sigmoid),
    ),
    Operation(
        "softmax",
        formats="the format of X, which has a C",
        derivative="y (dy - sum over C of dy y)",
        order=2,
        samples=one(softmax, WITH_CHANNELS),
    ),
    Operation(
        "dropout",
        formats="the format of X, any",
        derivative="the same mask, scaled as forward",
        order=2,
        samples=one(_dropout),
    ),
)
