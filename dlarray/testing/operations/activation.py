"""Activations: elementwise functions for networks, and softmax."""

from __future__ import annotations

from ...functions import relu, sigmoid, softmax
from .registry import WITH_CHANNELS, Operation, one

OPERATIONS = (
    Operation(
        "relu",
        formats="the format of X, any",
        derivative="1 where x > 0, else 0, also at 0",
        order=2,
        samples=one(relu, values="apart"),
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
)
