"""What losses have in common: targets that match, weights and masks that expand, the reduction.

A loss is ``sum(weights * Mask * elements) / N``, an unformatted 1×1 array; the elements are a
function of predictions and targets of one size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ... import _checks, array, operators
from ...array import described, dlarray, require_float, wrap
from ...formats import FormatError, ShapeError, broadcast, insert, trim
from ...operators.masks import count_nonzero
from .._formats import Restore, labelled, united

FACTORS = ("batch-size", "all-elements", "mask-included", "none")
REDUCTIONS = ("sum", "none")


class Options(NamedTuple):
    """The options of every loss, as the user gave them."""

    Mask: Any
    Reduction: str
    NormalizationFactor: str
    DataFormat: str | None
    WeightsFormat: str | None


class Operands(NamedTuple):
    """Formatted predictions, targets, weights and mask of one type, and checked options."""

    call: str
    y: dlarray
    t: dlarray
    weights: dlarray | None
    mask: dlarray | None
    reduced: bool
    factor: str
    restore: Restore


def operands(
    call: str, Y: Any, targets: Any, weights: Any, options: Options, advice: str
) -> Operands:
    """Operands of a loss whose targets have the size of Y; ``advice`` ends the error if not."""
    y, restore = labelled(call, Y, options.DataFormat, "Y")
    require_float(y, call)
    names = ("targets", "weights", "Mask")
    y, t, w, mask = united(call, y, names, targets, weights, options.Mask, optional=2, logical=True)
    t = matched(call, y, t, options.DataFormat, advice)
    return checked(call, y, t, w, mask, options, restore)


def checked(
    call: str,
    y: dlarray,
    t: dlarray,
    weights: dlarray | None,
    mask: dlarray | None,
    options: Options,
    restore: Restore,
    of: str = "Y",
) -> Operands:
    """Operands whose weights expand to Y, the mask to Y or to the targets, and checked options."""
    reduced, factor = reduction(call, options)
    w = weights
    if w is not None:
        w = expanding(call, "weights", w, options.WeightsFormat or options.DataFormat, y)
    if mask is not None:
        mask = expanding(call, "Mask", mask, options.DataFormat, y if of == "Y" else t, of)
    return Operands(call, y, t, w, mask, reduced, factor, restore)


def reduction(call: str, options: Options) -> tuple[bool, str]:
    """Whether the elements are summed, and by what the sum is divided."""
    kind = _checks.choice(call, "Reduction", options.Reduction, REDUCTIONS)
    factor = _checks.choice(call, "NormalizationFactor", options.NormalizationFactor, FACTORS)
    return kind == "sum", factor


def loss(o: Operands, elements: Callable[[dlarray, dlarray], dlarray]) -> dlarray:
    """The loss whose elements are this function of Y and the targets."""
    values = weighted(o, elements(o.y, o.t))
    return normalized(o, total(values)) if o.reduced else o.restore(values)


def weighted(o: Operands, values: dlarray) -> dlarray:
    """The elements times weights and mask."""
    for factor in (o.weights, o.mask):
        values = values if factor is None else values * factor
    return values


def total(values: dlarray) -> dlarray:
    """The sum of the elements, 1×1 and unformatted."""
    return wrap(array.reshape(array.sum(values, "all"), 1, 1), "")


def normalized(o: Operands, value: dlarray) -> dlarray:
    """The sum divided by N, as NormalizationFactor counts it for targets ``o.t``."""
    if o.factor == "none":
        return value
    if o.factor == "all-elements" or (o.factor == "mask-included" and o.mask is None):
        return value / float(o.t.size)
    if o.factor == "mask-included":
        assert o.mask is not None
        times = o.t.size // o.mask.size if o.mask.size else 1  # it repeats evenly
        count = count_nonzero(o.mask, times=times, dtype=value.dtype)
        return wrap(operators.div(value, count), "")
    batch = o.y.fmt.find("B")
    return value / float(o.y.shape[batch]) if batch >= 0 else value


def matched(call: str, y: dlarray, targets: dlarray, fmt: str | None, advice: str) -> dlarray:
    """Targets with the labels of y and its size; unformatted ones have their dimensions in the
    order of ``fmt``, or of y.
    """
    t = targets
    if not t.fmt and t.ndim <= y.ndim:
        t = dlarray(t, fmt or y.fmt)
    if t.shape != y.shape or t.fmt != y.fmt:
        raise ShapeError(
            f"{call}: predictions and targets differ in size.\n  Y:       {described(y)}\n  "
            f"targets: {described(targets)}\n{advice}"
        )
    return t


def expanding(
    call: str, name: str, value: dlarray, fmt: str | None, y: dlarray, of: str = "Y"
) -> dlarray:
    """Weights or a mask with the rank of y, which expand to its size."""
    x = dlarray(value, fmt) if fmt and not value.fmt else value
    try:
        expansion, shape = broadcast(y.shape, y.fmt, x.shape, x.fmt, call)
        fits = trim(expansion.fmt, shape) == (y.fmt, y.shape)
    except (FormatError, ShapeError):
        fits = False
    if not fits:
        raise ShapeError(
            f"{call}: {name} must expand to the size of {of}.\n  {of}: {described(y)}\n  {name}: "
            f"{described(value)}\nGive dimensions of {of} with its sizes, or 1."
        )
    wide = insert(x.shape, expansion.insert_b)[: y.ndim]
    return wrap(x if wide == x.shape else operators.reshape(x, shape=wide), y.fmt)
