"""What layers check of a call and of the data that they are made for."""

from __future__ import annotations

from typing import Any

from ..array import described, dlarray
from ..formats import FormatError, ShapeError, describe, networkDataLayout
from .layer import Layer
from .properties import Learnable


def require_labels(layer: Layer, X: Any) -> None:
    """Raise unless the data are a formatted dlarray."""
    rule = f'{layer.call}: the data must be a formatted dlarray, such as dlarray(data, "CBT")'
    if not isinstance(X, dlarray):
        raise TypeError(
            f"{rule}; got {type(X).__name__}. A dlnetwork also takes arrays: predict(net, data)."
        )
    if not X.fmt:
        raise FormatError(f"{rule}; got {described(X)}.")


def require_parameters(layer: Layer) -> None:
    """Raise unless every learnable parameter is set."""
    for name, _ in type(layer).declared(Learnable):
        if getattr(layer, name) is None:
            raise ValueError(
                f"{layer.call}: {name} is not set: a network initializes its layers. Put the layer "
                f"in dlnetwork, or set {name}."
            )


def require_fit(layer: Layer, layout: networkDataLayout) -> None:
    """Raise unless parameters that are set have the size that they must have for these data."""
    for name, parameter in type(layer).declared(Learnable):
        value = getattr(layer, name)
        if value is None:
            continue
        try:
            parameter.checked(layer, value)
        except ShapeError as error:
            raise ShapeError(
                f"{error} The data are {describe(layout.Size, layout.Format)}; give {name} of this "
                "size, or None to initialize it."
            ) from None
