"""Updates of parameters by their gradients; each gives new values, and what the solver keeps."""

from __future__ import annotations

from typing import Any

from ...functions import adamupdate, sgdmupdate
from .registry import Operand, Operation, Sample

FORMATS = ("", "CB", "CU", "SCB")
RULE = "every result has the format of its parameter"
NO_DERIVATIVE = "none, since updates are no part of a loss: their results are untraced"


def _samples(call: Any, states: int) -> tuple[Sample, ...]:
    """The first step, without state, and one with it; state that is positive, as squares are."""
    first = tuple(
        Sample(lambda p, g: call(p, g, *[None] * states), (Operand(fmt), Operand(fmt)))
        for fmt in FORMATS
    )
    kept = (Operand("CB", values="positive"),) * states
    return (*first, Sample(call, (Operand("CB"), Operand("CB"), *kept)))


def _adam(p: Any, g: Any, m: Any, v: Any) -> Any:
    return adamupdate(p, g, m, v, 3, 0.05, 0.75, 0.95)


def _momentum(p: Any, g: Any, v: Any) -> Any:
    return sgdmupdate(p, g, v, 0.05, 0.95)


OPERATIONS = (
    Operation("adamupdate", RULE, NO_DERIVATIVE, order=0, samples=_samples(_adam, 2)),
    Operation("sgdmupdate", RULE, NO_DERIVATIVE, order=0, samples=_samples(_momentum, 1)),
)
