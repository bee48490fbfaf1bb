"""Random numbers like an array: an operator, so that a replay draws anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..formats import Shape
from ..tape import Array, draw as draws

Draw = Callable[[np.random.Generator, Shape], Array]


@draws
def drawn(
    like: Array, *, source: Callable[[], np.random.Generator], draw: Draw, shape: Shape, dtype: Any
) -> Array:
    """Numbers of a shape, independent of the values of ``like``."""
    return draw(source(), shape).astype(dtype)


@drawn.backward
def _(_dy: Any, _y: Any, _like: Any, *, source: Any, draw: Any, shape: Any, dtype: Any) -> Any:
    return (None,)
