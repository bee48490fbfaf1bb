"""New arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import array as dl
from .registry import Operand, Operation, Sample


def _like(function: Callable[..., Any], *first: Any) -> Operation:
    """A function of sizes and ``like``."""
    return Operation(
        function.__name__,
        formats="unformatted, of the type of like",
        derivative="none: the result does not depend on like's values",
        order=0,
        samples=(Sample(lambda X: function(*first, 2, 3, like=X), (Operand("CB"),)),),
    )


def _range(function: Callable[..., Any]) -> Operation:
    return Operation(
        function.__name__,
        formats="numbers; the result is an unformatted row",
        derivative="none: only the values of the ends count",
        order=0,
        samples=(Sample(lambda X: function(X, 4), (Operand("", (1, 1)),)),),
    )


OPERATIONS = (
    _like(dl.zeros),
    _like(dl.ones),
    _like(dl.eye),
    _like(dl.rand),
    _like(dl.randn),
    _like(dl.randi, 9),
    _range(dl.colon),
    _range(dl.linspace),
    Operation(
        "canUseGPU",
        formats="takes no array",
        derivative="none",
        order=0,
        samples=(Sample(dl.canUseGPU, ()),),
    ),
)
