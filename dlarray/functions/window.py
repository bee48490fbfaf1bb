"""Padding of sliding windows: from options to samples at the start and the end."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _checks
from ..formats import ShapeError
from ..kernels import EXCLUDE_EDGE, INCLUDE_EDGE, REPLICATE, SCALAR, Geometry

MODES = {
    "symmetric-include-edge": INCLUDE_EDGE,
    "symmetric-exclude-edge": EXCLUDE_EDGE,
    "replicate": REPLICATE,
}


def padding_amounts(padding: Any, length: int, window: int, stride: int) -> tuple[int, int]:
    """Samples before and after, for a window that already counts its dilation.

    "same" makes the output ceil(length / stride) long, an odd sample at the end; "causal" pads the
    start only.
    """
    if padding == "causal":
        return window - 1, 0
    if padding == "same":
        total = max((-(-length // stride) - 1) * stride + window - length, 0)
        return total // 2, total - total // 2
    return int(padding[0]), int(padding[1])


def parse_padding(
    call: str, name: str, padding: Any, words: tuple[str, ...] = ("same", "causal")
) -> str | tuple[int, int]:
    """One of the words, or the samples at both ends: a number, (start, end) or [[start], [end]]."""
    numbers_too = "a number or two numbers (start, end)"
    if isinstance(padding, str):
        return _checks.choice(call, name, padding, words, other=numbers_too)
    try:
        amounts = np.asarray(padding, dtype=object).reshape(-1).tolist()
    except ValueError:
        amounts = []
    if not 1 <= len(amounts) <= 2:
        rule = f"{_checks.listed(words)}, {numbers_too}" if words else numbers_too
        raise ValueError(f"{call}: {name} must be {rule}; got {padding!r}.")
    numbers = [_checks.integer(call, name, amount, 0) for amount in amounts]
    return numbers[0], numbers[-1]


def parse_padding_value(call: str, value: Any) -> str | float:
    """A number, or one of the texts that mirror or repeat the ends."""
    if isinstance(value, str):
        return _checks.choice(call, "PaddingValue", value, list(MODES), other="a number")
    if not _checks.is_number(value):
        raise ValueError(
            f"{call}: PaddingValue must be a number or one of {_checks.listed(MODES)}; got "
            f"{value!r}."
        )
    return float(value)


def geometry(
    call: str,
    length: int,
    k_size: int,
    stride: int,
    dilation: int,
    padding: Any,
    value: str | float,
) -> Geometry:
    """The movement of a filter of ``k_size`` taps along ``length`` samples; checks that it fits."""
    window = (k_size - 1) * dilation + 1
    left, right = padding_amounts(padding, length, window, stride)
    mode = MODES[value] if isinstance(value, str) else SCALAR
    most = {INCLUDE_EDGE: length, EXCLUDE_EDGE: length - 1}.get(mode)
    if most is not None and max(left, right) > most:
        raise ShapeError(
            f'{call}: PaddingValue="{value}" mirrors at most {max(most, 0)} of {length} samples; '
            "the padding is "
            f"({left}, {right}). Pad less, or use 'replicate' or a number."
        )
    if mode == REPLICATE and length == 0 and left + right > 0:
        raise ShapeError(f"{call}: there is no sample to replicate: the input has length 0.")
    result = Geometry(stride, dilation, left, right, mode, 0.0 if isinstance(value, str) else value)
    if result.out_length(length, k_size) < 1:
        raise ShapeError(
            f"{call}: the filter is longer than the padded input. The input has length {length}, "
            f"padding ({left}, {right}) "
            f"makes it {length + left + right}, and the filter spans {window} samples ({k_size} "
            "taps, dilation factor "
            f"{dilation}). Give longer sequences, more padding or a smaller filter."
        )
    return result
