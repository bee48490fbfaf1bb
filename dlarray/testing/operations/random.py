"""Functions that draw numbers; a sample seeds the generator, so that each call draws the same."""

from __future__ import annotations

from typing import Any

from ...functions import dropout, rng
from .registry import Operation, one


def _dropped(X: Any) -> Any:
    rng(5)
    return dropout(X, 0.4)


OPERATIONS = (
    Operation(
        "dropout",
        formats="the format of X, any",
        derivative="dy / (1 - p) where the element was kept, else 0",
        order=2,
        samples=one(_dropped),
    ),
)
