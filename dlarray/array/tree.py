"""Containers of arrays: one protocol for `dlfeval`, `dlgradient` and the update functions.

A container is a dict, list, tuple, named tuple or dataclass, nested as they come, or an object with
a method ``map_arrays(function)`` that returns its like with ``function`` applied to every array in
it (tables of parameters and networks have one).  Everything else is a leaf.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from .core import dlarray


def map_arrays(function: Callable[[Any], Any], value: Any) -> Any:
    """The same container with ``function`` applied to every leaf."""
    kind = type(value)
    if kind is dlarray:  # these are asked first: a small `dlfeval` costs what its containers cost
        return function(value)
    if kind is list:
        return [map_arrays(function, part) for part in value]
    if kind is tuple:
        return tuple([map_arrays(function, part) for part in value])
    if kind is dict:
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
        found: list[tuple[str, Any]] = []

        def note(leaf: Any) -> Any:
            found.append((path, leaf))
            return leaf

        mapper(note)
        return found
    parts = children(value)
    if parts is None:
        return [(path, value)]
    return [leaf for key, part in parts for leaf in leaves(part, f"{path}[{key!r}]")]


def children(value: Any) -> list[tuple[Any, Any]] | None:
    """The (key, part) pairs of a container; None for a leaf."""
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return None


def rebuilt(value: Any, parts: list[Any]) -> Any:
    """A container like ``value`` with other parts."""
    if isinstance(value, Mapping):
        copied = copy.copy(value)  # keeps what a subclass carries, such as a default
        if isinstance(copied, dict):
            copied.update(zip(value, parts, strict=True))
            return copied
        return type(value)(zip(value, parts, strict=True))  # type: ignore[call-arg]
    if isinstance(value, list):
        return list(parts)
    if isinstance(value, tuple):
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    copied = copy.copy(value)
    for field, part in zip(dataclasses.fields(value), parts, strict=True):
        object.__setattr__(copied, field.name, part)  # also of a frozen dataclass
    return copied


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
    columns = [_matching(call, keys, other, path) for other in others]
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


def _matching(call: str, keys: list[Any], other: Any, path: str) -> list[Any]:
    """The parts of another container for these keys; None for each if it is None."""
    if other is None:
        return [None] * len(keys)
    parts = children(other)
    if parts is None or set(map(str, keys)) != {str(key) for key, _ in parts}:
        have = "no container" if parts is None else f"keys {[key for key, _ in parts]}"
        raise ValueError(
            f"{call}: the containers differ at {path or 'the top'}: the parameters have keys "
            f"{keys}, the other has {have}. Give containers of one structure."
        )
    found = dict(parts)
    return [found[key] for key in keys]
