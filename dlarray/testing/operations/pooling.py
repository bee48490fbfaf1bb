"""Pooling."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ...functions import avgpool, maxpool, maxunpool
from .registry import Operand, Operation, Sample

SPACES = ("S", "SC", "SCB", "SCT", "SCBT", "SCU", "SB", "SSCB", "SSSC")
TIMES = ("CT", "CBT", "BT", "SCBT")
COMMON: tuple[dict[str, Any], ...] = (
    {"Stride": 2},
    {"Padding": 1},
    {"Padding": (2, 1)},
    {"Padding": "same", "Stride": 3},
)


def _samples(function: Any, options: tuple[dict[str, Any], ...]) -> tuple[Sample, ...]:
    """Of a pooling function, whose maxima must not change place by a small step."""

    def sample(fmt: str, poolsize: Any, **options: Any) -> Sample:
        call = partial(function, poolsize=poolsize, **options)
        return Sample(call, (Operand(fmt, values="apart"),))

    plain = Operand("", (2, 7, 3), "apart")
    return (
        *(sample(fmt, 2) for fmt in SPACES),
        *(sample(fmt, 2, PoolFormat="T") for fmt in TIMES),
        *(sample("CBT", 3, PoolFormat="T", **each) for each in (*COMMON, *options)),
        sample("SCBT", (2, 3), PoolFormat="ST", Stride=(1, 2), Padding=((1, 0), (0, 2))),
        sample("SSCB", (3, 2), Padding="same"),
        sample("SSCB", "global"),
        sample("CBT", "global", PoolFormat="T"),
        Sample(partial(function, poolsize=2, DataFormat="BTC", PoolFormat="T"), (plain,)),
    )


def _places(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Different places in an array of twice the last size."""
    count = int(np.prod(shape))
    return rng.permutation(2 * count)[:count].reshape(shape).astype(np.float64)


def _and_back(x: Any, base: int) -> Any:
    """The maxima of x at their places."""
    y, index, size = maxpool(x, 2, PoolFormat="T", Stride=2, nargout=3, index_base=base)
    return maxunpool(y, index, size, index_base=base)


def _unpooled(fmt: str, size: tuple[int, ...], **options: Any) -> Sample:
    index = Operand(fmt, values=_places, differentiable=False)
    call = partial(maxunpool, outputSize=size, **options)
    return Sample(call, (Operand(fmt), index))


OPERATIONS = (
    Operation(
        "maxpool",
        formats="the format of X, which has S dimensions, or a T that PoolFormat names",
        derivative="dy at the first maximum of each window",
        order=2,
        samples=_samples(maxpool, ()),
    ),
    Operation(
        "avgpool",
        formats="the format of X, which has S dimensions, or a T that PoolFormat names",
        derivative="the sum of dy over the windows that hold an element, by their divisors",
        order=2,
        samples=_samples(avgpool, ({"Padding": 2, "PaddingValue": "mean"},)),
    ),
    Operation(
        "maxunpool",
        formats="the format of X, of the size that is given",
        derivative="dy at the indices",
        order=2,
        samples=(
            _unpooled("CBT", (3, 2, 14)),
            _unpooled("SC", (10, 3)),
            Sample(partial(_and_back, base=0), (Operand("CBT", values="apart"),)),
            Sample(partial(_and_back, base=1), (Operand("CBT", values="apart"),)),
        ),
    ),
)
