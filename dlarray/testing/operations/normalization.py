"""Normalizations: over observations, layers, groups of channels, and across channels."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...functions import batchnorm, crosschannelnorm, groupnorm, instancenorm, layernorm
from .registry import WITH_CHANNELS, Operand, Operation, Sample

_FEW = {"CB": (3, 5)}  # two values of one channel have xhat = ±1 and next to no gradient
_POSITIVE = Operand(sizes=(3, 1), values="positive")
_VECTOR = Operand(sizes=(3, 1))
_VECTORS = (_VECTOR, _VECTOR)
_SEVERAL = tuple(fmt for fmt in WITH_CHANNELS if fmt != "CB")  # an observation has several values


# Few values may lie close together, where the slopes change too fast for differences.
_SMOOTH = 0.1
_layernorm = partial(layernorm, Epsilon=_SMOOTH)


def _samples(
    call: Any, *parameters: Operand, formats: tuple[str, ...] = WITH_CHANNELS
) -> tuple[Sample, ...]:
    return tuple(Sample(call, (Operand(fmt, _FEW.get(fmt)), *parameters)) for fmt in formats)


def _grouped(X: Any, offset: Any, scale: Any, **options: Any) -> Any:
    return groupnorm(X, 2, offset, scale, **options)


def _in_groups(mode: str) -> Any:
    return lambda X, offset, scale: groupnorm(X, mode, offset, scale, Epsilon=_SMOOTH)


def _result(place: int, **options: Any) -> Any:
    """One of the three results of `batchnorm`."""
    return lambda *operands: batchnorm(*operands, nargout=3, **options)[place]


_FOUR = Operand(sizes=(4, 1))
_WITHOUT_LABELS = Operand(sizes=(5, 3, 2))

OPERATIONS = (
    Operation(
        "batchnorm",
        formats="the format of X, which has a C; the statistics are unformatted columns",
        derivative="that of xhat by its own or the given statistics, and theirs",
        order=2,
        samples=(
            *_samples(batchnorm, *_VECTORS),
            *_samples(batchnorm, *_VECTORS, _VECTOR, _POSITIVE),
            *_samples(_result(0), *_VECTORS, formats=("CBT", "SCB")),
            *_samples(_result(1), *_VECTORS, formats=("CBT",)),
            *_samples(_result(2), *_VECTORS, formats=("CBT",)),
            *_samples(
                _result(1, MeanDecay=0.3), *_VECTORS, _VECTOR, _POSITIVE, formats=("CB", "CBT")
            ),
            *_samples(
                _result(2, VarianceDecay=0.7), *_VECTORS, _VECTOR, _POSITIVE, formats=("CB", "CBT")
            ),
            *_samples(partial(batchnorm, Epsilon=0.5), *_VECTORS, formats=("CBT",)),
            Sample(partial(batchnorm, DataFormat="TCB"), (_WITHOUT_LABELS, *_VECTORS)),
        ),
    ),
    Operation(
        "crosschannelnorm",
        formats="the format of X, which has a C",
        derivative="dy / d^Beta - 2 Alpha Beta / windowSize x (sum of dy x / d^(Beta + 1))",
        order=2,
        samples=(
            *_samples(partial(crosschannelnorm, windowSize=2, Alpha=0.5)),
            *_samples(
                partial(crosschannelnorm, windowSize=5, Alpha=0.5, Beta=1.5, K=1),
                formats=("CBT", "SCB"),
            ),
            Sample(
                partial(crosschannelnorm, windowSize=3, DataFormat="TCB", Alpha=1),
                (Operand(sizes=(2, 7, 3)),),
            ),
        ),
    ),
    Operation(
        "groupnorm",
        formats="the format of X, which has a C",
        derivative="(g - mean g - xhat mean(g xhat)) / deviation by group, with g = dy scaleFactor",
        order=2,
        samples=(
            *_samples(_in_groups("all-channels"), *_VECTORS),
            *_samples(_in_groups("channel-wise"), *_VECTORS, formats=_SEVERAL),
            Sample(_grouped, (Operand("CBT", (4, 2, 7)), _FOUR, _FOUR)),
            Sample(_grouped, (Operand("SSCB", (5, 3, 4, 2)), _FOUR, _FOUR)),
            Sample(
                partial(_grouped, Epsilon=0.5, DataFormat="TCB"),
                (Operand(sizes=(5, 4, 2)), _FOUR, _FOUR),
            ),
        ),
    ),
    Operation(
        "instancenorm",
        formats="the format of X, which has a C",
        derivative="as groupnorm, by channel and observation",
        order=2,
        samples=(
            *_samples(partial(instancenorm, Epsilon=_SMOOTH), *_VECTORS, formats=_SEVERAL),
            Sample(
                partial(instancenorm, Epsilon=0.5, DataFormat="TCB"), (_WITHOUT_LABELS, *_VECTORS)
            ),
        ),
    ),
    Operation(
        "layernorm",
        formats="the format of X, which has a C",
        derivative="(g - mean g - xhat mean(g xhat)) / deviation, with g = dy scaleFactor",
        order=2,
        samples=(
            *_samples(_layernorm, *_VECTORS),
            *_samples(
                partial(_layernorm, OperationDimension="channel-only"), *_VECTORS, formats=("SSCB",)
            ),
            *_samples(
                partial(_layernorm, OperationDimension="spatial-channel"),
                *_VECTORS,
                formats=("SCB", "SCBT"),
            ),
            *_samples(
                partial(_layernorm, OperationDimension="batch-excluded"),
                *_VECTORS,
                formats=("CBT", "SCBT", "CU"),
            ),
            Sample(partial(layernorm, Epsilon=0.5, DataFormat="TCB"), (_WITHOUT_LABELS, *_VECTORS)),
        ),
    ),
)
