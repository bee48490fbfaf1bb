"""Loss functions by name, as `trainnet` defines them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _checks
from ..array import described, dlarray
from ..formats import ShapeError
from ..functions import crossentropy
from ..tape import GradientError, is_traced

Loss = Callable[[dlarray, dlarray], dlarray]

UNBUILT = (
    "index-crossentropy",
    "binary-crossentropy",
    "mse",
    "mean-squared-error",
    "l2loss",
    "mae",
    "mean-absolute-error",
    "l1loss",
    "huber",
)


def parse_loss(call: str, loss: Any) -> tuple[Loss, bool]:
    """The function of (Y, T), and whether integer targets are class labels to it."""
    if callable(loss):
        return _checked(call, loss), False
    _checks.choice(call, "lossFcn", loss, ("crossentropy",), UNBUILT, other="a function of (Y, T)")
    return _crossentropy, True


def _crossentropy(Y: dlarray, T: dlarray) -> dlarray:
    """-sum(T log Y) / M, with M the number of elements of Y beside its channels."""
    axis = Y.fmt.find("C")
    channels = Y.shape[axis] if axis >= 0 else 1
    if T.shape != Y.shape:
        raise ShapeError(
            'trainnet: "crossentropy" needs one output channel for each class.\n  network output: '
            f"{described(Y)}\n"
            f"  targets:        {described(T)}\nThe last fully connected layer gives the number of "
            "channels."
        )
    return crossentropy(Y, T, NormalizationFactor="all-elements") * channels


def _checked(call: str, function: Callable[..., Any]) -> Loss:
    """A user's loss whose result is checked."""

    def loss(Y: dlarray, T: dlarray) -> dlarray:
        value = function(Y, T)
        if not isinstance(value, dlarray) or value.size != 1:
            got = described(value) if isinstance(value, dlarray) else type(value).__name__
            raise GradientError(
                f"{call}: the loss function must return a dlarray of one element; it returned "
                f"{got}."
            )
        if is_traced(Y) and not is_traced(value):
            raise GradientError(
                f"{call}: the loss does not depend on the network's output: it was computed "
                "without trace. Use functions of "
                "dlarray on Y, not extractdata."
            )
        return value

    return loss
