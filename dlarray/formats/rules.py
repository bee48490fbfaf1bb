"""Rules for two operands and for functions that change the shape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from .labels import (
    LABELS,
    Axes,
    FormatError,
    Shape,
    ShapeError,
    describe,
    find,
    parse,
    quoted,
    resolve_axes,
)

MOST_ELEMENTS = 2**59  # of 16 bytes each: what a signed 64-bit number of bytes can tell

# -- two formats ----------------------------------------------------------------------------------


class Expansion(NamedTuple):
    """How two operands meet: sizes of 1 inserted before these axes (of the result) give both the
    rank of ``fmt``.
    """

    fmt: str
    ndim: int
    insert_a: Axes
    insert_b: Axes


@lru_cache(maxsize=4096)
def match(fmt_a: str, ndim_a: int, fmt_b: str, ndim_b: int) -> Expansion:
    """Label-matched expansion of two operands (rules 3.2).

    Both formatted: within each label's block the operand with fewer dimensions gets sizes of 1 at
    the end of the block.  One unformatted: by position from the first dimension, as MATLAB aligns;
    extra dimensions are U.
    """
    if fmt_a and fmt_b:
        counts = {label: max(fmt_a.count(label), fmt_b.count(label)) for label in LABELS}
        fmt = "".join(label * n for label, n in counts.items())
        return Expansion(fmt, len(fmt), _missing(fmt_a, counts), _missing(fmt_b, counts))
    ndim = max(ndim_a, ndim_b)
    named = fmt_a or fmt_b
    return Expansion(
        extended(named, ndim), ndim, tuple(range(ndim_a, ndim)), tuple(range(ndim_b, ndim))
    )


def _missing(fmt: str, counts: dict[str, int]) -> Axes:
    axes: list[int] = []
    position = 0
    for label, n in counts.items():
        present = fmt.count(label)
        axes += range(position + present, position + n)
        position += n
    return tuple(axes)


def insert(shape: Shape, axes: Axes) -> Shape:
    """The shape with sizes of 1 so that they stand at ``axes`` of the result."""
    sizes = list(shape)
    for axis in axes:
        sizes.insert(axis, 1)
    return tuple(sizes)


def broadcast(a: Shape, fmt_a: str, b: Shape, fmt_b: str, call: str) -> tuple[Expansion, Shape]:
    """The expansion of two operands and the shape of the result."""
    expansion = match(fmt_a, len(a), fmt_b, len(b))
    wide_a, wide_b = insert(a, expansion.insert_a), insert(b, expansion.insert_b)
    if any(m != n and m != 1 and n != 1 for m, n in zip(wide_a, wide_b, strict=True)):
        rule = (
            "matched by label"
            if fmt_a and fmt_b
            else "matched by position, from the first dimension"
        )
        raise ShapeError(
            f"{call}: sizes differ and neither is 1, with dimensions {rule}.\n"
            f"  A: {describe(a, fmt_a)}\n  B: {describe(b, fmt_b)}\n"
            "Make the sizes equal, or 1 where one operand is to be repeated."
        )
    shape = tuple(n if m == 1 else m for m, n in zip(wide_a, wide_b, strict=True))
    if wide_a != shape != wide_b and prod(shape) >= MOST_ELEMENTS:
        raise ShapeError(
            f"{call}: the result would have {describe(shape, expansion.fmt)} elements, more than "
            f"an array can have.\n  A: {describe(a, fmt_a)}\n  B: {describe(b, fmt_b)}\n"
            "Give operands with the same labels where elements belong together."
        )
    return expansion, shape


# -- shape functions ------------------------------------------------------------------------------


def require_possible(shape: Shape, call: str, of: str = "") -> None:
    """Reject sizes that no array can have; of an empty one those other than 0 count."""
    if prod(n for n in shape if n) >= MOST_ELEMENTS:
        raise ShapeError(
            f"{call}: {describe(shape)} elements are more than an array can have{of}. Give smaller "
            "sizes."
        )


def permutation(order: Sequence[int], fmt: str, ndim: int, call: str) -> Axes:
    """Check a permutation: complete, and of formatted data only among dimensions of one label."""
    axes = resolve_axes(tuple(order), fmt, ndim, call)
    if len(axes) != ndim:
        raise ValueError(f"{call}: the order {axes} does not name all {ndim} dimensions.")
    if fmt and any(fmt[axis] != label for axis, label in zip(axes, fmt, strict=True)):
        raise FormatError(
            f"{call}: dimensions of formatted data change places only among equal labels; got "
            f"order {axes} of "
            f"{quoted(fmt)}. Use stripdims first."
        )
    return axes


def transposed(fmt: str, ndim: int, call: str) -> None:
    """Check that data may be transposed: two dimensions, both U if labelled."""
    if ndim != 2 or fmt not in ("", "UU"):
        raise FormatError(
            f'{call}: only unformatted or "UU" data of 2 dimensions can be transposed; got '
            f"{quoted(fmt)} data of "
            f"{ndim} dimensions. Use stripdims first."
        )


def extended(fmt: str, ndim: int) -> str:
    """The format of data with further dimensions, which are U; unformatted data stay so."""
    return fmt + "U" * (ndim - len(fmt)) if fmt else ""


def squeezed(shape: Shape, fmt: str) -> tuple[Axes, str]:
    """The axes that squeeze keeps, and the format: sizes of 1 go, with their labels, from 3
    dimensions on.
    """
    if len(shape) <= 2:
        return tuple(range(len(shape))), fmt
    keep = [axis for axis, n in enumerate(shape) if n != 1]
    if all(n == 1 for n in shape[2:]):
        keep = [0, 1]
    labels = "".join(fmt[axis] for axis in keep) if fmt else ""
    missing = max(0, 2 - len(keep))
    return tuple(keep), labels + "U" * missing if fmt else ""


def concatenated(layouts: Sequence[tuple[Shape, str]], axis: int, call: str) -> str:
    """The format of a concatenation: that of the formatted operands, which must be the same; past
    the end adds U.
    """
    named = [fmt for _, fmt in layouts if fmt]
    if named and any(fmt != named[0] for fmt in named):
        lines = "\n".join(f"  {describe(shape, fmt)}" for shape, fmt in layouts)
        raise FormatError(
            f"{call}: formatted operands need the same format; got\n{lines}\nRelabel or strip them "
            "first."
        )
    fmt = named[0] if named else ""
    ndim = max(axis + 1, *(len(shape) for shape, _ in layouts))
    for number, (shape, _) in enumerate(layouts):
        for other in range(ndim):
            size = shape[other] if other < len(shape) else 1
            first = layouts[0][0][other] if other < len(layouts[0][0]) else 1
            if other != axis and size != first:
                raise ShapeError(
                    f"{call}: sizes differ along axis {other}: {describe(*layouts[0])} and, "
                    f"operand {number}, "
                    f"{describe(*layouts[number])}. Only the sizes along axis {axis} may differ."
                )
    return extended(fmt, ndim)


def stripped(fmt: str, wanted: str, call: str) -> tuple[Axes, Axes]:
    """`stripdims(X, wanted)`: the permutation of X's axes into that order, and the axes where sizes
    of 1 go in.
    """
    parse(wanted, call)
    order: list[int] = []
    added: list[int] = []
    left = {label: list(find(fmt, label)) for label in LABELS}
    for position, label in enumerate(wanted):
        if left[label]:
            order.append(left[label].pop(0))
        else:
            added.append(position)
    if len(order) != len(fmt):
        raise FormatError(
            f'{call}: the order "{wanted}" lacks labels of {quoted(fmt)} data. Name every label of '
            "the data in it."
        )
    return tuple(order), tuple(added)


def strip_operated(fmt: str, labels: str) -> str:
    """The format after dimensions with these labels are consumed; filled up with U to two
    labels.
    """
    rest = "".join(label for label in fmt if label not in labels)
    return rest + "U" * max(0, 2 - len(rest))
