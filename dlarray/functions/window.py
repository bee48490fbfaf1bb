"""Sliding windows: options as numbers for each dimension, and padding as samples at both ends.

An option comes as one number, as one for each dimension, or as a word.  `amounts` gives it a
form that can be a key of a cache before the number of dimensions is known; `per_dimension` and
`padding_per_dimension` spread that over the dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from .. import _checks
from ..formats import Shape, ShapeError, describe
from ..kernels import EXCLUDE_EDGE, INCLUDE_EDGE, REPLICATE, SCALAR, Geometry

MODES = {
    "symmetric-include-edge": INCLUDE_EDGE,
    "symmetric-exclude-edge": EXCLUDE_EDGE,
    "replicate": REPLICATE,
}
WORDS = ("same", "causal")

Amounts = str | int | tuple[Any, ...]  # a word, a number, a row of numbers, or rows of numbers
Ends = str | tuple[int, int]  # of a dimension: a word, or (start, end)

BOTH_ENDS = "a number or two numbers (start, end)"
ENDS = "a number, one for each dimension, or the samples at the starts and the ends"

# Numbers that no memory holds.  Kernels count in 64 bits; what is below stays far within them.
MOST = 2**56


def amounts(
    call: str,
    name: str,
    value: Any,
    least: int = 1,
    words: tuple[str, ...] = (),
    rule: str = "a positive integer, or one for each dimension",
) -> Amounts:
    """An option of windows as integers in tuples, or one of the words."""
    if isinstance(value, str):
        return _checks.choice(call, name, value, words, other=rule)
    try:
        array = np.asarray(value, dtype=object)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.ndim > 2 or array.size == 0 or not all(map(_checks.is_number, array.flat)):
        raise _wrong_amounts(call, name, value, words, rule)
    if array.ndim == 0:
        return _checks.integer(call, name, array[()], least)
    if array.ndim == 1:
        return tuple(_checks.integer(call, name, n, least) for n in array)
    return tuple(tuple(_checks.integer(call, name, n, least) for n in row) for row in array)


def _wrong_amounts(
    call: str, name: str, value: Any, words: tuple[str, ...], rule: str
) -> ValueError:
    options = f"{_checks.listed(words)}, {rule}" if words else rule
    return ValueError(f"{call}: {name} must be {options}; got {_checks.shown(value)}.")


def _row(value: Any) -> tuple[int, ...]:
    """The numbers of `amounts` one after the other."""
    if isinstance(value, int):
        return (value,)
    return sum((n if isinstance(n, tuple) else (n,) for n in value), ())


def per_dimension(call: str, name: str, value: Any, n: int) -> tuple[int, ...]:
    """One positive number for each of n dimensions, from an option or what `amounts` made of it."""
    numbers = _row(amounts(call, name, value))
    if len(numbers) not in (1, n):
        rule = "a number" if n == 1 else f"a number or {n} numbers, one for each dimension"
        raise _wrong_amounts(call, name, value, (), rule)
    return numbers * n if len(numbers) == 1 else numbers


def padding_per_dimension(
    call: str, name: str, value: Amounts, n: int, words: tuple[str, ...] = WORDS
) -> tuple[Ends, ...]:
    """(start, end) or the word for each of n dimensions, from what `amounts` gave.

    A row holds one number a dimension, two rows the starts and the ends; for one dimension two
    numbers are its start and its end, however they lie.
    """
    if isinstance(value, str):
        if value == "causal" and n > 1:
            raise ValueError(
                f'{call}: {name}="causal" pads one convolved dimension; these are {n}. Give the '
                'samples at the start and the end of each, or "same".'
            )
        return (value,) * n
    numbers = _row(value)
    if n == 1:
        if len(numbers) > 2:
            raise _wrong_amounts(call, name, value, words, BOTH_ENDS)
        return ((numbers[0], numbers[-1]),)
    if len(numbers) == 1:
        return ((numbers[0],) * 2,) * n
    rows = len(value) if isinstance(value, tuple) and isinstance(value[0], tuple) else 1
    if len(numbers) == n and rows == 1:
        return tuple((number, number) for number in numbers)
    if len(numbers) == 2 * n and rows == 2:
        return tuple(zip(numbers[:n], numbers[n:], strict=True))
    rule = f"a number, {n} numbers (one for each dimension) or two rows of {n} (starts and ends)"
    raise _wrong_amounts(call, name, value, tuple(w for w in words if w != "causal"), rule)


def parse_padding(call: str, name: str, padding: Any, words: tuple[str, ...] = WORDS) -> Ends:
    """Of one dimension: one of the words, or the samples at both ends, from a number, (start, end)
    or [[start], [end]].
    """
    value = amounts(call, name, padding, 0, words, BOTH_ENDS)
    return padding_per_dimension(call, name, value, 1, words)[0]


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


def parse_padding_value(call: str, value: Any) -> str | float:
    """A number, or one of the texts that mirror or repeat the ends."""
    if isinstance(value, str):
        return _checks.choice(call, "PaddingValue", value, list(MODES), other="a number")
    number = one_number(value)
    if not _checks.is_number(number):
        raise ValueError(
            f"{call}: PaddingValue must be a number or one of {_checks.listed(MODES)}; got "
            f"{_checks.shown(value)}."
        )
    return float(number)


def one_number(value: Any) -> Any:
    """The element of an array that has one, or the value as it is."""
    if hasattr(value, "__array__") and getattr(value, "size", 0) == 1:
        return np.asarray(value).reshape(-1)[0]
    return value


def geometries(
    call: str,
    lengths: Sequence[int],
    taps: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    padding: Sequence[Ends],
    value: str | float = 0.0,
    names: Sequence[str] = (),
) -> tuple[Geometry, ...]:
    """The movement of a window in each dimension, as `geometry` of each."""
    moves = zip(lengths, taps, strides, dilations, padding, strict=True)
    return tuple(
        geometry(
            call,
            *move,
            value,
            f" along {names[i]}" if len(lengths) > 1 and names else "",
        )
        for i, move in enumerate(moves)
    )


def geometry(
    call: str,
    length: int,
    k_size: int,
    stride: int,
    dilation: int,
    padding: Any,
    value: str | float,
    along: str = "",
) -> Geometry:
    """The movement of a filter of ``k_size`` taps along ``length`` samples; checks that it fits."""
    window = (k_size - 1) * dilation + 1
    left, right = padding_amounts(padding, length, window, stride)
    mode = MODES[value] if isinstance(value, str) else SCALAR
    most = {INCLUDE_EDGE: length, EXCLUDE_EDGE: length - 1}.get(mode)
    if most is not None and max(left, right) > max(most, 0):
        raise ShapeError(
            f'{call}: PaddingValue="{value}" mirrors at most {max(most, 0)} of '
            f"{_checks.counted(length, 'sample')}{along}; the padding is ({left}, {right}). "
            "Pad less, or use 'replicate' or a number."
        )
    if mode == REPLICATE and length == 0 and left + right > 0:
        raise ShapeError(f"{call}: there is no sample to replicate: the input has length 0{along}.")
    padded = length + left + right
    if padded < window:
        raise ShapeError(
            f"{call}: the filter is longer than the padded input. The input has length {length}"
            f"{along}, padding ({left}, {right}) "
            f"makes it {padded}, and the filter spans {spanned(k_size, dilation)}. Give longer "
            "sequences, more padding or a smaller filter."
        )
    number = 0.0 if isinstance(value, str) else value
    return moved(stride, dilation if k_size > 1 else 1, left, right, padded - window, mode, number)


def moved(
    stride: int, dilation: int, left: int, right: int, room: int, mode: int = SCALAR,
    value: float = 0.0,
) -> Geometry:  # fmt: skip
    """The movement of a window that leaves so much ``room`` in the padded data.

    Every stride beyond it gives one position, and the shortest of them is taken: kernels count
    in 64 bits, and a gradient has a part for each sample of a stride.
    """
    return Geometry(min(stride, room + 1), dilation, left, right, mode, value)


def spanned(k_size: int, dilation: int) -> str:
    """The samples that a filter spans, in a message."""
    span = _checks.counted((k_size - 1) * dilation + 1, "sample")
    return f"{span} ({_checks.counted(k_size, 'tap')}, dilation factor {dilation})"


# -- sizes beyond memory --------------------------------------------------------------------------


def require_within(
    call: str,
    fmt: str,
    shape: Shape,
    result: Shape,
    lengths: Mapping[int, int],
    reach: str = "Padding and steps reach farther than memory does: the padded input",
) -> None:
    """Raise where the result is larger than any memory, or X with one of these lengths, which
    windows move over and ``reach`` names.
    """
    if prod(result) > MOST:
        raise no_memory(call, fmt, shape, result)
    for axis, length in lengths.items():
        others = prod(n for i, n in enumerate(shape) if i != axis)
        if length * max(others, 1) > MOST:
            raise ValueError(f"{call}: {reach} has {length} samples. Give smaller numbers.")


def no_memory(call: str, fmt: str, shape: Shape, result: Shape) -> MemoryError:
    """The error where memory has no room for the result, or for what is made on the way to it."""
    return MemoryError(
        f"{call}: there is not enough memory for the result, {describe(result, fmt)}, of "
        f"{describe(shape, fmt)}. Take a part of the data at a time, or give smaller options."
    )
