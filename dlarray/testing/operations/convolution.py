"""Convolution."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...functions import dlconv
from .registry import Operand, Operation, Sample

FILTERS = 4
BIAS = Operand("", (FILTERS, 1))


def _over(fmt: str, weights: Operand, **options: Any) -> Sample:
    return Sample(partial(dlconv, **options), (Operand(fmt), weights, BIAS))


def _samples() -> tuple[Sample, ...]:
    space = Operand("", (2, 3, FILTERS))
    time = Operand("TCU", (2, 3, FILTERS))
    layouts = tuple(_over(fmt, space) for fmt in ("SC", "SCB", "SCT", "SCBT", "SCU"))
    sequences = tuple(_over(fmt, time) for fmt in ("CT", "CBT"))
    options: tuple[dict[str, Any], ...] = (
        {"Stride": 2},
        {"DilationFactor": 2},
        {"Padding": 1},
        {"Padding": (2, 1)},
        {"Padding": "same", "Stride": 3},
        {"Padding": "causal", "DilationFactor": 3},
        {"Padding": 2, "PaddingValue": 0.7},
        {"Padding": 2, "PaddingValue": "symmetric-include-edge"},
        {"Padding": 2, "PaddingValue": "symmetric-exclude-edge"},
        {"Padding": 2, "PaddingValue": "replicate"},
    )
    grouped = ({"Stride": (2, 1)}, {"DilationFactor": (1, 2)}, {"Padding": "same"})
    pairs: tuple[dict[str, Any], ...] = (
        *grouped,
        {"Padding": (2, 1), "PaddingValue": "symmetric-include-edge"},
        {"Padding": ((1, 0), (0, 2)), "PaddingValue": 0.7},
    )
    plane = Operand("", (2, 2, 3, FILTERS))
    image = Operand("SCB", (5, 6, 2))  # channels of two or three groups
    named = Operand("", (3, 2, FILTERS))
    plain = (Operand("", (2, 7, 3)), Operand("", (2, 3, FILTERS)))
    return (
        *layouts,
        *sequences,
        *(_over("CBT", time, **o) for o in options),
        *(_over("SSCB", plane, **o) for o in pairs),
        _over("SSCBT", plane),
        _over("SSCT", plane),
        _over("SSSCB", Operand("", (2, 2, 1, 3, FILTERS)), Padding=((1, 0, 0), (0, 0, 1))),
        _over("SCBT", Operand("STCU", (2, 3, 3, FILTERS)), Padding=(1, 2)),
        _over("SCBT", time),
        _over("SSCB", Operand("SCU", (2, 3, FILTERS))),
        Sample(dlconv, (image, Operand("", (2, 3, 2, 2)), BIAS)),
        Sample(dlconv, (image, Operand("SCUU", (2, 1, 2, 6)))),
        Sample(
            partial(dlconv, WeightsFormat="SUSCU", Padding="same"),
            (Operand("SSCB", (4, 3, 4, 2)), Operand("", (2, 3, 3, 2, 2))),
        ),
        _over("SCB", named, WeightsFormat="CSU"),
        Sample(dlconv, (Operand("SCB"), space)),
        Sample(dlconv, (Operand("SCB"), space, Operand("", (1, 1)))),
        Sample(partial(dlconv, DataFormat="BTC", WeightsFormat="TCU"), plain),
    )


OPERATIONS = (
    Operation(
        "dlconv",
        formats="the format of X, which has C and one to three S, or T where the weights have a T; "
        "the filters become its channels",
        derivative="of X the transposed convolution of dy, of the weights the correlation of X and "
        "dy, of the bias the sum of dy",
        order=2,
        samples=_samples(),
    ),
)
