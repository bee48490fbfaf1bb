"""Initialization: sizes travel from the inputs through the layers, and each sets its unset
parameters.

A layer's output sizes come from calling its `propagate`, by default `predict`, on zeros.  Nothing
is compiled or computed for that: kernels are off (`kernels.dry_run`) and give zeros of the right
size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import kernels
from ..array import dlarray
from ..formats import networkDataLayout
from ..layers import Layer, Learnable
from . import run
from .schedule import naming

if TYPE_CHECKING:
    from .network import dlnetwork


UNKNOWN_STEPS = (
    1024  # time steps to initialize with where the length is unknown: room for long filters
)


def input_layouts(net: dlnetwork, inputs: Sequence[Any]) -> list[networkDataLayout]:
    """The layouts of the network's inputs: from its input layers, else from dlarrays or layouts
    given.
    """
    given = [_layout(value) for value in inputs]
    names = net.InputNames
    layers = {layer.Name: layer for layer in net._layers}
    open_inputs = [name for name in names if layers[name.split("/")[0]].InputNames]
    if given and len(given) not in (len(names), len(open_inputs)):
        raise ValueError(
            f"initialize: the network has {len(names)} inputs, {names}; got {len(given)} example "
            "inputs. Give one for each."
        )
    if not given and open_inputs:
        raise ValueError(
            f"initialize: input '{open_inputs[0]}' has no input layer, so its sizes are not known. "
            "Give a formatted dlarray or "
            "a networkDataLayout for it, or begin the network with an input layer."
        )
    own = {name: _own_layout(layers[name]) for name in names if name not in open_inputs}
    if len(given) == len(names):
        return given
    rest = iter(given)
    return [own[name] if name in own else next(rest) for name in names]


def _own_layout(layer: Layer) -> networkDataLayout:
    layout = layer.inputLayout()
    if layout is None:
        raise ValueError(f"{layer.call}: an input layer must tell its inputLayout.")
    return layout


def _layout(value: Any) -> networkDataLayout:
    if isinstance(value, networkDataLayout):
        return value
    if isinstance(value, dlarray) and value.fmt:
        return networkDataLayout(value.shape, value.fmt)
    raise TypeError(
        "initialize: an example input is a formatted dlarray or a networkDataLayout; got "
        f"{type(value).__name__}. Label it, for "
        'example dlarray(data, "CBT").'
    )


def initialized_layers(net: dlnetwork, layouts: Sequence[networkDataLayout]) -> list[Layer]:
    """Copies of the layers with their parameters set."""
    slots: dict[int, Any] = {
        slot: _zeros(layout)
        for (_, slot), layout in zip(net._plan.input_slots, layouts, strict=True)
    }
    layers = list(net._layers)
    with kernels.dry_run():
        for step in net._plan.steps:
            place = f"{step.layer + 1} of {len(layers)}"
            layer = layers[step.layer].copy().bound(net._values(layers[step.layer].Name))
            inputs = [slots[slot] for slot in step.inputs]
            with naming(layer, place, "initialize"):
                if layer.InputNames:
                    layer.initialize(*(networkDataLayout(x.shape, x.fmt) for x in inputs))
                missing = [
                    name
                    for name, _ in type(layer).declared(Learnable)
                    if getattr(layer, name) is None
                ]
                if missing:
                    raise ValueError(f"{layer.call}: initialize did not set {missing[0]}.")
            # a copy, so that what propagate may write to itself does not stay
            outputs, _ = run.call_layer(layer.bound({}), inputs, place, "propagate")
            slots.update(zip(step.outputs, outputs, strict=True))
            layers[step.layer] = layer
    return layers


def _zeros(layout: networkDataLayout) -> dlarray:
    """Data of a layout; one observation and many time steps where these are unknown."""
    sizes = []
    for n, label in zip(layout.Size, layout.Format, strict=True):
        if n is None and label not in "BT":
            raise ValueError(f"initialize: the {label} size must be known; the layout is {layout}.")
        sizes.append({"B": 1, "T": UNKNOWN_STEPS}[label] if n is None else n)
    return dlarray(np.zeros(sizes, np.float32), layout.Format)
