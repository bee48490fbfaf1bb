"""Containers of arrays: one protocol for `dlfeval`, `dlgradient` and the update functions.

A container is a dict, list, tuple, named tuple or dataclass, nested as they come, or an object with
a method ``map_arrays(function)`` that returns its like with ``function`` applied to every array in
it (tables of parameters and networks have one).  Everything else is a leaf.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any


def map_arrays(function: Callable[[Any], Any], value: Any) -> Any:
    """The same container with ``function`` applied to every leaf."""
    mapper = getattr(value, "map_arrays", None)
    if mapper is not None:
        return mapper(function)
    parts = children(value)
    if parts is None:
        return function(value)
    return rebuilt(value, [map_arrays(function, part) for _, part in parts])


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
        return type(value)(zip(value, parts, strict=True))  # type: ignore[call-arg]
    if isinstance(value, list):
        return list(parts)
    if isinstance(value, tuple):
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return dataclasses.replace(
        value, **{f.name: part for f, part in zip(dataclasses.fields(value), parts, strict=True)}
    )


def map_together(
    call: str, function: Callable[..., tuple[Any, ...]], first: Any, *others: Any, path: str = ""
) -> tuple[Any, ...]:
    """Apply a function of several matching leaves, returning several, over containers of one
    structure.

    An ``others`` that is None stands for None at every leaf.  The results have the structure of
    ``first``.
    """
    joint = getattr(first, "map_together", None)
    if joint is not None:
        return joint(call, function, *others)
    parts = children(first)
    if parts is None:
        return function(first, *others)
    columns = []
    for other in others:
        matching = children(other) if other is not None else [(key, None) for key, _ in parts]
        if matching is None or [key for key, _ in matching] != [key for key, _ in parts]:
            keys = "no container" if matching is None else f"keys {[key for key, _ in matching]}"
            raise ValueError(
                f"{call}: the containers differ at {path or 'the top'}: the parameters have keys "
                f"{[key for key, _ in parts]}, the other has {keys}. Give containers of one "
                "structure."
            )
        columns.append([part for _, part in matching])
    rows = [
        map_together(
            call, function, part, *(column[i] for column in columns), path=f"{path}[{key!r}]"
        )
        for i, (key, part) in enumerate(parts)
    ]
    count = len(rows[0]) if rows else 1 + len(others)
    return tuple(rebuilt(first, [row[k] for row in rows]) for k in range(count))
