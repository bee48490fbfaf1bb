"""Convolution."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...functions import dlconv, dltranspconv
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
    named = Operand("", (3, 2, FILTERS))
    plain = (Operand("", (2, 7, 3)), Operand("", (2, 3, FILTERS)))
    return (
        *layouts,
        *sequences,
        *(_over("CBT", time, **o) for o in options),
        *_several_dimensions(),
        *_groups(),
        _over("SCB", named, WeightsFormat="CSU"),
        Sample(dlconv, (Operand("SCB"), space)),
        Sample(dlconv, (Operand("SCB"), space, Operand("", (1, 1)))),
        Sample(partial(dlconv, DataFormat="BTC", WeightsFormat="TCU"), plain),
    )


def _several_dimensions() -> tuple[Sample, ...]:
    """Filters that move over two and three dimensions, or over one of two."""
    pairs: tuple[dict[str, Any], ...] = (
        {"Stride": (2, 1)},
        {"DilationFactor": (1, 2)},
        {"Padding": "same"},
        {"Padding": (2, 1), "PaddingValue": "symmetric-include-edge"},
        {"Padding": ((1, 0), (0, 2)), "PaddingValue": 0.7},
    )
    plane = Operand("", (2, 2, 3, FILTERS))
    return (
        *(_over("SSCB", plane, **o) for o in pairs),
        _over("SSCBT", plane),
        _over("SSCT", plane),
        _over("SSSCB", Operand("", (2, 2, 1, 3, FILTERS)), Padding=((1, 0, 0), (0, 0, 1))),
        _over("SCBT", Operand("STCU", (2, 3, 3, FILTERS)), Padding=(1, 2)),
        _over("SCBT", Operand("TCU", (2, 3, FILTERS))),
        _over("SSCB", Operand("SCU", (2, 3, FILTERS))),
    )


def _groups() -> tuple[Sample, ...]:
    """Filters of two or three groups of channels."""
    image = Operand("SCB", (5, 6, 2))
    return (
        Sample(dlconv, (image, Operand("", (2, 3, 2, 2)), BIAS)),
        Sample(dlconv, (image, Operand("SCUU", (2, 1, 2, 6)))),
        Sample(
            partial(dlconv, WeightsFormat="SUSCU", Padding="same"),
            (Operand("SSCB", (4, 3, 4, 2)), Operand("", (2, 3, 3, 2, 2))),
        ),
    )


def _upsampled(fmt: str, weights: Operand, bias: Operand = BIAS, **options: Any) -> Sample:
    return Sample(partial(dltranspconv, **options), (Operand(fmt), weights, bias))


def _transposed_samples() -> tuple[Sample, ...]:
    space = Operand("", (2, FILTERS, 3))
    time = Operand("TCU", (3, 3, FILTERS))
    layouts = tuple(_upsampled(fmt, space) for fmt in ("SC", "SCB", "SCT", "SCBT", "SCU"))
    options: tuple[dict[str, Any], ...] = (
        {"Stride": 2},
        {"DilationFactor": 2},
        {"Cropping": 1},
        {"Cropping": (2, 1), "Stride": 2},
        {"Cropping": "same", "Stride": 2},
        {"Cropping": "same", "Stride": 5},
    )
    plain = (Operand("", (2, 7, 3)), Operand("", (2, FILTERS, 3)))
    return (
        *layouts,
        *(_upsampled(fmt, time) for fmt in ("CT", "CBT")),
        *(_upsampled("CBT", time, **each) for each in options),
        _upsampled("SCB", Operand("", (3, 2, FILTERS)), WeightsFormat="CSU"),
        _upsampled(
            "SSCB", Operand("", (2, 3, FILTERS, 3)), Stride=(1, 2), Cropping=((1, 0), (0, 2))
        ),
        _upsampled("SSCB", space, WeightsFormat="SUC", Stride=2, Cropping="same"),
        _upsampled("SCBT", Operand("STCU", (2, 2, 3, FILTERS)), Stride=(2, 1)),
        _upsampled("SSSCB", Operand("", (1, 2, 1, FILTERS, 3)), DilationFactor=(1, 2, 1)),
        Sample(
            partial(dltranspconv, Stride=2),
            (Operand("SCB", (5, 6, 2)), Operand("", (3, 2, 3, 2)), Operand("", (4, 1))),
        ),
        _upsampled("SCB", space, Operand("", (1, 1))),
        Sample(dltranspconv, (Operand("SCB"), space)),
        Sample(partial(dltranspconv, DataFormat="BTC", WeightsFormat="TUC"), plain),
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
    Operation(
        "dltranspconv",
        formats="the format of X, which has C and an S, or T where the weights have a T; the "
        "filters become its channels",
        derivative="of X the convolution of dy, of the weights the correlation of dy and X, of the "
        "bias the sum of dy",
        order=2,
        samples=_transposed_samples(),
    ),
)
