"""Updates of parameters by their gradients; each gives new values, and what the solver keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...functions import adamupdate, rmspropupdate, sgdmupdate
from .registry import Operand, Operation, Sample

FORMATS = ("", "CB", "CU", "SCB")
RULE = "every result has the format of its parameter"


def _samples(call: Callable[..., tuple[Any, ...]], states: int) -> tuple[Sample, ...]:
    """Each result of the first step, without state, and of one with it.  Gradients and state stay
    away from 0, where the root of the squared average has no derivative.
    """
    first = [
        (lambda p, g: call(p, g, *[None] * states), (Operand(fmt), Operand(fmt, values="unit")))
        for fmt in FORMATS
    ]
    kept = (Operand("CB"), *(Operand("CB", values="unit") for _ in range(states + 1)))
    return tuple(
        Sample(lambda *operands, step=step, k=k: step(*operands)[k], operands)
        for step, operands in [*first, (call, kept)]
        for k in range(states + 1)
    )


def _adam(p: Any, g: Any, m: Any, v: Any) -> Any:
    return adamupdate(p, g, m, v, 3, 0.05, 0.75, 0.95, 0.1)


def _momentum(p: Any, g: Any, v: Any) -> Any:
    return sgdmupdate(p, g, v, 0.05, 0.95)


def _rmsprop(p: Any, g: Any, v: Any) -> Any:
    return rmspropupdate(p, g, v, 0.05, 0.95, 0.1)


OPERATIONS = (
    Operation(
        "adamupdate",
        RULE,
        "that of its formula, where an array is traced",
        order=2,
        samples=_samples(_adam, 2),
    ),
    Operation(
        "rmspropupdate",
        RULE,
        "that of its formula, where an array is traced",
        order=2,
        samples=_samples(_rmsprop, 1),
    ),
    Operation(
        "sgdmupdate",
        RULE,
        "that of its formula, where an array is traced",
        order=2,
        samples=_samples(_momentum, 1),
    ),
)
