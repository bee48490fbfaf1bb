"""Losses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...functions import crossentropy, huber, indexcrossentropy, l1loss, l2loss, mse
from .registry import ANY, WITH_CHANNELS, Operand, Operation, Sample

LABELLED = tuple(fmt for fmt in ANY if fmt)
SCALAR = "an unformatted 1×1 array of any format; that of Y with Reduction='none'"
SCALAR_OF_C = "an unformatted 1×1 array of formats with C; that of Y with Reduction='none'"


def _apart(shift: float) -> Callable[..., Any]:
    """Numbers a tenth apart, shifted so that differences keep from kinks at 0 and at halves."""

    def make(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        n = int(np.prod(shape))
        return (rng.permutation(n).reshape(shape) - n // 2) * 0.1 + shift

    return make


def _inside(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Probabilities that are far enough from 0 and 1 for differences of logarithms."""
    return rng.uniform(0.2, 0.8, shape)


def _samples(
    function: Callable[..., Any],
    formats: tuple[str, ...],
    values: tuple[Any, Any],
    *more: dict[str, Any],
) -> tuple[Sample, ...]:
    """Each format, each option, and the options that every loss has."""

    def pair(fmt: str) -> tuple[Operand, Operand]:
        return Operand(fmt, values=values[0]), Operand(fmt, values=values[1])

    weights = Operand("C", sizes=(3,), values="positive")
    mask = np.array([[1.0, 0.0]])
    common: tuple[dict[str, Any], ...] = (
        {"Reduction": "none"},
        {"NormalizationFactor": "all-elements"},
        {"NormalizationFactor": "none"},
        {"Mask": mask, "NormalizationFactor": "mask-included"},
        {"Mask": mask, "Reduction": "none"},
        *more,
    )
    unlabelled = Operand("", (2, 3), values[0]), Operand("", (2, 3), values[1])
    return (
        *(Sample(function, pair(fmt)) for fmt in formats),
        *(Sample(partial(function, **options), pair("CB")) for options in common),
        Sample(function, (*pair("CBT"), weights)),
        Sample(
            partial(function, WeightsFormat="B"), (*pair("CB"), Operand("", (2, 1), "positive"))
        ),
        Sample(partial(function, DataFormat="BC"), unlabelled),
    )


def _classes(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, 3, shape)


def _index_samples() -> tuple[Sample, ...]:
    def operands(fmt: str, channel: int, **sizes: Any) -> tuple[Operand, Operand]:
        y = Operand(fmt, values=_inside, **sizes)
        shape = tuple(1 if axis == channel else n for axis, n in enumerate(y.shape))
        return y, Operand(fmt, shape, _classes, differentiable=False)

    labelled = tuple(
        Sample(indexcrossentropy, operands(fmt, fmt.index("C"))) for fmt in WITH_CHANNELS
    )
    mask = np.array([[1.0, 0.0]])
    options: tuple[dict[str, Any], ...] = (
        {"Reduction": "none"},
        {"NormalizationFactor": "all-elements"},
        {"NormalizationFactor": "none"},
        {"Mask": mask, "NormalizationFactor": "mask-included"},
    )
    weights = (Operand("C", (3,), "positive"), Operand("CBT", None, "positive"))
    plain = (
        Operand("", (2, 3), _inside),
        Operand("", (2, 1), lambda rng, shape: _classes(rng, shape) + 1, differentiable=False),
    )
    return (
        *labelled,
        *(Sample(partial(indexcrossentropy, **o), operands("CB", 0)) for o in options),
        *(Sample(indexcrossentropy, (*operands("CBT", 0), w)) for w in weights),
        Sample(partial(indexcrossentropy, DataFormat="BC", index_base=1), plain),
    )


MULTILABEL = {"ClassificationMode": "multilabel"}
UNIT = (_inside, _inside)
APART = (_apart(0.0), _apart(0.03))

OPERATIONS = (
    Operation(
        "crossentropy",
        formats=SCALAR_OF_C,
        derivative="-w t / (y N) of Y, 0 where y is below the smallest normal number; multilabel "
        "w ((1 - t) / (1 - y) - t / y) / N",
        order=2,
        samples=_samples(crossentropy, WITH_CHANNELS, UNIT, MULTILABEL),
    ),
    Operation(
        "huber",
        formats=SCALAR,
        derivative="w e / N where |e| <= d, else w d sign(e) / N, with e = y - t",
        order=2,
        samples=_samples(huber, LABELLED, APART, {"TransitionPoint": 0.5}),
    ),
    Operation(
        "indexcrossentropy",
        formats=SCALAR_OF_C,
        derivative="-w / (y N) at the class of the target, else 0; none of the targets",
        order=2,
        samples=_index_samples(),
    ),
    Operation(
        "l1loss",
        formats=SCALAR,
        derivative="w sign(y - t) / N, 0 at 0",
        order=2,
        samples=_samples(l1loss, LABELLED, APART),
    ),
    Operation(
        "l2loss",
        formats=SCALAR,
        derivative="2 w (y - t) / N",
        order=2,
        samples=_samples(l2loss, LABELLED, ("normal", "normal")),
    ),
    Operation(
        "mse",
        formats="an unformatted 1×1 array of any format",
        derivative="(y - t) / N",
        order=2,
        samples=(
            *(Sample(mse, (Operand(fmt), Operand(fmt))) for fmt in LABELLED),
            Sample(partial(mse, DataFormat="BC"), (Operand("", (2, 3)), Operand("", (2, 3)))),
        ),
    ),
)
