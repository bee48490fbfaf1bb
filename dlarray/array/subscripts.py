"""What subscripts mean: which elements of an array they name, as NumPy indexes them.

The rules stand in `indexing`, which reads, assigns and deletes there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..formats import Shape, ShapeError, describe
from ..operators.indexing import Computed, places
from ..tape import Array, untraced
from .core import described, dlarray
from .inspection import without_trailing

FULL = slice(None)


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """The index of a part along one axis."""
    return (FULL,) * axis + (part,)


class Place(NamedTuple):
    """Where a call reads or writes: in the array of size ``shape`` (larger than it was, or with
    more dimensions), at ``index``, whose elements have size ``size``.
    """

    shape: Shape
    index: Any
    arguments: tuple[Any, ...]
    size: Shape


def slices(X: dlarray, index: Any) -> tuple[slice, ...] | None:
    """Slices for an index of slices and integers within the array, as most are; else None."""
    parts = index if type(index) is tuple else (index,)
    shape = X._data.shape
    if len(parts) > len(shape):
        return None
    found = []
    for part, n in zip(parts, shape, strict=False):
        if type(part) is int and -n <= part < n:
            part = slice(part, part + 1) if part >= 0 else slice(part + n, part + n + 1)
        elif type(part) is not slice:
            return None
        found.append(part)
    return tuple(found)


def simple_place(X: dlarray, index: Any) -> Place | None:
    """The place of such an index where it reads no further than the array's end."""
    simple = slices(X, index)
    if simple is None or X._data.size == 0:
        return None
    size = X._data[simple].shape
    return None if 0 in size else Place(X._data.shape, simple, (), size)


# -- one index over the whole array ---------------------------------------------------------------


def argument(index: Any) -> Any:
    return np.asarray(index, None if len(index) else np.intp) if isinstance(index, list) else index


def whole(X: dlarray, index: Any) -> Place | None:
    """The place of one mask or one index array over the whole array; None for subscripts."""
    if isinstance(index, tuple) and len(index) == 1:
        index = index[0]
    index = argument(index)
    array = untraced(index)
    if not isinstance(array, np.ndarray) or array.ndim == 0:
        return None
    if array.dtype.kind == "b":
        if without_trailing(array.shape) != without_trailing(X.shape):
            if array.ndim == 1 and array.size == X.shape[0]:
                return None  # a mask of the first dimension
            raise ShapeError(
                f"dlarray indexing: the mask has size {describe(array.shape)}, the array "
                f"{described(X)}."
            )
        size = (int(np.count_nonzero(array)),)
    else:
        _require_whole(index, "an index array holds integers or bools")
        if array.size and (array.min() < -X.size or array.max() >= X.size):
            raise IndexError(
                f"dlarray indexing: a linear index is outside 0 to {X.size - 1} of {described(X)}."
            )
        size = (array.size,)
    computed = Computed(linear=True)
    if isinstance(index, dlarray):
        return Place(X.shape, computed, (index,), size)
    coordinates = places(computed, (array,), X.shape)
    return Place(X.shape, coordinates, (), size)


def _require_whole(index: Any, rule: str) -> None:
    """Indices are integers; in a dlarray, which holds none, whole numbers."""
    array = untraced(index)
    if array.dtype.kind in "iu" or array.size == 0:
        return
    if not isinstance(index, dlarray) or array.dtype.kind != "f":
        raise TypeError(f"dlarray indexing: {rule}; got {array.dtype}.")
    if not np.array_equal(array, np.floor(array)):
        raise TypeError(f"dlarray indexing: {rule}; got a dlarray with other numbers.")


# -- subscripts -----------------------------------------------------------------------------------


def has_newaxis(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return any(part is None for part in parts)


def spelled(X: dlarray, index: Any) -> tuple[list[Any], Shape]:
    """One subscript a dimension, and the sizes of these dimensions."""
    parts = list(index) if isinstance(index, tuple) else [index]
    spell_ellipsis(parts, X.ndim - len(parts) + 1)
    parts += [FULL] * (X.ndim - len(parts))
    return parts, X.shape + (1,) * (len(parts) - X.ndim)


def spell_ellipsis(parts: list[Any], count: int) -> None:
    """Replace the ellipsis by ``count`` full slices."""
    found = [i for i, part in enumerate(parts) if part is Ellipsis]
    if len(found) > 1:
        raise IndexError("dlarray indexing: only one ellipsis (...) is possible.")
    if found:
        parts[found[0] : found[0] + 1] = [FULL] * count


def grid(X: dlarray, index: Any, value: Any = None) -> Place:
    """The place of one subscript a dimension; of an assignment of ``value`` also past the end."""
    parts, shape = spelled(X, index)
    grows = value is not None and _may_grow(X, index)
    if grows and X.size == 0:
        shape = _opened(parts, shape, value)
    found = [subscript(X, shape, axis, part, grows) for axis, part in enumerate(parts)]
    picked = [part for part, _, _ in found]
    size = tuple(n for _, n, _ in found)
    shape = tuple(n for _, _, n in found)
    if sum(not isinstance(part, slice) for part in picked) <= 1:
        return _one_at_most(shape, tuple(picked), size)
    computed = [i for i, part in enumerate(picked) if isinstance(part, dlarray)]
    if computed:
        numbered = tuple(computed.index(i) if i in computed else p for i, p in enumerate(picked))
        return Place(shape, Computed(numbered), tuple(picked[i] for i in computed), size)
    grids = [
        np.arange(n)[part] if isinstance(part, slice) else part
        for part, n in zip(picked, shape, strict=True)
    ]
    return Place(shape, np.ix_(*grids), (), size)


def _one_at_most(shape: Shape, picked: tuple[Any, ...], size: Shape) -> Place:
    """The place of slices and one vector at most, which needs no grid."""
    for part in picked:
        if isinstance(part, dlarray):
            numbered = tuple(0 if p is part else p for p in picked)
            return Place(shape, Computed(numbered), (part,), size)
    return Place(shape, picked, (), size)


def _may_grow(X: dlarray, index: Any) -> bool:
    """Whether every dimension has a subscript; a column needs only one."""
    parts = index if isinstance(index, tuple) else (index,)
    column = X.ndim == 2 and X.shape[1] == 1
    return column or Ellipsis in [p for p in parts if p is Ellipsis] or len(parts) >= X.ndim


def _opened(parts: list[Any], shape: Shape, value: Any) -> Shape:
    """Sizes of an empty array in which the one full slice of size 0 has room for the value."""
    empty = [i for i, part in enumerate(parts) if shape[i] == 0 and is_full(part, 0)]
    if len(empty) != 1 or value.ndim == 0:
        return shape
    others = 1
    for axis, part in enumerate(parts):
        if axis != empty[0]:
            others *= _length(part, shape[axis])
    if others == 0 or value.size % others:
        return shape
    return (*shape[: empty[0]], value.size // others, *shape[empty[0] + 1 :])


def _length(part: Any, n: int) -> int:
    """How many elements a subscript names, past the end too."""
    if isinstance(part, slice):
        past = _past_end(part, n)
        return len(past) if past else len(range(n)[part])
    array = part._data if isinstance(part, dlarray) else np.asarray(part)
    return int(np.count_nonzero(array)) if array.dtype.kind == "b" else int(array.size)


def is_full(part: Any, n: int) -> bool:
    return isinstance(part, slice) and range(n)[part] == range(n) and (n > 0 or part == FULL)


def _past_end(part: slice, n: int) -> range | None:
    """The elements of a slice that starts past the end."""
    if part.start is None or part.stop is None or not n <= part.start < part.stop:
        return None
    return range(part.start, part.stop, part.step or 1)


def subscript(
    X: dlarray, shape: Shape, axis: int, part: Any, grows: bool = False
) -> tuple[Any, int, int]:
    """One subscript as a slice, a vector of integers or a dlarray; how many elements it names; and
    the size of the dimension that holds them.
    """
    n = shape[axis]
    if isinstance(part, slice):
        past = _past_end(part, n) if grows else None
        return (part, len(past), past[-1] + 1) if past else (part, len(range(n)[part]), n)
    vector = part._data if isinstance(part, dlarray) else np.asarray(part)
    if vector.dtype.kind == "b":
        if vector.size != n:
            raise IndexError(
                f"dlarray indexing: a mask of {vector.size} elements for axis {axis} of "
                f"{described(X)}."
            )
        count = int(np.count_nonzero(vector))
        return (part if isinstance(part, dlarray) else np.flatnonzero(vector)), count, n
    _require_whole(
        part if isinstance(part, dlarray) else vector,
        "a subscript is an integer, a slice, a mask or an array of integers",
    )
    n = _holding(X, axis, vector, n, grows)
    if isinstance(part, dlarray):
        return part, vector.size, n
    if vector.ndim == 0:
        i = int(vector) % n
        return slice(i, i + 1), 1, n
    return vector.reshape(-1).astype(np.intp) % max(1, n), vector.size, n


def _holding(X: dlarray, axis: int, vector: Array, n: int, grows: bool) -> int:
    """The size of a dimension that holds these indices, which is n unless it may grow."""
    if not vector.size:
        return n
    bad = vector < -n
    if not grows:
        bad |= vector >= n
    if np.any(bad):
        first = int(vector.reshape(-1)[np.argmax(bad)])
        raise IndexError(
            f"dlarray indexing: index {first} is outside 0 to {n - 1} of axis {axis}, "
            f"{described(X)}."
        )
    return max(n, int(vector.max()) + 1)
