"""Losses of a distance: `mse`, `l2loss`, `l1loss`, `huber`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _calls, _checks, operators
from ...array import dlarray, wrap
from ._common import Options, loss, operands

ADVICE = "Give one target for each element of Y."


@_calls.explained
def mse(Y: Any, targets: Any, *, DataFormat: str | None = None) -> dlarray:
    """Half the mean squared error: ``1/(2N) sum (y - t)^2``, N the number of observations.

    N is the size of B, 1 without one; neither channels nor time steps are divided by.  For the mean
    over all elements use `l2loss` with NormalizationFactor="all-elements".

    Parameters
    ----------
    Y : predictions of any format.
    targets : of the size of Y; formatted ones are matched by label, others by position.
    DataFormat : labels of an unformatted Y.

    Returns an unformatted 1×1 array.

    Raises
    ------
    FormatError : Y has no labels and DataFormat is not given, or a label is wrong.
    ShapeError : Y and the targets differ in size.
    TypeError : Y is logical, or an operand complex.

    Examples
    --------
    >>> mse(dlarray([[1.0, 2.0], [3.0, 6.0]], "CB"), np.ones((2, 2))).item()
    7.5
    """
    options = Options(None, "sum", "batch-size", DataFormat, None)
    return loss(operands("mse", Y, targets, None, options, ADVICE), _squares) / 2


@_calls.explained
def l2loss(
    Y: Any,
    targets: Any,
    weights: Any = None,
    *,
    Mask: Any = None,
    Reduction: str = "sum",
    NormalizationFactor: str = "batch-size",
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
) -> dlarray:
    """The sum of squared differences: ``(1/N) sum w (y - t)^2``, not halved.

    Parameters
    ----------
    Y : predictions of any format.
    targets : of the size of Y; formatted ones are matched by label, others by position.
    weights : expanded against Y by their labels or those of WeightsFormat, others by position.
    Mask : numbers or logical, expanded against Y by label or position; multiplies the elements.
    Reduction : "sum", or "none" for the unreduced values in the format of Y.
    NormalizationFactor : what N is: "batch-size" (the size of B), "all-elements", "mask-included"
        (elements where Mask is not 0) or "none".
    DataFormat : labels of an unformatted Y, targets, weights and Mask.
    WeightsFormat : labels of unformatted weights, where they are others.

    Returns an unformatted 1×1 array; with Reduction="none" the elements, in the format of Y.

    Raises
    ------
    FormatError : Y has no labels and DataFormat is not given, or a label is wrong.
    ShapeError : Y and the targets differ in size, or weights or Mask do not expand to it.
    TypeError : Y is logical, or an operand complex.
    ValueError : an option has another value than those above.

    Examples
    --------
    >>> Y = dlarray([[1.0, 2.0], [3.0, 6.0]], "CB")
    >>> l2loss(Y, np.ones((2, 2))).item()
    15.0
    >>> l2loss(Y, np.ones((2, 2)), Mask=[[1, 1], [1, 0]], NormalizationFactor="none").item()
    5.0
    """
    options = Options(Mask, Reduction, NormalizationFactor, DataFormat, WeightsFormat)
    return loss(operands("l2loss", Y, targets, weights, options, ADVICE), _squares)


@_calls.explained
def l1loss(
    Y: Any,
    targets: Any,
    weights: Any = None,
    *,
    Mask: Any = None,
    Reduction: str = "sum",
    NormalizationFactor: str = "batch-size",
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
) -> dlarray:
    """The sum of absolute differences: ``(1/N) sum w |y - t|``; the derivative at 0 is 0.

    Arguments, options, result and errors are those of `l2loss`.

    Examples
    --------
    >>> l1loss(dlarray([[1.0, 2.0], [3.0, 6.0]], "CB"), np.ones((2, 2))).item()
    4.0
    """
    options = Options(Mask, Reduction, NormalizationFactor, DataFormat, WeightsFormat)
    return loss(operands("l1loss", Y, targets, weights, options, ADVICE), _absolute)


@_calls.explained
def huber(
    Y: Any,
    targets: Any,
    weights: Any = None,
    *,
    TransitionPoint: float = 1.0,
    Mask: Any = None,
    Reduction: str = "sum",
    NormalizationFactor: str = "batch-size",
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
) -> dlarray:
    """A square near 0 and a line beyond: ``(1/N) sum w h(y - t)``.

    With d = TransitionPoint, h(e) is ``e^2 / 2`` where ``|e| <= d`` and ``d |e| - d^2 / 2``
    elsewhere.

    Parameters
    ----------
    TransitionPoint : where the line begins; above 0.

    Further arguments, options, result and errors are those of `l2loss`.

    Examples
    --------
    >>> huber(dlarray([1.5, 5.0], "C"), [1.0, 1.0]).item()
    3.625
    """
    options = Options(Mask, Reduction, NormalizationFactor, DataFormat, WeightsFormat)
    point = _checks.positive("huber", "TransitionPoint", TransitionPoint)
    o = operands("huber", Y, targets, weights, options, ADVICE)
    return loss(o, lambda y, t: _huber(y, t, point))


def _squares(y: dlarray, t: dlarray) -> dlarray:
    e = operators.sub(y, t)
    return wrap(operators.mul(e, e), y.fmt)


def _absolute(y: dlarray, t: dlarray) -> dlarray:
    return wrap(operators.absolute(operators.sub(y, t)), y.fmt)


def _huber(y: dlarray, t: dlarray, point: float) -> dlarray:
    """c (e - c/2) with c the difference e cut off at both points: smooth at 0, as |e| is not."""
    high, low, half = (np.asarray(v, y.dtype) for v in (point, -point, 0.5))
    e = operators.sub(y, t)
    c = operators.maximum(operators.minimum(e, high), low)
    return wrap(operators.mul(c, operators.sub(e, operators.mul(c, half))), y.fmt)
