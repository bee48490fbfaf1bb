"""`crossentropy`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _checks, array, operators
from ..array import described, dlarray, require_float, require_label, wrap
from ..formats import FormatError, ShapeError, broadcast, trim
from ._formats import labelled, united

MODES = ("single-label", "multilabel")
LEGACY_MODES = {"exclusive": "single-label", "independent": "multilabel"}
FACTORS = ("batch-size", "all-elements", "mask-included", "none")


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
    Reduction : "sum", or "none" for the unreduced values in the format of Y.
    NormalizationFactor : what N is: "batch-size", "all-elements", "mask-included" (unmasked
        elements) or "none".
    TargetCategories : the older name of ClassificationMode: "exclusive" or "independent".

    Returns an unformatted 1×1 array.

    Raises
    ------
    ShapeError : Y and the targets differ in size.

    Examples
    --------
    >>> Y = dlarray([[0.9, 0.2], [0.1, 0.8]], "CB")
    >>> round(crossentropy(Y, [[1, 0], [0, 1]]).item(), 6)
    0.164252
    """
    call = "crossentropy"
    y, restore = labelled(call, Y, DataFormat, "Y")
    require_float(y, call)
    require_label(y, "C", call)
    names = ("targets", "weights", "Mask")
    y, t, w, mask = united(call, y, names, targets, weights, Mask, optional=2)
    t = _matched(call, y, t, DataFormat)
    mode = _mode(call, ClassificationMode, TargetCategories)
    factor = _normalization(call, NormalizationFactor, y, mask)
    reduced = _checks.choice(call, "Reduction", Reduction, ("sum", "none")) == "sum"
    if reduced and w is None and mask is None:
        return wrap(operators.crossentropy(y, t, multilabel=mode == "multilabel"), "") / factor
    tiny = np.finfo(y.dtype).tiny
    elements = t * array.log(array.max(y, tiny))
    if mode == "multilabel":
        elements = elements + (1 - t) * array.log(array.max(1 - y, tiny))
    if w is not None:
        elements = elements * _expanding(call, "weights", w, WeightsFormat or DataFormat, y)
    if mask is not None:
        elements = elements * _expanding(call, "Mask", mask, DataFormat, y)
    if not reduced:
        return restore(-elements)
    return wrap(-array.reshape(array.sum(elements, "all"), 1, 1) / factor, "")


def _mode(call: str, mode: str, categories: str | None) -> str:
    if categories is not None:
        return LEGACY_MODES[
            _checks.choice(call, "TargetCategories", categories, list(LEGACY_MODES))
        ]
    return _checks.choice(call, "ClassificationMode", mode, MODES)


def _matched(call: str, y: dlarray, targets: dlarray, fmt: str | None) -> dlarray:
    """Targets with the labels of y and its size; unformatted ones have their dimensions in the
    order of ``fmt``, or of y.
    """
    t = targets
    if not t.fmt and t.ndim <= y.ndim:
        t = dlarray(t, fmt or y.fmt)
    if t.shape != y.shape or t.fmt != y.fmt:
        raise ShapeError(
            f"{call}: predictions and targets differ in size.\n  Y:       {described(y)}\n  "
            f"targets: {described(targets)}\n"
            "Encode labels with onehotencode along the C dimension."
        )
    return t


def _expanding(call: str, name: str, value: dlarray, fmt: str | None, y: dlarray) -> dlarray:
    """Weights or a mask, which expand to the size of y."""
    x = dlarray(value, fmt) if fmt and not value.fmt else value
    try:
        expansion, shape = broadcast(y.shape, y.fmt, x.shape, x.fmt, call)
        fits = trim(expansion.fmt, shape) == (y.fmt, y.shape)
    except (FormatError, ShapeError):
        fits = False
    if not fits:
        raise ShapeError(
            f"{call}: {name} must expand to the size of Y.\n  Y: {described(y)}\n  {name}: "
            f"{described(value)}\nGive dimensions of Y with its sizes, or 1."
        )
    return x


def _normalization(call: str, factor: str, y: dlarray, mask: dlarray | None) -> float:
    kind = _checks.choice(call, "NormalizationFactor", factor, FACTORS)
    if kind == "none":
        return 1.0
    if kind == "all-elements":
        return float(y.size)
    if kind == "mask-included":
        if mask is None or mask.size == 0:
            return float(y.size)
        return float(np.count_nonzero(mask._data) * (y.size // mask.size))  # it repeats evenly
    batch = y.fmt.find("B")
    return float(y.shape[batch]) if batch >= 0 else 1.0
