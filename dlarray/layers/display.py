"""How layers print: one with its properties, several as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _console
from ..array import dlarray, underlyingType
from .properties import Learnable, Option, State

if TYPE_CHECKING:
    from .layer import Layer


def value_text(value: Any) -> str:
    """A property's value as MATLAB prints it."""
    if value is None:
        return "[]"
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return _number_text(float(value))
    if isinstance(value, (dlarray, np.ndarray)):
        return _array_text(value)
    if isinstance(value, tuple) and len(value) == 1:
        return value_text(value[0])
    if isinstance(value, (list, tuple)):
        if all(isinstance(part, str) for part in value):
            return "{" + " ".join(f"'{part}'" for part in value) + "}"
        return "[" + " ".join(value_text(part) for part in value) + "]"
    if callable(value):
        return f"@{getattr(value, '__name__', type(value).__name__)}"
    return f"[1×1 {type(value).__name__}]"


def _number_text(value: float) -> str:
    if not math.isfinite(value):
        return _console.number(value)
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e5 else f"{value:.4e}"


def _array_text(value: Any) -> str:
    if value.size == 1:
        return _number_text(float(value.item()))
    kind = (
        underlyingType(value)
        if isinstance(value, dlarray)
        else {"f4": "single", "f8": "double"}.get(value.dtype.str[1:], str(value.dtype))
    )
    return f"[{'×'.join(map(str, value.shape))} {kind}]"


def layer_text(layer: Layer) -> str:
    """The display of one layer, in groups of right-aligned properties."""
    options = list(type(layer).declared(Option))
    groups: list[tuple[str, list[str]]] = [
        ("", ["Name", *(name for name, option in options if option.group == "first")]),
        ("Hyperparameters", [name for name, option in options if option.group == "hyper"]),
        ("Learnable Parameters", [name for name, _ in type(layer).declared(Learnable)]),
        ("State Parameters", [name for name, _ in type(layer).declared(State)]),
    ]
    hidden = layer.hidden_properties()
    shown = [(title, [name for name in names if name not in hidden]) for title, names in groups]
    width = max(len(name) for _, names in shown for name in names) + 4
    lines = ["", f"  {type(layer).__name__} with properties:"]
    for title, names in shown:
        if names:
            lines.append("")
            lines += [f"   {title}"] if title else []
            lines += [f"{name:>{width}}: {value_text(getattr(layer, name))}" for name in names]
    if any(names for title, names in shown if title.endswith("Parameters")):
        lines += ["", "  Show all properties"]
    return "\n".join([*lines, ""])


def line_text(layer: Layer) -> str:
    """What a listing says of a layer: its description, or what it says of itself."""
    return layer.Description or layer.summaryText()


class LayerArray(list["Layer"]):
    """Layers of a network; prints as MATLAB's layer arrays do.

    Examples
    --------
    >>> LayerArray([reluLayer(Name="relu"), softmaxLayer()])
      2×1 Layer array with layers:
    <BLANKLINE>
         1   'relu'   ReLU      ReLU
         2   ''       Softmax   softmax
    """

    def __repr__(self) -> str:
        return array_text(self)


def array_text(layers: Sequence[Layer]) -> str:
    """The listing of several layers: number, name, type, description."""
    names = [f"'{layer.Name}'" for layer in layers]
    types = [layer.Type or type(layer).__name__ for layer in layers]
    name_width = max((len(name) for name in names), default=0)
    type_width = max((len(kind) for kind in types), default=0)
    rows = [
        f"{i + 1:>6}   {name:<{name_width}}   {kind:<{type_width}}   {line_text(layer)}"
        for i, (name, kind, layer) in enumerate(zip(names, types, layers, strict=True))
    ]
    return "\n".join([f"  {len(layers)}×1 Layer array with layers:", "", *rows])
