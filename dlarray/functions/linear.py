"""`fullyconnect`: a weighted sum over the spatial and channel dimensions of each observation."""

from __future__ import annotations

from math import prod
from typing import Any

from .. import _calls, formats, operators
from ..array import described, dlarray, require_float, wrap
from ..formats import FormatError, ShapeError, describe
from ..kernels import Geometry
from ..tape import decides
from ._formats import labelled, united
from .window import no_memory

CALL = "fullyconnect"
_ONE_TAP = (Geometry(),)


@_calls.explained
def fullyconnect(
    X: Any,
    weights: Any,
    bias: Any = None,
    *,
    DataFormat: str | None = None,
    WeightsFormat: str | None = None,
) -> dlarray:
    """weights * x + bias for every observation, time step and U index, x being its S and C
    elements.

    Parameters
    ----------
    X : data; the S and C dimensions are flattened in column-major order, the first S fastest.
    weights : unformatted ``outputs × inputs``, or ``outputs × s1 × ... × channels``; or labelled,
        C for the outputs and S or U for the inputs, in their order.
    bias : one number an output; None, 0 or an empty array for none.
    DataFormat : labels of an unformatted X; the result is then unformatted.
    WeightsFormat : labels of unformatted weights, in any order, such as "UC" for ``inputs ×
        outputs``.

    Returns format C (size ``outputs``), then B, T and U as in X; "CU" where only C is left.

    Raises
    ------
    ShapeError : the weights' inputs differ from the product of the S and C sizes.
    FormatError : labels of the weights without C, or with B or T.

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
    matrix = _matrix(x, w, WeightsFormat, prod(x.shape[axis] for axis in inner))
    outputs, inputs = matrix.shape
    if b is not None and outputs != 1 and b.size == 1:
        decides(f"{CALL}, by a bias of one number,", b._data)
    if b is not None and (b.size == 0 or (outputs != 1 and b.size == 1 and b._data.item() == 0)):
        b = None
    if b is not None and b.size != outputs:
        raise ShapeError(
            f"{CALL}: bias must have {outputs} elements, one an output; got {described(b)}."
        )
    rest = x.fmt.replace("S", "").replace("C", "")
    flat: Any = x
    if x.fmt[: len(inner)] != "C":
        flat = operators.reshape(x, shape=(inputs, *x.shape[len(inner) :]))
    if len(flat.shape) == 1:
        flat = operators.reshape(flat, shape=(inputs, 1))
    batch = tuple(axis for axis in formats.memory_order("C" + rest.ljust(1, "U")) if axis != 0)
    filters = operators.reshape(matrix, shape=(outputs, inputs, 1))
    axes: dict[str, Any] = {"x_axes": (*batch, 0), "w_axes": (2, 1, 0)}
    fmt = "C" + rest.ljust(1, "U")
    try:
        y = operators.conv(flat, filters, b, geometry=_ONE_TAP, **axes)
    except MemoryError:
        raise no_memory(CALL, fmt, flat.shape, (outputs, *flat.shape[1:])) from None
    return restore(wrap(y, fmt))


def _matrix(x: dlarray, weights: dlarray, fmt: str | None, inputs: int) -> Any:
    """The weights as outputs × inputs."""
    if weights.fmt and fmt:
        raise FormatError(
            f'{CALL}: weights are "{weights.fmt}" already; WeightsFormat="{fmt}" is for '
            "unformatted data. Leave WeightsFormat out."
        )
    w: Any = dlarray(weights, fmt) if fmt else weights
    if w.fmt:
        if "C" not in w.fmt or "B" in w.fmt or "T" in w.fmt:
            raise FormatError(
                f"{CALL}: labels of weights are C for the outputs and S or U for the inputs; got "
                f"{described(w)}. Use stripdims for outputs × inputs."
            )
        channel = w.fmt.index("C")
        order = (channel, *(axis for axis in range(w.ndim) if axis != channel))
        w = operators.permute(w, order=order)
    outputs = w.shape[0]
    if prod(w.shape[1:]) != inputs:
        raise ShapeError(
            f"{CALL}: the weights do not fit the data.\n  X:       {described(x)}, {inputs} inputs "
            f"an observation\n  weights: {described(weights)}\nGive unformatted weights of size "
            f"{describe((outputs, inputs))}."
        )
    return operators.reshape(w, shape=(outputs, inputs))
