"""Operator calls as plans make them, where sizes and options are fixed.

Most operators bring their arguments into the order and shape that a kernel takes, and its results
back: views, each of which costs as much as a tenth of a small kernel call.  `Direct` names them
apart from the call, so that a plan leaves out those that undo each other: what one kernel wrote,
the next one reads as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from ..formats import Axes, Shape, inverse

TRANSPOSE, RESHAPE = "transpose", "reshape"  # the methods of an array, reshaping in C order

Step = tuple[str, tuple[int, ...]]
Steps = tuple[Step, ...]
Way = Callable[[Shape], Steps]  # from an array of this shape


class Direct(NamedTuple):
    """A call of the operator for arrays of the recorded sizes, without options.

    ``into`` leads from each argument of the operator to that of ``call``, and ``out`` from each
    result of the operator to that of ``call``; None, or nothing, where they are the same.  An array
    that a way leads to must not matter by its strides: views may differ in those of axes of size 1.
    """

    call: Callable[..., Any] | None  # None: the one argument, as ``into`` makes it
    into: tuple[Way | None, ...] = ()
    out: tuple[Way | None, ...] = ()
    elementwise: bool = False  # all arguments have one shape, and their order does not matter
    unused: tuple[int, ...] = ()  # the places of arguments that ``call`` does not get


def transposed(axes: Axes) -> Way:
    """The way that permutes axes."""
    return lambda _shape: ((TRANSPOSE, axes),)


def reshaped(to: Shape) -> Way:
    """The way that leads to this shape."""
    return lambda _shape: ((RESHAPE, to),)


def flattened(shape: Shape) -> Steps:
    """The way to one axis."""
    return ((RESHAPE, (prod(shape),)),)


def after(shape: Shape, steps: Steps) -> Shape:
    """The shape that steps lead to."""
    for kind, to in steps:
        shape = tuple([shape[axis] for axis in to]) if kind == TRANSPOSE else to
    return shape


def undone(shape: Shape, steps: Steps) -> Steps:
    """The steps from where others lead back to this shape."""
    back: list[Step] = []
    for kind, to in steps:
        back.append((TRANSPOSE, inverse(to)) if kind == TRANSPOSE else (RESHAPE, shape))
        shape = after(shape, ((kind, to),))
    return tuple(reversed(back))


def simplified(shape: Shape, steps: Steps) -> Steps:
    """Fewer steps from this shape that give the same array, but for strides."""
    found: list[tuple[Shape, Step]] = []  # with the shape that each starts from
    for kind, to in steps:
        while True:
            if kind == TRANSPOSE and _moves_ones(shape, to):
                kind, to = RESHAPE, tuple([shape[axis] for axis in to])
            if not found or found[-1][1][0] != kind:
                break
            shape, (_, before) = found.pop()
            if kind == TRANSPOSE:
                to = tuple([before[axis] for axis in to])
        if kind == TRANSPOSE or to != shape:
            found.append((shape, (kind, to)))
            shape = after(shape, ((kind, to),))
    return tuple([step for _, step in found])


def _moves_ones(shape: Shape, axes: Axes) -> bool:
    """Whether a permutation leaves the axes of other sizes than 1 in their order."""
    others = [axis for axis in axes if shape[axis] != 1]
    return others == sorted(others)
