"""`crossentropy` and `indexcrossentropy`.

Logarithms are taken of at least the smallest normal number of the type, so that a loss is finite
where a probability is 0: -ln of it is 87 in single and 708 in double precision.  Below, the
derivative is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _calls, _checks, operators
from ...array import described, dlarray, require_float, require_label, wrap
from ...formats import ShapeError, insert, match
from ...operators.embed import class_index
from .._formats import constant, labelled, united
from ._common import Operands, Options, checked, loss, normalized, operands

MODES = ("single-label", "multilabel")
LEGACY_MODES = {"exclusive": "single-label", "independent": "multilabel"}

ENCODE = "Encode labels with onehotencode along the C dimension."


@_calls.explained
def crossentropy(
    Y: Any,
    targets: Any,
    weights: Any = None,
    *,
    ClassificationMode: str = "single-label",
    TargetCategories: str | None = None,
    Mask: Any = None,
    Reduction: str = "sum",
    NormalizationFactor: str = "batch-size",
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
) -> dlarray:
    """The cross-entropy of predicted probabilities and targets.

    ``-(1/N) sum w t ln y`` over all elements; with ClassificationMode="multilabel" ``-(1/N) sum w
    (t ln y + (1 - t) ln(1 - y))``.  Logarithms are taken of at least the smallest normal number, so
    that the loss stays finite.

    Parameters
    ----------
    Y : probabilities with a C dimension, as softmax gives them.
    targets : one-hot or probabilities, of the size of Y; formatted targets are matched by label,
        others by position.
    weights : class, observation or element weights, expanded against Y by their labels or those of
        WeightsFormat, others by position.
    Mask : numbers or logical, expanded against Y by label or position; multiplies the elements.
    ClassificationMode : "single-label", or "multilabel" where several classes may hold at once.
    Reduction : "sum", or "none" for the unreduced values in the format of Y.
    NormalizationFactor : what N is: "batch-size" (the size of B), "all-elements", "mask-included"
        (elements where Mask is not 0) or "none".
    TargetCategories : the older name of ClassificationMode: "exclusive" or "independent".
    DataFormat : labels of an unformatted Y, targets, weights and Mask.
    WeightsFormat : labels of unformatted weights, where they are others.

    Returns an unformatted 1×1 array; with Reduction="none" the elements, in the format of Y.

    Raises
    ------
    FormatError : Y has no C dimension, or no labels and DataFormat is not given.
    ShapeError : Y and the targets differ in size, or weights or Mask do not expand to it.
    TypeError : Y is logical, or an operand complex.
    ValueError : an option has another value than those above.

    Examples
    --------
    >>> Y = dlarray([[0.9, 0.2], [0.1, 0.8]], "CB")
    >>> round(crossentropy(Y, [[1, 0], [0, 1]]).item(), 6)
    0.164252
    """
    call = "crossentropy"
    options = Options(Mask, Reduction, NormalizationFactor, DataFormat, WeightsFormat)
    multilabel = _mode(call, ClassificationMode, TargetCategories) == "multilabel"
    o = operands(call, Y, targets, weights, options, ENCODE)
    require_label(o.y, "C", call)
    if o.reduced and o.weights is None and o.mask is None:
        return normalized(o, _total(o.y, o.t, multilabel))
    return loss(o, lambda y, t: _elements(y, t, multilabel))


def _mode(call: str, mode: str, categories: str | None) -> str:
    if categories is not None:
        return LEGACY_MODES[
            _checks.choice(call, "TargetCategories", categories, list(LEGACY_MODES))
        ]
    return _checks.choice(call, "ClassificationMode", mode, MODES)


def _total(y: dlarray, t: dlarray, multilabel: bool) -> dlarray:
    """The sum of the elements, 1×1."""
    return wrap(operators.crossentropy(y, t, multilabel=multilabel), "")


def _elements(y: dlarray, t: dlarray, multilabel: bool) -> dlarray:
    values = operators.mul(t, _log(y))
    if multilabel:
        one = np.asarray(1, y.dtype)
        rest = operators.mul(operators.sub(one, t), _log(operators.sub(one, y)))
        values = operators.add(values, rest)
    return wrap(operators.neg(values), y.fmt)


def _log(p: Any) -> Any:
    return operators.log(operators.maximum(p, np.asarray(np.finfo(p.dtype).tiny)))


@_calls.explained
def indexcrossentropy(
    Y: Any,
    targets: Any,
    weights: Any = None,
    *,
    Mask: Any = None,
    Reduction: str = "sum",
    NormalizationFactor: str = "batch-size",
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
    index_base: int = 0,
) -> dlarray:
    """The cross-entropy of predicted probabilities and the numbers of the true classes.

    ``-(1/N) sum w ln y[target]`` over all targets.  Logarithms are taken of at least the smallest
    normal number.

    Parameters
    ----------
    Y : probabilities with a C dimension, as softmax gives them.
    targets : whole numbers, of the size of Y with C of size 1, or labelled without C.
    weights : class, observation or element weights, expanded against Y by their labels or those of
        WeightsFormat, others by position; an element's is that of its target.
    Mask : numbers or logical, expanded against the targets by label or position; multiplies the
        elements.  Targets where it is 0 may be any number.
    Reduction : "sum", or "none" for the unreduced values in the format of Y, C of size 1.
    NormalizationFactor : what N is: "batch-size" (the size of B), "all-elements" (all targets),
        "mask-included" (targets where Mask is not 0) or "none".
    DataFormat : labels of an unformatted Y, targets, weights and Mask.
    WeightsFormat : labels of unformatted weights, where they are others.
    index_base : the number of the first class: 0, or 1 as in MATLAB.

    Returns an unformatted 1×1 array; with Reduction="none" the elements, in the format of Y with C
    of size 1.

    Raises
    ------
    FormatError : Y has no C dimension, or no labels and DataFormat is not given.
    ShapeError : the targets do not have the size of Y beside C, or weights or Mask do not expand.
    TypeError : Y is logical, or an operand complex.
    ValueError : a target is not the number of a class, or an option has another value than those
        above.

    Examples
    --------
    >>> Y = dlarray([[0.9, 0.2], [0.1, 0.8]], "CB")
    >>> round(indexcrossentropy(Y, [[0, 1]]).item(), 6)
    0.164252
    """
    call = "indexcrossentropy"
    options = Options(Mask, Reduction, NormalizationFactor, DataFormat, WeightsFormat)
    o, index, channel = _index_operands(call, Y, targets, weights, options, index_base)
    picked = operators.pick(o.y, index, axis=channel)
    if o.weights is not None and o.weights.shape[channel] != 1:
        wide = operators.expand(o.weights, shape=o.y.shape)
        o = o._replace(weights=wrap(operators.pick(wide, index, axis=channel), o.y.fmt))
    return loss(o, lambda y, _: wrap(operators.neg(_log(picked)), y.fmt))


def _index_operands(
    call: str, Y: Any, targets: Any, weights: Any, options: Options, index_base: Any
) -> tuple[Operands, Any, int]:
    """Operands of `indexcrossentropy`, the targets as integers from 0, and the axis of C."""
    y, restore = labelled(call, Y, options.DataFormat, "Y")
    require_float(y, call)
    channel = require_label(y, "C", call)
    y, w, mask = united(
        call, y, ("weights", "Mask"), weights, options.Mask, optional=2, logical=True
    )
    # targets keep their type: single precision does not hold every integer
    t = _index_targets(call, y, constant(call, "targets", targets), options.DataFormat)
    o = checked(call, y, t, w, mask, options, restore, of="targets")
    index = class_index(
        t,
        o.mask,
        base=_checks.index_base(call, index_base),
        n=y.shape[channel],
        what=f"{call}: targets",
        advice="Classes count from index_base, 0 by default.",
    )
    return o, index, channel


def _index_targets(call: str, y: dlarray, targets: dlarray, fmt: str | None) -> dlarray:
    """Targets with the labels of y, C of size 1."""
    channel = y.fmt.find("C")
    wanted = (*y.shape[:channel], 1, *y.shape[channel + 1 :])
    t = targets
    if not t.fmt and t.ndim <= y.ndim:
        t = dlarray(t, fmt or y.fmt)
    expansion = match(y.fmt, y.ndim, t.fmt, t.ndim)
    wide = insert(t.shape, expansion.insert_b)[: y.ndim]
    if not t.fmt or expansion.fmt[: y.ndim] != y.fmt or wide != wanted:
        raise ShapeError(
            f"{call}: targets must have the size of Y with one channel.\n  Y:       {described(y)}"
            f"\n  targets: {described(targets)}\n"
            "Give the number of the class for each of the other indices, or one-hot targets to "
            "crossentropy."
        )
    return wrap(t if t.shape == wide else operators.reshape(t, shape=wide), y.fmt)
