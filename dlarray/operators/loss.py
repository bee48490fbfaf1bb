"""Losses as one sum over all elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..tape import Array, Direct, operator
from .elementwise import add, log, maximum, mul, neg, sub
from .reduce import total
from .shape import reshape


@operator
def crossentropy(y: Array, t: Array, *, multilabel: bool) -> Array:
    """-sum t ln y over all elements, with ``multilabel`` -sum t ln y + (1 - t) ln(1 - y); (1, 1).

    Probabilities y and targets t have one shape.  ln is of at least the smallest normal number;
    where y is below that the derivative is 0.
    """
    return kernels.crossentropy_forward(y, t, multilabel)


@crossentropy.backward(  # type: ignore[untyped-decorator]
    recordable=False, calls_kernels=False
)
def _(dl: Any, _total: Any, y: Any, t: Any, *, multilabel: bool) -> Any:
    return (
        lambda: crossentropy_grad(dl, y, t, multilabel=multilabel, of_targets=False),
        lambda: crossentropy_grad(dl, y, t, multilabel=multilabel, of_targets=True),
    )


@crossentropy.reference
def _(y: Any, t: Any, *, multilabel: bool) -> Any:
    elements = mul(t, _clipped_log(y))
    if multilabel:
        one = np.asarray(1, y.dtype)
        elements = add(elements, mul(sub(one, t), _clipped_log(sub(one, y))))
    axes = tuple(range(len(y.shape)))
    return neg(reshape(total(elements, axes=axes), shape=(1, 1)))


def _clipped_log(y: Any) -> Any:
    return log(maximum(y, np.asarray(np.finfo(y.dtype).tiny, y.dtype)))


@operator
def crossentropy_grad(
    dl: Array, y: Array, t: Array, *, multilabel: bool, of_targets: bool
) -> Array:
    """dl times the derivative of `crossentropy` by y, or by t; no derivative of its own."""
    return kernels.crossentropy_grad(dl, y, t, multilabel, of_targets=of_targets)


def _grad_directly(
    _dl: Array, _y: Array, _t: Array, *, multilabel: bool, of_targets: bool
) -> Direct:
    return Direct(
        lambda dl, y, t: kernels.crossentropy_grad(dl, y, t, multilabel, of_targets=of_targets)
    )


crossentropy_grad.direct = _grad_directly
