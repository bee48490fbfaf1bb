"""Labels of one array: checking, construction, axes, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import isnan
from typing import NamedTuple

LABELS = "SCBTU"
ONCE = "CBT"

Shape = tuple[int, ...]
Axes = tuple[int, ...]


class FormatError(ValueError):
    """Labels that break a rule: a wrong, missing or repeated one."""


class ShapeError(ValueError):
    """Sizes that break a rule."""


# -- text -----------------------------------------------------------------------------------------


def describe(shape: Sequence[int | float | None], fmt: str = "") -> str:
    """A layout as MATLAB prints it: ``3(C) × 7(B)``, or ``3×7`` without labels."""
    sizes = [
        "?" if n is None or (isinstance(n, float) and isnan(n)) else str(int(n)) for n in shape
    ]
    if not fmt:
        return "×".join(sizes)
    return " × ".join(f"{n}({label})" for n, label in zip(sizes, fmt, strict=True))


def quoted(fmt: str) -> str:
    """A format in double quotes, or the word for none."""
    return f'"{fmt}"' if fmt else "unformatted"


# -- one format -----------------------------------------------------------------------------------


def parse(fmt: str, call: str = "dlarray") -> str:
    """Check the characters of a format, in any order, and return it."""
    if not isinstance(fmt, str):
        raise TypeError(
            f"{call}: a format is a text of the labels S, C, B, T, U; got {type(fmt).__name__}."
        )
    return _parse(fmt, call)


@lru_cache(maxsize=1024)
def _parse(fmt: str, call: str) -> str:
    for label in fmt:
        if label not in LABELS:
            hint = f" Did you mean {label.upper()!r}?" if label.upper() in LABELS else ""
            raise FormatError(
                f'{call}: {label!r} in format "{fmt}" is not a label. Labels are S (spatial), C '
                "(channel), "
                f"B (batch), T (time) and U (unspecified).{hint}"
            )
    for label in ONCE:
        if fmt.count(label) > 1:
            raise FormatError(
                f'{call}: label {label!r} occurs {fmt.count(label)} times in format "{fmt}". '
                "C, B and T may occur once; several dimensions of one kind are S (spatial) or U "
                "(unspecified)."
            )
    return fmt


@lru_cache(maxsize=1024)
def canonical_order(fmt: str) -> Axes:
    """The permutation into the order S C B T U; equal labels keep their order."""
    return tuple(sorted(range(len(fmt)), key=lambda axis: LABELS.index(fmt[axis])))


@lru_cache(maxsize=1024)
def inverse(order: Axes) -> Axes:
    """The permutation that undoes ``order``."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


@lru_cache(maxsize=1024)
def find(fmt: str, label: str) -> Axes:
    """The axes that carry a label, ascending."""
    return tuple(axis for axis, other in enumerate(fmt) if other == label)


def trim(fmt: str, shape: Shape) -> tuple[str, Shape]:
    """Drop trailing U dimensions of size 1 after the second; fill up to two labels with U."""
    n = len(fmt)
    while n > 2 and fmt[n - 1] == "U" and shape[n - 1] == 1:
        n -= 1
    missing = max(0, 2 - n)
    return fmt[:n] + "U" * missing, shape[:n] + (1,) * missing


class Construction(NamedTuple):
    """How data become a formatted array: reshape to ``padded``, permute by ``order``, reshape to
    ``shape``.
    """

    padded: Shape
    order: Axes
    shape: Shape
    fmt: str


def construct(shape: Shape, fmt: str, call: str = "dlarray") -> Construction:
    """Label data of a shape with ``fmt``, in any order.

    Labels beyond the dimensions make dimensions of size 1; trailing dimensions of size 1 beyond the
    labels are dropped; one label takes a vector.
    """
    parse(fmt, call)
    if len(fmt) == 1:
        if sum(n != 1 for n in shape) > 1:
            raise FormatError(
                f'{call}: the one label "{fmt}" needs a vector; got {describe(shape)}. '
                f"Give one label a dimension, {len(shape)} in all."
            )
        count = 1
        for n in shape:
            count *= n
        return Construction((count,), (0,), (count, 1), fmt + "U")
    extra = len(shape) - len(fmt)
    if extra > 0 and any(n != 1 for n in shape[len(fmt) :]):
        raise FormatError(
            f'{call}: format "{fmt}" has {len(fmt)} labels, the data have {len(shape)} dimensions '
            f"({describe(shape)}). Give one label a dimension."
        )
    padded = shape[: len(fmt)] + (1,) * max(0, -extra)
    order = canonical_order(fmt)
    ordered = tuple(padded[axis] for axis in order)
    trimmed_fmt, trimmed = trim("".join(fmt[axis] for axis in order), ordered)
    return Construction(padded, order, trimmed, trimmed_fmt)


@lru_cache(maxsize=1024)
def memory_order(fmt: str) -> Axes:
    """Axes from slowest to fastest as kernels want them: U, B, T, S, and the channel last."""
    return tuple(axis for label in "UBTSC" for axis in find(fmt, label))


# -- axes -----------------------------------------------------------------------------------------

Dim = int | str | Sequence[int]


def resolve_axes(dim: Dim, fmt: str, ndim: int, call: str) -> Axes:
    """Axes for ``dim``: an axis from 0, negative from the end, a sequence of them, or a label (all
    its axes).
    """
    if isinstance(dim, str):
        labels = tuple(dim)
        missing = dict.fromkeys(label for label in labels if not find(fmt, parse(label, call)))
        if missing or not labels:
            raise FormatError(
                f'{call}: no dimension is labelled "{"".join(missing)}"; the data are '
                f"{quoted(fmt)}."
            )
        if len(set(labels)) != len(labels):
            raise ValueError(f'{call}: a label is named twice in "{dim}". Name each label once.')
        return tuple(axis for label in labels for axis in find(fmt, label))
    wanted = [dim] if isinstance(dim, int) or not isinstance(dim, Iterable) else list(dim)
    axes = tuple(_resolve_axis(axis, ndim, call) for axis in wanted)
    if len(set(axes)) != len(axes):
        raise ValueError(f"{call}: an axis is named twice in {tuple(wanted)}. Name each axis once.")
    return axes


def resolve_axis(dim: int | str, fmt: str, ndim: int, call: str) -> int:
    """The one axis for ``dim``; a label that several dimensions carry is an error."""
    axes = resolve_axes(dim, fmt, ndim, call)
    if len(axes) != 1:
        which = f'"{dim}" labels' if isinstance(dim, str) else f"{dim!r} names"
        raise FormatError(
            f"{call}: {which} {len(axes)} dimensions of {quoted(fmt)} data, one is needed. "
            f"Give its axis, one of {axes}."
        )
    return axes[0]


def _resolve_axis(axis: object, ndim: int, call: str) -> int:
    try:
        index = axis.__index__()  # type: ignore[attr-defined]
    except AttributeError:
        raise TypeError(
            f"{call}: a dimension is an axis counted from 0 or a label; got {type(axis).__name__}."
        ) from None
    if not -ndim <= index < ndim:
        raise ValueError(
            f"{call}: axis {index} is not one of the {ndim} dimensions; axes are 0 to {ndim - 1}."
        )
    return int(index) % ndim


def first_nonsingleton(shape: Shape) -> int:
    """MATLAB's default dimension of a reduction: the first of size other than 1."""
    return next((axis for axis, n in enumerate(shape) if n != 1), 0)


def one_axis(dim: int | str | None, fmt: str, shape: Shape, call: str) -> int:
    """The axis that ``dim`` names; the first of size other than 1 if it is None."""
    if dim is None:
        return first_nonsingleton(shape)
    return resolve_axis(dim, fmt, len(shape), call)
