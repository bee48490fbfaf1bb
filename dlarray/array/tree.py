"""Containers of arrays: one protocol for `dlfeval`, `dlgradient` and the update functions.

A container is a dict, list, tuple, named tuple or dataclass, nested as they come, or an object with
a method ``map_arrays(function)`` that returns its like with ``function`` applied to every array in
it (tables of parameters and networks have one; `array_names` names these arrays in messages).
Everything else is a leaf.

A *record* is a dict, named tuple or dataclass with the texts Layer and Parameter and a Value: one
row of a table of learnables.  Only its Value is walked, and a list of records stands for a table.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from .core import dlarray

RECORD = frozenset({"Layer", "Parameter", "Value"})


def map_arrays(function: Callable[[Any], Any], value: Any) -> Any:
    """The same container with ``function`` applied to every leaf."""
    kind = type(value)
    if kind is dlarray:  # these are asked first: a small `dlfeval` costs what its containers cost
        return function(value)
    if kind is list:
        return [map_arrays(function, part) for part in value]
    if kind is tuple:
        return tuple([map_arrays(function, part) for part in value])
    if kind is dict and "Value" not in value:  # a record has it
        return {key: map_arrays(function, part) for key, part in value.items()}
    mapper = getattr(value, "map_arrays", None)
    if mapper is not None:
        return mapper(function)
    parts = children(value)
    if parts is None:
        return function(value)
    return rebuilt(value, [map_arrays(function, part) for _, part in parts])


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """The leaves with their places, such as ``['weights'][0]``, in the order of `map_arrays`."""
    mapper = getattr(value, "map_arrays", None)
    if mapper is not None:
        found: list[Any] = []

        def note(leaf: Any) -> Any:
            found.append(leaf)
            return leaf

        mapper(note)
        named = getattr(value, "array_names", None)
        names = named() if named is not None else [None] * len(found)
        places = (path if name is None else f"{path}[{name!r}]" for name in names)
        return list(zip(places, found, strict=True))
    parts = children(value)
    if parts is None:
        return [(path, value)]
    return [leaf for key, part in parts for leaf in leaves(part, f"{path}[{key!r}]")]


def children(value: Any) -> list[tuple[Any, Any]] | None:
    """The (key, part) pairs of a container; None for a leaf."""
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, (list, tuple)):
        if record(value) is not None:
            return [("Value", value.Value)]  # type: ignore[union-attr]
        return list(enumerate(value))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        items = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    else:
        return None
    if record(value) is not None:
        return [("Value", part) for key, part in items if key == "Value"]
    return items


def record(value: Any) -> tuple[str, str] | None:
    """Layer and parameter of a record; None if the value is none."""
    if isinstance(value, Mapping):
        if not RECORD <= value.keys():
            return None
        names = value["Layer"], value["Parameter"]
    elif hasattr(value, "_fields") or dataclasses.is_dataclass(value):
        if not all(hasattr(value, key) for key in RECORD):
            return None
        names = value.Layer, value.Parameter
    else:
        return None
    return names if all(isinstance(name, str) for name in names) else None


def rebuilt(value: Any, parts: list[Any]) -> Any:
    """A container like ``value`` with other parts."""
    if isinstance(value, list):
        return list(parts)
    if record(value) is not None:
        keys = ["Value"]
    elif isinstance(value, tuple):
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    else:
        keys = list(value) if isinstance(value, Mapping) else _fields(value)
    new = dict(zip(keys, parts, strict=True))
    if isinstance(value, tuple):
        return value._replace(**new)  # type: ignore[attr-defined]
    if isinstance(value, Mapping):
        if not isinstance(value, dict):
            return type(value)({**value, **new})  # type: ignore[call-arg]
        copied = copy.copy(value)  # keeps what a subclass carries, such as a default
        copied.update(new)
        return copied
    copied = copy.copy(value)
    for key, part in new.items():
        object.__setattr__(copied, key, part)  # also of a frozen dataclass
    return copied


def _fields(value: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(value)]


def map_together(
    call: str,
    count: int | None,
    function: Callable[..., tuple[Any, ...]],
    first: Any,
    *others: Any,
    path: str = "",
) -> tuple[Any, ...]:
    """Apply a function of several matching leaves, returning several, over containers alike.

    ``count`` is the number of results, or None if only the function knows; an ``others`` that is
    None stands for None at every leaf.  The results have the structure of ``first``.
    """
    joint = getattr(first, "map_together", None)
    if joint is not None:
        return joint(call, count, function, *others)
    parts = children(first)
    if parts is None:
        if any(children(other) is not None for other in others):
            raise ValueError(
                f"{call}: the containers differ at {path or 'the top'}: the parameters have an "
                "array there, the other has a container. Give containers of one structure."
            )
        return function(first, *others)
    keys = [key for key, _ in parts]
    columns = [_matching(call, first, keys, other, path) for other in others]
    rows = [
        map_together(
            call,
            count,
            function,
            part,
            *(column[i] for column in columns),
            path=f"{path}[{key!r}]",
        )
        for i, (key, part) in enumerate(parts)
    ]
    results = max((len(row) for row in rows), default=count or 1)
    empty = [row for row in rows if len(row) != results]
    if empty and count is None:  # empty containers among others: as many results as these have
        rows = [row if len(row) == results else row * results for row in rows]
    return tuple(rebuilt(first, [row[k] for row in rows]) for k in range(results))


def _matching(call: str, first: Any, keys: list[Any], other: Any, path: str) -> list[Any]:
    """The parts of another container for these keys; None for each if it is None."""
    if other is None:
        return [None] * len(keys)
    other = getattr(other, "Learnables", other)
    if hasattr(other, "map_together"):
        other = list(other)  # a table is a list of records
    parts = children(other)
    same = parts is not None and set(map(str, keys)) == {str(key) for key, _ in parts}
    if parts is None or not same or record(first) != record(other):
        raise ValueError(
            f"{call}: the containers differ at {path or 'the top'}: the parameters have "
            f"{_contents(first)}, the other has {_contents(other)}. Give containers of one "
            "structure."
        )
    found = dict(parts)
    return [found[key] for key in keys]


def _contents(value: Any) -> str:
    """What a container holds, for a message."""
    if record(value) is not None:
        return f"the record {'/'.join(record(value) or ())}"
    parts = children(value)
    return "no container" if parts is None else f"keys {[key for key, _ in parts]}"
