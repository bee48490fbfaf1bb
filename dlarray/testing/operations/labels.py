"""Labels of classes as numbers and back."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...array import dlarray
from ...data import onehotdecode, onehotencode
from .registry import Operand, Operation, Sample


def _classes(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, 3, shape)


def _encoded(dim: int | str, A: dlarray) -> Any:
    return onehotencode(A, dim, ClassNames=[0, 1, 2])


def _decoded(dim: int | str, B: dlarray) -> Any:
    return dlarray(onehotdecode(B, [10, 20, 30], dim), B.fmt)


def _numbers(fmt: str, *sizes: int) -> Operand:
    return Operand(fmt, sizes, _classes, differentiable=False)


OPERATIONS = (
    Operation(
        "onehotdecode",
        formats="a plain array of classes",
        derivative="none: classes are no numbers",
        order=0,
        samples=(
            Sample(partial(_decoded, "C"), (Operand("CB"),)),
            Sample(partial(_decoded, 1), (Operand("SCB"),)),
            Sample(partial(_decoded, 0), (Operand("", (3, 5)),)),
        ),
    ),
    Operation(
        "onehotencode",
        formats="of a dlarray its format, or one more U; of labels a plain array",
        derivative="none: labels are no variables",
        order=0,
        samples=(
            Sample(partial(_encoded, "C"), (_numbers("CB", 1, 5),)),
            Sample(partial(_encoded, "C"), (_numbers("SCBT", 2, 1, 5, 7),)),
            Sample(partial(_encoded, 2), (_numbers("BT", 5, 7),)),
            Sample(partial(_encoded, 1), (_numbers("", 5, 1),)),
        ),
    ),
)
