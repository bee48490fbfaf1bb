"""Layers as JSON and arrays: what of a network's configuration goes into a file, and back.

Values are numbers, text, lists, dicts, tuples and arrays.  A function can't be stored: its name is,
and using what comes back raises.  Nothing in a file is run or imported: classes are looked up among
the `Layer` subclasses that exist.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..layers import Layer

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]


class LostFunction:
    """Stands for a function that a file could not hold."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, *args: Any, **options: Any) -> Any:
        raise TypeError(
            f"The function '{self.__name__}' was not stored in the network's file. Set the layer's "
            "property to it again."
        )


class UnknownLayer(Layer):
    """Stands for a layer whose class does not exist here."""

    def predict(self, *inputs: Any) -> Any:
        raise TypeError(
            f"Layer '{self.Name}' is of class {self.__dict__['missing_class']}, which is not "
            "defined here. Import the module that defines "
            "it, then load the network again."
        )


def encode_layer(layer: Layer, arrays: Arrays) -> dict[str, Any]:
    """A layer as JSON; its arrays go into ``arrays`` under names of their own."""
    if isinstance(layer, UnknownLayer):
        return dict(layer.__dict__["stored"])
    properties = {
        name: encode(value, arrays, f"layer/{layer.Name}/{name}", f"{layer.call}: {name}")
        for name, value in layer.__dict__.items()
    }
    return {
        "class": type(layer).__name__,
        "module": type(layer).__module__,
        "properties": properties,
    }


def decode_layer(stored: dict[str, Any], arrays: Arrays) -> Layer:
    """The layer of `encode_layer`, or an `UnknownLayer`."""
    properties = {name: decode(value, arrays) for name, value in stored["properties"].items()}
    cls = Layer.registry.get(stored["class"])
    if cls is None:
        unknown = object.__new__(UnknownLayer)
        keep = ("Name", "Description", "InputNames", "OutputNames")
        unknown.__dict__.update({name: properties[name] for name in keep if name in properties})
        unknown.__dict__.update(missing_class=stored["class"], stored=stored)
        return unknown
    layer: Layer = object.__new__(cls)
    layer.__dict__.update(properties)
    return layer


def encode(value: Any, arrays: Arrays, place: str, what: str) -> Any:
    """A value as JSON; ``place`` names its arrays, ``what`` says in errors which value it is."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        arrays[place] = value
        return {"$array": place}
    if isinstance(value, (list, tuple)):
        parts = [encode(part, arrays, f"{place}/{i}", what) for i, part in enumerate(value)]
        return {"$tuple": parts} if isinstance(value, tuple) else parts
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {
            "$dict": {
                key: encode(part, arrays, f"{place}/{key}", what) for key, part in value.items()
            }
        }
    if callable(value):
        return {"$function": getattr(value, "__name__", type(value).__name__)}
    raise TypeError(
        f"saveNetwork: {what} is {type(value).__name__}, which a file can't hold. Use numbers, "
        "text, lists, dicts or arrays."
    )


def decode(value: Any, arrays: Arrays) -> Any:
    """The value of `encode`."""
    if isinstance(value, list):
        return [decode(part, arrays) for part in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "$float":
        return float(content)
    if kind == "$array":
        return arrays[content]
    if kind == "$tuple":
        return tuple(decode(part, arrays) for part in content)
    if kind == "$function":
        return LostFunction(content)
    return {key: decode(part, arrays) for key, part in content.items()}
