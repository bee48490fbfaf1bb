"""Operators whose result is logical: they have no derivative."""

from __future__ import annotations

from typing import Any

from ..tape import Array, operator


@operator
def nonzero(x: Array) -> Array:
    """Where x is not 0."""
    return x != 0


@nonzero.backward
def _(_dy: Any, _y: Any, _x: Any) -> Any:
    return (None,)
