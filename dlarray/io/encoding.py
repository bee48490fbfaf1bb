"""Layers as JSON and arrays: what of a network's configuration goes into a file, and back.

Values are numbers, text, lists, dicts, tuples and arrays.  A function can't be stored: its name is,
and calling what comes back raises.  Nothing in a file is run or imported: classes are looked up
among the `Layer` subclasses that exist.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..layers import Layer

Array = np.ndarray[Any, Any]


class Arrays(dict[str, Array]):
    """The arrays of a file by name."""

    def add(self, array: Array, name: str = "") -> str:
        """Keep an array, in C order and native bytes, under this name or a number."""
        name = name or f"value/{len(self)}"
        self[name] = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
        return name


class LostFunction:
    """Stands for a function that a file could not hold."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, *args: Any, **options: Any) -> Any:
        raise TypeError(
            f"The function '{self.__name__}' was not stored in the network's file. Make the "
            "network "
            "again with layers that have it, and copy the Learnables."
        )


class UnknownLayer(Layer, registered=False):
    """Stands for a layer whose class does not exist here."""

    def predict(self, *inputs: Any) -> Any:
        raise TypeError(
            f"Layer '{self.Name}' is of class {self.__dict__['missing_class'][1]}, which is not "
            "defined here. Import the module that defines it, then load the network again."
        )


def encode_layer(layer: Layer, arrays: Arrays) -> dict[str, Any]:
    """A layer as JSON; its arrays go into ``arrays``."""
    module, name = type(layer).__module__, type(layer).__name__
    values = layer.__dict__
    if isinstance(layer, UnknownLayer):
        (module, name), values = values["missing_class"], values["stored"]
    properties = {
        key: encode(value, arrays, f"{layer.call}: {key}") for key, value in values.items()
    }
    return {"class": name, "module": module, "properties": properties}


def decode_layer(stored: dict[str, Any], arrays: Arrays) -> Layer:
    """The layer of `encode_layer`, or an `UnknownLayer`."""
    properties = {str(key): decode(v, arrays) for key, v in stored["properties"].items()}
    module, name = stored["module"], stored["class"]
    if not isinstance(module, str) or not isinstance(name, str):
        raise ValueError(f"the class of a layer is {name!r} of {module!r}")
    cls = _class(module, name)
    if cls is None:
        unknown: Layer = object.__new__(UnknownLayer)
        keep = ("Name", "Description", "InputNames", "OutputNames")
        unknown.__dict__.update({key: properties[key] for key in keep})
        unknown.__dict__.update(missing_class=(module, name), stored=properties)
        return unknown
    layer: Layer = object.__new__(cls)
    layer.__dict__.update(properties)
    return layer


def _class(module: str, name: str) -> type[Layer] | None:
    """The layer class of a module and a name.

    A class that has moved is found by its name: built-in ones among those of this package, a
    user's among the others.
    """
    exact = Layer.registry.get((module, name))
    if exact is not None:
        return exact
    package = __name__.partition(".")[0]
    own = module.partition(".")[0] == package
    moved = [
        cls
        for (place, other), cls in Layer.registry.items()
        if other == name and (place.partition(".")[0] == package) is own
    ]
    return moved[-1] if moved else None


def encode(value: Any, arrays: Arrays, what: str) -> Any:
    """A value as JSON; ``what`` says in errors which value it is."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "biufU" and value.dtype.itemsize <= 8:
        value = value.item()
    if isinstance(value, (int, float)) and not isinstance(value, np.generic):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8:
        return {"$array": arrays.add(value)}
    if isinstance(value, (list, tuple)):
        parts = [encode(part, arrays, what) for part in value]
        return {"$tuple": parts} if isinstance(value, tuple) else parts
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"$dict": {key: encode(part, arrays, what) for key, part in value.items()}}
    if callable(value):
        return {"$function": getattr(value, "__name__", type(value).__name__)}
    kind = type(value).__name__
    if isinstance(value, (np.ndarray, np.generic)):
        kind = f"an array of type {value.dtype}"
    elif isinstance(value, dict):
        kind = "a dict whose keys are not all text"
    raise TypeError(
        f"saveNetwork: {what} is {kind}, which a file can't hold. Use numbers, text, lists, "
        "tuples, "
        "dicts with text as keys, or arrays of numbers of at most 8 bytes."
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
        array = arrays[content]
        array.flags.writeable = False  # networks share what their layers hold
        return array
    if kind == "$tuple":
        return tuple(decode(part, arrays) for part in content)
    if kind == "$function":
        return LostFunction(content)
    if kind == "$dict":
        return {key: decode(part, arrays) for key, part in content.items()}
    raise ValueError(f"a value of kind {kind}")
