"""Arithmetic of two arrays by elements, quotients and rests, comparison and logic."""

from __future__ import annotations

from typing import Any

from ... import array
from .registry import Operation, Sample, of_complex, one, two

MATCHED = "all labels of both, matched by label; with an unformatted operand by position"
LOGICAL = f"{MATCHED}; of logical type"


def _beside_numbers(call: Any, number: float) -> tuple[Sample, ...]:
    """Samples with a Python number on either side."""
    formats = ("CBT", "")
    return (
        *one(lambda x: call(x, number), formats, "positive"),
        *one(lambda x: call(number, x), formats, "positive"),
    )


def _complete(call: Any, values: str = "normal") -> tuple[Sample, ...]:
    """Samples of real arrays, of complex ones and with numbers."""
    return (*two(call, values), *of_complex(call, values, n=2), *_beside_numbers(call, 2.5))


def _quotients(call: Any) -> tuple[Sample, ...]:
    """Samples with quotients from 2.1 to 2.7, of both signs: no step is near."""
    return two(
        call,
        lambda rng, shape: rng.uniform(0.6, 0.7, shape) * rng.choice([-1, 1], shape),
        lambda rng, shape: rng.uniform(0.26, 0.28, shape),
    )


OPERATIONS = (
    Operation("plus", MATCHED, "dy for both", 2, _complete(array.plus)),
    Operation("minus", MATCHED, "dy and -dy", 2, _complete(array.minus)),
    Operation("times", MATCHED, "dy b and dy a", 2, _complete(array.times)),
    Operation("rdivide", MATCHED, "dy / b and -dy y / b", 2, _complete(array.rdivide, "positive")),
    Operation("ldivide", MATCHED, "-dy y / a and dy / a", 2, _complete(array.ldivide, "positive")),
    Operation(
        "power",
        MATCHED,
        "dy b a^(b - 1), 0 where b is 0, and dy y log a, 0 where y is 0",
        2,
        _complete(array.power, "positive"),
    ),
    Operation("hypot", MATCHED, "dy a / y and dy b / y, 0 at 0", 2, two(array.hypot, "positive")),
    Operation(
        "atan2",
        MATCHED,
        "dy x / (x^2 + y^2) and -dy y / (x^2 + y^2), 0 at the origin",
        2,
        two(array.atan2, "positive"),
    ),
    Operation("mod", MATCHED, "dy and -dy floor(a / b)", 2, _quotients(array.mod)),
    Operation("rem", MATCHED, "dy and -dy fix(a / b)", 2, _quotients(array.rem)),
    Operation("complex", MATCHED, "real(dy) and imag(dy)", 2, of_complex(lambda z: z)),
    *(
        Operation(name, LOGICAL, "none: a step", 0, two(getattr(array, name), "apart"))
        for name in ("eq", "ne", "lt", "le", "gt", "ge", "xor", "and_", "or_")
    ),
    *(
        Operation(
            name,
            "the format of X, any; of logical type",
            "none: a step",
            0,
            one(getattr(array, name), values="logical") + one(getattr(array, name)),
        )
        for name in ("isnan", "isinf", "isfinite", "not_")
    ),
)
