"""Signatures of calls: what of the arguments decides which plan fits.

Of a dlarray, wherever it lies in the arguments, that is its format, size and type; of everything
else its value.  Arrays of NumPy are compared by their bytes, functions, classes and modules by
identity, other objects by what pickle makes of them.
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import islice
from math import copysign
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from . import tree
from .core import dlarray

_PLAIN = (int, str, bool, bytes, type(None), type(Ellipsis), np.dtype)
_BY_IDENTITY = (FunctionType, BuiltinFunctionType, MethodType, ModuleType, type, np.ufunc)


class NoSignature(TypeError):
    """A value that can't be compared with another call's."""


class Same:
    """An object that equals itself only, and is kept alive so that no other gets its id."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def signature(value: Any, arrays: list[dlarray]) -> Hashable:
    """The signature of a value; its dlarrays are appended to ``arrays``."""
    kind = type(value)
    if kind is dlarray:
        arrays.append(value)
        data = value._data
        return value.fmt, data.shape, data.dtype
    if kind is tuple or kind is list:
        return kind, *[signature(part, arrays) for part in value]
    if kind is dict:
        if not value:
            return dict
        return kind, *value, *[signature(part, arrays) for part in value.values()]
    if kind in _PLAIN:
        return kind, value
    return _rare(value, kind, arrays)


def _rare(value: Any, kind: type, arrays: list[dlarray]) -> Hashable:
    parts = getattr(value, "array_parts", None)
    if parts is not None:
        structure, found = parts()
        return kind, structure, *_of_parameters(found, arrays)
    if isinstance(value, dlarray):
        arrays.append(value)
        return kind, value.fmt, value.shape, value.dtype
    if kind is float:
        return kind, value if value == value else "NaN", copysign(1.0, value)  # noqa: PLR0124
    if kind is complex:
        return kind, value.real.hex(), value.imag.hex()
    if isinstance(value, np.generic) and value.dtype.kind != "O":
        return kind, value.dtype.str, value.tobytes()
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return kind, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, _BY_IDENTITY):
        return kind, value if kind is MethodType else Same(value)
    if isinstance(value, slice):
        return kind, *[signature(p, arrays) for p in (value.start, value.stop, value.step)]
    contained = _contained(value)
    if contained is not None:
        return kind, *[(key, signature(part, arrays)) for key, part in contained]
    return kind, _pickled(value)


def _of_parameters(values: list[Any], arrays: list[dlarray]) -> list[Hashable]:
    """`signature` of each, in half the time where all are dlarrays."""
    for value in values:
        if type(value) is not dlarray:
            return [signature(part, arrays) for part in values]
    arrays += values
    return [(x.fmt, x._data.shape, x._data.dtype) for x in values]


def _contained(value: Any) -> list[tuple[Any, Any]] | None:
    """The keys and parts of a container that is not of Python's own types."""
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    if dataclasses.is_dataclass(value):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return None


def _pickled(value: Any) -> bytes:
    try:
        return pickle.dumps(value)
    except Exception as error:
        raise NoSignature(
            f"an argument of type {type(value).__name__} can't be compared with another call's "
            f"({error})"
        ) from None


def replaced(value: Any, arrays: Iterator[Any]) -> Any:
    """The value with its dlarrays, in the order of `signature`, replaced by the next ones."""
    kind = type(value)
    if kind is dlarray:
        return next(arrays)
    if kind is tuple or kind is list:
        return kind([replaced(part, arrays) for part in value])
    if kind is dict:
        return {key: replaced(part, arrays) for key, part in value.items()}
    if kind in _PLAIN or kind is float:
        return value
    parts = getattr(value, "array_parts", None)
    if parts is not None:
        return value.with_array_parts([replaced(part, arrays) for part in parts()[1]])
    if isinstance(value, dlarray):
        return next(arrays)
    contained = _contained(value)
    if contained is None:
        return value
    return tree.rebuilt(value, [replaced(part, arrays) for _, part in contained])


def builder(value: Any) -> Callable[[Iterator[Any]], Any]:
    """`replaced` of this value as a function of the arrays."""
    kind = type(value)
    if kind is dlarray:
        return next
    if kind is tuple or kind is list:
        makers = [builder(part) for part in value]
        return lambda arrays: kind([make(arrays) for make in makers])
    parts = getattr(value, "array_parts", None)
    if parts is not None and all(type(part) is dlarray for part in parts()[1]):
        n = len(parts()[1])
        return lambda arrays: value.with_array_parts(list(islice(arrays, n)))
    return lambda arrays: replaced(value, arrays)


def arrays_of(value: Any) -> list[dlarray]:
    """The dlarrays in a value, in the order of `signature`."""
    kind = type(value)
    if kind is dlarray:
        return [value]
    if kind in _PLAIN or kind is float:
        return []
    parts = getattr(value, "array_parts", None)
    if parts is not None:
        contained = parts()[1]
    elif isinstance(value, dlarray):
        return [value]
    else:
        contained = [part for _, part in _contained(value) or []]
    return [array for part in contained for array in arrays_of(part)]
