"""`fullyconnect`: a weighted sum over the spatial and channel dimensions of each observation."""

from __future__ import annotations

from math import prod
from typing import Any

from .. import formats, operators
from ..array import described, dlarray, require_float, wrap
from ..formats import FormatError, ShapeError, describe
from ..kernels import Geometry
from ._formats import labelled, united

CALL = "fullyconnect"
_ONE_TAP = Geometry()


def fullyconnect(
    X: Any, weights: Any, bias: Any = None, *, DataFormat: str | None = None
) -> dlarray:
    """weights * x + bias for every observation, time step and U index, x being its S and C
    elements.

    Parameters
    ----------
    X : data; the S and C dimensions are flattened in column-major order, the first S fastest.
    weights : unformatted ``outputs × inputs``, or ``outputs × s1 × ... × channels``.
    bias : one number an output; None, 0 or an empty array for none.
    DataFormat : labels of an unformatted X; the result is then unformatted.

    Returns format C (size ``outputs``), then B and T as in X; "CU" where only C is left.

    Raises
    ------
    ShapeError : the weights' inputs differ from the product of the S and C sizes.

    Examples
    --------
    >>> X = dlarray(np.ones((4, 4, 3, 8)), "SSCB")
    >>> fullyconnect(X, np.ones((10, 48)), np.zeros((10, 1))).shape
    (10, 8)
    """
    x, restore = labelled(CALL, X, DataFormat)
    require_float(x, CALL)
    x, w, b = united(CALL, x, ("weights", "bias"), weights, bias, optional=1)
    inner = tuple(axis for axis, label in enumerate(x.fmt) if label in "SC")
    inputs, outputs = prod(x.shape[axis] for axis in inner), w.shape[0]
    if w.fmt:
        raise FormatError(
            f"{CALL}: weights must be unformatted; got {described(w)}. Use stripdims."
        )
    if w.size != outputs * inputs:
        raise ShapeError(
            f"{CALL}: the weights do not fit the data.\n  X:       {described(x)}, {inputs} inputs "
            "an observation\n"
            f"  weights: {described(w)}\nGive unformatted weights of size "
            f"{describe((outputs, inputs))}."
        )
    if b is not None and (b.size == 0 or (outputs != 1 and b.size == 1 and b._data.item() == 0)):
        b = None
    if b is not None and b.size != outputs:
        raise ShapeError(
            f"{CALL}: bias must have {outputs} elements, one an output; got {described(b)}."
        )
    rest = x.fmt.replace("S", "").replace("C", "")
    flat: Any = (
        operators.reshape(x, shape=(inputs, *x.shape[len(inner) :]))
        if x.fmt[: len(inner)] != "C"
        else x
    )
    if len(flat.shape) == 1:
        flat = operators.reshape(flat, shape=(inputs, 1))
    batch = tuple(axis for axis in formats.memory_order("C" + rest.ljust(1, "U")) if axis != 0)
    filters = operators.reshape(w, shape=(outputs, inputs, 1))
    y = operators.conv1d(flat, filters, b, x_axes=(*batch, 0), w_axes=(2, 1, 0), geometry=_ONE_TAP)
    return restore(wrap(y, "C" + rest.ljust(1, "U")))
