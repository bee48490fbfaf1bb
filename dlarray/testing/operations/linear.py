"""Linear algebra of unformatted arrays."""

from __future__ import annotations

import numpy as np

from ... import array as dl
from .registry import Operand, Operation, Sample


def _regular(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A matrix far from singular."""
    return rng.standard_normal(shape) + 3 * np.eye(shape[0])


_SQUARE = Operand("", (3, 3), _regular)
_TALL, _WIDE = Operand("", (5, 3)), Operand("", (3, 5))

OPERATIONS = (
    Operation(
        "mtimes",
        formats="unformatted matrices; or any format and an unformatted number",
        derivative="dY B' and A' dY",
        order=2,
        samples=(
            Sample(dl.mtimes, (_TALL, _WIDE)),
            Sample(dl.mtimes, (Operand("SCB"), Operand("", (1, 1)))),
            Sample(dl.mtimes, (Operand("", (1, 1)), Operand("CU"))),
        ),
    ),
    Operation(
        "pagemtimes",
        formats="unformatted; sizes of the pages expand",
        derivative="dY B' and A' dY of each page",
        order=2,
        samples=(
            Sample(dl.pagemtimes, (Operand("", (3, 4, 2)), Operand("", (4, 5, 2)))),
            Sample(dl.pagemtimes, (Operand("", (3, 4, 1, 2)), Operand("", (4, 5, 3)))),
            Sample(dl.pagemtimes, (Operand("", (3, 4, 2)), Operand("", (4, 5)))),
            Sample(
                lambda a, b: dl.pagemtimes(a, "transpose", b, "ctranspose"),
                (Operand("", (4, 3, 2)), Operand("", (5, 4, 2))),
            ),
        ),
    ),
    Operation(
        "mldivide",
        formats="unformatted matrices; or an unformatted number and any format",
        derivative="dB = A' \\ dX, dA = -dB X'",
        order=2,
        samples=(
            Sample(dl.mldivide, (_SQUARE, Operand("", (3, 2)))),
            Sample(dl.mldivide, (_TALL, Operand("", (5, 2)))),
            Sample(dl.mldivide, (_WIDE, Operand("", (3, 2)))),
            Sample(dl.mldivide, (Operand("", (1, 1), "positive"), Operand("CB"))),
        ),
    ),
    Operation(
        "mrdivide",
        formats="unformatted matrices; or any format and an unformatted number",
        derivative="dB = dX / A', dA = -X' dB",
        order=2,
        samples=(
            Sample(dl.mrdivide, (Operand("", (2, 3)), _SQUARE)),
            Sample(dl.mrdivide, (Operand("", (2, 3)), _TALL)),
            Sample(dl.mrdivide, (Operand("CB"), Operand("", (1, 1), "positive"))),
        ),
    ),
    Operation(
        "inv",
        formats="an unformatted square matrix",
        derivative="-Y' dY Y'",
        order=2,
        samples=(Sample(dl.inv, (_SQUARE,)),),
    ),
    Operation(
        "pinv",
        formats="an unformatted matrix",
        derivative="the derivative at constant rank",
        order=2,
        samples=(Sample(dl.pinv, (_TALL,)), Sample(dl.pinv, (_WIDE,))),
    ),
    Operation(
        "det",
        formats="an unformatted square matrix",
        derivative="the cofactors, of a singular matrix too",
        order=2,
        samples=(Sample(dl.det, (_SQUARE,)),),
    ),
    Operation(
        "expm",
        formats="an unformatted square matrix",
        derivative="a block of the exponential of [X' dY; 0 X']",
        order=2,
        samples=(Sample(dl.expm, (Operand("", (3, 3)),)),),
    ),
    Operation(
        "dot",
        formats="unformatted, of one size",
        derivative="dy times the other operand",
        order=2,
        samples=(
            Sample(dl.dot, (_TALL, _TALL)),
            Sample(lambda a, b: dl.dot(a, b, 1), (_TALL, _TALL)),
            Sample(dl.dot, (Operand("", (1, 5)), Operand("", (5, 1)))),
        ),
    ),
    Operation(
        "cross",
        formats="unformatted, of one size, 3 along the dimension",
        derivative="cross products of dy and the other operand",
        order=2,
        samples=(
            Sample(dl.cross, (_TALL, _TALL)),
            Sample(lambda a, b: dl.cross(a, b, 0), (_WIDE, _WIDE)),
        ),
    ),
    Operation(
        "kron",
        formats="unformatted matrices",
        derivative="sums of the blocks of dy times the other operand",
        order=2,
        samples=(Sample(dl.kron, (Operand("", (2, 3)), Operand("", (5, 2)))),),
    ),
    Operation(
        "tensorprod",
        formats="unformatted; the free dimensions of A, then those of B",
        derivative="tensor products of dy and the other operand",
        order=2,
        samples=(
            Sample(
                lambda a, b: dl.tensorprod(a, b, (0, 2), (1, 0)),
                (Operand("", (2, 3, 5)), Operand("", (5, 2, 4))),
            ),
            Sample(dl.tensorprod, (Operand("", (2, 1)), Operand("", (3, 2)))),
            Sample(lambda a, b: dl.tensorprod(a, b, (0, 1)), (_TALL, _TALL)),
        ),
    ),
)
