"""A check that several layers share, in the form that `Option` takes."""

from __future__ import annotations

from typing import Any

from .. import _checks


def auto_integer(call: str, name: str, value: Any) -> int | str:
    """'auto' until the network is initialized, or a positive integer."""
    if isinstance(value, str) and value.lower() == "auto":
        return "auto"
    try:
        return _checks.integer(call, name, value)
    except ValueError:
        rule = f"{call}: {name} must be 'auto' or a positive integer"
        raise ValueError(f"{rule}; got {value!r}.") from None
