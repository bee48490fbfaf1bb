"""`layernorm`."""

from __future__ import annotations

from typing import Any

from .. import _checks, formats, operators
from ..array import described, dlarray, require_float, require_label, wrap
from ..formats import ShapeError
from ._formats import labelled, united

OPERATION_DIMENSIONS = ("auto", "channel-only", "spatial-channel", "batch-excluded")


def layernorm(
    X: Any,
    offset: Any,
    scaleFactor: Any,
    *,
    DataFormat: str | None = None,
    Epsilon: float = 1e-5,
    OperationDimension: str = "auto",
) -> dlarray:
    """Normalize each observation to mean 0 and variance 1, then scale and shift by channel.

    ``scaleFactor * (x - mean) / sqrt(var + Epsilon) + offset`` with the biased variance.

    Parameters
    ----------
    X : data with a C dimension.
    offset, scaleFactor : one number a channel.
    OperationDimension : over which dimensions mean and variance are taken: "channel-only",
        "spatial-channel", "batch-excluded" (all but B, the rule before R2023a) or "auto": the
        channels of features, sequences and 1-D images, all but B for images of two and three
        dimensions.

    Returns the format of X.

    Raises
    ------
    FormatError : no C dimension.
    ShapeError : offset or scaleFactor have another number of elements than X has channels.

    Examples
    --------
    >>> Y = layernorm(dlarray([1.0, 2.0, 4.0], "C"), np.zeros(3), np.ones(3))
    >>> Y.extractdata().ravel().round(6)
    array([-1.069042, -0.26726 ,  1.336302])
    """
    call = "layernorm"
    x, restore = labelled(call, X, DataFormat)
    require_float(x, call)
    channel = require_label(x, "C", call)
    epsilon = _checks.number(call, "Epsilon", Epsilon, 0, above=True)
    mode = _checks.choice(call, "OperationDimension", OperationDimension, OPERATION_DIMENSIONS)
    if mode == "auto":
        mode = "batch-excluded" if x.fmt.count("S") > 1 else "channel-only"
    x, *parameters = united(call, x, ("offset", "scaleFactor"), offset, scaleFactor)
    for name, p in zip(("offset", "scaleFactor"), parameters, strict=True):
        if p.size != x.shape[channel]:
            raise ShapeError(
                f"{call}: {name} must have one element for each of {x.shape[channel]} channels; "
                f"got {described(p)}."
            )
    joined = {"channel-only": "", "spatial-channel": "S", "batch-excluded": "STU"}[mode]
    order = [axis for axis in formats.memory_order(x.fmt) if axis != channel]
    inner = tuple(axis for axis in order if x.fmt[axis] in joined)
    outer = tuple(axis for axis in order if x.fmt[axis] not in joined)
    y = operators.layernorm(
        x, *parameters, outer=outer, inner=inner, channel=channel, epsilon=epsilon
    )
    return restore(wrap(y, x.fmt))
