"""Checks that several layers share, in the form that `Option` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _checks

Check = Callable[[str, str, Any], Any]


def positive_integer(call: str, name: str, value: Any) -> int:
    return _checks.integer(call, name, value)


def auto_integer(call: str, name: str, value: Any) -> int | str:
    """'auto' until the network is initialized, or a positive integer."""
    if isinstance(value, str):
        if value.lower() == "auto":
            return "auto"
        raise ValueError(f"{call}: {name} must be 'auto' or a positive integer; got {value!r}.")
    return _checks.integer(call, name, value)


def positive_number(call: str, name: str, value: Any) -> float:
    return _checks.number(call, name, value, 0, above=True)


def one_of(*names: str) -> Check:
    return lambda call, name, value: _checks.choice(call, name, value, names)


def logical(call: str, name: str, value: Any) -> bool:
    return _checks.logical(call, name, value)
