"""The package's generator, which lives with the arrays: `rand` and others draw from it too."""

from __future__ import annotations

from ..array.random import draw_key, generator, keyed, rng

__all__ = ["draw_key", "generator", "keyed", "rng"]
