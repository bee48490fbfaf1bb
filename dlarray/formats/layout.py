"""`networkDataLayout`: sizes and labels of data that are not there yet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .._calls import explained
from .labels import Axes, describe, find, parse


class networkDataLayout:
    """Sizes and format of the data that a network or a layer will receive.

    Parameters
    ----------
    Size : sizes, at least two; ``None`` or NaN where a size is not known yet (batch, time).
    Format : labels in any order, one a size; ``""`` for unformatted data.  Sizes are reordered with
        their labels, as `dlarray` reorders data.

    Examples
    --------
    >>> layout = networkDataLayout([None, 12, None], "TCB")
    >>> layout.Format, layout.Size, layout.finddim("C")
    ('CBT', (12, None, None), (0,))
    """

    @explained
    def __init__(self, Size: Sequence[int | float | None], Format: str = "") -> None:
        parse(Format, "networkDataLayout")
        if not isinstance(Size, Iterable) or isinstance(Size, str):
            raise TypeError(
                f"networkDataLayout: Size must be a list of sizes; got {type(Size).__name__}, "
                f"{Size!r}."
            )
        sizes = [_size(n) for n in Size]
        if len(sizes) < 2 or (Format and len(sizes) != len(Format)):
            wanted = f'one size a label of "{Format}"' if Format else "at least two sizes"
            raise ValueError(
                f"networkDataLayout: needs {wanted}; got {len(sizes)}: {describe(sizes)}."
            )
        order = sorted(range(len(Format)), key=lambda axis: "SCBTU".index(Format[axis]))
        self._fmt = "".join(Format[axis] for axis in order)
        self._size = tuple(sizes[axis] for axis in order) if Format else tuple(sizes)

    @property
    def Size(self) -> tuple[int | None, ...]:
        return self._size

    @property
    def Format(self) -> str:
        return self._fmt

    def finddim(self, label: str) -> Axes:
        """Axes with this label, from 0."""
        return find(self._fmt, label)

    def sizeof(self, label: str) -> int | None:
        """The size along the one dimension with this label, 1 if there is none, None if unknown."""
        axes = self.finddim(label)
        return self._size[axes[0]] if axes else 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, networkDataLayout) and (self._size, self._fmt) == (
            other._size,
            other._fmt,
        )

    def __hash__(self) -> int:
        return hash((self._size, self._fmt))

    def __repr__(self) -> str:
        return f"networkDataLayout: {describe(self._size, self._fmt)}"


def _size(n: object) -> int | None:
    if n is None or (isinstance(n, float) and math.isnan(n)):
        return None
    try:
        value = -1 if isinstance(n, float) and math.isinf(n) else int(n)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        value = -1
    if value < 0 or value != n:
        raise ValueError(
            f"networkDataLayout: a size is an integer, at least 0, or None if unknown; got {n!r}."
        )
    return value
